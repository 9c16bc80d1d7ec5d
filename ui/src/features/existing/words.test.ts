import { describe, expect, it } from "vitest";
import type { ExistingTable } from "@plinth/sdk";
import { inOrder, remarksOf, shownCount, whyOf } from "./words";

const table = (name: string, adoptable: boolean, types: readonly (string | undefined)[] = []): ExistingTable => ({
  name,
  kind: "table",
  adoptable,
  columns: types.map((type, at) => ({ name: `c${String(at)}`, declared: "x", primaryKey: at === 0, readOnly: false, ...(type === undefined ? {} : { type }) })),
  relations: [],
  reasons: [],
  notes: [],
});

describe("existing tables in words", () => {
  it("stand with those that can be taken over first", () => {
    const names = inOrder([table("b", false), table("c", true), table("a", true)]).map(({ name }) => name);
    expect(names).toEqual(["a", "c", "b"]);
  });

  it("count the columns that become fields", () => {
    expect(shownCount(table("a", true, ["BigInt", undefined, "Text"]))).toBe(2);
  });

  it("say every reason of a refusal once", () => {
    expect(whyOf({ message: "no", details: [{ message: "`a` has no key" }, { message: "`a` has no key" }, {}] })).toBe("a has no key");
    expect(whyOf(new Error("gone"))).toBe("gone");
  });

  it("tell with a step what its sentence adds and what is noted of its table", () => {
    const step = { op: "adopt_collection" as const, summary: "take over `a; b` with 2 of its 3 columns; it has no row numbers" };
    const notes = [{ code: "NO_LINK", message: "`c` leads to `d`, which is not taken over" }];
    expect(remarksOf(step, { notes })).toEqual(["It has no row numbers.", "c leads to d, which is not taken over."]);
    expect(remarksOf({ op: "adopt_collection", summary: "take over `a` with 2 of its 2 columns" }, { notes: [] })).toEqual([]);
    expect(remarksOf({ op: "add_relation", summary: "`x` of `a` leads to `b` by `y`; z" }, { notes })).toEqual([]);
  });
});
