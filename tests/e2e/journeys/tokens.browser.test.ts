/** An API token is made in the studio, opens what it was made for, and is revoked, on both stores. */
import { afterEach, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import type { Thing } from "../harness/person";
import { Database } from "../harness/postgres";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

const button = (name: string | RegExp): Thing => ({ role: "button", name });
const box = (name: string | RegExp): Thing => ({ role: "textbox", name });

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

  test("a token does what it was made for until it is revoked", async (task) => {
    if (store === "Postgres") {
      database = await Database.create();
      if (!database) return task.skip("no cluster was given");
    }
    server = await RunningServer.start(database?.url);
    const { url } = server;
    const api = await Api.signIn(url);
    for (const collectionName of ["notes", "orders"]) await api.call("POST", "/schemas", { collectionName, schema: { fields: { title: { type: "String" } } } });
    const her = (person = await BrowserPerson.open(`${url}/studio/#/p/here/settings/tokens`));
    await signIn(her);
    await her.read("No API tokens");
    await her.shot("tokens-none");
    await her.click(button("New token"));
    await her.fill(box("Name"), "Nightly report");
    await her.click({ role: "combobox", name: "Collection of scope 1" });
    await her.click({ role: "option", name: "notes" });
    await her.shot("tokens-new");
    await her.click(button(/^Make token/u));
    await her.read("Token for Nightly report");
    const token = await her.page.inputValue("input[readonly]");
    expect(token).toMatch(/^bsx_[\w-]{43}$/u);
    await her.shot("tokens-told");
    const status = async (path: string, method = "GET"): Promise<number> => {
      const asked = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, ...(method === "POST" ? { body: "{}" } : {}) });
      return asked.status;
    };
    expect([await status("/items/notes"), await status("/items/orders"), await status("/items/notes", "POST")]).toEqual([200, 403, 403]);
    await her.click(button("Close"));
    await her.see({ role: "cell", name: "read:notes" });
    expect(await her.page.innerText("body")).not.toContain(token);
    await her.click(button("New token"));
    await her.click({ role: "radio", name: "All that my role may" });
    await her.read(/^Whoever has it may do everything here/u);
    await her.fill(box("Name"), "Deploy");
    await her.press("Enter");
    await her.read("Token for Deploy");
    await her.press("Escape");
    await her.shot("tokens");
    await her.click(button("Revoke Nightly report"));
    await her.read("Revoke Nightly report?");
    await her.click({ ...button(/^Revoke/u), within: { role: "dialog" } });
    await her.read("Nightly report is revoked");
    expect(await status("/items/notes")).toBe(401);
    await her.miss(button("Revoke Nightly report"));
    expect(await her.verdict()).toEqual([]);
  });
});
