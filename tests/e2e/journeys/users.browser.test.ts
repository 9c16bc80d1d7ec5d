/** People and roles as the studio writes them are who may sign in from then on, on both stores. */
import { afterEach, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import type { Thing } from "../harness/person";
import { Database } from "../harness/postgres";
import { OWNER, RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

const INES = { email: "ines@example.com", password: "the first word of Ines" };
const SECOND = "the second word of Ines";
const READER = { email: "reader@example.com", password: "a journey of a reader" };

const box = (name: string): Thing => ({ role: "textbox", name });
const button = (name: string | RegExp): Thing => ({ role: "button", name });
const row = (name: string | RegExp): Thing => ({ role: "row", name });
const tab = (name: string): Thing => ({ role: "tab", name });
const panel: Thing = { role: "complementary", name: "Selected person" };

describe.each(["SQLite", "Postgres"] as const)("on %s", (store) => {
  let database: Database | null = null;
  let server: RunningServer | null = null;
  let person: BrowserPerson | null = null;

  async function begin(): Promise<{ api: Api; url: string } | null> {
    if (store === "Postgres") {
      database = await Database.create();
      if (!database) return null;
    }
    server = await RunningServer.start(database?.url);
    return { api: await Api.signIn(server.url), url: server.url };
  }

  async function enter(url: string, path: string): Promise<BrowserPerson> {
    person = await BrowserPerson.open(`${url}/studio/#/p/here/${path}`);
    await signIn(person);
    return person;
  }

  afterEach(async () => {
    await person?.close();
    await server?.stop();
    await database?.drop();
    [person, server, database] = [null, null, null];
  });

  const role = async (api: Api, name: string) => (await api.call<{ data: { id: string } }>("POST", "/items/baasix_Role", { name, isTenantSpecific: false })).data.id;
  const login = async (url: string, who: { email: string; password: string }) =>
    await fetch(`${url}/auth/login`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(who) });

  test("somebody made here signs in, is suspended, comes back, changes role and is signed out", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { api, url } = begun;
    const [support, reader] = [await role(api, "Support"), await role(api, "Reader")];
    const person = await enter(url, "users/people");
    const { page } = person;

    await person.see(row(new RegExp(OWNER.email)));
    await person.press("n");
    await person.reach(box("First name"));
    await person.type("Ines");
    await person.fill(box("Last name"), "Halloran");
    await person.fill(box("E-mail address"), INES.email);
    await person.click({ role: "combobox", name: "Role", within: { role: "dialog", name: "New user" } });
    await person.click({ role: "option", name: "Support" });
    await page.getByLabel("Password (optional)").fill(INES.password);
    await person.press("Enter");
    await person.read("Ines Halloran created");
    await person.reach(row(/Ines Halloran/));
    await person.see(row(/Ines Halloran.*ines@example\.com.*Support.*Active/));
    const first = await login(url, INES);
    expect(first.status).toBe(200);
    const { token } = (await first.json()) as { token: string };
    const me = async () => (await fetch(`${url}/auth/me`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await me()).toBe(200);
    const { data: made } = await api.call<{ data: { id: string }[] }>("GET", `/items/baasix_User?filter=${encodeURIComponent(JSON.stringify({ email: { eq: INES.email } }))}`);
    const id = made[0]?.id ?? "";
    await person.shot("users-person");

    // Their session, with where it came from; ended, it is refused at once.
    await person.click({ ...tab("Sessions"), within: panel });
    await person.see({ role: "button", name: /^End the session of/ });
    await person.shot("users-sessions");
    await person.click(button(/^End the session of/));
    await person.read("The session is ended");
    await person.read("Signed in nowhere");
    expect(await me()).toBe(401);

    // Suspended: no sign-in, and every session is over. Undone from the toast.
    const again = (await (await login(url, INES)).json()) as { token: string };
    await person.click({ ...tab("Profile"), within: panel });
    await person.click({ ...button("Suspend"), within: panel });
    await person.read("Ines Halloran is suspended and signed out everywhere");
    expect((await login(url, INES)).status).toBe(403);
    expect((await fetch(`${url}/auth/me`, { headers: { authorization: `Bearer ${again.token}` } })).status).toBe(401);
    await person.click({ ...button(/^Undo/), within: { role: "region", name: "Messages" } });
    await person.read("Put back");
    expect((await login(url, INES)).status).toBe(200);

    // Found by what they are, and not by what they are not.
    const choose = async (filter: string, option: string) => {
      await person.click({ role: "combobox", name: filter });
      await person.click({ role: "option", name: option });
    };
    await choose("Role", "Support");
    await person.miss(row(new RegExp(OWNER.email)));
    await person.see(row(/Ines Halloran/));
    await choose("Status", "Suspended");
    await person.read("Nobody fits");
    await person.click(button("Clear search and filters"));
    await person.see(row(new RegExp(OWNER.email)));

    // Another role, one more, and one less.
    const roles = async () =>
      (await api.call<{ data: { role_Id: string }[] }>("GET", `/items/baasix_UserRole?filter=${encodeURIComponent(JSON.stringify({ user_Id: { eq: id } }))}&sort=createdAt`)).data.map((one) => one.role_Id);
    await person.click({ role: "combobox", name: "Role Support", within: panel });
    await person.click({ role: "option", name: "Reader" });
    await person.read("Ines Halloran is Reader now");
    expect(await roles()).toEqual([reader]);
    await person.click({ role: "combobox", name: "Role to add", within: panel });
    await person.click({ role: "option", name: "Support" });
    await person.click({ ...button("Add role"), within: panel });
    await person.see({ ...button("Remove Support"), within: panel });
    expect([...(await roles())].sort()).toEqual([reader, support].sort());
    await person.click({ ...button("Remove Support"), within: panel });
    await person.miss({ ...button("Remove Support"), within: panel });
    expect(await roles()).toEqual([reader]);

    // A new password: the old one is over. No draft and no page holds it.
    await person.click({ ...button("Set password"), within: panel });
    await page.getByLabel("Password", { exact: true }).fill(SECOND);
    await person.press("Enter");
    await person.read("The password of Ines Halloran is set");
    expect([(await login(url, INES)).status, (await login(url, { ...INES, password: SECOND })).status]).toEqual([400, 200]);
    expect(await page.content()).not.toContain(SECOND);

    // A name is saved; somebody else's change is not written over.
    await person.fill({ ...box("Last name"), within: panel }, "Hallorann");
    await person.press("Control+s");
    await person.read("Ines Halloran saved");
    await person.see(row(/Ines Hallorann/));
    await api.call("PATCH", `/items/baasix_User/${id}`, { lastName: "Byrne" });
    await person.fill({ ...box("Last name"), within: panel }, "Holloran");
    await person.press("Control+s");
    await person.read(/^Not done\. /);
    expect((await api.call<{ data: { lastName: string } }>("GET", `/items/baasix_User/${id}`)).data.lastName).toBe("Byrne");
    // What was typed is asked about before it goes.
    await person.press("Escape");
    await person.see({ role: "dialog", name: /unsaved\?$/ });
    await person.click(button("Discard"));
    await person.miss(panel);

    await person.fill({ role: "searchbox", name: "Name or address" }, "ines@");
    await person.miss(row(new RegExp(OWNER.email)));
    await person.click(row(/ines@example\.com/));
    await person.click({ ...button("Delete"), within: panel });
    await person.read(/invitations they sent go along/);
    await person.click(button(/^Delete Ines/));
    await person.read("Nobody fits");
    expect((await login(url, { ...INES, password: SECOND })).status).toBe(400);
    person.wrongs.splice(0, person.wrongs.length, ...person.wrongs.filter((wrong) => !/status of (?:404|409|412)/.test(wrong)));
    expect(await person.verdict()).toEqual([]);
  });

  test("the last administrator stays, and the server's words say so", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { api, url } = begun;
    const person = await enter(url, "users/people");
    await person.click(row(new RegExp(OWNER.email)));
    await person.click({ ...button("Suspend"), within: panel });
    await person.read(/No active administrator would be left.*make somebody else an administrator first/);
    await person.click({ ...button("Remove administrator"), within: panel });
    await person.read(/No active administrator would be left/);
    await person.click({ ...button("Delete"), within: panel });
    await person.click(button(/^Delete /));
    await person.read(/No active administrator would be left/);
    await person.shot("users-last");
    await person.click(button("Cancel"));
    expect((await api.call<{ data: { status: string }[] }>("GET", "/items/baasix_User")).data.map((one) => one.status)).toEqual(["active"]);
    person.wrongs.splice(0, person.wrongs.length, ...person.wrongs.filter((wrong) => !/status of (?:400|403|409)/.test(wrong)));
    expect(await person.verdict()).toEqual([]);
  });

  test("roles without a pointer: made, described, allowed to invite, found in Access and deleted", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { api, url } = begun;
    const reader = await role(api, "Reader");
    const person = await enter(url, "schema");
    const { page } = person;
    await person.press("Control+7");
    await person.see({ role: "grid", name: "People" });
    await person.press("Control+k");
    await person.type("users: roles");
    await person.press("Enter");
    await person.see({ role: "grid", name: "Roles" });
    await person.press("n");
    await person.reach(box("Name"));
    await person.type("reader");
    await person.read("There is a role reader already.");
    await person.press("Control+a");
    await person.type("Support");
    await person.press("Enter");
    const roles: Thing = { role: "complementary", name: "Selected role" };
    await person.see(roles);
    await person.fill({ ...box("What it is for"), within: roles }, "Answers questions");
    await person.click({ role: "checkbox", name: "Reader", within: roles });
    await person.shot("users-role");
    await person.press("Control+s");
    await person.read("Support saved");
    const stored = (await api.call<{ data: { id: string; name: string; description: string; canInviteRoleIds: string[] }[] }>("GET", "/items/baasix_Role")).data.find((one) => one.name === "Support");
    expect(stored).toMatchObject({ description: "Answers questions", canInviteRoleIds: [reader] });
    await person.fill({ ...box("Name"), within: roles }, "Help desk");
    await person.press("Control+s");
    await person.see(row(/Help desk/));
    await person.read("Help desk saved");
    // One more change of a list that is stored already.
    await person.click({ role: "checkbox", name: "Reader", within: roles });
    await person.press("Control+s");
    await expect.poll(async () => (await api.call<{ data: { canInviteRoleIds: string[] | null } }>("GET", `/items/baasix_Role/${stored?.id ?? ""}`)).data.canInviteRoleIds ?? []).toEqual([]);
    const save = page.getByRole("complementary", { name: "Selected role" }).getByRole("button", { name: /^Save/ });
    await expect.poll(async () => [await save.isDisabled(), await save.getAttribute("aria-busy")]).toEqual([true, null]);

    // By the arrows to the role whose name is the server's, and back out.
    await person.press("Escape");
    await person.reach(row(/Help desk/));
    await person.press("Home");
    await person.reach(row(/administrator/));
    await person.press("Enter");
    await person.read("The server knows this role by its name.");
    await person.miss({ ...button("Delete role"), within: roles });
    await person.press("Escape");
    await person.click(row(/Help desk/));
    await person.click({ ...button("Rules in Access"), within: roles });
    await person.see({ role: "searchbox", name: "Collection or role" });
    expect(await page.getByRole("searchbox", { name: "Collection or role" }).inputValue()).toBe("Help desk");
    await person.press("Control+7");
    await person.click({ role: "radio", name: "Roles" });
    await person.click(row(/Help desk/));
    await person.click({ ...button("Delete role"), within: roles });
    await person.click(button("Delete Help desk"));
    await person.miss(row(/Help desk/));
    await person.shot("users-roles");
    expect(await person.verdict()).toEqual([]);
  });

  test("who may read no users is told so, and nothing is asked that would be refused", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { api, url } = begun;
    await api.call("POST", "/items/baasix_User", { ...READER, firstName: "Rea", role_Id: await role(api, "Reader") });
    person = await BrowserPerson.open(`${url}/studio/#/p/here/users/people`);
    await person.fill(box("E-mail address"), READER.email);
    await person.fill(box("Password"), READER.password);
    await person.press("Enter");
    await person.read("Your role may not read users");
    await person.miss(button(/^New user/));
    await person.shot("users-forbidden");
    await person.click({ role: "radio", name: "Roles" });
    await person.read("Your role may not read roles");
    expect(await person.verdict()).toEqual([]);
  });
});
