import { expect, test } from "vitest";
import { readCollection } from "@/lib/fields";
import { along, coursesOf, ring, scaleOf, slices, stretches, thinned } from "./shapes";
import { copyExact, digitsOf, exactTitle, rounded, tableText } from "./exact";
import { cutOf, docOf, fresh, functionsFor, groupable, keysOf, missingField, moved, pointsOf, queryOf, readReport, timedBy, usualLimit, valueText, type Report, type SavedReport } from "./report";

const ORDERS = readCollection("orders", {
  name: "orders",
  timestamps: false,
  fields: {
    id: { type: "Integer", primaryKey: true },
    status: { type: "Enum", values: ["open", "paid"] },
    total: { type: "Decimal" },
    placed: { type: "DateTime" },
    note: { type: "JSON" },
  },
} as never);
const find = (name: string) => (name === "orders" ? ORDERS : undefined);

const WORDS = { nothing: "none", weekdays: ["Monday", "Tuesday"] };

const REVENUE: Report = {
  ...fresh("orders", 3),
  name: "Revenue",
  measure: { function: "sum", field: "total" },
  by: [{ field: "placed", part: "month" }, { field: "status" }],
  pills: [{ field: "status", op: "eq", text: "paid" }],
};

test("a report is read back as it was stored", () => {
  expect(readReport("Revenue", "orders", docOf(REVENUE))).toEqual(REVENUE);
});

test("what is no report in a stored one gives way to what one begins with", () => {
  expect(readReport("x", "orders", { look: "hologram", measure: { function: "explode", field: 3 }, by: "status", limit: -4, size: 7, filter: "{" })).toEqual({ ...fresh("orders", 0), name: "x" });
  expect(readReport("x", "orders", { by: [{ field: "a" }, { field: "b", part: "eon" }, { field: "c" }] }).by).toEqual([{ field: "a" }, { field: "b" }]);
});

test("the question names the groups, the value and the filter as the server does", () => {
  expect(queryOf(REVENUE, ORDERS, find)).toEqual({
    aggregate: { value: { function: "sum", field: "total" } },
    groupBy: ["date:year:placed", "date:month:placed", "status"],
    sort: ["-value", "date:year:placed:asc", "date:month:placed:asc", "status"],
    // One more than is shown: there may be others.
    limit: 13,
    filter: { status: { eq: "paid" } },
  });
  expect(queryOf({ ...REVENUE, by: [{ field: "status" }], order: "group" }, ORDERS, find)["sort"]).toEqual(["status"]);
  expect(queryOf(fresh("orders", 0), ORDERS, find)).toEqual({ aggregate: { value: { function: "count", field: "*" } } });
});

test("values are shown as they were answered; only the drawing takes them as numbers", () => {
  const rows = [
    { "date:year:placed": 2026, "date:month:placed": 3, status: "paid", value: "12345678901234567890.10" },
    { "date:year:placed": null, "date:month:placed": null, status: "open", value: null },
  ];
  expect(pointsOf(REVENUE, rows, WORDS)).toEqual([
    { label: ["2026-03", "paid"], text: "12345678901234567890.10", amount: 12345678901234567890.1 },
    { label: ["none", "open"], text: "none", amount: null },
  ]);
});

test("a course over time asks for its latest part and tells it from the earliest", () => {
  const course: Report = { ...REVENUE, look: "line", by: [{ field: "placed", part: "quarter" }] };
  expect(queryOf(course, ORDERS, find)["sort"]).toEqual(["-date:year:placed", "-date:quarter:placed"]);
  // A row without a time is at no place of the course; it would stand behind the latest.
  expect([timedBy(course, ORDERS, find), timedBy(REVENUE, ORDERS, find)]).toEqual(["placed", null]);
  expect(queryOf(course, ORDERS, find)["filter"]).toEqual({ AND: [{ status: { eq: "paid" } }, { placed: { isNotNull: true } }] });
  const rows = [{ "date:year:placed": 2026, "date:quarter:placed": 1, value: 2 }, { "date:year:placed": 2025, "date:quarter:placed": 4, value: 1 }];
  expect(pointsOf(course, rows, WORDS).map((point) => point.label[0])).toEqual(["2025 Q4", "2026 Q1"]);
  const days: Report = { ...REVENUE, by: [{ field: "placed", part: "isodow" }, { field: "placed", part: "hour" }] };
  expect(pointsOf(days, [{ "date:isodow:placed": 2, "date:hour:placed": 9, value: 1 }], WORDS)[0]?.label).toEqual(["Tuesday", "09:00"]);
});

test("groups that are left out are told, and which of them", () => {
  const rows = Array.from({ length: 4 }, (_, index) => ({ "date:year:placed": 2026, "date:month:placed": 11, "date:day:placed": 20 - index, status: String(index), value: 9 - index }));
  const days: Report = { ...REVENUE, look: "line", by: [{ field: "placed", part: "day" }], limit: 3 };
  expect(pointsOf(days, rows, WORDS).map((point) => point.label[0])).toEqual(["2026-11-18", "2026-11-19", "2026-11-20"]);
  expect(cutOf(days, rows)).toBe("latest");
  expect(cutOf({ ...days, limit: 4 }, rows)).toBeNull();
  const states: Report = { ...days, look: "bar", by: [{ field: "status" }] };
  expect([cutOf(states, rows), cutOf({ ...states, order: "group" }, rows)]).toEqual(["largest", "first"]);
  // One number for all is not one of several.
  expect(cutOf({ ...states, by: [], limit: 0 }, [{ value: 1 }])).toBeNull();
  expect(pointsOf({ ...states, by: [], limit: 0 }, [{ value: 1 }], WORDS)).toHaveLength(1);
  expect([[], [{ field: "status" }], [{ field: "placed", part: "month" as const }], days.by, [{ field: "placed", part: "hour" as const }]].map(usualLimit)).toEqual([12, 12, 12, 31, 24]);
});

test("what can be asked of a field depends on what it holds", () => {
  const field = (name: string) => ORDERS.fields.find((known) => known.name === name);
  expect(functionsFor(field("total"))).toContain("sum");
  expect(functionsFor(field("placed"))).toEqual(["count", "distinct", "min", "max"]);
  expect(functionsFor(field("status"))).toEqual(["count", "distinct"]);
  expect(groupable(ORDERS, find).map((known) => known.name)).toEqual(["status", "total", "placed"]);
  // A key says nothing to people: the name of the row it leads to does.
  const people = readCollection("people", { timestamps: false, fields: { id: { type: "Integer", primaryKey: true }, name: { type: "String" } } });
  const sales = readCollection("sales", { timestamps: false, fields: { id: { type: "Integer", primaryKey: true }, seller_id: { type: "Integer" }, seller: { relType: "BelongsTo", target: "people", foreignKey: "seller_id", as: "seller" } } });
  expect(groupable(sales, (name) => (name === "people" ? people : undefined)).map((known) => known.name)).toEqual(["seller_id", "seller.name"]);
  expect([missingField(REVENUE, ORDERS, find), missingField({ ...REVENUE, by: [{ field: "gone" }] }, ORDERS, find)]).toEqual([null, "gone"]);
  expect(keysOf({ field: "placed", part: "day" })).toEqual(["date:year:placed", "date:month:placed", "date:day:placed"]);
});

test("a report is moved by one place, and only those that change are written", () => {
  const saved = (id: string, place: number): SavedReport => ({ ...fresh("orders", place), id, scope: { who: "all" } });
  const all = [saved("a", 0), saved("b", 1), saved("c", 2)];
  expect(moved(all, "a", 1).map(({ id, place }) => [id, place])).toEqual([["b", 0], ["a", 1]]);
  expect(moved(all, "a", -1)).toEqual([]);
  // Reports that came with one place get places of their own.
  expect(moved([saved("a", 0), saved("b", 0)], "b", -1).map(({ id, place }) => [id, place])).toEqual([["a", 1]]);
});

test("a scale has round numbers, holds zero, and is never without length", () => {
  expect(scaleOf([3, 17, 42]).ticks).toEqual([0, 20, 40, 60]);
  expect(scaleOf([-5, 5]).ticks).toEqual([-5, -2.5, 0, 2.5, 5]);
  expect(scaleOf([0.1, 0.3]).ticks).toEqual([0, 0.1, 0.2, 0.3]);
  expect(scaleOf([]).max).toBeGreaterThan(0);
  expect(along(scaleOf([0, 100]), 50, 200)).toBe(100);
});

test("the parts of a circle are its whole, and a part that is all of it is drawn", () => {
  expect(slices([1, 3]).map((slice) => slice.share)).toEqual([0.25, 0.75]);
  expect(slices([5, -2, 5]).map((slice) => slice.share)).toEqual([0.5, 0, 0.5]);
  expect(slices([0, 0]).map((slice) => slice.share)).toEqual([0, 0]);
  expect(ring({ from: 0, to: 1 }, 10, 6).match(/M/g)).toHaveLength(2);
  expect(ring({ from: 0, to: 0.75 }, 10, 6)).toContain("0 1 1");
});

test("labels are thinned to what there is room for", () => {
  const shown = thinned(30, 8);
  expect(Array.from({ length: 30 }, (_, index) => index).filter(shown)).toEqual([0, 4, 8, 12, 16, 20, 24, 28]);
  expect([0, 1, 2].filter(thinned(3, 8))).toEqual([0, 1, 2]);
});

test("an average is read with few digits, and is whole where it is looked at or copied", () => {
  const average: Report = { ...REVENUE, measure: { function: "avg", field: "total" }, by: [{ field: "status" }] };
  const digits = digitsOf(average, ORDERS, find);
  const points = pointsOf(average, [{ status: "paid", value: "6414.4494883720930233" }, { status: "open", value: "5" }, { status: null, value: null }], WORDS, digits);
  expect(points.map(valueText)).toEqual(["6,414.45", "5.00", "none"]);
  expect(points.map(exactTitle)).toEqual(["6,414.4494883720930233", "5", undefined]);
  expect(tableText(["status", "Average"], points)).toBe("status\tAverage\npaid\t6414.4494883720930233\nopen\t5\nnone\tnone");
  // What is stored is told as it is stored.
  expect(["count", "sum", "min", "max"].map((fn) => digitsOf({ measure: { function: fn as "sum", field: "total" } }, ORDERS, find))).toEqual([null, null, null, null]);
});

test("numbers are rounded by their digits, and small ones keep those that say something", () => {
  const at = (text: string) => rounded(text, 2);
  expect(["1.005", "0.995", "99.999", "-2.345", "12345678901234567890.125", "7"].map(at)).toEqual(["1.01", "1.00", "100.00", "-2.35", "12345678901234567890.13", "7.00"]);
  expect(["0.00012345", "0.04", "0", "0.000"].map(at)).toEqual(["0.000123", "0.04", "0.00", "0.00"]);
  expect(["1.2e-7", "none"].map(at)).toEqual(["1.2e-7", "none"]);
});

test("what is marked is copied with its values in full", () => {
  const row = (label: string, exact: string, shown: string) => `<tr><td>${label}</td><td data-exact="${exact}">${shown}</td></tr>`;
  // Two reports: what is marked may begin in one and end in the other.
  document.body.innerHTML = `<table><tbody>${row("paid ", "6414.449", "6,414.45")}</tbody></table><table><tbody>${row(" open ", "5", "5.00")}</tbody></table>`;
  const copied = (from: Node, to: Node, end = to.childNodes.length): string | undefined => {
    let text: string | undefined;
    const range = document.createRange();
    range.setStart(from, 0);
    range.setEnd(to, end);
    document.getSelection()?.removeAllRanges();
    document.getSelection()?.addRange(range);
    copyExact({ clipboardData: { setData: (_: string, given: string) => (text = given) } as unknown as DataTransfer, preventDefault: () => undefined }, document);
    return text;
  };
  const [paid, first, , second] = [...document.querySelectorAll("td")] as unknown as [Element, Element, Element, Element];
  expect(copied(paid, second)).toBe("paid 6414.449 open 5");
  expect(copied(first, first)).toBe("6414.449");
  expect(copied(paid, paid)).toBeUndefined();
  // Three clicks on a word mark up to the edge of what is beside it.
  expect(copied(paid, first, 0)).toBeUndefined();
});

test("a line for each value of the second key, with gaps where a group is missing or has no value", () => {
  const point = (label: string[], amount: number | null) => ({ label, amount });
  const points = [point(["Jan", "open"], 1), point(["Jan", "paid"], 5), point(["Feb", "paid"], null), point(["Mar", "paid"], 7), point(["Mar", "open"], 2)];
  expect(coursesOf(points)).toEqual({
    along: ["Jan", "Feb", "Mar"],
    courses: [
      { name: "paid", at: [points[1], points[2], points[3]] },
      { name: "open", at: [points[0], null, points[4]] },
    ],
  });
  expect(coursesOf([point(["Jan"], 1), point(["Feb"], 2)]).courses.map(({ name }) => name)).toEqual([""]);
  expect(coursesOf([point(["none"], 1), point(["none"], 2)])).toMatchObject({ along: ["none", "none"], courses: [{ at: [{ amount: 1 }, { amount: 2 }] }] });
  expect(stretches([1, null, 0, 3, null, null, 4])).toEqual([[0], [2, 3], [6]]);
});
