/**
 * The one registry of commands. The key handler, the hints beside buttons, the sheet of
 * shortcuts and the palette all read it, so none of them can lie about another.
 */
import type { LucideIcon } from "lucide-react";
import { useEffect, useId, useRef } from "react";
import { create } from "zustand";

export interface Command {
  /** Stable and dotted: `data.commit`. The last one registered under an id wins. */
  readonly id: string;
  /** What it does, in words. */
  readonly label: string;
  /** Its name below a heading that says the rest. */
  readonly short?: string | undefined;
  /** Quiet words after the label in the palette. */
  readonly detail?: string | undefined;
  /** `Mod+Shift+P`, `N`, `Delete`; several when more than one key does it. */
  readonly keys?: string | readonly string[] | undefined;
  /** Heading in the palette and in the sheet. */
  readonly group: string;
  readonly icon?: LucideIcon | undefined;
  /** Why it cannot be done now. It stays in the palette and says so. */
  readonly disabled?: string | undefined;
  /** In the sheet but not in the palette. */
  readonly sheetOnly?: boolean | undefined;
  /** Of a choice: whether it is the one that holds. */
  readonly on?: boolean | undefined;
  /** In the palette but without a line in the sheet. */
  readonly paletteOnly?: boolean | undefined;
  /** Runs while a text field has the focus although it is a bare key or an editing key. */
  readonly inText?: boolean | undefined;
  /** Runs while a dialog is open. */
  readonly inDialog?: boolean | undefined;
  /** Absent when the widget itself handles the key and only the sheet should know it. */
  readonly run?: (() => void) | undefined;
}

interface Registry {
  readonly owners: ReadonlyArray<{ owner: string; commands: readonly Command[] }>;
  put(owner: string, commands: readonly Command[]): void;
  drop(owner: string): void;
}

export const useRegistry = create<Registry>((set) => ({
  owners: [],
  put: (owner, commands) =>
    set((state) => {
      const rest = state.owners.filter((entry) => entry.owner !== owner);
      const old = state.owners.findIndex((entry) => entry.owner === owner);
      if (old < 0) return { owners: [...rest, { owner, commands }] };
      return { owners: state.owners.map((e) => (e.owner === owner ? { owner, commands } : e)) };
    }),
  drop: (owner) => set((state) => ({ owners: state.owners.filter((e) => e.owner !== owner) })),
}));

/** All commands that stand now; of two with one id the later one. */
export function allCommands(owners = useRegistry.getState().owners): Command[] {
  const byId = new Map<string, Command>();
  for (const { commands } of owners) {
    for (const command of commands) byId.set(command.id, command);
  }
  return [...byId.values()];
}

const shape = (command: Command): string =>
  [
    command.id, command.label, command.detail, String(command.keys), command.group,
    command.disabled, command.on, command.sheetOnly, command.paletteOnly, command.run ? 1 : 0,
  ].join("\u0000");

/**
 * Registers commands while the component is mounted. Handlers may be new on every render: the
 * registry changes only when something one can see has changed.
 */
export function useCommands(commands: readonly Command[]): void {
  const owner = useId();
  const latest = useRef(commands);
  useEffect(() => {
    latest.current = commands;
  });
  const signature = commands.map(shape).join("\u0001");
  useEffect(() => {
    const stable = latest.current.map((command) => ({
      ...command,
      run: command.run
        ? () => latest.current.find((entry) => entry.id === command.id)?.run?.()
        : undefined,
    }));
    useRegistry.getState().put(owner, stable);
    return () => useRegistry.getState().drop(owner);
  }, [owner, signature]);
}

/** The first key of a command, to write beside its button; nothing when it has none. */
export function useKeysOf(id: string | undefined): string | undefined {
  return useRegistry((state) => {
    if (id === undefined) return undefined;
    for (let index = state.owners.length - 1; index >= 0; index -= 1) {
      const found = state.owners[index]?.commands.find((command) => command.id === id);
      if (found) return keyList(found)[0];
    }
    return undefined;
  });
}

export function keyList(command: Command): readonly string[] {
  if (command.keys === undefined) return [];
  return typeof command.keys === "string" ? [command.keys] : command.keys;
}

const isMac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

/** The key that is meant: with Option a Mac types another sign, and the letter is the one on the key. */
export function keyOfEvent({ key, code, altKey }: KeyboardEvent, mac = isMac): string {
  if (key === " ") return "Space";
  return mac && altKey && /^Key[A-Z]$/.test(code) ? code.slice(3) : key;
}

/** Whether this event is that combination. Letters compare by what is typed, not by position. */
export function matches(event: KeyboardEvent, keys: string): boolean {
  const parts = keys === "+" ? ["+"] : keys.endsWith("++") ? [...keys.slice(0, -2).split("+"), "+"] : keys.split("+");
  const key = parts[parts.length - 1] ?? "";
  const wants = (name: string) => parts.slice(0, -1).includes(name);
  const mod = wants("Mod");
  const ctrl = wants("Ctrl") || (mod && !isMac);
  const meta = wants("Meta") || (mod && isMac);
  if (event.ctrlKey !== ctrl || event.metaKey !== meta || event.altKey !== wants("Alt")) return false;
  const typed = keyOfEvent(event);
  // "?" and "+" already carry their shift; a letter or a named key must match it.
  const symbol = key.length === 1 && !/[a-z0-9]/i.test(key);
  if (!symbol && event.shiftKey !== wants("Shift")) return false;
  return typed.toLowerCase() === key.toLowerCase();
}

function isText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) {
    return !["checkbox", "radio", "button", "submit", "file", "range"].includes(target.type);
  }
  return target instanceof HTMLTextAreaElement || target.closest("[data-text-surface]") !== null;
}

/** Keys that edit text: inside a field they belong to the field. */
const EDITING = new Set([
  "Mod+Z", "Mod+Shift+Z", "Mod+Backspace", "Mod+C", "Mod+V", "Mod+X", "Mod+A",
]);

/** The command that the last key ran, and when. */
let lastByKey = { id: "", at: -Infinity };

export function dispatchKey(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.isComposing) return false;
  const text = isText(event.target);
  const dialog = document.querySelector("[data-modal]") !== null;
  const { owners } = useRegistry.getState();
  for (let index = owners.length - 1; index >= 0; index -= 1) {
    for (const command of owners[index]?.commands ?? []) {
      if (!command.run || (dialog && !command.inDialog)) continue;
      const hit = keyList(command).find((keys) => matches(event, keys));
      if (hit === undefined) continue;
      const bare = !/^(Mod|Ctrl|Alt|Meta)\+/.test(hit) && !/^(Shift\+)?F\d+$/.test(hit);
      if (text && !command.inText && (bare || EDITING.has(hit))) continue;
      event.preventDefault();
      if (command.disabled === undefined) {
        lastByKey = { id: command.id, at: performance.now() };
        command.run();
      }
      return true;
    }
  }
  return false;
}

/** Installed once, by the providers. */
export function useKeyDispatch(): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => void dispatchKey(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}

/** Runs a registered command by id, as its key would. False when it is absent or disabled. */
export function runCommand(id: string): boolean {
  const command = allCommands().find((entry) => entry.id === id);
  if (!command?.run || command.disabled !== undefined) return false;
  command.run();
  return true;
}

/** A key that a bar of menus saw as well reaches us twice, the second time as a choice, within this. */
const SAME_KEY_MS = 300;

/** Runs what was chosen in the system's menu, by the rules that hold for its key. */
export function runFromMenu(id: string): boolean {
  const command = allCommands().find((entry) => entry.id === id);
  if (!command) return false;
  if (document.querySelector("[data-modal]") !== null && !command.inDialog) return false;
  if (lastByKey.id === id && performance.now() - lastByKey.at < SAME_KEY_MS) return false;
  const editing = isText(document.activeElement) && !command.inText ? keyList(command).find((keys) => EDITING.has(keys)) : undefined;
  if (editing === "Mod+Z" || editing === "Mod+Shift+Z") return document.execCommand(editing === "Mod+Z" ? "undo" : "redo");
  return runCommand(id);
}

/** Runs a command as soon as the screen that owns it stands: for those one asks for from elsewhere. */
export function runWhenThere(id: string): void {
  if (runCommand(id)) return;
  const stop = useRegistry.subscribe(({ owners }) => {
    if (!allCommands(owners).some((command) => command.id === id)) return;
    stop();
    runCommand(id);
  });
}

/** Whether a command stands now: buttons for it appear and disappear with the screen that owns it. */
export function useHasCommand(id: string): boolean {
  return useRegistry((state) => state.owners.some((o) => o.commands.some((c) => c.id === id)));
}
