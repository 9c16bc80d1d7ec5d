/** Places in the grid: rows, cells, sizes. */

/** Which row: `head`, `b:<id>` in the band of open changes, `r:<index>` in the result. */
export type RowKey = string;

export interface Focus {
  readonly row: RowKey;
  readonly col: number;
}

export const HEIGHTS = { compact: { row: 24, head: 36 }, regular: { row: 28, head: 40 }, comfortable: { row: 34, head: 46 } } as const;
export const BAND_HEAD = 24;
export const BAND_GAP = 5;
/** More open rows than this scroll inside the band. */
export const BAND_ROWS = 6;
/** A block larger than this is copied, emptied and pasted only so far. */
export const BLOCK_ROWS = 2000;

/** The element of a cell; the focus and the cards that hang on it find it by this. */
export function cellId(key: RowKey, col: number): string {
  return `cell-${key}-${String(col)}`;
}

/** The cell an event came from. */
export function cellUnder(target: EventTarget | null): { focus: Focus; node: HTMLElement } | null {
  const node = target instanceof Element ? target.closest<HTMLElement>("[data-cell]") : null;
  const key = node?.dataset["row"];
  const col = node?.dataset["col"];
  return node && key !== undefined && col !== undefined ? { focus: { row: key, col: Number(col) }, node } : null;
}

