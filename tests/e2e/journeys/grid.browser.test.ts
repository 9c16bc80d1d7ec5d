/** Blocks of cells, conditions within conditions and views of a role, in a real browser on each store. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import { Database } from "../harness/postgres";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

const stores = ["SQLite", ...((process.env["TEST_POSTGRES_URL"] ?? "") === "" ? [] : ["Postgres"])];
const ROWS = 40;
const EDITOR = { email: "editor@example.com", password: "a journey of one editor" };
const READER = { email: "reader@example.com", password: "a journey of one reader" };

/** A view is read by whose it is, by everybody when it is nobody's, or by the role it names. */
const VIEWS_READ = {
  OR: [
    { userId: { eq: "$CURRENT_USER" } },
    {
      AND: [
        { userId: { isNull: true } },
        { OR: [{ preferenceData: { jsonbKeyIsNull: "role" } }, { preferenceData: { jsonbKeyEquals: { key: "role", value: "$CURRENT_ROLE" } } }] },
      ],
    },
  ],
};

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
    await api.call("POST", "/schemas", { collectionName: "customers", schema: { timestamps: false, fields: { id: key, name: { type: "String", allowNull: false } } } });
    await api.call("POST", "/schemas", {
      collectionName: "orders",
      schema: {
        timestamps: false,
        fields: {
          id: key,
          total: { type: "Decimal", values: { precision: 12, scale: 2 } },
          due: { type: "Date" },
          status: { type: "Enum", values: ["draft", "paid"] },
          note: { type: "String" },
        },
      },
    });
    await api.call("POST", "/schemas/orders/relationships", { type: "M2O", target: "customers", name: "customer", alias: "orders" });
    await api.call("POST", "/items/customers/bulk", [{ name: "Ada" }, { name: "Charles" }]);
    await api.call(
      "POST",
      "/items/orders/bulk",
      Array.from({ length: ROWS }, (_, n) => ({ total: `${String(n + 1)}.50`, due: `2026-01-${String(1 + (n % 28)).padStart(2, "0")}`, status: "draft", note: n === 2 ? "" : null, customer: 1 + (n % 2) })),
    );
    for (const [name, who] of [["Editor", EDITOR], ["Reader", READER]] as const) {
      const role = await api.call<{ data: { id: string } }>("POST", "/items/baasix_Role", { name });
      await api.call("POST", "/items/baasix_User", { ...who, firstName: name, role_Id: role.data.id });
      await api.call("POST", "/permissions", { role_Id: role.data.id, collection: "orders", action: "read", fields: ["*"] });
      await api.call("POST", "/permissions", { role_Id: role.data.id, collection: "baasix_UserPreference", action: "read", fields: ["*"], conditions: VIEWS_READ });
    }
  });

  afterAll(async () => {
    await server.stop();
    await database?.drop();
  });

  test("a column that nobody has sized begins as wide as the longest value of its type", async () => {
    const key = { type: "UUID", primaryKey: true, defaultValue: { type: "UUIDV4" } };
    const types = { big: "BigInt", whole: "Integer", ratio: "Double", day: "Date", at: "DateTime", local: "DateTime_NO_TZ", clock: "Time_NO_TZ" };
    const fields = { id: key, ...Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }])), price: { type: "Decimal", values: { precision: 12, scale: 2 } }, state: { type: "Enum", values: ["draft", "waiting for approval"] } };
    await api.call("POST", "/schemas", { collectionName: "measures", schema: { timestamps: false, fields } });
    await api.call("POST", "/items/measures", {
      big: "-9223372036854775808", whole: -2147483648, ratio: -0.30000000000000004, day: "2026-12-30", at: "2026-12-30T10:00:00Z", local: "2026-12-30T10:00:00", clock: "10:00:00", price: "-9999999999.99", state: "waiting for approval",
    });
    const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/data/measures`);
    const { page } = person;
    try {
      await page.setViewportSize({ width: 1900, height: 700 });
      await signIn(person);
      await person.see({ role: "gridcell", name: "-9223372036854775808" });
      const texts = page.locator('[data-row="r:0"] .truncate');
      expect(await texts.count()).toBe(Object.keys(fields).length);
      // The mono font may come after the first picture; the columns follow it.
      await expect.poll(async () => await texts.evaluateAll((parts) => parts.filter((part) => part.scrollWidth > part.clientWidth).map((part) => part.textContent))).toEqual([]);
      if (pictured) await person.shot("grid-widths");
    } finally {
      await person.close();
    }
  });

  test("a block goes out to a sheet and comes back from one, is filled and cut, each as one step", async () => {
    const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/data/orders?sort=id`);
    const { page } = person;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const column = async (name: string) => (await page.locator('[role="columnheader"][data-col]').filter({ has: page.getByText(name, { exact: true }) }).getAttribute("data-col")) ?? "";
    const cell = async (row: number, name: string) => page.locator(`[data-row="b:${String(row)}"][data-col="${await column(name)}"], [data-row="r:${String(row - 1)}"][data-col="${await column(name)}"]`);
    const middle = async (row: number, name: string) => {
      const box = await (await cell(row, name)).boundingBox();
      if (!box) throw new Error(`no cell ${String(row)} ${name}`);
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    };
    const sweep = async (from: { x: number; y: number }, to: { x: number; y: number }) => {
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
      await page.mouse.move(to.x, to.y, { steps: 6 });
      await page.mouse.up();
    };
    const clipboard = async () => await page.evaluate<string>("navigator.clipboard.readText()");
    const stored = async (filter: object) => await api.count("orders", filter);
    try {
      await signIn(person);
      await (await cell(1, "total")).waitFor();

      await sweep(await middle(2, "total"), await middle(4, "due"));
      await expect.poll(async () => await page.getByRole("gridcell", { selected: true }).count()).toBe(6);
      await person.press("Control+c");
      await expect.poll(clipboard).toBe("2.50\t2026-01-02\n3.50\t2026-01-03\n4.50\t2026-01-04");

      // From a sheet: two lines, of which one cell is no number and one no status.
      await page.evaluate(`navigator.clipboard.writeText("10.25\\t2026-02-01\\tpaid\\n11.5O\\t2026-02-02\\tlost\\n")`);
      await (await cell(6, "total")).click();
      await person.press("Control+v");
      const report = { role: "region", name: "2 cells were not pasted" };
      await person.see(report);
      const told = await person.textOf(report);
      expect(told).toContain("4 other cells are staged");
      expect(told).toContain("Character 5 is the letter O, not a zero");
      expect(told).toContain("lost is none of draft, paid");
      if (pictured) await person.shot("grid-pasted");
      await person.click({ role: "button", name: "Mend total of row 7", within: report });
      await person.reach({ role: "textbox", name: "total of row 7" });
      await page.keyboard.press("Control+a");
      await person.type("11.50");
      await person.press("Enter");
      await person.read("2 updates, 5 cells");

      // A series goes on by its corner; Ctrl D repeats the first.
      await sweep(await middle(10, "due"), await middle(11, "due"));
      const corner = await page.locator("[data-fill]:visible").boundingBox();
      if (!corner) throw new Error("no corner to fill by");
      await sweep({ x: corner.x + 3, y: corner.y + 3 }, await middle(14, "due"));
      // The days go on as they are stored already: nothing is open more than before.
      await person.read("2 updates, 5 cells");
      await sweep(await middle(16, "total"), await middle(18, "total"));
      await person.press("Control+d");
      await person.read("4 updates, 7 cells");

      // NULL and empty text are two things, and stay so on their way through the clipboard.
      await (await cell(3, "note")).click();
      await person.press("Shift+ArrowDown");
      await person.press("Control+c");
      await (await cell(20, "note")).click();
      await person.press("Control+v");
      await person.read("5 updates, 8 cells");
      await (await cell(25, "total")).click();
      await person.press("Shift+ArrowRight");
      await person.press("Control+x");
      await expect.poll(clipboard).toBe("25.50\t2026-01-25");
      await person.read("6 updates, 10 cells");
      await person.press("Control+z");
      await person.read("5 updates, 8 cells");
      if (pictured) await person.shot("grid-filled");

      await person.press("Control+s");
      await person.read("5 rows committed to local");
      expect(await stored({ total: { eq: "10.25" }, due: { eq: "2026-02-01" }, status: { eq: "paid" } })).toBe(1);
      expect(await stored({ total: { eq: "11.50" }, due: { eq: "2026-02-02" }, status: { eq: "draft" } })).toBe(1);
      expect(await stored({ total: { eq: "16.50" } })).toBe(3);
      expect(await stored({ note: { eq: "" } })).toBe(2);
      expect(await person.verdict()).toEqual([]);
    } finally {
      await person.close();
    }
  });

  test("conditions within conditions are built by keys, go over a relation, and stand in the address", async () => {
    const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/data/orders`);
    const { page } = person;
    try {
      await signIn(person);
      await page.getByRole("gridcell").first().waitFor();
      await person.press("Alt+Shift+F");
      await person.see({ role: "region", name: "Conditions of orders" });
      await page.getByRole("button", { name: "Condition", exact: true }).focus();
      await person.press("Enter");
      await person.press("Enter");
      await person.reach({ role: "combobox", name: "Field of the condition" });
      await person.type("customer.na");
      await person.press("Enter");
      await person.fill({ role: "textbox", name: "Value of customer.name" }, "Ada");
      await page.getByRole("button", { name: "Condition", exact: true }).focus();
      await person.press("Enter");
      await page.getByRole("button", { name: /^Field of the condition: id/ }).waitFor();
      await person.press("Enter");
      await person.reach({ role: "combobox", name: "Field of the condition" });
      await person.type("due");
      await person.press("Enter");
      await person.fill({ role: "textbox", name: "Value of due" }, "2026-01-02");
      // Into a group with the one before it: then either is enough.
      await person.press("Alt+ArrowRight");
      await person.see({ role: "group", name: "any of these holds" });
      if (pictured) await person.shot("grid-tree");
      await page.keyboard.press("Control+Enter");
      await person.see({ role: "button", name: "any of 2 conditions" });
      const wanted = { OR: [{ "customer.name": { eq: "Ada" } }, { due: { eq: "2026-01-02" } }] };
      await person.read(new RegExp(`^Rows ${String(await api.count("orders", wanted))} of`));
      expect(decodeURIComponent(page.url()).replaceAll("\\", "")).toContain('[{"OR":[["customer.name","eq","Ada"],["due","eq","2026-01-02"]]}]');
      await page.reload();
      await person.see({ role: "button", name: "any of 2 conditions" });
      expect(await person.verdict()).toEqual([]);
    } finally {
      await person.close();
    }
  });

  test("a view given to a role is seen by its people and by nobody else, below the studio too", async () => {
    const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/data/orders?sort=-total`);
    try {
      await signIn(person);
      await person.page.getByRole("gridcell").first().waitFor();
      await person.click({ role: "button", name: "View: All rows" });
      await person.click({ role: "menuitem", name: "Save as a view" });
      await person.fill({ role: "textbox", name: "Name of the view" }, "Dearest first");
      await person.click({ role: "radio", name: "A role" });
      await person.click({ role: "combobox", name: "Role" });
      await person.click({ role: "option", name: "Editor" });
      if (pictured) await person.shot("grid-view-role");
      // Enter saves, as its button says, wherever one is in the form.
      await person.click({ role: "radio", name: "A role" });
      await person.press("Enter");
      await person.see({ role: "button", name: "View: Dearest first" });
      expect(await person.verdict()).toEqual([]);
    } finally {
      await person.close();
    }
    for (const [who, sees] of [[EDITOR, true], [READER, false]] as const) {
      expect(await (await Api.signIn(server.url, who)).count("baasix_UserPreference")).toBe(sees ? 1 : 0);
      const other = await BrowserPerson.open(`${server.url}/studio/#/p/here/data/orders`);
      try {
        await other.fill({ role: "textbox", name: "E-mail address" }, who.email);
        await other.fill({ role: "textbox", name: "Password" }, who.password);
        await other.press("Enter");
        await other.page.getByRole("gridcell").first().waitFor();
        await other.click({ role: "button", name: "View: All rows" });
        await other.see({ role: "menuitem", name: /^All rows/ });
        expect(await other.count({ role: "menuitem", name: /^Dearest first/ })).toBe(sees ? 1 : 0);
        if (sees) {
          await other.click({ role: "menuitem", name: /^Dearest first/ });
          await other.see({ role: "button", name: "View: Dearest first" });
        } else {
          await other.press("Escape");
          await other.miss({ role: "menu" });
        }
        expect(await other.verdict()).toEqual([]);
      } finally {
        await other.close();
      }
    }
  });
});
