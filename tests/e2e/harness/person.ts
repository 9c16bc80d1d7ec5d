/**
 * A person before the studio, in a browser or in the real window. A journey is written once
 * against this; things are found by their role and name only, as a person or a screen reader does.
 */
export interface Thing {
  /** ARIA role. */
  readonly role: string;
  /** Accessible name: the whole of it, or a pattern in it. */
  readonly name?: string | RegExp;
  /** Look inside another thing only. */
  readonly within?: Thing;
  /** Which of several, from 0; without it there must be one. */
  readonly nth?: number;
}

export interface Person {
  /** Pointer presses, and Enter or Space on a focused control; typing and shortcuts are none. */
  readonly clicks: number;
  click(thing: Thing): Promise<void>;
  /** Types into what has the focus, one key after the other. */
  type(text: string): Promise<void>;
  /** A key or a chord such as `Control+s`. */
  press(keys: string): Promise<void>;
  /** Replaces the content of a field; reaching it by pointer is a click. */
  fill(field: Thing, text: string): Promise<void>;
  /** Waits until it is there. */
  see(thing: Thing): Promise<void>;
  /** Waits until it has the focus, so that what is typed next goes there. */
  reach(thing: Thing): Promise<void>;
  /** Waits until the text stands somewhere on the screen. */
  read(text: string | RegExp): Promise<void>;
  /** Waits until it is gone. */
  miss(thing: Thing): Promise<void>;
  /** What it says. */
  textOf(thing: Thing): Promise<string>;
  count(thing: Thing): Promise<number>;
  /** A picture for people, `artifacts/<name>-<theme>.png`. */
  shot(name: string): Promise<void>;
}

/** How long a person waits for anything. */
export const PATIENCE_MS = 30_000;
/**
 * A wait for something long takes so many times its limit before it is given up. Time itself fails no
 * journey, since a machine that is busy says nothing about the studio: it is told, and
 * `cargo xtask bench journeys` judges what is told.
 */
export const LENIENCE = 10;
/** The pace of the journeys' typist. */
export const KEY_MS = 60;

export function shown(thing: Thing): string {
  const name = thing.name === undefined ? "" : ` ${String(thing.name)}`;
  const nth = thing.nth === undefined ? "" : ` (number ${String(thing.nth + 1)})`;
  const within = thing.within ? ` in ${shown(thing.within)}` : "";
  return `${thing.role}${name}${nth}${within}`;
}

/** Enter and Space act on a focused control; every other key is typing or a shortcut. */
export function isPress(keys: string): boolean {
  return keys === "Enter" || keys === " " || keys === "Space";
}
