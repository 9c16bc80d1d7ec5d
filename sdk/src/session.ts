import type { StorageAdapter } from './storage.js';
import type { AuthMode, User } from './types/auth.js';

// The names the Baasix client uses, so that a session survives the change of the import.
const KEY = {
  access: 'baasix_access_token',
  refresh: 'baasix_refresh_token',
  expiry: 'baasix_token_expiry',
  user: 'baasix_user',
  tenant: 'baasix_tenant',
} as const;

/** The part of a token reply a session keeps. */
export interface TokenReply {
  token?: string | undefined;
  refreshToken?: string | undefined;
  /** Seconds. */
  expiresIn?: number | undefined;
  user?: User | null | undefined;
}

/** What a request is sent with, and the moment in the session's life it was read. */
export interface Credential {
  readonly token: string | undefined;
  /** Changes whenever another user, or nobody, is signed in. */
  readonly epoch: number;
  /** Changes whenever the tokens of the same user are renewed. */
  readonly generation: number;
}

/**
 * The session of one client. Writes are queued, so that a refresh that comes home late can neither
 * interleave with a sign-out nor bring back what it ended.
 */
export class Session {
  readonly #storage: StorageAdapter;
  readonly mode: AuthMode;
  #staticToken: string | undefined;
  #tenant: string | undefined;
  #epoch = 0;
  #generation = 0;
  #lifetime: number | undefined;
  #writes: Promise<unknown> = Promise.resolve();

  constructor(
    storage: StorageAdapter,
    mode: AuthMode,
    staticToken: string | undefined,
    tenant: string | undefined,
  ) {
    this.#storage = storage;
    this.mode = mode;
    this.#staticToken = staticToken;
    this.#tenant = tenant;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Whether the token was given by the program and therefore cannot be renewed. */
  get isStatic(): boolean {
    return this.#staticToken !== undefined;
  }

  /** Milliseconds the present token was issued for, when this client saw it issued. */
  get lifetime(): number | undefined {
    return this.#lifetime;
  }

  async credential(): Promise<Credential> {
    await this.#writes;
    const [epoch, generation] = [this.#epoch, this.#generation];
    return { token: await this.token(), epoch, generation };
  }

  async token(): Promise<string | undefined> {
    if (this.mode === 'cookie') return undefined;
    return this.#staticToken ?? (await this.#read(KEY.access));
  }

  async refreshToken(): Promise<string | undefined> {
    return this.isStatic ? undefined : this.#read(KEY.refresh);
  }

  /** When the token expires, in milliseconds since 1970. */
  async expiresAt(): Promise<number | undefined> {
    if (this.isStatic) return undefined;
    const at = Number(await this.#read(KEY.expiry));
    return at > 0 ? at : undefined;
  }

  async user(): Promise<User | null> {
    const text = await this.#read(KEY.user);
    if (text === undefined) return null;
    try {
      return JSON.parse(text) as User;
    } catch {
      return null; // not written by this client
    }
  }

  async tenant(): Promise<string | undefined> {
    return this.#tenant ?? (await this.#read(KEY.tenant));
  }

  /** Another user is signed in. */
  adopt(reply: TokenReply): Promise<void> {
    return this.#write(async () => {
      this.#epoch += 1;
      this.#staticToken = undefined;
      await this.#put(KEY.refresh, this.mode === 'jwt' ? reply.refreshToken : undefined);
      await this.#putToken(reply);
      await this.#put(KEY.user, reply.user ? JSON.stringify(reply.user) : undefined);
    });
  }

  /** The tokens of the user of `epoch` were renewed; tells whether that is still the user. */
  renew(reply: TokenReply, epoch: number): Promise<boolean> {
    return this.#write(async () => {
      if (epoch !== this.#epoch) return false;
      this.#generation += 1;
      if (this.mode === 'jwt' && reply.refreshToken) await this.#put(KEY.refresh, reply.refreshToken);
      await this.#putToken(reply);
      if (reply.user) await this.#put(KEY.user, JSON.stringify(reply.user));
      return true;
    });
  }

  /** Nobody is signed in any more, unless somebody else than the user of `epoch` is. */
  end(epoch: number = this.#epoch): Promise<boolean> {
    if (epoch !== this.#epoch) return Promise.resolve(false);
    // At once, not in the queue: what is on its way now belongs to a session that is over.
    this.#epoch += 1;
    return this.#write(async () => {
      // A static token is the program's, not the session's: it stays.
      const known = (await this.#read(KEY.access)) ?? (await this.#read(KEY.user));
      this.#lifetime = undefined;
      for (const key of [KEY.access, KEY.refresh, KEY.expiry, KEY.user]) await this.#storage.remove(key);
      return known !== undefined;
    });
  }

  /** Remembers the user as the server describes it; tells whether that differs from before. */
  remember(user: User, epoch: number): Promise<boolean> {
    return this.#write(async () => {
      const text = JSON.stringify(user);
      if (epoch !== this.#epoch || text === (await this.#read(KEY.user))) return false;
      await this.#put(KEY.user, text);
      return true;
    });
  }

  setTenant(tenant: string | undefined): Promise<void> {
    return this.#write(async () => {
      this.#tenant = undefined;
      await this.#put(KEY.tenant, tenant);
    });
  }

  async #putToken(reply: TokenReply): Promise<void> {
    const { expiresIn } = reply;
    const expires = this.mode === 'jwt' && typeof expiresIn === 'number';
    this.#lifetime = expires ? expiresIn * 1000 : undefined;
    const expiry = this.#lifetime === undefined ? undefined : String(Date.now() + this.#lifetime);
    await this.#put(KEY.expiry, expiry);
    await this.#put(KEY.access, this.mode === 'jwt' ? reply.token : undefined);
  }

  async #put(key: string, value: string | undefined): Promise<void> {
    await (value ? this.#storage.set(key, value) : this.#storage.remove(key));
  }

  async #read(key: string): Promise<string | undefined> {
    const value = await this.#storage.get(key);
    // Clients that stored a missing token as text left these words behind.
    return value && value !== 'undefined' && value !== 'null' ? value : undefined;
  }

  #write<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#writes.then(change);
    this.#writes = done.catch(() => undefined); // the caller of this write hears of its failure
    return done;
  }
}
