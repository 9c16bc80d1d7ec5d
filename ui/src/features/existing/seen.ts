/** Which existing tables somebody has looked at already, so that they are not advertised for ever. */

const key = (project: string): string => `plinth.existing.${project}`;

// Private windows and some embedded views refuse storage; then the tables are told of each time.
export function remember(project: string, names: readonly string[]): void {
  try {
    localStorage.setItem(key(project), JSON.stringify(names));
  } catch {
    return;
  }
}

/** Whether every one of these was there at the last look. */
export function seen(project: string, names: readonly string[]): boolean {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key(project)) ?? "[]");
    return Array.isArray(kept) && names.every((name) => kept.includes(name));
  } catch {
    return false;
  }
}
