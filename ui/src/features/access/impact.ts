/** What staged rules would do, as it is asked of the server and told in words. Without a screen. */
import type { PermissionAction, PermissionImpact, RecordsInReach, User } from "@plinth/sdk";
import { exactRow, parseJson, type JsonNode } from "@/lib/exact-json";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import type { Op } from "@/lib/pending";
import { isUnfinished } from "./conditions";
import { t } from "./messages";
import { cellOf, fieldNames, isPersonal, splitFields, type Rule } from "./rule";
import type { CellAddress } from "./Matrix";

type Find = (name: string) => CollectionInfo | undefined;

/** One rule as it would be, as the server reads it. */
export interface Change {
  readonly role_Id: string;
  readonly collection: string;
  readonly action: PermissionAction;
  /** As it would be stored; none where it is taken away. */
  readonly permission: Rule | null;
}

/** The body of the question. */
export interface Question {
  readonly changes: readonly Change[];
  readonly user_Id?: string;
  readonly tenant_Id?: string;
}

/** What the server judges at once. */
const CHANGES_MAX = 50;
/** As much as a sentence tells before it says how many more there are. */
const PHRASES = 3;
/** As many names of fields as stand in two lines of the drawer. */
const NAMES = 12;
const SAMPLE_COLUMNS = 4;

export const ruleAfter = (op: Op): Rule | undefined => op.after as Rule | undefined;
export const shortName = (collection: string): string => collection.replace(/^baasix_/, "");

export function changeTo({ role, collection, action }: CellAddress, rule: Rule | undefined): Change {
  return { role_Id: role, collection, action, permission: rule ?? null };
}

/** A staged rule with a condition that still waits for its value. The server would refuse all that is asked with it. */
export function opUnfinished(op: Op, find: Find): boolean {
  const collection = find(cellOf(op).collection);
  return collection !== undefined && isUnfinished(ruleAfter(op)?.conditions ?? null, collection, find);
}

/** One cell as it would be, first, and what else is staged for its role, so that all of it is judged as one. */
export function togetherWith(own: Change, staged: readonly Op[], find: Find): readonly Change[] {
  const others = staged
    .map((op) => ({ op, cell: cellOf(op) }))
    .filter(({ cell }) => cell.role === own.role_Id && !(cell.collection === own.collection && cell.action === own.action))
    .filter(({ op }) => !opUnfinished(op, find))
    .map(({ op, cell }) => changeTo(cell, ruleAfter(op)));
  return [own, ...others].slice(0, CHANGES_MAX);
}

/** Whether what a rule reaches differs by person. */
export function differsByPerson(rule: Rule | undefined): boolean {
  return rule !== undefined && (isPersonal(rule.conditions) || isPersonal(rule.relConditions));
}

/** What the bar asks about: staged reading that is finished, and the same for everybody of its role. */
export function readingOf(staged: readonly Op[], find: Find): readonly Change[] {
  return staged
    .filter((op) => cellOf(op).action === "read" && !opUnfinished(op, find))
    .filter((op) => !differsByPerson(ruleAfter(op)) && !differsByPerson(op.before as Rule | undefined))
    .map((op) => changeTo(cellOf(op), ruleAfter(op)))
    .slice(0, CHANGES_MAX);
}

const NOTHING_NESTED: ReadonlySet<string> = new Set();
const item = (node: JsonNode | undefined, key: string): JsonNode | undefined => (node?.t === "object" ? node.v.find(([name]) => name === key)?.[1] : undefined);

/** The answer, with the rows of its samples as they were written: a parser of numbers would round them. */
export function readImpacts(text: string): readonly PermissionImpact[] {
  const { data } = JSON.parse(text) as { data: readonly PermissionImpact[] };
  const exact = parseJson(text);
  const nodes = exact.ok ? item(exact.node, "data") : undefined;
  if (nodes?.t !== "array") return data;
  return data.map((impact, at) => {
    const records = item(nodes.v[at], "records");
    const rows = (key: string): Record<string, unknown>[] => {
      const list = item(records, key);
      return list?.t === "array" ? list.v.map((row) => exactRow(row, NOTHING_NESTED) as Record<string, unknown>) : [];
    };
    return impact.records ? { ...impact, records: { ...impact.records, gainedSample: rows("gainedSample"), lostSample: rows("lostSample") } } : impact;
  });
}

/** "Support gains 1,148 orders and 1,091 invoices." Empty when no row changes hands. */
export function sentenceOf(impacts: readonly PermissionImpact[]): string {
  const roles = new Map<string, { name: string; gained: string[]; lost: string[] }>();
  for (const { role, collection, records } of impacts) {
    if (!records) continue;
    const key = role.id ?? "";
    const of = roles.get(key) ?? { name: role.name ?? key, gained: [], lost: [] };
    roles.set(key, of);
    const name = shortName(collection);
    if (records.gained > 0) of.gained.push(t("bar.rows", { count: records.gained, name }));
    if (records.lost > 0) of.lost.push(t("bar.rows", { count: records.lost, name }));
  }
  let left = PHRASES;
  let more = 0;
  const sentences: string[] = [];
  for (const { name, gained, lost } of roles.values()) {
    for (const [key, all] of [["bar.gains", gained], ["bar.loses", lost]] as const) {
      const told = all.slice(0, left);
      left -= told.length;
      more += all.length - told.length;
      if (told.length > 0) sentences.push(t(key, { role: name, what: listed(told) }));
    }
  }
  if (more > 0) sentences.push(t("bar.more", { count: more }));
  return sentences.join(" ");
}

function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? "";
  const first = items.slice(0, -1);
  return first.length === 0 ? last : t("bar.and", { first: first.join(", "), last });
}

/** Which fields a rule names that the other one does not. */
export function namedBeyond(collection: CollectionInfo, rule: Rule | undefined, other: Rule | undefined): readonly string[] {
  const names = fieldNames(collection);
  const on = (some: Rule | undefined) => (some ? splitFields(some, names).on : new Set<string>());
  const known = on(other);
  return [...on(rule)].filter((name) => !known.has(name));
}

/** Names of fields in one line, as many as can be read. */
export function namesTold(names: readonly string[]): string {
  const more = names.length - NAMES;
  return more > 1 ? t("impact.names", { names: names.slice(0, NAMES).join(", "), count: more }) : names.join(", ");
}

/** What tells rows apart: the key, what stands for a row, then what else is short enough to read. */
export function sampleColumns(collection: CollectionInfo): readonly FieldInfo[] {
  const shown = collection.fields.filter((field) => !field.hidden);
  const long = new Set(["json", "array", "range", "geo", "binary"]);
  const rank = (field: FieldInfo): number => {
    if (field.primaryKey) return 0;
    if (field.name === collection.display) return 1;
    if (long.has(field.type.kind) || field.type.long === true) return 4;
    return field.computed ? 3 : 2;
  };
  return shown
    .map((field, at) => ({ field, at }))
    .sort((a, b) => rank(a.field) - rank(b.field) || a.at - b.at)
    .slice(0, SAMPLE_COLUMNS)
    .map(({ field }) => field);
}

export interface SampleRow {
  readonly gained: boolean;
  readonly row: Readonly<Record<string, unknown>>;
}

export function sampleOf(records: Pick<RecordsInReach, "gainedSample" | "lostSample"> | null | undefined): readonly SampleRow[] {
  if (!records) return [];
  return [...records.gainedSample.map((row) => ({ gained: true, row })), ...records.lostSample.map((row) => ({ gained: false, row }))];
}

/** Somebody of a role, through whose eyes rows are counted. */
export interface Somebody {
  readonly id: string;
  readonly name: string;
  /** The address, where it is not the name already. */
  readonly address: string | null;
  /** Where they have the role, in a project with tenants. */
  readonly tenant: string | null;
}

export type UserOfRole = Pick<User, "id" | "email" | "firstName" | "lastName"> & {
  readonly userRoles?: readonly { readonly role_Id: string; readonly tenant_Id?: string | null }[] | null;
};

export function somebody(user: UserOfRole, role: string): Somebody {
  const name = [user.firstName, user.lastName].filter((part) => part !== null && part !== undefined && part.trim() !== "").join(" ");
  const held = user.userRoles?.find((one) => one.role_Id === role);
  return { id: user.id, name: name === "" ? (user.email ?? user.id) : name, address: name === "" ? null : (user.email ?? null), tenant: held?.tenant_Id ?? null };
}
