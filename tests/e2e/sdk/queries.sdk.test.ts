// The record of queries, as the client tells it.
import { expect, it } from "vitest";
import { refusal } from "./expecting";
import { onEveryStore } from "./stores";

onEveryStore("queries: what ran, and the index that would help", (project) => {
  it("the collection it is about", async () => {
    await project.admin.schemas.create("orders", {
      fields: {
        id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } },
        status: { type: "String" },
        price: { type: "Integer" },
      },
    });
    const orders = Array.from({ length: 500 }, (_, at) => ({ status: `s${String(at % 40)}`, price: at }));
    await project.admin.items("orders").createMany(orders);
    await project.admin.queries.forget();
    await project.admin.items("orders").find({ filter: { status: { eq: "s7" } }, sort: ["-price"], limit: 10 });
  });

  it("slow tells the shape of a query, its times and the index that would help", async () => {
    const list = await project.admin.queries.slow({ collection: "orders", sort: "p95", limit: 10 });
    expect(list.totalCount).toBe(1);
    const [query] = list.data;
    expect(query?.shape).toMatchObject({ collection: "orders", filter: "status = ?", sort: ["-price"], page: "first", limit: 10 });
    expect(query).toMatchObject({ count: 1, ended: 0, rows: 10, roles: ["administrator"], servedBy: null });
    expect(query?.index).toMatchObject({ collection: "orders", fields: ["status", "price"] });
    expect(JSON.stringify(list)).not.toContain("s7");
  });

  it("measure tries the index on a copy", async () => {
    const [query] = (await project.admin.queries.slow({ collection: "orders" })).data;
    const found = await project.admin.queries.measure(query?.id ?? "", { consent: true });
    expect(found.index.fields).toEqual(["status", "price"]);
    expect([found.before.runs, found.after.runs]).toEqual([15, 15]);
    expect(found.before.plan.join(" ")).not.toContain(found.index.name);
    expect(found.indexBytes).toBeGreaterThan(0);
    expect(found.gain).toBeGreaterThan(0);
  });

  it("forget begins anew, and a query that is forgotten cannot be measured", async () => {
    await project.admin.queries.forget({ collection: "orders" });
    expect((await project.admin.queries.slow({ collection: "orders" })).data).toEqual([]);
    const refused = await refusal(project.admin.queries.measure("0000000000000001"));
    expect([refused.status, refused.code]).toEqual([404, "NOT_FOUND"]);
  });
});
