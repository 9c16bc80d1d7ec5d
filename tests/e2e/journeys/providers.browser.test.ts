/** A provider is set up in the studio, signs somebody in to it, and is turned off, on both stores. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import type { Thing } from "../harness/person";
import { Database } from "../harness/postgres";
import { ProviderProcess } from "../harness/providers";
import { OWNER, RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";
import { codeOf } from "../harness/totp";

const button = (name: string | RegExp): Thing => ({ role: "button", name });
const box = (name: string | RegExp): Thing => ({ role: "textbox", name });

let openid: ProviderProcess | undefined;
beforeAll(async () => {
  openid = await ProviderProcess.start("openid");
});
afterAll(() => openid?.stop());

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

  test("a company's own provider is set up, signs in, asks for the second factor, and is turned off", async (task) => {
    if (store === "Postgres") {
      database = await Database.create();
      if (!database) return task.skip("no cluster was given");
    }
    server = await RunningServer.start(database?.url);
    const { url } = server;
    const api = await Api.signIn(url);
    const her = (person = await BrowserPerson.open(`${url}/studio/#/p/here/settings/providers`));
    await signIn(her);
    await her.see(button("Set up GitHub"));
    await her.shot("providers-none");
    await her.click(button("Set up GitHub"));
    await her.read("Sign in with GitHub");
    expect(await her.page.inputValue("input[readonly]")).toBe(`${url}/auth/callback/github`);
    await her.shot("providers-github");
    await her.press("Escape");

    await her.click(button("Another provider"));
    await her.fill(box("Short name"), "Acme");
    await her.read(/^Small letters, digits/u);
    await her.fill(box("Short name"), "acme");
    expect(await her.page.inputValue("input[readonly]")).toBe(`${url}/auth/callback/acme`);
    await her.fill(box("Issuer"), openid?.url ?? "");
    await her.fill(box("Client ID"), "plinth");
    await her.page.getByLabel("Client secret").fill("plinth keeps this");
    await her.fill(box("Name on the button"), "Acme staff");
    await her.shot("providers-new");
    await her.click(button(/^Add provider/u));
    await her.read("Acme staff is saved");
    await her.see(button("Change Acme staff"));
    await her.shot("providers");
    expect(await her.page.innerText("body")).not.toContain("plinth keeps this");
    expect(await her.verdict()).toEqual([]);

    // The variables that it is made of.
    await her.page.goto(`${url}/studio/#/p/here/settings/variables`);
    await her.see(button("Change ACME_CLIENT_SECRET"));
    await her.click(button("New variable"));
    await her.fill(box("Name"), "deploy_hook");
    await her.fill(box("Value"), "https://hooks.example.com/1");
    await her.click({ role: "checkbox", name: "A secret" });
    await her.fill(box("What it is for"), "Called after a release");
    await her.shot("variables-new");
    await her.click(button(/^Save/u));
    await her.see({ role: "cell", name: "https://hooks.example.com/1" });
    await her.shot("variables");
    await her.click(button("Remove DEPLOY_HOOK"));
    await her.click({ ...button(/^Remove/u), within: { role: "dialog" } });
    await her.miss(button("Remove DEPLOY_HOOK"));
    expect(await her.verdict()).toEqual([]);

    const out = async () => {
      await her.page.context().clearCookies();
      await her.page.goto("about:blank");
      await her.page.goto(`${url}/studio/#/p/here/data`);
      await her.see(button("Continue with Acme staff"));
    };
    /** What a person does at the provider. */
    const agree = async (as: object | "nobody") => {
      await her.click(button("Continue with Acme staff"));
      await her.page.waitForURL(/\/agree\//u);
      const who = typeof as === "string" ? as : JSON.stringify(as);
      await her.page.goto(`${her.page.url()}?as=${encodeURIComponent(who)}`);
    };
    const owner = { sub: "owner", email: OWNER.email, email_verified: true };
    await out();
    await her.shot("providers-sign-in");
    // That the cookies were taken away the browser writes down by itself.
    expect(await her.findings()).toEqual([]);
    await agree("nobody");
    await her.read(/the person said no/u);
    await her.shot("providers-denied");
    await out();
    await agree(owner);
    await her.see({ role: "navigation", name: "Sidebar" });
    expect(her.page.url()).not.toContain("token");
    expect(await her.page.evaluate(() => document.cookie)).toBe("");

    // A link that somebody made signs nobody in as somebody else.
    await out();
    const { token } = await api.call<{ token: string }>("POST", "/auth/login", OWNER);
    await her.page.goto(`${url}/studio/#/provider?token=${token}`);
    await her.read(/^This was not begun in this window/u);
    await her.see(button("Continue with Acme staff"));

    // Who has a second factor is asked for it.
    const proof = { password: OWNER.password };
    const { data } = await api.call<{ data: { secret: string } }>("POST", "/auth/totp/setup", proof);
    await api.call("POST", "/auth/totp/confirm", { code: codeOf(data.secret) });
    await out();
    await agree(owner);
    await her.read("Your account has a second factor.");
    await her.fill(box(/^Code of your/u), codeOf(data.secret, 1));
    await her.click(button(/^Sign in/u));
    await her.see({ role: "navigation", name: "Sidebar" });

    await her.page.goto(`${url}/studio/#/p/here/settings/providers`);
    await her.click(button("Turn off Acme staff"));
    await her.click({ ...button(/^Turn off/u), within: { role: "dialog" } });
    await her.read("Acme staff is off");
    await her.miss(button("Change Acme staff"));
    expect((await api.call<{ data: unknown[] }>("GET", "/auth/providers")).data).toEqual([]);
    expect((await api.call<{ data: unknown[] }>("GET", "/variables")).data).toEqual([]);
  });
});
