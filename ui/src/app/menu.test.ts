import { afterEach, expect, test, vi } from "vitest";
import type { MenuLine } from "@/host/host";
import { dispatchKey, runFromMenu, runWhenThere, useRegistry, type Command } from "@/kit/commands";
import { menuOf, placedIds } from "./menu";

const command = (id: string, more: Partial<Command> = {}): Command => ({ id, label: `name of ${id}`, group: "g", run: vi.fn(), ...more });

function entries(lines: readonly MenuLine[]): Map<string, Extract<MenuLine, { kind: "command" }>> {
  const flat = (line: MenuLine): readonly Extract<MenuLine, { kind: "command" }>[] =>
    line.kind === "command" ? [line] : line.kind === "submenu" ? line.lines.flatMap(flat) : [];
  return new Map(lines.flatMap(flat).map((line) => [line.id, line]));
}

const stand = (...commands: readonly Command[]) => useRegistry.getState().put("test", commands);

afterEach(() => {
  useRegistry.getState().drop("test");
  document.body.replaceChildren();
});

test("an entry has the name and the first key of its command", () => {
  const found = entries(menuOf([command("home.open", { keys: ["O", "Mod+O"] })])).get("home.open");
  expect(found).toMatchObject({ label: "name of home.open", keys: "O", enabled: true });
});

test("what no screen offers keeps its place and cannot be chosen", () => {
  const lines = menuOf([]);
  expect(lines.map((line) => (line.kind === "submenu" ? line.label : ""))).toEqual(["File", "Edit", "View", "Project", "Window", "Help"]);
  const all = [...entries(lines).values()];
  expect(all.length).toBeGreaterThan(30);
  expect(all.filter((line) => line.enabled)).toEqual([]);
});

test("a command that is refused now is greyed, and gives way to another of its place that is not", () => {
  const undo = command("pending.undo", { disabled: "nothing staged" });
  expect(entries(menuOf([undo])).get("pending.undo")).toMatchObject({ enabled: false });
  const both = entries(menuOf([undo, command("data.takeBack")]));
  expect(both.get("data.takeBack")).toMatchObject({ enabled: true });
  expect(both.has("pending.undo")).toBe(false);
});

test("of a choice the one that holds is told", () => {
  const found = entries(menuOf([command("theme.dark", { on: true }), command("theme.light", { on: false })]));
  expect([found.get("theme.dark")?.on, found.get("theme.light")?.on]).toEqual([true, false]);
});

test("every place belongs to a command that some screen registers", () => {
  const sources = import.meta.glob<string>("../**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });
  const text = Object.entries(sources).filter(([path]) => !/\.test\.|\/menu\.ts$/.test(path)).map(([, source]) => source).join("\n");
  const unknown = placedIds().filter((id) => !text.includes(`"${id}"`) && !text.includes(`\`${id.replace(/\..*/, ".$")}`));
  expect(unknown).toEqual([]);
});

test("an entry runs its command, unless a dialog is open or the command is refused", () => {
  const [open, refused] = [command("a"), command("b", { disabled: "not now" })];
  stand(open, refused);
  expect(runFromMenu("a")).toBe(true);
  expect(runFromMenu("b")).toBe(false);
  document.body.innerHTML = "<div data-modal></div>";
  expect(runFromMenu("a")).toBe(false);
  expect(open.run).toHaveBeenCalledTimes(1);
  expect(refused.run).not.toHaveBeenCalled();
});

test("a key that the system's bar saw too runs its command once", () => {
  const send = command("send", { keys: "Mod+Enter" });
  stand(send);
  dispatchKey(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true }));
  expect(runFromMenu("send")).toBe(false);
  expect(send.run).toHaveBeenCalledTimes(1);
});

test("undo while a field has the focus is the field's", () => {
  const undo = command("pending.undo", { keys: "Mod+Z" });
  stand(undo);
  const field = document.body.appendChild(document.createElement("input"));
  field.focus();
  document.execCommand = vi.fn(() => true);
  expect(runFromMenu("pending.undo")).toBe(true);
  expect(document.execCommand).toHaveBeenCalledWith("undo");
  expect(undo.run).not.toHaveBeenCalled();
});

test("a command of another screen runs once that screen stands", () => {
  const make = command("home.new");
  runWhenThere("home.new");
  expect(make.run).not.toHaveBeenCalled();
  stand(make);
  stand(make, command("other"));
  expect(make.run).toHaveBeenCalledTimes(1);
});
