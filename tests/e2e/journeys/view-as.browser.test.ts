/** An administrator looks through the eyes of somebody else: the same rows as the API tells them, on both stores. */
import { afterEach, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import type { Thing } from "../harness/person";
import { Database } from "../harness/postgres";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

const PASSWORD = "a journey with other eyes";
const ORDERS = 30;
/** Every third order is Ines's to see to. */
const OF_INES = 3;

const BANNER: Thing = { role: "region", name: "Viewing as Ines Halloran, Support" };

describe.each(["SQLite", "Postgres"] as const)("on %s", (store) => {
  let database: Database | null = null;
  let server: RunningServer | null = null;
  let person: BrowserPerson | null = null;

  afterEach(async () => {
    await person?.close();
    await server?.stop();
    await database?.drop();
    [person, server, database] = [null, null, null];
  });

  test("rows, fields, requests and screens are somebody else's until one stops", async (task) => {
    if (store === "Postgres") {
      database = await Database.create();
      if (!database) return task.skip("no cluster was given");
    }
    server = await RunningServer.start(database?.url);
    const { url } = server;
    const api = await Api.signIn(url);
    await furnish(api);
    const ines = await Api.signIn(url, { email: "ines@example.com", password: PASSWORD });
    const hers = await ines.count("orders");
    expect(hers).toBe(ORDERS / OF_INES);

    const viewer = (person = await BrowserPerson.open(`${url}/studio/#/p/here/access`));
    await signIn(viewer);
    const { page } = viewer;
    await viewer.click({ role: "button", name: "View as" });
    await viewer.click({ role: "radio", name: "A role" });
    await viewer.see({ role: "radio", name: /^Support/u });
    await viewer.miss({ role: "radio", name: /^administrator/u });
    await viewer.click({ role: "radio", name: "A person" });
    await viewer.fill({ role: "searchbox", name: "Name or address" }, "hallor");
    await viewer.click({ role: "radio", name: /^Ines Halloran/u });
    await viewer.shot("view-as-choose");
    await viewer.click({ role: "button", name: "View as", within: { role: "dialog", name: "View as somebody else" } });
    await viewer.see(BANNER);
    // The rules of the project are no business of hers.
    await viewer.read("Access is for administrators");

    // Of the collections hers, of the rows hers, of the fields hers; the count is that of the API.
    await viewer.click({ role: "treeitem", name: new RegExp(`^orders ${String(hers)}$`, "u") });
    await viewer.see(BANNER);
    await viewer.see({ role: "columnheader", name: /^reference/u });
    await viewer.miss({ role: "columnheader", name: /^card_last4/u });
    await viewer.miss({ role: "treeitem", name: /^invoices/u });
    await viewer.read(new RegExp(`^Rows ${String(hers)}`, "u"));
    expect(await page.getByText(/4242/u).count()).toBe(0);
    await viewer.shot("view-as-rows");
    await viewer.theme("dark");
    await viewer.shot("view-as-rows");
    await viewer.theme("light");

    // What is sent by hand goes through her eyes, too.
    await viewer.press("Control+4");
    await viewer.see(BANNER);
    await viewer.click({ role: "button", name: /^Send/u });
    await viewer.read(/^200/u);
    expect(await page.getByText(/card_last4/u).count()).toBe(0);

    // It stays on every screen, and Esc gives the own eyes back.
    for (const keys of ["Control+2", "Control+5", "Control+7", "Control+1"]) {
      await viewer.press(keys);
      await viewer.see(BANNER);
    }
    await viewer.click({ role: "button", name: /^Stop viewing/u });
    await viewer.miss(BANNER);
    await viewer.see({ role: "treeitem", name: /^invoices/u });
    await viewer.click({ role: "treeitem", name: new RegExp(`^orders ${String(ORDERS)}$`, "u") });
    await viewer.read(new RegExp(`^Rows ${String(ORDERS)}`, "u"));

    // By key, as a role with nobody in it, which sees to nothing.
    await viewer.press("Control+Shift+V");
    await viewer.click({ role: "radio", name: "A role" });
    await viewer.click({ role: "radio", name: /^Support/u });
    await viewer.click({ role: "button", name: "View as", within: { role: "dialog", name: "View as somebody else" } });
    await viewer.see({ role: "region", name: "Viewing as the role Support" });
    await viewer.see({ role: "treeitem", name: /^orders 0$/u });
    await viewer.press("Escape");
    await viewer.see({ role: "treeitem", name: new RegExp(`^orders ${String(ORDERS)}$`, "u") });

    // It was told, and nothing was written.
    const { data } = await api.call<{ data: readonly { action: string }[] }>("GET", `/items/baasix_AuditLog?filter=${encodeURIComponent(JSON.stringify({ action: { eq: "seen through the eyes of" } }))}`);
    expect(data.length).toBe(2);
    // Her role may not read rules, and a browser tells of that.
    const refused = viewer.wrongs.splice(0);
    expect(refused.filter((wrong) => !wrong.includes("status of 403"))).toEqual([]);
    expect(await viewer.verdict()).toEqual([]);
  });
});

/** Orders with who sees to them, invoices, and a role that reads its own orders without the numbers of cards. */
async function furnish(api: Api): Promise<void> {
  const { data: role } = await api.call<{ data: { id: string } }>("POST", "/items/baasix_Role", { name: "Support", description: "Answers customers" });
  const body = { email: "ines@example.com", password: PASSWORD, firstName: "Ines", lastName: "Halloran", role_Id: role.id };
  const { data: user } = await api.call<{ data: { id: string } }>("POST", "/items/baasix_User", body);
  const key = { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } };
  const make = async (collectionName: string, fields: object) => await api.call("POST", "/schemas", { collectionName, schema: { timestamps: false, fields: { id: key, ...fields } } });
  await make("orders", { reference: { type: "String" }, assignee: { type: "UUID" }, card_last4: { type: "String", values: { length: 4 } } });
  await make("invoices", { number: { type: "String" } });
  const orders = Array.from({ length: ORDERS }, (_, at) => ({ reference: `MF-${String(48_000 + at)}`, assignee: at % OF_INES === 0 ? user.id : null, card_last4: "4242" }));
  await api.call("POST", "/items/orders/bulk", orders);
  await api.call("POST", "/items/invoices/bulk", [{ number: "2026-1" }]);
  await api.call("POST", "/permissions", { role_Id: role.id, collection: "orders", action: "read", fields: ["id", "reference", "assignee"], conditions: { assignee: { eq: "$CURRENT_USER" } } });
}
