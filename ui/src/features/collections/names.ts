/** Names, suggested and kept apart. */

/** The name, or the name with the first free number behind it. */
export function free(name: string, taken: readonly string[]): string {
  const lower = new Set(taken.map((word) => word.toLowerCase()));
  if (!lower.has(name.toLowerCase())) return name;
  let next = 2;
  while (lower.has(`${name}_${String(next)}`.toLowerCase())) next += 1;
  return `${name}_${String(next)}`;
}

/** "authors" names many; one of them is an author. English, and only to suggest a name. */
export function singular(word: string): string {
  if (/ies$/i.test(word) && word.length > 4) return word.replace(/ies$/i, "y");
  if (/(ss|x|z|ch|sh)es$/i.test(word)) return word.slice(0, -2);
  if (/[^s]s$/i.test(word) && !/(us|is)$/i.test(word)) return word.slice(0, -1);
  return word;
}

export function plural(word: string): string {
  if (singular(word) !== word) return word;
  if (/[^aeiou]y$/i.test(word)) return `${word.slice(0, -1)}ies`;
  if (/(s|x|z|ch|sh)$/i.test(word)) return `${word}es`;
  return `${word}s`;
}
