import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { binary } from "../harness/server";
import { launch, newHome, removeHome, type Home } from "../harness/window";
import { button, goHome, inspector, makeProject, row } from "./window-projects";

let home: Home;

beforeEach(async () => {
  home = await newHome();
});

afterEach(async () => {
  await removeHome(home);
});

test("the page runs no script but its own, and asks the shell for nothing beyond its commands", async () => {
  await launch(home, async (person) => {
    const ran = await person.run<boolean>(`
      const script = document.createElement("script");
      script.textContent = "window.strange = true";
      document.head.append(script);
      return window.strange === true;
    `);
    expect(ran).toBe(false);
    await expect(person.run("return (0, eval)('1 + 1');")).rejects.toThrow();
    for (const [command, args] of [
      ["plugin:fs|read_text_file", { path: "/etc/hostname" }],
      ["plugin:shell|execute", { program: "true", args: [] }],
      ["plugin:opener|open_path", { path: "/" }],
      ["plugin:store|load", { path: "projects.json" }],
      ["plugin:dialog|message", { message: "hello" }],
      ["plugin:window|set_title", { value: "another" }],
      ["plugin:webview|create_webview_window", { options: { label: "second", url: "https://example.com" } }],
    ] as const) {
      await expect(person.invoke(command, args), command).rejects.toThrow(/not allowed|not found/);
    }
  });
});

test("a second launch ends at once and leaves the first its window and its projects", async () => {
  await launch(home, async (person) => {
    await makeProject(person, "Press");
    // Without a screen no toolkit can begin: the second has asked the first before.
    for (const screen of [{}, { DISPLAY: "" }]) {
      const env = { ...home.environment, ...screen };
      const second = spawn(binary("PLINTH_STUDIO_BINARY", "plinth-studio"), { env, stdio: "ignore" });
      const [code] = (await once(second, "exit")) as [number | null];
      expect(code, JSON.stringify(screen)).toBe(0);
    }
    await goHome(person, "Press");
    await person.read("1 of 1 connections active");
  });
});

test("the window comes back in the size it was left in", async () => {
  const size = "return [innerWidth, innerHeight];";
  await launch(home, async (person) => {
    await person.resize(1010, 640);
    expect(await person.run(size)).toEqual([1010, 640]);
  });
  await launch(home, async (person) => {
    expect(await person.run(size)).toEqual([1010, 640]);
  });
});

test("the sidebar stays away and documents stay open over a relaunch", async () => {
  const sidebar = { role: "navigation", name: "Sidebar" };
  const opened = button("Close Schema");
  await launch(home, async (person) => {
    await makeProject(person, "Press");
    await person.see(sidebar);
    await person.press("Control+2");
    await person.see(opened);
    await person.press("Control+b");
    await person.miss(sidebar);
  });
  await launch(home, async (person) => {
    await person.click(row("Press"));
    await person.click(button(/^Start/, inspector("Press")));
    await person.see(opened);
    expect(await person.count(sidebar)).toBe(0);
  });
});
