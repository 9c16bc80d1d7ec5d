/** Collections and fields that say what one looks for, and the way from one to the next. */
import type { Drafts, Entry } from "./draft";

export interface Hit {
  readonly collection: string;
  /** Absent when it is the collection itself that says it. */
  readonly field?: string;
}

const at = (word: string, wanted: string): number => word.toLowerCase().indexOf(wanted);

/** Every place that says it: names that begin with it come first, collections before fields. */
export function find(entries: readonly Entry[], text: string): readonly Hit[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return [];
  const found = entries.flatMap(({ id, draft }): { readonly hit: Hit; readonly rank: number }[] => {
    const own = at(draft.name, wanted);
    return [
      ...(own < 0 ? [] : [{ hit: { collection: id }, rank: draft.name.toLowerCase() === wanted ? 0 : own === 0 ? 1 : 2 }]),
      ...draft.fields.flatMap((field) => (at(field.name, wanted) < 0 ? [] : [{ hit: { collection: id, field: field.id }, rank: field.name.toLowerCase() === wanted ? 3 : 4 }])),
    ];
  });
  return found.sort((a, b) => a.rank - b.rank).map(({ hit }) => hit);
}

export const same = (a: Hit, b: Hit): boolean => a.collection === b.collection && a.field === b.field;

/** The hit after this one, or before it; around the end. The first when none of them is current. */
export function next(hits: readonly Hit[], now: Hit | undefined, by: 1 | -1): Hit | undefined {
  const current = now ? hits.findIndex((hit) => same(hit, now)) : -1;
  if (current < 0) return by === 1 ? hits[0] : hits.at(-1);
  return hits[(current + by + hits.length) % hits.length];
}

/** The word in three: before, what was looked for, after. */
export function parts(word: string, text: string): readonly [string, string, string] | null {
  const wanted = text.trim().toLowerCase();
  const start = wanted === "" ? -1 : at(word, wanted);
  return start < 0 ? null : [word.slice(0, start), word.slice(start, start + wanted.length), word.slice(start + wanted.length)];
}

/** `orders.total`, as people say it. */
export function said(drafts: Drafts, hit: Hit): string {
  const draft = drafts.get(hit.collection)?.draft;
  const field = draft?.fields.find((known) => known.id === hit.field);
  return field ? `${draft?.name ?? ""}.${field.name}` : (draft?.name ?? hit.collection);
}
