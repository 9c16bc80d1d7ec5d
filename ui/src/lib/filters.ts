/** Filter pills: what people build, what the URL keeps, and the filter the server is asked with. */
import type { CollectionInfo, FieldInfo, Kind } from "./fields";
import { editText, fromWire, parse, toWire, type Problem } from "./values";

export type Operator =
  | "eq"
  | "ne"
  | "gt"
  | "gte"
  | "lt"
  | "lte"
  | "icontains"
  | "startsWith"
  | "in"
  | "isNull"
  | "isNotNull"
  | "isEmpty"
  | "arraycontains"
  | "jsonbHasKey"
  | "last";

/** A pill as it stands on screen; its text is kept even when it is not a value yet. */
export interface Pill {
  readonly field: string;
  readonly op: Operator;
  readonly text: string;
}

/** Operators that ask for no value. */
export const BARE: ReadonlySet<Operator> = new Set(["isNull", "isNotNull", "isEmpty"]);

const NULLS: readonly Operator[] = ["isNull", "isNotNull"];

const BY_KIND: Readonly<Record<Kind, readonly Operator[]>> = {
  text: ["icontains", "eq", "ne", "startsWith", "in", "isEmpty", ...NULLS],
  enum: ["eq", "ne", "in", ...NULLS],
  int: ["eq", "ne", "gt", "gte", "lt", "lte", "in", ...NULLS],
  decimal: ["gte", "gt", "lt", "lte", "eq", "ne", ...NULLS],
  float: ["gte", "gt", "lt", "lte", "eq", "ne", ...NULLS],
  bool: ["eq", ...NULLS],
  date: ["eq", "gte", "lt", "last", "ne", ...NULLS],
  instant: ["last", "gte", "lt", ...NULLS],
  datetime: ["last", "gte", "lt", ...NULLS],
  time: ["gte", "lt", "eq", ...NULLS],
  timetz: ["gte", "lt", "eq", ...NULLS],
  uuid: ["eq", "ne", "in", ...NULLS],
  json: ["jsonbHasKey", ...NULLS],
  array: ["arraycontains", ...NULLS],
  range: [...NULLS],
  geo: [...NULLS],
  binary: [...NULLS],
  unknown: ["eq", "ne", ...NULLS],
};

export function operatorsFor(field: FieldInfo): readonly Operator[] {
  const list = BY_KIND[field.type.kind];
  return field.nullable ? list : list.filter((op) => !NULLS.includes(op));
}

export type PillFault =
  | { readonly kind: "unknown-field"; readonly field: string }
  | { readonly kind: "unknown-operator"; readonly op: string }
  | { readonly kind: "no-value" }
  | { readonly kind: "value"; readonly problem: Problem }
  | { readonly kind: "duration" };

export type PillRead =
  { readonly ok: true; readonly condition: Readonly<Record<string, unknown>> } | { readonly ok: false; readonly fault: PillFault };

const UNITS: Readonly<Record<string, string>> = { m: "MINUTES", h: "HOURS", d: "DAYS", w: "WEEKS" };

/** `30 d`, `12 h`: how far back, as the server's own dynamic time, so the view stays fresh. */
export function readDuration(text: string): string | null {
  const found = /^(\d{1,5})\s*(m|h|d|w)(?:in(?:utes?)?|ours?|ays?|eeks?)?$/i.exec(text.trim());
  if (!found) return null;
  const unit = UNITS[(found[2] ?? "").toLowerCase()];
  return unit ? `$NOW-${unit}_${found[1] ?? "0"}` : null;
}

/** The condition one pill stands for, or why it cannot be applied. */
export function readPill(collection: CollectionInfo, pill: Pill): PillRead {
  const field = collection.fields.find((f) => f.name === pill.field);
  if (!field) return { ok: false, fault: { kind: "unknown-field", field: pill.field } };
  if (!operatorsFor(field).includes(pill.op)) return { ok: false, fault: { kind: "unknown-operator", op: pill.op } };
  const one = (operand: unknown): PillRead => ({ ok: true, condition: { [pill.field]: operand } });
  if (pill.op === "isNull") return one({ isNull: true });
  if (pill.op === "isNotNull") return one({ isNotNull: true });
  if (pill.op === "isEmpty") return one({ eq: "" });
  if (pill.text.trim() === "") return { ok: false, fault: { kind: "no-value" } };
  if (pill.op === "last") {
    const since = readDuration(pill.text);
    return since === null ? { ok: false, fault: { kind: "duration" } } : one({ gte: since });
  }
  if (pill.op === "icontains" || pill.op === "startsWith" || pill.op === "jsonbHasKey") return one({ [pill.op]: pill.text });
  if (pill.op === "in") {
    const items: unknown[] = [];
    for (const part of pill.text.split(",").map((p) => p.trim()).filter((p) => p !== "")) {
      const read = parse(field.type, part);
      if (!read.ok) return { ok: false, fault: { kind: "value", problem: read.problem } };
      items.push(toWire(field.type, read.value));
    }
    return items.length === 0 ? { ok: false, fault: { kind: "no-value" } } : one({ in: items });
  }
  const type = pill.op === "arraycontains" && field.type.inner ? field.type.inner : field.type;
  const read = parse(type, pill.text);
  if (!read.ok) return { ok: false, fault: { kind: "value", problem: read.problem } };
  const operand = toWire(type, read.value);
  return one({ [pill.op]: pill.op === "arraycontains" ? [operand] : operand });
}

/** The filter of all pills that can be applied; the others stay on screen and out of the request. */
export function filterOf(collection: CollectionInfo, pills: readonly Pill[]): Readonly<Record<string, unknown>> | undefined {
  const conditions = pills.flatMap((pill) => {
    const read = readPill(collection, pill);
    return read.ok ? [read.condition] : [];
  });
  if (conditions.length === 0) return undefined;
  return conditions.length === 1 ? conditions[0] : { AND: conditions };
}

/** The pill that keeps exactly the rows with this cell's value. */
export function pillOfCell(field: FieldInfo, raw: unknown): Pill | null {
  if (raw === null || raw === undefined) return field.nullable ? { field: field.name, op: "isNull", text: "" } : null;
  if (raw === "" && field.type.kind === "text") return { field: field.name, op: "isEmpty", text: "" };
  const allowed = operatorsFor(field);
  const text = editText(field.type, fromWire(field.type, raw));
  if (allowed.includes("eq")) return { field: field.name, op: "eq", text };
  return allowed.includes("gte") ? { field: field.name, op: "gte", text } : null;
}

/** Equality in the words of a value, for the value list of an enum or a yes/no. */
export function choicesOf(field: FieldInfo): readonly string[] | null {
  if (field.type.kind === "bool") return ["true", "false"];
  if (field.type.kind === "enum" && field.type.options && field.type.options.length > 0) return field.type.options;
  return null;
}

export interface SortKey {
  readonly field: string;
  readonly direction: "asc" | "desc";
}

/** The state of the Data screen that lives in the URL. */
export interface View {
  readonly pills: readonly Pill[];
  readonly sort: readonly SortKey[];
  /** Field names in order; null shows the usual ones. */
  readonly columns: readonly string[] | null;
  /** Columns that stand still at the left. */
  readonly pinned: readonly string[];
  readonly search: string;
  /** The saved view this began as. */
  readonly saved: string | null;
}

export const PLAIN_VIEW: View = { pills: [], sort: [], columns: null, pinned: [], search: "", saved: null };

const OPERATORS: ReadonlySet<string> = new Set(Object.values(BY_KIND).flat());

/** Search params as they stand in the URL: short, readable, and checked on the way in. */
export interface ViewParams {
  readonly filter?: string;
  readonly sort?: string;
  readonly columns?: string;
  readonly pinned?: string;
  readonly search?: string;
  readonly view?: string;
}

export function readView(params: Readonly<Record<string, unknown>>): View {
  const pills: Pill[] = [];
  const raw = params["filter"];
  const list: unknown = typeof raw === "string" ? safeJson(raw) : raw;
  if (Array.isArray(list)) {
    for (const item of list as unknown[]) {
      if (!Array.isArray(item)) continue;
      const [field, op, text = ""] = item as unknown[];
      if (typeof field !== "string" || typeof op !== "string" || !OPERATORS.has(op)) continue;
      pills.push({ field, op: op as Operator, text: typeof text === "string" ? text : String(text as number) });
    }
  }
  const sort: SortKey[] = [];
  for (const part of split(params["sort"])) {
    const field = part.replace(/^-/, "");
    if (field !== "") sort.push({ field, direction: part.startsWith("-") ? "desc" : "asc" });
  }
  const columns = split(params["columns"]);
  const search = typeof params["search"] === "string" || typeof params["search"] === "number" ? String(params["search"]) : "";
  const saved = typeof params["view"] === "string" && params["view"] !== "" ? params["view"] : null;
  return { pills, sort, columns: columns.length === 0 ? null : columns, pinned: split(params["pinned"]), search, saved };
}

export function writeView(view: View): ViewParams {
  return {
    ...(view.saved === null ? {} : { view: view.saved }),
    // An address that names only a saved view stands for all of it, so one without its filters says so.
    ...(view.pills.length === 0 && view.saved === null
      ? {}
      : { filter: JSON.stringify(view.pills.map((p) => (p.text === "" ? [p.field, p.op] : [p.field, p.op, p.text]))) }),
    ...(view.sort.length === 0
      ? {}
      : { sort: view.sort.map((key) => `${key.direction === "desc" ? "-" : ""}${key.field}`).join(",") }),
    ...(view.columns === null ? {} : { columns: view.columns.join(",") }),
    ...(view.pinned.length === 0 ? {} : { pinned: view.pinned.join(",") }),
    ...(view.search === "" ? {} : { search: view.search }),
  };
}

function split(raw: unknown): string[] {
  return typeof raw === "string" ? raw.split(",").filter((part) => part !== "") : [];
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Sort keys the collection knows, with the key field as the last word so that pages never overlap. */
export function sortOf(collection: CollectionInfo, sort: readonly SortKey[]): readonly string[] {
  const known = sort.filter((key) => collection.fields.some((f) => f.name === key.field));
  const keys = known.map((key) => `${key.direction === "desc" ? "-" : ""}${key.field}`);
  const last = known.at(-1)?.direction === "desc" ? "-" : "";
  return known.some((key) => key.field === collection.primaryKey) ? keys : [...keys, `${last}${collection.primaryKey}`];
}

