/** Filter pills: what people build, what the URL keeps, and the filter the server is asked with. */
import type { CollectionInfo, FieldInfo } from "./fields";
import { allOperatorsFor, isOperator, operatorsFor, shapeOf, type Operator } from "./operators";
import { bareOperand, readOperand, wireName, type OperandFault } from "./operands";
import { editText } from "./values";
import { fromWire } from "./wire";

/** A pill as it stands on screen; its text is kept even when it is not a value yet. */
export interface Pill {
  readonly field: string;
  readonly op: Operator;
  readonly text: string;
}

/** Conditions that hold all, any, or none of them. */
export interface FilterGroup {
  readonly join: "all" | "any" | "none";
  readonly items: readonly FilterNode[];
}

export type FilterNode = Pill | FilterGroup;

export function isGroup(node: FilterNode): node is FilterGroup {
  return "items" in node;
}

type Find = (name: string) => CollectionInfo | undefined;

/** The field at the end of a path: `total`, or `customer.country.name` over relations of both kinds. */
export function fieldAt(collection: CollectionInfo, path: string, find?: Find): FieldInfo | undefined {
  const at = path.indexOf(".");
  if (at < 0) return collection.fields.find((field) => field.name === path);
  const name = path.slice(0, at);
  const relation = collection.fields.find((field) => field.relation?.name === name)?.relation ?? [...collection.toMany, ...collection.toAny].find((entry) => entry.name === name);
  const target = relation && find?.(relation.target);
  const field = target && fieldAt(target, path.slice(at + 1), find);
  // A row without a related one answers NULL for each of its fields.
  return field && { ...field, nullable: true };
}

export type PillFault =
  | { readonly kind: "unknown-field"; readonly field: string }
  | { readonly kind: "unknown-operator"; readonly op: string }
  | OperandFault;

type Condition = Readonly<Record<string, unknown>>;

export type PillRead = { readonly ok: true; readonly condition: Condition } | { readonly ok: false; readonly fault: PillFault };

/** The condition one pill stands for, or why it cannot be applied. */
export function readPill(collection: CollectionInfo, pill: Pill, find?: Find): PillRead {
  const field = fieldAt(collection, pill.field, find);
  if (!field) return { ok: false, fault: { kind: "unknown-field", field: pill.field } };
  if (!allOperatorsFor(field).includes(pill.op)) return { ok: false, fault: { kind: "unknown-operator", op: pill.op } };
  const one = (operand: unknown): PillRead => ({ ok: true, condition: { [pill.field]: { [wireName(pill.op)]: operand } } });
  if (shapeOf(pill.op) === "none") return one(bareOperand(pill.op));
  const read = readOperand(field.type, pill.op, pill.text);
  return read.ok ? one(read.operand) : read;
}

/** What a node asks of the server; `null` when nothing in it can be applied. */
export function conditionOf(collection: CollectionInfo, node: FilterNode, find?: Find): Condition | null {
  if (!isGroup(node)) {
    const read = readPill(collection, node, find);
    return read.ok ? read.condition : null;
  }
  const inside = node.items.map((item) => conditionOf(collection, item, find)).filter((item) => item !== null);
  const [only] = inside;
  if (!only) return null;
  if (node.join === "none") return { NOT: inside.length === 1 ? only : { OR: inside } };
  if (inside.length === 1) return only;
  return node.join === "all" ? { AND: inside } : { OR: inside };
}

/** The filter of all that can be applied; the rest stays on screen and out of the request. */
export function filterOf(collection: CollectionInfo, nodes: readonly FilterNode[], find?: Find): Condition | undefined {
  return conditionOf(collection, { join: "all", items: nodes }, find) ?? undefined;
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
  /** Conditions that are more than a row of pills; they hold beside them. */
  readonly groups: readonly FilterGroup[];
  readonly sort: readonly SortKey[];
  /** Field names in order; null shows the usual ones. */
  readonly columns: readonly string[] | null;
  /** Columns that stand still at the left. */
  readonly pinned: readonly string[];
  readonly search: string;
  /** The saved view this began as. */
  readonly saved: string | null;
}

export const PLAIN_VIEW: View = { pills: [], groups: [], sort: [], columns: null, pinned: [], search: "", saved: null };

const JOINS = { AND: "all", OR: "any", NOT: "none" } as const;
const WORDS = { all: "AND", any: "OR", none: "NOT" } as const;
/** Deeper than anybody nests by hand. */
const DEPTH_MAX = 8;

/** `["total","gte","5"]`, or `{"OR":[…]}` as the filter language has it. */
function readNode(raw: unknown, depth: number): FilterNode | null {
  if (Array.isArray(raw)) {
    const [field, op, text = ""] = raw as unknown[];
    if (typeof field !== "string" || typeof op !== "string" || !isOperator(op)) return null;
    return { field, op, text: typeof text === "string" ? text : String(text as number) };
  }
  if (typeof raw !== "object" || raw === null || depth >= DEPTH_MAX) return null;
  const [entry] = Object.entries(raw);
  if (!entry || !Object.hasOwn(JOINS, entry[0]) || !Array.isArray(entry[1])) return null;
  const items = (entry[1] as unknown[]).map((item) => readNode(item, depth + 1)).filter((item) => item !== null);
  return { join: JOINS[entry[0] as keyof typeof JOINS], items };
}

function writeNode(node: FilterNode): unknown {
  if (isGroup(node)) return { [WORDS[node.join]]: node.items.map(writeNode) };
  return node.text === "" ? [node.field, node.op] : [node.field, node.op, node.text];
}

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
  const raw = params["filter"];
  const list: unknown = typeof raw === "string" ? safeJson(raw) : raw;
  const nodes = Array.isArray(list) ? (list as unknown[]).map((item) => readNode(item, 0)).filter((item) => item !== null) : [];
  const pills = nodes.filter((node): node is Pill => !isGroup(node));
  const groups = nodes.filter(isGroup).filter((group) => group.items.length > 0);
  const sort: SortKey[] = [];
  for (const part of split(params["sort"])) {
    const field = part.replace(/^-/, "");
    if (field !== "") sort.push({ field, direction: part.startsWith("-") ? "desc" : "asc" });
  }
  const columns = split(params["columns"]);
  const search = typeof params["search"] === "string" || typeof params["search"] === "number" ? String(params["search"]) : "";
  const saved = typeof params["view"] === "string" && params["view"] !== "" ? params["view"] : null;
  return { pills, groups, sort, columns: columns.length === 0 ? null : columns, pinned: split(params["pinned"]), search, saved };
}

export function writeView(view: View): ViewParams {
  return {
    ...(view.saved === null ? {} : { view: view.saved }),
    // An address that names only a saved view stands for all of it, so one without its filters says so.
    ...(view.pills.length === 0 && view.groups.length === 0 && view.saved === null
      ? {}
      : { filter: JSON.stringify([...view.pills, ...view.groups].map(writeNode)) }),
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


export { BARE, allOperatorsFor, operatorsFor, type Operator } from "./operators";
export { readDuration } from "./operands";
