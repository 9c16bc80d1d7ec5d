/** Lines between the rows of two boxes: right angles only, and around whatever stands in between. */
import type { Placed, Point } from "./place";

export type Side = "l" | "r";

/** A row of a box where a line may end, on either side. */
export interface Port {
  readonly box: Placed;
  /** Height of the row, from the top of the canvas. */
  readonly y: number;
}

export interface Route {
  readonly from: Side;
  readonly to: Side;
  readonly points: readonly Point[];
}

/** A line keeps this far from boxes it does not belong to; what is crossed is judged a little nearer. */
const CLEAR = 12;
const TOUCH = 6;
/** How much further the next line of the same box keeps away. */
const APART = 5;
/** Where the first line of a box turns, and each one after it. */
const LANE = 20;
const LANE_STEP = 11;

/** Lines turn in the gap before the node that holds their key, each at a place of its own. */
export const laneOf = (at: number): number => LANE + (at % 4) * LANE_STEP;

/** The least a line goes straight on from its box. */
const STUB = 16;
/** What a turn costs, in the length one would walk around it. */
const TURN = 40;
/** Boxes further away than this from both ends are not walked around. */
const REACH = 600;

interface Rect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const grown = (box: Placed, by: number): Rect => ({ left: box.x - by, top: box.y - by, right: box.x + box.width + by, bottom: box.y + box.height + by });

const edge = (port: Port, side: Side): number => (side === "l" ? port.box.x : port.box.x + port.box.width);
const away = (side: Side): number => (side === "l" ? -1 : 1);

function meets(a: Point, b: Point, rect: Rect): boolean {
  return (
    Math.min(a.x, b.x) < rect.right && Math.max(a.x, b.x) > rect.left && Math.min(a.y, b.y) < rect.bottom && Math.max(a.y, b.y) > rect.top
  );
}

/** Whether a line enters a box: another's by coming near, its own by going through. */
export function crosses(points: readonly Point[], others: readonly Placed[], own: readonly Placed[] = []): boolean {
  const rects = [...others.map((box) => grown(box, TOUCH)), ...own.map((box) => grown(box, -1))];
  return points.some((point, at) => {
    const next = points[at + 1];
    return next !== undefined && rects.some((rect) => meets(point, next, rect));
  });
}

/** Out, along and in again: the line a person would draw where nothing stands in the way. */
function plain(from: Port, to: Port, out: Side, into: Side, lane: number): Point[] {
  const [x1, x2] = [edge(from, out), edge(to, into)];
  const turn =
    out === into
      ? (out === "r" ? Math.max(x1, x2) : Math.min(x1, x2)) + away(out) * lane
      : x1 + away(out) * Math.min(lane, Math.max(Math.abs(x2 - x1) / 2, 0));
  return [
    { x: x1, y: from.y },
    { x: turn, y: from.y },
    { x: turn, y: to.y },
    { x: x2, y: to.y },
  ];
}

const ALL: readonly (readonly [Side, Side])[] = [
  ["l", "r"],
  ["r", "l"],
  ["r", "r"],
  ["l", "l"],
];

/** Which sides face each other; the first is the one to take when the way is free. */
function sides(from: Port, to: Port): readonly (readonly [Side, Side])[] {
  if (to.box.x + to.box.width < from.box.x) return [["l", "r"]];
  if (from.box.x + from.box.width < to.box.x) return [["r", "l"]];
  return [
    ["r", "r"],
    ["l", "l"],
  ];
}

/**
 * The line from one row to another. `lane` tells lines of one box apart where they turn. Without
 * `around` only the plain line is drawn: while a box is carried, every frame would ask again.
 */
export function route(from: Port, to: Port, others: readonly Placed[], lane: number, around = true): Route {
  const facing = sides(from, to);
  const own = from.box === to.box ? [from.box] : [from.box, to.box];
  for (const [out, into] of facing) {
    const points = plain(from, to, out, into, lane);
    if (!crosses(points, others, own)) return { from: out, to: into, points };
  }
  const [[out, into] = ["r", "r"] as const] = facing;
  const straight: Route = { from: out, to: into, points: plain(from, to, out, into, lane) };
  if (!around) return straight;
  // Lines of one box keep apart where they go the same way; in a narrow gap they may not have the room.
  for (const clear of new Set([CLEAR + APART * Math.round((lane - LANE) / LANE_STEP), CLEAR])) {
    let best: { readonly cost: number; readonly route: Route } | null = null;
    for (const [start, end] of ALL) {
      const found = walk(from, to, start, end, others, own, lane, clear);
      if (found && (!best || found.cost < best.cost)) best = { cost: found.cost, route: { from: start, to: end, points: found.points } };
    }
    if (best) return best.route;
  }
  return straight;
}

const sorted = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);

/** The cheapest way over the lines beside the boxes, turns counted. */
function walk(from: Port, to: Port, out: Side, into: Side, others: readonly Placed[], own: readonly Placed[], lane: number, clear: number): { points: Point[]; cost: number } | null {
  const start: Point = { x: edge(from, out) + away(out) * Math.max(STUB, lane), y: from.y };
  const goal: Point = { x: edge(to, into) + away(into) * STUB, y: to.y };
  const near = others.filter((box) => meets(start, goal, grown(box, REACH)));
  const rects = [...near, ...own].map((box) => grown(box, TOUCH));
  const free = (a: Point, b: Point): boolean => !rects.some((rect) => meets(a, b, rect));
  // A neighbour may be nearer than a stub is long.
  const [first, last]: Point[] = [{ x: edge(from, out), y: from.y }, { x: edge(to, into), y: to.y }];
  if (!first || !last || crosses([first, start], others) || crosses([goal, last], others)) return null;
  const boxes = [...near, ...own];
  const xs = sorted([start.x, goal.x, ...boxes.flatMap((box) => [box.x - clear, box.x + box.width + clear])]);
  const ys = sorted([start.y, goal.y, ...boxes.flatMap((box) => [box.y - clear, box.y + box.height + clear])]);
  const at = (x: number, y: number): Point => ({ x: xs[x] ?? 0, y: ys[y] ?? 0 });
  // A place is known by column, row and whether one came there sideways.
  const id = (x: number, y: number, sideways: number): number => (y * xs.length + x) * 2 + sideways;
  const [sx, sy, gx, gy] = [xs.indexOf(start.x), ys.indexOf(start.y), xs.indexOf(goal.x), ys.indexOf(goal.y)];
  const costs = new Map<number, number>();
  const came = new Map<number, number>();
  const heap = new Heap();
  costs.set(id(sx, sy, 1), 0);
  heap.push(id(sx, sy, 1), 0);
  for (let here = heap.pop(); here !== undefined; here = heap.pop()) {
    const sideways = here % 2;
    const place = (here - sideways) / 2;
    const [x, y] = [place % xs.length, Math.floor(place / xs.length)];
    const spent = costs.get(here) ?? 0;
    if (x === gx && y === gy && sideways === 1) {
      const turns: Point[] = [];
      for (let step: number | undefined = here; step !== undefined; step = came.get(step)) {
        const back = (step - (step % 2)) / 2;
        turns.unshift(at(back % xs.length, Math.floor(back / xs.length)));
      }
      const points = corners([first, ...turns, last]);
      return { points, cost: spent + TURN * (points.length - 2) };
    }
    const steps: readonly (readonly [number, number, number])[] = [
      [x - 1, y, 1],
      [x + 1, y, 1],
      [x, y - 1, 0],
      [x, y + 1, 0],
    ];
    for (const [nx, ny, level] of steps) {
      if (nx < 0 || ny < 0 || nx >= xs.length || ny >= ys.length) continue;
      const [a, b] = [at(x, y), at(nx, ny)];
      if (!free(a, b)) continue;
      const cost = spent + Math.abs(a.x - b.x) + Math.abs(a.y - b.y) + (level === sideways ? 0 : TURN);
      const next = id(nx, ny, level);
      if (cost >= (costs.get(next) ?? Infinity)) continue;
      costs.set(next, cost);
      came.set(next, here);
      heap.push(next, cost);
    }
    // The last turn into the goal is a step of its own.
    if (x === gx && y === gy && sideways === 0) {
      const next = id(x, y, 1);
      if (spent + TURN < (costs.get(next) ?? Infinity)) {
        costs.set(next, spent + TURN);
        came.set(next, here);
        heap.push(next, spent + TURN);
      }
    }
  }
  return null;
}

/** Points in a row are one stretch. */
function corners(points: readonly Point[]): Point[] {
  const kept: Point[] = [];
  for (const point of points) {
    const [a, b] = [kept.at(-2), kept.at(-1)];
    if (b && b.x === point.x && b.y === point.y) continue;
    if (a && b && ((a.x === b.x && b.x === point.x) || (a.y === b.y && b.y === point.y))) kept.pop();
    kept.push(point);
  }
  return kept;
}

/** The cheapest first. */
class Heap {
  readonly #items: { readonly id: number; readonly cost: number }[] = [];

  push(id: number, cost: number): void {
    const items = this.#items;
    let at = items.length;
    items.push({ id, cost });
    for (let up = (at - 1) >> 1; at > 0; up = (at - 1) >> 1) {
      const [own, above] = [items[at], items[up]];
      if (!own || !above || above.cost <= own.cost) break;
      [items[at], items[up]] = [above, own];
      at = up;
    }
  }

  pop(): number | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (first && last && items.length > 0) {
      items[0] = last;
      for (let at = 0; ; ) {
        const below = [2 * at + 1, 2 * at + 2].filter((child) => child < items.length);
        const least = below.reduce((best, child) => ((items[child]?.cost ?? Infinity) < (items[best]?.cost ?? Infinity) ? child : best), at);
        const [own, child] = [items[at], items[least]];
        if (least === at || !own || !child) break;
        [items[at], items[least]] = [child, own];
        at = least;
      }
    }
    return first?.id;
  }
}

const RADIUS = 2;

/** The line as a path, its corners a little rounded. */
export function pathOf(points: readonly Point[]): string {
  return points
    .map((point, at) => {
      const [before, after] = [points[at - 1], points[at + 1]];
      if (!before) return `M${String(point.x)},${String(point.y)}`;
      if (!after) return `L${String(point.x)},${String(point.y)}`;
      const toward = (end: Point): Point => {
        const length = Math.abs(end.x - point.x) + Math.abs(end.y - point.y);
        const by = length === 0 ? 0 : Math.min(RADIUS, length / 2) / length;
        return { x: point.x + (end.x - point.x) * by, y: point.y + (end.y - point.y) * by };
      };
      const [a, b] = [toward(before), toward(after)];
      return `L${String(a.x)},${String(a.y)} Q${String(point.x)},${String(point.y)} ${String(b.x)},${String(b.y)}`;
    })
    .join(" ");
}
