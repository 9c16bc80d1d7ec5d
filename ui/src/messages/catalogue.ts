/**
 * The message catalogue. Every visible string of the studio is an entry here or in the
 * `messages.ts` of a feature; `tests/literals.test.ts` fails on text that stands in markup.
 *
 * An entry is a sentence with `{slots}`, or `{one, other}` chosen by the slot `count`.
 * The slots of an entry are part of its type, so a missing value does not compile.
 */
import { createElement, Fragment, type ReactNode } from "react";

export type Message = string | { readonly one: string; readonly other: string };

type SlotsOf<Text> = Text extends `${string}{${infer Slot}}${infer Rest}`
  ? Slot | SlotsOf<Rest>
  : never;
type Slots<Entry> = Entry extends { readonly one: infer One; readonly other: infer Other }
  ? "count" | SlotsOf<One> | SlotsOf<Other>
  : SlotsOf<Entry>;
type Values<Entry, Value> = [Slots<Entry>] extends [never]
  ? []
  : [values: Readonly<Record<Slots<Entry>, Value>>];

export type SlotValue = string | number | bigint;

export interface Translate<Entries extends Readonly<Record<string, Message>>> {
  <Key extends keyof Entries & string>(key: Key, ...values: Values<Entries[Key], SlotValue>): string;
  /** The same sentence with elements in its slots. */
  rich<Key extends keyof Entries & string>(
    key: Key,
    ...values: Values<Entries[Key], ReactNode>
  ): ReactNode;
}

export type Locale = "en" | "pseudo";

let locale: Locale = "en";
// Made when the first number is said, and not while the studio begins: to make them reads the data of a
// locale, which took a third of the task that all of it began in.
let integers: Intl.NumberFormat | null = null;
let plurals: Intl.PluralRules | null = null;

/** Makes them, in a moment when nobody waits. */
export function readyNumbers(): void {
  count(0);
  isOne(0);
}

function isOne(amount: number | bigint): boolean {
  plurals ??= new Intl.PluralRules("en");
  return plurals.select(Number(amount)) === "one";
}

/** Chosen once before the first render; `pseudo` shows what is untranslated or clipped. */
export function setLocale(next: Locale): void {
  locale = next;
}

export function currentLocale(): Locale {
  return locale;
}

/** An exact count as people read it: 9,310. */
export function count(value: number | bigint): string {
  integers ??= new Intl.NumberFormat("en");
  return integers.format(value);
}

const ACCENTED: Readonly<Record<string, string>> = {
  a: "á", b: "ƀ", c: "ç", d: "đ", e: "é", f: "ƒ", g: "ĝ", h: "ĥ", i: "í", j: "ĵ", k: "ķ", l: "ļ",
  n: "ñ", o: "ó", p: "þ", r: "ŕ", s: "š", t: "ţ", u: "ú", w: "ŵ", y: "ý", z: "ž",
  A: "Á", C: "Ç", D: "Đ", E: "É", G: "Ĝ", H: "Ĥ", I: "Í", J: "Ĵ", K: "Ķ", L: "Ļ", N: "Ñ", O: "Ó",
  R: "Ŕ", S: "Š", T: "Ţ", U: "Ú", W: "Ŵ", Y: "Ý", Z: "Ž",
};

/** Accents on every letter and a third more length, as German or Finnish would bring. */
function pseudo(text: string): string {
  const accented = text.replace(/[A-Za-z]/g, (letter) => ACCENTED[letter] ?? letter);
  return `${accented}${"~".repeat(Math.ceil(text.trim().length / 3))}`;
}

function parts(entry: Message, values: Readonly<Record<string, unknown>>): string[] {
  const amount = values["count"];
  const text =
    typeof entry === "string"
      ? entry
      : (typeof amount === "number" || typeof amount === "bigint") &&
          isOne(amount)
        ? entry.one
        : entry.other;
  return text.split(/\{([^}]+)\}/);
}

function shown(value: unknown): string {
  return typeof value === "number" || typeof value === "bigint"
    ? count(value)
    : String(value);
}

export function catalogue<const Entries extends Readonly<Record<string, Message>>>(
  entries: Entries,
): Translate<Entries> {
  const pieces = (key: string, values: Readonly<Record<string, unknown>> = {}): unknown[] =>
    parts(entries[key] ?? key, values).map((piece, index) =>
      index % 2 === 1 ? values[piece] : locale === "pseudo" && piece !== "" ? pseudo(piece) : piece,
    );
  const plain = (key: string, values?: Readonly<Record<string, SlotValue>>): string =>
    pieces(key, values).map(shown).join("");
  const rich = (key: string, values?: Readonly<Record<string, ReactNode>>): ReactNode =>
    createElement(
      Fragment,
      null,
      ...pieces(key, values).map((piece) =>
        typeof piece === "number" || typeof piece === "bigint"
          ? count(piece)
          : (piece as ReactNode),
      ),
    );
  return Object.assign(plain, { rich }) as unknown as Translate<Entries>;
}
