/** Where the collections stand: groups of people together, related ones in columns, all packed without empty bands. */
import { layered } from "./layers";
import { joined, type Ties } from "./packing";
import { apart, around, GAP_X, GAP_Y, placedOf, snap, type Box, type Line, type Part, type Placed, type Point, type Positions } from "./place";

/** More related boxes than this are drawn as several clusters: columns of that many are strips. */
const CLUSTER_OVER = 24;
const CLUSTER_MAX = 14;
/** Around the boxes of a group: its frame and its name. */
export const FRAME = { side: 20, top: 40, bottom: 20 } as const;
/** More new boxes than this are laid out among themselves and placed as one. */
const ONE_BY_ONE_MAX = 3;

/** Sets of boxes that lines hold together. */
export function components(boxes: readonly Box[], lines: readonly Line[]): Box[][] {
  const near = new Map<string, Set<string>>(boxes.map((box) => [box.id, new Set<string>()]));
  for (const { from, to } of lines) {
    if (!near.has(from) || !near.has(to)) continue;
    near.get(from)?.add(to);
    near.get(to)?.add(from);
  }
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const seen = new Set<string>();
  return boxes.flatMap((box) => {
    if (seen.has(box.id)) return [];
    const group: Box[] = [];
    const open = [box.id];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const member = byId.get(id);
      if (seen.has(id) || !member) continue;
      seen.add(id);
      group.push(member);
      open.push(...(near.get(id) ?? []));
    }
    return [group];
  });
}

/**
 * A large set, cut where it hangs together least: boxes with few lines keep their neighbours, one
 * that everything leads to goes with any of them.
 */
export function clusters(boxes: readonly Box[], lines: readonly Line[]): Box[][] {
  if (boxes.length <= CLUSTER_OVER) return [[...boxes]];
  const ids = new Set(boxes.map((box) => box.id));
  const inside = lines.filter(({ from, to }) => from !== to && ids.has(from) && ids.has(to));
  const degree = new Map<string, number>();
  for (const { from, to } of inside) {
    degree.set(from, (degree.get(from) ?? 0) + 1);
    degree.set(to, (degree.get(to) ?? 0) + 1);
  }
  const home = new Map(boxes.map((box) => [box.id, [box]]));
  const loose = ({ from, to }: Line): number => (degree.get(from) ?? 1) * (degree.get(to) ?? 1);
  for (const { from, to } of [...inside].sort((a, b) => loose(a) - loose(b))) {
    const [one, other] = [home.get(from), home.get(to)];
    if (!one || !other || one === other || one.length + other.length > CLUSTER_MAX) continue;
    one.push(...other);
    for (const box of other) home.set(box.id, one);
  }
  return [...new Set(home.values())];
}

function tiesOf(parts: readonly Part[], lines: readonly Line[]): Ties {
  const part = new Map<string, number>();
  parts.forEach(({ at }, index) => {
    for (const id of at.keys()) part.set(id, index);
  });
  const held = new Set<number>();
  for (const { from, to } of lines) {
    const [a, b] = [part.get(from), part.get(to)];
    if (a === undefined || b === undefined || a === b) continue;
    held.add(a * parts.length + b);
    held.add(b * parts.length + a);
  }
  return (a, b) => (held.has(a * parts.length + b) ? 1 : 0);
}

function framed(part: Part): Part {
  return {
    width: part.width + 2 * FRAME.side,
    height: part.height + FRAME.top + FRAME.bottom,
    at: new Map([...part.at].map(([id, point]) => [id, { x: point.x + FRAME.side, y: point.y + FRAME.top }])),
  };
}

/** One step for each part, so that a large schema is laid out in turns. */
function* arranging(boxes: readonly Box[], lines: readonly Line[], groupOf: (id: string) => string | undefined): Generator<undefined, Positions> {
  const groups = new Map<string | undefined, Box[]>();
  for (const box of boxes) {
    const group = groupOf(box.id);
    groups.set(group, [...(groups.get(group) ?? []), box]);
  }
  const whole: Part[] = [];
  for (const [group, members] of groups) {
    const parts: Part[] = [];
    for (const set of components(members, lines).flatMap((one) => clusters(one, lines))) {
      parts.push(layered(set, lines));
      yield;
    }
    if (group === undefined) whole.push(...parts);
    else whole.push(framed(joined(parts, tiesOf(parts, lines))));
  }
  const { at } = joined(whole, tiesOf(whole, lines));
  // The corner of a part stands on the grid; inside it, straight lines count for more.
  const origins = new Map<string, Point>();
  for (const part of whole) {
    const [first] = part.at;
    const point = first ? at.get(first[0]) : undefined;
    if (!first || !point) continue;
    const corner = { x: point.x - first[1].x, y: point.y - first[1].y };
    for (const id of part.at.keys()) origins.set(id, { x: snap(corner.x) - corner.x, y: snap(corner.y) - corner.y });
  }
  return Object.fromEntries(
    [...at].map(([id, point]) => {
      const by = origins.get(id) ?? { x: 0, y: 0 };
      return [id, { x: Math.round(point.x + by.x), y: Math.round(point.y + by.y) }];
    }),
  );
}

const NO_GROUP = (): undefined => undefined;

/** Places for every box. */
export function arrange(boxes: readonly Box[], lines: readonly Line[], groupOf: (id: string) => string | undefined = NO_GROUP): Positions {
  const work = arranging(boxes, lines, groupOf);
  for (let step = work.next(); ; step = work.next()) if (step.done === true) return step.value;
}

/** How long one turn of a large layout may hold the window. */
const TURN_MS = 16;

/** The same, in turns; `null` when nobody waits for it any more. */
export async function arrangeInTurns(
  boxes: readonly Box[],
  lines: readonly Line[],
  groupOf: (id: string) => string | undefined,
  wanted: () => boolean,
): Promise<Positions | null> {
  const work = arranging(boxes, lines, groupOf);
  let since = performance.now();
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) return wanted() ? step.value : null;
    if (performance.now() - since < TURN_MS) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (!wanted()) return null;
    since = performance.now();
  }
}

/** A place for one more box that covers none of the others: beside those it belongs to, when it belongs to some. */
export function roomFor(box: Box, placed: readonly Placed[], near: ReadonlySet<string>): Point {
  const all = around(placed);
  if (!all) return { x: 0, y: 0 };
  const [right, bottom] = [all.x + all.width + GAP_X, all.y + all.height + GAP_Y];
  const friends = placed.filter((other) => near.has(other.id));
  const middle = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  // Without a friend the first free place in reading order; with some, the free place nearest to them, at their right if it can be.
  const wanted = { x: middle(friends.map((other) => other.x + other.width)) + GAP_X, y: middle(friends.map((other) => other.y)) };
  const column = (placed[0]?.width ?? box.width) + GAP_X;
  let best: (Point & { readonly cost: number }) | null = null;
  for (let y = all.y; y <= bottom; y += 44) {
    for (let x = all.x; x <= right; x += column) {
      const cost = friends.length === 0 ? y * 10_000 + x : Math.hypot(x - wanted.x, y - wanted.y);
      if (best && cost >= best.cost) continue;
      if (placed.every((other) => apart({ ...box, x, y }, other, GAP_Y - 8))) best = { x: snap(x), y: snap(y), cost };
    }
  }
  return best ? { x: best.x, y: best.y } : { x: all.x, y: bottom };
}

/** Places for boxes that have none. Whatever stands stays where it is. */
export function settle(boxes: readonly Box[], lines: readonly Line[], positions: Positions, groupOf: (id: string) => string | undefined = NO_GROUP): Positions {
  const missing = boxes.filter((box) => positions[box.id] === undefined);
  if (missing.length === 0) return positions;
  if (missing.length === boxes.length) return { ...positions, ...arrange(boxes, lines, groupOf) };
  const placed = placedOf(boxes, positions);
  const next: Record<string, Point> = { ...positions };
  const neighbours = (ids: ReadonlySet<string>): Set<string> => new Set(lines.flatMap((line) => (ids.has(line.from) ? [line.to] : ids.has(line.to) ? [line.from] : [])));
  if (missing.length > ONE_BY_ONE_MAX) {
    const own = arrange(missing, lines, groupOf);
    const area = around(placedOf(missing, own)) ?? { x: 0, y: 0, width: 0, height: 0 };
    const corner = roomFor({ id: "", width: area.width, height: area.height }, placed, neighbours(new Set(missing.map((box) => box.id))));
    for (const [id, point] of Object.entries(own)) next[id] = { x: corner.x + point.x - area.x, y: corner.y + point.y - area.y };
    return next;
  }
  for (const box of missing) {
    const point = roomFor(box, placed, neighbours(new Set([box.id])));
    placed.push({ ...box, ...point });
    next[box.id] = point;
  }
  return next;
}

/** Boxes that grew over the ones below push them down; everything else stays where it is. */
export function spread(boxes: readonly Box[], positions: Positions): Positions {
  const placed: Placed[] = [];
  const moved: Record<string, Point> = {};
  for (const box of placedOf(boxes, positions).sort((a, b) => a.y - b.y || a.x - b.x)) {
    let at = box;
    for (let hit = placed.find((other) => !apart(at, other, 8)); hit; hit = placed.find((other) => !apart(at, other, 8))) {
      at = { ...at, y: snap(hit.y + hit.height + GAP_Y / 2 + 4) };
    }
    if (at.y !== box.y) moved[box.id] = { x: at.x, y: at.y };
    placed.push(at);
  }
  return Object.keys(moved).length === 0 ? positions : { ...positions, ...moved };
}
