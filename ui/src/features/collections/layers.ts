/** One part of the diagram: related boxes in columns, each as high as makes its lines straight. */
import { Graph, layout as dagre } from "@dagrejs/dagre";
import { GAP_X, GAP_Y, type Box, type Line, type Part, type Point } from "./place";

/** Width by height of a part one likes to look at. */
const SHAPE = 1.4;
/** A column may be this much higher than that shape wants before it is broken in two. */
const TOLERANCE = 1.5;
const SWEEPS = 6;
/** Straight lines may make a small part so much higher than its highest column; a long chain would climb for ever. */
const CLIMB = 1.1;
/** About a box, so that small parts have the room as well. */
const SLACK = 140;
/** A larger part stays as high as its highest column. */
const SMALL = 9;

/** Which column each box belongs to, and in which order: the ranks of a directed drawing. */
function ranks(boxes: readonly Box[], lines: readonly Line[]): Box[][] {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: GAP_Y, ranksep: GAP_X, ranker: "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height });
  lines.forEach(({ from, to }, index) => graph.setEdge(from, to, {}, String(index)));
  dagre(graph);
  const placed = boxes.map((box) => {
    const { x = 0, y = 0 } = graph.node(box.id) as { x?: number; y?: number };
    return { box, x: Math.round(x), y };
  });
  const columns = new Map<number, typeof placed>();
  for (const one of placed) columns.set(one.x, [...(columns.get(one.x) ?? []), one]);
  return [...columns].sort(([a], [b]) => a - b).map(([, column]) => column.sort((a, b) => a.y - b.y).map(({ box }) => box));
}

const heightOf = (column: readonly Box[]): number => column.reduce((sum, box) => sum + box.height + GAP_Y, -GAP_Y);

/** Columns that would be a long strip are broken into several, side by side. */
export function broken(columns: readonly (readonly Box[])[]): Box[][] {
  const boxes = columns.flat();
  const area = boxes.reduce((sum, box) => sum + (box.width + GAP_X) * (box.height + GAP_Y), 0);
  const wanted = Math.max(Math.sqrt(area / SHAPE), ...boxes.map((box) => box.height));
  return columns.flatMap((column) => {
    const height = heightOf(column);
    if (height <= wanted * TOLERANCE) return [[...column]];
    const each = height / Math.ceil(height / wanted);
    const parts: Box[][] = [[]];
    for (const box of column) {
      const last = parts.at(-1) ?? [];
      if (last.length > 0 && heightOf([...last, box]) > each * 1.1) parts.push([box]);
      else last.push(box);
    }
    return parts;
  });
}

/** The lower of the middle two, so that it is one of them: the line it comes from is straight. */
function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}

/**
 * Heights in one column, as near to the wanted ones as the order and the gaps allow. Boxes that
 * would overlap stand together, and one of them is where it wants to be.
 */
export function stacked(column: readonly Box[], wanted: readonly number[]): number[] {
  interface Run {
    readonly wishes: number[];
    at: number;
  }
  const offsets: number[] = [];
  let sum = 0;
  for (const box of column) {
    offsets.push(sum);
    sum += box.height + GAP_Y;
  }
  const runs: Run[] = [];
  column.forEach((_, index) => {
    const wish = (wanted[index] ?? 0) - (offsets[index] ?? 0);
    let run: Run = { wishes: [wish], at: wish };
    for (let last = runs.at(-1); last && last.at > run.at; last = runs.at(-1)) {
      runs.pop();
      const wishes = [...last.wishes, ...run.wishes];
      run = { wishes, at: middle(wishes) };
    }
    runs.push(run);
  });
  const at = runs.flatMap((run) => run.wishes.map(() => run.at));
  return column.map((_, index) => (at[index] ?? 0) + (offsets[index] ?? 0));
}

/** The boxes of one part, from its own corner. */
export function layered(boxes: readonly Box[], all: readonly Line[]): Part {
  const ids = new Set(boxes.map((box) => box.id));
  const lines = all.filter(({ from, to }) => from !== to && ids.has(from) && ids.has(to));
  const columns = boxes.length === 1 ? [[...boxes]] : broken(ranks(boxes, lines));
  const tallest = Math.max(...columns.map(heightOf));
  const limit = boxes.length <= SMALL ? tallest * CLIMB + SLACK : tallest;
  const y = new Map<string, number>();
  for (const column of columns) {
    let at = Math.round((tallest - heightOf(column)) / 2);
    for (const box of column) {
      y.set(box.id, at);
      at += box.height + GAP_Y;
    }
  }
  // What each box wants: the height at which its line to a neighbour has no bend.
  const bends = new Map<string, { readonly other: string; readonly by: number }[]>();
  const want = (id: string, other: string, by: number) => bends.set(id, [...(bends.get(id) ?? []), { other, by }]);
  for (const { from, to, fromAt = 0, toAt = 0 } of lines) {
    want(from, to, toAt - fromAt);
    want(to, from, fromAt - toAt);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    // To the right with what stands at the left, then back: the last one goes to the right.
    const order = sweep % 2 === 1 ? columns : [...columns].reverse();
    const done = new Set<string>();
    for (const column of order) {
      const wanted = column.map(({ id, height }) => {
        const all = bends.get(id) ?? [];
        const stands = all.filter(({ other }) => done.has(other));
        const wishes = (stands.length > 0 ? stands : all).map(({ other, by }) => (y.get(other) ?? 0) + by);
        const wish = wishes.length === 0 ? (y.get(id) ?? 0) : middle(wishes);
        return Math.round(Math.min(limit - height, Math.max(tallest - limit, wish)));
      });
      stacked(column, wanted).forEach((at, index) => y.set(column[index]?.id ?? "", at));
      for (const { id } of column) done.add(id);
    }
    // Sweeps pull everything along; back to the middle, where the limits are.
    const top = Math.min(...y.values());
    const bottom = Math.max(...boxes.map((box) => (y.get(box.id) ?? 0) + box.height));
    const by = Math.round((tallest - top - bottom) / 2);
    for (const [id, at] of y) y.set(id, at + by);
  }
  // What only leads to the right followed before its neighbours came to rest; now it joins them, as far as it has the room.
  const columnOf = new Map(columns.flatMap((column, index) => column.map(({ id }) => [id, index] as const)));
  for (const [index, column] of columns.entries()) {
    for (const [place, { id, height }] of column.entries()) {
      const all = bends.get(id) ?? [];
      if (all.length === 0 || all.some(({ other }) => (columnOf.get(other) ?? 0) <= index)) continue;
      const [above, below] = [column[place - 1], column[place + 1]];
      const least = above ? (y.get(above.id) ?? 0) + above.height + GAP_Y : -Infinity;
      const most = below ? (y.get(below.id) ?? 0) - GAP_Y - height : Infinity;
      y.set(id, Math.min(most, Math.max(least, middle(all.map(({ other, by }) => (y.get(other) ?? 0) + by)))));
    }
  }
  const top = Math.min(...y.values());
  const at = new Map<string, Point>();
  let x = 0;
  for (const column of columns) {
    for (const { id } of column) at.set(id, { x, y: (y.get(id) ?? 0) - top });
    x += Math.max(...column.map((box) => box.width)) + GAP_X;
  }
  return { width: x - GAP_X, height: Math.max(...boxes.map((box) => (at.get(box.id)?.y ?? 0) + box.height)), at };
}
