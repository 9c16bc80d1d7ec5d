/** Values on their way: what the wire carries, and what to send for it. */
import { JsonText, parseJson, printJson } from "./exact-json";
import type { TypeInfo } from "./fields";
import { parseInstant, parsePlainDateTime } from "./plain-time";
import { DEFAULT, EMPTY, NULL, parseArray, value, type Value } from "./values";

/** What the wire carries, read into a value. Never throws and never guesses: odd things stay as their own text. */
export function fromWire(type: TypeInfo, raw: unknown): Value {
  if (raw === undefined) return DEFAULT;
  if (raw === null) return NULL;
  if (raw instanceof JsonText) return fromText(type, raw.text);
  switch (type.kind) {
    case "json":
      return value(JSON.stringify(raw));
    case "geo":
      return value(typeof raw === "string" ? raw : JSON.stringify(raw));
    case "array": {
      if (!Array.isArray(raw)) return value(typeof raw === "string" ? raw : JSON.stringify(raw));
      const read = parseArray(type, JSON.stringify(raw));
      return read.ok ? read.value : value(JSON.stringify(raw));
    }
    case "range":
      return rangeFromWire(type, raw);
    case "bool":
      return value(String(raw));
    case "float":
      return value(typeof raw === "number" ? (Object.is(raw, -0) ? "-0" : String(raw)) : String(raw));
    case "instant": {
      const parsed = parseInstant(String(raw));
      return value(parsed.ok ? parsed.v : String(raw));
    }
    case "datetime": {
      const parsed = parsePlainDateTime(String(raw).replace(/Z$/, ""));
      return value(parsed.ok ? parsed.v : String(raw));
    }
    case "text":
    case "enum":
    case "int":
    case "decimal":
    case "date":
    case "time":
    case "timetz":
    case "uuid":
    case "binary":
    case "unknown": {
      const plain = typeof raw === "object" ? JSON.stringify(raw) : String(raw as string | number | boolean | bigint);
      return plain === "" ? EMPTY : value(plain);
    }
  }
}

/** A part of a reply that kept its own text. */
function fromText(type: TypeInfo, text: string): Value {
  if (type.kind === "range") return rangeFromWire(type, JSON.parse(text));
  if (type.kind !== "array") return value(text);
  const read = parseArray(type, text);
  return read.ok ? read.value : value(text);
}

function rangeFromWire(type: TypeInfo, raw: unknown): Value {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return value(JSON.stringify(raw));
  const doc = raw as Readonly<Record<string, unknown>>;
  const inner = type.inner ?? { kind: "text", name: "String" };
  const side = (key: string): string => {
    const bound = fromWire(inner, doc[key]);
    return bound.s === "value" ? bound.v : "";
  };
  const open = doc["lowerInclusive"] === false ? "(" : "[";
  const close = doc["upperInclusive"] === false ? ")" : "]";
  return value(`${open}${side("lower")},${side("upper")}${close}`);
}

/**
 * What to send for a value. `default` must not be sent at all, so it answers `undefined`.
 *
 * Numbers wider than a double travel as text, which the server reads digit by digit. JSON holding
 * numbers travels as its own text for the same reason.
 */
export function toWire(type: TypeInfo, given: Value): unknown {
  switch (given.s) {
    case "default":
      return undefined;
    case "null":
    case "json-null":
      return null;
    case "empty":
      return "";
    case "value":
      break;
  }
  const { v } = given;
  switch (type.kind) {
    case "bool":
      return v === "true";
    case "json":
      // Objects and arrays may travel as text; the server stores them parsed.
      return v.startsWith("{") || v.startsWith("[") ? v : (JSON.parse(v) as unknown);
    case "geo":
      return v.startsWith("{") ? (JSON.parse(v) as unknown) : v;
    case "array":
      return arrayToWire(type, v);
    case "range":
      return rangeToWire(type, v);
    case "datetime":
      return `${v}Z`;
    case "text":
    case "enum":
    case "int":
    case "decimal":
    case "float":
    case "date":
    case "instant":
    case "time":
    case "timetz":
    case "uuid":
    case "binary":
    case "unknown":
      return v;
  }
}

function arrayToWire(type: TypeInfo, text: string): unknown {
  const parsed = parseJson(text);
  if (!parsed.ok || parsed.node.t !== "array") return text;
  const kind = type.inner?.kind;
  return parsed.node.v.map((item) => {
    if (item.t === "null") return null;
    if (item.t === "array" || item.t === "object") return printJson(item);
    if (item.t === "number" && kind === "int" && item.v.length < 16) return JSON.parse(item.v) as number;
    return item.v;
  });
}

function rangeToWire(type: TypeInfo, text: string): unknown {
  const found = /^([[(])([^,]*),([^,]*)([\])])$/.exec(text);
  if (!found) return text;
  const [, open, low = "", high = "", close] = found;
  const inner = type.inner ?? { kind: "text", name: "String" };
  const side = (bound: string): unknown => (bound === "" ? null : toWire(inner, value(bound)));
  return { lower: side(low), upper: side(high), lowerInclusive: open === "[", upperInclusive: close === "]" };
}
