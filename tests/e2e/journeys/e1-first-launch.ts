/** E1: from the first launch to a live REST collection with one relation. Told once, lived twice. */
import { expect } from "vitest";
import { type Person, type Thing } from "../harness/person";

const LIMIT_MS = 60_000;
const CLICKS_MAX = 14;

const dialog = (name: string): Thing => ({ role: "dialog", name });
const button = (name: string | RegExp, within?: Thing): Thing => ({ role: "button", name, ...(within ? { within } : {}) });
const region = (name: string): Thing => ({ role: "region", name });

/** *New project*, its name, *Create*: what only the desktop can do. */
export async function createProject(person: Person): Promise<void> {
  await person.fill({ role: "textbox", name: "Name" }, "Press");
  await person.click({ role: "radio", name: /^Nothing/ });
  await person.shot("e01-picker");
  await person.click(button(/^Create and start/));
  await person.see(button("Settings"));
}

async function newCollection(person: Person, name: string, field: string): Promise<void> {
  const making = dialog("New collection");
  await person.click({ ...button("New collection"), nth: 0 });
  await person.reach({ role: "textbox", name: "Name", within: making });
  await person.type(name);
  await person.press("Tab");
  await person.press("Tab");
  await person.type(field);
  await person.press("Enter");
  await person.miss(making);
}

/** Two collections and their relation, designed by sight and applied as one plan. */
export async function design(person: Person): Promise<void> {
  await newCollection(person, "authors", "name");
  await newCollection(person, "posts", "title");

  const relating = dialog("Relate collections");
  await person.click(button("Relate"));
  await person.see({ role: "radio", name: "Each post has one author; each author has many posts.", within: relating });
  await person.shot("e01-wizard");
  await person.click(button("Create relation", relating));
  await person.miss(relating);

  await person.press("Control+Shift+p");
  await person.see(region("Plan of the staged changes"));
  await person.read(/CREATE TABLE "authors"/);
  await person.read(/CREATE TABLE "posts"/);
  await person.read(/REFERENCES "authors"/);
  await person.shot("e01-preview");
  await person.click(button(/^Apply \d+ steps? to local/));
  await person.read(/schema changes? applied to local/);
}

/** One author and one post, typed into the grid and committed. */
export async function fillRows(person: Person): Promise<void> {
  const newRow = { ...button("New row"), nth: 0 };
  await person.press("Control+1");
  await person.click({ role: "treeitem", name: /^authors/ });
  await person.click(newRow);
  await person.reach({ role: "textbox", name: "name of row new" });
  await person.type("Ada Lovelace");
  await person.press("Control+s");
  await person.see({ role: "row", name: /^1 .*Ada Lovelace/ });

  await person.click({ role: "treeitem", name: /^posts/ });
  await person.see({ role: "grid", name: "Rows of posts" });
  await person.click(newRow);
  await person.reach({ role: "textbox", name: "title of row new" });
  await person.type("Notes on the engine");
  await person.press("Tab");
  await person.type("Ada");
  await person.see({ role: "option", name: /Ada Lovelace/ });
  await person.press("Enter");
  await person.press("Control+s");
  await person.see({ role: "row", name: /^1 .*Notes on the engine.*Ada Lovelace/ });
}

interface Answer {
  readonly data: readonly { readonly title: string; readonly author: { readonly name: string } }[];
}

/** The request that the API screen proposes, sent as it stands; then its curl, sent by the test. */
export async function callIt(person: Person, token: string): Promise<void> {
  await person.press("Control+4");
  await person.see({ role: "textbox", name: "Path" });
  await person.press("Control+Enter");
  await person.read("200 OK");
  await person.shot("e01-response");

  const shown = JSON.parse(unnumbered(await person.textOf(region("Body of the response")))) as Answer;
  expect(shown.data[0]?.author.name).toBe("Ada Lovelace");
  const curl = await person.textOf(region("curl of this request"));
  expect(await sent(curl, token)).toEqual(shown);
}

/** The panel's line numbers stand on lines of their own, which no line of this answer does. */
function unnumbered(text: string): string {
  return text.split("\n").filter((line) => !/^\d+$/.test(line.trim())).join("\n");
}

/** What a terminal would answer to the command, word by word. */
async function sent(curl: string, token: string): Promise<unknown> {
  const url = /curl '([^']+)'/.exec(curl)?.[1];
  if (url === undefined) throw new Error(`this is no curl command: ${curl}`);
  const headers = [...curl.matchAll(/-H (?:'([^']+)'|"([^"]+)")/g)].map(([, plain, expanded]) => {
    const [name = "", ...value] = (plain ?? expanded ?? "").split(": ");
    return [name, value.join(": ").replace("$PLINTH_TOKEN", token)] as [string, string];
  });
  const answer = await fetch(url, { headers });
  expect(answer.status).toBe(200);
  return await answer.json();
}

/** Time is told, for the bench to judge; clicks count exactly. */
export function judge(person: Person, startedAt: number): void {
  const took = Date.now() - startedAt;
  console.log(`E1: ${String(person.clicks)} clicks (limit ${String(CLICKS_MAX)}), ${(took / 1000).toFixed(1)} s (limit ${String(LIMIT_MS / 1000)})`);
  expect(person.clicks).toBeLessThanOrEqual(CLICKS_MAX);
}
