/** Parts beside each other, without long empty bands: the small ones fill what the large ones leave. */
import { GAP_X, GAP_Y, type Part, type Point } from "./place";

/** Width by height of the whole, as a canvas between its panels is. */
const SHAPE = 1.35;
/** How many widths are tried, each relative to the one that the area suggests. */
const WIDTHS = [0.85, 1, 1.15, 1.35, 1.6];

/** How much two parts have to do with each other, by their places in the list. */
export type Ties = (a: number, b: number) => number;

interface Laid {
  readonly at: Point[];
  readonly width: number;
  readonly height: number;
}

function within(parts: readonly Part[], order: readonly number[], limit: number, ties: Ties): Laid {
  const at: Point[] = parts.map(() => ({ x: 0, y: 0 }));
  const placed: { readonly index: number; readonly left: number; readonly top: number; readonly right: number; readonly bottom: number }[] = [];
  let [width, height] = [0, 0];
  for (const index of order) {
    const part = parts[index];
    if (!part) continue;
    const friends = placed.filter((other) => ties(index, other.index) > 0);
    let best: { readonly x: number; readonly y: number; readonly cost: number } | null = null;
    for (const x of new Set([0, ...placed.map((other) => other.right + GAP_X)])) {
      if (x > 0 && x + part.width > limit) continue;
      // The first height at which nothing that stands there is in the way.
      const above = placed.filter((other) => other.left < x + part.width + GAP_X && other.right + GAP_X > x);
      const heights = [0, ...above.map((other) => other.bottom + GAP_Y)].sort((a, b) => a - b);
      const y = heights.find((top) => above.every((other) => other.bottom + GAP_Y <= top || top + part.height + GAP_Y <= other.top));
      if (y === undefined) continue;
      const far = friends.reduce((sum, other) => sum + Math.hypot((other.left + other.right) / 2 - x - part.width / 2, (other.top + other.bottom) / 2 - y - part.height / 2), 0);
      const cost = Math.max(0, y + part.height - height) * 2 + y + x * 0.2 + (friends.length === 0 ? 0 : (far / friends.length) * 0.6);
      if (!best || cost < best.cost) best = { x, y, cost };
    }
    const { x, y } = best ?? { x: 0, y: height === 0 ? 0 : height + GAP_Y };
    at[index] = { x, y };
    placed.push({ index, left: x, top: y, right: x + part.width, bottom: y + part.height });
    width = Math.max(width, x + part.width);
    height = Math.max(height, y + part.height);
  }
  return { at, width, height };
}

/** The corner of every part, in their order. Large ones come first; boxes of their own keep their order. */
export function pack(parts: readonly Part[], ties: Ties = () => 0): Laid {
  const single = (part: Part | undefined): boolean => (part?.at.size ?? 0) < 2;
  const area = (part: Part | undefined): number => (part?.width ?? 0) * (part?.height ?? 0);
  const order = parts.map((_, index) => index).sort((a, b) => {
    const [one, other] = [parts[a], parts[b]];
    if (single(one) !== single(other)) return single(one) ? 1 : -1;
    return single(one) ? a - b : area(other) - area(one) || a - b;
  });
  const room = parts.reduce((sum, part) => sum + (part.width + GAP_X) * (part.height + GAP_Y), 0);
  const widest = Math.max(0, ...parts.map((part) => part.width));
  let best: Laid | null = null;
  for (const factor of WIDTHS) {
    const laid = within(parts, order, Math.max(widest, Math.sqrt(room * SHAPE) * factor), ties);
    // Whichever needs the least zooming out in a window.
    if (!best || Math.max(laid.width / SHAPE, laid.height) < Math.max(best.width / SHAPE, best.height)) best = laid;
  }
  return best ?? { at: [], width: 0, height: 0 };
}

/** Parts as one, so that it can be placed among others. */
export function joined(parts: readonly Part[], ties?: Ties): Part {
  const { at: corners, width, height } = pack(parts, ties);
  const at = new Map<string, Point>();
  parts.forEach((part, index) => {
    const corner = corners[index] ?? { x: 0, y: 0 };
    for (const [id, point] of part.at) at.set(id, { x: corner.x + point.x, y: corner.y + point.y });
  });
  return { width, height, at };
}
