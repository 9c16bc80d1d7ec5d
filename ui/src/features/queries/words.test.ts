import type { QueryMeasurement, SlowQuery, SlowQueryShape } from "@plinth/sdk";
import { expect, test } from "vitest";
import { condition, grouped, rest, time, worthOf } from "./words";

const shape = (patch: Partial<SlowQueryShape> = {}): SlowQueryShape => ({
  collection: "orders", filter: "status = ?", sort: ["-price"], groupBy: [], aggregates: [], embeds: [], search: false,
  page: "first", limit: 20, counted: true, withDeleted: false, ...patch,
});

test("a query reads as a sentence of what it asks", () => {
  expect(condition(shape())).toBe("status = ?");
  expect(rest(shape())).toBe("by price descending, the first 20, counted");
  expect(condition(shape({ filter: null }))).toBe("every record");
  expect(condition(shape({ filter: null, search: true }))).toBe("a search for words");
  expect(rest(shape({ sort: ["placed", "-price"], page: "cursor", counted: false, embeds: ["customer"] }))).toBe(
    "by placed, price descending, the next 20 by cursor, with customer",
  );
  expect(rest(shape({ sort: [], page: "all", limit: null, withDeleted: true, counted: false }))).toBe("all of them, with the trash");
  // Who wants to know how many there are asks for none of them.
  expect(rest(shape({ sort: [], limit: 0 }))).toBe("no record, counted");
  expect(rest(shape({ groupBy: ["status"], limit: 0 }))).toBe("grouped by status, no group");
  expect(rest(shape({ groupBy: ["status"], aggregates: ["sum(price)"], page: "all", limit: null }))).toBe("grouped by status, sum(price)");
});

test("times have the digits they are worth", () => {
  expect([0, 0.004, 0.027, 0.42, 12.44, 321.6, 1240, 65_000].map(time)).toEqual(["0.00 ms", "4.00 µs", "27.0 µs", "0.42 ms", "12.4 ms", "322 ms", "1.24 s", "65.0 s"]);
});

test("queries stand by collection, in the order in which each first appears, the system's last", () => {
  const query = (id: string, collection: string, totalMs: number) => ({ id, totalMs, shape: shape({ collection }) }) as SlowQuery;
  const groups = grouped([query("s", "baasix_Role", 9), query("a", "orders", 5), query("b", "notes", 4), query("c", "orders", 3)]);
  expect(groups.map(({ collection, totalMs, queries }) => [collection, totalMs, queries.map(({ id }) => id)])).toEqual([
    ["orders", 8, ["a", "c"]],
    ["notes", 4, ["b"]],
    ["baasix_Role", 9, ["s"]],
  ]);
});

test("an index helps where a gain was measured that is worth it, and of what is quick none is urged", () => {
  const measured = (before: number, after: number, used = true) =>
    ({ before: { medianMs: before }, after: { medianMs: after }, gain: before / after, used }) as QueryMeasurement;
  expect(worthOf({ p95Ms: 1.2 }, undefined)).toBe("quick");
  expect(worthOf({ p95Ms: 40 }, undefined)).toBe("try");
  expect(worthOf({ p95Ms: 40 }, measured(38, 2))).toBe("helps");
  // Ten times as fast, and nobody would feel it.
  expect(worthOf({ p95Ms: 1.2 }, measured(1, 0.1))).toBe("same");
  expect(worthOf({ p95Ms: 40 }, measured(38, 37.5))).toBe("same");
  expect(worthOf({ p95Ms: 40 }, measured(38, 2, false))).toBe("same");
});
