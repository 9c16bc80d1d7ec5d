/** How wide a column begins. */
import { typeLabel, type FieldInfo } from "@/lib/fields";
import { show, value } from "@/lib/values";
import { widest } from "./measure";

/** Padding of a cell on both sides, and its line. */
const EDGES = 18;
/** Beside a name: the sign of a key or a pin, and the arrow of a sort. */
const SIGNS = 18;
/** The square before a value of an enum. */
const SWATCH = 13;
/** Longer names are cut rather than push the values away. */
const NAME_MAX = 280;
/** No first column takes more of the screen, whatever its type could hold. */
const VALUE_MAX = 320;
const WORDS_MAX = 200;

/** A first width: what values of the type need, and never less than the name and the type. */
export function widthOf(field: FieldInfo): number {
  const name = Math.min(Math.max(widest("head", [field.name]) + SIGNS, widest("type", [typeLabel(field)])) + EDGES, NAME_MAX);
  return Math.ceil(Math.max(Math.min(valueWidth(field), VALUE_MAX), name));
}

function valueWidth(field: FieldInfo): number {
  const { type } = field;
  if (field.relation) return type.length !== undefined && type.length <= 8 ? 76 : 176;
  switch (type.kind) {
    case "bool":
      return 56;
    case "int":
      return plain([type.bits === 64 ? "-9223372036854775808" : "-2147483648"]);
    case "decimal": {
      // Without a precision there is no widest value.
      if (type.precision === undefined) return 112;
      const { precision, scale = 0 } = type;
      const whole = zeros(Math.max(precision - scale, 1));
      return plain([show(type, value(`-${whole}${scale > 0 ? `.${zeros(scale)}` : ""}`)).text]);
    }
    // As many digits as it takes to tell every value of it from the next.
    case "float":
      return plain([type.name === "Real" ? "-0.123456789" : "-0.12345678901234567"]);
    case "enum":
      return Math.min(Math.max(plain(type.options ?? []) + SWATCH, 96), WORDS_MAX);
    case "date":
      return plain(["2026-12-30"]);
    case "time":
      return plain(["00:00:00"]);
    case "timetz":
    case "datetime":
    case "instant": {
      const { text, after } = show(type, value(type.kind === "timetz" ? "00:00:00+00:00" : type.kind === "datetime" ? "2026-12-30T00:00:00" : "2026-12-30T00:00:00Z"));
      return plain([after === undefined ? text : `${text} ${after}`]);
    }
    case "uuid":
      return widest("code", ["00000000-0000-0000-0000-000000000000"]) + EDGES;
    case "text":
      if (type.length !== undefined && type.length <= 8) return Math.max(plain(["0".repeat(type.length)]), 56);
      return type.long === true ? 200 : 160;
    case "json":
    case "array":
    case "range":
    case "geo":
    case "binary":
      return 144;
    case "unknown":
      return 120;
  }
}

/** More digits than these no first column shows. */
function zeros(count: number): string {
  return "0".repeat(Math.min(count, 50));
}

function plain(texts: readonly string[]): number {
  return widest("plain", texts) + EDGES;
}
