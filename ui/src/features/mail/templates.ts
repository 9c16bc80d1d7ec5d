/**
 * Texts of mails as the screen holds them. A change is the whole text of one type, for the project or for one
 * tenant; none stands for what is sent without it: the project's text, and at last the built-in one.
 */
import type { TemplateDefault } from "@plinth/sdk";
import type { Op, Target } from "@/lib/pending";

export const SCOPE = "mail";

/** No tenant: the project itself. */
export const PROJECT = "";

export interface Written {
  readonly subject: string;
  readonly body: string;
}

/** A row of `baasix_Template`. */
export interface Row {
  readonly id: string;
  readonly type: string;
  readonly tenant: string;
  readonly subject: string;
  readonly body: string | null;
  readonly active: boolean;
}

export function targetOf(tenant: string, type: string): Target {
  return { scope: SCOPE, path: [tenant, type] };
}

export function placeOf({ target }: Pick<Op, "target">): { readonly tenant: string; readonly type: string } {
  return { tenant: target.path[0] ?? PROJECT, type: target.path[1] ?? "" };
}

export function sameText(a: Written | undefined, b: Written | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.subject === b.subject && a.body === b.body);
}

export function rowOf(rows: readonly Row[], tenant: string, type: string): Row | undefined {
  return rows.find((row) => row.tenant === tenant && row.type === type);
}

/**
 * The own text of the project or the tenant, as far as it counts: one that is not active is passed over. A new
 * project has the built-in texts as rows; such a row is no text of its own.
 */
export function ownOf(rows: readonly Row[], tenant: string, type: string, builtIn: Written | undefined): Written | undefined {
  const row = rowOf(rows, tenant, type);
  return row?.active === true ? asOwn({ subject: row.subject, body: row.body ?? "" }, tenant, builtIn) : undefined;
}

/** The project's text that says what the built-in one does is none; a tenant's stands in the way of the project's. */
export function asOwn(text: Written, tenant: string, builtIn: Written | undefined): Written | undefined {
  return tenant === PROJECT && sameText(text, builtIn) ? undefined : text;
}

export function builtInOf(templates: readonly TemplateDefault[], type: string): Written | undefined {
  const found = templates.find((template) => template.type === type);
  return found && { subject: found.subject, body: found.body };
}

/** The lines, from 1, on which a template asks for a variable of this name. */
export function linesOf(text: string, name: string): readonly number[] {
  const asked = new RegExp(`(?<![\\w.])${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?!\\w)`);
  return text.split("\n").flatMap((line, at) => {
    // Texts in quotes are no names.
    const tags = [...line.matchAll(/\{\{.*?(?:\}\}|$)|\{%.*?(?:%\}|$)/g)].map(([tag]) => tag.replace(/"[^"]*"|'[^']*'/g, ""));
    return tags.some((tag) => asked.test(tag)) ? [at + 1] : [];
  });
}
