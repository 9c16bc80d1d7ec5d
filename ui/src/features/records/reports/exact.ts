/** Values that are shown shorter than they were answered: rounded to be read, whole where they are copied. */
import type { CollectionInfo } from "@/lib/fields";
import { fieldAt } from "@/lib/filters";
import { groupDigits } from "@/lib/values";
import type { Point, Report } from "./report";

/** Digits after the point that an average is read with, and those of a small one that say something. */
const DIGITS = 2;
const SIGNIFICANT = 3;

/** How many digits after the point a report is read with; none where what is stored is what is told. */
export function digitsOf({ measure }: Pick<Report, "measure">, collection: CollectionInfo | undefined, find: (name: string) => CollectionInfo | undefined): number | null {
  const type = collection && measure.field !== "*" ? fieldAt(collection, measure.field, find)?.type : undefined;
  const inexact = type?.kind === "float" && measure.function === "sum";
  if (measure.function !== "avg" && !inexact) return null;
  return Math.max(DIGITS, type?.kind === "decimal" ? (type.scale ?? 0) : 0);
}

/** `6414.4494883720930233` as `6414.45`, by its digits alone; a small number keeps those that say something. */
export function rounded(text: string, digits: number): string {
  const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!found) return text;
  const [, sign = "", whole = "", fraction = ""] = found;
  const zeros = /^0*$/.test(whole) ? (/^0*/.exec(fraction)?.[0].length ?? 0) : 0;
  const small = zeros > 0 && /[1-9]/.test(fraction);
  const kept = small ? Math.max(digits, Math.min(zeros + SIGNIFICANT, fraction.length)) : digits;
  const places = fraction.slice(0, kept).padEnd(kept, "0");
  const up = (fraction[kept] ?? "0") >= "5" ? 1n : 0n;
  const all = String(BigInt(`${whole}${places}`) + up).padStart(kept + 1, "0");
  const cut = all.length - kept;
  return `${sign}${all.slice(0, cut)}${kept === 0 ? "" : `.${all.slice(cut)}`}`;
}

/** What one sees in full when one rests on it; nothing where it is in full already. */
export const exactTitle = ({ text, shown }: Point): string | undefined => (shown === undefined || shown === text ? undefined : groupDigits(text));

/** The groups with their values in full, as a spreadsheet takes them. */
export function tableText(head: readonly string[], points: readonly Point[]): string {
  return [head, ...points.map((point) => [...point.label, point.text])].map((cells) => cells.join("\t")).join("\n");
}

/** Puts what is marked on the clipboard with values in full: what stands there may be rounded. */
export function copyExact(event: { readonly currentTarget: Element; readonly clipboardData: { setData: (format: string, text: string) => void }; preventDefault: () => void }): void {
  const selection = event.currentTarget.ownerDocument.getSelection();
  if (!selection || selection.isCollapsed) return;
  const marked = selection.getRangeAt(0);
  const cells = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-cell]")].filter((cell) => marked.intersectsNode(cell));
  // A part of a word is copied as any text is.
  if (cells.every((cell) => cell.dataset["exact"] === undefined)) return;
  const lines = new Map<Element | null, string[]>();
  for (const cell of cells) {
    const line = lines.get(cell.parentElement) ?? [];
    lines.set(cell.parentElement, [...line, cell.dataset["exact"] ?? cell.textContent]);
  }
  event.clipboardData.setData("text/plain", [...lines.values()].map((line) => line.join("\t")).join("\n"));
  event.preventDefault();
}
