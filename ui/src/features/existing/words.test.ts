import { describe, expect, it } from "vitest";
import type { ExistingTable } from "@plinth/sdk";
import { inOrder, shownCount, whyOf } from "./words";

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
});
