/** What rules would do is told before they are committed, and is what they then do, on both stores. */
import { afterEach, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import type { Thing } from "../harness/person";
import { Database } from "../harness/postgres";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

const PASSWORD = "a journey of what would be";
const STATUSES = ["draft", "paid", "shipped"] as const;
const ORDERS = 1_200;
/** Every seventh order is Ada's to see to, every other one of those is a draft. */
const OF_ADA = 7;

const cell = (role: string, action: string, collection: string, says: string): Thing => ({ role: "gridcell", name: `${role}, ${action} ${collection}: ${says}` });
const inside = (thing: Thing, of: string): Thing => ({ ...thing, within: { role: "complementary", name: of } });

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

  test("rows, fields and a sample are counted for a person and for two roles, and hold once committed", async (task) => {
    if (store === "Postgres") {
      database = await Database.create();
      if (!database) return task.skip("no cluster was given");
    }
    server = await RunningServer.start(database?.url);
    const { url } = server;
    const api = await Api.signIn(url);
    const people = await furnish(api);
    const counts = {
      drafts: await api.count("orders", { status: { eq: "draft" } }),
      adas: await api.count("orders", { assignee: { eq: people.ada } }),
      rest: await api.count("orders", { status: { ne: "draft" } }),
    };
    expect(counts.adas).toBeGreaterThan(0);

    const her = (person = await BrowserPerson.open(`${url}/studio/#/p/here/access`));
    await signIn(her);
    const { page } = her;
    /** A line of the impact, as it is read aloud. */
    const line = async (of: string, says: RegExp) => {
      await page.getByRole("complementary", { name: of, exact: true }).locator("dl > div").filter({ hasText: says }).waitFor();
    };

    // Support: every order but the drafts.
    const read = "Support, Read orders";
    await her.click(cell("Support", "Read", "orders", "nothing"));
    await line(read, /^Rows in orders00$/u);
    await her.click(inside({ role: "radio", name: "Where" }, read));
    await her.click(inside({ role: "button", name: "Condition" }, read));
    await her.click(inside({ role: "combobox", name: "Field" }, read));
    await her.click({ role: "option", name: "status" });
    await her.click(inside({ role: "combobox", name: "Operator" }, read));
    await her.click({ role: "option", name: "is not" });
    await line(read, /^Rows in orders0not finished$/u);
    await her.click(inside({ role: "combobox", name: "Value of status" }, read));
    await her.click({ role: "option", name: "draft" });
    await her.click(inside({ role: "checkbox", name: "card_last4" }, read));
    await line(read, new RegExp(`^Rows in orders0${said(counts.rest)}$`, "u"));
    await line(read, /^Fields in orders05$/u);
    await line(read, /^Newly readableid, reference, status, total, assignee$/u);
    await her.read(/^2 people, counted on this database in \d+ ms$/u);
    await her.read(`Support gains ${said(counts.rest)} orders. Nothing new is open to anyone.`);

    // Three of them, with the key and what stands for a row first.
    const table: Thing = { role: "table", name: "Rows of orders that change hands" };
    await her.click(inside({ role: "button", name: "Show 3 of the rows" }, read));
    expect(await page.getByRole("table", { name: "Rows of orders that change hands" }).getByRole("columnheader").allInnerTexts()).toEqual(["id", "reference", "status", "total"]);
    const rows = page.getByRole("table", { name: "Rows of orders that change hands" }).locator("tbody tr");
    expect(await rows.count()).toBe(3);
    for (const row of await rows.all()) {
      expect(await row.getByRole("rowheader").innerText()).toMatch(/gained$/u);
      const [key] = await row.getByRole("cell").allInnerTexts();
      const { data } = await api.call<{ data: { status: string } }>("GET", `/items/orders/${String(key)}`);
      expect(data.status).not.toBe("draft");
    }
    expect(await rows.first().getByRole("cell").last().innerText()).toMatch(/^[\d,]+\.50$/u);
    await her.shot("impact-sample");
    await her.click(inside({ role: "button", name: "Hide the rows" }, read));
    await her.miss(table);

    // Both roles read invoices, Support loses its notes, and the bar tells it in one sentence.
    await her.click(cell("Support", "Read", "invoices", "nothing"));
    await her.click(inside({ role: "radio", name: "All" }, "Support, Read invoices"));
    await line("Support, Read invoices", /^Rows in invoices040$/u);
    await her.read(`Support gains ${said(counts.rest)} orders and 40 invoices. Nothing new is open to anyone.`);
    await her.click(cell("Support", "Read", "notes", "everything"));
    await her.click(inside({ role: "radio", name: "None" }, "Support, Read notes"));
    await line("Support, Read notes", /^Rows in notes50$/u);
    await line("Support, Read notes", /^No longer readableid, text$/u);
    await her.click(inside({ role: "button", name: "Show 3 of the rows" }, "Support, Read notes"));
    expect(await page.getByRole("table", { name: "Rows of notes that change hands" }).getByRole("rowheader").allInnerTexts()).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/lost$/u) as string));
    await her.read(`Support gains ${said(counts.rest)} orders and 40 invoices. Support loses 5 notes.`);

    // Courier: what is whoever asks's own. It differs by person, so one is counted for, and the bar says nothing of it.
    const own = "Courier, Read orders";
    await her.click(cell("Courier", "Read", "orders", "nothing"));
    await her.click(inside({ role: "radio", name: "Where" }, own));
    await her.click(inside({ role: "button", name: "Condition" }, own));
    await her.click(inside({ role: "combobox", name: "Field" }, own));
    await her.click({ role: "option", name: "assignee" });
    await her.click(inside({ role: "button", name: "the signed-in person" }, own));
    await page.getByRole("combobox", { name: "For whom" }).filter({ hasText: "Ada Byron" }).waitFor();
    await line(own, new RegExp(`^Rows in orders0${said(counts.adas)}$`, "u"));
    await her.shot("impact-person");
    await her.click(inside({ role: "combobox", name: "For whom" }, own));
    await her.click({ role: "option", name: /^Kim Ode/u });
    await line(own, /^Rows in orders00$/u);
    await her.click(inside({ role: "combobox", name: "For whom" }, own));
    await her.click({ role: "option", name: "the role, with nobody in it" });
    await line(own, /^Rows in orders00$/u);
    await her.read(`Support gains ${said(counts.rest)} orders and 40 invoices. Support loses 5 notes.`);

    // Committed, it is as it was told: nothing is before and after any more, and people get what was counted.
    await her.click({ role: "button", name: /^Commit 4 rules to local/u });
    await her.read("4 rules committed to local");
    await her.click(cell("Support", "Read", "orders", "some rows, some fields"));
    await line(read, new RegExp(`^Rows in orders${said(counts.rest)}${said(counts.rest)}$`, "u"));
    const ada = await Api.signIn(url, { email: "ada@example.com", password: PASSWORD });
    const kim = await Api.signIn(url, { email: "kim@example.com", password: PASSWORD });
    const sam = await Api.signIn(url, { email: "sam@example.com", password: PASSWORD });
    expect([await ada.count("orders"), await kim.count("orders")]).toEqual([counts.adas, 0]);
    expect([await sam.count("orders"), await sam.count("invoices")]).toEqual([counts.rest, 40]);
    expect(await sam.refusal("GET", "/items/notes")).toBe("403 FORBIDDEN");

    // Changed again, what is lost is told beside what is gained.
    await her.click(inside({ role: "combobox", name: "Operator" }, read));
    await her.click({ role: "option", name: "is" });
    await line(read, new RegExp(`^Rows in orders${said(counts.rest)}${said(counts.drafts)}$`, "u"));
    await her.click(inside({ role: "button", name: "Show 6 of the rows" }, read));
    const signs = await page.getByRole("table", { name: "Rows of orders that change hands" }).getByRole("rowheader").allInnerTexts();
    expect(signs.map((sign) => /gained|lost/u.exec(sign)?.[0])).toEqual(["gained", "gained", "gained", "lost", "lost", "lost"]);
    await her.read(`Support gains ${said(counts.drafts)} orders. Support loses ${said(counts.rest)} orders.`);
    await her.shot("impact-lost");
    expect(await her.verdict()).toEqual([]);
  });
});

/** A count as people read it. */
const said = (count: number): string => new Intl.NumberFormat("en").format(count);

/** Orders of many people and few, invoices, notes, and two roles with people of them. */
async function furnish(api: Api): Promise<{ ada: string }> {
  const role = async (name: string) => (await api.call<{ data: { id: string } }>("POST", "/items/baasix_Role", { name })).data.id;
  const [support, courier] = [await role("Support"), await role("Courier")];
  const user = async (role_Id: string, firstName: string, lastName: string) => {
    const email = `${firstName.toLowerCase()}@example.com`;
    return (await api.call<{ data: { id: string } }>("POST", "/items/baasix_User", { email, password: PASSWORD, firstName, lastName, role_Id })).data.id;
  };
  await user(support, "Sam", "Ruiz");
  await user(support, "Zoe", "Lind");
  await user(courier, "Kim", "Ode");
  const ada = await user(courier, "Ada", "Byron");

  const key = { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } };
  const make = async (collectionName: string, fields: object) => await api.call("POST", "/schemas", { collectionName, schema: { timestamps: false, fields: { id: key, ...fields } } });
  await make("orders", {
    reference: { type: "String" },
    status: { type: "Enum", values: STATUSES, allowNull: false },
    total: { type: "Decimal", values: { precision: 12, scale: 2 } },
    assignee: { type: "UUID" },
    card_last4: { type: "String", values: { length: 4 } },
  });
  await make("invoices", { number: { type: "String" } });
  await make("notes", { text: { type: "String" } });
  const orders = Array.from({ length: ORDERS }, (_, at) => ({
    reference: `MF-${String(48_000 + at)}`,
    status: STATUSES[at % 3],
    total: `${String(100 + at * 13)}.50`,
    assignee: at % OF_ADA === 0 ? ada : null,
    card_last4: "4242",
  }));
  for (let at = 0; at < ORDERS; at += 400) await api.call("POST", "/items/orders/bulk", orders.slice(at, at + 400));
  await api.call("POST", "/items/invoices/bulk", Array.from({ length: 40 }, (_, at) => ({ number: `2026-${String(at)}` })));
  await api.call("POST", "/items/notes/bulk", Array.from({ length: 5 }, (_, at) => ({ text: `Called back ${String(at)}` })));
  await api.call("POST", "/permissions", { role_Id: support, collection: "notes", action: "read", fields: ["*"] });
  return { ada };
}
