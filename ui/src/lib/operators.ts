/** The operators of the filter language: which a type can answer, and what each asks for. */
import type { FieldInfo, Kind } from "./fields";

/** What stands at the right of an operator. */
export type Shape =
  | "none"
  | "one"
  | "text"
  | "list"
  | "pair"
  | "json"
  | "word"
  | "words"
  | "keyValue"
  | "keyValues"
  | "keyPattern"
  | "path"
  | "count"
  | "type"
  | "element"
  | "elements"
  | "part"
  | "geo"
  | "near"
  | "duration";

const SHAPES = {
  eq: "one",
  ne: "one",
  gt: "one",
  gte: "one",
  lt: "one",
  lte: "one",
  in: "list",
  notIn: "list",
  between: "pair",
  notBetween: "pair",
  contains: "text",
  icontains: "text",
  ncontains: "text",
  like: "text",
  iLike: "text",
  notLike: "text",
  notILike: "text",
  startsWith: "text",
  startsWiths: "text",
  nstartsWith: "text",
  nstartsWiths: "text",
  endsWith: "text",
  endsWiths: "text",
  nendsWith: "text",
  nendsWiths: "text",
  regex: "text",
  isNull: "none",
  isNotNull: "none",
  isEmpty: "none",
  empty: "none",
  filled: "none",
  arraycontains: "element",
  arraycontained: "elements",
  arrayoverlap: "elements",
  arraylength: "count",
  arrayempty: "none",
  jsonbContains: "json",
  jsonbContainedBy: "json",
  jsonbNotContains: "json",
  jsonbHasKey: "word",
  jsonbHasAnyKeys: "words",
  jsonbHasAllKeys: "words",
  jsonbKeyEquals: "keyValue",
  jsonbKeyNotEquals: "keyValue",
  jsonbKeyGt: "keyValue",
  jsonbKeyGte: "keyValue",
  jsonbKeyLt: "keyValue",
  jsonbKeyLte: "keyValue",
  jsonbKeyIn: "keyValues",
  jsonbKeyNotIn: "keyValues",
  jsonbKeyLike: "keyPattern",
  jsonbKeyIsNull: "word",
  jsonbKeyIsNotNull: "word",
  jsonbPathExists: "word",
  jsonbPathMatch: "word",
  jsonbDeepValue: "path",
  jsonbArrayLength: "count",
  jsonbTypeOf: "type",
  holds: "part",
  overlaps: "one",
  within: "geo",
  containsGEO: "geo",
  intersects: "geo",
  nIntersects: "geo",
  dwithin: "near",
  last: "duration",
} as const satisfies Readonly<Record<string, Shape>>;

export type Operator = keyof typeof SHAPES;

export function shapeOf(op: Operator): Shape {
  return SHAPES[op];
}

export function isOperator(name: string): name is Operator {
  return Object.hasOwn(SHAPES, name);
}

/** Operators that ask for no value. */
export const BARE: ReadonlySet<Operator> = new Set((Object.keys(SHAPES) as Operator[]).filter((op) => SHAPES[op] === "none"));

export const JSON_TYPES = ["object", "array", "string", "number", "boolean", "null"] as const;

const NULLS: readonly Operator[] = ["isNull", "isNotNull"];
const ORDER: readonly Operator[] = ["eq", "ne", "gt", "gte", "lt", "lte"];
const LISTS: readonly Operator[] = ["in", "notIn", "between", "notBetween"];
const TEXTS: readonly Operator[] = [
  "contains", "icontains", "ncontains", "like", "iLike", "notLike", "notILike", "startsWith", "startsWiths", "nstartsWith",
  "nstartsWiths", "endsWith", "endsWiths", "nendsWith", "nendsWiths", "regex",
];
const DOCUMENT: readonly Operator[] = [
  "jsonbHasKey", "jsonbHasAnyKeys", "jsonbHasAllKeys", "jsonbContains", "jsonbContainedBy", "jsonbNotContains", "jsonbKeyEquals",
  "jsonbKeyNotEquals", "jsonbKeyGt", "jsonbKeyGte", "jsonbKeyLt", "jsonbKeyLte", "jsonbKeyIn", "jsonbKeyNotIn", "jsonbKeyLike",
  "jsonbKeyIsNull", "jsonbKeyIsNotNull", "jsonbDeepValue", "jsonbPathExists", "jsonbPathMatch", "jsonbArrayLength", "jsonbTypeOf",
];

/** What a pill offers: the few that are asked for every day, the likeliest first. */
const USUAL: Readonly<Record<Kind, readonly Operator[]>> = {
  text: ["icontains", "eq", "ne", "startsWith", "in", "isEmpty"],
  enum: ["eq", "ne", "in"],
  int: ["eq", "ne", "gt", "gte", "lt", "lte", "in"],
  decimal: ["gte", "gt", "lt", "lte", "eq", "ne"],
  float: ["gte", "gt", "lt", "lte", "eq", "ne"],
  bool: ["eq"],
  date: ["eq", "gte", "lt", "last", "ne"],
  instant: ["last", "gte", "lt"],
  datetime: ["last", "gte", "lt"],
  time: ["gte", "lt", "eq"],
  timetz: ["gte", "lt", "eq"],
  uuid: ["eq", "ne", "in"],
  json: ["jsonbHasKey"],
  array: ["arraycontains"],
  range: [],
  geo: [],
  binary: [],
  unknown: ["eq", "ne"],
};

/** Everything the server answers for the type. */
const ALL: Readonly<Record<Kind, readonly Operator[]>> = {
  text: ["eq", "ne", ...TEXTS, "in", "notIn", "isEmpty", "empty", "filled", "gt", "gte", "lt", "lte", "between", "notBetween"],
  enum: ["eq", "ne", "in", "notIn"],
  int: [...ORDER, ...LISTS],
  decimal: [...ORDER, ...LISTS],
  float: [...ORDER, ...LISTS],
  bool: ["eq", "ne"],
  date: ["last", ...ORDER, ...LISTS],
  instant: ["last", ...ORDER, ...LISTS],
  datetime: ["last", ...ORDER, ...LISTS],
  time: [...ORDER, ...LISTS],
  timetz: [...ORDER, ...LISTS],
  uuid: ["eq", "ne", "in", "notIn"],
  json: [...DOCUMENT, "empty", "filled"],
  array: ["arraycontains", "arraycontained", "arrayoverlap", "arraylength", "arrayempty"],
  range: ["holds", "overlaps"],
  geo: ["within", "containsGEO", "intersects", "nIntersects", "dwithin"],
  binary: [],
  unknown: ["eq", "ne"],
};

function withNulls(field: FieldInfo, list: readonly Operator[]): readonly Operator[] {
  return field.nullable ? [...list, ...NULLS] : list;
}

export function operatorsFor(field: FieldInfo): readonly Operator[] {
  return withNulls(field, USUAL[field.type.kind]);
}

export function allOperatorsFor(field: FieldInfo): readonly Operator[] {
  return withNulls(field, ALL[field.type.kind]);
}
