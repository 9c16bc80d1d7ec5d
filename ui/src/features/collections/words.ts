import { told } from "@/lib/told";
import { isRecord, NAME, type Drafts, type Entry } from "./draft";
import { t } from "./messages";

export function storeWord(store: string): string {
  return store === "postgres" ? "Postgres" : "SQLite";
}

/** What is wrong with this name for a field, if anything. */
export function fieldNameFault(entry: Entry, name: string, self?: string): string | null {
  if (name === "") return t("name.empty");
  if (!NAME.test(name)) return t("name.bad");
  const twin = entry.draft.fields.some((field) => field.id !== self && field.name.toLowerCase() === name.toLowerCase());
  return twin ? t("name.taken", { name }) : null;
}

/** Words that filters and reports give a meaning of their own. */
const RESERVED = new Set([
  "user", "group", "order", "limit", "offset", "where", "select", "insert", "update", "delete", "table", "from", "join", "left", "right", "inner",
  "outer", "cross", "natural", "using", "on",
]);

/** A name for a relation that no filter misreads: `order` becomes `order_ref`. */
export function unreserved(name: string): string {
  return RESERVED.has(name.toLowerCase()) ? `${name}_ref` : name;
}

/** What is wrong with this name for a relation, if anything. */
export function relationNameFault(entry: Entry, name: string, self?: string): string | null {
  if (RESERVED.has(name.toLowerCase())) return t("name.word", { name });
  if (name !== "" && name === entry.draft.name) return t("name.itself", { name });
  return fieldNameFault(entry, name, self);
}

/** What is wrong with this name for a collection, if anything. */
export function collectionNameFault(drafts: Drafts, name: string, self?: Entry): string | null {
  if (name === "") return t("name.empty");
  if (!NAME.test(name)) return t("name.bad");
  if (name.toLowerCase().startsWith("baasix_")) return t("name.reserved");
  if (name.toLowerCase().endsWith("_junction") && self?.draft.rest["isJunction"] !== true) return t("name.junction");
  const twin = [...drafts.values()].some((entry) => entry.id !== self?.id && entry.draft.name.toLowerCase() === name.toLowerCase());
  return twin ? t("name.taken", { name }) : null;
}

/** posts, videos or notes */
export function either(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : t("rel.either", { first: names.slice(0, -1).join(", "), last });
}

/** What would make it work, as a sentence: `did you mean lower?` */
export function hintText(hint: string): string {
  const plain = told(hint);
  const whole = `${plain.charAt(0).toUpperCase()}${plain.slice(1)}`;
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

/** The server's reason: the sentence of the fault says only that there was one. */
export function reasonOf(error: unknown): string {
  const fault = error as { message?: unknown; details?: unknown; hint?: unknown } | null;
  const list: readonly unknown[] = Array.isArray(fault?.details) ? (fault.details as readonly unknown[]) : [];
  const said = list.flatMap((detail) => (isRecord(detail) && typeof detail["message"] === "string" ? [detail["message"]] : []));
  const given = said.length > 0 ? [...new Set(said)].join("; ") : typeof fault?.message === "string" ? fault.message : String(error);
  const message = told(given);
  // A name at the beginning is written as it is.
  const whole = given.startsWith("`") ? message : `${message.charAt(0).toUpperCase()}${message.slice(1)}`;
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
