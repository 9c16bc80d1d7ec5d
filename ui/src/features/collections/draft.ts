/**
 * Collections as they are being designed: what is stored, what shall be, and the documents that
 * lead from one to the other.
 *
 * Collections and fields are held by ids that a rename does not touch: a stored collection by its
 * stored name, a new one by an id of its own, a field by its `fieldId`. Relations name their
 * target by that id too, so renaming never has to chase references through half-written drafts.
 */
import type { SchemaChange, SchemaDefinition, SchemaInfo } from "@plinth/sdk";
import type { Op, Target } from "@/lib/pending";

export const SCOPE = "schema";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Definition = { readonly [key: string]: Json };

export interface DraftField {
  readonly id: string;
  readonly name: string;
  readonly def: Definition;
  /** Marked for dropping: stays in sight until it is applied. */
  readonly dropped?: true;
}

export interface DraftIndex {
  readonly name: string;
  readonly fields: readonly string[];
  readonly unique: boolean;
  readonly rest: Definition;
  readonly dropped?: true;
}

export interface Draft {
  readonly name: string;
  readonly fields: readonly DraftField[];
  readonly indexes: readonly DraftIndex[];
  /** Every other key of the document, flags included. */
  readonly rest: Definition;
  readonly dropped?: true;
}

/** One collection: as stored, and as it shall be. Both are the same object when nothing is staged. */
export interface Entry {
  readonly id: string;
  readonly base: Draft | undefined;
  readonly draft: Draft;
}

/** Every collection that stands or is staged, by id, in the order of the catalog. */
export type Drafts = ReadonlyMap<string, Entry>;

/** The collections one step changes. `undefined` takes a new one away again. */
export type Edits = ReadonlyMap<string, Draft | undefined>;

export type Flag = "timestamps" | "paranoid" | "sortEnabled" | "usertrack";
export const FLAGS: readonly Flag[] = ["timestamps", "paranoid", "sortEnabled", "usertrack"];

/** What each flag keeps in the rows. */
export const FLAG_FIELDS: Readonly<Record<Flag, readonly string[]>> = {
  timestamps: ["createdAt", "updatedAt"],
  paranoid: ["deletedAt"],
  sortEnabled: ["sort"],
  usertrack: ["userCreated_Id", "userUpdated_Id", "userCreated", "userUpdated"],
};

/** A name both stores can hold. */
export const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

export function newId(): string {
  return crypto.randomUUID();
}

export function isNewId(id: string): boolean {
  return id.startsWith("+");
}

export function isRecord(value: unknown): value is Definition {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function text(def: Definition, key: string): string {
  const value = def[key];
  return typeof value === "string" ? value : "";
}

/** JSON with its keys in order: two spellings of one document compare equal. */
export function stable(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

export function sameDraft(a: unknown, b: unknown): boolean {
  return a === b || (a !== undefined && b !== undefined && stable(a) === stable(b));
}

/** The form this file works on, of a stored document. */
export function draftOf({ collectionName, schema }: SchemaInfo): Draft {
  const { fields = {}, indexes, ...rest } = schema as unknown as Record<string, Json>;
  return {
    name: collectionName,
    fields: isRecord(fields)
      ? Object.entries(fields).flatMap(([name, raw]) => {
          if (!isRecord(raw)) return [];
          const { fieldId, ...def } = raw;
          return [{ id: typeof fieldId === "string" ? fieldId : `name:${name}`, name, def }];
        })
      : [],
    indexes: Array.isArray(indexes)
      ? (indexes as readonly Json[]).flatMap((raw) => {
          if (!isRecord(raw)) return [];
          const { name, fields: on, unique, ...more } = raw;
          return [{
            name: String(name),
            fields: Array.isArray(on) ? (on as readonly Json[]).map(String) : [],
            unique: unique === true,
            rest: more,
          }];
        })
      : [],
    rest: rest as Definition,
  };
}

export function targetOf(id: string): Target {
  return { scope: SCOPE, path: [id] };
}

/** Stored collections with what is staged on them. A document that moved meanwhile keeps its move. */
export function draftsOf(schemas: readonly SchemaInfo[], ops: readonly Op[]): Drafts {
  const staged = new Map(ops.map((op) => [op.target.path[0] ?? "", op]));
  const all = new Map<string, Entry>();
  for (const info of [...schemas].sort((a, b) => a.collectionName.localeCompare(b.collectionName))) {
    const id = info.collectionName;
    const base = draftOf(info);
    const op = staged.get(id);
    staged.delete(id);
    const after = op?.after as Draft | undefined;
    all.set(id, { id, base, draft: after ? rebased(op?.before as Draft | undefined, after, base) : base });
  }
  for (const [id, op] of staged) {
    const after = op.after as Draft | undefined;
    // What was stored and is gone by now comes back as a new one only when it is staged as one.
    if (after && (isNewId(id) || !after.dropped)) all.set(id, { id, base: undefined, draft: after });
  }
  return all;
}

/** My change, on top of what somebody else stored meanwhile: field by field, key by key. */
export function rebased(before: Draft | undefined, mine: Draft, now: Draft): Draft {
  if (before === undefined || sameDraft(before, now)) return mine;
  const list = <Item extends { readonly dropped?: true }>(
    key: (item: Item) => string,
    was: readonly Item[],
    wanted: readonly Item[],
    stored: readonly Item[],
  ): Item[] => {
    const old = new Map(was.map((item) => [key(item), item]));
    const want = new Map(wanted.map((item) => [key(item), item]));
    const merged = stored.map((item) => {
      const chosen = want.get(key(item));
      want.delete(key(item));
      return chosen && !sameDraft(chosen, old.get(key(item))) ? chosen : item;
    });
    // What is mine and new stays; what somebody else dropped stays dropped.
    return [...merged, ...[...want].filter(([id]) => !old.has(id)).map(([, item]) => item)];
  };
  const rest: Record<string, Json> = { ...now.rest };
  for (const key of new Set([...Object.keys(before.rest), ...Object.keys(mine.rest)])) {
    const value = mine.rest[key];
    if (stable(value ?? null) !== stable(before.rest[key] ?? null)) rest[key] = value ?? null;
  }
  return {
    name: mine.name === before.name ? now.name : mine.name,
    fields: list((field) => field.id, before.fields, mine.fields, now.fields),
    indexes: list((index) => index.name, before.indexes, mine.indexes, now.indexes),
    rest,
    ...(mine.dropped ? { dropped: true } : {}),
  };
}

export function isSystem(entry: Entry): boolean {
  return entry.id.startsWith("baasix_");
}

export function isJunction(draft: Draft): boolean {
  return draft.rest["isJunction"] === true;
}

/** `timestamps` is on unless it is switched off; the others are off unless switched on. */
export function flagOn(draft: Draft, flag: Flag): boolean {
  const value = draft.rest[flag];
  return flag === "timestamps" ? value !== false : value === true;
}

export function primaryKey(draft: Draft): DraftField | undefined {
  return draft.fields.find((field) => field.def["primaryKey"] === true);
}

export type End = "one" | "many";

/** A field that leads to another collection. */
export interface RelationEnd {
  readonly kind: "BelongsTo" | "HasMany" | "HasOne" | "BelongsToMany";
  readonly target: string;
  readonly foreignKey: string;
}

export function relationOf(field: DraftField): RelationEnd | null {
  const kind = text(field.def, "relType");
  if (kind !== "BelongsTo" && kind !== "HasMany" && kind !== "HasOne" && kind !== "BelongsToMany") return null;
  const own = text(field.def, "foreignKey");
  return {
    kind,
    target: text(field.def, "target"),
    foreignKey: own !== "" ? own : text(field.def, "type") !== "" ? field.name : `${field.name}_Id`,
  };
}

export function isColumn(field: DraftField): boolean {
  return text(field.def, "type") !== "";
}

export function isGenerated(field: DraftField): boolean {
  return field.def["SystemGenerated"] === true || field.def["SystemGenerated"] === "true";
}

/** The relation whose column this is, when the column was made for it and has no life of its own. */
export function ownerOf(draft: Draft, field: DraftField): DraftField | undefined {
  if (!isColumn(field) || !isGenerated(field)) return undefined;
  return draft.fields.find((other) => {
    const relation = relationOf(other);
    return other.id !== field.id && relation?.kind === "BelongsTo" && relation.foreignKey === field.name;
  });
}

/** Collections that end with this change: marked ones, and the junctions made for them. */
export function endedCollections(drafts: Drafts): ReadonlySet<string> {
  const gone = new Set([...drafts.values()].filter((entry) => entry.draft.dropped).map((entry) => entry.id));
  if (gone.size === 0) return gone;
  for (const { id, draft } of drafts.values()) {
    if (!isJunction(draft)) continue;
    const held = draft.fields.some((field) => {
      const relation = relationOf(field);
      return relation?.kind === "BelongsTo" && field.def["constraints"] !== false && gone.has(relation.target);
    });
    if (held) gone.add(id);
  }
  return gone;
}

/** Fields that are not there any more once this is applied. */
export function endedFields(draft: Draft, gone: ReadonlySet<string>): ReadonlySet<string> {
  const ended = new Set<string>();
  for (const field of draft.fields) {
    const leads = [text(field.def, "target"), text(field.def, "through")].some((target) => target !== "" && gone.has(target));
    if (field.dropped || (leads && relationOf(field) && !isColumn(field))) ended.add(field.id);
  }
  for (const field of draft.fields) {
    const owner = ownerOf(draft, field);
    if (owner && ended.has(owner.id)) ended.add(field.id);
  }
  return ended;
}

/** The document of a draft, with the names that its targets will have. */
function schemaOf(entry: Entry, drafts: Drafts, gone: ReadonlySet<string>): SchemaDefinition {
  const { draft, base } = entry;
  const named = (id: string): string => drafts.get(id)?.draft.name ?? id;
  const ended = endedFields(draft, gone);
  const fields: Record<string, Json> = {};
  for (const field of draft.fields) {
    if (ended.has(field.id)) continue;
    const def: Record<string, Json> = { ...field.def };
    for (const key of ["target", "through"]) {
      if (typeof def[key] === "string") def[key] = named(def[key]);
    }
    const { tables } = def;
    if (Array.isArray(tables)) def["tables"] = (tables as readonly Json[]).map(String).filter((id) => !gone.has(id)).map(named);
    if (!field.id.startsWith("name:")) def["fieldId"] = field.id;
    fields[field.name] = def;
  }
  const indexes = draft.indexes
    .filter((index) => !index.dropped && index.fields.every((name) => name in fields))
    .map((index) => ({ ...index.rest, name: index.name, fields: index.fields, unique: index.unique }));
  return {
    ...draft.rest,
    name: text(draft.rest, "name") === "" || text(draft.rest, "name") === base?.name ? draft.name : text(draft.rest, "name"),
    fields,
    ...(indexes.length > 0 || (base?.indexes.length ?? 0) > 0 ? { indexes } : {}),
  } as unknown as SchemaDefinition;
}

export function isChanged(entry: Entry): boolean {
  return entry.base === undefined || !sameDraft(entry.base, entry.draft);
}

/** The state that the server is asked for. What is not named stays as it is. */
export function desired(drafts: Drafts): SchemaChange {
  const gone = endedCollections(drafts);
  const changed = [...drafts.values()].filter((entry) => isChanged(entry) && !gone.has(entry.id));
  return {
    collections: changed.map((entry) => ({
      collectionName: entry.draft.name,
      schema: schemaOf(entry, drafts, gone),
      ...(entry.base && entry.base.name !== entry.draft.name ? { was: entry.base.name } : {}),
    })),
    drop: [...drafts.values()].filter((entry) => entry.base && entry.draft.dropped).map((entry) => entry.id),
  };
}

export type ChangeKind = "create" | "drop" | "rename" | "add" | "remove" | "alter" | "flags" | "index";

export interface Change {
  readonly kind: ChangeKind;
  readonly collection: string;
  readonly field?: string;
}

/** What a person did, one by one: a relation is one change although it has two ends and a column. */
export function changesOf(drafts: Drafts): readonly Change[] {
  const changes: Change[] = [];
  for (const entry of drafts.values()) {
    const { id: collection, base, draft } = entry;
    if (!base) {
      changes.push({ kind: "create", collection });
      continue;
    }
    if (base === draft) continue;
    if (draft.dropped) {
      changes.push({ kind: "drop", collection });
      continue;
    }
    if (base.name !== draft.name) changes.push({ kind: "rename", collection });
    const old = new Map(base.fields.map((field) => [field.id, field]));
    for (const field of draft.fields) {
      const was = old.get(field.id);
      if (sameDraft(was, field) || ownerOf(draft, field) || isFarEnd(drafts, entry, field)) continue;
      changes.push({ kind: was === undefined ? "add" : field.dropped ? "remove" : "alter", collection, field: field.id });
    }
    if (FLAGS.some((flag) => flagOn(base, flag) !== flagOn(draft, flag))) changes.push({ kind: "flags", collection });
    const renamed = new Map(draft.fields.map((field) => [field.name, old.get(field.id)?.name ?? field.name]));
    const fieldsGone = new Set(draft.fields.filter((field) => field.dropped).map((field) => field.name));
    for (const index of draft.indexes) {
      // An index that only follows its fields, under a new name or out, is no change of its own.
      if (index.fields.some((name) => fieldsGone.has(name))) continue;
      const followed = { ...index, fields: index.fields.map((name) => renamed.get(name) ?? name) };
      if (!sameDraft(followed, base.indexes.find((known) => known.name === index.name))) changes.push({ kind: "index", collection });
    }
  }
  return changes;
}

/** The other side of a relation whose own side is staged too. */
function isFarEnd(drafts: Drafts, entry: Entry, field: DraftField): boolean {
  const relation = relationOf(field);
  if (!relation || relation.kind === "BelongsTo") return false;
  const far = drafts.get(relation.target);
  if (!far) return false;
  // A junction that comes or goes is the change; its ends follow it.
  if (!far.base || far.draft.dropped) return true;
  const near = far.draft.fields.find((other) => {
    const back = relationOf(other);
    return back?.kind === "BelongsTo" && back.target === entry.id && back.foreignKey === relation.foreignKey;
  });
  return near !== undefined && !sameDraft(near, far.base.fields.find((known) => known.id === near.id));
}

export interface FieldState {
  readonly was: DraftField | undefined;
  readonly state: "added" | "changed" | "dropped" | undefined;
}

export function stateOf(entry: Entry, field: DraftField, ended: ReadonlySet<string>): FieldState {
  const was = entry.base?.fields.find((known) => known.id === field.id);
  if (ended.has(field.id)) return { was, state: "dropped" };
  if (!was) return { was, state: "added" };
  return { was, state: sameDraft(was, field) ? undefined : "changed" };
}

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

/** A definition with some keys replaced; `undefined` takes a key away. */
export function patched(def: Definition, patch: Readonly<Record<string, Json | undefined>>): Definition {
  const next: Record<string, Json> = { ...def };
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) delete next[key];
    else next[key] = value;
  }
  return next;
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

/** What a relation through a junction leads to: the junction's other end. */
export function throughJunction(drafts: Drafts, field: DraftField): { readonly junction: string; readonly target: string } | null {
  const relation = relationOf(field);
  const junction = relation?.kind === "HasMany" ? drafts.get(relation.target) : undefined;
  if (!relation || !junction || !isJunction(junction.draft)) return null;
  const far = junction.draft.fields.map(relationOf).filter((end) => end?.kind === "BelongsTo" && end.foreignKey !== relation.foreignKey);
  const [only] = far;
  return far.length === 1 && only ? { junction: junction.id, target: only.target } : null;
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
      return dropping && !stored.has(known.id) ? [] : [marked(known, dropping)];
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

export function toggleCollection(entry: Entry): Edits {
  if (!entry.base) return new Map([[entry.id, undefined]]);
  return one(entry.id, marked(entry.draft, !entry.draft.dropped));
}

export function addIndex(entry: Entry, fields: readonly string[], unique: boolean): Edits {
  const name = free(`${entry.draft.name}_${fields.join("_")}_${unique ? "unique" : "idx"}`.slice(0, 60), entry.draft.indexes.map((index) => index.name));
  return one(entry.id, { ...entry.draft, indexes: [...entry.draft.indexes, { name, fields, unique, rest: {} }] });
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

/** The name, or the name with the first free number behind it. */
export function free(name: string, taken: readonly string[]): string {
  const lower = new Set(taken.map((word) => word.toLowerCase()));
  if (!lower.has(name.toLowerCase())) return name;
  let next = 2;
  while (lower.has(`${name}_${String(next)}`.toLowerCase())) next += 1;
  return `${name}_${String(next)}`;
}

export type RelationKind = "M2O" | "O2M" | "O2O" | "M2M";
export type OnDelete = "SET NULL" | "RESTRICT" | "CASCADE";

export interface RelationSpec {
  readonly kind: RelationKind;
  readonly source: string;
  readonly target: string;
  /** What this side calls the other. */
  readonly name: string;
  /** What the other side calls this one; empty where it has no name for it. */
  readonly alias: string;
  readonly onDelete: OnDelete;
  readonly required: boolean;
}

function keyColumn(draft: Draft | undefined, required: boolean, unique: boolean): Definition {
  const key = draft ? primaryKey(draft) : undefined;
  const values = key?.def["values"];
  return {
    type: key ? text(key.def, "type") : "UUID",
    ...(values === undefined ? {} : { values }),
    allowNull: !required,
    ...(unique ? { unique: true } : {}),
    SystemGenerated: true,
  };
}

const end = (relType: string, target: string, foreignKey: string, name: string): Record<string, Json> => ({
  relType,
  target,
  foreignKey,
  as: name,
});

/** Puts both ends of a relation, its column or its junction, in place. */
export function relate(drafts: Drafts, spec: RelationSpec): Edits {
  const { kind, source, target, name, alias } = spec;
  // Many of the other is one of this, said from the other side.
  if (kind === "O2M") return relate(drafts, { ...spec, kind: "M2O", source: target, target: source, name: alias, alias: name });
  const edits = new Map<string, Draft>();
  const put = (collection: string, fields: readonly NewField[]): void => {
    const entry = drafts.get(collection);
    if (!entry) return;
    let draft = edits.get(collection) ?? entry.draft;
    for (const field of fields) draft = addField({ ...entry, draft }, field).edits.get(collection) ?? draft;
    edits.set(collection, draft);
  };
  const here = drafts.get(source)?.draft;
  const there = drafts.get(target)?.draft;
  if (kind === "M2M") {
    const self = source === target;
    const [near, far] = [`${here?.name ?? source}_id`, `${there?.name ?? target}_id${self ? "_2" : ""}`];
    const junction = `+${newId()}`;
    const title = free(`${[here?.name, there?.name, name].join("_").slice(0, 50)}_junction`, [...drafts.values()].map((entry) => entry.draft.name));
    const onDelete = spec.onDelete === "SET NULL" ? "CASCADE" : spec.onDelete;
    const side = (to: string, word: string, column: string): NewField[] => [
      { name: word, def: { ...end("BelongsTo", to, column, word), allowNull: false, onDelete } },
      { name: column, def: keyColumn(drafts.get(to)?.draft, true, false) },
    ];
    edits.set(junction, {
      name: title,
      fields: [
        { name: "id", def: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } } },
        ...side(source, here?.name ?? source, near),
        ...side(target, `${there?.name ?? target}${self ? "_2" : ""}`, far),
      ].map((field) => ({ id: newId(), ...field })),
      indexes: [{ name: `${title}_unique`.slice(0, 63), fields: [near, far], unique: true, rest: {} }],
      rest: { name: title, timestamps: true, isJunction: true },
    });
    put(source, [{ name, def: end("HasMany", junction, near, name) }]);
    if (alias !== "") put(target, [{ name: alias, def: end("HasMany", junction, far, alias) }]);
    return edits;
  }
  const unique = kind === "O2O";
  const column = free(`${name}_id`, here?.fields.map((field) => field.name) ?? []);
  put(source, [
    {
      name,
      def: {
        ...end("BelongsTo", target, column, name),
        onDelete: spec.onDelete,
        ...(spec.required ? { allowNull: false } : {}),
        ...(unique ? { unique: true } : {}),
      },
    },
    { name: column, def: keyColumn(there, spec.required, unique) },
  ]);
  if (alias !== "") put(target, [{ name: alias, def: end(unique ? "HasOne" : "HasMany", source, column, alias) }]);
  return edits;
}

/** The operations of the pending engine for one step. */
export function opsOf(drafts: Drafts, edits: Edits): readonly Op[] {
  return [...edits].map(([id, after]) => ({ target: targetOf(id), before: drafts.get(id)?.base, after }));
}

/** "authors" names many; one of them is an author. English, and only to suggest a name. */
export function singular(word: string): string {
  if (/ies$/i.test(word) && word.length > 4) return word.replace(/ies$/i, "y");
  if (/(ss|x|z|ch|sh)es$/i.test(word)) return word.slice(0, -2);
  if (/[^s]s$/i.test(word) && !/(us|is)$/i.test(word)) return word.slice(0, -1);
  return word;
}

export function plural(word: string): string {
  if (singular(word) !== word) return word;
  if (/[^aeiou]y$/i.test(word)) return `${word.slice(0, -1)}ies`;
  if (/(s|x|z|ch|sh)$/i.test(word)) return `${word}es`;
  return `${word}s`;
}
