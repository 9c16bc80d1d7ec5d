/** A condition as a tree one can edit, and back to the stored JSON. */
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import type { Conditions, Json } from "./rule";

export const OPERATORS = [
  "eq", "ne", "gt", "gte", "lt", "lte", "in", "notIn", "icontains", "startsWith", "isNull", "isNotNull",
] as const;
export type ConditionOperator = (typeof OPERATORS)[number];

export interface Leaf {
  readonly kind: "leaf";
  /** A field, or the path of a field of a related row: `customer.tier`. */
  readonly field: string;
  readonly op: ConditionOperator;
  /** As typed. */
  readonly text: string;
}
export interface Branch {
  readonly kind: "branch";
  readonly join: "AND" | "OR";
  readonly parts: readonly Node[];
}
export type Node = Leaf | Branch;

/** The signed-in person, as the server spells it. */
export const ME = "$CURRENT_USER";

const isOperator = (word: string): word is ConditionOperator => (OPERATORS as readonly string[]).includes(word);
const isObject = (value: Json | undefined): value is Conditions =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function textOf(value: Json): string | null {
  if (Array.isArray(value)) {
    const parts = value.map((part) => (typeof part === "object" ? null : String(part)));
    return parts.includes(null) ? null : parts.join(", ");
  }
  return typeof value === "object" ? (value === null ? "" : null) : String(value);
}

/** `null`: the form has no shape for it, only text has. */
export function readCondition(stored: Conditions | null): Branch | null {
  if (stored === null) return { kind: "branch", join: "AND", parts: [] };
  const node = readLevel(stored);
  if (!node) return null;
  return node.kind === "branch" ? node : { kind: "branch", join: "AND", parts: [node] };
}

function readLevel(level: Conditions): Node | null {
  const parts: Node[] = [];
  for (const [key, value] of Object.entries(level)) {
    if (key === "AND" || key === "OR") {
      const list: readonly Json[] = Array.isArray(value) ? value : [value];
      const inner: Node[] = [];
      for (const part of list) {
        const node = isObject(part) ? readLevel(part) : null;
        if (!node) return null;
        inner.push(node);
      }
      parts.push({ kind: "branch", join: key, parts: inner });
      continue;
    }
    const found = readField(key, value);
    if (!found) return null;
    parts.push(...found);
  }
  const [only] = parts;
  return parts.length === 1 && only ? only : { kind: "branch", join: "AND", parts };
}

function readField(field: string, value: Json): Leaf[] | null {
  if (value === null) return [{ kind: "leaf", field, op: "isNull", text: "" }];
  if (!isObject(value)) {
    const text = Array.isArray(value) ? null : textOf(value);
    return text === null ? null : [{ kind: "leaf", field, op: "eq", text }];
  }
  const leaves: Leaf[] = [];
  for (const [word, operand] of Object.entries(value)) {
    if (word === "isNull" || word === "isNotNull") {
      const yes = operand === true || operand === "true";
      leaves.push({ kind: "leaf", field, op: yes === (word === "isNull") ? "isNull" : "isNotNull", text: "" });
    } else if (isOperator(word)) {
      const text = textOf(operand);
      if (text === null) return null;
      leaves.push({ kind: "leaf", field, op: word, text });
    } else if (isObject(operand) || !/^[a-z]+$/i.test(word)) {
      // A related row, nested: { customer: { tier: { eq: … } } }.
      const inner = readField(`${field}.${word}`, operand);
      if (!inner) return null;
      leaves.push(...inner);
    } else return null;
  }
  return leaves;
}

/** The field a path ends at, across to-one relations. */
export function fieldAt(
  collection: CollectionInfo,
  path: string,
  find: (name: string) => CollectionInfo | undefined,
): FieldInfo | undefined {
  const [head = "", ...rest] = path.split(".");
  if (rest.length === 0) return collection.fields.find((field) => field.name === head);
  const relation = collection.fields.find((field) => field.relation?.name === head)?.relation ?? [...collection.toMany, ...collection.toAny].find((entry) => entry.name === head);
  const next = relation ? find(relation.target) : undefined;
  return next ? fieldAt(next, rest.join("."), find) : undefined;
}

/** Own fields, and those of rows one relation away. */
export function fieldPaths(collection: CollectionInfo, find: (name: string) => CollectionInfo | undefined): readonly string[] {
  const own = collection.fields.filter((field) => !field.hidden).map((field) => field.name);
  const near = collection.fields.flatMap((field) => {
    const target = field.relation ? find(field.relation.target) : undefined;
    if (!field.relation || !target) return [];
    const { name } = field.relation;
    return target.fields.filter((inner) => !inner.hidden).map((inner) => `${name}.${inner.name}`);
  });
  return [...own, ...near];
}

export function operatorsOf(field: FieldInfo | undefined): readonly ConditionOperator[] {
  switch (field?.type.kind) {
    case "bool":
      return ["eq", "isNull", "isNotNull"];
    case "enum":
    case "uuid":
      return ["eq", "ne", "in", "notIn", "isNull", "isNotNull"];
    case "text":
      return ["eq", "ne", "in", "notIn", "icontains", "startsWith", "isNull", "isNotNull"];
    case "int":
    case "decimal":
    case "float":
    case "date":
    case "instant":
    case "datetime":
    case "time":
    case "timetz":
      return ["eq", "ne", "gt", "gte", "lt", "lte", "in", "isNull", "isNotNull"];
    case "json":
    case "array":
    case "range":
    case "geo":
    case "binary":
      return ["isNull", "isNotNull"];
    case "unknown":
    case undefined:
      return OPERATORS;
  }
}

export const asksValue = (op: ConditionOperator): boolean => op !== "isNull" && op !== "isNotNull";

/** One typed value. Decimals and 64-bit integers stay text, so that no digit is lost. */
function operand(text: string, field: FieldInfo | undefined): Json {
  if (text.startsWith("$")) return text;
  if (field?.type.kind === "bool") return text === "true";
  if (field?.type.kind === "int" && field.type.bits === 32 && /^-?\d{1,9}$/.test(text)) return Number.parseInt(text, 10);
  return text;
}

export function writeCondition(
  root: Branch,
  collection: CollectionInfo,
  find: (name: string) => CollectionInfo | undefined,
): Conditions | null {
  const write = (node: Node): Conditions => {
    if (node.kind === "branch") return { [node.join]: node.parts.map(write) };
    const field = fieldAt(collection, node.field, find);
    if (!asksValue(node.op)) return { [node.field]: { [node.op]: true } };
    const list = node.op === "in" || node.op === "notIn";
    const value: Json = list
      ? node.text.split(",").map((part) => part.trim()).filter((part) => part !== "").map((part) => operand(part, field))
      : operand(node.text, field);
    return { [node.field]: { [node.op]: value } };
  };
  if (root.parts.length === 0) return null;
  const [only] = root.parts;
  return root.parts.length === 1 && only ? write(only) : write(root);
}

/** A comparison without its value: the server would refuse the rule, or worse, read it otherwise. */
export function lacksValue(leaf: Leaf, field: FieldInfo | undefined): boolean {
  if (!asksValue(leaf.op) || leaf.text.trim() !== "") return false;
  // An empty text is a value of a text field, but no list and no search.
  return !(field?.type.kind === "text" && (leaf.op === "eq" || leaf.op === "ne"));
}

/** Whether some part of a condition still waits for its value, or an empty group lets everyone pass. */
export function isUnfinished(
  stored: Conditions | null,
  collection: CollectionInfo,
  find: (name: string) => CollectionInfo | undefined,
): boolean {
  const open = (node: Node): boolean =>
    node.kind === "leaf"
      ? lacksValue(node, fieldAt(collection, node.field, find))
      : node.parts.length === 0 || node.parts.some(open);
  if (stored === null) return false;
  const tree = readCondition(stored);
  return tree !== null && open(tree);
}
