import type { StorageAdapter } from './storage.js';
import type { AuthMode, AuthStateEvent, User } from './types/auth.js';
import type { NumberForm } from './types/common.js';

/** Options of {@link createPlinth}. Only `url` is required. */
export interface PlinthOptions {
  /**
   * Address of the server, such as `https://api.example.com`. Its routes stand at the root of the
   * origin; a path in this address is not used.
   */
  url: string;
  /** A token that is sent with every request and never refreshed: a service account. */
  token?: string | undefined;
  /** Sent as `X-Tenant-Id` with every request. */
  tenantId?: string | undefined;
  /** `jwt` (default) sends a bearer token; `cookie` leaves the session to an HttpOnly cookie. */
  authMode?: AuthMode | undefined;
  /** The `credentials` of `fetch`: `include` in cookie mode, else `same-origin`, unless given. */
  credentials?: 'omit' | 'same-origin' | 'include' | undefined;
  /** Milliseconds until a call fails with code `TIMEOUT`; 600 000 unless given, `0` for no limit. */
  timeout?: number | undefined;
  /** Renew the access token before it expires and after a 401; `true` unless given. */
  autoRefresh?: boolean | undefined;
  /** Where the session is kept: `localStorage` in a browser page, else memory, unless given. */
  storage?: StorageAdapter | undefined;
  /** Headers sent with every request. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Used instead of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Told of every change of who is signed in. */
  onAuthStateChange?: ((event: AuthStateEvent, user: User | null) => void) | undefined;
  /**
   * `number` (default) gives every number as a JavaScript number, which rounds integers beyond
   * 2^53 and long decimals. `exact` makes the server send Decimal and BigInt values as text; the
   * sums and averages of such a client are typed so.
   */
  numbers?: NumberForm | undefined;
  /**
   * Refuse a write that names a field the collection does not have (400 `UNKNOWN_FIELD`). Without
   * it the server leaves such a key out when the caller is an administrator.
   */
  strict?: boolean | undefined;
}
