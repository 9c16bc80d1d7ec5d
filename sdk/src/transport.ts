import { Deadline } from './deadline.js';
import { errorFromReply, PlinthError } from './error.js';
import type { PlinthOptions } from './options.js';
import { Session, type Credential, type TokenReply } from './session.js';
import { defaultStorage } from './storage.js';
import type { AuthMode, AuthStateEvent, AuthTokens, User } from './types/auth.js';
import type { CallOptions } from './types/common.js';

const TIMEOUT_DEFAULT_MS = 600_000;
/** An access token with less life left than this is renewed before it is used. */
const RENEW_BEFORE_MS = 60_000;
/** What the status alone says: there is no body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One request to the server. */
export interface HttpRequest extends CallOptions {
  method: HttpMethod;
  /** Absolute, such as `/items/products`. */
  path: string;
  /** Query keys: objects and lists travel as JSON text; `null` and `undefined` are left out. */
  params?: object | undefined;
  /** A `FormData` goes as it is, anything else as JSON. */
  body?: unknown;
  /** Send no credential, and do not try to renew one. */
  skipAuth?: boolean | undefined;
}

/** Options of the HTTP verbs. */
export type HttpOptions = Pick<HttpRequest, 'params' | 'skipAuth'> & CallOptions;

/** Requests on routes that have no method of their own. */
export type Http = Pick<Transport, 'request' | 'get' | 'post' | 'put' | 'patch' | 'delete' | 'stream'>;

/** Sends requests as the signed-in user, renews the session, and gives errors one form. */
export class Transport {
  readonly session: Session;
  /** Scheme, host and port of the server. */
  readonly origin: string;
  readonly #options: PlinthOptions;
  #refresh: { epoch: number; tokens: Promise<AuthTokens> } | undefined;

  constructor(options: PlinthOptions) {
    const mode: AuthMode = options.authMode ?? 'jwt';
    mustBeOneOf('authMode', mode, ['jwt', 'cookie']);
    mustBeOneOf('numbers', options.numbers ?? 'number', ['number', 'exact']);
    if (mode === 'cookie' && options.token !== undefined) {
      throw new TypeError(
        'createPlinth: "token" cannot be used with authMode "cookie", which sends no token; leave one of them out',
      );
    }
    this.origin = originOf(options.url);
    this.#options = options;
    this.session = new Session(options.storage ?? defaultStorage(), mode, options.token, options.tenantId);
  }

  /**
   * Sends any request and resolves to the parsed body of the reply: `undefined` where the status
   * says that there is none (204, 205, 304). An empty body with any other status is an error with
   * the code `INVALID_RESPONSE`.
   *
   * @example
   * ```ts
   * const reply = await plinth.http.request<{ data: unknown[] }>({
   *   method: 'GET',
   *   path: '/items/products',
   *   params: { limit: 1 },
   * });
   * console.log(reply.data);
   * ```
   */
  async request<T>(request: HttpRequest): Promise<T> {
    return (await this.exchange<T>(request)).body;
  }

  /**
   * `GET` on any route.
   *
   * @example
   * ```ts
   * const document = await plinth.http.get<{ openapi: string }>('/openapi');
   * console.log(document.openapi);
   * ```
   */
  get<T>(path: string, options?: HttpOptions): Promise<T> {
    return this.request<T>({ ...options, method: 'GET', path });
  }

  /**
   * `POST` on any route. A `FormData` body is sent as multipart.
   *
   * @example
   * ```ts
   * const reply = await plinth.http.post<{ data: { id: string } }>('/items/products', { name: 'Lamp' });
   * console.log(reply.data.id);
   * ```
   */
  post<T>(path: string, body?: unknown, options?: HttpOptions): Promise<T> {
    return this.request<T>({ ...options, method: 'POST', path, body });
  }

  /**
   * `PUT` on any route.
   *
   * @example
   * ```ts
   * await plinth.http.put('/extensions/prices', { currency: 'EUR' });
   * ```
   */
  put<T>(path: string, body?: unknown, options?: HttpOptions): Promise<T> {
    return this.request<T>({ ...options, method: 'PUT', path, body });
  }

  /**
   * `PATCH` on any route.
   *
   * @example
   * ```ts
   * await plinth.http.patch('/items/products/1', { price: 12 });
   * ```
   */
  patch<T>(path: string, body?: unknown, options?: HttpOptions): Promise<T> {
    return this.request<T>({ ...options, method: 'PATCH', path, body });
  }

  /**
   * `DELETE` on any route.
   *
   * @example
   * ```ts
   * await plinth.http.delete('/items/products/1');
   * ```
   */
  delete<T>(path: string, body?: unknown, options?: HttpOptions): Promise<T> {
    return this.request<T>({ ...options, method: 'DELETE', path, body });
  }

  /** As {@link request}, with the headers of the reply. @internal */
  exchange<T>(request: HttpRequest): Promise<{ body: T; headers: Headers }> {
    return this.#run(request, async (response, deadline) => {
      const body = await parsed(response, request);
      deadline.release();
      // What a route answers is the server's promise; it is not checked again here.
      return { body: body as T, headers: response.headers };
    });
  }

  /**
   * Sends any request and hands the reply over unread, for bodies that are large, no JSON, or hold
   * numbers that must not be rounded. The time limit ends when the reply begins.
   *
   * @example
   * ```ts
   * const reply = await plinth.http.stream({ method: 'GET', path: '/items/products' });
   * console.log(await reply.text());
   * ```
   */
  stream(request: HttpRequest): Promise<Response> {
    return this.#run(request, (response, deadline) => {
      deadline.stopClock();
      return Promise.resolve(response);
    });
  }

  emit(event: AuthStateEvent, user: User | null): void {
    try {
      this.#options.onAuthStateChange?.(event, user);
    } catch (error) {
      // The listener's own fault: it must be seen, but the call that caused the event is not at fault.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /** Renews the tokens; all who ask meanwhile get the same renewal. */
  refresh(): Promise<AuthTokens> {
    const epoch = this.session.epoch;
    if (this.#refresh?.epoch !== epoch) {
      const tokens = this.#renew(epoch).finally(() => {
        if (this.#refresh?.tokens === tokens) this.#refresh = undefined;
      });
      this.#refresh = { epoch, tokens };
    }
    return this.#refresh.tokens;
  }

  /** Forgets who is signed in, and tells the program if anybody was. */
  async signOut(epoch?: number): Promise<void> {
    if (await this.session.end(epoch)) this.emit('SIGNED_OUT', null);
  }

  async #run<T>(
    request: HttpRequest,
    read: (response: Response, deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    const limit = request.timeout ?? this.#options.timeout ?? TIMEOUT_DEFAULT_MS;
    const deadline = new Deadline(request.signal, limit);
    try {
      return await read(await this.#authorised(request, deadline), deadline);
    } catch (error) {
      deadline.release();
      throw deadline.explain(error, `${request.method} ${request.path}`);
    }
  }

  async #authorised(request: HttpRequest, deadline: Deadline): Promise<Response> {
    const renews = request.skipAuth !== true && this.#options.autoRefresh !== false;
    if (renews) await deadline.race(this.#renewIfExpiring());
    const credential = await deadline.race(this.session.credential());
    const response = await this.#send(request, credential, deadline);
    if (isAnswer(response)) return response;
    const failure = await refusal(response, request);
    if (response.status !== 401 || !renews) throw failure;

    const renewed = await deadline.race(this.#recover(credential, failure));
    const second = await this.#send(request, renewed, deadline);
    if (isAnswer(second)) return second;
    throw await refusal(second, request);
  }

  /** After a 401: the credential to try once more with, or `failure` thrown. */
  async #recover(sent: Credential, failure: PlinthError): Promise<Credential> {
    const { session } = this;
    const now = await session.credential();
    // Somebody else is signed in by now; the request was not made in their name.
    if (now.epoch !== sent.epoch) throw failure;
    // Renewed while the request was on its way, here or in another tab.
    if (now.generation !== sent.generation || now.token !== sent.token) return now;
    if (session.isStatic || (session.mode === 'jwt' && now.token === undefined)) throw failure;

    try {
      await this.refresh();
    } catch (error) {
      // The server's word on the request says more than that a refresh was tried in vain; but when
      // the refresh did not get through, the session may well live on.
      throw isRefused(error) ? failure : error;
    }
    const renewed = await session.credential();
    if (renewed.epoch !== sent.epoch) throw failure;
    return renewed;
  }

  async #renewIfExpiring(): Promise<void> {
    const { session } = this;
    if (session.mode !== 'jwt' || session.isStatic) return;
    const expiresAt = await session.expiresAt();
    // Half the life of a very short-lived token, so that not every request renews it again.
    const margin = Math.min(RENEW_BEFORE_MS, (session.lifetime ?? Infinity) / 2);
    if (expiresAt === undefined || expiresAt - Date.now() > margin) return;
    if ((await session.refreshToken()) === undefined) return;
    try {
      await this.refresh();
    } catch (error) {
      // Not reached or overloaded: the token at hand may still be good.
      if (isRefused(error)) throw error;
    }
  }

  async #renew(epoch: number): Promise<AuthTokens> {
    const { session } = this;
    const refreshToken = session.mode === 'jwt' ? await session.refreshToken() : undefined;
    if (session.mode === 'jwt' && refreshToken === undefined) {
      if (!session.isStatic) await this.signOut(epoch);
      throw new PlinthError('The session cannot be renewed: there is no refresh token; sign in again', {
        status: 401,
        code: 'NO_REFRESH_TOKEN',
      });
    }

    let reply: TokenReply | undefined;
    try {
      reply = await this.#requestTokens(refreshToken);
    } catch (error) {
      if (!isRefused(error)) throw error;
      const stored = await session.refreshToken();
      if (stored !== undefined && stored !== refreshToken) {
        return this.#tokens(); // another tab was first; its tokens are in the storage
      }
      await this.signOut(epoch);
      throw error;
    }
    if (!(await session.renew(reply ?? {}, epoch))) {
      throw new PlinthError('The session ended while it was being renewed; sign in again', {
        status: 401,
        code: 'REFRESH_FAILED',
      });
    }
    this.emit('TOKEN_REFRESHED', reply?.user ?? (await session.user()));
    return this.#tokens();
  }

  async #requestTokens(refreshToken: string | undefined): Promise<TokenReply | undefined> {
    const { mode } = this.session;
    const request: HttpRequest = {
      method: 'POST',
      path: '/auth/refresh',
      body: refreshToken === undefined ? { authMode: mode } : { refreshToken, authMode: mode },
    };
    // Its own time limit: the callers who wait for it may give up one by one.
    const deadline = new Deadline(undefined, this.#options.timeout ?? TIMEOUT_DEFAULT_MS);
    try {
      const response = await this.#send(request, undefined, deadline);
      if (!response.ok) throw await refusal(response, request);
      const body = await parsed(response, request);
      const reply = body as TokenReply | undefined;
      if (mode === 'jwt' && !reply?.token) {
        throw new PlinthError('POST /auth/refresh: the reply carries no token', {
          status: response.status,
          code: 'REFRESH_FAILED',
          body,
        });
      }
      return reply;
    } catch (error) {
      throw deadline.explain(error, 'POST /auth/refresh');
    } finally {
      deadline.release();
    }
  }

  async #tokens(): Promise<AuthTokens> {
    const { session } = this;
    const token = (await session.token()) ?? '';
    const expiresAt = await session.expiresAt();
    return {
      token,
      accessToken: token,
      refreshToken: await session.refreshToken(),
      expiresIn: expiresAt === undefined ? undefined : Math.round((expiresAt - Date.now()) / 1000),
      expiresAt,
    };
  }

  /** One request on the wire. Without a credential neither token nor tenant is sent. */
  async #send(
    request: HttpRequest,
    credential: Credential | undefined,
    deadline: Deadline,
  ): Promise<Response> {
    const { method, path, params, body } = request;
    const multipart = typeof FormData !== 'undefined' && body instanceof FormData;
    const headers = new Headers(multipart ? {} : { 'Content-Type': 'application/json' });
    const set = (values: Readonly<Record<string, string>> | undefined) => {
      for (const [name, value] of Object.entries(values ?? {})) headers.set(name, value);
    };
    set(this.#options.headers);
    if (this.#options.numbers === 'exact') headers.set('Accept-Numbers', 'string');
    if (this.#options.strict === true) headers.set('X-Plinth-Strict', '1');
    if (credential !== undefined) {
      const tenant = await this.session.tenant();
      if (tenant !== undefined) headers.set('X-Tenant-Id', tenant);
      if (credential.token !== undefined && request.skipAuth !== true) {
        headers.set('Authorization', `Bearer ${credential.token}`);
      }
    }
    set(request.headers);

    const init: RequestInit = {
      method,
      headers,
      credentials:
        this.#options.credentials ?? (this.session.mode === 'cookie' ? 'include' : 'same-origin'),
      signal: deadline.signal,
    };
    if (body !== undefined) init.body = multipart ? (body as FormData) : JSON.stringify(body);
    const send = this.#options.fetch ?? globalThis.fetch;
    try {
      return await send(this.origin + path + queryText(params), init);
    } catch (error) {
      if (deadline.signal.aborted) throw error;
      throw new PlinthError(`${method} ${path}: cannot reach ${this.origin} (${causeOf(error)})`, {
        status: 0,
        code: 'NETWORK_ERROR',
        cause: error,
      });
    }
  }
}

/** What was asked for, or that it is still what the request named in `If-None-Match`. */
function isAnswer(response: Response): boolean {
  return response.ok || response.status === 304;
}

/** Whether the server said no, rather than not being reached or not being itself. */
function isRefused(error: unknown): boolean {
  return error instanceof PlinthError && error.status >= 400 && !error.isRetryable;
}

function originOf(url: string): string {
  const origin = /^https?:\/\/[^/?#\s]+/i.exec(url)?.[0];
  if (origin === undefined) {
    throw new TypeError(
      `createPlinth: option "url" is ${JSON.stringify(url)}; give an absolute address such as "http://localhost:8056"`,
    );
  }
  return origin;
}

/** What a type says is not said to a program without types; a slip of the pen would mean the default. */
function mustBeOneOf(option: string, given: unknown, known: readonly string[]): void {
  if (known.includes(given as string)) return;
  const words = known.map((word) => JSON.stringify(word)).join(' or ');
  throw new TypeError(`createPlinth: option "${option}" is ${JSON.stringify(given)}; give ${words}`);
}

function queryText(params: object | undefined): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params ?? {})) {
    if (value === undefined || value === null) continue;
    query.append(key, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

async function parsed(response: Response, request: HttpRequest): Promise<unknown> {
  const text = await textOf(response, request);
  if (BODILESS.has(response.status)) return undefined;
  if (text === '') {
    // No route of the server answers so: something between it and the program lost the body.
    throw new PlinthError(
      `${request.method} ${request.path}: the reply has status ${response.status} and no body; look at what stands between this program and the server`,
      { status: response.status, code: 'INVALID_RESPONSE', body: text },
    );
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new PlinthError(
      `${request.method} ${request.path}: the reply is not JSON; is this the address of a Plinth server?`,
      { status: response.status, code: 'INVALID_RESPONSE', body: text, cause: error },
    );
  }
}

/** The error a reply stands for. Its body may come from a proxy and be anything. */
async function refusal(response: Response, request: HttpRequest): Promise<PlinthError> {
  const text = await textOf(response, request);
  let body: unknown = text;
  try {
    body = JSON.parse(text) as unknown;
  } catch {
    // not an envelope: the text itself is kept
  }
  return errorFromReply(response, body);
}

async function textOf(response: Response, request: HttpRequest): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw new PlinthError(
      `${request.method} ${request.path}: the connection ended before the reply did (${causeOf(error)})`,
      { status: 0, code: 'NETWORK_ERROR', cause: error },
    );
  }
}

/** `fetch` hides the reason one level down in Node.js. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = 'code' in cause ? cause.code : undefined;
  return cause.message || String(code ?? error.message);
}

/**
 * One part of a path, encoded. An empty part, `.` and `..` would name another route.
 * @internal
 */
export function segment(value: string | number, what: string): string {
  const text = String(value);
  if (value === undefined || value === null || text === '' || text === '.' || text === '..') {
    throw new PlinthError(`${what} is ${JSON.stringify(value) ?? 'undefined'}; give a non-empty name or key`, {
      status: 400,
      code: 'INVALID_ID',
    });
  }
  return encodeURIComponent(text);
}
