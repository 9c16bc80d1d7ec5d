/** What people write at the right of an operator, read into what the server is asked with. */
import { parseJson } from "./exact-json";
import type { TypeInfo } from "./fields";
import { JSON_TYPES, shapeOf, type Operator } from "./operators";
import { parse, type Problem } from "./values";
import { toWire } from "./wire";

export type OperandFault =
  | { readonly kind: "no-value" }
  | { readonly kind: "value"; readonly problem: Problem }
  | { readonly kind: "duration" }
  | { readonly kind: "pair" }
  | { readonly kind: "key-value" }
  | { readonly kind: "count" }
  | { readonly kind: "json-type" }
  | { readonly kind: "near" };

export type OperandRead = { readonly ok: true; readonly operand: unknown } | { readonly ok: false; readonly fault: OperandFault };

const good = (operand: unknown): OperandRead => ({ ok: true, operand });
const bad = (fault: OperandFault): OperandRead => ({ ok: false, fault });

const UNITS: Readonly<Record<string, string>> = { m: "MINUTES", h: "HOURS", d: "DAYS", w: "WEEKS" };

/** `30 d`, `12 h`: how far back, as the server's own dynamic time, so the view stays fresh. */
export function readDuration(text: string): string | null {
  const found = /^(\d{1,5})\s*(m|h|d|w)(?:in(?:utes?)?|ours?|ays?|eeks?)?$/i.exec(text.trim());
  if (!found) return null;
  const unit = UNITS[(found[2] ?? "").toLowerCase()];
  return unit ? `$NOW-${unit}_${found[1] ?? "0"}` : null;
}

const VARIABLE = /^\$(?:NOW(?:[+-](?:YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?_\d{1,6})?|CURRENT_(?:USER|ROLE|TENANT)(?:\.[A-Za-z_]\w*)*|COL\([A-Za-z_][\w.]*(?:::\w+)?\))$/;

/** A word the server replaces: the time, who asks, another column of the row. */
export function isVariable(text: string): boolean {
  return VARIABLE.test(text);
}

/** Those that are offered while one types; `$COL` and paths are typed out. */
export const VARIABLES = ["$CURRENT_USER", "$CURRENT_ROLE", "$CURRENT_TENANT", "$NOW", "$NOW-DAYS_7", "$NOW-DAYS_30", "$NOW+DAYS_7"] as const;

function one(type: TypeInfo, text: string): OperandRead {
  const plain = text.trim();
  if (isVariable(plain)) return good(plain);
  const read = parse(type, text);
  return read.ok ? good(toWire(type, read.value)) : bad({ kind: "value", problem: read.problem });
}

/** Separated by commas; a list of JSON where a value has a comma in itself. */
function parts(text: string): readonly string[] {
  const parsed = text.trim().startsWith("[") ? parseJson(text) : null;
  if (parsed?.ok === true && parsed.node.t === "array") {
    return parsed.node.v.flatMap((item) => (item.t === "string" || item.t === "number" ? [item.v] : item.t === "bool" ? [String(item.v)] : []));
  }
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "");
}

function list(type: TypeInfo, texts: readonly string[]): OperandRead {
  if (texts.length === 0) return bad({ kind: "no-value" });
  const items: unknown[] = [];
  for (const text of texts) {
    const read = one(type, text);
    if (!read.ok) return read;
    items.push(read.operand);
  }
  return good(items);
}

/** `colour = red`: the key, and the value as JSON where it is some. */
function keyValue(text: string): readonly [string, string] | null {
  const at = text.indexOf("=");
  const key = text.slice(0, Math.max(at, 0)).trim();
  return at < 1 || key === "" ? null : [key, text.slice(at + 1).trim()];
}

function scalar(text: string): unknown {
  const parsed = parseJson(text);
  return parsed.ok && parsed.node.t !== "object" && parsed.node.t !== "array" ? (JSON.parse(text) as unknown) : text;
}

const COMPARED: Readonly<Record<string, string>> = { "=": "eq", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte" };

function count(op: Operator, text: string): OperandRead {
  const found = /^(>=|<=|>|<|=)?\s*(\d{1,9})$/.exec(text.trim());
  if (!found) return bad({ kind: "count" });
  const size = parseInt(found[2] ?? "0", 10);
  const word = COMPARED[found[1] ?? "="] ?? "eq";
  return good(op === "arraylength" && word === "eq" ? size : { op: word, value: size });
}

function near(text: string): OperandRead {
  const found = /^(-?\d+(?:\.\d+)?)[\s,]+(-?\d+(?:\.\d+)?)\s*;\s*(\d+(?:\.\d+)?)\s*(m|km)?$/.exec(text.trim());
  if (!found) return bad({ kind: "near" });
  const [lon, lat, size] = [found[1], found[2], found[3]].map((part) => parseFloat(part ?? "0"));
  return good({ geometry: { type: "Point", coordinates: [lon, lat] }, distance: (size ?? 0) * (found[4] === "km" ? 1000 : 1) });
}

/** The right side of a condition, or why the text is none. */
export function readOperand(type: TypeInfo, op: Operator, text: string): OperandRead {
  const shape = shapeOf(op);
  if (shape !== "none" && text.trim() === "") return bad({ kind: "no-value" });
  switch (shape) {
    case "none":
      return good(op !== "filled");
    case "one":
      return one(type, text);
    case "text":
    case "word":
      return good(text);
    case "list":
      return list(type, parts(text));
    case "pair": {
      const found = parts(text);
      return found.length === 2 ? list(type, found) : bad({ kind: "pair" });
    }
    case "words":
      return good(parts(text));
    case "json": {
      const read = parse({ kind: "json", name: "JSON" }, text);
      return read.ok ? good(JSON.parse(text) as unknown) : bad({ kind: "value", problem: read.problem });
    }
    case "keyValue": {
      const found = keyValue(text);
      return found ? good({ key: found[0], value: scalar(found[1]) }) : bad({ kind: "key-value" });
    }
    case "keyValues": {
      const found = keyValue(text);
      return found ? good({ key: found[0], values: parts(found[1]) }) : bad({ kind: "key-value" });
    }
    case "keyPattern": {
      const found = keyValue(text);
      return found ? good({ key: found[0], pattern: found[1] }) : bad({ kind: "key-value" });
    }
    case "path": {
      const found = keyValue(text);
      return found ? good({ path: found[0].split("."), value: scalar(found[1]) }) : bad({ kind: "key-value" });
    }
    case "count":
      return count(op, text);
    case "type": {
      const wanted = JSON_TYPES.find((name) => name === text.trim().toLowerCase());
      return wanted ? good({ type: wanted }) : bad({ kind: "json-type" });
    }
    case "element": {
      const read = one(type.inner ?? type, text);
      return read.ok ? good([read.operand]) : read;
    }
    case "elements":
      return list(type.inner ?? type, parts(text));
    case "part":
      return one(type.inner ?? type, text);
    case "geo": {
      const read = parse({ kind: "geo", name: "Geometry" }, text);
      return read.ok ? good(toWire({ kind: "geo", name: "Geometry" }, read.value)) : bad({ kind: "value", problem: read.problem });
    }
    case "near":
      return near(text);
    case "duration": {
      const since = readDuration(text);
      return since === null ? bad({ kind: "duration" }) : good(since);
    }
  }
}

/** What an operator is called on the wire: a few of ours are a simpler word of the server's. */
export function wireName(op: Operator): string {
  if (op === "isEmpty") return "eq";
  if (op === "filled") return "empty";
  if (op === "last") return "gte";
  return op === "holds" ? "contains" : op;
}

/** The operand of an operator that asks for nothing. */
export function bareOperand(op: Operator): unknown {
  return op === "isEmpty" ? "" : op !== "filled";
}
