// The options of a client, against the program: what each changes on the wire and in the answers.
import { expect, it } from "vitest";
import { MemoryAdapter, type AuthStateEvent, type StorageAdapter, type User } from "../../../sdk/dist/esm/index.js";
import { OWNER } from "../harness/server";
import { refusal } from "./expecting";
import { onEveryStore } from "./stores";

const BIG = "9007199254740993";

onEveryStore("the options of a client", (project) => {
  it("the collection they are tried on is made", async () => {
    await project.admin.schemas.create("accounts", {
      fields: {
        id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } },
        name: { type: "String" },
        balance: { type: "Decimal", values: { precision: 30, scale: 2 } },
        number: { type: "BigInt" },
      },
    });
    await project.admin.items("accounts").create({ name: "Main", balance: "12345678901234567890.10", number: BIG });
  });

  it("numbers: exact values keep every digit, and the default gives JavaScript numbers", async () => {
    const exact = project.client({ numbers: "exact" });
    await exact.auth.login(OWNER);
    expect(await exact.items("accounts").findOne(1)).toMatchObject({ balance: "12345678901234567890.10", number: BIG });
    const rounded = await project.admin.items("accounts").findOne(1);
    expect([typeof rounded["balance"], typeof rounded["number"]]).toEqual(["number", "number"]);
    await exact.items("accounts").update(1, { number: "9007199254740995" });
    expect((await exact.items("accounts").findOne(1))["number"]).toBe("9007199254740995");
  });

  it("strict: an unknown name in a write is refused, and without it left out for an administrator", async () => {
    const strict = project.client({ strict: true });
    await strict.auth.login(OWNER);
    const error = await refusal(strict.items("accounts").create({ name: "Typo", blance: 1 }));
    expect([error.status, error.code]).toEqual([400, "UNKNOWN_FIELD"]);
    const id = await project.admin.items("accounts").create({ name: "Typo", blance: 1 });
    expect(await project.admin.items("accounts").findOne(id)).toMatchObject({ name: "Typo", balance: null });
  });

  it("headers, fetch and credentials reach every request", async () => {
    const sent: { headers: Headers; credentials: string | undefined }[] = [];
    const client = project.client({
      headers: { "X-Plinth-Source": "suite" },
      credentials: "omit",
      fetch: (input, init) => {
        sent.push({ headers: new Headers(init?.headers), credentials: init?.credentials });
        return fetch(input, init);
      },
    });
    await client.auth.login(OWNER);
    await client.items("accounts").find({ limit: 1 }, { headers: { "Accept-Numbers": "string" } });
    expect(sent.map((one) => [one.headers.get("X-Plinth-Source"), one.credentials])).toEqual([
      ["suite", "omit"],
      ["suite", "omit"],
    ]);
    expect(sent[1]?.headers.get("Accept-Numbers")).toBe("string");
  });

  it("timeout: a call that is not answered in time fails with TIMEOUT, and an aborted one with its reason", async () => {
    const silent = project.client({ timeout: 20, fetch: (_input, init) => new Promise((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason as Error));
    }) });
    expect((await refusal(silent.server.health())).code).toBe("TIMEOUT");
    const reason = new Error("enough");
    await expect(project.admin.server.health({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("token is a service account: used as it is, never refreshed", async () => {
    const { token } = await project.client().auth.login(OWNER);
    const service = project.client({ token });
    expect((await service.items("accounts").find()).totalCount).toBeGreaterThan(0);
    expect((await refusal(project.client({ token: "not.a.token" }).items("accounts").find())).status).toBe(401);
  });

  it("storage: three methods are enough, and another client takes the session up", async () => {
    const kept = new Map<string, string>();
    const storage: StorageAdapter = {
      get: async (key) => kept.get(key),
      set: async (key, value) => void kept.set(key, value),
      remove: async (key) => void kept.delete(key),
    };
    await project.client({ storage }).auth.login(OWNER);
    const later = project.client({ storage });
    expect((await later.auth.initialize()).user?.email).toBe(OWNER.email);
    expect((await later.auth.getUser())?.email).toBe(OWNER.email);
    await later.auth.logout();
    expect([...kept.keys()]).toEqual([]);
  });

  it("onAuthStateChange tells all five events in their order", async () => {
    const told: [AuthStateEvent, string | undefined][] = [];
    const onAuthStateChange = (event: AuthStateEvent, user: User | null) => void told.push([event, user?.email]);
    const client = project.client({ onAuthStateChange, storage: new MemoryAdapter() });
    const { user } = await client.auth.login(OWNER);
    await client.auth.refreshToken();
    await project.admin.users.update(user.id, { lastName: `Owner of ${project.store}` });
    await client.auth.getUser();
    await client.auth.setTenant("00000000-0000-4000-8000-000000000000");
    await client.auth.clearTenant();
    await client.auth.logout();
    expect(told).toEqual([
      ["SIGNED_IN", OWNER.email],
      ["TOKEN_REFRESHED", OWNER.email],
      ["USER_UPDATED", OWNER.email],
      ["TENANT_SWITCHED", OWNER.email],
      ["TENANT_SWITCHED", OWNER.email],
      ["SIGNED_OUT", undefined],
    ]);
  });

  it("autoRefresh: an access token the server no longer takes is renewed once for many calls", async () => {
    let renewals = 0;
    const storage = new MemoryAdapter();
    const counting: typeof fetch = (input, init) => {
      if (String(input).endsWith("/auth/refresh")) renewals += 1;
      return fetch(input, init);
    };
    const client = project.client({ storage, fetch: counting });
    await client.auth.login(OWNER);
    storage.set("baasix_access_token", "spoiled.access.token");
    const pages = await Promise.all([1, 2, 3].map(() => client.items("accounts").find()));
    expect(pages.every((page) => page.totalCount > 0)).toBe(true);
    expect(renewals).toBe(1);
    const off = project.client({ storage, autoRefresh: false });
    storage.set("baasix_access_token", "spoiled.access.token");
    expect((await refusal(off.items("accounts").find())).status).toBe(401);
  });

  it("authMode cookie: the session lives in HttpOnly cookies alone", async () => {
    const jar = new Map<string, string>();
    const storage = new MemoryAdapter();
    // What a browser does with cookies, in small.
    const browser: typeof fetch = async (input, init) => {
      const headers = new Headers(init?.headers);
      if (jar.size > 0) headers.set("Cookie", [...jar].map((pair) => pair.join("=")).join("; "));
      const response = await fetch(input, { ...init, headers });
      for (const line of response.headers.getSetCookie()) {
        expect(line).toContain("HttpOnly");
        const [name = "", value = ""] = (line.split(";")[0] ?? "").split("=");
        if (value === "") jar.delete(name);
        else jar.set(name, value);
      }
      return response;
    };
    const client = project.client({ authMode: "cookie", storage, fetch: browser });
    await client.auth.login(OWNER);
    expect(storage.get("baasix_access_token")).toBeNull();
    expect(storage.get("baasix_refresh_token")).toBeNull();
    expect(await client.auth.getToken()).toBeNull();
    expect((await client.auth.getUser())?.email).toBe(OWNER.email);
    expect((await client.items("accounts").find()).totalCount).toBeGreaterThan(0);
    jar.set("token", "spoiled");
    expect((await client.items("accounts").find()).totalCount).toBeGreaterThan(0);
    await client.auth.logout();
    expect(jar.size).toBe(0);
    expect(await client.auth.isAuthenticated()).toBe(false);
  });

  it("health says more to the signed-in", async () => {
    expect(await project.client().server.health()).toEqual({ status: "ok" });
    const health = await project.admin.server.health();
    expect(health).toMatchObject({ status: "ok", store: project.store });
    expect(Object.keys(health).sort()).toEqual(
      ["project", "sizeBytes", "status", "store", "storeVersion", "uptime_ms", "version"],
    );
  });
});
