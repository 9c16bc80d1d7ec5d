/** What a new API token is asked for with, as the form holds it. */

export const ACTIONS = ["read", "create", "update", "delete", "write", "*"] as const;
export type ScopeAction = (typeof ACTIONS)[number];

export interface ScopeRow {
  readonly action: ScopeAction;
  /** A name, or `*` for all that are not the system's. */
  readonly collection: string;
}

/** Each scope once, in the order of the rows. */
export function scopesOf(rows: readonly ScopeRow[]): string[] {
  return [...new Set(rows.map(({ action, collection }) => `${action}:${collection}`))];
}

/** Days, or for ever. */
export const LIFETIMES = ["30", "90", "365", "never"] as const;
export type Lifetime = (typeof LIFETIMES)[number];

const DAY_MS = 24 * 60 * 60 * 1000;

export function endOf(lifetime: Lifetime, now: number): Date | null {
  return lifetime === "never" ? null : new Date(now + Number(lifetime) * DAY_MS);
}
