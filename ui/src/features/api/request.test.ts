import { expect, test } from "vitest";
import { readCollection } from "@/lib/fields";
import { paramFault, requestOf, rowsOf, target } from "./request";

const authors = readCollection("authors", { fields: { id: { type: "UUID", primaryKey: true }, name: { type: "String" } } });
const posts = readCollection("posts", {
  fields: {
    id: { type: "UUID", primaryKey: true },
    title: { type: "String" },
    author_id: { type: "UUID" },
    author: { relType: "BelongsTo", target: "authors", foreignKey: "author_id", as: "author" },
  },
});
const find = (name: string) => (name === "authors" ? authors : undefined);
const list = requestOf("list", posts, find);

test("the first request of a collection brings its relations along", () => {
  expect(target(list)).toBe("/items/posts?fields=*,author.name&sort=-createdAt&limit=3");
});

test("a filter that is not JSON says so, and only while it is sent", () => {
  const bad = { name: "filter", value: "{total", on: true, known: true };
  expect(paramFault(bad)).not.toBeNull();
  expect(paramFault({ ...bad, on: false })).toBeNull();
});

test("rows are counted from the answer as it came", () => {
  expect(rowsOf('{"data":[{},{}],"totalCount":57}')).toEqual({ shown: 2, total: 57, estimated: false });
  expect(rowsOf('{"data":{}}')).toBeNull();
  expect(rowsOf("a,b\n1,2")).toBeNull();
});
