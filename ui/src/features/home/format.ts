/** 3 h 12 min */
export function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${String(Math.max(0, Math.floor(ms / 1000)))} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 1) return `${String(minutes)} min`;
  const days = Math.floor(hours / 24);
  return days < 1 ? `${String(hours)} h ${String(minutes % 60)} min` : `${String(days)} d ${String(hours % 24)} h`;
}
