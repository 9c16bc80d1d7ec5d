/**
 * Row positions for any number of rows.
 *
 * Browsers stop drawing somewhere between 17 and 33 million pixels, so a tall grid cannot be as
 * tall as its rows. Up to the limit one pixel is one pixel. Above it the scrollbar tells the place
 * in proportion, while the wheel and the keys still move by true pixels.
 *
 * Rows have one height, so positions are arithmetic. A measuring virtualiser would hold an entry
 * per row, which is 16 MB at one million rows and does not end there.
 */
export const MAX_HEIGHT = 10_000_000;

export interface ScrollSpace {
  readonly rows: number;
  readonly rowHeight: number;
  /** Height of what is seen, without the header. */
  readonly viewport: number;
}

export function trueHeight(space: ScrollSpace): number {
  return space.rows * space.rowHeight;
}

/** The height of the element that makes the scrollbar. */
export function drawnHeight(space: ScrollSpace): number {
  return Math.max(Math.min(trueHeight(space), MAX_HEIGHT), 0);
}

export function isScaled(space: ScrollSpace): boolean {
  return trueHeight(space) > MAX_HEIGHT;
}

function furthest(space: ScrollSpace): { drawn: number; true: number } {
  return {
    drawn: Math.max(drawnHeight(space) - space.viewport, 0),
    true: Math.max(trueHeight(space) - space.viewport, 0),
  };
}

/** Where the scrollbar must stand for a true offset. */
export function drawnOf(space: ScrollSpace, offset: number): number {
  const end = furthest(space);
  if (!isScaled(space) || end.true === 0) return clamp(offset, end.drawn);
  return clamp((offset / end.true) * end.drawn, end.drawn);
}

/** The true offset a place of the scrollbar stands for. */
export function trueOf(space: ScrollSpace, drawn: number): number {
  const end = furthest(space);
  if (!isScaled(space) || end.drawn === 0) return clamp(drawn, end.true);
  return clamp((drawn / end.drawn) * end.true, end.true);
}

/**
 * The new true offset after the scrollbar moved. A short move is a wheel or a key and goes by true
 * pixels; a long one is a drag of the thumb and goes by proportion. The ends are always reached.
 */
export function scrolled(space: ScrollSpace, offset: number, from: number, to: number): number {
  const end = furthest(space);
  if (!isScaled(space)) return clamp(to, end.true);
  if (to <= 0) return 0;
  if (to >= end.drawn) return end.true;
  const moved = to - from;
  return Math.abs(moved) < space.viewport * 2 ? clamp(offset + moved, end.true) : trueOf(space, to);
}

/** First and last row to draw, with a margin that hides the seam of fast scrolling. */
export function visibleRows(space: ScrollSpace, offset: number, margin = 6): { first: number; last: number } {
  const first = Math.max(Math.floor(offset / space.rowHeight) - margin, 0);
  const last = Math.min(Math.ceil((offset + space.viewport) / space.rowHeight) + margin, space.rows) - 1;
  return { first, last };
}

/** The offset that brings a row into view, moving as little as possible. */
export function reveal(space: ScrollSpace, offset: number, row: number): number {
  const top = row * space.rowHeight;
  const end = furthest(space);
  if (top < offset) return clamp(top, end.true);
  if (top + space.rowHeight > offset + space.viewport) return clamp(top + space.rowHeight - space.viewport, end.true);
  return clamp(offset, end.true);
}

function clamp(n: number, high: number): number {
  return Math.min(Math.max(n, 0), high);
}
