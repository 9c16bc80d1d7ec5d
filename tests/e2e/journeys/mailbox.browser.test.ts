/** Ways in that go through a mailbox: a code, a link that sets a new password, an invitation; on both stores. */
import { afterEach, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import type { Thing } from "../harness/person";
import { Database } from "../harness/postgres";
import { OWNER, RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

const NEW = "a password from a mail";
const box = (name: string | RegExp): Thing => ({ role: "textbox", name });
const button = (name: string | RegExp): Thing => ({ role: "button", name });
const IN: Thing = { role: "navigation", name: "Sidebar" };

interface Mail {
  readonly id: string;
  readonly templateName: string;
  readonly content?: { readonly html: string };
}

/** The page of the last mail of this kind, once there are so many. */
async function mail(api: Api, template: string, count = 1): Promise<string> {
  for (;;) {
    const { data } = await api.call<{ data: Mail[] }>("GET", "/mails?status=caught");
    const [found, ...others] = data.filter(({ templateName }) => templateName === template);
    if (found && others.length + 1 >= count) return (await api.call<{ data: Mail }>("GET", `/mails/${found.id}`)).data.content?.html ?? "";
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

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

  test("a forgotten password is replaced through a mail, and a code of a mail signs in", async (task) => {
    if (store === "Postgres") {
      database = await Database.create();
      if (!database) return task.skip("no cluster was given");
    }
    server = await RunningServer.start(database?.url);
    const api = await Api.signIn(server.url);
    person = await BrowserPerson.open(`${server.url}/studio/#/p/here/schema`);
    const her = person;

    // Without an address there is nobody to send it to.
    await her.click(button("Send me a code"));
    await her.reach(box("E-mail address"));
    await her.type(OWNER.email);
    await her.click(button("Forgot your password?"));
    await her.read(new RegExp(`If there is an account of ${OWNER.email}, a link is on its way`, "u"));
    await her.shot("mailbox-asked");
    const [, link] = /href="([^"]+)"/u.exec(await mail(api, "passwordReset")) ?? [];
    expect(link).toContain(`${server.url}/studio/#/reset?token=`);
    await her.page.goto(String(link));
    await her.page.reload();
    await her.reach(box(/^Password/u));
    await her.type(NEW);
    await her.press("Tab");
    await her.type("another word");
    await her.read("The two are not the same.");
    await her.shot("mailbox-reset");
    await her.fill(box("Once more"), NEW);
    await her.press("Enter");
    await her.read("The password is set");
    await her.press("Enter");
    await her.fill(box("E-mail address"), OWNER.email);
    await her.fill(box("Password"), NEW);
    await her.press("Enter");
    await her.see(IN);

    // The link once more says that it is over.
    await her.page.goto(String(link));
    await her.page.reload();
    await her.fill(box(/^Password/u), NEW);
    await her.fill(box("Once more"), NEW);
    await her.press("Enter");
    await her.read("The password was not set");
    await her.click(button("Sign in"));
    await her.see(IN);

    await her.click(button(/^Switch connection/u));
    await her.click({ role: "menuitem", name: `Sign out ${OWNER.email}` });
    await her.fill(box("E-mail address"), OWNER.email);
    await her.click(button("Send me a code"));
    await her.read(new RegExp(`If there is an account of ${OWNER.email}, a code is on its way`, "u"));
    await her.fill(box("Code of the mail"), "AAAAAAAA");
    await her.press("Enter");
    await her.read("Not signed in");
    await her.shot("mailbox-code");
    // Who reset the password has ended the sessions of before.
    const again = await Api.signIn(server.url, { email: OWNER.email, password: NEW });
    const [, code] = /<strong>([A-Z0-9]+)</u.exec(await mail(again, "magicLinkCode")) ?? [];
    await her.fill(box("Code of the mail"), String(code).toLowerCase());
    await her.press("Enter");
    await her.see(IN);
    her.wrongs.splice(0, her.wrongs.length, ...her.wrongs.filter((wrong) => !/400/u.test(wrong)));
    expect(await her.verdict()).toEqual([]);
  });

  test("somebody is invited, makes an account by the mail and is here; another invitation is sent again and taken back", async (task) => {
    if (store === "Postgres") {
      database = await Database.create();
      if (!database) return task.skip("no cluster was given");
    }
    server = await RunningServer.start(database?.url);
    const api = await Api.signIn(server.url);
    await api.call("POST", "/items/baasix_Role", { name: "Clerk" });
    person = await BrowserPerson.open(`${server.url}/studio/#/p/here/users/invitations`);
    const her = person;
    await signIn(her);
    await her.read("Nobody is invited");
    await her.shot("invitations-none");
    await her.press("n");
    await her.fill(box("E-mail address"), "Nia@example.com");
    await her.click({ role: "combobox", name: "Role" });
    await her.click({ role: "option", name: "Clerk" });
    await her.shot("invitations-invite");
    await her.click(button(/^Send the invitation/u));
    await her.read("A mail is on its way to Nia@example.com");
    await her.see({ role: "cell", name: "nia@example.com" });

    const [, link] = /href="([^"]+)"/u.exec(await mail(api, "inviteNewUser")) ?? [];
    expect(link).toContain(`${server.url}/studio/#/invite?token=`);
    const other = await BrowserPerson.open(String(link));
    try {
      await other.read(/^To 127\.0\.0\.1:\d+, as Clerk\.$/u);
      await other.shot("invitations-followed");
      await other.reach(box("First name"));
      await other.type("Nia");
      await other.press("Tab");
      await other.type(NEW);
      await other.press("Enter");
      await other.see(IN);
      expect(await other.verdict()).toEqual([]);
    } finally {
      await other.close();
    }
    await her.page.reload();
    await her.see({ role: "cell", name: "Accepted" });

    await her.press("n");
    await her.fill(box("E-mail address"), "omar@example.com");
    await her.click({ role: "combobox", name: "Role" });
    await her.click({ role: "option", name: "Clerk" });
    await her.click(button(/^Send the invitation/u));
    await her.click(button("Send the invitation of omar@example.com again"));
    await mail(api, "inviteNewUser", 3);
    await her.shot("invitations-list");
    await her.click(button("Take the invitation of omar@example.com back"));
    await her.click({ role: "button", name: "Take the invitation of omar@example.com back", within: { role: "dialog" } });
    await her.see({ role: "cell", name: "Taken back" });
    const [, gone] = /href="([^"]+)"/u.exec(await mail(api, "inviteNewUser", 3)) ?? [];
    await her.page.goto(String(gone));
    await her.page.reload();
    await her.read("This invitation leads nowhere");
    await her.shot("invitations-nowhere");
    her.wrongs.splice(0, her.wrongs.length, ...her.wrongs.filter((wrong) => !/400/u.test(wrong)));
    expect(await her.verdict()).toEqual([]);
  });
});
