/** The steps a person takes: each answers which collections change, and to what. */
import {
  FLAG_FIELDS, isColumn, isGenerated, newId, ownerOf, patched, relationOf, text, throughJunction, type Days, type Definition, type Draft, type DraftField, type DraftIndex, type Drafts, type Edits,
  type Entry, type Flag, type Json,
} from "./draft";
import { free } from "./names";

/** The same thing, marked for dropping or put back. */
function marked<Item extends { readonly dropped?: true }>(item: Item, dropping: boolean): Item {
  const { dropped, ...rest } = item;
  if (dropping === (dropped === true)) return item;
  return (dropping ? { ...rest, dropped: true } : rest) as Item;
}

const one = (id: string, draft: Draft): Edits => new Map([[id, draft]]);

function withFields(draft: Draft, change: (field: DraftField) => DraftField): Draft {
  return { ...draft, fields: draft.fields.map(change) };
}

export interface NewField {
  readonly name: string;
  readonly def: Definition;
}

/** A new collection begins with its key. */
export function newCollection(name: string, key: Definition, fields: readonly NewField[], timestamps: boolean): Edits {
  return one(`+${newId()}`, {
    name,
    fields: [{ name: "id", def: key }, ...fields].map((field) => ({ id: newId(), ...field })),
    indexes: [],
    rest: { name, timestamps },
  });
}

export function addField(entry: Entry, field: NewField): { readonly edits: Edits; readonly id: string } {
  const id = newId();
  const at = entry.draft.fields.findIndex((known) => isGenerated(known) && !ownerOf(entry.draft, known));
  const fields = [...entry.draft.fields];
  fields.splice(at < 0 ? fields.length : at, 0, { id, ...field });
  return { id, edits: one(entry.id, { ...entry.draft, fields }) };
}

export function setDefinition(entry: Entry, field: string, def: Definition): Edits {
  return one(entry.id, withFields(entry.draft, (known) => (known.id === field ? { ...known, def } : known)));
}

export function setFlag(entry: Entry, flag: Flag, on: boolean): Edits {
  const { draft } = entry;
  const names = FLAG_FIELDS[flag];
  const kept = flag === "sortEnabled" || flag === "usertrack";
  const next = withFields(draft, (field) => (kept || !names.includes(field.name) || !isGenerated(field) ? field : marked(field, !on)));
  const stored = entry.base?.rest[flag];
  // Back to what stands is back to how it was written, so that the change takes itself away.
  const value = stored === undefined && on === (flag === "timestamps") ? undefined : on;
  return one(entry.id, { ...next, rest: patched(draft.rest, { [flag]: value }) });
}

/** How many days something is kept; an empty text leaves it to the server. */
export function setDays(entry: Entry, key: Days, text: string): Edits {
  // What stands is merged with what is sent: a number is taken away by saying that there is none.
  const none = entry.base?.rest[key] === undefined ? undefined : null;
  return one(entry.id, { ...entry.draft, rest: patched(entry.draft.rest, { [key]: text === "" ? none : Number.parseInt(text, 10) }) });
}

export function renameCollection(entry: Entry, name: string): Edits {
  const own = text(entry.draft.rest, "name");
  const rest = own === entry.draft.name && !entry.base ? patched(entry.draft.rest, { name }) : entry.draft.rest;
  return one(entry.id, { ...entry.draft, name, rest });
}

/** A rename is followed by everything that names the field: keys, indexes, far ends. */
export function renameField(drafts: Drafts, entry: Entry, id: string, name: string): Edits {
  const old = entry.draft.fields.find((field) => field.id === id)?.name;
  if (old === undefined || old === name) return new Map();
  const edits = new Map<string, Draft>();
  for (const other of drafts.values()) {
    const own = other.id === entry.id;
    const next = withFields(other.draft, (field) => {
      const relation = relationOf(field);
      const patch: Record<string, Json> = {};
      const follow = (key: string) => {
        if (text(field.def, key) === old) patch[key] = name;
      };
      if (relation?.kind === "BelongsTo" && own) follow("foreignKey");
      if ((relation?.kind === "HasMany" || relation?.kind === "HasOne") && relation.target === entry.id) follow("foreignKey");
      if (relation?.kind === "BelongsToMany" && text(field.def, "through") === entry.id) {
        follow("foreignKey");
        follow("otherKey");
      }
      if (relation && relation.target === entry.id) follow("targetKey");
      const renamed = own && field.id === id;
      if (renamed && relation && text(field.def, "as") === old) patch["as"] = name;
      if (!renamed && Object.keys(patch).length === 0) return field;
      return { ...field, ...(renamed ? { name } : {}), def: patched(field.def, patch) };
    });
    const indexes = own
      ? next.indexes.map((index) => ({ ...index, fields: index.fields.map((field) => (field === old ? name : field)) }))
      : next.indexes;
    if (own || next.fields.some((field, at) => field !== other.draft.fields[at])) edits.set(other.id, { ...next, indexes });
  }
  return edits;
}

/** What goes together with a field: the column of a relation, the relation of a column, far ends. */
function together(drafts: Drafts, entry: Entry, id: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const add = (collection: string, field: string): boolean => {
    const known = found.get(collection) ?? new Set<string>();
    found.set(collection, known);
    if (known.has(field)) return false;
    known.add(field);
    return true;
  };
  const visit = (collection: string, fieldId: string): void => {
    const at = drafts.get(collection);
    const field = at?.draft.fields.find((known) => known.id === fieldId);
    if (!at || !field || !add(collection, fieldId)) return;
    const relation = relationOf(field);
    if (relation?.kind === "BelongsTo") {
      const column = at.draft.fields.find((other) => other.name === relation.foreignKey && other.id !== fieldId);
      const shared = at.draft.fields.some((other) => other.id !== fieldId && relationOf(other)?.kind === "BelongsTo" && relationOf(other)?.foreignKey === relation.foreignKey);
      if (column && isGenerated(column) && !shared) add(collection, column.id);
      for (const far of drafts.get(relation.target)?.draft.fields ?? []) {
        const back = relationOf(far);
        if (back && back.kind !== "BelongsTo" && back.target === collection && back.foreignKey === relation.foreignKey) add(relation.target, far.id);
      }
    } else if (isColumn(field)) {
      for (const other of at.draft.fields) {
        const using = relationOf(other);
        if (using?.kind === "BelongsTo" && using.foreignKey === field.name && other.id !== fieldId) visit(collection, other.id);
      }
    }
  };
  visit(entry.id, id);
  return found;
}

/** Marks a field for dropping, or puts it back. What was only staged goes at once. */
export function toggleDropped(drafts: Drafts, entry: Entry, id: string): Edits {
  const field = entry.draft.fields.find((known) => known.id === id);
  if (!field) return new Map();
  const dropping = field.dropped !== true;
  const edits = new Map<string, Draft | undefined>();
  const parts = new Map(together(drafts, entry, id));
  const junction = drafts.get(throughJunction(drafts, field)?.junction ?? "");
  if (junction) {
    // Without its junction neither end leads anywhere.
    edits.set(junction.id, junction.base ? marked(junction.draft, dropping) : undefined);
    for (const other of drafts.values()) {
      const ends = other.draft.fields.filter((known) => throughJunction(drafts, known)?.junction === junction.id).map((known) => known.id);
      if (ends.length > 0) parts.set(other.id, new Set([...(parts.get(other.id) ?? []), ...ends]));
    }
  }
  for (const [collection, ids] of parts) {
    const at = drafts.get(collection);
    if (!at) continue;
    const stored = new Set(at.base?.fields.map((known) => known.id));
    const fields = at.draft.fields.flatMap((known): DraftField[] => {
      if (!ids.has(known.id)) return [known];
      // Put back, it has its column as before.
      return dropping && !stored.has(known.id) ? [] : [marked(keepingColumn(known), dropping)];
    });
    const names = new Set(at.draft.fields.filter((known) => ids.has(known.id)).map((known) => known.name));
    const indexes = at.draft.indexes.flatMap((index): DraftIndex[] => {
      if (!index.fields.some((name) => names.has(name))) return [index];
      const standing = at.base?.indexes.some((known) => known.name === index.name) ?? false;
      return dropping && !standing ? [] : [marked(index, dropping)];
    });
    edits.set(collection, { ...at.draft, fields, indexes });
  }
  return edits;
}

function keepingTable({ name, fields, indexes, rest, dropped }: Draft): Draft {
  return { name, fields, indexes, rest, ...(dropped ? { dropped } : {}) };
}

/** Marks a collection for dropping, or puts it back with its table. */
export function toggleCollection(entry: Entry): Edits {
  if (!entry.base) return new Map([[entry.id, undefined]]);
  return one(entry.id, marked(keepingTable(entry.draft), !entry.draft.dropped));
}

/** Whether the table of a dropped collection ends with it, although it was there before. */
export function setDropTable(entry: Entry, on: boolean): Edits {
  return one(entry.id, on ? { ...entry.draft, dropTable: true } : keepingTable(entry.draft));
}

function keepingColumn({ id, name, def, dropped }: DraftField): DraftField {
  return { id, name, def, ...(dropped ? { dropped } : {}) };
}

/** Whether the column of a dropped field ends with it, although it was there before. */
export function setDropColumn(entry: Entry, id: string, on: boolean): Edits {
  const fields = entry.draft.fields.map((field): DraftField => {
    if (field.id !== id) return field;
    return on ? { ...field, dropColumn: true } : keepingColumn(field);
  });
  return one(entry.id, { ...entry.draft, fields });
}

/** What an index is for: finding and ordering by values, one record of each, or the words of a search. */
export type IndexUse = "values" | "unique" | "words";

const ENDS: Record<IndexUse, string> = { values: "idx", unique: "unique", words: "words" };

export function addIndex(entry: Entry, fields: readonly string[], use: IndexUse): Edits {
  const asked = use === "words" ? `${entry.draft.name}_words` : `${entry.draft.name}_${fields.join("_")}_${ENDS[use]}`.slice(0, 60);
  const name = free(asked, entry.draft.indexes.map((index) => index.name));
  const rest: Definition = use === "words" ? { type: "fulltext" } : {};
  return one(entry.id, { ...entry.draft, indexes: [...entry.draft.indexes, { name, fields, unique: use === "unique", rest }] });
}

/** Types whose fields a search looks in when it names no fields. */
const SEARCHED: ReadonlySet<string> = new Set(["string", "text", "html", "citext", "suid", "enum", "uuid", "virtual"]);

/** The fields that a search without fields looks in: an index of words serves it when it holds all of them. */
export function searchedFields(draft: Draft): readonly string[] {
  return draft.fields.filter((field) => isSearched(field) && field.def["hidden"] !== true).map((field) => field.name);
}

/** Whether an index of words can hold a field. */
export function isSearched(field: DraftField): boolean {
  return field.dropped !== true && SEARCHED.has(text(field.def, "type").toLowerCase());
}

export function toggleIndex(entry: Entry, name: string): Edits {
  const stored = entry.base?.indexes.some((index) => index.name === name) ?? false;
  return one(entry.id, {
    ...entry.draft,
    indexes: entry.draft.indexes.flatMap((index): DraftIndex[] => {
      if (index.name !== name) return [index];
      return stored || index.dropped ? [marked(index, !index.dropped)] : [];
    }),
  });
}
