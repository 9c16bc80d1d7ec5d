import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newHome, removeHome, WindowPerson } from "../harness/window";
import { callIt, createProject, design, fillRows, judge } from "./e1-first-launch";

/** What the shell tells the page of the one project there is. */
const SESSION = `
  const { invoke } = window.__TAURI_INTERNALS__;
  return invoke("projects_list").then(([project]) => invoke("project_session", { id: project.id }));
`;

test("the first launch ends in a live answer with its relation", async () => {
  const home = await newHome();
  const person = await WindowPerson.open(home);
  try {
    const startedAt = Date.now();
    await createProject(person);
    await design(person);
    await fillRows(person);
    const { token } = await person.run<{ token: string }>(SESSION);
    await callIt(person, token);
    judge(person, startedAt);
    expect(await person.verdict()).toEqual([]);
    expect(await readdir(join(home.folder, "Projects", "press"))).toContain("data.db");
  } finally {
    await person.close();
    await removeHome(home);
  }
});
