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
  /** Of a table that was there before its collection: when the field ends, its column ends too. */
  readonly dropColumn?: true;
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
  /** Of a table that was there before its collection: when the collection ends, it ends too. */
  readonly dropTable?: true;
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

/** What is kept for so many days. */
export type Days = "historyDays" | "trashDays";
export const DAYS: readonly Days[] = ["historyDays", "trashDays"];

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

/** A definition with some keys replaced; `undefined` takes a key away. */
export function patched(def: Definition, patch: Readonly<Record<string, Json | undefined>>): Definition {
  const next: Record<string, Json> = { ...def };
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) delete next[key];
    else next[key] = value;
  }
  return next;
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
    ...(mine.dropTable ? { dropTable: true } : {}),
  };
}

export function isSystem(entry: Entry): boolean {
  return entry.id.startsWith("baasix_");
}

/** Whether its value comes of an expression over the other fields of its row. */
export function isComputed(field: DraftField): boolean {
  return text(field.def, "type").toUpperCase() === "VIRTUAL";
}

/** Whether its table was there before the collection: then it stays when the collection ends, unless it is asked to end. */
export function isAdopted(draft: Draft): boolean {
  return draft.rest["adopted"] === true;
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

/** What a relation through a junction leads to: the junction's other end, or its other ends. */
export function throughJunction(drafts: Drafts, field: DraftField): { readonly junction: string; readonly targets: readonly string[] } | null {
  const relation = relationOf(field);
  const junction = relation?.kind === "HasMany" ? drafts.get(relation.target) : undefined;
  if (!relation || !junction || !isJunction(junction.draft)) return null;
  const tables = tablesOf(field.def);
  if (tables.length > 0) return { junction: junction.id, targets: tables };
  const far = junction.draft.fields.map(relationOf).filter((end) => end?.kind === "BelongsTo" && end.foreignKey !== relation.foreignKey);
  const [only] = far;
  return far.length === 1 && only ? { junction: junction.id, targets: [only.target] } : null;
}

/** The collections that a relation to rows of any may lead to; empty for every other field. */
export function tablesOf(def: Definition): readonly string[] {
  const { tables } = def;
  return def["polymorphic"] === true && Array.isArray(tables) ? (tables as readonly Json[]).map(String) : [];
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

/** A far end of a relation to rows of any is spoken of by the name of its collection, so it follows a rename. */
function endName(drafts: Drafts, { base, draft }: Entry, field: DraftField): string {
  const relation = relationOf(field);
  const target = relation?.kind === "BelongsTo" ? drafts.get(relation.target) : undefined;
  if (!isJunction(draft) || !target || field.def["constraints"] !== false) return field.name;
  const tail = field.name.endsWith("_2") ? "_2" : "";
  return base === undefined || field.name === `${target.id}${tail}` ? `${target.draft.name}${tail}` : field.name;
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
    const name = endName(drafts, entry, field);
    if (name !== field.name) def["as"] = name;
    fields[name] = def;
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
  const dropped = [...drafts.values()].filter((entry) => entry.base && entry.draft.dropped);
  const tables = dropped.filter((entry) => entry.draft.dropTable).map((entry) => entry.id);
  const columns = changed.flatMap((entry) => {
    const { base, draft } = entry;
    const ended = base && isAdopted(base) ? draft.fields.filter((field) => field.dropped && field.dropColumn) : [];
    return ended.map((field) => `${base?.name ?? ""}.${base?.fields.find((known) => known.id === field.id)?.name ?? field.name}`);
  });
  return {
    collections: changed.map((entry) => ({
      collectionName: entry.draft.name,
      schema: schemaOf(entry, drafts, gone),
      ...(entry.base && entry.base.name !== entry.draft.name ? { was: entry.base.name } : {}),
    })),
    drop: dropped.map((entry) => entry.id),
    ...(tables.length > 0 ? { dropTables: tables } : {}),
    ...(columns.length > 0 ? { dropColumns: columns } : {}),
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
    if (FLAGS.some((flag) => flagOn(base, flag) !== flagOn(draft, flag)) || DAYS.some((days) => base.rest[days] !== draft.rest[days])) changes.push({ kind: "flags", collection });
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

/** The operations of the pending engine for one step. */
export function opsOf(drafts: Drafts, edits: Edits): readonly Op[] {
  return [...edits].map(([id, after]) => ({ target: targetOf(id), before: drafts.get(id)?.base, after }));
}
