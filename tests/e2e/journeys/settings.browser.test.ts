/** What is changed in the settings is what the server tells from then on, on both stores. */
import { afterEach, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import type { Thing } from "../harness/person";
import { Database } from "../harness/postgres";
import { OWNER, RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

const PASSWORD = "only for the mail server";
const READER = { email: "reader@example.com", password: "a journey of a reader" };

const box = (name: string): Thing => ({ role: "textbox", name });
const button = (name: string | RegExp): Thing => ({ role: "button", name });
const section = (name: string | RegExp): Thing => ({ role: "button", name, within: { role: "navigation", name: "Sections of the settings" } });
const heading = (name: string): Thing => ({ role: "heading", name });

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

  const settings = async (api: Api) => (await api.call<{ data: Record<string, unknown> }>("GET", "/settings")).data;

  test("every section is changed in one commit, and read back as it was set", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { api, url } = begun;
    const { data: role } = await api.call<{ data: { id: string } }>("POST", "/items/baasix_Role", { name: "Support" });
    await api.call("PATCH", "/settings", { help: "https://help.example.com", big: { n: 1 } });
    const person = await enter(url, "settings/project");
    const { page } = person;

    await person.fill(box("Name"), "Corner shop");
    await person.press("Enter");
    await person.see(button("Put Name back"));
    await person.fill({ role: "combobox", name: "Time zone" }, "Nowhere/City");
    await person.press("Tab");
    // What cannot be stored is said at its place, stands in no change, and stops the commit.
    await person.read("This computer knows no zone of that name.");
    await person.read("1 field holds what cannot be stored");
    expect(await page.getByRole("button", { name: /^Commit 1 setting/ }).isDisabled()).toBe(true);
    await person.click(section(/^Branding/));
    await person.see(heading("Branding"));
    await person.press("Control+s");
    await person.reach({ role: "combobox", name: "Time zone" });
    await person.fill({ role: "combobox", name: "Time zone" }, "Europe/Berlin");
    await person.press("Tab");
    await person.fill(box("Address of your application"), "https://app.example.com");
    await person.press("Tab");
    await person.shot("settings-project");

    await person.click(section(/^Branding/));
    await person.fill(box("Main colour"), "#12705e");
    // The picture beside it shows what is typed before it is staged.
    await expect.poll(() => page.locator("[data-look-of] > div").first().evaluate((head) => getComputedStyle(head).backgroundColor)).toBe("rgb(18, 112, 94)");
    await person.read("5.99:1");
    await person.press("Tab");
    await person.see(button("Put Main colour back"));
    await person.shot("settings-branding");

    await person.click(section(/^Sign-in and sessions/));
    await person.fill(box("Web"), "3");
    await person.press("Enter");
    await person.click({ role: "checkbox", name: "The limits count for Support" });
    await person.read("1 role; everybody else is not counted");
    await person.shot("settings-sessions");

    await person.click(section(/^Mail sender/));
    await person.fill(box("Host"), "smtp.example.com");
    await person.fill(box("Port"), "99999");
    await person.press("Tab");
    await person.read("A port is a whole number from 1 to 65,535.");
    await person.fill(box("Port"), "465");
    await person.click({ role: "checkbox", name: /^Encrypted from the first byte/ });
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.keyboard.press("Tab");
    await person.read("A new password is staged.");
    expect(await page.getByLabel("Password", { exact: true }).inputValue()).toBe("");
    await person.shot("settings-mail");

    await person.click(section(/^Free keys/));
    await person.click(button("Edit big"));
    const editor = page.getByRole("textbox", { name: "Value of big" });
    await editor.press("Control+a");
    await page.keyboard.insertText('{"n": 9007199254740993, "d": 1.10}');
    await person.press("Control+Enter");
    await person.see(button("Put big back"));
    await person.click(button("Remove help"));
    await person.press("n");
    await person.fill(box("Key"), "smtp_relay");
    await person.click(button(/^Stage/));
    await person.read("That name is one of the server's own.");
    await person.fill(box("Key"), "theme");
    await page.getByRole("textbox", { name: "Value of the new key" }).click();
    await person.type("dark");
    await person.press("Control+Enter");
    await person.read("No JSON from line 1, column 1. Texts stand in double quotes.");
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText('"dark"');
    await person.press("Control+Enter");
    await person.see(button("Put theme back"));
    await person.shot("settings-keys");

    // Nothing holds before the commit, and no draft on this computer has the password.
    const before = await settings(api);
    expect([before["project_name"], before["theme"], before["help"]]).toEqual(["Baasix Project", undefined, "https://help.example.com"]);
    expect(await kept(person)).toContain("smtp.example.com");
    expect(await kept(person)).not.toContain(PASSWORD);
    await person.press("Control+Shift+p");
    const preview: Thing = { role: "dialog", name: /settings change$/ };
    await person.see(preview);
    await person.read("every role → Support");
    expect(await page.getByRole("dialog").innerText()).not.toContain(PASSWORD);
    await person.read("A password is sent and shown nowhere, here included.");
    await person.shot("settings-preview");
    await person.click({ ...button("Close"), within: preview });
    await person.press("Control+s");
    await person.read(/^13 settings committed to local/);

    const now = await settings(api);
    expect(now).toMatchObject({
      project_name: "Corner shop",
      appName: "Corner shop",
      timezone: "Europe/Berlin",
      app_url: "https://app.example.com",
      project_color: "#12705e",
      primaryColor: "#12705e",
      web_session_limit: 3,
      mobile_session_limit: -1,
      session_limit_roles: [role.id],
      theme: "dark",
    });
    expect(now).not.toHaveProperty("help");
    const text = await (await fetch(`${url}/settings`, { headers: { authorization: `Bearer ${api.token}` } })).text();
    expect(text).toMatch(/"big":\{[^}]*"d":1\.10/);
    expect(text).toContain("9007199254740993");
    const { data: rows } = await api.call<{ data: Record<string, unknown>[] }>("GET", "/items/baasix_Settings");
    expect(rows[0]).toMatchObject({ smtp_host: "smtp.example.com", smtp_port: 465, smtp_secure: true });
    expect(JSON.stringify([now, rows])).not.toContain(PASSWORD);
    // The limit counts from the next sign-in.
    await api.call("POST", "/items/baasix_User", { ...READER, firstName: "Rea", role_Id: role.id });
    const login = async () => (await fetch(`${url}/auth/login`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ ...READER, authType: "web" }) })).status;
    expect([await login(), await login(), await login(), await login()]).toEqual([200, 200, 200, 403]);

    // Another window tells the same, and the password as little as before.
    await page.reload();
    await person.see(heading("Free keys"));
    await person.see(button("Edit theme"));
    await person.miss(button("Edit help"));
    await person.click(section("Mail sender"));
    expect(await page.getByLabel("Host", { exact: true }).inputValue()).toBe("smtp.example.com");
    expect(await page.getByLabel("Password", { exact: true }).inputValue()).toBe("");
    expect(await page.content()).not.toContain(PASSWORD);

    // A test mail: the server's own words, whatever they are.
    const test = async () => (await fetch(`${url}/settings/test-email`, { method: "POST", headers: { authorization: `Bearer ${api.token}`, "content-type": "application/json" }, body: JSON.stringify({ to: OWNER.email }) })).json() as Promise<{ message: string; error?: { code: string } }>;
    expect(await page.getByLabel("To", { exact: true }).inputValue()).toBe(OWNER.email);
    await person.click(button("Send test mail"));
    await person.read(`The server says: ${(await test()).message}`);
    await api.call("PATCH", "/settings", { smtp_enabled: true, smtp_host: "127.0.0.1", smtp_port: 1, smtp_secure: false });
    const said = await test();
    await person.click(button("Send test mail"));
    await person.read("No test mail was sent");
    await person.read(`The server says: ${said.message} (${said.error?.code ?? ""})`);
    await person.shot("settings-test-mail");
    // The one answer that is no success is the one that was asked for.
    person.wrongs.splice(0, person.wrongs.length, ...person.wrongs.filter((wrong) => !/status of 400/.test(wrong)));
    expect(await person.verdict()).toEqual([]);
  });

  test("what somebody else changed meanwhile is shown at its place and nothing is overwritten unasked", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { api, url } = begun;
    const person = await enter(url, "settings/project");
    await person.fill(box("Title"), "Mine");
    await person.press("Enter");
    await person.fill(box("Keywords"), "tea, cups");
    await person.press("Enter");
    await api.call("PATCH", "/settings", { title: "Theirs", description: "Written meanwhile" });
    await person.press("Control+s");
    await person.read("Now Theirs, changed by somebody else.");
    await person.shot("settings-conflict");
    expect((await settings(api))["keywords"]).toBe("cms, headless, api");
    await expect.poll(() => person.page.getByLabel("Description", { exact: true }).inputValue()).toBe("Written meanwhile");
    await person.read("was Baasix Project");
    await person.click(button("Take their Title"));
    await person.press("Control+s");
    await person.read(/^1 setting committed to local/);
    expect(await settings(api)).toMatchObject({ title: "Theirs", keywords: "tea, cups", description: "Written meanwhile" });
    expect(await person.page.getByLabel("Title", { exact: true }).inputValue()).toBe("Theirs");

    // Taken back from the toast, unless somebody wrote there since.
    await person.click({ ...button(/^Undo/), within: { role: "region", name: "Messages" } });
    await person.read(/^1 setting put back on local/);
    expect((await settings(api))["keywords"]).toBe("cms, headless, api");

    // Discarded with what is staged is what could not be.
    await person.fill({ role: "combobox", name: "Currency" }, "dollars");
    await person.press("Tab");
    await person.read("1 field holds what cannot be stored");
    await person.click(button("Discard"));
    expect(await person.page.getByLabel("Currency", { exact: true }).inputValue()).toBe("USD");

    // What the server refuses is said at its field, in the server's words, and stays staged.
    await person.click(section("Branding"));
    await person.fill(box("Logo of mails"), "7d1e3f30-0000-4000-8000-000000000000");
    await person.press("Enter");
    await person.press("Control+s");
    await person.read("points at a record that does not exist, or that you may not read");
    await person.read("1 setting changed");
    await person.press("Control+Shift+Backspace");
    await person.miss({ role: "region", name: "1 setting changed" });
    expect(await person.page.getByLabel("Logo of mails", { exact: true }).inputValue()).toBe("");
    person.wrongs.splice(0, person.wrongs.length, ...person.wrongs.filter((wrong) => !/status of 409/.test(wrong)));
    expect(await person.verdict()).toEqual([]);
  });

  test("without a pointer: to a section, through its fields, and back", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { api, url } = begun;
    const person = await enter(url, "schema");
    const { page } = person;
    await person.press("Control+,");
    await person.see(heading("Appearance"));
    await walk(person, { role: "radio", name: "System" });
    await person.press("ArrowRight");
    await person.press("ArrowRight");
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
    await person.press("ArrowRight");
    await walk(person, section("Appearance"), "Shift+Tab");
    await person.press("ArrowDown");
    await person.reach(section("Project"));
    await person.see(heading("Project"));
    await walk(person, box("Name"));
    await person.press("Control+a");
    await person.type("By keys");
    // Committed from inside the field: what is typed counts.
    await person.press("Control+s");
    await person.read(/^1 setting committed to local/);
    await person.reach(box("Name"));
    expect((await settings(api))["project_name"]).toBe("By keys");
    await person.type(" only");
    await person.press("Escape");
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("By keys");

    // A way from anywhere: the palette knows the sections.
    await person.press("Control+1");
    await person.press("Control+k");
    await person.reach({ role: "combobox", name: /command/ });
    await person.type("settings: free");
    await person.press("Enter");
    await person.see(heading("Free keys"));
    await person.press("n");
    await person.reach(box("Key"));
    await person.type("flag");
    await person.press("Tab");
    await person.type("true");
    await person.press("Control+Enter");
    await person.see(button("Put flag back"));
    await person.press("Control+z");
    await person.miss(button("Put flag back"));
    await person.press("Control+Shift+z");
    await person.see(button("Put flag back"));
    await person.press("Control+s");
    await person.miss({ role: "region", name: "1 setting changed" });
    await expect.poll(async () => (await settings(api))["flag"]).toBe(true);
    expect(await person.verdict()).toEqual([]);
  });

  test("who may change nothing sees what the server tells, and why nothing can be changed", async (task) => {
    const begun = await begin();
    if (!begun) return task.skip("no cluster was given");
    const { api, url } = begun;
    const { data: role } = await api.call<{ data: { id: string } }>("POST", "/items/baasix_Role", { name: "Reader" });
    await api.call("POST", "/items/baasix_User", { ...READER, firstName: "Rea", role_Id: role.id });
    await api.call("PATCH", "/settings", { smtp_host: "smtp.example.com", theme: "dark", session_limit_roles: [role.id] });
    person = await BrowserPerson.open(`${url}/studio/#/p/here/settings/project`);
    const { page } = person;
    await person.fill(box("E-mail address"), READER.email);
    await person.fill(box("Password"), READER.password);
    await person.press("Enter");
    await person.read("Only administrators change settings. You see what the server tells you of them.");
    const name = page.getByLabel("Name", { exact: true });
    expect([await name.inputValue(), await name.getAttribute("readonly")]).toEqual(["Baasix Project", ""]);
    await name.focus();
    await person.type("x");
    await person.press("Control+s");
    expect(await name.inputValue()).toBe("Baasix Project");
    await person.shot("settings-read-only");
    await person.click(section("Mail sender"));
    await person.read("How mail is sent is told to administrators alone.");
    expect(await page.content()).not.toContain("smtp.example.com");
    expect(await page.getByRole("button", { name: "Send test mail" }).isDisabled()).toBe(true);
    await person.click(section("Free keys"));
    await person.read("theme");
    await person.miss(button("Edit theme"));
    await person.click(section("Sign-in and sessions"));
    await person.see({ role: "checkbox", name: /^The limits count for/ });
    // Nothing is asked that would be refused.
    await person.read("You may not read roles, so these are shown by their keys.");
    expect(await person.verdict()).toEqual([]);
  });
});

/** All that this computer keeps of the page: its storage and the database of its drafts. */
async function kept(person: BrowserPerson): Promise<string> {
  // A draft is written a moment after what it holds.
  await person.page.waitForTimeout(600);
  return await person.page.evaluate(async () => {
    const texts = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise<IDBDatabase>((done, failed) => {
        const asked = indexedDB.open(name ?? "");
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => failed(asked.error);
      });
      for (const stored of database.objectStoreNames) {
        texts.push(
          await new Promise<string>((done, failed) => {
            const asked = database.transaction(stored).objectStore(stored).getAll() as IDBRequest<unknown[]>;
            asked.onsuccess = () => done(JSON.stringify(asked.result));
            asked.onerror = () => failed(asked.error);
          }),
        );
      }
      database.close();
    }
    return texts.join("\n");
  });
}

/** Presses the key until the focus is there; a person gives up as well. */
async function walk(person: BrowserPerson, thing: Thing, key = "Tab"): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await person.hasFocus(thing)) return;
    await person.press(key);
  }
  throw new Error(`60 times ${key} did not lead to ${thing.role} ${String(thing.name)}`);
}
