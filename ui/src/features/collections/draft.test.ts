import type { SchemaInfo } from "@plinth/sdk";
import { expect, test } from "vitest";
import { createPending, type Op } from "@/lib/pending";
import { changesOf, desired, draftsOf, opsOf, sameDraft, SCOPE, type Drafts, type Edits, type Entry } from "./draft";
import { addField, addIndex, newCollection, renameCollection, renameField, searchedFields, setDefinition, setDropColumn, setDropTable, setFlag, toggleCollection, toggleDropped } from "./edits";
import { plural, singular } from "./names";
import { relate, suggested } from "./relate";
import { laidOut } from "./sql";
import { misplacedOf } from "./misplaced";
import { relationNameFault } from "./words";
import { defaultText, keyDefinition, readDefault, typeWord, withExpression, withOption, withRule, withType } from "./types";

const key = { type: "UUID", primaryKey: true, defaultValue: { type: "UUIDV4" }, fieldId: "a-id" };
const STORED = [
  {
    collectionName: "authors",
    schema: {
      name: "authors",
      fields: { id: key, mail: { type: "String", fieldId: "a-mail" }, posts: { relType: "HasMany", target: "posts", foreignKey: "author_id", as: "posts", fieldId: "a-posts" } },
      indexes: [{ name: "by_mail", fields: ["mail"], unique: true }],
      schemaId: "s-a",
    },
  },
  {
    collectionName: "posts",
    schema: {
      name: "posts",
      timestamps: true,
      fields: {
        id: { ...key, fieldId: "p-id" },
        title: { type: "String", fieldId: "p-title" },
        author: { relType: "BelongsTo", target: "authors", foreignKey: "author_id", as: "author", onDelete: "SET NULL", fieldId: "p-author" },
        author_id: { type: "UUID", allowNull: true, SystemGenerated: true, fieldId: "p-author-id" },
        createdAt: { type: "DateTime", SystemGenerated: true, fieldId: "p-created" },
        updatedAt: { type: "DateTime", SystemGenerated: true, fieldId: "p-updated" },
      },
      schemaId: "s-p",
    },
  },
] as unknown as readonly SchemaInfo[];

/** A desk on which steps are staged one after another, as the screen does it. */
function desk(stored: readonly SchemaInfo[] = STORED) {
  const pending = createPending();
  pending.register(SCOPE, { same: sameDraft, preview: () => Promise.reject(new Error()), commit: () => Promise.reject(new Error()) });
  const drafts = (schemas: readonly SchemaInfo[] = stored): Drafts => draftsOf(schemas, pending.opsOf(SCOPE));
  return {
    pending,
    drafts,
    do(step: (drafts: Drafts, at: (name: string) => Entry) => Edits) {
      const now = drafts();
      const at = (name: string): Entry => {
        const entry = [...now.values()].find(({ draft }) => draft.name === name);
        if (!entry) throw new Error(`no collection ${name}`);
        return entry;
      };
      pending.stage(opsOf(now, step(now, at)));
    },
    asked: (schemas?: readonly SchemaInfo[]) => desired(drafts(schemas)),
    changes: () => changesOf(drafts()).map((change) => change.kind),
    id: (name: string, field: string) => {
      const entry = [...drafts().values()].find(({ draft }) => draft.name === name);
      return entry?.draft.fields.find((known) => known.name === field)?.id ?? "";
    },
  };
}

type Fields = Record<string, Record<string, unknown>>;
const fieldsOf = (change: ReturnType<typeof desired>, name: string): Fields =>
  (change.collections.find((entry) => entry.collectionName === name)?.schema.fields ?? {}) as unknown as Fields;

test("nothing staged asks for nothing", () => {
  expect(desk().asked()).toEqual({ collections: [], drop: [] });
});

test("two new collections and a relation between them become two documents", () => {
  const d = desk([]);
  d.do(() => newCollection("authors", keyDefinition("Integer"), [{ name: "name", def: { type: "String" } }], true));
  d.do(() => newCollection("posts", keyDefinition("UUID"), [{ name: "title", def: { type: "String" } }], true));
  d.do((drafts, at) =>
    relate(drafts, { kind: "M2O", source: at("posts").id, target: at("authors").id, name: "author", alias: "posts", onDelete: "RESTRICT", required: true }),
  );
  const change = d.asked();
  expect(change.drop).toEqual([]);
  expect(change.collections.map((entry) => [entry.collectionName, entry.was])).toEqual([["authors", undefined], ["posts", undefined]]);
  expect(fieldsOf(change, "posts")["author"]).toMatchObject({ relType: "BelongsTo", target: "authors", foreignKey: "author_id", as: "author", onDelete: "RESTRICT", allowNull: false });
  // The column has the type of the key it holds.
  expect(fieldsOf(change, "posts")["author_id"]).toMatchObject({ type: "Integer", allowNull: false, SystemGenerated: true });
  expect(fieldsOf(change, "authors")["posts"]).toMatchObject({ relType: "HasMany", target: "posts", foreignKey: "author_id" });
  expect(d.changes()).toEqual(["create", "create"]);
});

test("a rename keeps the fieldId and takes indexes and far ends along", () => {
  const d = desk();
  d.do((drafts, at) => renameField(drafts, at("authors"), "a-mail", "email"));
  const [authors] = d.asked().collections;
  expect(Object.keys(authors?.schema.fields ?? {})).toEqual(["id", "email", "posts"]);
  expect(authors?.schema.fields["email"]).toMatchObject({ fieldId: "a-mail" });
  expect(authors?.schema.indexes).toEqual([{ name: "by_mail", fields: ["email"], unique: true }]);

  d.do((drafts, at) => renameField(drafts, at("posts"), "p-author-id", "writer_id"));
  expect(fieldsOf(d.asked(), "posts")["author"]).toMatchObject({ foreignKey: "writer_id" });
  expect(fieldsOf(d.asked(), "authors")["posts"]).toMatchObject({ foreignKey: "writer_id" });
});

test("a renamed collection says what it was, and relations name it by its new name", () => {
  const d = desk();
  d.do((_, at) => renameCollection(at("authors"), "writers"));
  d.do((_, at) => setDefinition(at("posts"), "p-title", { type: "Text" }));
  const change = d.asked();
  expect(change.collections.find((entry) => entry.collectionName === "writers")).toMatchObject({ was: "authors", schema: { name: "writers" } });
  expect(fieldsOf(change, "posts")["author"]).toMatchObject({ target: "writers" });
  d.do((_, at) => renameCollection(at("writers"), "authors"));
  expect(d.changes()).toEqual(["alter"]);
});

test("dropping a relation drops its column and its far end, and all of it can be put back", () => {
  const d = desk();
  d.do((drafts, at) => toggleDropped(drafts, at("posts"), "p-author"));
  expect(Object.keys(fieldsOf(d.asked(), "posts"))).toEqual(["id", "title", "createdAt", "updatedAt"]);
  expect(Object.keys(fieldsOf(d.asked(), "authors"))).toEqual(["id", "mail"]);
  // It stays in sight.
  expect(d.drafts().get("posts")?.draft.fields.map((field) => field.name)).toContain("author");
  expect(d.changes()).toEqual(["remove"]);
  d.do((drafts, at) => toggleDropped(drafts, at("posts"), "p-author"));
  expect(d.pending.opsOf(SCOPE)).toEqual([]);
});

test("a dropped field takes its index along; one that was only staged goes at once", () => {
  const d = desk();
  d.do((drafts, at) => toggleDropped(drafts, at("authors"), "a-mail"));
  expect(d.asked().collections[0]?.schema.indexes).toEqual([]);
  d.pending.undo();
  d.do((_, at) => addField(at("authors"), { name: "age", def: { type: "Integer" } }).edits);
  d.do((_, at) => addIndex(at("authors"), ["age"], "values"));
  expect(d.changes()).toEqual(["add", "index"]);
  d.do((drafts, at) => toggleDropped(drafts, at("authors"), d.id("authors", "age")));
  expect(d.pending.opsOf(SCOPE)).toEqual([]);
});

test("an index of words holds what a search looks in", () => {
  const d = desk();
  d.do((_, at) => addField(at("authors"), { name: "bio", def: { type: "Text" } }).edits);
  d.do((_, at) => addField(at("authors"), { name: "age", def: { type: "Integer" } }).edits);
  d.do((_, at) => addField(at("authors"), { name: "secret", def: { type: "String", hidden: true } }).edits);
  let fields: readonly string[] = [];
  d.do((_, at) => {
    fields = searchedFields(at("authors").draft);
    return addIndex(at("authors"), fields, "words");
  });
  expect(fields).toContain("bio");
  expect(fields).not.toContain("age");
  expect(fields).not.toContain("secret");
  expect(d.asked().collections[0]?.schema.indexes).toContainEqual({ name: "authors_words", fields, unique: false, type: "fulltext" });
});

test("a dropped collection ends with the relations that lead to it", () => {
  const d = desk();
  d.do((_, at) => toggleCollection(at("authors")));
  expect(d.asked()).toEqual({ collections: [], drop: ["authors"] });
  d.do((_, at) => setDefinition(at("posts"), "p-title", { type: "Text" }));
  expect(Object.keys(fieldsOf(d.asked(), "posts"))).toEqual(["id", "title", "createdAt", "updatedAt"]);
});

test("a column that was there before its collection ends only when it is asked to", () => {
  const [authors, posts] = STORED as unknown as [SchemaInfo, SchemaInfo];
  const d = desk([authors, { ...posts, schema: { ...posts.schema, adopted: true } as unknown as SchemaInfo["schema"] }]);
  d.do((drafts, at) => toggleDropped(drafts, at("posts"), "p-title"));
  expect(d.asked().dropColumns).toBeUndefined();
  d.do((_, at) => setDropColumn(at("posts"), "p-title", true));
  expect(Object.keys(fieldsOf(d.asked(), "posts"))).not.toContain("title");
  expect(d.asked().dropColumns).toEqual(["posts.title"]);
  // A new name of the collection changes nothing: the column is called as it is now.
  d.do((_, at) => renameCollection(at("posts"), "articles"));
  expect(d.asked().dropColumns).toEqual(["posts.title"]);
  // Put back and dropped again, it stays until it is asked for again.
  d.do((drafts, at) => toggleDropped(drafts, at("articles"), "p-title"));
  d.do((drafts, at) => toggleDropped(drafts, at("articles"), "p-title"));
  expect(d.asked().dropColumns).toBeUndefined();
});

test("a table that was there before its collection ends only when it is asked to", () => {
  const [authors, posts] = STORED as unknown as [SchemaInfo, SchemaInfo];
  const d = desk([{ ...authors, schema: { ...authors.schema, adopted: true } as unknown as SchemaInfo["schema"] }, posts]);
  d.do((_, at) => toggleCollection(at("authors")));
  expect(d.asked()).toEqual({ collections: [], drop: ["authors"] });
  d.do((_, at) => setDropTable(at("authors"), true));
  expect(d.asked()).toEqual({ collections: [], drop: ["authors"], dropTables: ["authors"] });
  expect(d.changes()).toEqual(["drop"]);
  // What is staged outlives a schema that somebody else changed meanwhile.
  const moved = { ...authors, schema: { ...authors.schema, description: "people", adopted: true } as unknown as SchemaInfo["schema"] };
  expect(d.asked([moved, posts])).toEqual({ collections: [], drop: ["authors"], dropTables: ["authors"] });
  d.do((_, at) => setDropTable(at("authors"), false));
  expect(d.asked()).toEqual({ collections: [], drop: ["authors"] });
  // Put back and dropped again, the table stays until it is asked for again.
  d.do((_, at) => setDropTable(at("authors"), true));
  d.do((_, at) => toggleCollection(at("authors")));
  expect(d.pending.opsOf(SCOPE)).toEqual([]);
  d.do((_, at) => toggleCollection(at("authors")));
  expect(d.asked()).toEqual({ collections: [], drop: ["authors"] });
});

test("many to many is a junction of its own, with both ends", () => {
  const d = desk();
  d.do((drafts, at) => relate(drafts, { kind: "M2M", source: at("posts").id, target: at("authors").id, name: "editors", alias: "edited", onDelete: "SET NULL", required: false }));
  const change = d.asked();
  const junction = change.collections.find((entry) => entry.collectionName === "posts_authors_editors_junction");
  expect(junction?.schema).toMatchObject({ isJunction: true, indexes: [{ fields: ["posts_id", "authors_id"], unique: true }] });
  expect(junction?.schema.fields["posts"]).toMatchObject({ target: "posts", foreignKey: "posts_id", allowNull: false, onDelete: "CASCADE" });
  expect(fieldsOf(change, "posts")["editors"]).toMatchObject({ relType: "HasMany", target: "posts_authors_editors_junction", foreignKey: "posts_id" });
  expect(fieldsOf(change, "authors")["edited"]).toMatchObject({ foreignKey: "authors_id" });
  d.pending.undo();
  expect(d.asked().collections).toEqual([]);
});

test("rows of any are a junction that names the collection of each row", () => {
  const d = desk();
  d.do(() => newCollection("tags", { type: "UUID", primaryKey: true }, [], false));
  d.do((drafts, at) => relate(drafts, { kind: "M2A", source: at("tags").id, target: "", targets: ["posts", "authors"], name: "items", alias: "labels", onDelete: "CASCADE", required: false }));
  d.do((_, at) => renameCollection(at("posts"), "articles"));
  const change = d.asked();
  const junction = change.collections.find((entry) => entry.collectionName === "tags_items_junction")?.schema;
  expect(junction).toMatchObject({ isJunction: true, indexes: [{ fields: ["tags_id", "item_id", "collection"], unique: true }] });
  expect(Object.keys(junction?.fields ?? {})).toEqual(["id", "tags", "tags_id", "item_id", "collection", "articles", "authors"]);
  // A far end is named by its collection, whatever that is called by now.
  expect(junction?.fields["articles"]).toMatchObject({ target: "articles", as: "articles", foreignKey: "item_id", constraints: false });
  expect(fieldsOf(change, "tags")["items"]).toMatchObject({ target: "tags_items_junction", foreignKey: "tags_id", polymorphic: true, tables: ["articles", "authors"] });
  expect(fieldsOf(change, "articles")["labels"]).toMatchObject({ relType: "HasMany", target: "tags_items_junction", foreignKey: "item_id" });
  d.do((drafts, at) => toggleDropped(drafts, at("tags"), d.id("tags", "items")));
  expect(d.asked().collections.map((entry) => entry.collectionName)).toEqual(["articles", "tags"]);
});

test("a stored many to many goes with its junction and both ends", () => {
  const stored = structuredClone(STORED) as unknown as { collectionName: string; schema: { fields: Fields } }[];
  const [authors, posts] = stored;
  if (!authors || !posts) throw new Error("two collections are stored");
  posts.schema.fields["editors"] = { relType: "HasMany", target: "pe_junction", foreignKey: "posts_id", as: "editors", fieldId: "p-editors" };
  authors.schema.fields["edited"] = { relType: "HasMany", target: "pe_junction", foreignKey: "authors_id", as: "edited", fieldId: "a-edited" };
  const end = (target: string, id: string) => ({ relType: "BelongsTo", target, foreignKey: `${target}_id`, as: target, fieldId: id });
  stored.push({ collectionName: "pe_junction", schema: { isJunction: true, fields: { id: { ...key, fieldId: "j-id" }, posts: end("posts", "j1"), authors: end("authors", "j2") } } } as never);
  const d = desk(stored as unknown as readonly SchemaInfo[]);
  d.do((drafts, at) => toggleDropped(drafts, at("posts"), "p-editors"));
  expect(d.asked().drop).toEqual(["pe_junction"]);
  expect(Object.keys(fieldsOf(d.asked(), "posts"))).not.toContain("editors");
  expect(Object.keys(fieldsOf(d.asked(), "authors"))).not.toContain("edited");
  expect(d.changes()).toEqual(["drop"]);
  d.do((drafts, at) => toggleDropped(drafts, at("posts"), "p-editors"));
  expect(d.pending.opsOf(SCOPE)).toEqual([]);
});

test("one to many is the same relation said from the other side", () => {
  const d = desk();
  d.do((drafts, at) => relate(drafts, { kind: "O2M", source: at("authors").id, target: at("posts").id, name: "drafts", alias: "drafter", onDelete: "CASCADE", required: false }));
  expect(fieldsOf(d.asked(), "posts")["drafter"]).toMatchObject({ relType: "BelongsTo", target: "authors", foreignKey: "drafter_id" });
  expect(fieldsOf(d.asked(), "authors")["drafts"]).toMatchObject({ relType: "HasMany", foreignKey: "drafter_id" });
});

test("one to one is unique on its column and has one at the far end", () => {
  const d = desk();
  d.do((drafts, at) => relate(drafts, { kind: "O2O", source: at("posts").id, target: at("authors").id, name: "owner", alias: "owned", onDelete: "SET NULL", required: false }));
  expect(fieldsOf(d.asked(), "posts")["owner_id"]).toMatchObject({ unique: true });
  expect(fieldsOf(d.asked(), "authors")["owned"]).toMatchObject({ relType: "HasOne" });
});

test("what somebody else stored meanwhile stays, field by field", () => {
  const d = desk();
  d.do((_, at) => setDefinition(at("posts"), "p-title", { type: "Text" }));
  const moved = structuredClone(STORED) as unknown as { schema: { fields: Fields; timestamps?: boolean } }[];
  const posts = moved[1]?.schema;
  if (posts) posts.fields = { ...posts.fields, slug: { type: "String", fieldId: "p-slug" } };
  const asked = fieldsOf(d.asked(moved as unknown as readonly SchemaInfo[]), "posts");
  expect(asked["title"]).toMatchObject({ type: "Text" });
  expect(asked["slug"]).toMatchObject({ fieldId: "p-slug" });
});

test("a switch marks the fields it kept, and switching back takes the change away", () => {
  const d = desk();
  d.do((_, at) => setFlag(at("posts"), "timestamps", false));
  expect(Object.keys(fieldsOf(d.asked(), "posts"))).toEqual(["id", "title", "author", "author_id"]);
  expect(d.asked().collections[0]?.schema.timestamps).toBe(false);
  d.do((_, at) => setFlag(at("posts"), "timestamps", true));
  expect(d.pending.opsOf(SCOPE)).toEqual([]);
});

test("undo and redo walk through the steps", () => {
  const d = desk();
  d.do((drafts, at) => renameField(drafts, at("posts"), "p-title", "headline"));
  d.do((_, at) => setDefinition(at("posts"), "p-title", { type: "Text" }));
  expect(fieldsOf(d.asked(), "posts")["headline"]).toMatchObject({ type: "Text" });
  d.pending.undo();
  expect(fieldsOf(d.asked(), "posts")["headline"]).toMatchObject({ type: "String" });
  d.pending.undo();
  expect(d.asked().collections).toEqual([]);
  d.pending.redo();
  expect(Object.keys(fieldsOf(d.asked(), "posts"))).toContain("headline");
});

test("a draft survives its journal", () => {
  const d = desk();
  d.do((_, at) => setDefinition(at("posts"), "p-title", { type: "Text" }));
  const kept = JSON.parse(JSON.stringify(d.pending.opsOf(SCOPE))) as readonly Op[];
  expect(desired(draftsOf(STORED, kept))).toEqual(d.asked());
});

test("another type keeps what it can be told", () => {
  const price = withRule(withOption(withOption({ type: "Decimal", defaultValue: "9.90" }, "precision", 12), "scale", 2), "min", 0);
  expect(withType(price, "Integer")).toEqual({ type: "Integer", validate: { min: 0 } });
  expect(withType({ type: "String", defaultValue: "12", validate: { isEmail: true } }, "Integer")).toEqual({ type: "Integer", defaultValue: 12 });
  expect(withType({ type: "DateTime", defaultValue: { type: "NOW" } }, "Boolean")).toEqual({ type: "Boolean" });
});

test("defaults are read as their type and never rounded", () => {
  expect(readDefault("Decimal", "0.10000000000000000001")).toBe("0.10000000000000000001");
  expect(readDefault("BigInt", "9007199254740993")).toBe("9007199254740993");
  expect(readDefault("Integer", "1.5")).toBeUndefined();
  expect(readDefault("Boolean", "yes")).toBeUndefined();
  expect(readDefault("JSON", '{"a":[]}')).toEqual({ a: [] });
  expect(defaultText({ defaultValue: { value: "x" } })).toBe("x");
});

test("names of one and of many", () => {
  expect(["posts", "categories", "boxes", "status", "news_items"].map(singular)).toEqual(["post", "category", "box", "status", "news_item"]);
  expect(["post", "category", "box", "authors"].map(plural)).toEqual(["posts", "categories", "boxes", "authors"]);
});

test("a table's statement is only given lines", () => {
  const sql = `CREATE TABLE "a,(b" ("id" TEXT DEFAULT (lower('x, y')), "n" TEXT) STRICT`;
  expect(laidOut(sql)).toBe(`CREATE TABLE "a,(b" (\n  "id" TEXT DEFAULT (lower('x, y')),\n  "n" TEXT\n) STRICT`);
});

test("what an expression answers is known of the stored one alone, and put back it is no change", () => {
  const was = { type: "VIRTUAL", calculated: "a * b", resultType: "Decimal" };
  expect(typeWord(was)).toBe("computed decimal");
  const other = withExpression(was, "a || b", was);
  expect(typeWord(other)).toBe("computed");
  expect(sameDraft(withExpression(other, "a * b", was), was)).toBe(true);
  expect(withType(was, "Integer")).toEqual({ type: "Integer" });
});

test("a refused expression is found in the draft by its place, unless it could be two", () => {
  const d = desk();
  const refused = { message: "there is no field `prise`", details: [], hint: "did you mean `price`?", body: { error: { at: "fields.sum.calculated" } } };
  expect(misplacedOf(refused, d.drafts())).toBeUndefined();
  d.do((_, at) => addField(at("posts"), { name: "sum", def: { type: "VIRTUAL", calculated: "prise * 2" } }).edits);
  const found = misplacedOf(refused, d.drafts());
  expect(found).toMatchObject({ collection: "posts", field: d.id("posts", "sum"), key: "calculated", why: "There is no field prise.", hint: "did you mean `price`?" });
  expect(misplacedOf({ message: "no", body: { error: { at: "fields.sum.type" } } }, d.drafts())).toBeUndefined();
  expect(misplacedOf(new Error("the server is away"), d.drafts())).toBeUndefined();
  d.do((_, at) => addField(at("authors"), { name: "sum", def: { type: "VIRTUAL", calculated: "prise" } }).edits);
  expect(misplacedOf(refused, d.drafts())).toBeUndefined();
});

test.each(["M2O", "O2M", "O2O", "M2M"] as const)("a collection is related to itself (%s) by names it can have", (kind) => {
  const drafts = draftsOf(STORED, []);
  const names = suggested(drafts, kind, "posts", "posts");
  const posts = drafts.get("posts");
  if (!posts) throw new Error("no posts");
  expect([names.name, names.alias].map((name) => relationNameFault(posts, name))).toEqual([null, null]);
  expect(names.name).not.toBe(names.alias);
});
