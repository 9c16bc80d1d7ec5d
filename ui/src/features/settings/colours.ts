/** Colours as they are stored, `#rrggbb`, and how well one is read on another (WCAG 2, 1.4.3). */

/** The six-digit form in small letters; null for what is no colour of this kind. */
export function hexOf(text: string): string | null {
  const found = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim())?.[1]?.toLowerCase();
  if (found === undefined) return null;
  return found.length === 6 ? `#${found}` : `#${[...found].map((digit) => digit + digit).join("")}`;
}

function luminance(hex: string): number {
  const part = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

/** From 1 (the same) to 21 (black on white); both as `hexOf` answers them. */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** What text needs, and what its large form and the edge of a control need. */
const TEXT = 4.5;
const LARGE = 3;

export type Reading = "text" | "large" | "none";

export function readingOf(ratio: number): Reading {
  return ratio >= TEXT ? "text" : ratio >= LARGE ? "large" : "none";
}

/** Two digits, never rounded up to what it does not reach. */
export function ratioText(ratio: number): string {
  return (Math.floor(ratio * 100) / 100).toFixed(2);
}

export const WHITE = "#ffffff";
export const BLACK = "#000000";

/** The one of black and white that is read better on a colour. */
export function inkOn(hex: string): string {
  return contrast(hex, WHITE) >= contrast(hex, BLACK) ? WHITE : BLACK;
}
