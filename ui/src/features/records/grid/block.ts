/** A block of cells, as positions of rows (as one walks them) and of columns. Nothing here draws. */

export interface Spot {
  readonly row: number;
  readonly col: number;
}

export interface Block {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** The smallest block that holds both corners. */
export function blockOf(a: Spot, b: Spot): Block {
  return {
    top: Math.min(a.row, b.row),
    bottom: Math.max(a.row, b.row),
    left: Math.min(a.col, b.col),
    right: Math.max(a.col, b.col),
  };
}

export function heightOf(block: Block): number {
  return block.bottom - block.top + 1;
}

export function widthOf(block: Block): number {
  return block.right - block.left + 1;
}

export function holds(block: Block, spot: Spot): boolean {
  return spot.row >= block.top && spot.row <= block.bottom && spot.col >= block.left && spot.col <= block.right;
}

export type Way = "down" | "up" | "right" | "left";

export interface Aim {
  /** The cells that would be filled; the source is not among them. */
  readonly block: Block;
  readonly way: Way;
}

/**
 * Where a fill goes when its handle is carried from a block to a cell: along the one axis in which
 * the cell is farther away. On the block itself it goes nowhere.
 */
export function aimOf(source: Block, to: Spot): Aim | null {
  const below = to.row - source.bottom;
  const above = source.top - to.row;
  const after = to.col - source.right;
  const before = source.left - to.col;
  const vertical = Math.max(below, above);
  const horizontal = Math.max(after, before);
  if (vertical <= 0 && horizontal <= 0) return null;
  if (vertical >= horizontal) {
    return below > 0
      ? { way: "down", block: { ...source, top: source.bottom + 1, bottom: to.row } }
      : { way: "up", block: { ...source, top: to.row, bottom: source.top - 1 } };
  }
  return after > 0
    ? { way: "right", block: { ...source, left: source.right + 1, right: to.col } }
    : { way: "left", block: { ...source, left: to.col, right: source.left - 1 } };
}

export function union(a: Block, b: Block): Block {
  return {
    top: Math.min(a.top, b.top),
    bottom: Math.max(a.bottom, b.bottom),
    left: Math.min(a.left, b.left),
    right: Math.max(a.right, b.right),
  };
}

/** How far a pasted sheet reaches: a larger block is covered by repeating it, if it goes in whole times. */
export function coverOf(start: Spot, chosen: Block | null, rows: number, cols: number): Block {
  const tall = chosen && rows > 0 && heightOf(chosen) % rows === 0 ? heightOf(chosen) : rows;
  const wide = chosen && cols > 0 && widthOf(chosen) % cols === 0 ? widthOf(chosen) : cols;
  const top = chosen?.top ?? start.row;
  const left = chosen?.left ?? start.col;
  return { top, left, bottom: top + tall - 1, right: left + wide - 1 };
}
