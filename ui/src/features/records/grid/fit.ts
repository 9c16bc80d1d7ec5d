/** Padding of a cell, its line, and room for an icon. */
export const FIT_ROOM = 34;

/** As wide as the widest of what is in sight of a column. */
export function fittingWidth(scroller: HTMLElement | null, col: number): number {
  const shown = scroller?.querySelectorAll<HTMLElement>(`[data-col="${String(col)}"]`) ?? [];
  const wide = [...shown].map((node) => {
    const parts = [...node.querySelectorAll<HTMLElement>(".truncate")];
    const cut = Math.max(0, ...parts.map((part) => part.scrollWidth - part.clientWidth));
    const used = Math.max(0, ...[...node.children].map((part) => (part as HTMLElement).offsetLeft + (part as HTMLElement).offsetWidth));
    return cut > 0 ? node.offsetWidth + cut + 1 : parts.length > 0 ? Math.min(used, Math.max(...parts.map((part) => part.scrollWidth)) + FIT_ROOM) : 0;
  });
  return Math.max(...wide, FIT_ROOM);
}
