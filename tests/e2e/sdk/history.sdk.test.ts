// The history of an item, and fields taken back from it.
import { expect, it } from "vitest";
import { refusal } from "./expecting";
import { onEveryStore } from "./stores";

onEveryStore("history", (project) => {
  const items = () => project.admin.items("products");

  it("tells the changes of an item, newest first, a page at a time", async () => {
    await project.admin.schemas.create("products", {
      name: "Product",
      historyDays: 30,
      fields: { name: { type: "String" }, price: { type: "Decimal", values: { precision: 10, scale: 2 } } },
    });
    const id = await items().create({ name: "Lamp", price: 29.5 });
    await items().update(id, { price: 24 });
    await items().update(id, { name: "Lantern", price: 20 });
    const first = await items().history(id, { limit: 2 });
    expect(first.data.map((revision) => revision.action)).toEqual(["update", "update"]);
    expect(first.data[0]?.changed).toEqual(expect.arrayContaining(["name", "price"]));
    expect(first.data[0]?.before?.["name"]).toBe("Lamp");
    expect(first.data[0]?.after?.["name"]).toBe("Lantern");
    expect(first.data[0]?.actor?.email).toMatch(/@/);
    expect(first.keepDays).toBe(30);
    const second = await items().history(id, { limit: 2, after: first.cursor ?? "" });
    expect(second.data.map((revision) => revision.action)).toEqual(["create"]);
    expect(second.cursor).toBeNull();
  });

  it("takes chosen fields back, unless the item was changed meanwhile", async () => {
    const id = await items().create({ name: "Chair", price: 80 });
    const { etag } = await items().findOneWithEtag(id);
    await items().update(id, { name: "Stool", price: 40 });
    const [last] = (await items().history(id)).data;
    const revision = last?.id ?? "";
    const late = await refusal(items().revert(id, { revision, fields: ["price"] }, { ifMatch: etag }));
    expect([late.status, late.code]).toEqual([412, "PRECONDITION_FAILED"]);
    expect(await items().revert(id, { revision, fields: ["price"] })).toBe(id);
    const row = await items().findOne(id);
    expect([row["name"], row["price"]]).toEqual(["Stool", 80]);
    await items().revert(id, { revision, to: "after" });
    expect((await items().findOne(id))["price"]).toBe(40);
  });
});
