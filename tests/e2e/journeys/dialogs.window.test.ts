/** The dialogs that the system shows, used as a person does: with the keyboard. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dialogGone, dialogUp, strike, typeKeys, visibleWindows, windowManager, type Companion } from "../harness/desktop";
import { launch, newHome, removeHome, type Home, type WindowPerson } from "../harness/window";
import { button, choose, dialog, goHome, makeProject, row, stop } from "./window-projects";

let home: Home;
let manager: Companion;

beforeEach(async () => {
  [home, manager] = [await newHome(), await windowManager()];
});

afterEach(async () => {
  await manager.stop();
  await removeHome(home);
});

/**
 * Types a path into the dialog. GTK looks for what may follow in its own time: what it proposes is
 * selected and taken away, but it may come in the moment of Return, which then goes to the proposal.
 * A person looks, and types it again.
 */
async function chooseFolder(person: WindowPerson, path: string): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (tries > 0) await strike("ctrl+a");
    await typeKeys(path);
    await strike("Delete", "Return");
    const looks = Date.now() + LOOKS_MS;
    while (Date.now() < looks) {
      if ((await visibleWindows(person.program)).length === 1) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  await dialogGone(person.program);
}

const TRIES = 3;
const LOOKS_MS = 4_000;

test("a folder chosen in the system's dialog is opened", async () => {
  await launch(home, async (person) => {
    await makeProject(person, "Press");
    await goHome(person, "Press");
    await stop(person, "Press");
    await choose(person, "Press", "Remove from list");
    await person.click(button("Remove from list", dialog(/Press/)));
    await person.see(button(/^Create and start/));

    await person.click(button(/^Open folder|^Open a folder/));
    await dialogUp(person.program);
    await chooseFolder(person, join(home.folder, "Projects/press"));
    await person.see(row("press"));
  });
});

test("a file is written where the system's dialog says, and its person is told", async () => {
  await launch(home, async (person) => {
    await person.see(button(/^Create and start/));
    const place = join(home.folder, "kept.csv");
    await person.run(`
      const bytes = new TextEncoder().encode("name\\nAda\\n");
      window.saved = window.__TAURI_INTERNALS__.invoke("file_save", bytes, { headers: { "file-name": "rows.csv" } });
    `);
    await dialogUp(person.program);
    await strike("ctrl+a");
    await typeKeys(place);
    await strike("Return");
    await dialogGone(person.program);
    expect(await person.wait("const done = arguments[0]; window.saved.then(done, (fault) => done(String(fault)));")).toBe(true);
    expect(await readFile(place, "utf8")).toBe("name\nAda\n");
  });
});
