/** A second factor is set up in the studio, asked for at the next sign-in, and turned off again, on both stores. */
import { afterEach, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import type { Person, Thing } from "../harness/person";
import { Database } from "../harness/postgres";
import { OWNER, RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";
import { codeOf } from "../harness/totp";

const ANN = { email: "ann@example.com", password: "a person with two factors" };
const box = (name: string | RegExp): Thing => ({ role: "textbox", name });
const button = (name: string | RegExp): Thing => ({ role: "button", name });
const DIALOG: Thing = { role: "dialog", name: "Second factor" };
const CODE = /^Code/u;

describe.each(["SQLite", "Postgres"] as const)("on %s", (store) => {
  let database: Database | null = null;
  let server: RunningServer | null = null;
  let person: BrowserPerson | null = null;

  async function begin(): Promise<{ her: BrowserPerson; url: string } | null> {
    if (store === "Postgres") {
      database = await Database.create();
      if (!database) return null;
    }
    server = await RunningServer.start(database?.url);
    person = await BrowserPerson.open(`${server.url}/studio/#/p/here/schema`);
    return { her: person, url: server.url };
  }

  afterEach(async () => {
    await person?.close();
    await server?.stop();
    await database?.drop();
    [person, server, database] = [null, null, null];
  });

  test("it is set up, asked for, passed by a code and by a recovery code, and turned off", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { her, url } = begun;
    await signIn(her);
    await connection(her, `Second factor of ${OWNER.email}`);
    await her.read(/^Off: the password alone/u);
    await her.click(button("Set up"));
    await her.fill(box("Password"), OWNER.password);
    await her.press("Enter");
    await her.see({ role: "img", name: "QR code for an authenticator app", within: DIALOG });
    const secret = await her.page.inputValue("input[readonly]");
    await her.shot("second-factor-setup");
    await her.fill(box(CODE), "000000");
    await her.press("Enter");
    await her.read("The second factor is not set up");
    await her.fill(box(CODE), codeOf(secret));
    await her.press("Enter");
    const list = { role: "list", name: "Recovery codes", within: DIALOG };
    await her.see(list);
    const codes = (await her.textOf(list)).match(/[a-z0-9]{4}(?:-[a-z0-9]{4}){3}/gu) ?? [];
    expect(codes).toHaveLength(10);
    await her.shot("second-factor-codes");
    await her.click(button("I have kept them"));
    await her.read("10 recovery codes are left.");
    await her.press("Escape");

    // The next sign-in stops half way; Back leads to the first half.
    await connection(her, `Sign out ${OWNER.email}`);
    await first(her, OWNER);
    await her.read(`${OWNER.email} has a second factor.`);
    await her.shot("second-factor-asked");
    await her.click(button("Back"));
    // What was typed stands there still.
    await her.reach(box("E-mail address"));
    await her.press("Enter");
    await her.fill(box(CODE), "000000");
    await her.press("Enter");
    await her.read("Not signed in");
    await her.fill(box(CODE), codeOf(secret, 1));
    await her.press("Enter");
    await her.see({ role: "navigation", name: "Sidebar" });

    await connection(her, `Sign out ${OWNER.email}`);
    await first(her, OWNER);
    await her.click(button("Use a recovery code"));
    await her.fill(box("Recovery code"), codes[0] ?? "");
    await her.press("Enter");
    await her.see({ role: "navigation", name: "Sidebar" });
    await connection(her, `Second factor of ${OWNER.email}`);
    await her.read("9 recovery codes are left.");
    await her.shot("second-factor-on");
    await her.click(button("Turn off"));
    await her.fill(box("Password"), OWNER.password);
    await her.click(button("Use a recovery code"));
    await her.fill(box("Recovery code"), codes[1] ?? "");
    await her.press("Enter");
    await her.read(/^Off: the password alone/u);
    expect((await Api.signIn(url)).token).not.toBe("");
    her.wrongs.splice(0, her.wrongs.length, ...her.wrongs.filter((wrong) => !/400/u.test(wrong)));
    expect(await her.verdict()).toEqual([]);
  });

  test("a role that needs one has it set up on the way in", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { her, url } = begun;
    const api = await Api.signIn(url);
    const role = await api.call<{ data: { id: string } }>("POST", "/items/baasix_Role", { name: "Clerk", enforceTotp: true });
    await api.call("POST", "/items/baasix_User", { ...ANN, firstName: "Ann", role_Id: role.data.id });
    await first(her, ANN);
    await her.read(`The role of ${ANN.email} needs one. It is asked for at every sign-in from now on.`);
    await her.see({ role: "img", name: "QR code for an authenticator app" });
    await her.shot("second-factor-demanded");
    const secret = await her.page.inputValue("input[readonly]");
    await her.fill(box(CODE), codeOf(secret));
    await her.press("Enter");
    await her.see({ role: "list", name: "Recovery codes" });
    await her.press("Enter");
    await her.see({ role: "navigation", name: "Sidebar" });
    expect(await her.verdict()).toEqual([]);
  });
});

/** An entry of the menu of the connection. */
async function connection(person: Person, name: string): Promise<void> {
  await person.click(button(/^Switch connection/u));
  await person.click({ role: "menuitem", name });
}

/** The first half of a sign-in. */
async function first(person: Person, who: { email: string; password: string }): Promise<void> {
  await person.fill(box("E-mail address"), who.email);
  await person.fill(box("Password"), who.password);
  await person.press("Enter");
}
