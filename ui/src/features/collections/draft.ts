/**
 * The schema as it shall be: what the server holds, with the staged collections on top. Everything
 * here is pure; an edit answers the collections it changes, and the pending engine stages them as
 * one step.
 */
import type { FieldDefinition, FieldType, ReferentialAction, SchemaChange, SchemaDefinition, SchemaInfo } from "@plinth/sdk";
import type { Op } from "@/lib/pending";

export const SCOPE = "schema";

/** One collection as staged. `undefined` in an operation means dropped, or not there yet. */
export interface Draft {
  readonly name: string;
  readonly schema: SchemaDefinition;
}

export type Standing = "same" | "changed" | "new" | "dropped";

export interface Collection {
  /** The stored name, or `+` and a number for one that is new: stable while it is renamed. */
  readonly key: string;
  readonly name: string;
  readonly schema: SchemaDefinition;
  readonly standing: Standing;
  readonly stored: Draft | undefined;
  readonly system: boolean;
}

/** What an edit wants staged: one entry per collection it touches. */
export type Edit = ReadonlyMap<string, Draft | undefined>;

export const isSystem = (name: string): boolean => name.startsWith("baasix_");

/** Stored collections with the staged changes applied; dropped ones stay, marked. */
export function merge(stored: readonly SchemaInfo[], ops: readonly Op[]): Collection[] {
  const staged = new Map(ops.filter((op) => op.target.scope === SCOPE).map((op) => [op.target.path[0] ?? "", op]));
  const found: Collection[] = stored.map(({ collectionName, schema }) => {
    const base: Draft = { name: collectionName, schema };
    const op = staged.get(collectionName);
    const after = op ? (op.after as Draft | undefined) : base;
    return {
      key: collectionName,
      name: after?.name ?? collectionName,
      schema: after?.schema ?? schema,
      standing: op ? (after ? "changed" : "dropped") : "same",
      stored: base,
      system: isSystem(collectionName),
    };
  });
  const known = new Set(stored.map((entry) => entry.collectionName));
  for (const [key, op] of staged) {
    const after = op.after as Draft | undefined;
    if (known.has(key) || !after) continue;
    found.push({ key, name: after.name, schema: after.schema, standing: "new", stored: undefined, system: false });
  }
  return found.sort((a, b) => a.name.localeCompare(b.name));
}

/** The body of `/schemas/plan` for what is staged. */
export function changeOf(collections: readonly Collection[]): SchemaChange {
  return {
    collections: collections
      .filter((entry) => entry.standing === "changed" || entry.standing === "new")
      .map((entry) => ({
        collectionName: entry.name,
        schema: { ...entry.schema, name: entry.name },
        ...(entry.stored && entry.stored.name !== entry.name ? { was: entry.stored.name } : {}),
      })),
    drop: collections.filter((entry) => entry.standing === "dropped").map((entry) => entry.key),
  };
}

/* Fields. */

export type FieldStanding = "same" | "changed" | "new" | "dropped";

export interface FieldLine {
  readonly name: string;
  readonly definition: FieldDefinition;
  readonly standing: FieldStanding;
  /** The stored name of a field that is renamed. */
  readonly was: string | undefined;
  readonly stored: FieldDefinition | undefined;
}

const plain = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

export function sameDraft(a: Draft | undefined, b: Draft | undefined): boolean {
  return plain(a ?? null) === plain(b ?? null);
}

/** Fields as they shall be, with dropped ones in their old place. */
export function fieldLines(collection: Collection): FieldLine[] {
  const before = Object.entries(collection.stored?.schema.fields ?? {});
  const byId = new Map(before.flatMap(([name, definition]) => (definition.fieldId ? [[definition.fieldId, name] as const] : [])));
  const lines: FieldLine[] = Object.entries(collection.schema.fields).map(([name, definition]) => {
    const oldName = definition.fieldId === undefined ? undefined : byId.get(definition.fieldId);
    const stored = oldName === undefined ? undefined : collection.stored?.schema.fields[oldName];
    const standing: FieldStanding =
      collection.standing === "dropped"
        ? "dropped"
        : !stored
          ? "new"
          : oldName !== name || plain(stored) !== plain(definition)
            ? "changed"
            : "same";
    return { name, definition, standing, was: oldName !== undefined && oldName !== name ? oldName : undefined, stored };
  });
  const kept = new Set(Object.values(collection.schema.fields).map((definition) => definition.fieldId));
  before.forEach(([name, definition], index) => {
    if (definition.fieldId === undefined || kept.has(definition.fieldId)) return;
    lines.splice(Math.min(index, lines.length), 0, { name, definition, standing: "dropped", was: undefined, stored: definition });
  });
  return lines;
}

export const isRelation = (definition: FieldDefinition): boolean => definition.relType !== undefined;
/** A column that only holds the key of a relation, made with it. */
export function isKeyColumn(schema: SchemaDefinition, name: string): boolean {
  return schema.fields[name]?.SystemGenerated === true && Object.values(schema.fields).some((field) => field.relType === "BelongsTo" && field.foreignKey === name);
}
export const STAMPS: ReadonlySet<string> = new Set(["createdAt", "updatedAt", "deletedAt", "sort", "userCreated_Id", "userUpdated_Id", "userCreated", "userUpdated"]);
export const isGenerated = (name: string, definition: FieldDefinition): boolean => STAMPS.has(name) && Boolean(definition.SystemGenerated);

/* Names. */

export type NameFault = "empty" | "shape" | "long" | "taken" | "reserved";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const NAME_MAX = 63;

export function nameFault(name: string, others: Iterable<string>, kind: "collection" | "field"): NameFault | null {
  if (name === "") return "empty";
  if (!NAME.test(name)) return "shape";
  if (name.length > NAME_MAX) return "long";
  if (kind === "collection" && (isSystem(name) || name.endsWith("_junction"))) return "reserved";
  const wanted = name.toLowerCase();
  for (const other of others) if (other.toLowerCase() === wanted) return "taken";
  return null;
}

/* Edits. */

const draftOf = (collection: Collection): Draft => ({ name: collection.name, schema: collection.schema });
const withFields = (draft: Draft, fields: Record<string, FieldDefinition>): Draft => ({ ...draft, schema: { ...draft.schema, fields } });

let nextNew = 1;
export function newCollection(name: string): { key: string; edit: Edit } {
  const key = `+${String(Date.now())}${String(nextNew)}`;
  nextNew += 1;
  const schema: SchemaDefinition = {
    name,
    timestamps: true,
    fields: { id: { type: "UUID", primaryKey: true, defaultValue: { type: "UUIDV4" } } },
  };
  return { key, edit: new Map([[key, { name, schema }]]) };
}

/** Collects edits to several collections so that each sees what the ones before did. */
class Desk {
  readonly #drafts = new Map<string, Draft | undefined>();
  constructor(private readonly all: readonly Collection[]) {}

  named(name: string): Collection | undefined {
    return this.all.find((entry) => entry.name === name && entry.standing !== "dropped");
  }
  read(key: string): Draft | undefined {
    if (this.#drafts.has(key)) return this.#drafts.get(key);
    const found = this.all.find((entry) => entry.key === key);
    return found && found.standing !== "dropped" ? draftOf(found) : undefined;
  }
  put(key: string, draft: Draft | undefined): void {
    this.#drafts.set(key, draft);
  }
  fields(key: string, change: (fields: Record<string, FieldDefinition>) => Record<string, FieldDefinition>): void {
    const draft = this.read(key);
    if (draft) this.put(key, withFields(draft, change({ ...draft.schema.fields })));
  }
  edit(): Edit {
    return this.#drafts;
  }
}

/** The same map with one key renamed in its place. */
function renamed<Value>(map: Readonly<Record<string, Value>>, from: string, to: string): Record<string, Value> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key === from ? to : key, value]));
}

/** Renaming is renaming: relations that point here follow. */
export function renameCollection(all: readonly Collection[], key: string, to: string): Edit {
  const desk = new Desk(all);
  const own = desk.read(key);
  if (!own) return desk.edit();
  const from = own.name;
  desk.put(key, { name: to, schema: { ...own.schema, name: to } });
  for (const other of all) {
    if (other.standing === "dropped" || other.system) continue;
    const points = Object.values((other.key === key ? own : draftOf(other)).schema.fields).some((field) => field.target === from || field.through === from);
    if (!points) continue;
    desk.fields(other.key, (fields) =>
      Object.fromEntries(
        Object.entries(fields).map(([name, field]) => [
          name,
          { ...field, ...(field.target === from ? { target: to } : {}), ...(field.through === from ? { through: to } : {}) },
        ]),
      ),
    );
  }
  return desk.edit();
}

export function dropCollection(all: readonly Collection[], key: string): Edit {
  const desk = new Desk(all);
  const own = desk.read(key);
  desk.put(key, undefined);
  if (!own) return desk.edit();
  // Both ends of a relation go with the collection at one of them.
  for (const other of all) {
    if (other.key === key || other.standing === "dropped" || other.system) continue;
    const gone = Object.entries(other.schema.fields).filter(([, field]) => field.target === own.name || field.through === own.name);
    if (gone.length === 0) continue;
    const names = new Set(gone.map(([name]) => name));
    for (const [, field] of gone) {
      if (field.relType === "BelongsTo" && field.foreignKey !== undefined && isKeyColumn(other.schema, field.foreignKey)) names.add(field.foreignKey);
    }
    desk.fields(other.key, (fields) => Object.fromEntries(Object.entries(fields).filter(([name]) => !names.has(name))));
  }
  return desk.edit();
}

export function addField(all: readonly Collection[], key: string, name: string, definition: FieldDefinition): Edit {
  const desk = new Desk(all);
  desk.fields(key, (fields) => {
    // Columns the server made itself stay at the end.
    const own = Object.entries(fields).filter(([other, field]) => !isGenerated(other, field));
    const made = Object.entries(fields).filter(([other, field]) => isGenerated(other, field));
    return Object.fromEntries([...own, [name, definition], ...made]);
  });
  return desk.edit();
}

export function setField(all: readonly Collection[], key: string, name: string, definition: FieldDefinition): Edit {
  const desk = new Desk(all);
  desk.fields(key, (fields) => ({ ...fields, [name]: definition }));
  return desk.edit();
}

/** Keys and relations that name the field follow it, on both sides. */
export function renameField(all: readonly Collection[], key: string, from: string, to: string): Edit {
  const desk = new Desk(all);
  const own = desk.read(key);
  const field = own?.schema.fields[from];
  if (!own || !field) return desk.edit();
  desk.fields(key, (fields) =>
    Object.fromEntries(
      Object.entries(renamed(fields, from, to)).map(([name, entry]) => {
        if (name === to && isRelation(entry)) return [name, { ...entry, as: to }];
        return [name, entry.relType === "BelongsTo" && entry.foreignKey === from ? { ...entry, foreignKey: to } : entry];
      }),
    ),
  );
  const now = desk.read(key);
  if (now?.schema.indexes) {
    const indexes = now.schema.indexes.map((index) => ({ ...index, fields: index.fields.map((name) => (name === from ? to : name)) }));
    desk.put(key, { ...now, schema: { ...now.schema, indexes } });
  }
  if (!isRelation(field)) {
    for (const other of all) {
      if (other.standing === "dropped" || !Object.values(other.schema.fields).some((entry) => entry.target === own.name && entry.foreignKey === from && entry.relType !== "BelongsTo")) continue;
      desk.fields(other.key, (fields) =>
        Object.fromEntries(
          Object.entries(fields).map(([name, entry]) => [
            name,
            entry.target === own.name && entry.foreignKey === from && entry.relType !== "BelongsTo" ? { ...entry, foreignKey: to } : entry,
          ]),
        ),
      );
    }
  }
  return desk.edit();
}

/** The far end of a relation: where it is, and under which name. */
export function farEnd(all: readonly Collection[], collection: Collection, field: FieldDefinition): { key: string; name: string } | null {
  const target = all.find((entry) => entry.name === field.target && entry.standing !== "dropped");
  if (!target) return null;
  for (const [name, entry] of Object.entries(target.schema.fields)) {
    if (entry === field || entry.target !== collection.name || !isRelation(entry)) continue;
    const same =
      field.relType === "BelongsToMany"
        ? entry.relType === "BelongsToMany" && entry.through === field.through && entry.otherKey === field.foreignKey
        : entry.foreignKey === field.foreignKey && (entry.relType === "BelongsTo") !== (field.relType === "BelongsTo");
    if (same) return { key: target.key, name };
  }
  return null;
}

/** Dropping a relation drops both its ends and the key it stood on. */
export function dropField(all: readonly Collection[], key: string, name: string): Edit {
  const desk = new Desk(all);
  const collection = all.find((entry) => entry.key === key);
  const field = collection?.schema.fields[name];
  if (!collection || !field) return desk.edit();
  const drop = (at: string, gone: string) => desk.fields(at, (fields) => Object.fromEntries(Object.entries(fields).filter(([other]) => other !== gone)));
  drop(key, name);
  if (isRelation(field)) {
    const far = farEnd(all, collection, field);
    if (far) drop(far.key, far.name);
    const owner = field.relType === "BelongsTo" ? collection : far ? all.find((entry) => entry.key === far.key) : undefined;
    if (owner && field.relType !== "BelongsToMany" && field.foreignKey !== undefined && isKeyColumn(owner.schema, field.foreignKey)) {
      drop(owner.key, field.foreignKey);
    }
  }
  const now = desk.read(key);
  if (now?.schema.indexes) {
    const indexes = now.schema.indexes.filter((index) => index.fields.every((entry) => entry in now.schema.fields));
    desk.put(key, { ...now, schema: { ...now.schema, indexes } });
  }
  return desk.edit();
}

/** Takes a mark for dropping back, with the other end and the key of a relation. */
export function putBack(all: readonly Collection[], key: string, name: string): Edit {
  const desk = new Desk(all);
  const collection = all.find((entry) => entry.key === key);
  const field = collection?.stored?.schema.fields[name];
  if (!collection || !field) return desk.edit();
  const restore = (entry: Collection, wanted: string) => {
    const old = entry.stored?.schema.fields ?? {};
    desk.fields(entry.key, (fields) => {
      if (wanted in fields || !(wanted in old)) return fields;
      // Back into its old place: after the last of its old neighbours that still stands.
      const order = Object.keys(old);
      const before = order.slice(0, order.indexOf(wanted)).reverse().find((other) => other in fields);
      const entries = Object.entries(fields);
      const at = before === undefined ? 0 : entries.findIndex(([other]) => other === before) + 1;
      return Object.fromEntries([...entries.slice(0, at), [wanted, old[wanted] as FieldDefinition], ...entries.slice(at)]);
    });
  };
  if (isRelation(field) && field.relType === "BelongsTo" && field.foreignKey !== undefined) restore(collection, field.foreignKey);
  restore(collection, name);
  if (isRelation(field)) {
    const other = all.find((entry) => entry.stored?.name === field.target);
    for (const [far, entry] of Object.entries(other?.stored?.schema.fields ?? {})) {
      if (!other || !isRelation(entry) || entry.target !== collection.stored?.name || entry.foreignKey !== field.foreignKey) continue;
      if (entry.relType === "BelongsTo" && entry.foreignKey !== undefined) restore(other, entry.foreignKey);
      restore(other, far);
    }
  }
  return desk.edit();
}

export function setSchema(all: readonly Collection[], key: string, change: Partial<SchemaDefinition>): Edit {
  const desk = new Desk(all);
  const own = desk.read(key);
  if (own) desk.put(key, { ...own, schema: { ...own.schema, ...change } });
  return desk.edit();
}

/* Relations. */

export type Cardinality = "manyToOne" | "oneToMany" | "oneToOne" | "manyToMany";

export interface Relation {
  readonly from: string;
  readonly to: string;
  readonly cardinality: Cardinality;
  /** Field of `from` that leads to `to`. */
  readonly near: string;
  /** Field of `to` that leads back; empty for none. */
  readonly far: string;
  readonly onDelete: ReferentialAction;
}

function primaryKey(schema: SchemaDefinition): { name: string; type: FieldType } {
  for (const [name, field] of Object.entries(schema.fields)) if (field.primaryKey) return { name, type: field.type ?? "UUID" };
  return { name: "id", type: "UUID" };
}

/** Adds a relation: a key on the side of the many, and a name for each end. */
export function relate(all: readonly Collection[], relation: Relation): Edit {
  const desk = new Desk(all);
  const from = desk.named(relation.from);
  const to = desk.named(relation.to);
  if (!from || !to) return desk.edit();
  const { near, far, cardinality, onDelete } = relation;
  const insert = (key: string, entries: Record<string, FieldDefinition>) =>
    desk.fields(key, (fields) => {
      const own = Object.entries(fields).filter(([name, field]) => !isGenerated(name, field));
      const made = Object.entries(fields).filter(([name, field]) => isGenerated(name, field));
      return Object.fromEntries([...own, ...Object.entries(entries), ...made]);
    });
  const key = (owner: Collection, name: string, target: Collection, unique: boolean): string => {
    const column = `${name}_id`;
    insert(owner.key, {
      [column]: { type: primaryKey(target.schema).type, allowNull: true, SystemGenerated: true, ...(unique ? { unique: true } : {}) },
      [name]: { relType: "BelongsTo", target: target.name, foreignKey: column, as: name, onDelete },
    });
    return column;
  };
  if (cardinality === "manyToMany") {
    const through = `${from.name}_${to.name}`;
    const a = `${singular(from.name)}_id`;
    const b = from.key === to.key ? `${singular(to.name)}_2_id` : `${singular(to.name)}_id`;
    const own = (target: Collection): FieldDefinition => ({ type: primaryKey(target.schema).type, allowNull: false, SystemGenerated: true });
    desk.put(`+${through}`, {
      name: through,
      schema: {
        name: through,
        isJunction: true,
        timestamps: true,
        fields: {
          id: { type: "UUID", primaryKey: true, defaultValue: { type: "UUIDV4" } },
          [a]: own(from),
          [a.replace(/_id$/, "")]: { relType: "BelongsTo", target: from.name, foreignKey: a, as: a.replace(/_id$/, ""), onDelete: "CASCADE" },
          [b]: own(to),
          [b.replace(/_id$/, "")]: { relType: "BelongsTo", target: to.name, foreignKey: b, as: b.replace(/_id$/, ""), onDelete: "CASCADE" },
        },
        indexes: [{ fields: [a, b], unique: true }],
      },
    });
    insert(from.key, { [near]: { relType: "BelongsToMany", target: to.name, through, foreignKey: a, otherKey: b, as: near } });
    if (far !== "") insert(to.key, { [far]: { relType: "BelongsToMany", target: from.name, through, foreignKey: b, otherKey: a, as: far } });
    return desk.edit();
  }
  if (cardinality === "oneToMany") {
    const name = far === "" ? singular(from.name) : far;
    const column = key(to, name, from, false);
    insert(from.key, { [near]: { relType: "HasMany", target: to.name, foreignKey: column, as: near } });
    return desk.edit();
  }
  const column = key(from, near, to, cardinality === "oneToOne");
  if (far !== "") {
    insert(to.key, { [far]: { relType: cardinality === "oneToOne" ? "HasOne" : "HasMany", target: from.name, foreignKey: column, as: far } });
  }
  return desk.edit();
}

/** posts → post, companies → company. Good enough to propose a name, never to decide one. */
export function singular(name: string): string {
  const bare = name.replace(/^baasix_/, "");
  if (/[^aeiou]ies$/.test(bare)) return `${bare.slice(0, -3)}y`;
  if (/(s|x|ch|sh)es$/.test(bare)) return bare.slice(0, -2);
  return /[^s]s$/.test(bare) ? bare.slice(0, -1) : bare.toLowerCase();
}
