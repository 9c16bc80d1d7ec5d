/** Where in the draft a refused plan is wrong: the server tells the field and what of it. */
import { isChanged, isRecord, type Drafts } from "./draft";
import { reasonOf } from "./words";

export interface Misplaced {
  readonly collection: string;
  /** Id of the field. */
  readonly field: string;
  readonly key: "calculated" | "defaultValue";
  readonly why: string;
  /** What would make it work, when the server knows. */
  readonly hint: string | undefined;
}

/** Nothing when the refusal is about no expression, or when two changed collections could be meant. */
export function misplacedOf(error: unknown, drafts: Drafts): Misplaced | undefined {
  const fault = error as { readonly body?: unknown; readonly hint?: unknown } | null;
  const told = isRecord(fault?.body) && isRecord(fault.body["error"]) ? fault.body["error"]["at"] : undefined;
  const [, name, key] = typeof told === "string" ? (/^fields\.(.+)\.(calculated|defaultValue)(?:\.|$)/.exec(told) ?? []) : [];
  if (name === undefined || (key !== "calculated" && key !== "defaultValue")) return undefined;
  const meant = [...drafts.values()].flatMap((entry) => {
    const field = isChanged(entry) && !entry.draft.dropped ? entry.draft.fields.find((known) => known.name === name && !known.dropped && known.def[key] !== undefined) : undefined;
    return field ? [{ collection: entry.id, field: field.id }] : [];
  });
  const [only] = meant;
  if (!only || meant.length > 1) return undefined;
  return { ...only, key, why: reasonOf(error), hint: typeof fault?.hint === "string" && fault.hint !== "" ? fault.hint : undefined };
}
