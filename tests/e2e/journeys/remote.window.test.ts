import { expect, test } from "vitest";
import { Api } from "../harness/api";
import { Database } from "../harness/postgres";
import { OWNER, RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";
import { launch, newHome, removeHome, type WindowPerson } from "../harness/window";
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

test("a remote instance is signed in to through the gateway, which keeps its tokens", async () => {
  const [home, database] = [await newHome(), await Database.create()];
  const server = await RunningServer.start(database?.url);
  try {
    const api = await Api.signIn(server.url);
    await api.call("POST", "/schemas", {
      collectionName: "notes",
      schema: { fields: { id: { type: "UUID", primaryKey: true, defaultValue: { type: "UUIDV4" } }, text: { type: "String" } } },
    });
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

      await person.click(button("Far"));
      const readOnly = await connect(person, server.url, "Far, only read", "Read-only");
      const own = { authorization: `Bearer ${readOnly.token}`, "content-type": "application/json" };
      const refused = await fetch(`${readOnly.url}/items/notes`, { ...write, headers: own });
      expect(refused.status).toBe(403);
      expect(await refused.text()).toContain("CONNECTION_READ_ONLY");
      expect((await fetch(`${url}/items/notes`)).status).toBe(401);
    });
  } finally {
    await server.stop();
    await removeHome(home);
    await database?.drop();
  }
});
