/** From the start of the program to rows one can work on, with no pause for a person to think. */
import { expect, test } from "vitest";
import { begunAt, launch, newHome, removeHome } from "../harness/window";
import { makeProject, type Project } from "./window-projects";

const LIMIT_MS = 2_000;

/** Runs in the window: acts as soon as there is something to act on, and tells when that was. */
const HURRY = `
  const done = arguments[1];
  const name = arguments[0];
  const find = (selector, text) => [...document.querySelectorAll(selector)].find((element) => element.textContent.includes(text) && element.getClientRects().length > 0);
  const seen = (selector, text) => new Promise((resolve) => {
    const look = () => {
      const found = find(selector, text);
      if (found) { observer.disconnect(); resolve(found); }
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    look();
  });
  (async () => {
    (await seen("[data-project] button, button[data-project]", "Start")).click();
    const home = Date.now();
    (await seen("[role=treeitem]", name)).click();
    const running = Date.now();
    await seen("[role=gridcell]", "the last row");
    return { home, running, rows: Date.now() };
  })().then(done, (fault) => done({ fault: String(fault) }));
`;

test("a launch leads to the rows of a running project", async () => {
  const home = await newHome();
  try {
    await launch(home, async (person) => {
      await makeProject(person, "Press");
      const [project] = await person.invoke<Project[]>("projects_list");
      const { url, token } = await person.invoke<{ url: string; token: string }>("project_session", { id: project?.id });
      const ask = async (path: string, body: object): Promise<void> => {
        const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
        expect((await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })).status).toBe(201);
      };
      const fields = { id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } }, text: { type: "String" } };
      await ask("/schemas", { collectionName: "notes", schema: { fields } });
      for (const text of ["first", "the last row"]) await ask("/items/notes", { text });
    });
    await launch(home, async (person) => {
      const begun = await begunAt(person.program);
      const at = await person.wait<{ home: number; running: number; rows: number }>(HURRY, "notes");
      const told = (what: string, ms: number, limit: number) => {
        console.log(`launch: ${what}: ${String(Math.round(ms))} ms (limit ${String(limit)})`);
      };
      told("first page", at.home - begun, LIMIT_MS);
      told("a project running", at.running - begun, LIMIT_MS);
      told("its rows", at.rows - begun, LIMIT_MS);
    });
  } finally {
    await removeHome(home);
  }
});
