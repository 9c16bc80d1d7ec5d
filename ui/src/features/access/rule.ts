/** A rule as the studio holds it: one role, one collection, one action. Absent means: nothing. */
import type { Permission, PermissionAction } from "@plinth/sdk";
import type { Reach } from "@/kit/MatrixCell";
import type { CollectionInfo } from "@/lib/fields";
import type { Op, Target } from "@/lib/pending";

export const ACTIONS: readonly PermissionAction[] = ["read", "create", "update", "delete"];
export const SCOPE = "access";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Conditions = { readonly [key: string]: Json };

export interface Rule {
  readonly fields: readonly string[];
  readonly conditions: Conditions | null;
  /** Kept as stored; this screen shows that they exist. */
  readonly relConditions: Conditions | null;
  readonly defaultValues: Conditions | null;
}

export const EVERYTHING: Rule = { fields: ["*"], conditions: null, relConditions: null, defaultValues: null };

export function ruleOf(permission: Permission): Rule {
  const { fields, action } = permission;
  const list = Array.isArray(fields)
    ? fields
    : typeof fields === "string"
      ? fields.split(",").map((part) => part.trim()).filter((part) => part !== "")
      : // Absent fields grant every direct column to a reader, and nothing to a writer.
        action === "read" || action === "delete"
        ? ["*"]
        : [];
  return {
    fields: list,
    conditions: (permission.conditions ?? null) as Conditions | null,
    relConditions: (permission.relConditions ?? null) as Conditions | null,
    defaultValues: (permission.defaultValues ?? null) as Conditions | null,
  };
}

const empty = (conditions: Conditions | null): boolean => conditions === null || Object.keys(conditions).length === 0;

/** What a rule reaches, for the glyph. */
export function reachOf(rule: Rule | undefined, action: PermissionAction): Reach {
  if (!rule) return "none";
  const rows = !empty(rule.conditions);
  const whole = action === "delete" || rule.fields.some((field) => field === "*" || field === "**");
  if (!whole && rule.fields.length === 0) return "none";
  if (rows) return whole ? "rows" : "both";
  return whole ? "all" : "fields";
}

/** JSON with its keys in order, so that two spellings of one rule compare equal. */
export function stable(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function plain(rule: Rule | undefined): unknown {
  if (!rule) return null;
  return {
    fields: [...rule.fields].sort(),
    conditions: empty(rule.conditions) ? null : rule.conditions,
    relConditions: empty(rule.relConditions) ? null : rule.relConditions,
    defaultValues: empty(rule.defaultValues) ? null : rule.defaultValues,
  };
}

export function sameRule(a: Rule | undefined, b: Rule | undefined): boolean {
  return stable(plain(a)) === stable(plain(b));
}

export function cellTarget(role: string, collection: string, action: PermissionAction): Target {
  return { scope: SCOPE, path: [role, collection, action] };
}

export function cellOf(op: Op): { role: string; collection: string; action: PermissionAction } {
  const [role = "", collection = "", action = "read"] = op.target.path;
  return { role, collection, action: action as PermissionAction };
}

export function cellKey(role: string, collection: string, action: PermissionAction): string {
  return `${role}\u0000${collection}\u0000${action}`;
}

/** Fields of a collection that a rule may name one by one. */
export function fieldNames(collection: CollectionInfo): readonly string[] {
  return collection.fields.filter((field) => !field.hidden).map((field) => field.name);
}

/** Which of them a rule names, and the patterns that reach further (`author.*`). */
export function splitFields(rule: Rule, names: readonly string[]): { star: boolean; on: ReadonlySet<string>; further: readonly string[] } {
  const star = rule.fields.some((field) => field === "*" || field === "**");
  const known = new Set(names);
  return {
    star,
    on: star ? known : new Set(rule.fields.filter((field) => known.has(field))),
    further: rule.fields.filter((field) => field !== "*" && !known.has(field)),
  };
}

/** Whether a condition speaks of the person who asks: its count differs by person. */
export function isPersonal(conditions: Conditions | null): boolean {
  return conditions !== null && /"\$CURRENT_[A-Z]+/.test(JSON.stringify(conditions));
}
