/** Why somebody does not see a record, asked from its row, on both stores. */
import { afterEach, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import type { Thing } from "../harness/person";
import { Database } from "../harness/postgres";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

const DIALOG: Thing = { role: "dialog", name: /^Who may, and why/u };

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

  test("a row tells who may read it, by which clause another may not, and what a role may change", async (task) => {
    if (store === "Postgres") {
      database = await Database.create();
      if (!database) return task.skip("no cluster was given");
    }
    server = await RunningServer.start(database?.url);
    const api = await Api.signIn(server.url);
    const schema = { fields: { id: { type: "Integer", primaryKey: true }, title: { type: "String" }, state: { type: "String" }, rank: { type: "Integer" } } };
    await api.call("POST", "/schemas", { collectionName: "notes", schema });
    await api.call("POST", "/items/notes", { id: 1, title: "First", state: "closed", rank: null });
    const role = await api.call<{ data: { id: string } }>("POST", "/items/baasix_Role", { name: "Reader" });
    const conditions = { AND: [{ state: { eq: "open" } }, { rank: { gt: 3 } }, { title: { isNotNull: true } }] };
    await api.call("POST", "/permissions", { role_Id: role.data.id, collection: "notes", action: "read", fields: ["id", "title"], conditions });
    await api.call("POST", "/items/baasix_User", { email: "ann@example.com", password: "a long password", firstName: "Ann", role_Id: role.data.id });
    person = await BrowserPerson.open(`${server.url}/studio/#/p/here/data/notes`);
    const her = person;
    await signIn(her);
    await her.click({ role: "gridcell", name: "First" });
    await her.press("Alt+y");
    await her.see(DIALOG);
    await her.click({ role: "combobox", name: "Person", within: DIALOG });
    await her.click({ role: "option", name: "Ann (ann@example.com)" });
    await her.read("Reader has a permission, but the record does not meet all that it asks.");
    for (const name of ["does not hold", "cannot be said: there is no value", "holds"]) await her.see({ role: "img", name, within: DIALOG });
    await her.read("Fields that stay out of sight: state, rank");
    await her.shot("why-refused");
    await her.click({ role: "radio", name: "Anybody", within: DIALOG });
    await her.read("Whoever is not signed in has no permission for this.");
    await her.click({ role: "radio", name: "A role", within: DIALOG });
    await her.click({ role: "combobox", name: "Role", within: DIALOG });
    await her.click({ role: "option", name: "administrator" });
    await her.read("No permission binds an administrator.");
    await her.click({ role: "combobox", name: "Action", within: DIALOG });
    await her.click({ role: "option", name: "Change" });
    await her.read("No permission binds an administrator.");
    await her.press("Escape");
    await her.miss(DIALOG);
    expect(await her.verdict()).toEqual([]);
  });
});
