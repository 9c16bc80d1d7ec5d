// Every sign-in call of the public document, against the real program.
import { expect, it } from "vitest";
import { createBaasix, MemoryAdapter } from "../../../sdk/dist/esm/index.js";
import { OWNER } from "../harness/server";
import { refusal } from "./expecting";
import { onEveryStore, withoutOwner } from "./stores";

const NEW = { email: "newuser@example.com", password: "securepassword", firstName: "John", lastName: "Doe" };

onEveryStore("sign-in", (project) => {
  it("register makes a user who is signed in, once", async () => {
    const events: string[] = [];
    const client = project.client({ onAuthStateChange: (event) => events.push(event) });
    const { user, token } = await client.auth.register(NEW);
    expect(user).toMatchObject({ email: NEW.email, firstName: "John", lastName: "Doe" });
    expect(token.length).toBeGreaterThan(20);
    expect(events).toEqual(["SIGNED_IN"]);
    expect((await client.auth.getUser())?.id).toBe(user.id);
    expect((await project.admin.users.findByEmail(NEW.email))?.id).toBe(user.id);
    expect(JSON.stringify(user)).not.toContain("password");
    const twice = await refusal(project.client().auth.register(NEW));
    expect([twice.status, twice.code]).toEqual([400, "EMAIL_TAKEN"]);
  });

  it("login answers user and token; a wrong password is 400 and signs nobody in", async () => {
    const client = project.client();
    const { user, token } = await client.auth.login(OWNER);
    expect(user.email).toBe(OWNER.email);
    expect(await client.auth.getToken()).toBe(token);
    const other = project.client();
    const wrong = await refusal(other.auth.login({ ...OWNER, password: "not this one" }));
    expect([wrong.status, wrong.code]).toEqual([400, "INVALID_CREDENTIALS"]);
    expect(await other.auth.isAuthenticated()).toBe(false);
  });

  it("login takes authMode and authType", async () => {
    const client = project.client();
    const { user } = await client.auth.login({ ...OWNER, authType: "mobile" });
    expect(user.email).toBe(OWNER.email);
    const cookies = await project.client({ authMode: "cookie" }).auth.login({ ...OWNER, authMode: "cookie" });
    expect(cookies.authMode).toBe("cookie");
  });

  it("getUser, me, getCachedUser and isAuthenticated agree", async () => {
    const client = project.client();
    expect(await client.auth.getUser()).toBeNull();
    expect(await client.auth.getCachedUser()).toBeNull();
    expect(await client.auth.isAuthenticated()).toBe(false);
    await client.auth.login(OWNER);
    const user = await client.auth.getUser();
    expect(user?.email).toBe(OWNER.email);
    expect(await client.auth.me()).toEqual(user);
    expect(await client.auth.getCachedUser()).toEqual(user);
    expect(await client.auth.isAuthenticated()).toBe(true);
  });

  it("logout ends the session on the server, too", async () => {
    const client = project.client();
    const { token } = await client.auth.login(OWNER);
    expect(await client.auth.checkSession()).toBe(true);
    await client.auth.logout();
    expect(await client.auth.isAuthenticated()).toBe(false);
    expect(await client.auth.getToken()).toBeNull();
    expect(await project.client({ token }).auth.getUser()).toBeNull();
  });

  it("setToken and the option token use a token as it is", async () => {
    const { token } = await project.client().auth.login(OWNER);
    const set = project.client();
    await set.auth.setToken(token);
    expect(await set.auth.getToken()).toBe(token);
    expect((await set.auth.getUser())?.email).toBe(OWNER.email);
    expect((await project.client({ token }).auth.me())?.email).toBe(OWNER.email);
  });

  it("refreshToken brings a new token that works", async () => {
    const client = project.client();
    await client.auth.login(OWNER);
    const { token, expiresIn } = await client.auth.refreshToken();
    expect(expiresIn).toBeGreaterThan(0);
    expect(await client.auth.getToken()).toBe(token);
    expect((await client.auth.getUser())?.email).toBe(OWNER.email);
  });

  it("initialize and getState take up what a former run left", async () => {
    const storage = new MemoryAdapter();
    expect((await project.client({ storage }).auth.initialize()).isAuthenticated).toBe(false);
    await project.client({ storage }).auth.login(OWNER);
    const later = project.client({ storage });
    const state = await later.auth.initialize();
    expect([state.isAuthenticated, state.user?.email]).toEqual([true, OWNER.email]);
    expect(await later.auth.getState()).toEqual(state);
    expect((await later.auth.getUser())?.email).toBe(OWNER.email);
  });

  it("checkSession tells a good token from a bad one", async () => {
    const client = project.client();
    await client.auth.login(OWNER);
    expect(await client.auth.checkSession()).toBe(true);
    expect(await project.client({ token: "no.such.token" }).auth.checkSession()).toBe(false);
    expect(await project.client().auth.checkSession()).toBe(false);
  });

  it("changePassword asks for the current one and ends other sessions", async () => {
    const email = "changes@example.com";
    const client = project.client();
    await client.auth.register({ email, password: "currentPassword", firstName: "Cha" });
    const elsewhere = project.client();
    await elsewhere.auth.login({ email, password: "currentPassword" });
    const wrong = await refusal(client.auth.changePassword("wrongPassword", "newPassword"));
    expect([wrong.status, wrong.code]).toEqual([400, "CURRENT_PASSWORD_INVALID"]);
    await client.auth.changePassword("currentPassword", "newPassword");
    expect((await client.auth.getUser())?.email).toBe(email);
    expect(await elsewhere.auth.getUser()).toBeNull();
    expect((await refusal(project.client().auth.login({ email, password: "currentPassword" }))).status).toBe(400);
    await project.client().auth.login({ email, password: "newPassword" });
  });

  it("setup makes the first owner from the printed link, once", async () => {
    await withoutOwner(project.store, async ({ url, link }) => {
      const token = new URL((link ?? "").replace("/#", "")).searchParams.get("token") ?? "";
      const stranger = await refusal(createBaasix({ url }).auth.setup({ ...OWNER, token: "not-the-printed-one" }));
      expect([stranger.status, stranger.code]).toEqual([400, "TOKEN_INVALID"]);
      const weak = await refusal(createBaasix({ url }).auth.setup({ token, email: OWNER.email, password: "short" }));
      expect(weak.status).toBe(400);

      const events: string[] = [];
      const client = createBaasix({ url, onAuthStateChange: (event) => events.push(event) });
      const { user, role } = await client.auth.setup({ ...OWNER, token, firstName: "Ada" });
      expect([user.email, user.firstName, role?.name]).toEqual([OWNER.email, "Ada", "administrator"]);
      expect(events).toEqual(["SIGNED_IN"]);
      expect((await client.auth.getUser())?.email).toBe(OWNER.email);
      await client.schemas.create("notes", { fields: { id: { type: "UUID", primaryKey: true, defaultValue: { type: "UUIDV4" } }, text: { type: "String" } } });
      expect(await client.items("notes").create({ text: "mine" })).toEqual(expect.any(String));

      const again = await refusal(createBaasix({ url }).auth.setup({ ...OWNER, email: "second@example.com", token }));
      expect([again.status, again.code]).toEqual([400, "TOKEN_INVALID"]);
      expect((await createBaasix({ url }).auth.login(OWNER)).user.id).toBe(user.id);
      expect((await client.users.find({ limit: -1 })).totalCount).toBe(1);
    });
  });
});
