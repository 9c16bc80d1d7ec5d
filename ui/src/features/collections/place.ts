/** Boxes, lines and places: what every part of the diagram's geometry speaks of. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box extends Size {
  readonly id: string;
}

export type Placed = Box & Point;

export interface Line {
  /** The side that is one; it stands at the left. */
  readonly from: string;
  readonly to: string;
  /** How far below the top of each box the line ends. */
  readonly fromAt?: number;
  readonly toAt?: number;
}

export type Positions = Readonly<Record<string, Point>>;

/** Boxes that were placed together, from their own corner. */
export interface Part extends Size {
  readonly at: ReadonlyMap<string, Point>;
}

/** Between boxes: lines turn in the one, names breathe in the other. */
export const GAP_X = 72;
export const GAP_Y = 32;

export const snap = (value: number): number => Math.round(value / 4) * 4;

export const apart = (a: Size & Point, b: Size & Point, gap: number): boolean =>
  a.x + a.width + gap <= b.x || b.x + b.width + gap <= a.x || a.y + a.height + gap <= b.y || b.y + b.height + gap <= a.y;

/** The least area that holds them all; `null` when there are none. */
export function around(placed: readonly (Size & Point)[]): (Size & Point) | null {
  if (placed.length === 0) return null;
  const x = Math.min(...placed.map((box) => box.x));
  const y = Math.min(...placed.map((box) => box.y));
  return {
    x,
    y,
    width: Math.max(...placed.map((box) => box.x + box.width)) - x,
    height: Math.max(...placed.map((box) => box.y + box.height)) - y,
  };
}

/** Those of the boxes that have a place, with it. */
export function placedOf(boxes: readonly Box[], positions: Positions): Placed[] {
  return boxes.flatMap((box) => {
    const point = positions[box.id];
    return point ? [{ ...box, x: point.x, y: point.y }] : [];
  });
}
