import { createServer, request } from "node:http";
import { expect, test } from "vitest";
import { Api } from "../harness/api";
import { dialogGone, dialogUp, kept, strike, windowManager } from "../harness/desktop";
import { until } from "../harness/patience";
import { Database } from "../harness/postgres";
import { OWNER, RunningServer } from "../harness/server";
import type { Thing } from "../harness/person";
import { signIn } from "../harness/sign-in";
import { launch, newHome, removeHome, type Home, type WindowPerson } from "../harness/window";
import { button, dialog, field, filesWith, inspector, row, type Project } from "./window-projects";

interface Session {
  readonly url: string;
  readonly token: string;
}

async function connect(person: WindowPerson, url: string, name: string, guard: string): Promise<Session> {
  const connecting = dialog("Connect to an instance");
  await person.click(button(/^Connect/));
  await person.fill({ ...field("Address"), within: connecting }, url);
  await person.fill({ ...field("Name"), within: connecting }, name);
  await person.click({ role: "radio", name: guard, within: connecting });
  await person.click(button("Connect", connecting));
  await person.miss(connecting);
  const listed = await person.invoke<Project[]>("projects_list");
  return await person.invoke<Session>("project_session", { id: listed.find((project) => project.name === name)?.id });
}

/** The status of an answer to a path as it stands: `fetch` would tidy it before it goes. */
async function untidied({ url, token }: Session, method: string, path: string): Promise<number> {
  const { hostname, port } = new URL(url);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return await new Promise((resolve, reject) => {
    const asked = request({ hostname, port, method, path, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.once("error", reject);
    asked.end(JSON.stringify({ text: "smuggled" }));
  });
}

/** A way to a server that hears the tokens it gives. */
async function listening(to: string): Promise<{ readonly url: string; readonly tokens: string[]; readonly stop: () => void }> {
  const tokens: string[] = [];
  const { hostname, port } = new URL(to);
  const way = createServer((asked, answer) => {
    const on = request({ hostname, port, method: asked.method, path: asked.url, headers: asked.headers }, (came) => {
      answer.writeHead(came.statusCode ?? 502, came.headers);
      const chunks: Buffer[] = [];
      came.on("data", (chunk: Buffer) => chunks.push(chunk));
      came.on("end", () => {
        const whole = Buffer.concat(chunks);
        for (const [, token] of whole.toString().matchAll(/"(?:token|refreshToken)":"([^"]{20,})"/g)) {
          if (token) tokens.push(token);
        }
        answer.end(whole);
      });
    });
    on.once("error", () => answer.destroy());
    asked.pipe(on);
  });
  await new Promise<void>((ready) => way.listen(0, "127.0.0.1", ready));
  const place = way.address();
  if (place === null || typeof place === "string") throw new Error("no port");
  const stop = () => {
    way.closeAllConnections();
    way.close();
  };
  return { url: `http://127.0.0.1:${String(place.port)}`, tokens, stop };
}

const signInForm = field("E-mail address");

/** From an open project, by the chip of its connection. */
async function signOut(person: WindowPerson): Promise<void> {
  await person.click(button(/^Switch connection/));
  await person.click({ role: "menuitem", name: /^Sign out/ });
  await person.see(signInForm);
}

/** The dialog in which a connection changes; it stays open. */
async function changing(person: WindowPerson, name: string): Promise<Thing> {
  await person.click(row(name, "staging"));
  await person.click(button(`More for ${name}`, inspector(name)));
  await person.click({ role: "menuitem", name: /^Change connection/ });
  const open = dialog(`Change the connection ${name}`);
  await person.see(open);
  return open;
}

const NOTES = {
  collectionName: "notes",
  schema: { fields: { id: { type: "UUID", primaryKey: true, defaultValue: { type: "UUIDV4" } }, text: { type: "String" } } },
};

/** A remote with notes, and a home that knows nothing of it. */
async function withRemote(live: (home: Home, server: RunningServer, api: Api) => Promise<void>, secrets = true): Promise<void> {
  const [home, database] = [await newHome({ secrets }), await Database.create()];
  const server = await RunningServer.start(database?.url);
  try {
    const api = await Api.signIn(server.url);
    await api.call("POST", "/schemas", NOTES);
    await live(home, server, api);
  } finally {
    await server.stop();
    await removeHome(home);
    await database?.drop();
  }
}

test("a remote instance is signed in to through the gateway, which keeps its tokens", async () => {
  await withRemote(async (home, server) => {
    await launch(home, async (person) => {
      const { url, token } = await connect(person, server.url, "Far", "Open");
      await person.click(row("Far", "staging"));
      await person.press("Enter");
      await signIn(person);
      await person.see({ role: "treeitem", name: /^notes/ });

      // The page holds the pass of this launch only; the remote does not know it.
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      expect((await fetch(`${server.url}/auth/me`, { headers })).status).toBe(401);
      const me = (await (await fetch(`${url}/auth/me`, { headers })).json()) as { user?: { email?: string } };
      expect(JSON.stringify(me)).toContain(OWNER.email);
      const write = { method: "POST", headers, body: JSON.stringify({ text: "from afar" }) };
      expect((await fetch(`${url}/items/notes`, write)).status).toBe(201);
      expect(await person.verdict()).toEqual([]);
      expect((await fetch(`${url}/items/notes`)).status).toBe(401);
    });
  });
});

test("a read-only connection writes by no path, and reads and plans as ever", async () => {
  await withRemote(async (home, server, api) => {
    await launch(home, async (person) => {
      const session = await connect(person, server.url, "Far, only read", "Read-only");
      await person.click(row("Far, only read", "staging"));
      await person.press("Enter");
      await signIn(person);
      await person.see({ role: "treeitem", name: /^notes/ });
      await person.read("Read-only");

      // From the page itself, as a script in it could.
      const told = await person.wait<{ status: number; text: string }>(
        `const [url, token, done] = arguments;
        fetch(url + "/items/notes", {
          method: "POST",
          headers: { authorization: "Bearer " + token, "content-type": "application/json" },
          body: JSON.stringify({ text: "from the page" }),
        }).then(async (answer) => done({ status: answer.status, text: await answer.text() }), (fault) => done({ status: 0, text: String(fault) }));`,
        session.url,
        session.token,
      );
      expect(told.status).toBe(403);
      expect(told.text).toContain("CONNECTION_READ_ONLY");

      const tries: readonly (readonly [method: string, path: string, status: number])[] = [
        ["POST", "/items/notes", 403],
        ["POST", "/items/batch", 403],
        ["POST", "/auth/register", 403],
        ["POST", "/auth/admin/password/change", 403],
        ["POST", "/auth/../items/notes", 400],
        ["POST", "/auth/%2e%2e/items/notes", 400],
        ["POST", "/auth%2F..%2Fitems%2Fnotes", 400],
        ["POST", "/auth\\..\\items\\notes", 400],
        ["POST", "//items/notes", 400],
        ["POST", `${server.url}/items/notes`, 400],
      ];
      for (const [method, path, status] of tries) {
        expect([path, await untidied(session, method, path)]).toEqual([path, status]);
      }
      const headers = { authorization: `Bearer ${session.token}`, "content-type": "application/json" };
      const operations = [{ op: "create", collection: "notes", data: { text: "tried only" } }];
      const tried = await fetch(`${session.url}/items/batch`, { method: "POST", headers, body: JSON.stringify({ operations, dryRun: true }) });
      expect(tried.status).toBe(200);
      const notes = await api.call<{ readonly data: readonly unknown[] }>("GET", "/items/notes");
      expect(notes.data).toEqual([]);
    });
  });
});

test("a connection that confirms writes asks for each in a dialog of the system", async () => {
  const manager = await windowManager();
  try {
    await withRemote(async (home, server, api) => {
      await launch(home, async (person) => {
        const { url, token } = await connect(person, server.url, "Careful", "Confirm writes");
        const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
        const send = (path: string, body: object) => fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
        const texts = async () => {
          const { data } = await api.call<{ readonly data: readonly { readonly text: string }[] }>("GET", "/items/notes");
          return data.map((note) => note.text);
        };
        // A sign-in is no write.
        expect((await send("/auth/login", OWNER)).status).toBe(200);

        for (const no of ["Escape", "Return"]) {
          const refused = send("/items/notes", { text: no });
          await dialogUp(person.program);
          await strike(no);
          const answer = await refused;
          expect(answer.status).toBe(403);
          expect(await answer.text()).toContain("WRITE_NOT_CONFIRMED");
          await dialogGone(person.program);
        }
        expect(await texts()).toEqual([]);

        const written = send("/items/notes", { text: "agreed" });
        await dialogUp(person.program);
        await person.shot("confirm-write");
        // The button that agrees wakes up late.
        await until("the write", async () => {
          await strike("alt+w");
          return (await texts()).length > 0;
        });
        expect((await written).status).toBe(201);
        await dialogGone(person.program);
        expect(await texts()).toEqual(["agreed"]);
      });
    });
  } finally {
    await manager.stop();
  }
});

test("a connection is tested, saved, renamed and resumed, until its person signs out", async () => {
  await withRemote(async (home, server) => {
    const way = await listening(server.url);
    const names = async () => (await kept()).filter((name) => name.includes(new URL(way.url).host));
    try {
      await launch(home, async (person) => {
        const connecting = dialog("Connect to an instance");
        const address = { ...field("Address"), within: connecting };
        const testing = button("Test", connecting);
        await person.click(button(/^Connect/));
        for (const [url, told] of [
          ["http://127.0.0.1:1", "did not answer"],
          [`${way.url}/studio`, "it is no Plinth"],
          [way.url, "A Plinth answers"],
        ] as const) {
          await person.fill(address, url);
          await person.click(testing);
          await person.read(told);
        }
        await person.shot("connect-tested");
        await person.click(button("Cancel", connecting));
        await person.miss(connecting);

        await connect(person, way.url, "Far", "Read-only");
        await person.click(row("Far", "staging"));
        await person.press("Enter");
        await signIn(person);
        await person.see({ role: "treeitem", name: /^notes/ });
        expect(await names()).toEqual([expect.stringMatching(/^Plinth: Far at /)]);
        await person.click(button("Far"));
        const open = await changing(person, "Far");
        await person.click(button("Test", open));
        await person.read(/Plinth \d/);
        await person.fill({ ...field("Name"), within: open }, "Farther");
        await person.shot("connection-changed");
        await person.click(button("Save", open));
        await person.see(row("Farther", "staging"));
        expect(await names()).toEqual([expect.stringMatching(/^Plinth: Farther at /)]);
        expect(await person.verdict()).toEqual([]);
      });
      await launch(home, async (person) => {
        await person.click(row("Farther", "staging"));
        await person.press("Enter");
        await person.see({ role: "treeitem", name: /^notes/ });
        await person.read("Read-only");
        expect(await person.verdict()).toEqual([]);
        await signOut(person);
        expect(await names()).toEqual([]);
      });
      await launch(home, async (person) => {
        await person.click(row("Farther", "staging"));
        await person.press("Enter");
        await person.see(signInForm);
      });
      // The sign-in, and its renewal at the second launch: a token and a refresh token each.
      expect(way.tokens.length).toBeGreaterThanOrEqual(4);
      for (const secret of [OWNER.password, ...way.tokens]) expect(await filesWith(home.folder, secret)).toEqual([]);
    } finally {
      way.stop();
    }
  });
});

test("without a keychain a sign-in lasts for the launch, until a master password seals it", async () => {
  const master = "correct horse battery";
  await withRemote(async (home, server) => {
    const way = await listening(server.url);
    const unlocking = dialog("Unlock the secrets");
    try {
      await launch(home, async (person) => {
        await connect(person, way.url, "Far", "Open");
        await person.click(row("Far", "staging"));
        await person.press("Enter");
        await signIn(person);
        await person.see({ role: "treeitem", name: /^notes/ });
      });
      await launch(home, async (person) => {
        await person.click(button("Secrets last for this launch"));
        await person.fill({ ...field("Master password"), within: unlocking }, master);
        await person.click(button("Seal", unlocking));
        await person.read("Secrets in a sealed file");
        await person.click(row("Far", "staging"));
        await person.press("Enter");
        await signIn(person);
        await person.see({ role: "treeitem", name: /^notes/ });
      });
      await launch(home, async (person) => {
        await person.click(row("Far", "staging"));
        await person.press("Enter");
        await person.click(button("Unlock"));
        await person.fill({ ...field("Master password"), within: unlocking }, master);
        await person.click(button("Unlock", unlocking));
        await person.see({ role: "treeitem", name: /^notes/ });
      });
      expect(way.tokens.length).toBeGreaterThanOrEqual(4);
      for (const secret of [OWNER.password, master, ...way.tokens]) expect(await filesWith(home.folder, secret)).toEqual([]);
    } finally {
      way.stop();
    }
  }, false);
});

test("a lower guard is asked about in a dialog of the system, and holds at once", async () => {
  const manager = await windowManager();
  try {
    await withRemote(async (home, server) => {
      await launch(home, async (person) => {
        const { url, token } = await connect(person, server.url, "Careful", "Read-only");
        const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
        const send = async (path: string, body: object) => (await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })).status;
        expect(await send("/auth/login", OWNER)).toBe(200);

        const open = await changing(person, "Careful");
        await person.click({ role: "radio", name: "Open", within: open });
        await person.read("A lower guard");
        await person.click(button("Save", open));
        await dialogUp(person.program);
        await person.shot("lower-guard");
        await strike("Escape");
        await dialogGone(person.program);
        await person.read("the guard was not lowered");
        expect(await send("/items/notes", { text: "still held back" })).toBe(403);

        await person.click(button("Save", open));
        await dialogUp(person.program);
        // The button that agrees wakes up late.
        await until("the guard to be lowered", async () => {
          await strike("alt+l");
          return (await send("/items/notes", { text: "let through" })) === 201;
        });
        await dialogGone(person.program);
        await person.miss(open);

        // Up again nobody is asked.
        const again = await changing(person, "Careful");
        await person.click({ role: "radio", name: "Read-only", within: again });
        await person.click(button("Save", again));
        await person.miss(again);
        expect(await send("/items/notes", { text: "held back again" })).toBe(403);
      });
    });
  } finally {
    await manager.stop();
  }
});
