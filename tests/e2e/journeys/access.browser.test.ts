/** What the matrix and the drawer say of a role is what its people get, on both stores. */
import { afterEach, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import type { Thing } from "../harness/person";
import { Database } from "../harness/postgres";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

const SUPPORT = { email: "support@example.com", password: "a journey of support" };
const STATUSES = ["draft", "paid", "shipped"] as const;
const ORDERS = 9;

interface Order {
  readonly id: number;
  readonly status: string;
  readonly total: number;
}

const cell = (role: string, action: string, collection: string, says: string): Thing => ({
  role: "gridcell",
  name: `${role}, ${action} ${collection}: ${says}`,
});
const drawer = (of: string): Thing => ({ role: "complementary", name: of });
const inside = (thing: Thing, of: string): Thing => ({ ...thing, within: drawer(of) });

describe.each(["SQLite", "Postgres"] as const)("on %s", (store) => {
  let database: Database | null = null;
  let server: RunningServer | null = null;
  let person: BrowserPerson | null = null;

  /** Orders of three kinds, some of them drafts, and a person at the matrix; `null` without a cluster. */
  async function begin(): Promise<{ person: BrowserPerson; api: Api; url: string } | null> {
    if (store === "Postgres") {
      database = await Database.create();
      if (!database) return null;
    }
    server = await RunningServer.start(database?.url);
    const api = await Api.signIn(server.url);
    const key = { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } };
    await api.call("POST", "/schemas", {
      collectionName: "orders",
      schema: {
        timestamps: false,
        fields: {
          id: key,
          status: { type: "Enum", values: STATUSES, allowNull: false },
          total: { type: "Decimal", values: { precision: 12, scale: 2 } },
          margin: { type: "Decimal", values: { precision: 12, scale: 2 } },
        },
      },
    });
    await api.call("POST", "/schemas", { collectionName: "notes", schema: { timestamps: false, fields: { id: key, text: { type: "String" } } } });
    const orders = Array.from({ length: ORDERS }, (_, at) => ({ status: STATUSES[at % 3], total: at + 1, margin: "0.50" }));
    await api.call("POST", "/items/orders/bulk", orders);
    person = await BrowserPerson.open(`${server.url}/studio/#/p/here/access`);
    await signIn(person);
    await person.see({ role: "grid", name: "Who may do what" });
    return { person, api, url: server.url };
  }

  /** Somebody of the role, signed in. */
  async function join(api: Api, role: string): Promise<Api> {
    const roles = await api.call<{ data: { id: string; name: string }[] }>("GET", "/items/baasix_Role?limit=-1");
    const found = roles.data.find((one) => one.name === role);
    await api.call("POST", "/items/baasix_User", { ...SUPPORT, firstName: "Sam", role_Id: found?.id });
    return await Api.signIn(api.url, SUPPORT);
  }

  afterEach(async () => {
    await person?.close();
    await server?.stop();
    await database?.drop();
    [person, server, database] = [null, null, null];
  });

  test("a role gets the actions, the fields and the rows that were set for it, and no more", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { person, api } = begun;

    await person.click({ role: "button", name: "Role" });
    await person.fill({ role: "textbox", name: "Name", within: { role: "dialog", name: "New role" } }, "Support");
    await person.click({ role: "button", name: "Create role" });
    await person.see(cell("Support", "Read", "orders", "nothing"));
    const sam = await join(api, "Support");
    expect(await sam.refusal("GET", "/items/orders")).toBe("403 FORBIDDEN");

    // Read: every order but the drafts, without what was earned on it.
    await person.click(cell("Support", "Read", "orders", "nothing"));
    const read = "Support, Read orders";
    await person.click(inside({ role: "radio", name: "Where" }, read));
    await person.click(inside({ role: "button", name: "Condition" }, read));
    await person.click(inside({ role: "combobox", name: "Field" }, read));
    await person.click({ role: "option", name: "status" });
    await person.click(inside({ role: "combobox", name: "Operator" }, read));
    await person.click({ role: "option", name: "is not" });
    await person.read("1 condition is not finished");
    expect(await person.page.getByRole("button", { name: /^Commit 1 rule/ }).isDisabled()).toBe(true);
    await person.click(inside({ role: "combobox", name: "Value of status" }, read));
    await person.click({ role: "option", name: "draft" });
    await person.click(inside({ role: "checkbox", name: "margin" }, read));
    await person.see(cell("Support", "Read", "orders", "some rows, some fields, staged"));
    // What it reaches is counted before it is committed.
    await person.page.locator("dl > div").filter({ hasText: /^Rows in orders06$/u }).waitFor();
    await person.shot("access-rule");

    // Update: the status of what is not a draft. Create: notes, and nothing else of them.
    await person.click(inside({ role: "radio", name: "Update" }, read));
    const update = "Support, Update orders";
    await person.click(inside({ role: "radio", name: "Where" }, update));
    await person.click(inside({ role: "button", name: "Condition" }, update));
    await person.click(inside({ role: "combobox", name: "Field" }, update));
    await person.click({ role: "option", name: "status" });
    await person.click(inside({ role: "combobox", name: "Operator" }, update));
    await person.click({ role: "option", name: "is not" });
    await person.click(inside({ role: "combobox", name: "Value of status" }, update));
    await person.click({ role: "option", name: "draft" });
    await person.click(inside({ role: "button", name: "None" }, update));
    await person.click(inside({ role: "checkbox", name: "status" }, update));
    await person.click(cell("Support", "Create", "notes", "nothing"));
    await person.click(inside({ role: "radio", name: "All" }, "Support, Create notes"));

    // Nothing holds before it is committed.
    await person.read("3 rules changed");
    expect(await sam.refusal("GET", "/items/orders")).toBe("403 FORBIDDEN");
    await person.click({ role: "button", name: "Preview" });
    await person.read('{"status":{"ne":"draft"}}');
    await person.click({ role: "button", name: "Close", within: { role: "dialog", name: "3 rules change" } });
    await person.click({ role: "button", name: /^Commit 3 rules to local/ });
    await person.read("3 rules committed to local");
    await person.see(cell("Support", "Read", "orders", "some rows, some fields"));

    const { data: seen, totalCount } = await sam.call<{ data: Order[]; totalCount: number }>("GET", "/items/orders?sort=id");
    expect(totalCount).toBe(6);
    expect(seen.map((order) => Object.keys(order).sort())).toEqual(seen.map(() => ["id", "status", "total"]));
    expect(seen.map((order) => [order.id, order.status])).toEqual([[2, "paid"], [3, "shipped"], [5, "paid"], [6, "shipped"], [8, "paid"], [9, "shipped"]]);
    // What is hidden is told like what does not exist, whichever way one asks.
    expect(await sam.call("GET", "/items/orders?fields=id,margin")).toEqual(await sam.call("GET", "/items/orders?fields=id,nowhere"));
    expect(await sam.refusal("GET", `/items/orders?filter=${encodeURIComponent('{"margin":{"gt":0}}')}`)).toBe("400 UNKNOWN_FIELD");
    expect(await sam.refusal("GET", "/items/orders?sort=margin")).toBe("400 UNKNOWN_FIELD");
    expect(await sam.refusal("GET", "/items/orders/1")).toBe(await sam.refusal("GET", "/items/orders/999"));
    const status = async (id: number) => (await api.call<{ data: Order }>("GET", `/items/orders/${String(id)}`)).data.status;
    await sam.call("PATCH", "/items/orders/2", { status: "shipped" });
    expect(await status(2)).toBe("shipped");
    const refused = [
      await sam.refusal("PATCH", "/items/orders/2", { total: 1 }),
      await sam.refusal("PATCH", "/items/orders/2", { status: "draft" }),
      await sam.refusal("PATCH", "/items/orders/1", { status: "paid" }),
      await sam.refusal("DELETE", "/items/orders/2"),
      await sam.refusal("POST", "/items/orders", { status: "paid" }),
      await sam.refusal("GET", "/items/notes"),
    ];
    expect(refused.every((one) => one.startsWith("403 "))).toBe(true);
    expect([await status(1), await status(2)]).toEqual(["draft", "shipped"]);
    expect(await api.count("notes")).toBe(0);
    await sam.call("POST", "/items/notes", { text: "called back" });
    expect(await api.count("notes", { text: { eq: "called back" } })).toBe(1);

    // Staged and discarded is as if it had never been; undone, it is there again.
    await person.click(cell("Support", "Create", "notes", "everything"));
    await person.click(inside({ role: "radio", name: "None" }, "Support, Create notes"));
    await person.see(cell("Support", "Create", "notes", "nothing, staged"));
    await person.click({ role: "button", name: "Discard" });
    await person.see(cell("Support", "Create", "notes", "everything"));
    await person.click({ role: "button", name: /^Undo/ });
    await person.see(cell("Support", "Create", "notes", "nothing, staged"));
    await sam.call("POST", "/items/notes", { text: "still allowed" });
    await person.click({ role: "button", name: /^Redo/ });
    await person.miss({ role: "region", name: "1 rule changed" });

    // Taken away, it is gone with the next request; and another window tells the same.
    await person.click(cell("Support", "Read", "orders", "some rows, some fields"));
    await person.click(inside({ role: "radio", name: "None" }, read));
    await person.click({ role: "button", name: /^Commit 1 rule to local/ });
    await person.read("1 rule committed to local");
    expect(await sam.refusal("GET", "/items/orders")).toBe("403 FORBIDDEN");
    await person.page.reload();
    await person.see(cell("Support", "Read", "orders", "nothing"));
    await person.see(cell("Support", "Update", "orders", "some rows, some fields"));
    await person.see(cell("Support", "Create", "notes", "everything"));
    expect(await person.verdict()).toEqual([]);
  });

  test("roles and rules are set without a pointer", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { person, api } = begun;
    const { page } = person;
    const named = async () => await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
    const to = async (thing: Thing, key = "Tab") => await walk(person, thing, key);

    await person.press("Control+k");
    await person.reach({ role: "combobox", name: /command/ });
    await person.type("new role");
    await person.press("Enter");
    await person.reach({ role: "textbox", name: "Name", within: { role: "dialog", name: "New role" } });
    await person.type("Support");
    await person.press("Enter");
    await person.see(cell("Support", "Read", "orders", "nothing"));
    const sam = await join(api, "Support");

    // Into the matrix, and along it to the role.
    await to(cell("public", "Read", "notes", "nothing"), "F6");
    await to(cell("Support", "Read", "notes", "nothing"), "ArrowRight");
    await person.press("Space");
    await person.see(cell("Support", "Read", "notes", "everything, staged"));
    await person.press("Control+z");
    await person.see(cell("Support", "Read", "notes", "nothing"));
    await person.press("Control+Shift+z");
    await person.see(cell("Support", "Read", "notes", "everything, staged"));
    await person.press("Control+c");
    await person.press("ArrowDown");
    await person.reach(cell("Support", "Read", "orders", "nothing"));
    await person.press("Control+v");
    await person.see(cell("Support", "Read", "orders", "everything, staged"));
    await person.read("2 rules changed");
    await person.press("Control+Shift+Backspace");
    await person.see(cell("Support", "Read", "orders", "nothing"));
    await person.press("Control+z");
    await person.see(cell("Support", "Read", "orders", "everything, staged"));
    await person.press("Control+Shift+z");
    await person.see(cell("Support", "Read", "orders", "nothing"));

    // The rule of the cell: rows, a condition, a field less.
    const read = "Support, Read orders";
    await person.press("Enter");
    await person.see(drawer(read));
    expect(await named()).toBe(`${read}: nothing`);
    await to(inside({ role: "radio", name: "None" }, read));
    await person.press("ArrowRight");
    await person.reach(inside({ role: "radio", name: "Where" }, read));
    await to(inside({ role: "button", name: "Condition" }, read));
    await person.press("Enter");
    await to(inside({ role: "combobox", name: "Field" }, read), "Shift+Tab");
    await choose(person, "status");
    await to(inside({ role: "combobox", name: "Operator" }, read));
    await choose(person, "is");
    await to(inside({ role: "combobox", name: "Value of status" }, read));
    await choose(person, "paid");
    await to(inside({ role: "checkbox", name: "margin" }, read));
    await person.press("Space");
    await person.see(cell("Support", "Read", "orders", "some rows, some fields, staged"));
    await person.press("Escape");
    await person.miss(drawer(read));
    await person.press("Control+s");
    await person.read("1 rule committed to local");

    const { data } = await sam.call<{ data: Order[] }>("GET", "/items/orders?sort=id");
    expect(data.map((order) => order.id)).toEqual([2, 5, 8]);
    expect(data.every((order) => !("margin" in order))).toBe(true);
    expect(await person.verdict()).toEqual([]);
  });
});

/** Presses the key until the focus is there; a person gives up as well. */
async function walk(person: BrowserPerson, thing: Thing, key: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await person.hasFocus(thing)) return;
    await person.press(key);
  }
  throw new Error(`60 times ${key} did not lead to ${thing.role} ${String(thing.name)}`);
}

/** Opens the list of the focused choice, goes to the option, and takes it. */
async function choose(person: BrowserPerson, option: string): Promise<void> {
  const wanted: Thing = { role: "option", name: option };
  await person.press("Enter");
  await person.see(wanted);
  await person.press("Home");
  for (let presses = 0; presses < 30 && !(await person.hasFocus(wanted)); presses += 1) await person.press("ArrowDown");
  await person.reach(wanted);
  await person.press("Enter");
  await person.miss(wanted);
}
