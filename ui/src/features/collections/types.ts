/** The types a field may have, what each can be told, and how values of it are written by hand. */
import { computedType, readType, typeText } from "@/lib/fields";
import { patched, text, type Definition, type Json } from "./draft";

export type TypeGroup = "text" | "number" | "time" | "choice" | "key" | "structure" | "array" | "range" | "place" | "other";

export const TYPE_GROUPS: ReadonlyArray<{ readonly group: TypeGroup; readonly types: readonly string[] }> = [
  { group: "text", types: ["String", "Text", "HTML", "CiText"] },
  { group: "number", types: ["Integer", "BigInt", "Decimal", "Double", "Real", "Float"] },
  { group: "choice", types: ["Boolean", "Enum"] },
  { group: "time", types: ["DateTime", "Date", "Time", "DateTime_NO_TZ", "Time_NO_TZ"] },
  { group: "key", types: ["UUID", "SUID", "TOKEN"] },
  { group: "structure", types: ["JSON", "JSONB", "Array"] },
  {
    group: "array",
    types: [
      "Array_String", "Array_Integer", "Array_Double", "Array_Decimal", "Array_Boolean", "Array_UUID", "Array_Date",
      "Array_DateTime", "Array_DateTime_NO_TZ", "Array_Time", "Array_Time_NO_TZ",
    ],
  },
  {
    group: "range",
    types: [
      "Range_Integer", "Range_Double", "Range_Decimal", "Range_Date", "Range_DateTime", "Range_DateTime_NO_TZ", "Range_Time",
      "Range_Time_NO_TZ",
    ],
  },
  {
    group: "place",
    types: [
      "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection", "Geometry",
      "Geography",
    ],
  },
  { group: "other", types: ["Binary", "VIRTUAL"] },
];

const ALL = TYPE_GROUPS.flatMap(({ types }) => types);

/** The spelling of the list, whatever the stored one is. */
export function canonicalType(name: string): string {
  if (name === "ENUM") return "Enum";
  return ALL.find((known) => known.toLowerCase() === name.toLowerCase()) ?? name;
}

const TEXTS = new Set(["String", "Text", "HTML", "CiText"]);
const NUMBERS = new Set(["Integer", "BigInt", "Decimal", "Double", "Real", "Float"]);
const TIMES = new Set(["DateTime", "Date", "Time", "DateTime_NO_TZ", "Time_NO_TZ"]);

export const isText = (type: string): boolean => TEXTS.has(type);
export const isNumber = (type: string): boolean => NUMBERS.has(type);

const KEY_TYPES = ["UUID", "Integer", "BigInt", "SUID", "String"] as const;
export type KeyType = (typeof KEY_TYPES)[number];
export const KEYS: readonly KeyType[] = KEY_TYPES;

/** The key of a new collection: made by the server, but for a text that people write. */
export function keyDefinition(type: KeyType): Definition {
  const made: Readonly<Record<KeyType, Json | undefined>> = {
    UUID: { type: "UUIDV4" },
    SUID: { type: "SUID" },
    Integer: { type: "AUTOINCREMENT" },
    BigInt: { type: "AUTOINCREMENT" },
    String: undefined,
  };
  return patched({ type, primaryKey: true, allowNull: false }, { defaultValue: made[type] });
}

export type DefaultKind = "none" | "value" | "UUIDV4" | "SUID" | "NOW" | "AUTOINCREMENT" | "CURRENT_USER" | "SQL";

/** Which defaults a field of this type can take. */
export function defaultKinds(type: string): readonly DefaultKind[] {
  if (type === "VIRTUAL") return [];
  const kinds: DefaultKind[] = ["value"];
  if (TIMES.has(type) || isText(type)) kinds.push("NOW");
  if (type === "UUID" || type === "String" || type === "Text") kinds.push("UUIDV4", "CURRENT_USER");
  if (type === "SUID" || type === "String" || type === "Text") kinds.push("SUID");
  if (type === "Integer" || type === "BigInt") kinds.push("AUTOINCREMENT");
  kinds.push("SQL");
  return kinds;
}

export function defaultKind(def: Definition): DefaultKind {
  const value = def["defaultValue"];
  if (value === undefined || value === null) return "none";
  if (typeof value === "object" && !Array.isArray(value)) {
    const word = text(value as Definition, "type").toUpperCase();
    if (word === "UUIDV4" || word === "SUID" || word === "NOW" || word === "AUTOINCREMENT" || word === "CURRENT_USER" || word === "SQL") return word;
  }
  return "value";
}

/** How the default reads in its input. */
export function defaultText(def: Definition): string {
  const value = def["defaultValue"];
  if (value === undefined || value === null) return "";
  if (defaultKind(def) === "SQL") return text(value as Definition, "value");
  if (typeof value === "string") return value;
  if (typeof value === "object" && !Array.isArray(value) && Object.keys(value).length === 1 && "value" in value) {
    return defaultText({ defaultValue: (value as Definition)["value"] ?? null });
  }
  return JSON.stringify(value);
}

/** What was typed, as a value of this type; `undefined` when it is none. */
export function readDefault(type: string, typed: string): Json | undefined {
  const words = typed.trim();
  if (isText(type) || type === "Enum" || type === "TOKEN" || type === "SUID" || TIMES.has(type) || type === "UUID" || type === "Binary") return typed;
  if (type === "Integer") return /^-?\d{1,10}$/.test(words) && Math.abs(Number(words)) <= 2_147_483_648 ? Number(words) : undefined;
  // Digits beyond what a double holds stay text, all the way.
  if (type === "BigInt") return /^-?\d{1,19}$/.test(words) ? (Number.isSafeInteger(Number(words)) ? Number(words) : words) : undefined;
  if (type === "Decimal") return /^-?\d+(\.\d+)?$/.test(words) ? words : undefined;
  if (isNumber(type)) return words !== "" && Number.isFinite(Number(words)) ? Number(words) : undefined;
  if (type === "Boolean") return words === "true" ? true : words === "false" ? false : undefined;
  try {
    return JSON.parse(words) as Json;
  } catch {
    return undefined;
  }
}

export function enumWords(def: Definition): readonly string[] {
  const { values } = def;
  const list = Array.isArray(values) ? values : typeof values === "object" && values !== null ? (values as Definition)["values"] : null;
  return Array.isArray(list) ? (list as readonly Json[]).map(String) : [];
}

/** An option of the type: `length`, `precision`. */
export function option(def: Definition, key: string): string {
  const { values } = def;
  if (typeof values !== "object" || values === null || Array.isArray(values)) return "";
  const value = (values as Definition)[key];
  return typeof value === "number" || typeof value === "string" ? String(value) : "";
}

export function withOption(def: Definition, key: string, value: Json | undefined): Definition {
  const { values } = def;
  const old = typeof values === "object" && values !== null && !Array.isArray(values) ? (values as Definition) : {};
  const next = patched(old, { [key]: value });
  return patched(def, { values: Object.keys(next).length > 0 ? next : undefined });
}

export type RuleKey = "min" | "max" | "isInt" | "notEmpty" | "len" | "isEmail" | "isUrl" | "matches";

/** Which rules mean something for this type. */
export function rulesOf(type: string): readonly RuleKey[] {
  if (isText(type)) return ["notEmpty", "len", "matches", "isEmail", "isUrl"];
  if (type === "Integer" || type === "BigInt") return ["min", "max"];
  if (isNumber(type)) return ["min", "max", "isInt"];
  if (/^(Array|Range)_(Integer|Double|Decimal)$/.test(type)) return ["min", "max"];
  return [];
}

export function rule(def: Definition, key: RuleKey): Json | undefined {
  const { validate } = def;
  if (typeof validate !== "object" || validate === null || Array.isArray(validate)) return undefined;
  const rules = validate as Definition;
  return key === "matches" ? (rules["matches"] ?? rules["is"] ?? rules["regex"]) : rules[key];
}

export function withRule(def: Definition, key: RuleKey, value: Json | undefined): Definition {
  const { validate } = def;
  const old = typeof validate === "object" && validate !== null && !Array.isArray(validate) ? (validate as Definition) : {};
  const other = key === "matches" ? { is: undefined, regex: undefined } : {};
  const next = patched(old, { ...other, [key]: value });
  return patched(def, { validate: Object.keys(next).length > 0 ? next : undefined });
}

/** Another type: what the new one cannot be told goes, what it needs comes. */
export function withType(def: Definition, type: string): Definition {
  const rules = new Set<string>([...rulesOf(type), ...(isText(type) ? ["is", "regex"] : [])]);
  const validate = Object.entries((def["validate"] ?? {}) as Definition).filter(([key]) => rules.has(key));
  const kind = defaultKind(def);
  const fits =
    kind === "none" ? false : kind === "value" ? readDefault(type, defaultText(def)) !== undefined : defaultKinds(type).includes(kind);
  const options: Record<string, Json> =
    type === "Enum"
      ? { values: { values: [...enumWords(def)] } }
      : type === "Array"
        ? { values: { type: "String" } }
        : type === "String" && option(def, "length") !== ""
          ? { values: { length: Number(option(def, "length")) } }
          : {};
  const written = kind === "value" ? readDefault(type, defaultText(def)) : def["defaultValue"];
  return patched(def, {
    type,
    values: options["values"],
    validate: validate.length > 0 ? Object.fromEntries(validate) : undefined,
    defaultValue: fits ? written : undefined,
    calculated: type === "VIRTUAL" ? (def["calculated"] ?? "") : undefined,
    resultType: undefined,
    unique: type === "VIRTUAL" ? undefined : def["unique"],
  });
}

/** Another expression. What it answers is known of the stored one alone. */
export function withExpression(def: Definition, expression: string, was: Definition | undefined): Definition {
  const stored = was && text(was, "calculated") === expression ? was["resultType"] : undefined;
  return patched(def, { calculated: expression, resultType: stored });
}

/** A field's type in words: `decimal(12,2)`, `enum`, `computed decimal`. */
export function typeWord(def: Definition): string {
  const type = text(def, "type");
  return typeText(canonicalType(type) === "VIRTUAL" ? computedType(def["resultType"]) : readType(type, def["values"]));
}
