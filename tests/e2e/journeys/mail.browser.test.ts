/** The log of mails and their texts, on both stores: what is caught is read, what is designed is shown as it is sent. */
import { afterEach, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import type { Thing } from "../harness/person";
import { Database } from "../harness/postgres";
import { OWNER, RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";
import { MailSink } from "../harness/smtp";

const READER = { email: "reader@example.com", password: "a journey of a reader" };

const box = (name: string): Thing => ({ role: "textbox", name });
const button = (name: string | RegExp): Thing => ({ role: "button", name });
const heading = (name: string): Thing => ({ role: "heading", name });
const mail = (name: RegExp): Thing => ({ role: "button", name, within: { role: "group", name: "Mails, the newest first" } });
const type = (name: RegExp): Thing => ({ role: "button", name, within: { role: "navigation", name: "Types of mails" } });

describe.each(["SQLite", "Postgres"] as const)("on %s", (store) => {
  let database: Database | null = null;
  let server: RunningServer | null = null;
  let person: BrowserPerson | null = null;
  let sink: MailSink | null = null;

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
    await sink?.close();
    [person, server, database, sink] = [null, null, null, null];
  });

  /** A test mail; whatever becomes of it. */
  const send = async (url: string, api: Api, to: string): Promise<number> =>
    (
      await fetch(`${url}/settings/test-email`, {
        method: "POST",
        headers: { authorization: `Bearer ${api.token}`, "content-type": "application/json" },
        body: JSON.stringify({ to }),
      })
    ).status;
  const welcome = async (api: Api) =>
    (await api.call<{ data: { subject: string; body: string }[] }>("GET", `/items/baasix_Template?filter=${encodeURIComponent(JSON.stringify({ type: { eq: "welcome" } }))}`)).data;

  test("a caught mail is read, and what a server said of others is told", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { api, url } = begun;
    const person = await enter(url, "data");
    const { page } = person;
    await person.press("Control+8");
    await person.see(heading("No mail yet"));
    await person.read(/Outside production a mail is caught here/);
    await person.shot("mail-none");

    // What a name of the project brings along is text in a mail.
    await api.call("PATCH", "/settings", { project_name: "<script>document.title='run'</script>" });
    expect(await send(url, api, "ann@example.com")).toBe(200);
    await person.click({ ...button("Read again"), nth: 0 });
    await person.click(mail(/ann@example\.com/));
    const frame = page.frameLocator("iframe[title^='Mail:']");
    await frame.getByText("This mail was sent to see whether mails arrive.").waitFor();
    const shown = page.locator("iframe[title^='Mail:']");
    expect([await shown.getAttribute("sandbox"), await shown.getAttribute("src")]).toEqual(["", null]);
    await person.read("No links");
    await person.click({ role: "radio", name: "Text" });
    await person.read("This mail was sent to see whether mails arrive. They do.");
    await person.shot("mail-caught");
    expect(await page.title()).not.toBe("run");

    // By status; and gone once it is asked for and confirmed.
    await person.click({ role: "combobox", name: "Status" });
    await person.click({ role: "option", name: "Given up" });
    await person.see(heading("No mail of this status"));
    await person.click(button("Show every status"));
    await person.see(mail(/ann@example\.com/));
    await person.click(button("Clear caught mails"));
    await person.click({ ...button("Clear caught mails"), within: { role: "dialog", name: "Clear the caught mails?" } });
    await person.see(heading("No mail yet"));
    expect((await api.call<{ totalCount: number }>("GET", "/mails")).totalCount).toBe(0);

    // A server that is away: its words are told, and that nothing is kept of a test mail.
    sink = await MailSink.open();
    const { port } = sink;
    await sink.close();
    sink = null;
    await api.call("PATCH", "/settings", { project_name: "Corner shop", smtp_enabled: true, smtp_host: "127.0.0.1", smtp_port: port, smtp_from_address: "shop@example.com" });
    expect(await send(url, api, "bob@example.com")).toBe(400);
    await person.press("r");
    await person.click(mail(/bob@example\.com/));
    await person.read("What stands in it is kept sealed until it is tried again. Of a test mail nothing is kept.");
    await person.read(/refused/i);
    await person.click(button("Try again"));
    await person.read("Not queued again");
    await person.shot("mail-given-up");

    // Back on the same port it takes the next one, which the log tells with what the server called it.
    sink = await MailSink.open(port);
    expect(await send(url, api, "bob@example.com")).toBe(200);
    await person.press("r");
    await person.click({ ...mail(/bob@example\.com.*Sent/), nth: 0 });
    await person.read("What stands in a sent mail is not kept.");
    expect(sink.mails.map((one) => [one.subject, one.text?.trim()])).toEqual([["A mail from Corner shop", "This mail was sent to see whether mails arrive. They do."]]);
    await person.read(sink.mails[0]?.messageId ?? "none");
    await person.press("Escape");
    await person.miss({ role: "complementary", name: "Mail" });
    expect(await verdict(person)).toEqual([]);
  });

  test("a text is designed beside its preview, committed, taken by the server, and put back", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { api, url } = begun;
    const person = await enter(url, "mail/templates");
    const { page } = person;
    const frame = page.frameLocator("iframe[title^='Preview:']");
    await person.click(type(/^Welcome/));
    await person.see(heading("Welcome"));
    await frame.getByText("Hello Ada Lovelace,").waitFor();

    // What a person calls himself is text in the preview.
    await person.fill(box("Sample of name"), "<script>alert(1)</script> Eve");
    await frame.getByText("Hello <script>alert(1)</script> Eve,").waitFor();
    expect(await frame.locator("script").count()).toBe(0);

    await person.fill(box("Subject"), "Glad that you came, {{ name }}");
    const editor = page.getByRole("textbox", { name: "Body" });
    await editor.click();
    await person.press("Control+a");
    await page.keyboard.insertText('<p style="color: rgb(10, 120, 90)">Come in, {{ name | upcase }}.</p>\n<p>It is {{ wether }} outside. <a href="{{ loginUrl }}">In</a></p><script>document.title="run"</script>');
    await frame.getByText("Come in,").waitFor();
    await person.read("1 variable is never told");
    await person.read("wether: line 2");
    expect(await frame.getByText("Come in,").evaluate((p) => getComputedStyle(p).color)).toBe("rgb(10, 120, 90)");
    expect(await frame.locator("script").count()).toBe(0);
    await person.read("1 mail text changed");
    await person.shot("mail-template");
    await page.setViewportSize({ width: 760, height: 800 });
    await person.shot("mail-template-narrow");
    await page.setViewportSize({ width: 1440, height: 900 });

    // What cannot be read is told where it stands, and refused by the server, whose words stay.
    await editor.click();
    await person.press("Control+a");
    await page.keyboard.insertText("<p>one</p>\n{% if name %}");
    await person.read(/^line 2: /);
    await person.read("The last preview that could be made");
    await person.shot("mail-template-fault");
    await person.press("Control+s");
    await person.read(/The changes are kept here/);
    expect(await welcome(api)).toMatchObject([{ subject: "Welcome to {{ project_name }}" }]);

    await editor.click();
    await person.press("Control+a");
    await page.keyboard.insertText("<p>Come in, {{ name }}.</p>");
    await frame.getByText("Come in,").waitFor();
    await person.press("Control+Shift+p");
    await person.read("Welcome: own text");
    await person.click({ ...button("Close"), within: { role: "dialog", name: "1 mail text changes" } });
    await person.press("Control+s");
    await person.read(/^1 mail text committed to local/);
    expect(await welcome(api)).toMatchObject([{ subject: "Glad that you came, {{ name }}", body: "<p>Come in, {{ name }}.</p>" }]);
    // The server makes its mails of it, with what stands in a name as text.
    const made = await api.call<{ data: { subject: string; html: string; unknown: string[] } }>("POST", "/templates/preview", { type: "welcome", variables: { name: "<script>1</script>" } });
    expect(made.data.subject).toBe("Glad that you came, <script>1</script>");
    expect(made.data.html).toContain("Come in, &lt;script&gt;1&lt;");
    expect(made.data.html).not.toContain("<script");

    // Somebody else writes it meanwhile: both are kept until one is chosen.
    await person.fill(box("Subject"), "Mine");
    await person.press("Enter");
    const { data: rows } = await api.call<{ data: { id: string }[] }>("GET", `/items/baasix_Template?filter=${encodeURIComponent(JSON.stringify({ type: { eq: "welcome" } }))}`);
    await api.call("PATCH", `/items/baasix_Template/${String(rows[0]?.id)}`, { subject: "Theirs" });
    await person.press("Control+s");
    await person.read("Somebody else changed this text.");
    await person.shot("mail-template-conflict");
    await person.click(button("Take theirs"));
    expect(await page.getByLabel("Subject", { exact: true }).inputValue()).toBe("Theirs");

    // Back to what the server writes itself, and from there back again.
    await page.reload();
    await person.see(heading("Welcome"));
    await person.click(button("Back to the built-in text"));
    expect(await page.getByLabel("Subject", { exact: true }).inputValue()).toBe("Welcome to {{ project_name }}");
    await person.press("Control+s");
    await person.read(/^1 mail text committed to local/);
    await expect.poll(() => welcome(api)).toEqual([]);
    await page.getByRole("region", { name: "Messages" }).getByRole("button", { name: /^Undo/ }).click();
    await person.read(/^1 mail text put back on local/);
    expect(await welcome(api)).toMatchObject([{ subject: "Theirs" }]);

    // Without a pointer: from type to type, and into the text.
    await page.locator("[data-type][tabindex='0']").focus();
    await person.press("ArrowDown");
    await person.see(heading("Notice"));
    await person.reach(type(/^Notice/));
    expect(await verdict(person)).toEqual([]);
  });

  test("a tenant's own text is written beside the project's, and taken away", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { api, url } = begun;
    const { data: tenant } = await api.call<{ data: { id: string } }>("POST", "/items/baasix_Tenant", { name: "Team Alpha" });
    const person = await enter(url, "mail/templates");
    const { page } = person;
    await person.click(type(/^Welcome/));
    await person.click({ role: "combobox", name: "Whose text" });
    await person.click({ role: "option", name: "Team Alpha" });
    await person.read("The project's text");
    await person.fill(box("Subject"), "Alpha says hello");
    await person.press("Control+s");
    await person.read(/^1 mail text committed to local/);
    const of = async () => (await welcomeOf(api)).map(({ subject, tenant_Id }) => [subject, tenant_Id]).sort();
    expect(await of()).toEqual([
      ["Alpha says hello", tenant.id],
      ["Welcome to {{ project_name }}", null],
    ]);
    await person.click(button("Back to the project's text"));
    await person.press("Control+s");
    await expect.poll(of).toEqual([["Welcome to {{ project_name }}", null]]);
    expect(await page.getByLabel("Subject", { exact: true }).inputValue()).toBe("Welcome to {{ project_name }}");
    expect(await verdict(person)).toEqual([]);
  });

  test("who is no administrator is told why nothing stands there", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { api, url } = begun;
    const { data: role } = await api.call<{ data: { id: string } }>("POST", "/items/baasix_Role", { name: "Reader" });
    await api.call("POST", "/items/baasix_User", { ...READER, firstName: "Rea", role_Id: role.id });
    expect(await send(url, api, OWNER.email)).toBe(200);
    person = await BrowserPerson.open(`${url}/studio/#/p/here/mail/log`);
    await person.fill(box("E-mail address"), READER.email);
    await person.fill(box("Password"), READER.password);
    await person.press("Enter");
    await person.see(heading("Only administrators read mails"));
    expect(await person.page.content()).not.toContain(OWNER.email);
    await person.shot("mail-stranger");
    expect(await verdict(person)).toEqual([]);
  });
});

/**
 * Without what was meant to be refused: a text that cannot be read, and what this harness puts into every frame of
 * a page. That no script of a mail is left to be refused is told by the frame itself.
 */
async function verdict(person: BrowserPerson): Promise<string[]> {
  const all = await person.verdict();
  await person.theme("dark");
  all.push(...(await person.findings("colours")).map((finding) => `axe, dark: ${finding}`));
  return all.filter((wrong) => !/status of (400|409)|Blocked script execution in 'about:srcdoc'/.test(wrong));
}

async function welcomeOf(api: Api): Promise<{ subject: string; tenant_Id: string | null }[]> {
  return (await api.call<{ data: { subject: string; tenant_Id: string | null }[] }>("GET", `/items/baasix_Template?filter=${encodeURIComponent(JSON.stringify({ type: { eq: "welcome" } }))}`)).data;
}
