import { describe, expect, it } from "vitest";
import { readCollection } from "@/lib/fields";
import { conditionOf, fieldAt, filterOf, PLAIN_VIEW, readPill, readView, writeView, type FilterGroup, type FilterNode, type Operator, type Pill } from "@/lib/filters";
import { allOperatorsFor } from "@/lib/operators";
import { fieldPaths } from "./paths";
import { added, indented, leaves, moved, nodeAt, outdented, removed, replaced, treeOf, viewOf } from "./tree";

const customers = readCollection("customers", {
  timestamps: false,
  fields: { id: { type: "Integer", primaryKey: true }, name: { type: "String" }, place: { type: "Point" }, secret: { type: "String", hidden: true } },
});
const orders = readCollection("orders", {
  timestamps: false,
  fields: {
    id: { type: "Integer", primaryKey: true },
    total: { type: "Decimal", values: { precision: 12, scale: 2 } },
    note: { type: "String" },
    due: { type: "Date" },
    tags: { type: "Array_String" },
    meta: { type: "JSON" },
    span: { type: "Range_Integer" },
    customer: { relType: "BelongsTo", target: "customers", foreignKey: "customer_Id" },
    customer_Id: { type: "Integer" },
    items: { relType: "HasMany", target: "items", foreignKey: "order_Id" },
  },
});
const items = readCollection("items", { timestamps: false, fields: { id: { type: "Integer", primaryKey: true }, amount: { type: "Integer" } } });
const find = (name: string) => [customers, orders, items].find((entry) => entry.name === name);
const pill = (field: string, op: Operator = "eq", text = "1"): Pill => ({ field, op, text });
const a = pill("a");
const b = pill("b");
const c = pill("c");
const all = (...nodes: FilterNode[]): FilterGroup => ({ join: "all", items: nodes });
const any = (...nodes: FilterNode[]): FilterGroup => ({ join: "any", items: nodes });

describe("the tree of a filter", () => {
  it("is pills beside groups when all of it holds together, and one group otherwise", () => {
    expect(treeOf([a], [any(b, c)])).toEqual(all(a, any(b, c)));
    expect(viewOf(all(a, any(b, c)))).toEqual({ pills: [a], groups: [any(b, c)] });
    expect(viewOf(any(a, b))).toEqual({ pills: [], groups: [any(a, b)] });
    expect(treeOf([], [any(a, b)])).toEqual(any(a, b));
    expect(viewOf(all(any(), a, all(any())))).toEqual({ pills: [a], groups: [] });
  });

  it("is changed at one place and nowhere else", () => {
    const tree = all(a, any(b));
    expect(nodeAt(tree, [1, 0])).toBe(b);
    expect(replaced(tree, [1, 0], c)).toEqual(all(a, any(c)));
    expect(added(tree, [1], c)).toEqual({ root: all(a, any(b, c)), at: [1, 1] });
    expect(removed(tree, [1, 0])).toEqual({ root: all(a, any()), at: [1] });
    expect(removed(tree, [0])).toEqual({ root: all(any(b)), at: [0] });
    expect(moved(tree, [0], 1)).toEqual({ root: all(any(b), a), at: [1] });
    expect(moved(tree, [0], -1)).toEqual({ root: tree, at: [0] });
    expect(tree).toEqual(all(a, any(b)));
  });

  it("takes a condition into a group and out again", () => {
    expect(indented(all(a, b, c), [1])).toEqual({ root: all(any(a, b), c), at: [0, 1] });
    expect(indented(all(any(a), b), [1])).toEqual({ root: all(any(a, b)), at: [0, 1] });
    expect(indented(all(a, b), [0])).toEqual({ root: all(any(a), b), at: [0, 0] });
    expect(outdented(all(any(a, b), c), [0, 0])).toEqual({ root: all(any(b), a, c), at: [1] });
    expect(outdented(all(any(a)), [0, 0])).toEqual({ root: all(a), at: [0] });
    expect(outdented(all(a), [0])).toEqual({ root: all(a), at: [0] });
    expect(leaves(all(a, any(b, c))).map(({ path }) => path)).toEqual([[0], [1, 0], [1, 1]]);
  });
});

describe("a filter in the words of the server", () => {
  it("nests as it was built, and leaves out what is no condition", () => {
    const total = pill("total", "gte", "5.00");
    const late = pill("due", "lt", "$NOW-DAYS_7");
    const wrong = pill("total", "gte", "5oo");
    expect(filterOf(orders, [total, any(late, all(pill("note", "icontains", "x"), wrong))])).toEqual({
      AND: [{ total: { gte: "5.00" } }, { OR: [{ due: { lt: "$NOW-DAYS_7" } }, { note: { icontains: "x" } }] }],
    });
    expect(conditionOf(orders, { join: "none", items: [total, late] })).toEqual({ NOT: { OR: [{ total: { gte: "5.00" } }, { due: { lt: "$NOW-DAYS_7" } }] } });
    expect(filterOf(orders, [any(wrong)])).toBeUndefined();
  });

  it("asks about related rows at any depth", () => {
    expect(filterOf(orders, [pill("customer.name", "eq", "Ann"), pill("items.amount", "gt", "2")], find)).toEqual({
      AND: [{ "customer.name": { eq: "Ann" } }, { "items.amount": { gt: "2" } }],
    });
    expect(fieldAt(orders, "customer.name", find)?.nullable).toBe(true);
    expect(readPill(orders, pill("customer.gone"), find)).toMatchObject({ ok: false, fault: { kind: "unknown-field" } });
    const paths = (text: string) => fieldPaths(orders, find, () => true, text).map((entry) => entry.path);
    expect(paths("cust")).toEqual(["customer_Id", "customer."]);
    expect(paths("customer.")).toEqual(["customer.id", "customer.name", "customer.place"]);
    expect(paths("nothing.")).toEqual([]);
  });

  it("reads what each operator asks for", () => {
    const asked = (field: string, op: Operator, text: string): unknown => {
      const read = readPill(orders, pill(field, op, text), find);
      return read.ok ? Object.values(read.condition)[0] : read.fault.kind;
    };
    expect(asked("total", "between", "1, 2.50")).toEqual({ between: ["1", "2.50"] });
    expect(asked("total", "between", "1")).toBe("pair");
    expect(asked("note", "in", '["a, b", "c"]')).toEqual({ in: ["a, b", "c"] });
    expect(asked("note", "filled", "")).toEqual({ empty: false });
    expect(asked("tags", "arraylength", "3")).toEqual({ arraylength: 3 });
    expect(asked("tags", "arraylength", ">= 3")).toEqual({ arraylength: { op: "gte", value: 3 } });
    expect(asked("tags", "arrayoverlap", "x, y")).toEqual({ arrayoverlap: ["x", "y"] });
    expect(asked("meta", "jsonbKeyEquals", "size = 4")).toEqual({ jsonbKeyEquals: { key: "size", value: 4 } });
    expect(asked("meta", "jsonbKeyEquals", "size")).toBe("key-value");
    expect(asked("meta", "jsonbDeepValue", "a.b = x")).toEqual({ jsonbDeepValue: { path: ["a", "b"], value: "x" } });
    expect(asked("meta", "jsonbContains", '{"a":1}')).toEqual({ jsonbContains: { a: 1 } });
    expect(asked("meta", "jsonbContains", "{")).toBe("value");
    expect(asked("meta", "jsonbTypeOf", "Object")).toEqual({ jsonbTypeOf: { type: "object" } });
    expect(asked("span", "holds", "5")).toEqual({ contains: "5" });
    expect(asked("customer.place", "dwithin", "18.07 59.33; 2 km")).toEqual({ dwithin: { geometry: { type: "Point", coordinates: [18.07, 59.33] }, distance: 2000 } });
    expect(asked("note", "eq", "$CURRENT_USER.email")).toEqual({ eq: "$CURRENT_USER.email" });
    expect(asked("due", "eq", "$NOWHERE")).toBe("value");
    expect(asked("due", "gt", "$COL(customer.since)")).toEqual({ gt: "$COL(customer.since)" });
  });

  it("offers a type only what it can answer", () => {
    const offered = (name: string) => {
      const field = orders.fields.find((entry) => entry.name === name);
      return field ? allOperatorsFor(field) : [];
    };
    expect(offered("total")).not.toContain("icontains");
    expect(offered("meta")).toContain("jsonbPathExists");
    expect(offered("note")).toContain("regex");
    expect(readPill(orders, pill("total", "icontains", "1"))).toMatchObject({ ok: false, fault: { kind: "unknown-operator" } });
  });

  it("stands in the address as it is nested, and survives nonsense there", () => {
    const view = { ...PLAIN_VIEW, pills: [pill("note", "isNull", "")], groups: [any(pill("total"), { join: "none", items: [pill("id")] } as FilterGroup)] };
    expect(writeView(view).filter).toBe('[["note","isNull"],{"OR":[["total","eq","1"],{"NOT":[["id","eq","1"]]}]}]');
    expect(readView({ ...writeView(view) })).toEqual(view);
    for (const filter of ['[{"OR":1}]', '[{"XOR":[["a","eq"]]}]', '[{"OR":[]}]', "[{}]", "[[[]]]"]) expect(readView({ filter })).toEqual(PLAIN_VIEW);
  });
});
