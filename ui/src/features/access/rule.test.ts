import { expect, test } from "vitest";
import { readCollection } from "@/lib/fields";
import { isUnfinished, readCondition, writeCondition } from "./conditions";
import { EVERYTHING, isPersonal, reachOf, ruleOf, sameRule, splitFields, type Conditions } from "./rule";

const permission = { id: "p", role_Id: "r", collection: "orders" };
const customers = readCollection("customers", { fields: { id: { type: "UUID", primaryKey: true }, tier: { type: "String" } } });
const orders = readCollection("orders", {
  fields: {
    id: { type: "UUID", primaryKey: true },
    total: { type: "Decimal", values: { precision: 12, scale: 2 } },
    items: { type: "Integer" },
    paid: { type: "Boolean" },
    customer_id: { type: "UUID" },
    customer: { relType: "BelongsTo", target: "customers", foreignKey: "customer_id", as: "customer" },
  },
});
const find = (name: string) => (name === "customers" ? customers : undefined);

test("absent fields let a reader read and keep a writer out", () => {
  expect(reachOf(ruleOf({ ...permission, action: "read", fields: null }), "read")).toBe("all");
  expect(reachOf(ruleOf({ ...permission, action: "update", fields: null }), "update")).toBe("none");
  expect(ruleOf({ ...permission, action: "read", fields: "*, customer.*" }).fields).toEqual(["*", "customer.*"]);
});

test("a glyph says rows, fields, or both", () => {
  const where: Conditions = { paid: { eq: true } };
  expect(reachOf(undefined, "read")).toBe("none");
  expect(reachOf(EVERYTHING, "read")).toBe("all");
  expect(reachOf({ ...EVERYTHING, conditions: where }, "read")).toBe("rows");
  expect(reachOf({ ...EVERYTHING, fields: ["total"] }, "read")).toBe("fields");
  expect(reachOf({ ...EVERYTHING, fields: ["total"], conditions: where }, "read")).toBe("both");
  expect(reachOf({ ...EVERYTHING, fields: ["total"] }, "delete")).toBe("all");
});

test("two spellings of one rule are one rule", () => {
  expect(sameRule({ ...EVERYTHING, fields: ["a", "b"], conditions: {} }, { ...EVERYTHING, fields: ["b", "a"] })).toBe(true);
  expect(sameRule({ ...EVERYTHING, conditions: { a: 1, b: 2 } }, { ...EVERYTHING, conditions: { b: 2, a: 1 } })).toBe(true);
  expect(sameRule(EVERYTHING, undefined)).toBe(false);
});

test("patterns that reach into relations survive an edit of fields", () => {
  const { on, further, star } = splitFields({ ...EVERYTHING, fields: ["total", "customer.*"] }, ["id", "total"]);
  expect([...on]).toEqual(["total"]);
  expect(further).toEqual(["customer.*"]);
  expect(star).toBe(false);
});

test("a condition goes through the form and comes back the same", () => {
  const stored: Conditions = {
    AND: [{ customer_id: { eq: "$CURRENT_USER" } }, { OR: [{ "customer.tier": { ne: "spot" } }, { total: { gte: "500.00" } }] }],
  };
  const tree = readCondition(stored);
  expect(tree && writeCondition(tree, orders, find)).toEqual(stored);
  expect(isPersonal(stored)).toBe(true);
});

test("values keep their type: decimals as text, booleans and small integers as such", () => {
  const stored: Conditions = { AND: [{ total: { gt: "0.1" } }, { items: { in: [1, 2] } }, { paid: { eq: true } }, { customer_id: { isNull: true } }] };
  const tree = readCondition(stored);
  expect(tree && writeCondition(tree, orders, find)).toEqual(stored);
});

test("shorthand and nesting are understood; what is not understood stays text", () => {
  expect(readCondition({ paid: true })?.parts).toEqual([{ kind: "leaf", field: "paid", op: "eq", text: "true" }]);
  expect(readCondition({ customer: { tier: { eq: "spot" } } })?.parts).toEqual([{ kind: "leaf", field: "customer.tier", op: "eq", text: "spot" }]);
  expect(readCondition({ NOT: { paid: true } })).toBeNull();
  expect(readCondition({ total: { between: ["1", "2"] } })).toBeNull();
  expect(readCondition(null)?.parts).toEqual([]);
});

test("a condition without its value is not finished, and an empty text is a value", () => {
  const open = (conditions: Conditions) => isUnfinished(conditions, orders, find);
  expect(open({})).toBe(true);
  expect(open({ total: { gte: "" } })).toBe(true);
  expect(open({ total: { gte: "1" } })).toBe(false);
  expect(open({ "customer.tier": { eq: "" } })).toBe(false);
  expect(open({ AND: [{ total: { isNull: true } }, { OR: [] }] })).toBe(true);
  expect(open({ NOT: { total: "1" } })).toBe(false);
});
