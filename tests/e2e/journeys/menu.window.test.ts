import { afterEach, beforeEach, expect, test } from "vitest";
import { activeWindow, strike, visibleWindows, windowManager, type Companion } from "../harness/desktop";
import { until } from "../harness/patience";
import { launch, newHome, removeHome, type Home, type WindowPerson } from "../harness/window";
import { button, dialog, makeProject } from "./window-projects";

let home: Home;
let manager: Companion;

beforeEach(async () => {
  [home, manager] = [await newHome(), await windowManager()];
});

afterEach(async () => {
  await manager.stop();
  await removeHome(home);
});

const menuUp = async (person: WindowPerson): Promise<void> => {
  await until("the menu", async () => (await visibleWindows(person.program)).length > 1);
};
const menuGone = async (person: WindowPerson): Promise<void> => {
  await until("no menu", async () => (await visibleWindows(person.program)).length === 1);
};
const area = async (person: WindowPerson): Promise<string> => await person.run<string>("return location.hash.split('/')[3] ?? '';");

test("F10 opens the menu of the system, and what is chosen there is done by the studio", async () => {
  await launch(home, async (person) => {
    await makeProject(person, "Press");
    await until("the focus", async () => (await visibleWindows(person.program)).includes(await activeWindow()));
    await strike("F10");
    await menuUp(person);
    // View opens by its letter; its second line is the second area.
    await strike("v", "Down", "Return");
    await menuGone(person);
    await until("the schema", async () => (await area(person)) === "schema");

    await person.click(button("Menu"));
    await menuUp(person);
    await strike("Escape");
    await menuGone(person);
    await strike("F10");
    await menuUp(person);
    await strike("h", "Return");
    await person.see(dialog("Shortcuts"));
    await strike("Escape");
    await person.miss(dialog("Shortcuts"));
    expect(await person.verdict()).toEqual([]);
  });
});

test("what does not apply cannot be chosen", async () => {
  await launch(home, async (person) => {
    await person.see(button(/^Create and start/));
    await until("the focus", async () => (await visibleWindows(person.program)).includes(await activeWindow()));
    await strike("F10");
    await menuUp(person);
    // With no project open there are no areas: the first line that can be chosen is the palette's.
    await strike("v", "Return");
    await person.see(dialog("Search or run a command"));
  });
});

test("a key beside an entry of the menu acts once", async () => {
  const sidebar = { role: "navigation", name: "Sidebar" };
  await launch(home, async (person) => {
    await makeProject(person, "Press");
    await person.see(sidebar);
    // The menu that shows the key has been made, and is gone.
    await person.click(button("Menu"));
    await menuUp(person);
    await strike("Escape");
    await menuGone(person);
    await strike("ctrl+b");
    await person.miss(sidebar);
    await strike("ctrl+b");
    await person.see(sidebar);
  });
});
