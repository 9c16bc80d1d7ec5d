/** Tables that another program made: looked at, tried, taken over, and used like any other. */
import { expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import { SIDEWAYS } from "../harness/layout";
import { Database } from "../harness/postgres";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";
import { sqlite } from "../harness/sqlite";

const SHOP = `
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email VARCHAR(80) UNIQUE, joined DATETIME DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE, total REAL,
  cents INTEGER GENERATED ALWAYS AS (CAST(total * 100 AS INTEGER)) VIRTUAL, state INTEGER);
CREATE TABLE order_items (order_id INTEGER REFERENCES orders (id), line INTEGER, PRIMARY KEY (order_id, line));
CREATE TABLE notes (message TEXT);
CREATE VIEW dear_orders AS SELECT * FROM orders WHERE total > 50;
INSERT INTO customers (id, name) VALUES (1, 'Ada'), (2, 'Bo');
INSERT INTO orders (id, customer_id, total, state) VALUES (1, 1, 20, 1), (2, 1, 99.5, 'open'), (3, 2, 7, 2);
`;

test("tables of another program become collections after a dry run", async () => {
  const server = await RunningServer.start();
  await sqlite(server.folder, SHOP);
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/schema`);
  const { page } = person;
  try {
    await signIn(person);
    await person.click({ role: "button", name: "5 existing tables" });
    await person.see({ role: "heading", name: "Existing tables" });
    const plan = { role: "region", name: "Dry run" } as const;
    await person.see({ role: "heading", name: "Dry run: 4 steps", within: plan });
    await person.read("No table is changed; all 5 rows stay as they are.");
    await person.shot("existing-tables");
    expect(await person.verdict()).toEqual([]);

    // What cannot be taken says why, by keys alone.
    await person.click({ role: "button", name: /^customers/ });
    for (let step = 0; step < 2; step += 1) await person.press("ArrowDown");
    await person.reach({ role: "button", name: /^dear_orders/ });
    for (let step = 0; step < 2; step += 1) await person.press("ArrowDown");
    await person.reach({ role: "button", name: /^order_items/ });
    await person.read("order_items cannot become a collection");
    await person.shot("existing-why-not");
    await person.click({ role: "button", name: /^orders/ });
    await person.read(/2 whole numbers and 1 text;/);
    await person.shot("existing-columns");
    expect(await page.evaluate<string[]>(SIDEWAYS)).toEqual([]);
    await page.setViewportSize({ width: 640, height: 400 });
    await person.shot("existing-zoom");
    expect(await page.evaluate<string[]>(SIDEWAYS)).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });

    // The choice is the plan.
    await person.click({ role: "checkbox", name: "Take over customers" });
    await person.see({ role: "heading", name: "Dry run: 1 step", within: plan });
    await person.click({ role: "checkbox", name: "Take over customers" });
    await person.see({ role: "heading", name: "Dry run: 4 steps", within: plan });

    // Behind the back of the person another program changes a table: the old plan is no longer good.
    await sqlite(server.folder, "ALTER TABLE customers ADD COLUMN phone TEXT");
    await person.press("Control+s");
    await person.read("Nothing was taken over");
    await person.see({ role: "heading", name: "Dry run: 4 steps", within: plan });
    await person.press("Control+s");
    // The refusal, which the browser tells too, and nothing else.
    expect(person.wrongs.splice(0)).toEqual([expect.stringContaining("409")]);
    await person.see({ role: "button", name: "3 existing tables" });
    await person.see({ role: "group", name: "Diagram of the collections" });
    await person.shot("existing-taken");

    await page.goto(`${server.url}/studio/#/p/here/data/orders`);
    await page.getByRole("gridcell", { name: "99.5" }).waitFor();
    await person.shot("existing-data");
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
    await server.stop();
  }
});

test("where nothing is left to take over, the screen says so and leads back", async () => {
  const server = await RunningServer.start();
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/schema/existing`);
  try {
    await signIn(person);
    await person.read("No table is left to take over");
    await person.shot("existing-none");
    expect(await person.verdict()).toEqual([]);
    await person.click({ role: "button", name: "Open the schema" });
    await person.see({ role: "heading", name: "Schema" });
    expect(await person.count({ role: "button", name: /existing table/ })).toBe(0);
  } finally {
    await person.close();
    await server.stop();
  }
});

const PASSPORTS = `
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(40));
CREATE TABLE passports (number VARCHAR(20) PRIMARY KEY, person INTEGER REFERENCES people (id), "issued by" VARCHAR(40));
INSERT INTO people (id, name) VALUES (1, 'Ada');
INSERT INTO passports VALUES ('X-1', 1, 'the king');
`;

const stores = ["SQLite", ...((process.env["TEST_POSTGRES_URL"] ?? "") === "" ? [] : ["Postgres"])];

test.each(stores)("a table that was there before its collection ends only when it is asked to, and the plan tells all of it, on %s", async (store) => {
  const database = store === "Postgres" ? await Database.create() : null;
  const server = await RunningServer.start(database?.url);
  await (database ? database.sql(PASSPORTS) : sqlite(server.folder, PASSPORTS));
  const api = await Api.signIn(server.url);
  const adoption = { tables: ["people", "passports"] };
  const { data: adopted } = await api.call<{ data: { token: string } }>("POST", "/schemas/adopt", { ...adoption, dryRun: true });
  await api.call("POST", "/schemas/adopt", { ...adoption, token: adopted.token });
  const stands = async (): Promise<readonly string[]> => (await api.call<{ data: { names: string[] } }>("GET", "/schemas/existing?names=true")).data.names;
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/schema?collection=people`);
  const { page } = person;
  const drop = { role: "checkbox", name: "Drop the table too" } as const;
  const dock = page.getByRole("region", { name: "Plan of the staged changes" });
  try {
    await signIn(person);
    await person.see({ role: "list", name: "Fields of people" });
    await person.press("Delete");
    await person.press("Control+Shift+p");
    await expect.poll(() => dock.innerText()).toContain("the table stays as it is");
    // What another table leads to cannot end, and says so.
    await person.click(drop);
    await person.read(/The table people cannot end while passports leads to it by a foreign key/);
    expect(await page.getByRole("button", { name: /^Apply/ }).isDisabled()).toBe(true);
    expect(person.wrongs.splice(0)).toEqual([expect.stringContaining("400")]);
    await person.press("Control+Shift+Backspace");

    // By keys alone: dropped, the table with it, and put back without it.
    await page.goto(`${server.url}/studio/#/p/here/schema?collection=passports`);
    await person.see({ role: "list", name: "Fields of passports" });
    await person.press("Delete");
    await page.getByRole(drop.role, { name: drop.name }).focus();
    await person.press("Space");
    await person.press("Control+Shift+p");
    await expect.poll(() => dock.innerText()).toContain("the table and 1 row lost");
    await person.read(/columns that no field shows and that do not come back: issued by/);
    await person.shot("existing-drop-table");
    expect(await person.verdict()).toEqual([]);
    await person.press("Control+s");
    await person.reach({ role: "textbox", name: /^Type/, within: { role: "dialog" } });
    await person.read(/the table that was there before the collection ends with 1 row and every column/);
    await person.type("passports");
    await person.click({ role: "button", name: /^Apply/, within: { role: "dialog" } });
    await person.read(/schema change applied/);
    expect(await stands()).toEqual([]);

    // Without its being asked for, the table stays.
    await page.goto(`${server.url}/studio/#/p/here/schema?collection=people`);
    await person.see({ role: "list", name: "Fields of people" });
    await person.press("Delete");
    await person.press("Control+s");
    await expect.poll(stands).toEqual(["people"]);
  } finally {
    await person.close();
    await server.stop();
    await database?.drop();
  }
});
