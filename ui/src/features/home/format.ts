/** 418 MB, 11.2 GB: sizes are rounded and never counted on. */
export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = value >= 100 || unit === 0 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit] ?? "B"}`;
}

const sameDay = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hour12: false });
const otherDay = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });

/** The time itself, never only how long ago. */
export function moment(iso: string, now: number): string {
  const instant = new Date(iso);
  const today = new Date(now).toDateString() === instant.toDateString();
  return (today ? sameDay : otherDay).format(instant);
}

/** 3 h 12 min */
export function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${String(Math.max(0, Math.floor(ms / 1000)))} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 1) return `${String(minutes)} min`;
  const days = Math.floor(hours / 24);
  return days < 1 ? `${String(hours)} h ${String(minutes % 60)} min` : `${String(days)} d ${String(hours % 24)} h`;
}
