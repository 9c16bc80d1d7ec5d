/** How well a query fits a name, and which letters carry it. */
export interface Match {
  /** Lower is better. */
  readonly score: number;
  /** Half-open ranges of the matched letters. */
  readonly ranges: ReadonlyArray<readonly [number, number]>;
}

/**
 * The start of the name, then the start of a word, then anywhere, then the letters in order.
 * Null when it does not fit.
 */
export function match(query: string, name: string): Match | null {
  if (query === "") return { score: 0, ranges: [] };
  const text = name.toLowerCase();
  const wanted = query.toLowerCase();
  const at = text.indexOf(wanted);
  if (at === 0) return { score: 0, ranges: [[0, wanted.length]] };
  const word = [" ", ".", "_", "-", "/"].map((gap) => text.indexOf(gap + wanted)).filter((i) => i >= 0);
  if (word.length > 0) {
    const start = Math.min(...word) + 1;
    return { score: 1, ranges: [[start, start + wanted.length]] };
  }
  if (at > 0) return { score: 2, ranges: [[at, at + wanted.length]] };
  const ranges: Array<[number, number]> = [];
  let from = 0;
  for (const letter of wanted) {
    const found = text.indexOf(letter, from);
    if (found < 0) return null;
    const last = ranges[ranges.length - 1];
    if (last && last[1] === found) last[1] = found + 1;
    else ranges.push([found, found + 1]);
    from = found + 1;
  }
  // Letters strewn over the whole name are chance, not meaning; two letters mean nothing yet.
  return wanted.length < 3 || ranges.length > 3 ? null : { score: 3 + ranges.length, ranges };
}
