/** The window among what a desktop has around it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { activeWindow, Daemon, minimize, move, Panel, placeOf, strike, visibleWindows, windowManager, type Companion } from "../harness/desktop";
import { until } from "../harness/patience";
import { binary } from "../harness/server";
import { launch, newHome, removeHome, runs, type Home, type WindowPerson } from "../harness/window";
import { button, inspector, makeProject, row, type Project } from "./window-projects";

let home: Home;
let companions: Companion[];
let notices: Daemon;

beforeEach(async () => {
  home = await newHome();
  notices = await Daemon.start();
  companions = [notices, await windowManager()];
});

afterEach(async () => {
  for (const companion of companions.toReversed()) await companion.stop();
  await removeHome(home);
});

async function panel(): Promise<Panel> {
  const started = await Panel.start();
  companions.push(started);
  return started;
}

const inFront = async (person: WindowPerson): Promise<void> => {
  await until("the window in front", async () => (await visibleWindows(person.program)).includes(await activeWindow()));
};
const hidden = async (person: WindowPerson): Promise<void> => {
  await until("no window", async () => (await visibleWindows(person.program)).length === 0);
};
/** Pressed again after a while where the window still stands in front, as a person would. */
const shut = async (person: WindowPerson): Promise<void> => {
  let pressed = 0;
  await until("no window", async () => {
    const windows = await visibleWindows(person.program);
    if (windows.length > 0 && Date.now() - pressed > 3_000 && windows.includes(await activeWindow())) {
      await strike("alt+F4");
      pressed = Date.now();
    }
    return windows.length === 0;
  });
};
const over = async (person: WindowPerson): Promise<void> => {
  await until("the end of the program", async () => !(await runs(person.program)));
};
const address = async (person: WindowPerson): Promise<string> => {
  const [project] = await person.invoke<Project[]>("projects_list");
  return `http://127.0.0.1:${String(project?.port)}`;
};

test("closed while a project runs, the window goes into the tray, and comes back to the front", async () => {
  const tray = await panel();
  await launch(home, async (person) => {
    await makeProject(person, "Press");
    const url = await address(person);
    await inFront(person);
    await shut(person);
    expect(await notices.receives("Plinth is in the tray")).toMatchObject({ body: expect.stringContaining("1 project goes on") as string });
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect([...(await tray.lines()).keys()]).toContain(`Press on port ${new URL(url).port}`);

    // A second launch leads to the window there is.
    const second = spawn(binary("PLINTH_STUDIO_BINARY", "plinth-studio"), { env: home.environment, stdio: "ignore" });
    expect(await once(second, "exit")).toEqual([0, null]);
    await inFront(person);

    await shut(person);
    await tray.choose("Open Plinth");
    await inFront(person);
    await tray.choose("Stop all");
    await until("nothing running", async () => (await tray.lines()).has("Nothing running"));
    await strike("alt+F4");
    await over(person);
  });
});

test("a minimized window is brought back by a second launch", async () => {
  await launch(home, async (person) => {
    await person.see(button(/^Create and start/));
    await inFront(person);
    await minimize(await activeWindow());
    await hidden(person);
    const second = spawn(binary("PLINTH_STUDIO_BINARY", "plinth-studio"), { env: home.environment, stdio: "ignore" });
    expect(await once(second, "exit")).toEqual([0, null]);
    await inFront(person);
  });
});

test("where no panel would show it the program ends with its window, and its projects with it", async () => {
  await launch(home, async (person) => {
    await makeProject(person, "Press");
    const url = await address(person);
    await inFront(person);
    await strike("alt+F4");
    await over(person);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });
});

test("the tray ends the program although a project runs, and the next launch shows its window", async () => {
  const tray = await panel();
  await launch(home, async (person) => {
    await makeProject(person, "Press");
    await inFront(person);
    await shut(person);
    await tray.choose("Quit");
    await over(person);
  });
  await launch(home, async (person) => {
    await inFront(person);
    await person.click(button("Menu"));
    await strike("Escape");
  });
});

test("the window comes back where it was left", async () => {
  const left = { x: 60, y: 50, width: 1010, height: 640 };
  await launch(home, async (person) => {
    await inFront(person);
    await person.resize(left.width, left.height);
    await move(await activeWindow(), left.x, left.y);
    expect(await placeOf(await activeWindow())).toEqual(left);
  });
  await launch(home, async (person) => {
    await inFront(person);
    expect(await placeOf(await activeWindow())).toEqual(left);
  });
});

const ROWS = "text\nfirst\nsecond\nthird\n";

/** Chooses a file as its dialog would hand it over. */
const choose = `
  const input = document.querySelector("input[type=file]");
  const chosen = new DataTransfer();
  chosen.items.add(new File([arguments[0]], "notes.csv", { type: "text/csv" }));
  input.files = chosen.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
`;
/** A press that needs no pointer: the window is not on the screen. */
const press = `[...document.querySelectorAll("button")].find((button) => button.textContent.startsWith(arguments[0])).click();`;

test("the end of an import is told to who looks elsewhere, and leads back to the window", async () => {
  await launch(home, async (person) => {
    await makeProject(person, "Press");
    const [project] = await person.invoke<Project[]>("projects_list");
    const { url, token } = await person.invoke<{ url: string; token: string }>("project_session", { id: project?.id });
    const made = await fetch(`${url}/schemas`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({
        collectionName: "notes",
        schema: { fields: { id: { type: "UUID", primaryKey: true, defaultValue: { type: "UUIDV4" } }, text: { type: "String" } } },
      }),
    });
    expect(made.status).toBe(201);
  });
  await launch(home, async (person) => {
    await person.click(row("Press"));
    await person.click(button(/^Start/, inspector("Press")));
    await person.see({ role: "treeitem", name: /^notes/ });
    const [project] = await person.invoke<Project[]>("projects_list");
    await person.run("location.hash = arguments[0]", `#/p/${String(project?.id)}/data/notes?import=new`);
    await person.read("Choose a file");
    await person.run(choose, ROWS);
    await inFront(person);
    await person.click(button("Dry run"));
    await person.read("Checked, nothing written");

    await minimize(await activeWindow());
    await hidden(person);
    await person.run(press, "Import 3 rows");
    expect(await notices.receives("Import into notes done")).toMatchObject({ body: "3 rows are in." });
    // The dry run ended before the eyes of its person.
    expect(notices.notices()).toHaveLength(1);

    await notices.act();
    await inFront(person);
    await person.read("3 rows are in notes");
  });
});
