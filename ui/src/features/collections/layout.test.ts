import { expect, test } from "vitest";
import { framesOf } from "./frames";
import { broken, stacked } from "./layers";
import { arrange, arrangeInTurns, clusters, components, roomFor, settle, spread } from "./layout";
import { pack } from "./packing";
import { apart, around, placedOf, type Box, type Line, type Placed, type Positions } from "./place";

const box = (id: string, fields: number): Box => ({ id, width: 208, height: 31 + 22 * fields });
const row = (index: number): number => 40 + 22 * index;

/** The schema that the design pictures show. */
const FREIGHT = {
  boxes: [box("airports", 4), box("carriers", 3), box("customers", 7), box("invoices", 5), box("order_items", 5), box("orders", 7), box("products", 4)],
  lines: [
    { from: "customers", to: "orders", fromAt: row(0), toAt: row(1) },
    { from: "airports", to: "orders", fromAt: row(0), toAt: row(2) },
    { from: "orders", to: "invoices", fromAt: row(0), toAt: row(2) },
    { from: "orders", to: "order_items", fromAt: row(0), toAt: row(0) },
    { from: "products", to: "order_items", fromAt: row(0), toAt: row(1) },
    { from: "carriers", to: "order_items", fromAt: row(0), toAt: row(3) },
  ] satisfies Line[],
};

/** Numbers that look thrown and are the same every time. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** Two hundred collections: a core that everything leads to, islands, and many that stand alone. */
function large(count = 200): { boxes: Box[]; lines: Line[] } {
  const roll = dice(7);
  const boxes = Array.from({ length: count }, (_, at) => box(`c${String(at)}`, 2 + Math.floor(roll() * 11)));
  const lines = boxes.flatMap(({ id }, at): Line[] => {
    if (at === 0 || at % 4 === 3) return [];
    const near = `c${String(Math.max(0, at - 1 - Math.floor(roll() * 5)))}`;
    return [
      ...(near === id ? [] : [{ from: near, to: id, fromAt: row(0), toAt: row(1) }]),
      ...(at % 3 === 0 ? [{ from: "c0", to: id, fromAt: row(0), toAt: row(2) }] : []),
    ];
  });
  return { boxes, lines };
}

function overlapping(boxes: readonly Box[], positions: Positions): string[] {
  const placed = placedOf(boxes, positions);
  return placed.flatMap((one, at) => placed.slice(at + 1).flatMap((other) => (apart(one, other, 8) ? [] : [`${one.id} ${other.id}`])));
}

/** The highest strip across the whole picture in which nothing stands; the widest, when `turned`. */
function emptiest(placed: readonly Placed[], turned: boolean): number {
  const spans = placed.map((one) => (turned ? [one.x, one.x + one.width] : [one.y, one.y + one.height])).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
  let end = spans[0]?.[0] ?? 0;
  let widest = 0;
  for (const [from = 0, to = 0] of spans) {
    widest = Math.max(widest, from - end);
    end = Math.max(end, to);
  }
  return widest;
}

test("two hundred collections stand apart, in the shape of a window and without empty bands", () => {
  const { boxes, lines } = large();
  const positions = arrange(boxes, lines);
  expect(Object.keys(positions)).toHaveLength(200);
  expect(overlapping(boxes, positions)).toEqual([]);
  const placed = placedOf(boxes, positions);
  const all = around(placed) ?? { width: 1, height: 1 };
  expect(all.width / all.height).toBeGreaterThan(1);
  expect(all.width / all.height).toBeLessThan(2.6);
  expect(emptiest(placed, false)).toBeLessThan(80);
  expect(emptiest(placed, true)).toBeLessThan(120);
  // Boxes with the gaps they need take up a good part of the picture.
  const used = boxes.reduce((sum, one) => sum + (one.width + 72) * (one.height + 32), 0);
  expect(used / (all.width * all.height)).toBeGreaterThan(0.45);
  expect(arrange(boxes, lines)).toEqual(positions);
});

test("collections that stand alone fill the room beside those that do not", () => {
  const boxes = [...FREIGHT.boxes, ...Array.from({ length: 6 }, (_, at) => box(`alone${String(at)}`, 3))];
  const positions = arrange(boxes, FREIGHT.lines);
  expect(overlapping(boxes, positions)).toEqual([]);
  const related = around(placedOf(FREIGHT.boxes, positions)) ?? { x: 0, y: 0, width: 0, height: 0 };
  const whole = around(placedOf(boxes, positions)) ?? { x: 0, y: 0, width: 0, height: 0 };
  // In shelves, six more would have added a band below everything.
  expect(whole.height).toBeLessThan(related.height + 260);
});

test("every other line of the design's schema runs straight, and all from left to right", () => {
  const positions = arrange(FREIGHT.boxes, FREIGHT.lines);
  const straight = FREIGHT.lines.filter(({ from, to, fromAt, toAt }) => (positions[from]?.y ?? 0) + fromAt === (positions[to]?.y ?? 0) + toAt);
  expect(straight.length).toBeGreaterThanOrEqual(3);
  for (const { from, to } of FREIGHT.lines) expect(positions[to]?.x).toBeGreaterThan((positions[from]?.x ?? 0) + 207);
});

test("a column that would be a strip is broken in two or more", () => {
  const children = Array.from({ length: 12 }, (_, at) => box(`child${String(at)}`, 4));
  const columns = broken([[box("hub", 4)], children]);
  expect(columns.length).toBeGreaterThan(2);
  expect(columns.flat()).toHaveLength(13);
  expect(Math.max(...columns.map((column) => column.length))).toBeLessThan(7);
});

test("boxes of a column keep their order and their gap, and stand where they want to when they can", () => {
  const column = [box("a", 1), box("b", 1), box("c", 1)];
  expect(stacked(column, [0, 200, 400])).toEqual([0, 200, 400]);
  const tight = stacked(column, [100, 100, 400]);
  expect(tight[1]).toBe((tight[0] ?? 0) + 53 + 32);
  expect(tight[2]).toBe(400);
  expect(tight).toContain(100);
});

test("what hangs together loosely is cut there", () => {
  const ring = (name: string) => Array.from({ length: 13 }, (_, at) => box(`${name}${String(at)}`, 2));
  const lines = (name: string): Line[] => Array.from({ length: 12 }, (_, at) => ({ from: `${name}${String(at)}`, to: `${name}${String(at + 1)}` }));
  const boxes = [...ring("a"), ...ring("b")];
  const all = [...lines("a"), ...lines("b"), { from: "a6", to: "b6" }];
  expect(components(boxes, all)).toHaveLength(1);
  const cut = clusters(boxes, all).map((cluster) => new Set(cluster.map(({ id }) => id.charAt(0))));
  expect(cut.every((names) => names.size === 1)).toBe(true);
  expect(clusters(boxes.slice(0, 10), all)).toHaveLength(1);
});

test("parts are packed into the room that larger ones leave", () => {
  const part = (id: string, width: number, height: number) => ({ width, height, at: new Map([[id, { x: 0, y: 0 }], [`${id}'`, { x: 0, y: 0 }]]) });
  const { at, width, height } = pack([part("tall", 400, 900), part("wide", 900, 300), part("small", 300, 300), part("other", 300, 300)]);
  expect(width * height).toBeLessThan(1.6 * (400 * 900 + 900 * 300 + 2 * 300 * 300));
  expect(new Set(at.map(({ x, y }) => `${String(x)} ${String(y)}`)).size).toBe(4);
});

test("a group stands together, and its frame holds nobody else", () => {
  const groups = [
    { id: "s", name: "Sales", colour: 0, members: ["customers", "orders", "invoices"] },
    { id: "f", name: "Freight", colour: 2, members: ["airports", "carriers"] },
  ];
  const positions = arrange(FREIGHT.boxes, FREIGHT.lines, (id) => groups.find((group) => group.members.includes(id))?.id);
  const frames = framesOf(groups, placedOf(FREIGHT.boxes, positions));
  expect(frames.map((frame) => frame.name)).toEqual(["Sales", "Freight"]);
  expect(overlapping(frames.map((frame) => ({ ...frame, id: frame.group })), Object.fromEntries(frames.map((frame) => [frame.group, frame])))).toEqual([]);
});

test("a frame is not drawn around somebody else, and members far apart have one each", () => {
  const groups = [{ id: "g", name: "G", colour: 0, members: ["a", "c"] }];
  const at = (a: number, b: number, c: number): Placed[] => [{ ...box("a", 2), x: a, y: 0 }, { ...box("b", 2), x: b, y: 0 }, { ...box("c", 2), x: c, y: 0 }];
  expect(framesOf(groups, at(0, 2000, 280))).toHaveLength(1);
  expect(framesOf(groups, at(0, 800, 1600))).toHaveLength(2);
  expect(framesOf(groups, at(0, 150, 300))).toHaveLength(0);
});

test("new collections find a place and nobody moves for them", () => {
  const positions = arrange(FREIGHT.boxes, FREIGHT.lines);
  const more = [...FREIGHT.boxes, box("refunds", 3), ...Array.from({ length: 5 }, (_, at) => box(`log${String(at)}`, 4))];
  const one = settle(more.slice(0, 8), [...FREIGHT.lines, { from: "invoices", to: "refunds" }], positions);
  const all = settle(more, FREIGHT.lines, positions);
  for (const { id } of FREIGHT.boxes) expect([one[id], all[id]]).toEqual([positions[id], positions[id]]);
  expect(overlapping(more.slice(0, 8), one)).toEqual([]);
  expect(overlapping(more, all)).toEqual([]);
  // Beside its friend.
  const gap = Math.hypot((one["refunds"]?.x ?? 0) - (positions["invoices"]?.x ?? 0), (one["refunds"]?.y ?? 0) - (positions["invoices"]?.y ?? 0));
  expect(gap).toBeLessThan(450);
});

test("a large layout comes in turns, is the same, and ends when nobody waits for it", async () => {
  const { boxes, lines } = large(120);
  expect(await arrangeInTurns(boxes, lines, () => undefined, () => true)).toEqual(arrange(boxes, lines));
  expect(await arrangeInTurns(boxes, lines, () => undefined, () => false)).toBeNull();
});

test("a box that grew pushes the one below down; a new one stands beside its friends", () => {
  const boxes = [{ id: "a", width: 208, height: 200 }, { id: "b", width: 208, height: 100 }, { id: "c", width: 208, height: 100 }];
  const at = { a: { x: 0, y: 0 }, b: { x: 0, y: 120 }, c: { x: 280, y: 0 } };
  const next = spread(boxes, at);
  expect(next["a"]).toEqual(at.a);
  expect(next["c"]).toEqual(at.c);
  expect(next["b"]?.y).toBeGreaterThanOrEqual(208);
  const place = roomFor({ id: "d", width: 208, height: 80 }, placedOf(boxes, next), new Set(["b"]));
  expect(place.x).toBe(280);
});
