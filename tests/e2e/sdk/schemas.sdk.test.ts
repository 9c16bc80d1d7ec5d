// Collections are altered, planned and taken elsewhere through the SDK, on both stores.
import { expect, it } from "vitest";
import type { SchemaDefinition } from "../../../sdk/dist/esm/index.js";
import { refusal } from "./expecting";
import { onEveryStore } from "./stores";

const GOODS: SchemaDefinition = {
  fields: {
    id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } },
    name: { type: "String", values: { length: 50 } },
  },
};

onEveryStore("schemas", (project) => {
  it("create, update, addField and removeField alter what stands, and rows stay", async () => {
    const { schemas, items } = { schemas: project.admin.schemas, items: project.admin.items("goods") };
    await schemas.create("goods", GOODS);
    const id = await items.create({ name: "Lamp" });
    const added = await schemas.addField("goods", "weight", { type: "Decimal", values: { precision: 8, scale: 3 } });
    expect(added.schema.fields["weight"]).toMatchObject({ type: "Decimal" });
    await items.update(id, { weight: "1.250" });
    expect(await items.findOne(id)).toMatchObject({ name: "Lamp", weight: 1.25 });
    await schemas.removeField("goods", "weight");
    expect(Object.keys(await items.findOne(id))).not.toContain("weight");
    const { schema } = await schemas.update("goods", { schema: { paranoid: true } });
    expect(schema.paranoid).toBe(true);
    expect(schema.fields["name"]).toMatchObject({ type: "String" });
  });

  it("createRelationship, updateRelationship and deleteRelationship", async () => {
    const { schemas } = project.admin;
    await schemas.create("makers", { fields: { name: { type: "String" } } });
    const said = await schemas.createRelationship("goods", { type: "M2O", target: "makers", name: "maker", alias: "goods" });
    expect(said.message).toBe("Relationship created successfully");
    await schemas.updateRelationship("goods", "maker", { onDelete: "SET NULL" });
    expect((await schemas.findOne("goods")).schema.fields["maker"]).toMatchObject({ onDelete: "SET NULL" });
    const maker = await project.admin.items("makers").create({ name: "Ada" });
    const made = await project.admin.items("goods").create({ name: "Desk", maker });
    expect(await project.admin.items("goods").findOne(made, { fields: ["name", "maker.name"] })).toMatchObject({
      name: "Desk",
      maker: { name: "Ada" },
    });
    await schemas.deleteRelationship("goods", "maker");
    expect((await schemas.findOne("goods")).schema.fields["maker"]).toBeUndefined();
    expect((await schemas.findOne("makers")).schema.fields["goods"]).toBeUndefined();
  });

  it("createIndex and deleteIndex", async () => {
    const { schemas, items } = { schemas: project.admin.schemas, items: project.admin.items("goods") };
    await schemas.createIndex("goods", { name: "goods_by_name", fields: ["name"], unique: true });
    const { indexes } = (await schemas.findOne("goods")).schema;
    expect(indexes?.map((index) => index.name)).toContain("goods_by_name");
    expect((await refusal(items.create({ name: "Lamp" }))).code).toBe("UNIQUE_VIOLATION");
    await schemas.deleteIndex("goods", "goods_by_name");
    await items.create({ name: "Lamp" });
  });

  it("rehearse leaves nothing, history tells what was done, and undo brings the values back", async () => {
    const { schemas } = project.admin;
    const items = project.admin.items("pens");
    await schemas.create("pens", { fields: { name: { type: "String" }, nick: { type: "String" } } });
    const id = await items.create({ name: "Biro", nick: "bic" });
    const { nick: _dropped, ...fields } = (await schemas.findOne("pens")).schema.fields;
    const change = { collections: [{ collectionName: "pens", schema: { fields } }], drop: [] };
    const { token, steps, references } = await schemas.plan(change);
    expect(steps[0]).toMatchObject({ op: "drop_field", values: { affected: 1, total: 1 }, examples: [{ value: "bic" }] });
    expect(references).toEqual([]);
    const tried = await schemas.rehearse({ ...change, token });
    expect(tried).toMatchObject({ passed: true, failing: [] });
    expect(await items.findOne(id)).toMatchObject({ nick: "bic" });

    await schemas.apply({ ...change, token });
    expect(await items.findOne(id)).not.toHaveProperty("nick");
    const { data, totalCount } = await schemas.history({ limit: 2 });
    expect(totalCount).toBeGreaterThan(1);
    expect(data).toHaveLength(2);
    const version = data[0]?.version ?? 0;
    expect(data[0]).toMatchObject({ standing: "undoable", steps: [{ op: "drop_field" }] });
    const { before, after } = await schemas.change(version);
    expect([before, after].map(([entry]) => entry && "nick" in entry.schema.fields)).toEqual([true, false]);
    const undo = await schemas.planUndo(version);
    expect(undo.restores).toMatchObject([{ collection: "pens", field: "nick", back: 1 }]);
    expect((await refusal(schemas.undo(version, { token: "0-0" }))).code).toBe("PLAN_STALE");
    await schemas.undo(version, undo);
    expect(await items.findOne(id)).toMatchObject({ name: "Biro", nick: "bic" });
  });

  it("plan says every step with this store's statements, apply does them, and a stale token is refused", async () => {
    const { schemas } = project.admin;
    const change = {
      collections: [
        { collectionName: "wares", was: "goods", schema: (await schemas.findOne("goods")).schema },
        { collectionName: "tags", schema: { fields: { name: { type: "String" } } } },
      ],
      drop: ["makers"],
    } as const;
    const plan = await schemas.plan(change);
    expect(plan.store).toBe(project.store);
    expect(plan.steps.map((step) => step.op).sort()).toEqual(["create_collection", "drop_collection", "rename_collection"]);
    for (const step of plan.steps) expect(step.sql.length, step.summary).toBeGreaterThan(0);
    expect(plan.steps.find((step) => step.op === "drop_collection")).toMatchObject({
      lossy: true,
      values: { affected: 1, total: 1 },
    });
    const { steps } = await schemas.apply({ ...change, token: plan.token });
    expect(steps).toHaveLength(3);
    expect((await project.admin.items("wares").find()).totalCount).toBeGreaterThan(0);
    const stale = await refusal(schemas.apply({ ...change, token: plan.token }));
    expect([stale.status, stale.code]).toEqual([409, "PLAN_STALE"]);
  });

  it("find pages, searches and sorts", async () => {
    const { schemas } = project.admin;
    const first = await schemas.find({ limit: 2, page: 1, sort: { collectionName: "desc" } });
    expect(first.data.map((one) => one.collectionName)).toEqual(["wares", "tags"]);
    expect(first.pagination).toMatchObject({ currentPage: 1, limit: 2, hasNextPage: true, hasPrevPage: false, nextPage: 2, prevPage: null });
    expect((await schemas.find({ search: "war" })).data.map((one) => one.collectionName)).toEqual(["wares"]);
  });

  it("export and import bring definitions back after their collections were deleted", async () => {
    const { schemas } = project.admin;
    const own = (await schemas.export()).filter((one) => ["tags", "wares"].includes(one.collectionName));
    expect(own).toHaveLength(2);
    expect((await schemas.delete("tags")).message).toBe("Schema deleted successfully");
    const done = await schemas.import(own);
    expect(done).toEqual({ created: ["tags"], updated: [], unchanged: ["wares"], deleted: [], errors: [] });
    await project.admin.items("tags").create({ name: "New" });
  });

  it("is for administrators, and says which collection it does not know", async () => {
    const nobody = project.client();
    expect((await refusal(nobody.schemas.create("x", GOODS))).status).toBe(403);
    expect((await refusal(nobody.schemas.plan({ collections: [], drop: [] }))).status).toBe(403);
    expect((await refusal(nobody.schemas.export())).status).toBe(403);
    const unknown = await refusal(project.admin.schemas.findOne("ware"));
    expect([unknown.status, unknown.code]).toEqual([404, "SCHEMA_NOT_FOUND"]);
    expect(unknown.hint).toContain("wares");
  });

  it("existing and adopt show tables of other programs and take them over", async () => {
    const { schemas } = project.admin;
    await project.sql("CREATE TABLE planets (id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO planets VALUES (1, 'Mars'); CREATE TABLE moons (id INTEGER PRIMARY KEY, planet_id INTEGER REFERENCES planets (id), name TEXT); INSERT INTO moons VALUES (1, 1, 'Phobos'); CREATE TABLE loose (note TEXT);");
    expect((await schemas.existing({ names: true })).names).toEqual(["loose", "moons", "planets"]);
    const { tables } = await schemas.existing();
    expect(tables.map((table) => [table.name, table.adoptable])).toEqual([["loose", false], ["moons", true], ["planets", true]]);
    expect(tables[0]?.reasons[0]?.code).toBe("NO_KEY");
    const plan = await schemas.adopt({ tables: ["planets", "moons"], dryRun: true });
    expect(plan).toMatchObject({ store: project.store, untouchedRows: 2 });
    expect((await refusal(schemas.adopt({ tables: ["planets"], token: plan.token }))).code).toBe("PLAN_STALE");
    await schemas.adopt({ tables: ["planets", "moons"], token: plan.token });
    expect(await project.admin.items("planets").findOne(1, { fields: ["name", "moons.name"] })).toMatchObject({ name: "Mars", moons: [{ name: "Phobos" }] });
    expect((await schemas.existing({ names: true })).names).toEqual(["loose"]);
  });
});
