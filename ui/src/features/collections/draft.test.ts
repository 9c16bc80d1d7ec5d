import type { SchemaInfo } from "@plinth/sdk";
import { expect, test } from "vitest";
import type { Op } from "@/lib/pending";
import {
  addField, changeOf, dropCollection, dropField, fieldLines, merge, nameFault, newCollection, putBack, relate,
  renameCollection, renameField, SCOPE, singular, type Collection, type Edit,
} from "./draft";

const stored: SchemaInfo[] = [
  {
    collectionName: "authors",
    schema: {
      name: "authors",
      fields: {
        id: { type: "UUID", primaryKey: true, fieldId: "a1" },
        name: { type: "String", fieldId: "a2" },
        posts: { relType: "HasMany", target: "posts", foreignKey: "author_id", as: "posts", fieldId: "a3" },
      },
    },
  },
  {
    collectionName: "posts",
    schema: {
      name: "posts",
      fields: {
        id: { type: "UUID", primaryKey: true, fieldId: "p1" },
        title: { type: "String", fieldId: "p2" },
        author_id: { type: "UUID", SystemGenerated: true, fieldId: "p3" },
        author: { relType: "BelongsTo", target: "authors", foreignKey: "author_id", as: "author", fieldId: "p4" },
        createdAt: { type: "DateTime", SystemGenerated: true, fieldId: "p5" },
      },
    },
  },
];

/** Stages edits one after the other, as the pending engine does. */
function after(...edits: ((all: Collection[]) => Edit)[]): Collection[] {
  const ops = new Map<string, Op>();
  let all = merge(stored, []);
  for (const edit of edits) {
    for (const [key, draft] of edit(all)) {
      ops.set(key, { target: { scope: SCOPE, path: [key] }, before: undefined, after: draft });
    }
    all = merge(stored, [...ops.values()]);
  }
  return all;
}
const of = (all: Collection[], name: string) => all.find((entry) => entry.name === name) as Collection;

test("a rename keeps the identity of the field and is seen as one", () => {
  const all = after((now) => renameField(now, "posts", "title", "headline"));
  const line = fieldLines(of(all, "posts")).find((entry) => entry.name === "headline");
  expect(line).toMatchObject({ was: "title", standing: "changed" });
  expect(changeOf(all).collections[0]?.schema.fields["headline"]?.fieldId).toBe("p2");
  expect(Object.keys(of(all, "posts").schema.fields)).toEqual(["id", "headline", "author_id", "author", "createdAt"]);
});

test("a renamed collection takes the relations that point to it along", () => {
  const all = after((now) => renameCollection(now, "authors", "writers"));
  expect(changeOf(all).collections.find((entry) => entry.collectionName === "writers")?.was).toBe("authors");
  expect(of(all, "posts").schema.fields["author"]?.target).toBe("writers");
});

test("a renamed key is followed on both ends", () => {
  const all = after((now) => renameField(now, "posts", "author_id", "writer_id"));
  expect(of(all, "posts").schema.fields["author"]?.foreignKey).toBe("writer_id");
  expect(of(all, "authors").schema.fields["posts"]?.foreignKey).toBe("writer_id");
});

test("dropping a relation drops both ends and the key, and all of it can be put back", () => {
  const dropped = after((now) => dropField(now, "posts", "author"));
  expect(Object.keys(of(dropped, "posts").schema.fields)).toEqual(["id", "title", "createdAt"]);
  expect(of(dropped, "authors").schema.fields["posts"]).toBeUndefined();
  expect(fieldLines(of(dropped, "posts")).filter((line) => line.standing === "dropped").map((line) => line.name)).toEqual(["author_id", "author"]);
  const back = after(
    (now) => dropField(now, "posts", "author"),
    (now) => putBack(now, "posts", "author"),
  );
  expect(Object.keys(of(back, "posts").schema.fields)).toEqual(["id", "title", "author_id", "author", "createdAt"]);
  expect(Object.keys(of(back, "authors").schema.fields)).toEqual(["id", "name", "posts"]);
});

test("dropping a collection takes its relations from the others", () => {
  const all = after((now) => dropCollection(now, "authors"));
  expect(changeOf(all).drop).toEqual(["authors"]);
  expect(Object.keys(of(all, "posts").schema.fields)).toEqual(["id", "title", "createdAt"]);
});

test("a new collection, its fields and a relation are one change", () => {
  const made = newCollection("comments");
  const all = after(
    () => made.edit,
    (now) => addField(now, made.key, "body", { type: "Text" }),
    (now) => relate(now, { from: "comments", to: "posts", cardinality: "manyToOne", near: "post", far: "comments", onDelete: "CASCADE" }),
  );
  expect(of(all, "comments").schema.fields["post"]).toEqual({ relType: "BelongsTo", target: "posts", foreignKey: "post_id", as: "post", onDelete: "CASCADE" });
  expect(of(all, "posts").schema.fields["comments"]).toEqual({ relType: "HasMany", target: "comments", foreignKey: "post_id", as: "comments" });
  expect(changeOf(all).collections.map((entry) => entry.collectionName)).toEqual(["comments", "posts"]);
});

test("one to many puts the key on the many, one to one makes it unique", () => {
  const many = after((now) => relate(now, { from: "authors", to: "posts", cardinality: "oneToMany", near: "drafts", far: "drafter", onDelete: "SET NULL" }));
  expect(of(many, "posts").schema.fields["drafter_id"]).toMatchObject({ type: "UUID" });
  expect(of(many, "authors").schema.fields["drafts"]).toMatchObject({ relType: "HasMany", foreignKey: "drafter_id" });
  const one = after((now) => relate(now, { from: "posts", to: "authors", cardinality: "oneToOne", near: "owner", far: "owns", onDelete: "SET NULL" }));
  expect(of(one, "posts").schema.fields["owner_id"]).toMatchObject({ unique: true });
  expect(of(one, "authors").schema.fields["owns"]).toMatchObject({ relType: "HasOne" });
});

test("many to many makes a junction with both keys, unique as a pair", () => {
  const all = after((now) => relate(now, { from: "authors", to: "posts", cardinality: "manyToMany", near: "reviews", far: "reviewers", onDelete: "CASCADE" }));
  const junction = of(all, "authors_posts").schema;
  expect(junction.isJunction).toBe(true);
  expect(junction.indexes).toEqual([{ fields: ["author_id", "post_id"], unique: true }]);
  expect(of(all, "authors").schema.fields["reviews"]).toMatchObject({ through: "authors_posts", foreignKey: "author_id", otherKey: "post_id" });
  expect(of(all, "posts").schema.fields["reviewers"]).toMatchObject({ through: "authors_posts", foreignKey: "post_id", otherKey: "author_id" });
});

test("names say what is wrong with them", () => {
  expect(nameFault("", [], "field")).toBe("empty");
  expect(nameFault("e mail", [], "field")).toBe("shape");
  expect(nameFault("Title", ["title"], "field")).toBe("taken");
  expect(nameFault("baasix_x", [], "collection")).toBe("reserved");
  expect(nameFault("x".repeat(64), [], "collection")).toBe("long");
  expect(nameFault("orders", ["posts"], "collection")).toBeNull();
});

test("a name for one of many is proposed", () => {
  expect(["posts", "companies", "boxes", "address", "baasix_User"].map(singular)).toEqual(["post", "company", "box", "address", "user"]);
});
