/** Whatever opens and closes, the focus is somewhere: the next key means something. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import type { Thing } from "../harness/person";
import { furnish } from "../harness/screens";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

let server: RunningServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-focus-"));
  server = await RunningServer.start();
  await furnish(server.url);
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Frames it takes until everything that closes has given its focus away. */
const settled = async ({ page }: BrowserPerson) =>
  await page.evaluate(async () => {
    for (let frame = 0; frame < 6; frame += 1) await new Promise((done) => requestAnimationFrame(done));
    const at = document.activeElement;
    return at === null || at === document.body ? "nowhere" : `${at.tagName.toLowerCase()} ${at.getAttribute("aria-label") ?? at.textContent.slice(0, 40)}`;
  });

const dialog = (name: string | RegExp): Thing => ({ role: "dialog", name });
const button = (name: string | RegExp): Thing => ({ role: "button", name });

interface Opened {
  readonly path: string;
  readonly ready: Thing;
  readonly open: (person: BrowserPerson) => Promise<void>;
  readonly dialog: Thing;
}

const DIAGRAM: Thing = { role: "group", name: "Diagram of the collections" };
const GRID: Thing = { role: "grid", name: "Rows of orders" };

const OPENED: readonly Opened[] = [
  { path: "/home", ready: { role: "grid" }, open: async (person) => await person.press("c"), dialog: dialog("Connect to an instance") },
  { path: "/p/here/schema", ready: DIAGRAM, open: async (person) => await person.press("n"), dialog: dialog("New collection") },
  { path: "/p/here/schema", ready: DIAGRAM, open: async (person) => await person.click({ ...button(/^New collection/), nth: 0 }), dialog: dialog("New collection") },
  { path: "/p/here/schema?collection=orders", ready: DIAGRAM, open: async (person) => await person.press("r"), dialog: dialog("Relate collections") },
  { path: "/p/here/schema?collection=orders", ready: DIAGRAM, open: async (person) => await person.press("g"), dialog: dialog(/[Gg]roup/) },
  { path: "/p/here/schema", ready: DIAGRAM, open: async (person) => await person.press("h"), dialog: dialog(/[Cc]hanges|[Hh]istory/) },
  { path: "/p/here/schema", ready: DIAGRAM, open: async (person) => await person.press("Control+/"), dialog: dialog("Shortcuts") },
  { path: "/home", ready: { role: "grid" }, open: async (person) => await person.press("Control+,"), dialog: dialog("Settings") },
  { path: "/p/here/data/orders", ready: GRID, open: async (person) => await person.press("Control+k"), dialog: dialog(/./) },
  { path: "/p/here/data/orders", ready: GRID, open: async (person) => await person.press("Control+g"), dialog: dialog("Go to row") },
  { path: "/p/here/data/orders", ready: GRID, open: async (person) => await person.press("Control+Shift+F"), dialog: dialog(/./) },
  {
    path: "/p/here/data/orders",
    ready: GRID,
    open: async (person) => {
      await person.page.locator('[data-row="r:0"][data-col="0"]').click();
      await person.press("Control+a");
      await person.press("Shift+Delete");
    },
    dialog: dialog(/^(?:Delete|Move)/),
  },
];

test("a dialog that is left with Esc leaves the focus on the screen it came from", async () => {
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/data/orders`);
  try {
    await signIn(person);
    await person.see(GRID);
    const lost: string[] = [];
    for (const one of OPENED) {
      await person.page.goto("about:blank");
      await person.page.goto(`${server.url}/studio/#${one.path}`);
      await person.see(one.ready);
      await one.open(person);
      await person.see(one.dialog);
      await person.press("Escape");
      await person.miss(one.dialog);
      const at = await settled(person);
      if (at === "nowhere") lost.push(`${one.path} ${String(one.dialog.name)}`);
    }
    expect(lost).toEqual([]);
  } finally {
    await person.close();
  }
});

test("whoever makes something goes on where it is", async () => {
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/schema`);
  const { page } = person;
  try {
    await signIn(person);
    await person.see(DIAGRAM);
    await person.press("n");
    await person.fill({ role: "textbox", name: "Name" }, "parcels");
    await person.fill({ role: "textbox", name: "Field 1 name" }, "weight");
    await person.press("Enter");
    await person.miss(dialog("New collection"));
    const fields = { role: "list", name: "Fields of parcels" };
    await person.reach({ role: "button", name: /^id/, within: fields });
    expect(await settled(person)).toMatch(/^button id/);
    // What comes next is a key away: another field.
    await person.press("a");
    await person.reach({ role: "textbox", name: "Name" });
    await person.type("height");
    await person.press("Enter");
    await person.see({ role: "button", name: /^height/, within: fields });
    await person.press("Escape");
    expect(await settled(person)).not.toBe("nowhere");

    // A relation, and the application of it all.
    await person.press("r");
    await person.see(dialog("Relate collections"));
    await page.getByRole("dialog").getByRole("button", { name: /^Create relation/ }).click();
    await person.miss(dialog("Relate collections"));
    expect(await settled(person)).not.toBe("nowhere");
    await person.press("Control+s");
    await person.read(/changes? applied/);
    expect(await settled(person)).not.toBe("nowhere");
  } finally {
    await person.close();
  }
});

test("an import is gone through without looking for the focus", async () => {
  const file = join(folder, "notes.csv");
  await writeFile(file, "text\nfirst\nsecond\n");
  const api = await Api.signIn(server.url);
  await api.call("POST", "/schemas", { collectionName: "notes", schema: { timestamps: false, fields: { id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } }, text: { type: "String" } } } });
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/data/notes?import=new`);
  const { page } = person;
  try {
    await signIn(person);
    await person.reach(button("Choose a file"));
    // The system's own dialog is no part of the page.
    await page.locator("input[type=file]").setInputFiles(file);
    await person.reach(button("Dry run"));
    await person.press("Enter");
    await person.reach(button(/^Import 2 rows/));
    await person.press("Enter");
    await person.reach(button(/^Open notes/));
    await person.press("Enter");
    await person.see({ role: "grid", name: "Rows of notes" });
    await person.see({ role: "gridcell", name: "second" });
    expect(await settled(person)).not.toBe("nowhere");
  } finally {
    await person.close();
  }
});
