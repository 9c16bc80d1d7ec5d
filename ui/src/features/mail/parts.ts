/** The parts of the area, as the address names them. */
export const PARTS = ["log", "templates"] as const;

export type Part = (typeof PARTS)[number];

export function isPart(word: unknown): word is Part {
  return (PARTS as readonly unknown[]).includes(word);
}
