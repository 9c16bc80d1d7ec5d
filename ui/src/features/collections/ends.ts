/** What two fields mean that somebody drew a line between: who holds the key, and in which column. */
import { isColumn, isGenerated, primaryKey, text, type Draft, type DraftField, type Drafts, type Entry } from "./draft";
import { canonicalType } from "./types";

export interface End {
  readonly collection: string;
  /** Absent for the head of a collection. */
  readonly field?: string | undefined;
}

export interface Proposal {
  /** Each of these has one of the other. */
  readonly source: string;
  readonly target: string | undefined;
  /** A column of the source that stands already and can hold the key. */
  readonly column?: string | undefined;
}

const typeOf = (field: DraftField): string => canonicalType(text(field.def, "type"));

function holdsKeys(draft: Draft, field: DraftField): boolean {
  return draft.fields.some((other) => text(other.def, "relType") === "BelongsTo" && text(other.def, "foreignKey") === field.name);
}

/** The columns of a collection that can hold the key of another as they stand: of its type, and free. */
export function columnsFor(drafts: Drafts, source: string, target: string): readonly DraftField[] {
  const draft = drafts.get(source)?.draft;
  const there = drafts.get(target)?.draft;
  const key = there ? primaryKey(there) : undefined;
  if (!draft || !key) return [];
  return draft.fields.filter(
    (field) =>
      isColumn(field) && !field.dropped && field.def["primaryKey"] !== true && !isGenerated(field) && typeOf(field) !== "VIRTUAL" && typeOf(field) === typeOf(key) && !holdsKeys(draft, field),
  );
}

/** Read in the direction it was drawn; the other way round where only that one makes sense. */
export function proposal(drafts: Drafts, from: End, to: End): Proposal {
  const column = (here: End, there: End): string | undefined => columnsFor(drafts, here.collection, there.collection).find((field) => field.id === here.field)?.id;
  const isKey = (end: End): boolean => {
    const draft = drafts.get(end.collection)?.draft;
    return end.field !== undefined && draft !== undefined && primaryKey(draft)?.id === end.field;
  };
  const straight = column(from, to);
  // From a key to what is none: it is the other one that holds it.
  if (isKey(from) && !isKey(to) && to.field !== undefined) return { source: to.collection, target: from.collection, column: column(to, from) };
  return { source: from.collection, target: to.collection, column: straight };
}

/** The name of a relation that a column suggests: `customer_id` holds a customer. */
export function nameFrom(entry: Entry | undefined, column: string | undefined): string | undefined {
  const field = entry?.draft.fields.find((known) => known.id === column);
  const stem = field ? /^(.+?)(_id|_Id|Id|_key|_no|_ref)$/.exec(field.name)?.[1] : undefined;
  return stem !== undefined && entry && !entry.draft.fields.some((known) => known.name.toLowerCase() === stem.toLowerCase()) ? stem : undefined;
}
