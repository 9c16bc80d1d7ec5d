// Signing in at other providers: a real OpenID provider and a plain OAuth 2 one, as processes.
import { createHash, randomBytes } from "node:crypto";
import { afterAll, expect, it } from "vitest";
import { SecondFactorError } from "../../../sdk/dist/esm/index.js";
import { Browser, ProviderProcess } from "../harness/providers";
import { codeOf } from "../harness/totp";
import { refusal } from "./expecting";
import { onEveryStore, type Project } from "./stores";

const [openid, plain] = await Promise.all([ProviderProcess.start("openid"), ProviderProcess.start("plain")]);

afterAll(() => Promise.all([openid.stop(), plain.stop()]));

const PAGE = "https://shop.example.com/auth/callback";
const SECRET = "plinth keeps this";

const ENV = {
  AUTH_APP_URL: "https://shop.example.com",
  OPENID_PROVIDERS: "acme, stranger",
  ACME_ISSUER: openid.url,
  ACME_CLIENT_ID: "plinth",
  ACME_CLIENT_SECRET: SECRET,
  ACME_LABEL: "Acme staff",
  GOOGLE_ISSUER: openid.url,
  GOOGLE_CLIENT_ID: "plinth",
  GOOGLE_CLIENT_SECRET: SECRET,
  APPLE_ISSUER: openid.url,
  APPLE_CLIENT_ID: "plinth.apple",
  APPLE_CLIENT_SECRET: "plinth.apple keeps this",
  GITHUB_CLIENT_ID: "plinth",
  GITHUB_CLIENT_SECRET: SECRET,
  GITHUB_AUTHORIZE_URL: `${plain.url}/authorize`,
  GITHUB_TOKEN_URL: `${plain.url}/token`,
  GITHUB_USER_URL: `${plain.url}/user`,
  FACEBOOK_CLIENT_ID: "plinth",
  FACEBOOK_CLIENT_SECRET: SECRET,
  FACEBOOK_AUTHORIZE_URL: `${plain.url}/authorize`,
  FACEBOOK_TOKEN_URL: `${plain.url}/token`,
  FACEBOOK_USER_URL: `${plain.url}/me`,
};

/** Signs somebody in and answers what the page is told. */
async function signIn(project: Project, provider: string, as: object | "nobody", more: { state?: string; inviteToken?: string } = {}): Promise<Record<string, string>> {
  const begins = project.client().auth.getOAuthUrl({ provider, redirectUrl: PAGE, ...more });
  return Object.fromEntries(await new Browser().signIn(begins, as));
}

/** What an account is that somebody has come in to. */
async function whose(project: Project, told: Record<string, string>): Promise<Record<string, unknown>> {
  const client = project.client();
  const { user } = await client.auth.handleOAuthCallback(told["token"] ?? "");
  expect(await client.auth.me()).toMatchObject({ id: user.id });
  return user as unknown as Record<string, unknown>;
}

async function accounts({ admin }: Project, email: string): Promise<unknown[]> {
  const filter = { user: { email: { eq: email } }, providerId: { neq: "credential" } };
  const { data } = await admin.items("baasix_Account").find({ filter, sort: { providerId: "asc" } });
  return data.map((row) => row["providerId"]);
}

function claims(token: string): Record<string, number> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, number>;
}

onEveryStore(
  "other providers",
  (project) => {
    it("are told to whoever makes the buttons", async () => {
      expect(await project.client().auth.providers()).toEqual([
        { id: "google", name: "Google" },
        { id: "github", name: "GitHub" },
        { id: "apple", name: "Apple" },
        { id: "facebook", name: "Facebook" },
        { id: "acme", name: "Acme staff" },
      ]);
    });

    it("an OpenID provider signs in whom it knows, and makes an account the first time", async () => {
      const ada = { sub: "ada-1", email: "Ada@example.com", email_verified: true, given_name: "Ada", family_name: "Lovelace" };
      const told = await signIn(project, "acme", ada, { state: "what I was at" });
      expect(told["state"]).toBe("what I was at");
      const user = await whose(project, told);
      expect(user).toMatchObject({ email: "ada@example.com", firstName: "Ada", lastName: "Lovelace", emailVerified: true });
      const { iat, exp } = claims(told["token"] ?? "");
      expect((exp ?? 0) - (iat ?? 0)).toBe(2_592_000);
      // Another address there is the same person here.
      const again = await whose(project, await signIn(project, "acme", { ...ada, email: "lovelace@example.com" }));
      expect(again["id"]).toBe(user["id"]);
      expect(again["email"]).toBe("ada@example.com");
      expect(await accounts(project, "ada@example.com")).toEqual(["acme"]);
    });

    it("what a provider gave is told to nobody, administrators included", async () => {
      const row = (await project.admin.items("baasix_Account").find({ filter: { providerId: { eq: "acme" } }, limit: 1 })).data[0];
      expect(Object.keys(row ?? {})).not.toContain("accessToken");
      expect(Object.keys(row ?? {})).not.toContain("idToken");
    });

    it("an account is joined where the address is confirmed here and there, and nowhere else", async () => {
      const { admin } = project;
      const role = String((await admin.roles.findByName("user"))?.id);
      const make = (email: string, emailVerified: boolean) => admin.users.create({ email, password: "a password of its own", firstName: "Own", role_Id: role, emailVerified });
      await make("both@example.com", true);
      await make("here@example.com", true);
      await make("there@example.com", false);
      const told = await signIn(project, "acme", { sub: "both", email: "both@example.com", email_verified: true });
      expect(await whose(project, told)).toMatchObject({ email: "both@example.com", firstName: "Own" });
      expect(await accounts(project, "both@example.com")).toEqual(["acme"]);
      for (const [email, email_verified] of [["here@example.com", false], ["there@example.com", true]] as const) {
        const refused = await signIn(project, "acme", { sub: email, email, email_verified }, { state: "s" });
        expect(refused).toMatchObject({ error: "EMAIL_TAKEN", state: "s" });
        expect(await accounts(project, email)).toEqual([]);
      }
    });

    it("who may not sign in does not by a provider either", async () => {
      const sue = { sub: "sue", email: "sue@example.com", email_verified: true, given_name: "Sue" };
      const { id } = await whose(project, await signIn(project, "acme", sue));
      await project.admin.users.update(String(id), { status: "suspended" });
      expect(await signIn(project, "acme", sue)).toMatchObject({ error: "ACCOUNT_INACTIVE" });
    });

    it("a person who says no is told to the page, with what the provider says", async () => {
      expect(await signIn(project, "acme", "nobody")).toMatchObject({ error: "OAUTH_DENIED", error_description: "the person said no" });
      expect(await signIn(project, "github", "nobody")).toMatchObject({ error: "OAUTH_DENIED" });
    });

    it("what was begun is good once, for this browser, at this provider", async () => {
      const begins = project.client().auth.getOAuthUrl({ provider: "acme", redirectUrl: PAGE });
      const browser = new Browser();
      const ben = { sub: "ben", email: "ben@example.com", email_verified: true };
      const { url } = await browser.agree(Browser.next(await browser.go(begins), begins), ben);
      const code = async (response: Response) => [response.status, ((await response.json()) as { error: { code: string } }).error.code];
      expect(await code(await new Browser().go(url))).toEqual([400, "OAUTH_STATE_INVALID"]);
      expect(await code(await browser.go(url.replace("/callback/acme", "/callback/google")))).toEqual([400, "OAUTH_STATE_INVALID"]);
      const back = await browser.go(url);
      expect(back.status).toBe(302);
      expect([back.headers.get("cache-control"), back.headers.get("referrer-policy")]).toEqual(["no-store", "no-referrer"]);
      expect(browser.cookies().filter((name) => name.startsWith("plinth_"))).toEqual([]);
      expect(await code(await browser.go(url))).toEqual([400, "OAUTH_STATE_INVALID"]);
      // A code that the provider did not give.
      const other = new Browser();
      const went = await other.agree(Browser.next(await other.go(begins), begins), ben);
      const made = new URL(went.url);
      made.searchParams.set("code", "made-up");
      const refused = await other.go(made.toString());
      expect(new URL(Browser.next(refused, made.toString())).searchParams.get("error")).toBe("OAUTH_DENIED");
    });

    it("GitHub's reply: the primary address that is confirmed counts, and a name is made of the login", async () => {
      const emails = [
        { email: "octo-old@example.com", primary: false, verified: true },
        { email: "octo@example.com", primary: true, verified: true },
      ];
      const octo = { user: { id: 583_231, login: "octocat", name: null, email: null }, emails };
      expect(await whose(project, await signIn(project, "github", octo))).toMatchObject({ email: "octo@example.com", firstName: "octocat", emailVerified: true });
      // Who hides its addresses is somebody all the same.
      const hidden = { user: { id: 7, login: "hidden", name: "Hid Den", email: null } };
      const user = await whose(project, await signIn(project, "github", hidden));
      expect(user).toMatchObject({ email: null, firstName: "Hid Den", emailVerified: false });
      expect(await whose(project, await signIn(project, "github", hidden))).toMatchObject({ id: user["id"] });
    });

    it("Facebook's reply: its addresses are not confirmed, so they join nobody", async () => {
      const fay = { user: { id: "1010", name: "Fay Bee", first_name: "Fay", last_name: "Bee", email: "fay@example.com" } };
      expect(await whose(project, await signIn(project, "facebook", fay))).toMatchObject({ email: "fay@example.com", firstName: "Fay", lastName: "Bee", emailVerified: false });
      const taken = { user: { id: "1011", name: "Not Ada", email: "ada@example.com" } };
      expect(await signIn(project, "facebook", taken)).toMatchObject({ error: "EMAIL_TAKEN" });
    });

    it("Apple posts a form, and tells a name the first time alone", async () => {
      const begins = project.client().auth.getOAuthUrl({ provider: "apple", redirectUrl: PAGE });
      const browser = new Browser();
      const asked = new URL(Browser.next(await browser.go(begins), begins));
      expect([asked.searchParams.get("response_mode"), asked.searchParams.get("scope")]).toEqual(["form_post", "name email"]);
      // This one tells nothing of a person without a scope that Apple does not know.
      const address = asked.toString().replace("scope=name+email", "scope=openid+name+email");
      const { url, form } = await browser.agree(address, { sub: "apple-1", email: "ann@example.com", email_verified: "true" });
      expect(url).toBe(`${project.url}/auth/callback/apple`);
      form?.set("user", JSON.stringify({ name: { firstName: "Ann", lastName: "Apple" }, email: "owner@example.com" }));
      const back = await browser.go(url, { method: "POST", body: form ?? "" });
      expect(back.status).toBe(303);
      const told = Object.fromEntries(new URL(Browser.next(back, url)).searchParams);
      expect(await whose(project, told)).toMatchObject({ email: "ann@example.com", firstName: "Ann", lastName: "Apple", emailVerified: true });
    });

    it("the cookie of what Apple posts travels with requests of other sites", async () => {
      const lines = async (provider: string) => (await fetch(project.client().auth.getOAuthUrl({ provider, redirectUrl: PAGE }), { redirect: "manual" })).headers.getSetCookie().join();
      expect(await lines("apple")).toMatch(/Path=\/auth\/callback; Max-Age=600; SameSite=None; HttpOnly; Secure$/);
      expect(await lines("github")).toMatch(/Path=\/auth\/callback; Max-Age=600; SameSite=Lax; HttpOnly$/);
    });

    it("an ID token that an app got by itself signs in, if it is for this project and new", async () => {
      const idToken = async (client: string, nonce: string) => {
        const redirect = `http://127.0.0.1/auth/callback/${client === "plinth" ? "acme" : "stranger"}`;
        const verifier = randomBytes(32).toString("base64url");
        const challenge = createHash("sha256").update(verifier).digest("base64url");
        const asked = new URLSearchParams({ client_id: client, redirect_uri: redirect, response_type: "code", scope: "openid email", code_challenge: challenge, code_challenge_method: "S256", nonce });
        const person = { sub: "mob", email: "mob@example.com", email_verified: true };
        const { url } = await new Browser().agree(`${openid.url}/auth?${asked.toString()}`, person);
        const code = new URL(url).searchParams.get("code") ?? "";
        const body = new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: redirect, code_verifier: verifier });
        const authorization = `Basic ${Buffer.from(`${client}:${encodeURIComponent(`${client} keeps this`)}`).toString("base64")}`;
        const reply = await fetch(`${openid.url}/token`, { method: "POST", body, headers: { authorization } });
        return String(((await reply.json()) as Record<string, unknown>)["id_token"]);
      };
      const client = project.client();
      const own = await idToken("plinth", "n-1");
      const { user } = await client.auth.signInWithIdToken({ provider: "acme", idToken: own, nonce: "n-1" });
      expect(await client.auth.me()).toMatchObject({ id: user.id });
      expect((await project.client().auth.signInWithIdToken({ provider: "acme", idToken: own })).user.id).toBe(user.id);
      const refused = async (idToken: string, nonce?: string) => (await refusal(project.client().auth.signInWithIdToken({ provider: "acme", idToken, nonce }))).code;
      expect(await refused(own, "another")).toBe("OAUTH_DENIED");
      expect(await refused(await idToken("stranger", "n-2"))).toBe("OAUTH_DENIED");
      const [head = "", , sign = ""] = own.split(".");
      const forged = Buffer.from(JSON.stringify({ ...claims(own), sub: "ada-1" })).toString("base64url");
      expect(await refused(`${head}.${forged}.${sign}`)).toBe("OAUTH_DENIED");
      const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
      expect(await refused(`${none}.${forged}.`)).toBe("OAUTH_DENIED");
    });

    it("begun by a program it is answered with the tokens themselves", async () => {
      const response = await fetch(`${project.url}/auth/social/signin`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ provider: "google" }) });
      const told = (await response.json()) as { redirect: boolean; url: string };
      expect(told.redirect).toBe(true);
      const asked = new URL(told.url).searchParams;
      expect(asked.get("client_id")).toBe("plinth");
      expect(asked.get("response_type")).toBe("code");
      expect(asked.get("scope")).toBe("openid email profile");
      expect(asked.get("state")).not.toBe("");
      const { url } = await new Browser().agree(told.url, { sub: "gus", email: "gus@example.com", email_verified: true, given_name: "Gus" });
      const answer = await fetch(url);
      expect([answer.status, answer.headers.getSetCookie().filter((line) => line.startsWith("token="))]).toEqual([200, []]);
      expect(await answer.json()).toMatchObject({ user: { email: "gus@example.com" }, authMode: "jwt" });
    });

    it("a second factor is asked for after the provider, too", async () => {
      const tom = { sub: "tom", email: "tom@example.com", email_verified: true };
      const { id } = await whose(project, await signIn(project, "acme", tom));
      const password = "a password of its own";
      await project.admin.users.changePassword(String(id), password);
      const client = project.client();
      await client.auth.login({ email: tom.email, password });
      const { secret } = await client.auth.setupTotp({ password });
      await client.auth.confirmTotp({ code: codeOf(secret) });
      expect(await refusal(project.client().auth.login({ email: tom.email, password }))).toBeInstanceOf(SecondFactorError);
      const told = await signIn(project, "acme", tom);
      expect(told["token"]).toBeUndefined();
      expect(told["requiresTotp"]).toBe("true");
      const entered = await project.client().auth.verifyTotp({ challenge: told["challenge"] ?? "", code: codeOf(secret, 1) });
      expect(entered.user.id).toBe(id);
    });
  },
  ENV,
);

onEveryStore("providers that a project sets up by itself", (project) => {
  it("by its variables, from the next request on", async () => {
    const { admin } = project;
    const issuer = await admin.variables.set("ACME_ISSUER", { value: openid.url, isSecret: false, description: "Staff" });
    expect(issuer).toMatchObject({ name: "ACME_ISSUER", value: openid.url, isSecret: false, overridden: false });
    await admin.variables.set("ACME_CLIENT_ID", { value: "plinth", isSecret: false });
    expect(await admin.variables.set("ACME_CLIENT_SECRET", { value: SECRET })).toMatchObject({ value: null, isSecret: true });
    expect(await project.client().auth.providers()).toEqual([]);
    await admin.variables.set("OPENID_PROVIDERS", { value: "acme", isSecret: false });
    const acme = (await admin.variables.providers()).find(({ id }) => id === "acme");
    expect(acme).toMatchObject({ works: true, listed: true, callback: `${project.url}/auth/callback/acme` });
    await admin.settings.update({ app_url: "https://shop.example.com" });
    const told = await signIn(project, "acme", { sub: "own", email: "own@example.com", email_verified: true });
    expect(await whose(project, told)).toMatchObject({ email: "own@example.com" });
    await admin.variables.remove("OPENID_PROVIDERS");
    expect((await admin.variables.list()).map(({ name }) => name)).toEqual(["ACME_CLIENT_ID", "ACME_CLIENT_SECRET", "ACME_ISSUER"]);
    expect(await project.client().auth.providers()).toEqual([]);
  });
});

onEveryStore(
  "other providers where nobody registers",
  (project) => {
    it("only who is invited comes in", async () => {
      const ida = { sub: "ida", email: "ida@example.com", email_verified: true };
      expect(await signIn(project, "acme", ida)).toMatchObject({ error: "REGISTRATION_DISABLED" });
      const { admin } = project;
      const role = String(await admin.roles.create({ name: "Guest" }));
      await admin.invites.send({ email: ida.email, roleId: role, redirectUrl: PAGE });
      const inviteToken = await project.mailed("inviteNewUser");
      const wrong = { ...ida, sub: "eve", email: "eve@example.com" };
      expect(await signIn(project, "acme", wrong, { inviteToken })).toMatchObject({ error: "INVITE_EMAIL_MISMATCH" });
      const user = await whose(project, await signIn(project, "acme", ida, { inviteToken }));
      expect(user).toMatchObject({ email: ida.email, role_Id: role });
    });
  },
  { ...ENV, PUBLIC_REGISTRATION: "false" },
);
