/**
 * JSON that keeps what was written.
 *
 * `JSON.parse` turns 9007199254740993 into 9007199254740992 and 1.10 into 1.1. A studio that shows
 * and saves other people's data may do neither, so numbers stay the text they came as.
 */

export type JsonNode =
  | { readonly t: "null" }
  | { readonly t: "bool"; readonly v: boolean }
  | { readonly t: "number"; readonly v: string }
  | { readonly t: "string"; readonly v: string }
  | { readonly t: "array"; readonly v: readonly JsonNode[] }
  | { readonly t: "object"; readonly v: readonly (readonly [string, JsonNode])[] };

export interface JsonFault {
  readonly at: number;
  readonly reason: "unexpected" | "ended" | "string" | "number" | "deep" | "trailing";
}

export type JsonParsed =
  { readonly ok: true; readonly node: JsonNode } | { readonly ok: false; readonly fault: JsonFault };

/** Deeper nesting than this is refused instead of risking the call stack. */
const MAX_DEPTH = 500;

class Fault extends Error {
  constructor(
    readonly at: number,
    readonly reason: JsonFault["reason"],
  ) {
    super(reason);
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

export function parseJson(text: string): JsonParsed {
  let at = 0;

  function space(): void {
    for (;;) {
      const c = text.charCodeAt(at);
      if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) at += 1;
      else return;
    }
  }

  function string(): string {
    const from = at;
    at += 1;
    for (;;) {
      const c = text.charCodeAt(at);
      if (at >= text.length || c < 0x20) throw new Fault(from, "string");
      if (c === 0x22) break;
      at += c === 0x5c ? 2 : 1;
    }
    at += 1;
    try {
      // Strings hold no numbers, so the built-in parser is exact for them.
      return JSON.parse(text.slice(from, at)) as string;
    } catch {
      throw new Fault(from, "string");
    }
  }

  function word<T extends JsonNode>(spelling: string, node: T): T {
    if (!text.startsWith(spelling, at)) throw new Fault(at, "unexpected");
    at += spelling.length;
    return node;
  }

  function value(depth: number): JsonNode {
    if (depth > MAX_DEPTH) throw new Fault(at, "deep");
    space();
    if (at >= text.length) throw new Fault(at, "ended");
    const c = text[at];
    if (c === '"') return { t: "string", v: string() };
    if (c === "t") return word("true", { t: "bool", v: true });
    if (c === "f") return word("false", { t: "bool", v: false });
    if (c === "n") return word("null", { t: "null" });
    if (c === "[") {
      at += 1;
      const items: JsonNode[] = [];
      space();
      if (text[at] === "]") {
        at += 1;
        return { t: "array", v: items };
      }
      for (;;) {
        items.push(value(depth + 1));
        space();
        if (text[at] === ",") at += 1;
        else if (text[at] === "]") break;
        else throw new Fault(at, at >= text.length ? "ended" : "unexpected");
      }
      at += 1;
      return { t: "array", v: items };
    }
    if (c === "{") {
      at += 1;
      const entries: [string, JsonNode][] = [];
      space();
      if (text[at] === "}") {
        at += 1;
        return { t: "object", v: entries };
      }
      for (;;) {
        space();
        if (text[at] !== '"') throw new Fault(at, at >= text.length ? "ended" : "unexpected");
        const key = string();
        space();
        if (text[at] !== ":") throw new Fault(at, at >= text.length ? "ended" : "unexpected");
        at += 1;
        entries.push([key, value(depth + 1)]);
        space();
        if (text[at] === ",") at += 1;
        else if (text[at] === "}") break;
        else throw new Fault(at, at >= text.length ? "ended" : "unexpected");
      }
      at += 1;
      return { t: "object", v: entries };
    }
    NUMBER.lastIndex = at;
    const found = NUMBER.exec(text);
    if (!found) throw new Fault(at, c === "-" || (c !== undefined && c >= "0" && c <= "9") ? "number" : "unexpected");
    at += found[0].length;
    return { t: "number", v: found[0] };
  }

  try {
    const node = value(0);
    space();
    if (at < text.length) throw new Fault(at, "trailing");
    return { ok: true, node };
  } catch (error) {
    if (error instanceof Fault) return { ok: false, fault: { at: error.at, reason: error.reason } };
    throw error;
  }
}

/** Compact text; number tokens exactly as they were read. */
export function printJson(node: JsonNode): string {
  switch (node.t) {
    case "null":
      return "null";
    case "bool":
      return node.v ? "true" : "false";
    case "number":
      return node.v;
    case "string":
      return JSON.stringify(node.v);
    case "array":
      return `[${node.v.map(printJson).join(",")}]`;
    case "object":
      return `{${node.v.map(([key, item]) => `${JSON.stringify(key)}:${printJson(item)}`).join(",")}}`;
  }
}

/** Two-space indentation for the editor. */
export function prettyJson(node: JsonNode, indent = ""): string {
  const inner = `${indent}  `;
  if (node.t === "array" && node.v.length > 0) {
    return `[\n${node.v.map((item) => inner + prettyJson(item, inner)).join(",\n")}\n${indent}]`;
  }
  if (node.t === "object" && node.v.length > 0) {
    const lines = node.v.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${prettyJson(item, inner)}`);
    return `{\n${lines.join(",\n")}\n${indent}}`;
  }
  return printJson(node);
}

/** Equal as data: key order and spacing do not count, 1.0 and 1.00 are the same number. */
export function equalJson(a: JsonNode, b: JsonNode): boolean {
  return sorted(a) === sorted(b);
}

function sorted(node: JsonNode): string {
  switch (node.t) {
    case "array":
      return `[${node.v.map(sorted).join(",")}]`;
    case "object": {
      // Of a key written twice the last one counts, as in every JSON store.
      const last = new Map(node.v);
      const keys = [...last.keys()].sort();
      return `{${keys.map((key) => `${JSON.stringify(key)}:${sorted(last.get(key) ?? { t: "null" })}`).join(",")}}`;
    }
    case "number":
      return plainNumber(node.v);
    case "null":
    case "bool":
    case "string":
      return printJson(node);
  }
}

/** One spelling per number: digits without outer zeros, and a power of ten. "-0" is "0". */
export function plainNumber(text: string): string {
  const found = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!found) return text;
  const [, sign = "", whole = "", fraction = "", power = "0"] = found;
  let exponent = BigInt(power) - BigInt(fraction.length);
  let digits = (whole + fraction).replace(/^0+/, "");
  const trimmed = digits.replace(/0+$/, "");
  exponent += BigInt(digits.length - trimmed.length);
  digits = trimmed;
  if (digits === "") return "0";
  return `${sign === "-" ? "-" : ""}${digits}e${exponent.toString()}`;
}

/** A part of a reply kept as its own text, because reading it as a number would change it. */
export class JsonText {
  constructor(readonly text: string) {}
}

/**
 * Rows of a reply. Nested rows become objects; documents, lists, and numbers a double cannot hold
 * stay text.
 */
export function exactRow(node: JsonNode, nested: ReadonlySet<string>): unknown {
  if (node.t !== "object") return exactValue(node);
  return Object.fromEntries(
    node.v.map(([key, item]) => [key, nested.has(key) && item.t === "object" ? exactRow(item, nested) : exactValue(item)]),
  );
}

function exactValue(node: JsonNode): unknown {
  switch (node.t) {
    case "null":
      return null;
    case "bool":
    case "string":
      return node.v;
    case "number": {
      const number = JSON.parse(node.v) as number;
      return String(number) === node.v ? number : new JsonText(node.v);
    }
    case "array":
    case "object":
      return new JsonText(printJson(node));
  }
}
