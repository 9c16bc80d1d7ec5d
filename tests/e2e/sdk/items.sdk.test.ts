// The acceptance list for items and schemas, row by row (S1 to S29 and S34). A row that no server
// can satisfy as printed is tested twice: the printed request is refused with guidance, and the
// form this SDK sends works.
import { expect, it } from "vitest";
import type { Plinth } from "../../../sdk/dist/esm/index.js";
import { makePosts, PRODUCT } from "./collections";
import { column, refusal } from "./expecting";
import { onEveryStore, type Project } from "./stores";

const NOBODY = "00000000-0000-4000-8000-000000000000";

onEveryStore("S1 to S10: the product", (project) => {
  it("S1 schemas.create in the object form keeps every field and rule", async () => {
    const created = await project.admin.schemas.create({ collectionName: "products", schema: PRODUCT });
    expect(created.collectionName).toBe("products");
    const stored = await project.admin.schemas.findOne("products");
    expect(Object.keys(stored.schema.fields)).toEqual(
      expect.arrayContaining([...Object.keys(PRODUCT.fields), "createdAt", "updatedAt"]),
    );
    for (const [name, field] of Object.entries(PRODUCT.fields)) {
      expect(stored.schema.fields[name], name).toMatchObject(field);
    }
  });

  it("S2 the printed request of the two-argument form is refused with guidance; our form works", async () => {
    const flat = await refusal(project.admin.http.post("/schemas", "products"));
    expect([flat.status, flat.code]).toEqual([400, "INVALID_BODY"]);
    expect(flat.message.length).toBeGreaterThan(10);
    const created = await project.admin.schemas.create("categories", {
      fields: { id: PRODUCT.fields["id"]!, name: { type: "String", allowNull: false } },
    });
    expect(created.collectionName).toBe("categories");
    expect((await project.admin.schemas.findOne("categories")).schema.fields["name"]?.allowNull).toBe(false);
  });

  it("S3 schemas.find lists them and counts", async () => {
    const { data, totalCount } = await project.admin.schemas.find();
    expect(column(data, "collectionName")).toContain("products");
    expect(totalCount).toBe(data.length);
  });

  it("S4 createRelationship adds the key, its index and the way back", async () => {
    const { admin } = project;
    await admin.schemas.createRelationship("products", {
      type: "M2O",
      target: "categories",
      name: "category",
      alias: "products",
    });
    const products = (await admin.schemas.findOne("products")).schema;
    expect(products.fields["category_id"]).toMatchObject({ type: "UUID" });
    expect(products.fields["category"]).toMatchObject({ relType: "BelongsTo", target: "categories" });
    const categories = (await admin.schemas.findOne("categories")).schema;
    expect(categories.fields["products"]).toMatchObject({ relType: "HasMany", target: "products" });
    const category = await admin.items("categories").create({ name: "Lights" });
    const lamp = await admin.items("products").create({ name: "Linked", category_id: category });
    const read = await admin.items("categories").findOne(category, { fields: ["*", "products.id"] });
    expect(read["products"]).toEqual([{ id: lamp }]);
    await admin.items("products").delete(lamp);
  });

  it("S5 create resolves to the key and fills every default", async () => {
    const products = project.admin.items("products");
    const before = Date.now();
    const first = await products.findOne(await products.create({ name: "Lamp", price: 29.99 }));
    const second = await products.findOne(await products.create({ name: "Desk", price: 100 }));
    expect(first).toMatchObject({ status: "draft", isActive: true, quantity: 0 });
    expect(String(first["sku"])).toMatch(/^[\w-]{6,32}$/);
    expect(second["sku"]).not.toBe(first["sku"]);
    expect(Number(second["sortOrder"])).toBe(Number(first["sortOrder"]) + 1);
    const published = Date.parse(String(first["publishedAt"]));
    expect(Math.abs(published - before)).toBeLessThan(60_000);
    expect(first["publishedAt"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it.each([
    [{ name: "" }, "name"],
    [{ name: "ab" }, "name"],
    [{ name: "Good", email: "x" }, "email"],
    [{ name: "Good", website: "x" }, "website"],
    [{ name: "Good", quantity: 1.5 }, "quantity"],
    [{ name: "Good", price: -1 }, "price"],
  ])("S6 %j is refused and the field is named", async (body, field) => {
    const products = project.admin.items("products");
    const before = (await products.find({ limit: 0 })).totalCount;
    const error = await refusal(products.create(body));
    expect([error.status, error.code]).toEqual([400, "VALIDATION_ERROR"]);
    expect(error.details[0]?.field).toBe(field);
    expect((await products.find({ limit: 0 })).totalCount).toBe(before);
  });

  it("S7 find pages, newest first, and counts all matches", async () => {
    const products = project.admin.items("products");
    const many = Array.from({ length: 25 }, (_, n) => ({ name: `Item ${String(n)}`, status: "active", price: n }));
    await products.createMany(many);
    const page = { filter: { status: { eq: "active" } }, sort: { createdAt: "desc" }, limit: 20 } as const;
    const first = await products.find({ ...page, page: 1 });
    const second = await products.find({ ...page, page: 2 });
    expect([first.data.length, second.data.length]).toEqual([20, 5]);
    expect([first.totalCount, second.totalCount]).toEqual([25, 25]);
    const times = column([...first.data, ...second.data], "createdAt").map(String);
    expect(times).toEqual([...times].sort().reverse());
    expect(new Set(column([...first.data, ...second.data], "id")).size).toBe(25);
  });

  it("S8, S9 findOne and update: numbers stay numbers, updatedAt grows", async () => {
    const products = project.admin.items("products");
    const id = await products.create({ name: "Chair", price: 29.99 });
    const before = await products.findOne(id);
    expect(before["price"]).toBe(29.99);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await products.update(id, { price: 24.99 })).toBe(id);
    const after = await products.findOne(id);
    expect(after["price"]).toBe(24.99);
    expect(Date.parse(String(after["updatedAt"]))).toBeGreaterThan(Date.parse(String(before["updatedAt"])));
    expect(after["createdAt"]).toBe(before["createdAt"]);
  });

  it("S10 what was deleted is refused like what may not be read", async () => {
    const products = project.admin.items("products");
    const id = await products.create({ name: "Gone" });
    await products.delete(id);
    const error = await refusal(products.findOne(id));
    expect([error.status, error.code]).toEqual([403, "ITEM_NOT_FOUND"]);
  });

  it("S34 errors are BaasixError with status, code and message for 400, 403, 404 and 409", async () => {
    const { admin } = project;
    const products = admin.items("products");
    const sku = (await products.findOne(await products.create({ name: "Only" })))["sku"];
    const found = [
      await refusal(products.create({ name: "" })),
      await refusal(products.findOne(NOBODY)),
      await refusal(admin.http.get("/no/such/route")),
      await refusal(products.create({ name: "Twice", sku })),
    ];
    expect(found.map((error) => error.status)).toEqual([400, 403, 404, 409]);
    for (const error of found) {
      expect(error.code).toMatch(/^[A-Z_]+$/);
      expect(error.message.length).toBeGreaterThan(3);
    }
  });
});

/** Two authors, forty posts, comments on the first. */
async function fill({ admin }: Project): Promise<void> {
  await makePosts(admin);
  const posts = admin.items("posts");
  const author = (await admin.auth.getUser())?.id;
  const ids = await posts.createMany(
    Array.from({ length: 35 }, (_, n) => ({
      title: `Post ${String(n + 1).padStart(2, "0")}`,
      slug: `post-${String(n + 1)}`,
      content: n === 3 ? "all about JavaScript engines" : "nothing of note",
      note: n === 5 ? "javascript" : null,
      status: n % 5 === 0 ? "draft" : "published",
      views: n,
      featured: n % 10 === 0,
      tags: n % 7 === 0 ? ["featured", "long"] : ["short"],
      ...(n < 2 ? { author_Id: author } : {}),
    })),
  );
  await admin.items("comments").createMany([
    { body: "yes", approved: true, post_id: ids[0] },
    { body: "no", approved: false, post_id: ids[0] },
    { body: "meh", approved: false, post_id: ids[1] },
  ]);
}

onEveryStore("S11 to S20: queries", (project) => {
  const posts = () => project.admin.items("posts");
  const titles = async (filter: Record<string, unknown>) =>
    column((await posts().find({ filter: filter as never, sort: "title" })).data, "title");

  it("S11 select follows relations and shows nothing hidden", async () => {
    await fill(project);
    const { data } = await posts().query().select("*", "author.*", "comments.*").sort({ title: "asc" }).limit(3).get();
    expect(data[0]).toMatchObject({ title: "Post 01", author: { email: "owner@example.com" } });
    expect(column(data[0]?.["comments"] as object[], "body").sort()).toEqual(["no", "yes"]);
    expect(data[2]).toMatchObject({ author: null, comments: [] });
    expect(JSON.stringify(data)).not.toContain("password");
  });

  it("S12 first answers null where nothing matches", async () => {
    const found = await posts().query().filter({ slug: { eq: "post-3" } }).first();
    expect(found?.["title"]).toBe("Post 03");
    expect(await posts().query().filter({ slug: { eq: "my-post" } }).first()).toBeNull();
  });

  it("S13 count is the total count", async () => {
    const published = { status: { eq: "published" } };
    expect(await posts().query().filter(published).count()).toBe(28);
    expect((await posts().find({ filter: published, limit: 1 })).totalCount).toBe(28);
  });

  it("S14 offset and limit take the rows 21 to 30", async () => {
    const { data } = await posts().query().sort({ title: "asc" }).offset(20).limit(10).get();
    expect(column(data, "title")).toEqual(Array.from({ length: 10 }, (_, n) => `Post ${String(n + 21)}`));
  });

  it("S15 search looks only into the named columns", async () => {
    const { data } = await posts().query().search("javascript", ["title", "content"]).get();
    expect(column(data, "title")).toEqual(["Post 04"]);
    const prefix = await posts().query().search("javas", ["title", "content"]).get();
    expect(column(prefix.data, "title")).toEqual(["Post 04"]);
  });

  it("S16 withDeleted shows what was softly deleted", async () => {
    const id = await posts().create({ title: "Zzz" });
    await posts().delete(id);
    expect(await titles({ title: { eq: "Zzz" } })).toEqual([]);
    const { data } = await posts().query().filter({ title: { eq: "Zzz" } }).withDeleted().get();
    expect(column(data, "id")).toEqual([id]);
  });

  it("S17 relFilter keeps all roots and only the matching relations", async () => {
    const { data, totalCount } = await posts()
      .query()
      .select("*", "comments.*")
      .relFilter({ comments: { approved: { eq: true } } })
      .sort("title")
      .get();
    expect(totalCount).toBe(35);
    expect(column(data[0]?.["comments"] as object[], "body")).toEqual(["yes"]);
    expect(data[1]?.["comments"]).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, number]>([
    ["eq", { views: { eq: 10 } }, 1],
    ["neq drops the equal row", { views: { neq: 10 } }, 34],
    ["gt", { views: { gt: 30 } }, 4],
    ["gte", { views: { gte: 30 } }, 5],
    ["lt", { views: { lt: 5 } }, 5],
    ["lte", { views: { lte: 5 } }, 6],
    ["like", { title: { like: "%ost 0%" } }, 9],
    ["like is exact about case", { title: { like: "%POST 0%" } }, 0],
    ["ilike restricts", { title: { ilike: "%POST 0%" } }, 9],
    ["startsWith", { title: { startsWith: "Post 3" } }, 6],
    ["contains restricts", { title: { contains: "st 1" } }, 10],
    ["in", { status: { in: ["draft", "pending"] } }, 7],
    ["between", { views: { between: [10, 20] } }, 11],
    ["isNull true", { deletedAt: { isNull: true } }, 35],
    ["isNull false", { note: { isNull: false } }, 1],
    ["arraycontains", { tags: { arraycontains: ["featured"] } }, 5],
    ["AND", { AND: [{ status: { eq: "draft" } }, { views: { gt: 0 } }] }, 6],
    ["OR", { OR: [{ featured: { eq: true } }, { views: { gt: 32 } }] }, 6],
  ])("S18 %s", async (_, filter, matches) => {
    expect(await titles(filter)).toHaveLength(matches);
  });

  it("S18 a single row is the right one, null stands apart from neq", async () => {
    expect(await titles({ views: { eq: 10 } })).toEqual(["Post 11"]);
    expect(await titles({ views: { neq: 10 } })).not.toContain("Post 11");
    expect(await titles({ OR: [{ featured: { eq: true } }, { views: { gt: 32 } }] })).toEqual([
      "Post 01",
      "Post 11",
      "Post 21",
      "Post 31",
      "Post 34",
      "Post 35",
    ]);
  });

  it("S19 $CURRENT_USER finds one's own rows, and nobody's for the anonymous", async () => {
    const mine = { author_Id: { eq: "$CURRENT_USER" } };
    expect(await titles(mine)).toEqual(["Post 01", "Post 02"]);
    const everybody = await project.admin.roles.findByName("public");
    await project.admin.permissions.create({
      role_Id: String(everybody?.id),
      collection: "posts",
      action: "read",
      fields: ["*"],
    });
    const anonymous = project.client().items("posts");
    expect((await anonymous.find({ limit: 1 })).totalCount).toBe(35);
    expect((await anonymous.find({ filter: mine as never })).data).toEqual([]);
  });

  it("S20 $NOW-DAYS_30 takes recent rows only", async () => {
    await project.admin.schemas.create("events", {
      fields: { name: { type: "String" }, at: { type: "DateTime" } },
    });
    const events = project.admin.items("events");
    const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    await events.createMany([{ name: "old", at: ago(40) }, { name: "new", at: ago(2) }]);
    expect(column((await events.find({ filter: { at: { gte: "$NOW-DAYS_30" } } })).data, "name")).toEqual(["new"]);
    expect((await events.find({ filter: { createdAt: { gte: "$NOW-DAYS_30" } } })).totalCount).toBe(2);
  });
});

async function widgets(admin: Plinth): Promise<void> {
  await admin.schemas.create("widgets", {
    paranoid: true,
    fields: {
      id: PRODUCT.fields["id"]!,
      sku: { type: "String", unique: true },
      name: { type: "String", allowNull: false },
      price: { type: "Decimal", values: { precision: 10, scale: 2 } },
      status: { type: "String", defaultValue: "draft" },
      category: { type: "String" },
    },
  });
}

onEveryStore("S21 to S29: several at once", (project) => {
  const items = () => project.admin.items("widgets");

  it("S21 createMany answers the keys in order; one bad entry takes all back", async () => {
    await widgets(project.admin);
    const ids = await items().createMany([
      { name: "Product 1", price: 10 },
      { name: "Product 2", price: 20 },
    ]);
    expect(ids).toHaveLength(2);
    const names = await Promise.all(ids.map(async (id) => (await items().findOne(id))["name"]));
    expect(names).toEqual(["Product 1", "Product 2"]);
    const error = await refusal(items().createMany([{ name: "Product 3" }, { price: 1 }]));
    expect(error.status).toBe(400);
    expect((await items().find()).totalCount).toBe(2);
  });

  it("S22 updateMany changes all; a missing key changes none", async () => {
    const ids = await items().createMany([{ name: "One" }, { name: "Two" }]);
    await items().updateMany(ids, { status: "archived" });
    const archived = { status: { eq: "archived" } };
    expect((await items().find({ filter: archived })).totalCount).toBe(2);
    await refusal(items().updateMany([...ids, NOBODY], { status: "lost" }));
    expect((await items().find({ filter: archived })).totalCount).toBe(2);
    expect((await items().find({ filter: { status: { eq: "lost" } } })).totalCount).toBe(0);
  });

  it("S23 deleteMany removes all; a missing key removes none", async () => {
    const ids = await items().createMany([{ name: "One more" }, { name: "Two more" }]);
    await refusal(items().deleteMany([...ids, NOBODY]));
    expect((await items().find({ filter: { id: { in: ids } } })).totalCount).toBe(2);
    await items().deleteMany(ids);
    expect((await items().find({ filter: { id: { in: ids } } })).totalCount).toBe(0);
  });

  it("S24 the printed import is refused with guidance; our form imports", async () => {
    for (const kind of ["csv", "json"] as const) {
      const printed = project.admin.http.post(`/items/widgets/import-${kind}`, { file: {} });
      const error = await refusal(printed);
      expect([error.status, error.code]).toEqual([400, "NO_FILE"]);
    }
    const csv = new Blob(["name,price\nFrom CSV,29.99\n"], { type: "text/csv" });
    expect((await items().importCSV(csv)).imported).toBe(1);
    const json = new Blob([JSON.stringify([{ name: "From JSON", price: 5 }])], { type: "application/json" });
    expect((await items().importJSON(json)).imported).toBe(1);
    const read = await items().find({ filter: { name: { startsWith: "From" } }, sort: "name" });
    expect(column(read.data, "price")).toEqual([29.99, 5]);
  });

  it("S27 upsert twice by sku leaves one row, changed by the second call", async () => {
    const by = { sku: { eq: "WIDGET-001" } };
    const first = await items().upsert(by, { name: "Widget", price: 29.99, sku: "WIDGET-001" });
    const second = await items().upsert(by, { name: "Widget", price: 31, sku: "WIDGET-001" });
    expect(second).toBe(first);
    expect(column((await items().find({ filter: by })).data, "price")).toEqual([31]);
  });

  it("S28 softDelete hides and restore shows", async () => {
    const id = await items().create({ name: "Hidden" });
    await items().softDelete(id);
    expect((await refusal(items().findOne(id))).status).toBe(403);
    const hidden = await items().findOne(id, { paranoid: false });
    expect(Date.parse(String(hidden["deletedAt"]))).toBeGreaterThan(Date.now() - 60_000);
    await items().restore(id);
    expect((await items().findOne(id))["deletedAt"]).toBeNull();
  });

  it("S29 aggregate groups by two fields, numbers as numbers", async () => {
    await items().createMany([
      { name: "a", category: "x", status: "on", price: 10 },
      { name: "b", category: "x", status: "on", price: 20 },
      { name: "c", category: "x", status: "off", price: 5 },
      { name: "d", category: "y", status: "on", price: 1.5 },
    ]);
    const rows = await items().aggregate({
      aggregate: {
        total: { function: "sum", field: "price" },
        count: { function: "count", field: "id" },
        avgPrice: { function: "avg", field: "price" },
      },
      groupBy: ["category", "status"],
      filter: { AND: [{ createdAt: { gte: "$NOW-DAYS_30" } }, { category: { isNull: false } }] },
      sort: { category: "asc", status: "asc" },
    });
    expect(rows).toEqual([
      { category: "x", status: "off", total: 5, count: 1, avgPrice: 5 },
      { category: "x", status: "on", total: 30, count: 2, avgPrice: 15 },
      { category: "y", status: "on", total: 1.5, count: 1, avgPrice: 1.5 },
    ]);
  });
});
