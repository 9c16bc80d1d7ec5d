/**
 * Cells on their way through the clipboard, in three forms at once: lines and tabs for every sheet,
 * a table for documents, and the values themselves for another grid of ours, where NULL is not an
 * empty text and a related row keeps its name.
 */
import type { Kind } from "@/lib/fields";
import type { Value } from "@/lib/values";

export interface ClipCell {
  /** As stored; nothing for NULL. */
  readonly text: string;
  /** Known when the cell came from a grid of ours. */
  readonly kind?: Kind | undefined;
  readonly value?: Value | undefined;
  readonly label?: string | undefined;
}

export type Clip = readonly (readonly ClipCell[])[];

/** A type of our own. Programs that do not know it ignore it. */
export const TYPED = "application/x-plinth-cells+json";

export function writeLines(clip: Clip): string {
  // One cell is copied as it is; in a block what would break the grid is quoted, as sheets do.
  const alone = clip.length === 1 && clip[0]?.length === 1;
  const word = (cell: ClipCell): string => (!alone && /[\t\n\r"]/.test(cell.text) ? `"${cell.text.replaceAll('"', '""')}"` : cell.text);
  return clip.map((line) => line.map(word).join("\t")).join("\n");
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export function writeTable(clip: Clip): string {
  const word = (cell: ClipCell): string => cell.text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? "").replace(/\r?\n/g, "<br>");
  const rows = clip.map((line) => `<tr>${line.map((cell) => `<td>${word(cell)}</td>`).join("")}</tr>`);
  return `<table>${rows.join("")}</table>`;
}

export function writeTyped(clip: Clip): string {
  return JSON.stringify({
    version: 1,
    cells: clip.map((line) => line.map((cell) => ({ text: cell.text, kind: cell.kind, value: cell.value, label: cell.label }))),
  });
}

/** Lines and tabs as sheets write them. A quote that opens no whole cell stands for itself. */
export function readLines(text: string, limit: number): Clip {
  const plain = lineEnds(text).replace(/\n$/, "");
  if (plain === "") return [];
  const lines: ClipCell[][] = [];
  let line: ClipCell[] = [];
  let at = 0;
  for (;;) {
    const quoted = plain[at] === '"' ? quotedWord(plain, at) : null;
    const end = quoted?.end ?? nextBreak(plain, at);
    line.push({ text: quoted?.text ?? plain.slice(at, end) });
    if (plain[end] !== "\t") {
      lines.push(line);
      line = [];
      if (end >= plain.length || lines.length >= limit) return lines;
    }
    at = end + 1;
  }
}

function nextBreak(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) if (text[at] === "\t" || text[at] === "\n") return at;
  return text.length;
}

function quotedWord(text: string, from: number): { text: string; end: number } | null {
  let word = "";
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] !== '"') word += text[at] ?? "";
    else if (text[at + 1] === '"') {
      word += '"';
      at += 1;
    } else {
      const end = at + 1;
      return end === text.length || text[end] === "\t" || text[end] === "\n" ? { text: word, end } : null;
    }
  }
  return null;
}

/** The first table of a document. */
export function readTable(html: Document, limit: number): Clip {
  const rows = [...(html.querySelector("table")?.querySelectorAll("tr") ?? [])].slice(0, limit);
  return rows.map((row) =>
    [...row.querySelectorAll("td,th")].map((cell) => {
      for (const br of cell.querySelectorAll("br")) br.replaceWith("\n");
      return { text: (cell.textContent ?? "").trim() };
    }),
  );
}

const STATES: ReadonlySet<unknown> = new Set(["default", "null", "empty", "json-null"]);

/** What another grid of ours wrote; anything else is nothing. */
export function readTyped(text: string, limit: number): Clip | null {
  let doc: unknown;
  try {
    doc = JSON.parse(text);
  } catch {
    return null;
  }
  const { version, cells } = (typeof doc === "object" && doc !== null ? doc : {}) as Readonly<Record<string, unknown>>;
  if (version !== 1 || !Array.isArray(cells)) return null;
  const lines: ClipCell[][] = [];
  for (const raw of (cells as unknown[]).slice(0, limit)) {
    if (!Array.isArray(raw)) return null;
    const line = (raw as unknown[]).map(typedCell);
    if (line.includes(null)) return null;
    lines.push(line.filter((cell) => cell !== null));
  }
  return lines;
}

function typedCell(raw: unknown): ClipCell | null {
  if (typeof raw !== "object" || raw === null) return null;
  const { text, kind, value, label } = raw as Readonly<Record<string, unknown>>;
  if (typeof text !== "string") return null;
  return {
    text,
    ...(typeof kind === "string" ? { kind: kind as Kind } : {}),
    ...(isValue(value) ? { value } : {}),
    ...(typeof label === "string" ? { label } : {}),
  };
}

function isValue(raw: unknown): raw is Value {
  if (typeof raw !== "object" || raw === null) return false;
  const { s, v } = raw as Readonly<Record<string, unknown>>;
  return STATES.has(s) || (s === "value" && typeof v === "string");
}

/** What this window copied last where the clipboard took no type of our own. */
let kept: { readonly text: string; readonly clip: Clip } | null = null;

/** Outside a copy event a clipboard takes no type of our own: the values are kept here beside the text. */
export function keepTyped(clip: Clip): void {
  kept = { text: lineEnds(writeLines(clip)), clip };
}

/** Clipboards of some systems write ends of lines in their own way. */
function lineEnds(text: string): string {
  return text.replace(/\r\n?/g, "\n");
}

/** The best of what the clipboard offers: our own values, then lines, then a table. */
export function readClip(given: { readonly typed: string; readonly text: string; readonly html: string }, limit: number): Clip {
  const typed = given.typed === "" ? null : readTyped(given.typed, limit);
  if (typed && typed.length > 0) return typed;
  const table = (): Clip => (given.html === "" ? [] : readTable(new DOMParser().parseFromString(given.html, "text/html"), limit));
  // Of one cell without a text only the table tells that it is ours.
  if (kept && lineEnds(given.text) === kept.text && (given.text !== "" || table().length === 1)) return kept.clip.slice(0, limit);
  const lines = readLines(given.text, limit);
  return lines.length > 0 ? lines : table();
}
