import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { Button } from "./Button";
import { allCommands, keyOfEvent, matches, runCommand, useCommands, useKeyDispatch, type Command } from "./commands";
import { formatKeys } from "./keys";

function Screen({ commands }: { commands: readonly Command[] }) {
  useKeyDispatch();
  useCommands(commands);
  return (
    <>
      <input aria-label="field" />
      <Button command="rows.commit">Commit</Button>
    </>
  );
}
const key = (init: KeyboardEventInit) => new KeyboardEvent("keydown", init);

test("a key is the key that is typed, with exactly its modifiers", () => {
  expect(matches(key({ key: "s", ctrlKey: true }), "Mod+S")).toBe(true);
  expect(matches(key({ key: "S", ctrlKey: true, shiftKey: true }), "Mod+S")).toBe(false);
  expect(matches(key({ key: "P", ctrlKey: true, shiftKey: true }), "Mod+Shift+P")).toBe(true);
  expect(matches(key({ key: "/", ctrlKey: true }), "Mod+/")).toBe(true);
  expect(matches(key({ key: "?", shiftKey: true }), "?")).toBe(true);
  expect(matches(key({ key: " " }), "Space")).toBe(true);
  expect(matches(key({ key: "n", altKey: true }), "N")).toBe(false);
});

test("with Option the letter meant is the one on the key, whatever sign a Mac types with it", () => {
  expect(keyOfEvent(key({ key: "˜", code: "KeyN", altKey: true }), true)).toBe("N");
  expect(keyOfEvent(key({ key: "n", code: "KeyN" }), true)).toBe("n");
  // Elsewhere a letter is what is typed: keys lie in other places on other keyboards.
  expect(keyOfEvent(key({ key: "n", code: "KeyB", altKey: true }), false)).toBe("n");
});

test("hints are the real bindings", () => {
  render(<Screen commands={[{ id: "rows.commit", label: "Commit", keys: "Mod+S", group: "g", run: vi.fn() }]} />);
  expect(screen.getByRole("button").textContent).toBe(`Commit${formatKeys("Mod+S")}`);
});

test("single letters work outside text fields only", async () => {
  const run = vi.fn();
  render(<Screen commands={[{ id: "rows.new", label: "New row", keys: "N", group: "g", run }]} />);
  await userEvent.type(screen.getByLabelText("field"), "n");
  expect(run).not.toHaveBeenCalled();
  (document.activeElement as HTMLElement).blur();
  fireEvent.keyDown(document.body, { key: "n" });
  expect(run).toHaveBeenCalledTimes(1);
});

test("undo inside a field belongs to the field", () => {
  const run = vi.fn();
  render(<Screen commands={[{ id: "undo", label: "Undo", keys: "Mod+Z", group: "g", run }]} />);
  fireEvent.keyDown(screen.getByLabelText("field"), { key: "z", ctrlKey: true });
  expect(run).not.toHaveBeenCalled();
  fireEvent.keyDown(document.body, { key: "z", ctrlKey: true });
  expect(run).toHaveBeenCalledTimes(1);
});

test("a disabled command swallows its key and does nothing", () => {
  const run = vi.fn();
  render(<Screen commands={[{ id: "send", label: "Send", keys: "Mod+Enter", group: "g", disabled: "read-only", run }]} />);
  const event = new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, cancelable: true, bubbles: true });
  document.body.dispatchEvent(event);
  expect(event.defaultPrevented).toBe(true);
  expect(run).not.toHaveBeenCalled();
  expect(runCommand("send")).toBe(false);
});

test("commands leave with their screen, and handlers are never stale", () => {
  const first = vi.fn();
  const second = vi.fn();
  const command = (run: () => void): Command[] => [{ id: "x", label: "X", keys: "X", group: "g", run }];
  const view = render(<Screen commands={command(first)} />);
  view.rerender(<Screen commands={command(second)} />);
  expect(runCommand("x")).toBe(true);
  expect(first).not.toHaveBeenCalled();
  expect(second).toHaveBeenCalledTimes(1);
  view.unmount();
  expect(allCommands()).toEqual([]);
});
