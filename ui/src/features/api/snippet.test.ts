import { expect, test } from "vitest";
import { readCollection } from "@/lib/fields";
import { requestOf, type ApiRequest, type Param } from "./request";
import { asCurl, asTypeScript } from "./snippet";

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

const notes = { numbers: "n", strict: "s", token: "t" };
const on = (name: string, value: string): Param => ({ name, value, on: true, known: true });
const codeOf = (request: ApiRequest): string => asTypeScript(request, "http://h", notes).split("});\n\n")[1] ?? "";

test("curl says the same, with the token in the environment", () => {
  const curl = asCurl(list, "http://127.0.0.1:8056");
  expect(curl).toContain("curl 'http://127.0.0.1:8056/items/posts?fields=*,author.name&sort=-createdAt&limit=3'");
  expect(curl).toContain('"Authorization: Bearer $PLINTH_TOKEN"');
});

test("a body with a quote survives the shell", () => {
  const request = { ...requestOf("create", posts, find), body: `{"title":"it's"}` };
  expect(asCurl(request, "http://h")).toContain(`--data '{"title":"it'\\''s"}'`);
});

test("the SDK call does the same", () => {
  const code = asTypeScript(list, "http://h", notes);
  expect(code).toContain('const items = plinth.items("posts");\nconst { data, totalCount } = await items.find({');
  expect(code).toContain('"author.name"');
  expect(code).toContain("limit: 3");
  expect(codeOf(requestOf("me", posts, find))).toContain("plinth.auth.me()");
});

test("headers become what the SDK calls them", () => {
  const code = asTypeScript(list, "http://h", notes);
  expect(code).toContain('numbers: "exact", // n');
  expect(code).toContain("strict: true, // s");
  const update = requestOf("update", posts, find);
  const careful = { ...update, path: "/items/posts/7", body: '{"title":"x"}', headers: [on("If-Match", '"5"'), on("x-trace", "a")] };
  expect(codeOf(careful)).toBe('const items = plinth.items("posts");\nconst id = await items.update("7", {\n  title: "x",\n}, {\n  ifMatch: "\\"5\\"",\n  headers: {\n    "x-trace": "a",\n  },\n});');
});

test("digits are text where text is meant, and no number is rounded on its way", () => {
  const found = { ...list, params: [on("search", "2024"), on("limit", "5")] };
  expect(codeOf(found)).toContain('search: "2024",\n  limit: 5');
  const create = { ...requestOf("create", posts, find), body: '{"views": 9007199254740993, "price": 1.10, "n": 3}' };
  expect(codeOf(create)).toContain('views: "9007199254740993",\n  price: 1.10,\n  n: 3');
});

test("what no method of the SDK takes goes through http, whole", () => {
  const odd = { ...list, params: [on("fields", "id"), on("flavour", "mild")] };
  expect(codeOf(odd)).toContain('plinth.http.request({\n  method: "GET",\n  path: "/items/posts",\n  params: {\n    fields: ["id"],\n    flavour: "mild"');
  const many = { ...requestOf("create", posts, find), body: "[1]" };
  expect(codeOf(many)).toContain('method: "POST"');
  expect(codeOf({ ...requestOf("aggregate", posts, find) })).toContain('const rows = await items.aggregate({');
});
