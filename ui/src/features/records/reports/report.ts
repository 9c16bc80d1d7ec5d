/** A report: a question about a collection, how its answer is drawn, and where it stands on the dashboard. */
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import { fieldAt, filterOf, readView, writeView, type FilterGroup, type Pill } from "@/lib/filters";
import { groupDigits } from "@/lib/values";
import type { Scope } from "../views";
import { rounded } from "./exact";

export const LOOKS = ["bar", "line", "pie", "number", "table"] as const;
export type Look = (typeof LOOKS)[number];

export const FUNCTIONS = ["count", "sum", "avg", "min", "max", "distinct"] as const;
export type Function = (typeof FUNCTIONS)[number];

/** What rows are put together by of a date: a stretch of time, the day of the week, the hour of the day. */
export const PARTS = ["year", "quarter", "month", "day", "isodow", "hour"] as const;
export type Part = (typeof PARTS)[number];

/** A month is one of its year: the server answers each part by itself. */
const WITHIN: Readonly<Record<Part, readonly string[]>> = {
  year: ["year"], quarter: ["year", "quarter"], month: ["year", "month"], day: ["year", "month", "day"], isodow: ["isodow"], hour: ["hour"],
};

export const SIZES = ["small", "wide", "whole"] as const;
export type Size = (typeof SIZES)[number];

export interface Measure {
  readonly function: Function;
  /** `*` counts rows. */
  readonly field: string;
}

export interface GroupKey {
  readonly field: string;
  readonly part?: Part;
}

export interface Report {
  readonly name: string;
  readonly collection: string;
  readonly look: Look;
  readonly measure: Measure;
  readonly by: readonly GroupKey[];
  readonly pills: readonly Pill[];
  readonly groups: readonly FilterGroup[];
  /** By the value, largest first, or by the group, in its order. */
  readonly order: "value" | "group";
  readonly limit: number;
  readonly size: Size;
  /** Its place on the dashboard; lower stands before. */
  readonly place: number;
}

export interface SavedReport extends Report {
  readonly id: string;
  readonly scope: Scope;
}

export const LIMIT_MAX = 200;
/** Months of a year. */
const LIMIT = 12;
const LIMIT_OF: Readonly<Partial<Record<Part, number>>> = { day: 31, hour: 24 };
/** How many groups one wants to see when one has not said it: the days of a month, the hours of a day. */
export function usualLimit([first]: readonly GroupKey[]): number {
  return (first?.part && LIMIT_OF[first.part]) ?? LIMIT;
}

/** What a new report begins with. */
export function fresh(collection: string, place: number): Report {
  return { name: "", collection, look: "bar", measure: { function: "count", field: "*" }, by: [], pills: [], groups: [], order: "value", limit: LIMIT, size: "small", place };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null && !Array.isArray(value);
const oneOf = <Word extends string>(words: readonly Word[], value: unknown, otherwise: Word): Word => words.find((word) => word === value) ?? otherwise;

/** A stored report is data of somebody else: whatever is no report in it gives way to what one begins with. */
export function readReport(name: string, collection: string, doc: Readonly<Record<string, unknown>>): Report {
  const plain = fresh(collection, 0);
  const raw = isRecord(doc["measure"]) ? doc["measure"] : {};
  const fn = oneOf(FUNCTIONS, raw["function"], "count");
  const field = typeof raw["field"] === "string" && raw["field"] !== "" ? raw["field"] : "*";
  const { pills, groups } = readView({ filter: doc["filter"] });
  const limit = Number(doc["limit"]);
  const place = Number(doc["place"]);
  return {
    name,
    collection,
    look: oneOf(LOOKS, doc["look"], plain.look),
    measure: { function: field === "*" ? "count" : fn, field },
    by: (Array.isArray(doc["by"]) ? (doc["by"] as readonly unknown[]) : []).flatMap((entry): GroupKey[] => {
      if (!isRecord(entry) || typeof entry["field"] !== "string" || entry["field"] === "") return [];
      const part = PARTS.find((word) => word === entry["part"]);
      return [{ field: entry["field"], ...(part ? { part } : {}) }];
    }).slice(0, 2),
    pills,
    groups,
    order: doc["order"] === "group" ? "group" : "value",
    limit: Number.isInteger(limit) && limit > 0 && limit <= LIMIT_MAX ? limit : plain.limit,
    size: oneOf(SIZES, doc["size"], plain.size),
    place: Number.isFinite(place) ? place : 0,
  };
}

/** What is stored of it; its name and collection are columns of the row. */
export function docOf(report: Report): Readonly<Record<string, unknown>> {
  const { filter } = writeView({ pills: report.pills, groups: report.groups, sort: [], columns: null, pinned: [], search: "", saved: null });
  return {
    report: 1,
    look: report.look,
    measure: report.measure,
    by: report.by,
    ...(filter === undefined ? {} : { filter }),
    order: report.order,
    limit: report.limit,
    size: report.size,
    place: report.place,
  };
}

/** As the server speaks of what rows are put together by. */
export function keysOf({ field, part }: GroupKey): readonly string[] {
  return part ? WITHIN[part].map((word) => `date:${word}:${field}`) : [field];
}

const VALUE = "value";

/** The question, in the words of the server: one group more than is shown tells whether there are more. */
export function queryOf(report: Report, collection: CollectionInfo, find: (name: string) => CollectionInfo | undefined): Readonly<Record<string, unknown>> {
  const timed = timedBy(report, collection, find);
  const chosen = filterOf(collection, [...report.pills, ...report.groups], find);
  const filter = timed === null ? chosen : { AND: [...(chosen ? [chosen] : []), { [timed]: { isNotNull: true } }] };
  const keys = report.by.flatMap(keysOf);
  // Of a course over time the latest is what one wants to see; it is turned around when it is drawn.
  // Behind its last colon a key says which way; one that has colons itself must say it.
  const upward = keys.map((key) => (key.includes(":") ? `${key}:asc` : key));
  const sort = isCourse(report) ? keys.map((key) => `-${key}`) : report.order === "group" ? upward : [`-${VALUE}`, ...upward];
  return {
    aggregate: { [VALUE]: report.measure },
    ...(keys.length === 0 ? {} : { groupBy: keys, sort, limit: report.limit + 1 }),
    ...(filter === undefined ? {} : { filter }),
  };
}

/** Told in the order of time, from the earliest of the latest. */
function isCourse(report: Report): boolean {
  const part = report.by[0]?.part;
  return part !== undefined && WITHIN[part][0] === "year" && (report.look === "line" || report.order === "group");
}

/** The field of time whose course is drawn, where it may be missing: a row without it is at no place of the course. */
export function timedBy(report: Report, collection: CollectionInfo, find: (name: string) => CollectionInfo | undefined): string | null {
  const field = report.by[0]?.field;
  return field !== undefined && isCourse(report) && fieldAt(collection, field, find)?.nullable === true ? field : null;
}

/** The groups that are shown, and whether there are more: then those of them that come first by the order of the question. */
function shownOf<Row>(report: Report, rows: readonly Row[]): readonly Row[] {
  return report.by.length === 0 ? rows : rows.slice(0, report.limit);
}
export function cutOf(report: Report, rows: readonly unknown[]): "latest" | "largest" | "first" | null {
  if (report.by.length === 0 || rows.length <= report.limit) return null;
  return isCourse(report) ? "latest" : report.order === "value" ? "largest" : "first";
}

/** One line of the answer: what it is of, and how much. */
export interface Point {
  readonly label: readonly string[];
  /** As the server said it. */
  readonly text: string;
  /** Rounded to be read, where that is told shorter. */
  readonly shown?: string;
  /** For the drawing only; none where there is no value, which is not nothing. */
  readonly amount: number | null;
}

/** A number as it reads everywhere: its digits in groups. */
export const valueText = ({ text, shown }: Point): string => groupDigits(shown ?? text);

const said = (value: unknown): string | null => (value === null || value === undefined ? null : typeof value === "object" ? JSON.stringify(value) : String(value as string | number | boolean));

const two = (text: string): string => text.padStart(2, "0");

/** `2026-03`, `2026 Q1`, `14:00`; a day of the week by its name. */
function timeOf(part: Part, values: readonly string[], weekdays: readonly string[]): string {
  const [first = "", second = "", third = ""] = values;
  switch (part) {
    case "year":
      return first;
    case "quarter":
      return `${first} Q${second}`;
    case "month":
      return `${first}-${two(second)}`;
    case "day":
      return `${first}-${two(second)}-${two(third)}`;
    case "isodow":
      return weekdays[Number(first) - 1] ?? first;
    case "hour":
      return `${two(first)}:00`;
  }
}

export interface Words {
  /** For a group without a value, and for a value that is none. */
  readonly nothing: string;
  /** From Monday. */
  readonly weekdays: readonly string[];
}

/** The answer line by line; with so many digits after the point, if they are given. */
export function pointsOf(report: Report, rows: readonly Readonly<Record<string, unknown>>[], words: Words, digits: number | null = null): readonly Point[] {
  const points = shownOf(report, rows).map((row): Point => {
    const text = said(row[VALUE]);
    const amount = Number(text ?? Number.NaN);
    return {
      label: report.by.map((key) => {
        const values = keysOf(key).map((word) => said(row[word]));
        if (values.some((value) => value === null)) return words.nothing;
        return key.part ? timeOf(key.part, values.map(String), words.weekdays) : String(values[0]);
      }),
      text: text ?? words.nothing,
      ...(digits === null || text === null ? {} : { shown: rounded(text, digits) }),
      amount: Number.isFinite(amount) ? amount : null,
    };
  });
  return isCourse(report) ? points.reverse() : points;
}

const NUMERIC = new Set(["int", "decimal", "float"]);
const TIMELY = new Set(["date", "instant", "datetime"]);

/** What can be done with the values of a field. */
export function functionsFor(field: FieldInfo | undefined): readonly Function[] {
  if (!field) return ["count"];
  if (NUMERIC.has(field.type.kind)) return FUNCTIONS;
  if (TIMELY.has(field.type.kind)) return ["count", "distinct", "min", "max"];
  return ["count", "distinct"];
}

export function isTimely(field: FieldInfo | undefined): boolean {
  return field !== undefined && TIMELY.has(field.type.kind);
}

/** Fields one puts rows together by: what has few values, a date, or the name of a related row. */
export function groupable(collection: CollectionInfo, find: (name: string) => CollectionInfo | undefined): readonly FieldInfo[] {
  const fits = (field: FieldInfo): boolean => !field.hidden && !field.primaryKey && !["json", "array", "range", "geo", "binary", "unknown"].includes(field.type.kind);
  const related = collection.fields.flatMap(({ relation }): FieldInfo[] => {
    const target = relation ? find(relation.target) : undefined;
    const shown = target?.fields.find((field) => field.name === (relation?.showAs ?? target.display));
    return relation && shown && fits(shown) ? [{ ...shown, name: `${relation.name}.${shown.name}` }] : [];
  });
  return [...collection.fields.filter(fits), ...related];
}

export function measurable(collection: CollectionInfo): readonly FieldInfo[] {
  return collection.fields.filter((field) => !field.hidden && !["json", "array", "range", "geo", "binary", "unknown"].includes(field.type.kind));
}

/** Why a report cannot be asked of this collection, if there is a reason: a field that is not there. */
export function missingField(report: Report, collection: CollectionInfo, find: (name: string) => CollectionInfo | undefined): string | null {
  const wanted = [...(report.measure.field === "*" ? [] : [report.measure.field]), ...report.by.map((key) => key.field)];
  return wanted.find((path) => fieldAt(collection, path, find) === undefined) ?? null;
}

/** The reports in their order, one of them moved by so many places; only those whose place changes. */
export function moved(reports: readonly SavedReport[], id: string, by: 1 | -1): readonly SavedReport[] {
  const at = reports.findIndex((report) => report.id === id);
  const to = at + by;
  if (at < 0 || to < 0 || to >= reports.length) return [];
  const next = [...reports];
  const [one] = next.splice(at, 1);
  if (one) next.splice(to, 0, one);
  return next.flatMap((report, place) => (report.place === place ? [] : [{ ...report, place }]));
}
