/** Where the collections stand: related ones in layers from left to right, groups packed in shelves. */
import { Graph, layout as dagre } from "@dagrejs/dagre";

export interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  /** The side that is one; it stands at the left. */
  readonly from: string;
  readonly to: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export type Positions = Readonly<Record<string, Point>>;

const GAP_X = 72;
const GAP_Y = 32;

interface Group {
  readonly width: number;
  readonly height: number;
  readonly at: ReadonlyMap<string, Point>;
}

function groupsOf(boxes: readonly Box[], lines: readonly Line[]): Box[][] {
  const near = new Map<string, Set<string>>(boxes.map((box) => [box.id, new Set<string>()]));
  for (const { from, to } of lines) {
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

function laid(group: readonly Box[], lines: readonly Line[]): Group {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: GAP_Y, ranksep: GAP_X, ranker: "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  const ids = new Set(group.map((box) => box.id));
  for (const { id, width, height } of group) graph.setNode(id, { width, height });
  lines.forEach(({ from, to }, index) => {
    if (from !== to && ids.has(from) && ids.has(to)) graph.setEdge(from, to, {}, String(index));
  });
  dagre(graph);
  const corners = group.map(({ id, width, height }) => {
    const { x = 0, y = 0 } = graph.node(id) as { x?: number; y?: number };
    return { id, x: x - width / 2, y: y - height / 2, width, height };
  });
  const left = Math.min(...corners.map((corner) => corner.x));
  const top = Math.min(...corners.map((corner) => corner.y));
  return {
    width: Math.max(...corners.map((corner) => corner.x + corner.width)) - left,
    height: Math.max(...corners.map((corner) => corner.y + corner.height)) - top,
    at: new Map(corners.map(({ id, x, y }) => [id, { x: x - left, y: y - top }])),
  };
}

/** Places for every box. Groups of related boxes come first, lone ones fill the shelves after them. */
export function arrange(boxes: readonly Box[], lines: readonly Line[]): Positions {
  const groups = groupsOf(boxes, lines)
    .sort((a, b) => b.length - a.length)
    .map((group) => laid(group, lines));
  const area = groups.reduce((sum, group) => sum + (group.width + GAP_X) * (group.height + GAP_Y), 0);
  const shelf = Math.max(Math.sqrt(area * 1.7), ...groups.map((group) => group.width));
  const found: Record<string, Point> = {};
  let [x, y, tallest] = [0, 0, 0];
  for (const group of groups) {
    if (x > 0 && x + group.width > shelf) {
      x = 0;
      y += tallest + GAP_Y;
      tallest = 0;
    }
    for (const [id, point] of group.at) found[id] = { x: snap(x + point.x), y: snap(y + point.y) };
    x += group.width + GAP_X;
    tallest = Math.max(tallest, group.height);
  }
  return found;
}

const snap = (value: number): number => Math.round(value / 4) * 4;

type Placed = Box & Point;

const apart = (a: Placed, b: Placed, gap: number): boolean =>
  a.x + a.width + gap <= b.x || b.x + b.width + gap <= a.x || a.y + a.height + gap <= b.y || b.y + b.height + gap <= a.y;

/** A place for one more box that covers none of the others: beside those it belongs to, when it belongs to some. */
export function roomFor(box: Box, placed: readonly Placed[], near: ReadonlySet<string>): Point {
  if (placed.length === 0) return { x: 0, y: 0 };
  const left = Math.min(...placed.map((other) => other.x));
  const top = Math.min(...placed.map((other) => other.y));
  const right = Math.max(...placed.map((other) => other.x + other.width)) + GAP_X;
  const bottom = Math.max(...placed.map((other) => other.y + other.height)) + GAP_Y;
  const friends = placed.filter((other) => near.has(other.id));
  const middle = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  // Without a friend the first free place in reading order; with some, the free place nearest to them, at their right if it can be.
  const wanted = { x: middle(friends.map((other) => other.x)) + box.width + GAP_X, y: middle(friends.map((other) => other.y)) };
  let best: (Point & { readonly cost: number }) | null = null;
  for (let y = top; y <= bottom; y += 44) {
    for (let x = left; x <= right; x += box.width + GAP_X) {
      if (!placed.every((other) => apart({ ...box, x, y }, other, GAP_Y - 8))) continue;
      const cost = friends.length === 0 ? y * 10_000 + x : Math.hypot(x - wanted.x, y - wanted.y);
      if (!best || cost < best.cost) best = { x: snap(x), y: snap(y), cost };
    }
  }
  return best ? { x: best.x, y: best.y } : { x: left, y: bottom };
}

/** Boxes that grew over the ones below push them down; everything else stays where it is. */
export function spread(boxes: readonly Box[], positions: Positions): Positions {
  const placed: Placed[] = [];
  const moved: Record<string, Point> = {};
  const standing = boxes.flatMap((box): Placed[] => {
    const point = positions[box.id];
    return point ? [{ ...box, ...point }] : [];
  });
  for (const box of standing.sort((a, b) => a.y - b.y || a.x - b.x)) {
    let at = box;
    for (let hit = placed.find((other) => !apart(at, other, 8)); hit; hit = placed.find((other) => !apart(at, other, 8))) {
      at = { ...at, y: snap(hit.y + hit.height + GAP_Y / 2 + 4) };
    }
    if (at.y !== box.y) moved[box.id] = { x: at.x, y: at.y };
    placed.push(at);
  }
  return Object.keys(moved).length === 0 ? positions : { ...positions, ...moved };
}
