/**
 * That this window has left for a provider. Whoever is led here otherwise, by a link that somebody
 * made, would be signed in as somebody else without noticing.
 */
const KEY = "plinth.provider";

/** Remembers a way in that begins now, by a word that comes back with it. */
export function begin(): string {
  const word = crypto.randomUUID();
  sessionStorage.setItem(KEY, word);
  return word;
}

/** Whether it was this window that began it; asked once for each. */
export function wasBegunHere(word: string | undefined): boolean {
  const begun = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return begun !== null && begun === word;
}
