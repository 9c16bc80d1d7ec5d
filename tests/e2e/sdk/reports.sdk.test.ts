// The acceptance list for reports, rows S30 to S33, and what else the module promises.
import { expect, it } from "vitest";
import { column, refusal } from "./expecting";
import { onEveryStore } from "./stores";

onEveryStore("S30 to S33: reports", (project) => {
  const reports = () => project.admin.reports;

  it("the collections they are about", async () => {
    const { schemas, items } = { schemas: project.admin.schemas, items: (name: string) => project.admin.items(name) };
    await schemas.create("products", { fields: { name: { type: "String" }, category: { type: "String" } } });
    await schemas.create("users", { fields: { status: { type: "String" } } });
    await schemas.create("orders", {
      fields: {
        id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } },
        total: { type: "Decimal", values: { precision: 10, scale: 2 } },
        amount: { type: "Integer" },
        status: { type: "String" },
        category: { type: "String" },
        placedAt: { type: "DateTime" },
      },
    });
    await schemas.createRelationship("orders", { type: "M2O", target: "products", name: "product", alias: "orders" });
    const [lamp, chair] = await items("products").createMany([
      { name: "Lamp", category: "light" },
      { name: "Chair", category: "seat" },
      { name: "Stool", category: "seat" },
    ]);
    await items("users").createMany([{ status: "active" }, { status: "active" }, { status: "gone" }]);
    await items("orders").createMany([
      { total: 10, amount: 1, status: "completed", category: "a", placedAt: "2025-01-01T00:00:00Z", product_id: lamp },
      { total: 20.5, amount: 2, status: "completed", category: "a", placedAt: "2025-12-31T23:59:59Z", product_id: lamp },
      { total: 5, amount: 3, status: "completed", category: "b", placedAt: "2026-01-01T00:00:00Z", product_id: chair },
      { total: 7, amount: 4, status: "open", category: "b", placedAt: "2025-06-01T00:00:00Z" },
    ]);
  });

  it("S30 generate groups what lies within the range of dates", async () => {
    const query = {
      aggregate: { revenue: { function: "sum", field: "total" }, orders: { function: "count", field: "id" } },
      groupBy: ["category"],
      filter: { status: { eq: "completed" } },
      dateRange: { start: "2025-01-01", end: "2025-12-31", field: "placedAt" },
    } as const;
    const report = await reports().generate("orders", query);
    expect(report).toEqual({ data: [{ category: "a", revenue: 30.5, orders: 2 }], totalCount: 1 });
    // By default the range is one of `createdAt`.
    const today = { ...query, dateRange: { start: "2025-01-01", end: "2025-01-31" } };
    expect(await reports().generate("orders", today)).toEqual({ data: [], totalCount: 0 });
    expect((await reports().generate("orders", { ...query, dateRange: { start: "$NOW-DAYS_1" } })).totalCount).toBe(2);
  });

  it("S31 query groups by a list of fields", async () => {
    const report = await reports().query("orders", {
      aggregate: { total: { function: "sum", field: "amount" } },
      groupBy: ["status", "category"],
      sort: { total: "desc" },
    });
    expect(report.data).toEqual([
      { status: "open", category: "b", total: 4 },
      { status: "completed", category: "a", total: 3 },
      { status: "completed", category: "b", total: 3 },
    ]);
    expect((await reports().query("orders", { groupBy: "status" })).data).toEqual([{ status: "completed" }, { status: "open" }]);
    expect((await reports().query("orders", { fields: ["id"], limit: 1 })).data).toEqual([{ id: 1 }]);
  });

  it("groups carry the records they point at", async () => {
    const { data } = await reports().generate("orders", {
      fields: ["product.name"],
      groupBy: ["product_id"],
      aggregate: { total: { function: "sum", field: "total" } },
      sort: "-total",
    });
    expect(data.map((row) => [(row["product"] as { name: string } | null)?.name, row.total])).toEqual([
      ["Lamp", 30.5],
      [undefined, 7],
      ["Chair", 5],
    ]);
  });

  it("S32 getStats answers every question under its name", async () => {
    const stats = await reports().getStats([
      {
        name: "total_products",
        collection: "products",
        query: { aggregate: { count: { function: "count", field: "*" } } },
      },
      {
        name: "total_orders",
        collection: "orders",
        query: {
          aggregate: { count: { function: "count", field: "*" }, total_amount: { function: "sum", field: "amount" } },
        },
      },
    ]);
    expect(stats.total_products.data).toEqual([{ count: 3 }]);
    expect(stats.total_orders.data).toEqual([{ count: 4, total_amount: 10 }]);
    expect((await refusal(reports().getStats([]))).message).toBe("stats array is required and must not be empty");
  });

  it("S33 aggregate, count and distinct", async () => {
    const rows = await reports().aggregate("orders", {
      aggregate: { total: { function: "sum", field: "amount" }, avg: { function: "avg", field: "amount" } },
      groupBy: ["status"],
    });
    expect(rows).toEqual([
      { status: "completed", total: 6, avg: 2 },
      { status: "open", total: 4, avg: 4 },
    ]);
    expect(await reports().count("users", { status: { eq: "active" } })).toBe(2);
    expect(await reports().count("users")).toBe(3);
    expect(await reports().distinct("products", "category")).toEqual(["light", "seat"]);
    expect(await reports().distinct("orders", "product.name", { status: { eq: "completed" } })).toEqual(["Chair", "Lamp"]);
  });

  it("says what it cannot do", async () => {
    const unknown = await refusal(reports().generate("orders", { groupBy: ["statuss"] }));
    expect([unknown.status, unknown.code, unknown.hint]).toEqual([400, "UNKNOWN_FIELD", "did you mean `status`?"]);
    expect((await refusal(reports().query("nowhere"))).status).toBe(404);
    const stranger = project.client().reports;
    expect((await refusal(stranger.generate("orders"))).status).toBe(403);
    expect((await refusal(stranger.count("orders"))).status).toBe(403);
  });

  it("decimals come with every digit where the client wants them so", async () => {
    const exact = project.client({ numbers: "exact", token: (await project.admin.auth.getToken()) ?? "" });
    const { data } = await exact.reports.generate("orders", { aggregate: { all: { function: "sum", field: "total" } } });
    expect(column(data, "all")).toEqual(["42.50"]);
  });

  it("sums and averages have the type that the client's option makes of them", async () => {
    const query = {
      aggregate: {
        n: { function: "count", field: "*" },
        total: { function: "sum", field: "total" },
        mean: { function: "avg", field: "total" },
        amount: { function: "sum", field: "amount" },
        most: { function: "max", field: "total" },
      },
      groupBy: ["status"],
      filter: { category: "b" },
      sort: "status",
    } as const;
    const exact = project.client({ numbers: "exact", token: (await project.admin.auth.getToken()) ?? "" });
    // No cast stands here: the compiler reads the type from `numbers`.
    const digits = ({ n, total, mean, amount, most }: (typeof rows)[number]): [number, ...(number | string | null)[]] => [
      n,
      total,
      mean,
      amount,
      most,
    ];
    const rows = await exact.items("orders").aggregate(query);
    const spelled = [
      [1, "5.00", "5", "3", "5.00"],
      [1, "7.00", "7", "4", "7.00"],
    ];
    expect(rows.map(digits)).toEqual(spelled);
    expect((await exact.reports.aggregate("orders", query)).map(digits)).toEqual(spelled);
    expect((await exact.reports.query("orders", query)).data.map(digits)).toEqual(spelled);
    // The same question by a client that takes numbers.
    const counted = await project.admin.items("orders").aggregate(query);
    const sums: (number | null)[] = counted.flatMap(({ total, mean, amount }) => [total, mean, amount]);
    expect(sums).toEqual([5, 5, 3, 7, 7, 4]);
    expect(counted.map((row): string | null => row.most)).toEqual(["5.00", "7.00"]);
  });
});
