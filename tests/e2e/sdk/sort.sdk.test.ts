// The acceptance list for manual order, rows S25 and S26.
import { expect, it } from "vitest";
import type { ItemId } from "../../../sdk/dist/esm/index.js";
import { LISTED } from "./collections";
import { column, refusal } from "./expecting";
import { onEveryStore } from "./stores";

onEveryStore("S25 and S26: manual order", (project) => {
  const items = () => project.admin.items("listed");
  const ids = new Map<string, ItemId>();
  const id = (name: string): ItemId => ids.get(name) ?? "";
  const order = async () => column((await items().find({ sort: "sort" })).data, "name").join("");

  it("new items stand at the end", async () => {
    await project.admin.schemas.create("listed", LISTED);
    const names = [..."abcde"];
    const made = await items().createMany(names.map((name) => ({ name })));
    names.forEach((name, n) => ids.set(name, made[n] ?? ""));
    expect(await order()).toBe("abcde");
  });

  it("S25 sortItem puts an item directly before another", async () => {
    await items().sortItem(id("e"), id("b"));
    expect(await order()).toBe("aebcd");
    expect(column((await items().find({ sort: "sort" })).data, "sort")).toEqual([1, 2, 3, 4, 5]);
    await items().sortItem(id("a"), id("d"), "before");
    expect(await order()).toBe("ebcad");
  });

  it("S25 and directly after another", async () => {
    await items().sortItem(id("e"), id("a"), "after");
    expect(await order()).toBe("bcaed");
    await items().sortItem(id("d"), id("b"), "after");
    expect(await order()).toBe("bdcae");
  });

  it("S26 reorder keeps the given order", async () => {
    await items().reorder([id("c"), id("a"), id("b")]);
    expect((await order()).replace(/[de]/g, "")).toBe("cab");
  });

  it("refuses what it cannot do and changes nothing", async () => {
    const before = await order();
    const nobody = "00000000-0000-4000-8000-000000000000";
    expect((await refusal(items().sortItem(nobody, id("a")))).status).toBe(404);
    expect((await refusal(items().sortItem(id("a"), nobody))).status).toBe(404);
    expect((await refusal(project.client().items("listed").sortItem(id("a"), id("b")))).status).toBe(401);
    expect(await order()).toBe(before);
  });
});
