import type { SchemaInfo } from "@plinth/sdk";
import { expect, test } from "vitest";
import { draftsOf } from "./draft";
import { draw, type Ask, type Drawn } from "./draw";
import { columnsFor, nameFrom, proposal } from "./ends";
import { firstOf, neighbourhood, toward } from "./neighbours";
import type { Placed } from "./place";
import { relate } from "./relate";
import { crosses } from "./route";
import { rowsOf } from "./rows";
import { find, next, parts } from "./search";
import { stepOf } from "./walk";

const at = (id: string, x: number, y: number, height = 100): Placed => ({ id, x, y, width: 208, height });
const LINES = [
  { from: "customers", to: "orders" },
  { from: "orders", to: "invoices" },
  { from: "invoices", to: "refunds" },
  { from: "products", to: "order_items" },
];

test("neighbours are those that relations lead to, either way, as many steps as are asked for", () => {
  expect([...neighbourhood(LINES, "orders", 1)].sort()).toEqual(["customers", "invoices", "orders"]);
  expect([...neighbourhood(LINES, "orders", 2)].sort()).toEqual(["customers", "invoices", "orders", "refunds"]);
  expect([...neighbourhood(LINES, "customers", 2)].sort()).toEqual(["customers", "invoices", "orders"]);
  expect([...neighbourhood(LINES, "alone", 2)]).toEqual(["alone"]);
  expect([...neighbourhood([{ from: "a", to: "a" }], "a", 2)]).toEqual(["a"]);
});

const GRID = [at("a", 0, 0), at("b", 280, 0), at("c", 560, 40), at("d", 0, 140), at("e", 280, 160)];

test("an arrow leads to the next box that way, and nowhere at the rim", () => {
  expect([toward(GRID, "a", "right"), toward(GRID, "b", "right"), toward(GRID, "a", "down"), toward(GRID, "e", "up")]).toEqual(["b", "c", "d", "b"]);
  expect([toward(GRID, "a", "left"), toward(GRID, "a", "up"), toward(GRID, "nobody", "up")]).toEqual([undefined, undefined, undefined]);
  expect([firstOf(GRID), firstOf([])]).toEqual(["a", undefined]);
});

test("every box is reached by arrows from every other", () => {
  const seen = new Set(["a"]);
  const open = ["a"];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const way of ["up", "down", "left", "right"] as const) {
      const to = toward(GRID, id, way);
      if (to !== undefined && !seen.has(to)) {
        seen.add(to);
        open.push(to);
      }
    }
  }
  expect(seen.size).toBe(GRID.length);
});

const press = (key: string, field?: string, held: { shift?: boolean; mod?: boolean } = {}) =>
  stepOf({ key, shift: held.shift ?? false, mod: held.mod ?? false }, at("a", 0, 0), GRID, ["id", "name"], field);

test("keys walk from box to box, into the fields and out again, and carry the box", () => {
  expect(press("ArrowRight")).toEqual({ kind: "walk", to: "b" });
  expect(press("ArrowLeft")).toBeNull();
  expect(press("Enter")).toEqual({ kind: "field", field: "id" });
  expect(press("ArrowDown", "id")).toEqual({ kind: "field", field: "name" });
  expect(press("ArrowDown", "name")).toBeNull();
  expect(press("ArrowUp", "id")).toEqual({ kind: "leave" });
  expect(press("ArrowRight", "name")).toEqual({ kind: "walk", to: "b" });
  expect(press("ArrowUp", undefined, { shift: true })).toEqual({ kind: "carry", to: { x: 0, y: -20 } });
  expect(press("Enter", undefined, { mod: true })).toEqual({ kind: "rows" });
  expect(press("x")).toBeNull();
});

const key = (id: string, type = "Integer") => ({ type, primaryKey: true, defaultValue: { type: "AUTOINCREMENT" }, fieldId: id });
const STORED = [
  { collectionName: "customers", schema: { name: "customers", fields: { id: key("c-id"), name: { type: "String", fieldId: "c-name" } } } },
  {
    collectionName: "orders",
    schema: {
      name: "orders",
      fields: {
        id: key("o-id"),
        customer_no: { type: "Integer", fieldId: "o-no" },
        title: { type: "String", fieldId: "o-title" },
        agent: { relType: "BelongsTo", target: "customers", foreignKey: "agent_id", as: "agent", fieldId: "o-agent" },
        agent_id: { type: "Integer", SystemGenerated: true, fieldId: "o-agent-id" },
      },
    },
  },
  { collectionName: "tags", schema: { name: "tags", fields: { id: key("t-id", "UUID"), label: { type: "String", fieldId: "t-label" } } } },
] as unknown as readonly SchemaInfo[];
const DRAFTS = draftsOf(STORED, []);
const entries = [...DRAFTS.values()];

test("a field drawn to the key of another collection can hold that key, if it has its type", () => {
  expect(columnsFor(DRAFTS, "orders", "customers").map((field) => field.name)).toEqual(["customer_no"]);
  expect(columnsFor(DRAFTS, "orders", "tags")).toEqual([]);
  expect(proposal(DRAFTS, { collection: "orders", field: "o-no" }, { collection: "customers", field: "c-id" })).toEqual({ source: "orders", target: "customers", column: "o-no" });
  expect(proposal(DRAFTS, { collection: "orders", field: "o-title" }, { collection: "customers", field: "c-id" })).toEqual({ source: "orders", target: "customers", column: undefined });
});

test("drawn from a key, it is the other end that holds it", () => {
  expect(proposal(DRAFTS, { collection: "customers", field: "c-id" }, { collection: "orders", field: "o-no" })).toEqual({ source: "orders", target: "customers", column: "o-no" });
  expect(proposal(DRAFTS, { collection: "customers", field: "c-id" }, { collection: "orders" })).toEqual({ source: "customers", target: "orders", column: undefined });
});

test("a relation over a column that stands makes no other and takes its name from it", () => {
  expect(nameFrom(DRAFTS.get("orders"), "o-no")).toBe("customer");
  expect(nameFrom(DRAFTS.get("orders"), "o-title")).toBeUndefined();
  const spec = { source: "orders", target: "customers", name: "customer", alias: "orders", onDelete: "SET NULL", required: false, column: "o-no" } as const;
  const fields = relate(DRAFTS, { ...spec, kind: "M2O" }).get("orders")?.fields ?? [];
  expect(fields.map((field) => field.name)).toEqual(["id", "customer_no", "title", "agent", "agent_id", "customer"]);
  expect(fields.find((field) => field.name === "customer")?.def).toMatchObject({ relType: "BelongsTo", foreignKey: "customer_no" });
  const single = relate(DRAFTS, { ...spec, kind: "O2O" }).get("orders")?.fields.find((field) => field.id === "o-no");
  expect(single?.def).toMatchObject({ type: "Integer", unique: true });
});

test("a search finds collections before fields, and goes around", () => {
  const hits = find(entries, " TA ");
  expect(hits).toEqual([{ collection: "tags" }]);
  const ids = find(entries, "id");
  expect(ids[0]).toEqual({ collection: "customers", field: "c-id" });
  expect(ids.map((hit) => hit.field)).toContain("o-agent-id");
  expect(next(ids, undefined, 1)).toEqual(ids[0]);
  expect(next(ids, ids.at(-1), 1)).toEqual(ids[0]);
  expect(next(ids, ids[0], -1)).toEqual(ids.at(-1));
  expect(find(entries, "order").map((hit) => hit.collection)).toEqual(["orders"]);
  expect([find(entries, "  "), next([], undefined, 1)]).toEqual([[], undefined]);
});

test("what was looked for is told apart in the word", () => {
  expect(parts("customer_no", "MER")).toEqual(["custo", "mer", "_no"]);
  expect(parts("total", "x")).toBeNull();
});

test("a field that is looked for takes the place of another, so that the box keeps its height", () => {
  const fields = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`f${String(index)}`, { type: "String", fieldId: `f${String(index)}` }]));
  const drafts = draftsOf([{ collectionName: "wide", schema: { name: "wide", fields } }] as unknown as readonly SchemaInfo[], []);
  const entry = drafts.get("wide");
  if (!entry) throw new Error("there is one");
  const plain = rowsOf(drafts, entry, new Set());
  const wanted = rowsOf(drafts, entry, new Set(), new Set(["f19"]));
  expect([plain.rows.length, plain.more, wanted.rows.length, wanted.more]).toEqual([12, 8, 12, 8]);
  expect(plain.rows.some((row) => row.field.id === "f19")).toBe(false);
  expect(wanted.rows.at(-1)?.field.id).toBe("f19");
});

const BOXES = [at("a", 0, 0), at("b", 280, 0), at("c", 560, 0), at("d", 840, 0)];
const ask = (id: string, from: string, to: string, boxes: readonly Placed[] = BOXES): Ask => {
  const end = (name: string) => {
    const box = boxes.find((one) => one.id === name);
    if (!box) throw new Error(name);
    return { box, y: box.y + 50 };
  };
  return { id, from: end(from), to: end(to), lane: 20 };
};
const crossing = (routes: ReadonlyMap<string, { readonly points: readonly { x: number; y: number }[] }>, id: string, from: string, to: string) =>
  crosses(routes.get(id)?.points ?? [], BOXES.filter((box) => box.id !== from && box.id !== to));

test("without time every line is there, plain; with time none runs through a box", () => {
  const asks = [ask("ad", "a", "d"), ask("ac", "a", "c"), ask("ab", "a", "b")];
  const held: Drawn = new Map();
  const first = draw(asks, BOXES, held, () => false);
  expect([first.routes.size, first.open]).toEqual([3, true]);
  expect(crossing(first.routes, "ad", "a", "d")).toBe(true);
  let turns = 1;
  const second = draw(asks, BOXES, held, () => turns-- > 0);
  expect(second.open).toBe(true);
  const third = draw(asks, BOXES, held, () => true);
  expect([crossing(third.routes, "ad", "a", "d"), crossing(third.routes, "ac", "a", "c"), third.open]).toEqual([false, false, false]);
});

test("a line that nothing touched is kept as it is; one whose end moved is drawn again", () => {
  const held: Drawn = new Map();
  const before = draw([ask("ab", "a", "b"), ask("cd", "c", "d")], BOXES, held, () => true).routes;
  const moved = BOXES.map((box) => (box.id === "d" ? { ...box, y: 300 } : box));
  const after = draw([ask("ab", "a", "b", moved), ask("cd", "c", "d", moved)], moved, held, () => true).routes;
  expect(after.get("ab")).toBe(before.get("ab"));
  expect(after.get("cd")).not.toEqual(before.get("cd"));
});
