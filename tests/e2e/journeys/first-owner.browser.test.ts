/** From the link that a fresh server prints to the studio, once, on both stores. */
import { afterEach, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import { Database } from "../harness/postgres";
import { OWNER, RunningServer } from "../harness/server";

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

  test("who opens the printed link becomes the first owner; nobody becomes the second", async (task) => {
    if (store === "Postgres") {
      database = await Database.create();
      if (!database) return task.skip("no cluster was given");
    }
    server = await RunningServer.start(database?.url, { owned: false });
    const link = server.link ?? "";
    person = await BrowserPerson.open(link);
    await person.reach({ role: "textbox", name: "First name" });
    await person.type("Ada");
    await person.press("Tab");
    await person.type(OWNER.email);
    await person.press("Tab");
    await person.type(OWNER.password);
    await person.press("Enter");
    await person.see({ role: "navigation", name: "Sidebar" });
    const api = await Api.signIn(server.url);
    const { user } = await api.call<{ user: { email: string; firstName: string } }>("GET", "/auth/me");
    expect([user.email, user.firstName]).toEqual([OWNER.email, "Ada"]);
    expect(await person.verdict()).toEqual([]);

    // The link once more, in a window that nobody signed in to.
    await person.close();
    person = await BrowserPerson.open(link);
    await person.fill({ role: "textbox", name: "First name" }, "Eve");
    await person.fill({ role: "textbox", name: "E-mail address" }, "eve@example.com");
    await person.fill({ role: "textbox", name: "Password" }, "another long password");
    await person.press("Enter");
    await person.read("The owner was not made");
    expect(await api.count("baasix_User")).toBe(1);
  });
});
