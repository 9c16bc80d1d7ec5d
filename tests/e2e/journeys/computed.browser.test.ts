/** Fields that are worked out: written in the designer, read and asked for in the grid, edited nowhere. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import { Database } from "../harness/postgres";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

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
      collectionName: "lines",
      schema: {
        timestamps: false,
        fields: {
          id: key,
          label: { type: "String" },
          price: { type: "Decimal", values: { precision: 10, scale: 2 } },
          amount: { type: "Integer" },
          total: { type: "VIRTUAL", calculated: "price * amount" },
        },
      },
    });
    await api.call("POST", "/items/lines/bulk", [
      { label: "bolt", price: "9.95", amount: 4 },
      { label: "nut", price: null, amount: 9 },
      { label: "screw", price: "100.00", amount: 7 },
    ]);
  });

  afterAll(async () => {
    await server.stop();
    await database?.drop();
  });

  test("its column is read, sorted and filtered as what it holds, and no key opens an editor", async () => {
    const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/data/lines?sort=-total`);
    const { page } = person;
    const columns = async () => await page.getByRole("row").filter({ has: page.getByRole("gridcell") }).evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('[role="gridcell"]')].map((cell) => cell.textContent)));
    try {
      await signIn(person);
      await person.see({ role: "gridcell", name: "700.00" });
      const totals = (await columns()).map((cells) => cells.at(-1));
      // As numbers: as texts 39.80 would come before 700.00, and NULL is told apart from both.
      expect(totals.filter((total) => total !== "NULL")).toEqual(["700.00", "39.80"]);
      const cell = page.getByRole("gridcell", { name: "39.80" });
      expect(await cell.getAttribute("aria-readonly")).toBe("true");
      expect(await cell.evaluate((node) => getComputedStyle(node).justifyContent)).toBe("flex-end");
      for (const keys of ["Enter", "F2", "7", "Backspace", "Control+Backspace"]) {
        await cell.click();
        await person.press(keys);
        await page.getByRole("alert").getByText("total is worked out: price * amount").waitFor();
        expect(await page.getByRole("textbox", { name: /^total of/ }).count()).toBe(0);
      }
      if (pictured) await person.shot("computed-refused");
      await cell.click();
      await person.press("Alt+f");
      await person.miss({ role: "gridcell", name: "700.00" });
      await person.see({ role: "gridcell", name: "39.80" });
      expect(await person.verdict()).toEqual([]);
    } finally {
      await person.close();
    }
  });

  test("Ctrl R reads again and fills nothing, Alt R fills to the right, and a page that is loaded anew keeps what is staged", async () => {
    const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/data/lines?sort=id`);
    const { page } = person;
    const price = page.getByRole("gridcell", { name: "9.95" });
    try {
      await signIn(person);
      await price.click();
      await person.press("Shift+ArrowRight");
      await expect.poll(async () => await page.getByRole("gridcell", { selected: true }).count()).toBe(2);
      // Somebody else adds a row; it is there once the rows were read again.
      await api.call("POST", "/items/lines", { label: `late ${store}`, price: "1.00", amount: 1 });
      await person.press("Control+r");
      await person.see({ role: "gridcell", name: `late ${store}` });
      expect(await page.getByText("not committed").count()).toBe(0);

      await page.getByRole("gridcell", { name: "3", exact: true }).click();
      await person.press("Shift+ArrowRight");
      await person.press("Alt+r");
      await person.read("1 update, 1 cell");
      await person.press("F5");
      await person.read("1 update, 1 cell");
      page.once("dialog", (dialog) => void dialog.accept());
      await page.reload();
      // What was staged is offered, and goes on as it stood.
      await person.click({ role: "button", name: "Restore" });
      await person.read("1 update, 1 cell");
      expect(await api.count("lines", { label: { eq: "3" } })).toBe(0);
      await person.press("Control+Shift+Backspace");
      await person.click({ role: "button", name: /^Discard/, within: { role: "dialog" } });
      await expect.poll(async () => await page.getByText("1 update, 1 cell").count()).toBe(0);

      // Each key has one meaning, and the sheet says it.
      await person.press("Control+/");
      const sheet = await person.textOf({ role: "dialog", name: "Shortcuts" });
      expect(sheet).toMatch(/Read again\s+Ctrl R, F5/);
      expect(sheet).toMatch(/Fill to the right\s+Alt R/);
      expect(sheet.match(/Ctrl R\b/g)).toHaveLength(1);
      if (pictured) await person.shot("computed-shortcuts");
      await person.press("Escape");
      expect(await person.verdict()).toEqual([]);
    } finally {
      await person.close();
    }
  });

  test("what is wrong with its expression is said at the expression, with what would help, and nothing can be applied", async () => {
    const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/schema?collection=lines&field=total`);
    const { page } = person;
    const expression = { role: "textbox", name: /^Expression/ } as const;
    const write = async (text: string) => {
      await page.getByRole(expression.role, { name: expression.name }).fill(text);
      await page.getByRole(expression.role, { name: expression.name }).press("Control+Enter");
    };
    const form = page.getByRole("region", { name: "total" });
    try {
      await signIn(person);
      await form.waitFor();
      await expect.poll(async () => await form.innerText()).toContain("decimal");
      await write("prise * amount");
      const alert = form.getByRole("alert");
      await expect.poll(async () => await alert.innerText()).toMatch(/prise[\s\S]*price/);
      if (pictured) await person.shot("computed-expression");
      expect(await page.getByRole("button", { name: /^Apply/ }).isDisabled()).toBe(true);
      // From the plan one comes back to the place.
      await page.getByRole("button", { name: "label", exact: false }).first().click();
      await person.press("Control+Shift+p");
      await person.click({ role: "button", name: "Mend lines.total" });
      await person.reach({ role: "textbox", name: "Expression over the fields of the row" });
      await write("price * amount * 2");
      await expect.poll(async () => await page.getByRole("button", { name: /^Apply 1 step/ }).isEnabled()).toBe(true);
      expect(await alert.count()).toBe(0);
      expect(person.wrongs.splice(0)).toEqual([expect.stringContaining("400")]);
      await person.press("Control+s");
      await person.read(/1 schema change applied/);
      expect(await api.count("lines", { total: { eq: "79.60" } })).toBe(1);
      expect(await person.verdict()).toEqual([]);
    } finally {
      await person.close();
    }
  });
});
