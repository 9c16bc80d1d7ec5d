import type { CallOptions } from './common.js';

export type { ApiToken, ApiTokenMade } from '../generated/wire.js';

/** What a new API token is asked for with. */
export interface ApiTokenInput {
  /** What it is for; 1 to 100 characters. */
  name: string;
  /**
   * What it may be used for at most, `action:collection` each. The action is `read`, `create`, `update`,
   * `delete`, `write` (all but reading) or `*`; the collection a name, or `*` for all that are not the
   * system's. Left out: all that its role may.
   */
  scopes?: string[] | undefined;
  /** When it ends; in a year unless said, `null` for never. */
  expiresAt?: string | Date | null | undefined;
  /** Whose it is, where that is somebody else (administrators). */
  userId?: string | undefined;
  /** Holds it to one of the user's roles. */
  roleId?: string | undefined;
  /** The tenant that it works in; the session's unless said. */
  tenantId?: string | undefined;
}

/** Whose API tokens a list is of. */
export interface ApiTokenListOptions extends CallOptions {
  /** Somebody else's (administrators). */
  userId?: string | undefined;
}
