import type { PermissionAction, PermissionImpact } from "@plinth/sdk";
import { describe, expect, test } from "vitest";
import { JsonText } from "@/lib/exact-json";
import { readCollection } from "@/lib/fields";
import type { Op } from "@/lib/pending";
import { changeTo, differsByPerson, namedBeyond, namesTold, opUnfinished, readImpacts, readingOf, sampleColumns, sampleOf, sentenceOf, somebody, togetherWith } from "./impact";
import { cellTarget, EVERYTHING, type Conditions, type Rule } from "./rule";

const orders = readCollection("orders", {
  fields: {
    meta: { type: "JSON" },
    total: { type: "Decimal", values: { precision: 12, scale: 2 } },
    id: { type: "Integer", primaryKey: true },
    secret: { type: "String", hidden: true },
    status: { type: "String" },
    owner: { type: "UUID" },
    name: { type: "String" },
  },
});
const find = (name: string) => (name === "orders" ? orders : undefined);
const where = (conditions: Conditions): Rule => ({ ...EVERYTHING, conditions });
const MINE = where({ owner: { eq: "$CURRENT_USER" } });
const PAID = where({ status: { eq: "paid" } });
const HALF = where({ total: { gt: "" } });

function op(role: string, collection: string, action: PermissionAction, after: Rule | undefined, before?: Rule): Op {
  return { target: cellTarget(role, collection, action), before, after };
}

describe("what is asked", () => {
  const own = changeTo({ role: "support", collection: "orders", action: "read" }, PAID);

  test("a rule goes as it would be stored, and one that is taken away as nothing", () => {
    expect(own).toEqual({ role_Id: "support", collection: "orders", action: "read", permission: { fields: ["*"], conditions: { status: { eq: "paid" } }, relConditions: null, defaultValues: null } });
    expect(changeTo({ role: "support", collection: "orders", action: "read" }, undefined).permission).toBeNull();
  });

  test("with a cell goes what else is staged for its role, once, and nothing that is not finished", () => {
    const staged = [
      op("support", "notes", "read", EVERYTHING),
      op("support", "orders", "read", EVERYTHING),
      op("support", "orders", "update", HALF),
      op("support", "orders", "delete", undefined, EVERYTHING),
      op("editor", "notes", "read", EVERYTHING),
    ];
    expect(opUnfinished(op("support", "orders", "update", HALF), find)).toBe(true);
    const asked = togetherWith(own, staged, find);
    expect(asked.map(({ collection, action }) => `${action} ${collection}`)).toEqual(["read orders", "read notes", "delete orders"]);
    expect(asked[0]).toBe(own);
    expect(asked[2]?.permission).toBeNull();
  });

  test("no more goes than the server judges at once, and the cell itself always does", () => {
    const many = Array.from({ length: 80 }, (_, at) => op("support", `c${String(at)}`, "read", EVERYTHING));
    const asked = togetherWith(own, many, find);
    expect(asked).toHaveLength(50);
    expect(asked[0]).toBe(own);
  });

  test("the bar asks about reading that is finished and the same for everybody", () => {
    const staged = [
      op("support", "orders", "read", PAID),
      op("editor", "orders", "read", MINE),
      op("viewer", "orders", "read", EVERYTHING, MINE),
      op("guest", "orders", "read", HALF),
      op("guest", "notes", "create", EVERYTHING),
      op("editor", "notes", "read", undefined, EVERYTHING),
    ];
    expect(readingOf(staged, find).map(({ role_Id, collection }) => `${role_Id} ${collection}`)).toEqual(["support orders", "editor notes"]);
  });

  test("a rule differs by person by its own conditions or by those of related rows", () => {
    expect(differsByPerson(undefined)).toBe(false);
    expect(differsByPerson(PAID)).toBe(false);
    expect(differsByPerson(MINE)).toBe(true);
    expect(differsByPerson({ ...PAID, relConditions: { items: { owner: { eq: "$CURRENT_USER" } } } })).toBe(true);
  });
});

describe("what is told", () => {
  const impact = (role: string, collection: string, gained: number, lost = 0): PermissionImpact => ({
    role: { id: role.toLowerCase(), name: role },
    collection,
    action: "read",
    records: { before: lost, after: gained, gained, lost, gainedSample: [], lostSample: [] },
    fieldsGained: [],
    fieldsLost: [],
  });

  test("gains and losses are one sentence each, by role", () => {
    expect(sentenceOf([impact("Support", "orders", 1148), impact("Support", "invoices", 1091)])).toBe("Support gains 1,148 orders and 1,091 invoices.");
    expect(sentenceOf([impact("Support", "orders", 3), impact("Editor", "baasix_File", 0, 12), impact("Support", "notes", 1)])).toBe("Support gains 3 orders and 1 row of notes. Editor loses 12 File.");
    expect(sentenceOf([impact("Support", "orders", 3, 2)])).toBe("Support gains 3 orders. Support loses 2 orders.");
  });

  test("nothing is told where no row changes hands, and of making rows", () => {
    expect(sentenceOf([])).toBe("");
    expect(sentenceOf([impact("Support", "orders", 0), { ...impact("Support", "notes", 9), records: null }])).toBe("");
  });

  test("three are told, and how many more there are", () => {
    const four = ["a", "b", "c", "d"].map((name) => impact("Support", name, 2));
    expect(sentenceOf(four)).toBe("Support gains 2 a, 2 b and 2 c. And 1 more.");
    expect(sentenceOf([...four.slice(0, 3), impact("Editor", "a", 2), impact("Editor", "b", 0, 2)])).toBe("Support gains 2 a, 2 b and 2 c. And 2 more.");
  });

  test("fields are told by name, hidden ones are not", () => {
    expect(namedBeyond(orders, { ...EVERYTHING, fields: ["id", "total"] }, undefined)).toEqual(["id", "total"]);
    expect(namedBeyond(orders, EVERYTHING, { ...EVERYTHING, fields: ["id", "total", "meta", "createdAt", "updatedAt"] })).toEqual(["status", "owner", "name"]);
    expect(namedBeyond(orders, undefined, EVERYTHING)).toEqual([]);
    expect(namesTold(["a", "b"])).toBe("a, b");
    const names = Array.from({ length: 14 }, (_, at) => `f${String(at)}`);
    expect(namesTold(names.slice(0, 13))).toBe(names.slice(0, 13).join(", "));
    expect(namesTold(names)).toBe(`${names.slice(0, 12).join(", ")} and 2 more`);
  });

  test("a sample shows the key, what stands for a row, and what is short", () => {
    expect(sampleColumns(orders).map(({ name }) => name)).toEqual(["id", "name", "total", "status"]);
    const few = readCollection("few", { timestamps: false, fields: { body: { type: "JSON" }, id: { type: "UUID", primaryKey: true } } });
    expect(sampleColumns(few).map(({ name }) => name)).toEqual(["id", "body"]);
    expect(sampleOf(null)).toEqual([]);
    expect(sampleOf({ gainedSample: [{ id: 1 }], lostSample: [{ id: 2 }] })).toEqual([
      { gained: true, row: { id: 1 } },
      { gained: false, row: { id: 2 } },
    ]);
  });

  test("rows of a sample keep every digit that was written", () => {
    const sample = '[{"id":9007199254740993,"total":100.50,"name":"a"}]';
    const text = `{"data":[{"role":{"id":"r","name":"R"},"collection":"orders","action":"read","records":{"before":0,"after":1,"gained":1,"lost":0,"gainedSample":${sample},"lostSample":[]},"fieldsGained":["id"],"fieldsLost":[]},{"records":null}]}`;
    const [orders, none] = readImpacts(text);
    expect(orders?.records).toEqual({ before: 0, after: 1, gained: 1, lost: 0, gainedSample: [{ id: new JsonText("9007199254740993"), total: new JsonText("100.50"), name: "a" }], lostSample: [] });
    expect(none?.records).toBeNull();
  });

  test("somebody is called by name, else by address, and is where they hold the role", () => {
    const held = [{ role_Id: "editor", tenant_Id: "north" }, { role_Id: "support", tenant_Id: "south" }];
    expect(somebody({ id: "1", email: "sam@example.com", firstName: "Sam", lastName: " ", userRoles: held }, "support")).toEqual({ id: "1", name: "Sam", address: "sam@example.com", tenant: "south" });
    expect(somebody({ id: "2", email: "kim@example.com" }, "support")).toEqual({ id: "2", name: "kim@example.com", address: null, tenant: null });
  });
});
