/** Relations: both ends, and the column or the junction that holds them. */
import { newId, primaryKey, text, type Definition, type Draft, type Drafts, type Edits, type Json } from "./draft";
import { addField, type NewField } from "./edits";
import { free, plural, singular } from "./names";
import { unreserved } from "./words";

export type RelationKind = "M2O" | "O2M" | "O2O" | "M2M" | "M2A";
export type OnDelete = "SET NULL" | "RESTRICT" | "CASCADE";

export interface RelationSpec {
  readonly kind: RelationKind;
  readonly source: string;
  readonly target: string;
  /** For rows of any: every collection it may lead to, `target` unread. */
  readonly targets?: readonly string[];
  /** What this side calls the other. */
  readonly name: string;
  /** What the other side calls this one; empty where it has no name for it. */
  readonly alias: string;
  readonly onDelete: OnDelete;
  readonly required: boolean;
  /** A field of the source that holds the key as it stands; otherwise a column is made. */
  readonly column?: string | undefined;
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

/** What the ends of a relation of a collection to itself are called. */
const OF_SELF: Readonly<Record<Exclude<RelationKind, "M2A">, readonly [string, string]>> = {
  M2O: ["parent", "children"],
  O2M: ["children", "parent"],
  O2O: ["next", "previous"],
  M2M: ["related", "related_to"],
};

/** The names both ends would have if nobody chose: what one has of the other, in one or in many. */
export function suggested(drafts: Drafts, kind: RelationKind, source: string, target: string): { name: string; alias: string } {
  const from = drafts.get(source)?.draft;
  const to = drafts.get(target)?.draft;
  if (!from || !to) return { name: "", alias: "" };
  const many = kind === "O2M" || kind === "M2M";
  const back = kind === "M2O" || kind === "M2M";
  const self = source === target;
  // Of a relation to itself neither end can have the collection's own name.
  const [own, other] = self && kind !== "M2A" ? OF_SELF[kind] : [unreserved(many ? plural(to.name) : singular(to.name)), unreserved(back ? plural(from.name) : singular(from.name))];
  const name = free(own, from.fields.map((field) => field.name));
  return { name, alias: free(other, [...to.fields.map((field) => field.name), ...(self ? [name] : [])]) };
}

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
  if (kind === "M2M" || kind === "M2A") {
    const targets = kind === "M2A" ? (spec.targets ?? []) : [target];
    const self = kind === "M2M" && source === target;
    const near = `${here?.name ?? source}_id`;
    const far = kind === "M2A" ? "item_id" : `${there?.name ?? target}_id${self ? "_2" : ""}`;
    const junction = `+${newId()}`;
    const parts = kind === "M2A" ? [here?.name, name] : [here?.name, there?.name, name];
    const title = free(`${parts.join("_").slice(0, 50)}_junction`, [...drafts.values()].map((entry) => entry.draft.name));
    const onDelete = spec.onDelete === "SET NULL" ? "CASCADE" : spec.onDelete;
    const side = (to: string, word: string, column: string): NewField[] => [
      { name: word, def: { ...end("BelongsTo", to, column, word), allowNull: false, onDelete } },
      { name: column, def: keyColumn(drafts.get(to)?.draft, true, false) },
    ];
    const any = (): NewField[] => [
      { name: far, def: keyColumn(drafts.get(targets[0] ?? "")?.draft, true, false) },
      { name: "collection", def: { type: "String", allowNull: false, SystemGenerated: true } },
      ...targets.map((id): NewField => {
        const word = `${drafts.get(id)?.draft.name ?? id}${id === source ? "_2" : ""}`;
        return { name: word, def: { ...end("BelongsTo", id, far, word), constraints: false } };
      }),
    ];
    edits.set(junction, {
      name: title,
      fields: [
        { name: "id", def: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } } },
        ...side(source, here?.name ?? source, near),
        ...(kind === "M2A" ? any() : side(target, `${there?.name ?? target}${self ? "_2" : ""}`, far)),
      ].map((field) => ({ id: newId(), ...field })),
      indexes: [{ name: `${title}_unique`.slice(0, 63), fields: [near, far, ...(kind === "M2A" ? ["collection"] : [])], unique: true, rest: {} }],
      rest: { name: title, timestamps: true, isJunction: true },
    });
    put(source, [{ name, def: { ...end("HasMany", junction, near, name), ...(kind === "M2A" ? { polymorphic: true, tables: targets } : {}) } }]);
    if (alias !== "") for (const id of targets) put(id, [{ name: alias, def: end("HasMany", junction, far, alias) }]);
    return edits;
  }
  const unique = kind === "O2O";
  const standing = here?.fields.find((field) => field.id === spec.column);
  const column = standing?.name ?? free(`${name}_id`, here?.fields.map((field) => field.name) ?? []);
  put(source, [
    {
      name,
      def: {
        ...end("BelongsTo", target, column, name),
        onDelete: spec.onDelete,
        ...(spec.required && !standing ? { allowNull: false } : {}),
        ...(unique ? { unique: true } : {}),
      },
    },
    ...(standing ? [] : [{ name: column, def: keyColumn(there, spec.required, unique) }]),
  ]);
  const held = edits.get(source);
  if (standing && unique && held) {
    edits.set(source, { ...held, fields: held.fields.map((field) => (field.id === standing.id ? { ...field, def: { ...field.def, unique: true } } : field)) });
  }
  if (alias !== "") put(target, [{ name: alias, def: end(unique ? "HasOne" : "HasMany", source, column, alias) }]);
  return edits;
}
