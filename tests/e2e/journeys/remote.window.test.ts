import { request } from "node:http";
import { expect, test } from "vitest";
import { Api } from "../harness/api";
import { dialogGone, dialogUp, strike, windowManager } from "../harness/desktop";
import { until } from "../harness/patience";
import { Database } from "../harness/postgres";
import { OWNER, RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";
import { launch, newHome, removeHome, type Home, type WindowPerson } from "../harness/window";
import { button, dialog, field, row, type Project } from "./window-projects";

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

const NOTES = {
  collectionName: "notes",
  schema: { fields: { id: { type: "UUID", primaryKey: true, defaultValue: { type: "UUIDV4" } }, text: { type: "String" } } },
};

/** A remote with notes, and a home that knows nothing of it. */
async function withRemote(live: (home: Home, server: RunningServer, api: Api) => Promise<void>): Promise<void> {
  const [home, database] = [await newHome(), await Database.create()];
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
