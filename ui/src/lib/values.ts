/**
 * Values as the studio holds them.
 *
 * A value is one of five states and, when there is one, the exact text of it. Numbers are never
 * turned into floating point and times never pass through a zone, so what was read is what is
 * shown, compared and written back.
 */
import { fromHex, toBase64 } from "./bytes";
import { equalJson, parseJson, plainNumber, printJson, type JsonNode } from "./exact-json";
import type { FieldInfo, TypeInfo } from "./fields";
import {
  parseInstant,
  parsePlainDate,
  parsePlainDateTime,
  parseTime,
  showInstant,
  showPlainDateTime,
  type Instant,
  type PlainDateTime,
  type TimeFault,
} from "./plain-time";

export type Value =
  /** Not given: the server fills in the default. */
  | { readonly s: "default" }
  | { readonly s: "null" }
  /** Text of length zero, which is not NULL. */
  | { readonly s: "empty" }
  /** The JSON literal `null` inside a JSON column, which is not NULL either. */
  | { readonly s: "json-null" }
  | { readonly s: "value"; readonly v: string };

export const DEFAULT: Value = { s: "default" };
export const NULL: Value = { s: "null" };
export const EMPTY: Value = { s: "empty" };
export const JSON_NULL: Value = { s: "json-null" };

export function value(v: string): Value {
  return { s: "value", v };
}

/** Why a text is not a value of its type. The words are in the message catalogue, under the code. */
export interface Problem {
  readonly code:
    | "not-integer"
    | "integer-range"
    | "not-number"
    | "letter-o"
    | "letter-l"
    | "comma"
    | "scale"
    | "precision"
    | "not-bool"
    | "date-shape"
    | "instant-shape"
    | "datetime-shape"
    | "time-shape"
    | "no-such-month"
    | "no-such-day"
    | "no-such-hour"
    | "no-such-minute"
    | "no-such-second"
    | "no-such-year"
    | "zone-missing"
    | "zone-range"
    | "zone-unwanted"
    | "too-fine"
    | "uuid"
    | "json"
    | "json-null-top"
    | "array"
    | "array-item"
    | "range"
    | "range-order"
    | "geo"
    | "binary"
    | "enum"
    | "no-such-row"
    | "too-long"
    | "required"
    | "empty-not-text"
    | "read-only";
  readonly args: Readonly<Record<string, string>>;
}

export type Parsed = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly problem: Problem };

function good(v: string): Parsed {
  return { ok: true, value: value(v) };
}

function bad(code: Problem["code"], args: Problem["args"] = {}): Parsed {
  return { ok: false, problem: { code, args } };
}

const LIMITS = {
  32: { low: -(2n ** 31n), high: 2n ** 31n - 1n },
  64: { low: -(2n ** 63n), high: 2n ** 63n - 1n },
} as const;

/** Reads the text of an editor as a value of the type. */
export function parse(type: TypeInfo, text: string): Parsed {
  if (text === "") return isTextual(type) ? { ok: true, value: EMPTY } : bad("empty-not-text");
  switch (type.kind) {
    case "text": {
      const size = [...text].length;
      if (type.length !== undefined && size > type.length) {
        return bad("too-long", { limit: String(type.length), size: String(size) });
      }
      return good(text);
    }
    case "enum":
      if (type.options && type.options.length > 0 && !type.options.includes(text)) {
        return bad("enum", { value: text, options: type.options.join(", ") });
      }
      return good(text);
    case "int":
      return parseInteger(type, text.trim());
    case "decimal":
    case "float":
      return parseNumber(type, text.trim());
    case "bool":
      return parseBool(text.trim().toLowerCase());
    case "date": {
      const parsed = parsePlainDate(text);
      return parsed.ok ? good(parsed.v) : timeProblem(parsed.fault, "date-shape");
    }
    case "instant": {
      const parsed = parseInstant(text);
      return parsed.ok ? good(parsed.v) : timeProblem(parsed.fault, "instant-shape");
    }
    case "datetime": {
      const parsed = parsePlainDateTime(text);
      return parsed.ok ? good(parsed.v) : timeProblem(parsed.fault, "datetime-shape");
    }
    case "time":
    case "timetz": {
      const parsed = parseTime(text);
      if (!parsed.ok) return timeProblem(parsed.fault, "time-shape");
      const { time, zone } = parsed.v;
      if (type.kind === "time") return zone === null ? good(time) : bad("zone-unwanted");
      return zone === null ? bad("zone-missing") : good(`${time}${zone}`);
    }
    case "uuid": {
      const plain = text.trim().toLowerCase();
      return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(plain) ? good(plain) : bad("uuid");
    }
    case "json": {
      const parsed = parseJson(text);
      if (!parsed.ok) return bad("json", place(text, parsed.fault.at));
      return parsed.node.t === "null" ? { ok: true, value: JSON_NULL } : good(printJson(parsed.node));
    }
    case "array":
      return parseArray(type, text);
    case "range":
      return parseRange(type, text.trim());
    case "geo":
      return parseGeo(text.trim());
    case "binary":
      return parseBinary(text.trim());
    case "unknown":
      return good(text);
  }
}

function isTextual(type: TypeInfo): boolean {
  return type.kind === "text" || type.kind === "binary" || type.kind === "unknown";
}

/** Backspace empties a cell: this is what empty means for the type, or null when only NULL can be meant. */
export function emptyOf(type: TypeInfo): Value | null {
  switch (type.kind) {
    case "text":
    case "binary":
      return EMPTY;
    case "array":
      return value("[]");
    case "json":
      return value("{}");
    case "enum":
    case "int":
    case "decimal":
    case "float":
    case "bool":
    case "date":
    case "instant":
    case "datetime":
    case "time":
    case "timetz":
    case "uuid":
    case "range":
    case "geo":
    case "unknown":
      return null;
  }
}

function parseInteger(type: TypeInfo, text: string): Parsed {
  if (!/^[+-]?\d+$/.test(text)) return numberProblem(text, "not-integer");
  const number = BigInt(text.replace(/^\+/, ""));
  const limit = LIMITS[type.bits ?? 64];
  if (number < limit.low || number > limit.high) {
    return bad("integer-range", { low: limit.low.toString(), high: limit.high.toString() });
  }
  return good(number.toString());
}

function parseNumber(type: TypeInfo, text: string): Parsed {
  const plain = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/.test(text);
  const scientific = type.kind === "float" && /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)[eE][+-]?\d{1,3}$/.test(text);
  if (!plain && !scientific) return numberProblem(text, "not-number");
  if (scientific) return good(text.replace(/^\+/, "").toLowerCase());
  const negative = text.startsWith("-");
  const [whole = "", fraction] = text.replace(/^[+-]/, "").split(".");
  const head = whole.replace(/^0+(?=\d)/, "") || "0";
  // A trailing dot is dropped; typed zeros stay, because 12.10 and 12.1 may be stored differently.
  const tail = fraction === undefined || fraction === "" ? "" : `.${fraction}`;
  if (type.kind === "decimal") {
    const kept = (fraction ?? "").replace(/0+$/, "");
    const { scale, precision } = type;
    if (precision !== undefined && kept.length > (scale ?? 0)) {
      return bad("scale", { scale: String(scale ?? 0), digits: String(kept.length) });
    }
    const room = precision === undefined ? undefined : precision - (scale ?? 0);
    if (room !== undefined && head !== "0" && head.length > room) {
      return bad("precision", { room: String(room), digits: String(head.length) });
    }
    if (negative && /^0*$/.test(head + (fraction ?? ""))) return good(`${head}${tail}`);
  }
  return good(`${negative ? "-" : ""}${head}${tail}`);
}

function numberProblem(text: string, code: "not-integer" | "not-number"): Parsed {
  if (/^[+-]?[\d.,]*[oO][\d.,oO]*$/.test(text)) return bad("letter-o", { at: String(text.search(/[oO]/) + 1) });
  if (/^[+-]?[\d.,]*[lI][\d.,lI]*$/.test(text)) return bad("letter-l", { at: String(text.search(/[lI]/) + 1) });
  if (/^[+-]?\d+,\d+$/.test(text)) return bad("comma", { suggestion: text.replace(",", ".") });
  return bad(code, { value: text });
}

function parseBool(word: string): Parsed {
  if (word === "true" || word === "1" || word === "yes" || word === "t" || word === "y") return good("true");
  if (word === "false" || word === "0" || word === "no" || word === "f" || word === "n") return good("false");
  return bad("not-bool");
}

function timeProblem(fault: TimeFault, shape: Problem["code"]): Parsed {
  switch (fault) {
    case "shape":
      return bad(shape);
    case "month":
      return bad("no-such-month");
    case "day":
      return bad("no-such-day");
    case "hour":
      return bad("no-such-hour");
    case "minute":
      return bad("no-such-minute");
    case "second":
      return bad("no-such-second");
    case "year":
      return bad("no-such-year");
    case "zone-missing":
      return bad("zone-missing");
    case "zone-range":
      return bad("zone-range");
    case "zone-unwanted":
      return bad("zone-unwanted");
    case "too-fine":
      return bad("too-fine");
  }
}

function place(text: string, at: number): Problem["args"] {
  const before = text.slice(0, at).split("\n");
  return { line: String(before.length), column: String((before[before.length - 1] ?? "").length + 1) };
}

export function parseArray(type: TypeInfo, text: string): Parsed {
  const parsed = parseJson(text);
  if (!parsed.ok || parsed.node.t !== "array") return bad("array");
  const inner = type.inner ?? { kind: "text", name: "String" };
  const items: JsonNode[] = [];
  for (const [index, item] of parsed.node.v.entries()) {
    const checked = arrayItem(inner, item);
    if (checked === null) return bad("array-item", { index: String(index + 1), type: inner.name });
    items.push(checked);
  }
  return good(printJson({ t: "array", v: items }));
}

function arrayItem(inner: TypeInfo, item: JsonNode): JsonNode | null {
  if (item.t === "null") return item;
  if (item.t === "array" || item.t === "object") return null;
  if (item.t === "bool") return inner.kind === "bool" ? item : null;
  const read = parse(inner, item.v);
  if (!read.ok) return item.t === "string" && item.v === "" && inner.kind === "text" ? item : null;
  const exact = read.value.s === "value" ? read.value.v : "";
  if (inner.kind === "int" || inner.kind === "decimal" || inner.kind === "float") return { t: "number", v: exact };
  if (inner.kind === "bool") return { t: "bool", v: exact === "true" };
  return { t: "string", v: exact };
}

/** `[1,10)`, `[,2026-01-01]`: a square bracket includes the bound, a missing bound is open. */
function parseRange(type: TypeInfo, text: string): Parsed {
  const found = /^([[(])\s*([^,]*?)\s*,\s*([^,]*?)\s*([\])])$/.exec(text);
  if (!found) return bad("range");
  const [, open = "[", low = "", high = "", close = ")"] = found;
  const inner = type.inner ?? { kind: "text", name: "String" };
  const bounds: string[] = [];
  for (const bound of [low, high]) {
    if (bound === "") {
      bounds.push("");
      continue;
    }
    const read = parse(inner, bound);
    if (!read.ok) return read;
    bounds.push(read.value.s === "value" ? read.value.v : "");
  }
  const [lower = "", upper = ""] = bounds;
  if (lower !== "" && upper !== "" && compare(inner, lower, upper) > 0) return bad("range-order", { low: lower, high: upper });
  return good(`${open}${lower},${upper}${close}`);
}

/** Order of two canonical texts of an orderable type. */
export function compare(type: TypeInfo, a: string, b: string): number {
  if (type.kind === "int") {
    const x = BigInt(a);
    const y = BigInt(b);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (type.kind === "decimal" || type.kind === "float") return compareNumbers(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareNumbers(a: string, b: string): number {
  const x = scaled(a);
  const y = scaled(b);
  const power = x.exponent < y.exponent ? x.exponent : y.exponent;
  const left = x.digits * 10n ** (x.exponent - power);
  const right = y.digits * 10n ** (y.exponent - power);
  return left < right ? -1 : left > right ? 1 : 0;
}

function scaled(text: string): { digits: bigint; exponent: bigint } {
  const [digits = "0", exponent = "0"] = plainNumber(text).split("e");
  return { digits: BigInt(digits), exponent: BigInt(exponent) };
}

function parseGeo(text: string): Parsed {
  if (/^(?:SRID=\d+;)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\s*(?:Z\s*)?\(|^GEOMETRYCOLLECTION\s*\(/i.test(text)) {
    return good(text);
  }
  const pair = /^(-?\d+(?:\.\d+)?)\s*[, ]\s*(-?\d+(?:\.\d+)?)$/.exec(text);
  if (pair) return good(`{"type":"Point","coordinates":[${pair[1] ?? "0"},${pair[2] ?? "0"}]}`);
  const parsed = parseJson(text);
  if (!parsed.ok || parsed.node.t !== "object") return bad("geo");
  const entries = new Map(parsed.node.v);
  if (entries.get("type")?.t !== "string" || !(entries.has("coordinates") || entries.has("geometries"))) return bad("geo");
  return good(printJson(parsed.node));
}

/** Base64, or hexadecimal behind `\x` or `0x`. Held as base64, as it travels. */
function parseBinary(text: string): Parsed {
  if (/^(?:\\x|0x)(?:[0-9a-fA-F]{2})*$/.test(text)) {
    const bytes = fromHex(text.slice(2));
    return bytes.length === 0 ? { ok: true, value: EMPTY } : good(toBase64(bytes));
  }
  const plain = text.replace(/\s+/g, "");
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(plain) ? good(plain) : bad("binary");
}

/** Equal as stored data. Staging is decided by this: what is equal is no change. */
export function equal(type: TypeInfo, a: Value, b: Value): boolean {
  if (a.s !== b.s) return false;
  if (a.s !== "value" || b.s !== "value" || a.v === b.v) return true;
  switch (type.kind) {
    case "decimal":
      return plainNumber(a.v) === plainNumber(b.v);
    case "float":
      return plainNumber(a.v) === plainNumber(b.v) && negativeZero(a.v) === negativeZero(b.v);
    case "json":
    case "geo":
    case "array": {
      const x = parseJson(a.v);
      const y = parseJson(b.v);
      return x.ok && y.ok && equalJson(x.node, y.node);
    }
    case "text":
    case "enum":
    case "int":
    case "bool":
    case "date":
    case "instant":
    case "datetime":
    case "time":
    case "timetz":
    case "uuid":
    case "range":
    case "binary":
    case "unknown":
      return false;
  }
}

function negativeZero(text: string): boolean {
  return /^-0*\.?0*(?:e|$)/i.test(text);
}

/** The text an editor opens with. Parsing it again gives the same value. */
export function editText(type: TypeInfo, given: Value): string {
  if (given.s === "json-null") return "null";
  if (given.s !== "value") return "";
  if (type.kind === "instant") return showInstantText(given.v);
  if (type.kind === "datetime") return showPlainText(given.v);
  return given.v;
}

function showInstantText(v: string): string {
  const parsed = parseInstant(v);
  if (!parsed.ok) return v;
  const shown = showInstant(parsed.v);
  return `${shown.local} ${shown.zone}`;
}

function showPlainText(v: string): string {
  const parsed = parsePlainDateTime(v);
  return parsed.ok ? showPlainDateTime(parsed.v) : v;
}

/** What a cell shows: the text, and a paler part after it (a zone). */
export function show(type: TypeInfo, given: Value): { readonly text: string; readonly after?: string } {
  if (given.s !== "value") return { text: editText(type, given) };
  switch (type.kind) {
    case "instant": {
      const parsed = parseInstant(given.v);
      if (!parsed.ok) return { text: given.v };
      const shown = showInstant(parsed.v as Instant);
      return { text: shown.local, after: shown.zone };
    }
    case "datetime": {
      const parsed = parsePlainDateTime(given.v);
      return { text: parsed.ok ? showPlainDateTime(parsed.v as PlainDateTime) : given.v };
    }
    case "timetz": {
      const found = /^(.*?)([+-]\d{2}(?::\d{2})?)$/.exec(given.v);
      return found ? { text: found[1] ?? "", after: found[2] ?? "" } : { text: given.v };
    }
    case "decimal":
      return { text: groupDigits(given.v) };
    // Whole numbers are often keys and years, which nobody writes with separators.
    case "int":
    case "text":
    case "enum":
    case "float":
    case "bool":
    case "date":
    case "time":
    case "uuid":
    case "json":
    case "array":
    case "range":
    case "geo":
    case "binary":
    case "unknown":
      return { text: given.v };
  }
}

/** `1284500.00` as `1,284,500.00`. Grouping changes no digit. */
export function groupDigits(text: string): string {
  const found = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (!found) return text;
  const [, sign = "", whole = "", fraction = ""] = found;
  return `${sign}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${fraction}`;
}

export function rightAligned(field: Pick<FieldInfo, "type" | "relation">): boolean {
  if (field.relation) return false;
  const { kind } = field.type;
  return kind === "int" || kind === "decimal" || kind === "float";
}

/** What must hold before a value may be staged, beyond being readable. */
export function validate(field: FieldInfo, given: Value): Problem | null {
  if (field.computed) return { code: "read-only", args: { field: field.name } };
  if (given.s === "null" && !field.nullable) return { code: "required", args: { field: field.name } };
  if (given.s === "default" && field.defaultText === null && !field.nullable) {
    return { code: "required", args: { field: field.name } };
  }
  if (given.s === "json-null") return { code: "json-null-top", args: {} };
  if (given.s === "value") {
    const read = parse(field.type, editText(field.type, given));
    if (!read.ok) return read.problem;
  }
  return null;
}
