import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../harness/patience";
import { launch, newHome, removeHome, type Home } from "../harness/window";
import { button, choose, dialog, field, goHome, inspector, makeProject, row, stop, type Project } from "./window-projects";

let home: Home;

beforeEach(async () => {
  home = await newHome();
});

afterEach(async () => {
  await removeHome(home);
});

const folders = async (): Promise<string[]> => (await readdir(join(home.folder, "Projects"))).toSorted();

test("a project is stopped, renamed, copied, taken off the list, opened again and deleted", async () => {
  await launch(home, async (person) => {
    await makeProject(person, "Press");
    await goHome(person, "Press");
    await stop(person, "Press");

    await choose(person, "Press", "Rename");
    await person.fill({ ...field("Name"), within: dialog("Rename Press") }, "Journal");
    await person.click(button("Rename", dialog("Rename Press")));
    await person.see(row("Journal"));
    expect(await folders()).toEqual(["press"]);

    await choose(person, "Journal", "Duplicate");
    await person.see(row("Journal copy"));
    expect(await folders()).toEqual(["journal-copy", "press"]);

    await choose(person, "Journal copy", "Remove from list");
    await person.click(button("Remove from list", dialog(/Journal copy/)));
    await person.miss(dialog(/Journal copy/));
    await person.miss(row("Journal copy"));
    expect(await folders()).toEqual(["journal-copy", "press"]);

    // The dialog for a folder is the system's own: no driver reaches into it.
    await person.invoke("project_open", { path: join(home.folder, "Projects/journal-copy") });
    await person.see(row("journal-copy"));

    await choose(person, "Journal", "Delete project");
    const losing = dialog(/Journal/);
    await person.fill({ role: "textbox", within: losing }, "Journal");
    await person.click(button("Delete Journal", losing));
    // As long as it is open, nothing behind it is there for anybody.
    await person.miss(losing);
    await person.miss(row("Journal"));
    expect(await folders()).toEqual(["journal-copy"]);
    expect(await person.verdict()).toEqual([]);
  });
  await access(join(home.folder, "Projects/journal-copy/data.db"));
});

test("several projects run at once, each at its own address, and the list outlives the launch", async () => {
  await launch(home, async (person) => {
    await makeProject(person, "Press");
    await goHome(person, "Press");
    await person.click(button(/^New project/));
    await makeProject(person, "Shop");
    await goHome(person, "Shop");
    await person.read("2 of 2 connections active");

    const running = await person.invoke<Project[]>("projects_list");
    expect(new Set(running.map((project) => project.port)).size).toBe(2);
    for (const { port } of running) {
      expect((await fetch(`http://127.0.0.1:${String(port)}/health`)).status).toBe(200);
    }
    await stop(person, "Shop");
    await person.read("1 of 2 connections active");
  });
  await launch(home, async (person) => {
    await person.see(row("Press"));
    await person.see(row("Shop"));
    await person.read("Nothing running");
    await person.click(row("Shop"));
    await person.click(button(/^Start/, inspector("Shop")));
    await person.see(button("Shop"));
  });
});

test("looking at Home opens nothing: what was opened last stands first", async () => {
  await launch(home, async (person) => {
    const order = async () => (await person.invoke<Project[]>("projects_list")).map((project) => project.name);
    const opened = async () => (await person.invoke<Project[]>("projects_list")).find((project) => project.name === "Press")?.lastOpenedAt;
    await makeProject(person, "Press");
    await goHome(person, "Press");
    await person.click(button(/^New project/));
    await makeProject(person, "Shop");
    const before = await opened();
    await goHome(person, "Shop");
    // The journal has asked every project that runs.
    await person.read(/row added to User/);
    expect(await opened()).toBe(before);
    expect(await order()).toEqual(["Shop", "Press"]);

    await person.click(row("Press"));
    await person.click(button(/^Open/, inspector("Press")));
    await person.see(button("Press"));
    await until("Press first", async () => (await order())[0] === "Press");
  });
});

test("a folder that holds no project is refused by name", async () => {
  await launch(home, async (person) => {
    await expect(person.invoke("project_open", { path: home.folder })).rejects.toThrow(/NOT_A_PROJECT/);
  });
});
