/** Values that are shown shorter than they were answered: rounded to be read, whole where they are copied. */
import type { CollectionInfo } from "@/lib/fields";
import { fieldAt } from "@/lib/filters";
import { groupDigits } from "@/lib/values";
import { writeLines } from "../grid/clipboard";
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
  return writeLines([head, ...points.map((point) => [...point.label, point.text])].map((cells) => cells.map((text) => ({ text }))));
}

/**
 * Puts what is marked on the clipboard with values in full: what stands there may be rounded. It is
 * for the whole page at once, for what is marked may begin in one report and end in another.
 */
export function copyExact(event: Pick<ClipboardEvent, "clipboardData" | "preventDefault">, page: Document): void {
  const selection = page.getSelection();
  if (!selection || selection.isCollapsed) return;
  const marked = selection.getRangeAt(0);
  const whole = [...page.querySelectorAll<HTMLElement>("[data-exact]")].filter((value) => touches(marked, value));
  if (whole.length === 0) return;
  // What the page would copy, with each value that it names in full in its place.
  let text = selection.toString();
  let from = 0;
  for (const value of whole) {
    const at = text.indexOf(value.textContent, from);
    if (at < 0) continue;
    const exact = value.dataset["exact"] ?? value.textContent;
    text = `${text.slice(0, at)}${exact}${text.slice(at + value.textContent.length)}`;
    from = at + exact.length;
  }
  event.clipboardData?.setData("text/plain", text);
  event.preventDefault();
}

/** Whether all of a value is marked: its edge alone is not, and a part of a word is copied as any text is. */
function touches(marked: Range, value: Element): boolean {
  const own = value.ownerDocument.createRange();
  own.selectNodeContents(value);
  return marked.compareBoundaryPoints(Range.START_TO_START, own) <= 0 && marked.compareBoundaryPoints(Range.END_TO_END, own) >= 0;
}
