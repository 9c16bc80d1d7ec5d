/** What the server says to people, in the words of the screens: its names without their marks, its types as they are called here. */
import { readType, typeText } from "./fields";

/** A type as the server tells it, with its bounds: `String of 40`, `Decimal(12,2)`, `Integer`. */
function typeWord(word: string): string {
  const sized = /^(\w+) of (\d+)$/.exec(word);
  if (sized) return typeText(readType(sized[1], { length: Number(sized[2]) }));
  const exact = /^(\w+)\((\d+),(\d+)\)$/.exec(word);
  if (exact) return typeText(readType(exact[1], { precision: Number(exact[2]), scale: Number(exact[3]) }));
  const type = readType(word);
  return type.kind === "unknown" ? word : typeText(type);
}

/** What a field was or becomes: types in our words, whatever else is told of it as it is. */
export function typesIn(text: string): string {
  // Options are values that are stored: one may be called as a type is.
  const listed = /^Enum of (.*)$/s.exec(text);
  return listed ? `enum of ${listed[1] ?? ""}` : text.split(", ").map(typeWord).join(", ");
}

/** A sentence about a change; a name in it stays as it is, be it that of a type. */
export function told(sentence: string, about: { readonly from?: string | undefined; readonly to?: string | undefined } = {}): string {
  const words = [about.from, about.to].flatMap((text) => (text === undefined ? [] : text.startsWith("Enum of ") ? [text] : text.split(", "))).filter((word) => typesIn(word) !== word);
  const marks = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = marks.length === 0 ? null : new RegExp(`(?<![\\w])(?:${marks.sort((a, b) => b.length - a.length).join("|")})(?![\\w])`, "g");
  return sentence
    .split("`")
    .map((piece, index) => (index % 2 === 1 || pattern === null ? piece : piece.replace(pattern, typesIn)))
    .join("");
}
