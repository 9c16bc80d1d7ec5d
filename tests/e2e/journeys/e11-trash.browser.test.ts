/**
 * E11, as far as it goes today: a row with others pointing at it goes to the trash, which keeps
 * them, and comes back whole. Taking one field back from history waits for a history to be kept.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import { LENIENCE } from "../harness/person";
import { Database } from "../harness/postgres";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

const ORDERS = 12;
const CLICKS_MAX = 9;
const WHOLE_MS = 30_000;

const stores = ["SQLite", ...((process.env["TEST_POSTGRES_URL"] ?? "") === "" ? [] : ["Postgres"])];

describe.each(stores)("on %s", (store) => {
  const pictured = store === stores[0];
  let database: Database | null = null;
  let server: RunningServer;
  let api: Api;

  beforeAll(async () => {
    database = store === "Postgres" ? await Database.create() : null;
    server = await RunningServer.start(database?.url);
    api = await Api.signIn(server.url);
    const key = { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } };
    await api.call("POST", "/schemas", {
      collectionName: "customers",
      schema: { name: "Customer", paranoid: true, fields: { id: key, name: { type: "String", allowNull: false }, address: { type: "String" } } },
    });
    await api.call("POST", "/schemas", { collectionName: "orders", schema: { name: "Order", fields: { id: key, total: { type: "Decimal", values: { precision: 12, scale: 2 } } } } });
    await api.call("POST", "/schemas/orders/relationships", { type: "M2O", target: "customers", name: "customer", alias: "orders" });
    await api.call("POST", "/items/customers/bulk", [{ name: "Ada Lovelace", address: "12 St James's Square" }, { name: "Charles Babbage", address: "1 Dorset Street" }]);
    await api.call("POST", "/items/orders/bulk", Array.from({ length: ORDERS }, (_, n) => ({ total: `${String(n)}.50`, customer: 1 })));
  });

  afterAll(async () => {
    await server.stop();
    await database?.drop();
  });

  test("a customer with orders goes to the trash and comes back with every one of them", async () => {
    const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/data/customers`);
    const ada = { role: "gridcell", name: "Ada Lovelace" };
    const hers = async () => await api.count("orders", { "customer.name": { eq: "Ada Lovelace" } });
    try {
      await signIn(person);
      await person.see(ada);
      expect(await hers()).toBe(ORDERS);
      person.clicks = 0;
      const began = Date.now();

      await person.click(ada);
      await person.press("Delete");
      await person.see({ role: "dialog", name: "Move Ada Lovelace to the trash?" });
      await person.read(`${String(ORDERS)} orders point at it. They stay as they are, and find it again when it is restored.`);
      if (pictured) await person.shot("e11-ask");
      await person.click({ role: "button", name: "Move to trash" });
      await person.miss(ada);
      await person.read("Ada Lovelace moved to the trash of customers");
      expect(await api.count("customers")).toBe(1);
      // No order is lost, and none shows a customer who is not there.
      expect(await api.count("orders")).toBe(ORDERS);
      expect(await hers()).toBe(0);

      await person.click({ role: "button", name: "Trash" });
      const trash = { role: "region", name: "Trash of customers" };
      await person.see({ role: "rowheader", name: "Ada Lovelace", within: trash });
      expect(await person.textOf(trash)).toContain("Kept until they are restored. Nothing leaves the trash by itself.");
      if (pictured) await person.shot("e11-trash");
      await person.click({ role: "button", name: "Restore Ada Lovelace", within: trash });
      await person.see(ada);
      await person.read("The trash is empty");
      expect(await hers()).toBe(ORDERS);
      expect((await api.call<{ data: { address: string } }>("GET", "/items/customers/1")).data.address).toBe("12 St James's Square");

      const took = Date.now() - began;
      console.log(`${store}: ${String(took)} ms (limit ${String(WHOLE_MS)}), ${String(person.clicks)} clicks (limit ${String(CLICKS_MAX)})`);
      expect(took).toBeLessThan(WHOLE_MS * LENIENCE);
      expect(person.clicks).toBeLessThanOrEqual(CLICKS_MAX);
      expect(await person.verdict()).toEqual([]);
    } finally {
      await person.close();
    }
  });

  test("what was deleted is taken back at once by its toast, without a way through the trash", async () => {
    const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/data/customers`);
    const charles = { role: "gridcell", name: "Charles Babbage" };
    try {
      await signIn(person);
      await person.click(charles);
      await person.press("Delete");
      await person.miss(charles);
      expect(await api.count("customers")).toBe(1);
      await person.press("Control+z");
      await person.see(charles);
      expect(await api.count("customers")).toBe(2);
      expect(await person.verdict()).toEqual([]);
    } finally {
      await person.close();
    }
  });
});
