/** What a collection's node shows: its columns and the relations it holds the key of. */
import {
  isGenerated, isColumn, ownerOf, relationOf, stateOf, throughJunction, type Draft, type DraftField, type Drafts, type Entry, type FieldState,
} from "./draft";
import { t } from "./messages";
import { typeWord } from "./types";

export interface Row extends FieldState {
  readonly field: DraftField;
  readonly type: string;
}

export const NODE_WIDTH = 208;
export const HEAD = 28;
export const ROW = 22;
const ROWS_MAX = 12;

export function collectionName(drafts: Drafts, id: string): string {
  return drafts.get(id)?.draft.name ?? id;
}

/** The type in words; for a relation, where it leads. */
export function typeOf(drafts: Drafts, field: DraftField): string {
  const relation = relationOf(field);
  if (!relation) return typeWord(field.def);
  const through = throughJunction(drafts, field);
  if (through) return t("arrow.many", { target: through.targets.map((id) => collectionName(drafts, id)).join(", ") });
  const target = collectionName(drafts, relation.target);
  return relation.kind === "BelongsTo" || relation.kind === "HasOne" ? t("arrow", { target }) : t("arrow.many", { target });
}

/** Fields a person made or would look for: no stamps, no columns that belong to a relation. */
export function isQuiet(draft: Draft, field: DraftField): boolean {
  return ownerOf(draft, field) !== undefined || (isGenerated(field) && isColumn(field));
}

/** The rows of a node; those that are `wanted` in sight take the places of others. */
export function rowsOf(drafts: Drafts, entry: Entry, ended: ReadonlySet<string>, wanted: ReadonlySet<string> = new Set()): { rows: readonly Row[]; more: number } {
  const all = entry.draft.fields.flatMap((field): Row[] => {
    const relation = relationOf(field);
    if (relation && relation.kind !== "BelongsTo") return [];
    if (ownerOf(entry.draft, field)) return [];
    const state = stateOf(entry, field, ended);
    if (isQuiet(entry.draft, field) && state.state !== "dropped") return [];
    return [{ field, type: typeOf(drafts, field), ...state }];
  });
  if (all.length <= ROWS_MAX) return { rows: all, more: 0 };
  // Relations and open work stay in sight; the rest is counted.
  const kept = (row: Row): boolean => row.state !== undefined || relationOf(row.field) !== null;
  const room = Math.max(0, ROWS_MAX - all.filter(kept).length);
  const plain = all.filter((row) => !kept(row));
  const chosen = new Set([...plain.filter((row) => wanted.has(row.field.id)), ...plain.filter((row) => !wanted.has(row.field.id))].slice(0, room));
  const rows = all.filter((row) => kept(row) || chosen.has(row));
  return { rows, more: all.length - rows.length };
}

export function heightOf(shown: { rows: readonly Row[]; more: number }): number {
  return HEAD + (shown.rows.length + (shown.more > 0 ? 1 : 0)) * ROW + 3;
}
