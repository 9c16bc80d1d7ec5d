import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createPlinth,
  MemoryAdapter,
  PlinthError,
  type AuthStateEvent,
  type Plinth,
  type PlinthOptions,
  type StorageAdapter,
  type User,
} from '../src/index.js';
import { gate, Recorder, refusal, until, type Recorded } from './recorder.js';

const USER: User = { id: 'u1', email: 'ada@example.com', firstName: 'Ada' };
const OTHER: User = { id: 'u2', email: 'bob@example.com', firstName: 'Bob' };

let server: Recorder;
let storage: MemoryAdapter;
let events: [AuthStateEvent, string | null][];

beforeAll(async () => {
  server = await Recorder.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.reset();
  storage = new MemoryAdapter();
  events = [];
});
afterEach(() => {
  vi.useRealTimers();
});

function client(options: Partial<PlinthOptions> = {}): Plinth {
  return createPlinth({
    url: server.url,
    storage,
    onAuthStateChange: (event, user) => events.push([event, user?.id ?? null]),
    ...options,
  });
}

function tokens(n: number, user: User = USER, expiresIn = 3600) {
  return { json: { token: `access-${n}`, refreshToken: `refresh-${n}`, expiresIn, authMode: 'jwt', user } };
}

async function signedIn(options: Partial<PlinthOptions> = {}): Promise<Plinth> {
  server.on('POST /auth/login', tokens(1));
  const plinth = client(options);
  await plinth.auth.login({ email: USER.email, password: 'secret' });
  server.requests.length = 0;
  events.length = 0;
  return plinth;
}

const bearer = (request: Recorded) => request.headers.authorization?.replace('Bearer ', '');

/** A route that takes only the given access token. */
function guarded(valid: () => string) {
  return (request: Recorded) =>
    bearer(request) === valid()
      ? { json: { data: [{ id: 1 }], totalCount: 1 } }
      : refusal(401, 'TOKEN_EXPIRED', 'Token expired');
}

describe('sign-in', () => {
  it('login sends the credentials without a token and keeps the session', async () => {
    server.on('POST /auth/login', tokens(1));
    const plinth = client();
    const reply = await plinth.auth.login({ email: 'ada@example.com', password: 'secret', authType: 'mobile' });
    expect(reply.user).toEqual(USER);
    expect(server.lastJson).toEqual({ email: 'ada@example.com', password: 'secret', authType: 'mobile' });
    expect(server.last.headers.authorization).toBeUndefined();
    expect(events).toEqual([['SIGNED_IN', 'u1']]);
    expect(await plinth.auth.getToken()).toBe('access-1');
    expect(await plinth.auth.getCachedUser()).toEqual(USER);
    expect(await plinth.auth.getState()).toEqual({ user: USER, isAuthenticated: true });
    expect(await plinth.auth.isAuthenticated()).toBe(true);
    expect(storage.get('baasix_access_token')).toBe('access-1');
    expect(storage.get('baasix_refresh_token')).toBe('refresh-1');
    expect(Number(storage.get('baasix_token_expiry'))).toBeGreaterThan(Date.now() + 3_590_000);
    server.on('GET /items/p', { json: { data: [], totalCount: 0 } });
    await plinth.items('p').find();
    expect(bearer(server.last)).toBe('access-1');
  });

  it('login names the tenant as the server does', async () => {
    server.on('POST /auth/login', tokens(1));
    await client().auth.login({ email: 'a', password: 'b', tenantId: 't1' });
    expect(server.lastJson).toEqual({ email: 'a', password: 'b', tenant_Id: 't1' });
  });

  it('a refused login changes nothing', async () => {
    server.on('POST /auth/login', refusal(400, 'INVALID_CREDENTIALS', 'Incorrect password.'));
    const plinth = client();
    await expect(plinth.auth.login({ email: 'a', password: 'b' })).rejects.toMatchObject({
      status: 400,
      code: 'INVALID_CREDENTIALS',
      message: 'Incorrect password.',
    });
    expect(events).toEqual([]);
    expect(await plinth.auth.isAuthenticated()).toBe(false);
  });

  it('register signs in, unless the address must be verified first', async () => {
    server.on('POST /auth/register', tokens(1));
    const plinth = client();
    await plinth.auth.register({ email: 'a', password: 'b', firstName: 'Ada', nickname: 'x' });
    expect(server.lastJson).toEqual({ email: 'a', password: 'b', firstName: 'Ada', nickname: 'x' });
    expect(events).toEqual([['SIGNED_IN', 'u1']]);

    storage = new MemoryAdapter();
    events = [];
    server.on('POST /auth/register', { json: { token: '', requiresEmailVerification: true, user: USER } });
    const second = client();
    expect((await second.auth.register({ email: 'a', password: 'b' })).requiresEmailVerification).toBe(true);
    expect(events).toEqual([]);
    expect(await second.auth.isAuthenticated()).toBe(false);
  });

  it('setup makes the first owner and signs in', async () => {
    server.on('POST /auth/setup', tokens(1));
    await client().auth.setup({ token: 'one-time', email: 'a', password: 'b', firstName: 'Ada' });
    expect(server.lastJson).toEqual({ token: 'one-time', email: 'a', password: 'b', firstName: 'Ada' });
    expect(events).toEqual([['SIGNED_IN', 'u1']]);
  });

  it('changePassword keeps the session', async () => {
    const plinth = await signedIn();
    server.on('POST /auth/password/change', { json: { message: 'ok' } });
    await plinth.auth.changePassword('old', 'new');
    expect(server.lastJson).toEqual({ currentPassword: 'old', newPassword: 'new' });
    expect(bearer(server.last)).toBe('access-1');
    expect(await plinth.auth.getToken()).toBe('access-1');
  });

  it('initialize finds what a former run left', async () => {
    await signedIn();
    expect(await client().auth.initialize()).toEqual({ user: USER, isAuthenticated: true });
    storage.set('baasix_user', '{broken');
    expect(await client().auth.getCachedUser()).toBeNull();
    storage.set('baasix_access_token', 'undefined');
    expect(await client().auth.getToken()).toBeNull();
  });

  it('cookie mode asks for the cookie and keeps no token', async () => {
    server.on('POST /auth/login', tokens(1)).on('GET /items/p', { json: { data: [], totalCount: 0 } });
    const plinth = client({ authMode: 'cookie' });
    await plinth.auth.login({ email: 'a', password: 'b' });
    expect(server.lastJson).toEqual({ email: 'a', password: 'b', authMode: 'cookie' });
    expect(await plinth.auth.getToken()).toBeNull();
    expect(await plinth.auth.isAuthenticated()).toBe(true);
    expect(storage.get('baasix_access_token')).toBeNull();
    expect(storage.get('baasix_refresh_token')).toBeNull();
    await plinth.items('p').find();
    expect(server.last.headers.authorization).toBeUndefined();
    await expect(plinth.auth.setToken('x')).rejects.toThrow('authMode "cookie"');
  });

  it('a fault of the listener does not fail the call', async () => {
    server.on('POST /auth/login', tokens(1));
    const seen: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => seen.push(error.message));
    try {
      const plinth = client({
        onAuthStateChange: () => {
          throw new Error('listener');
        },
      });
      expect((await plinth.auth.login({ email: 'a', password: 'b' })).token).toBe('access-1');
      await until(() => seen.length === 1);
      expect(seen).toEqual(['listener']);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });
});

describe('sign-out', () => {
  it('tells the server and forgets the session', async () => {
    const plinth = await signedIn();
    server.on('GET /auth/logout', { json: { message: 'ok' } });
    await plinth.auth.logout();
    expect(server.lines).toEqual(['GET /auth/logout']);
    expect(bearer(server.last)).toBe('access-1');
    expect(events).toEqual([['SIGNED_OUT', null]]);
    expect(await plinth.auth.getState()).toEqual({ user: null, isAuthenticated: false });
    for (const key of ['baasix_access_token', 'baasix_refresh_token', 'baasix_token_expiry', 'baasix_user']) {
      expect(storage.get(key)).toBeNull();
    }
  });

  it('works when the server fails, and says nothing when nobody was signed in', async () => {
    const plinth = await signedIn();
    server.on('GET /auth/logout', refusal(500, 'INTERNAL', 'oops'));
    await plinth.auth.logout();
    expect(await plinth.auth.isAuthenticated()).toBe(false);
    await plinth.auth.logout();
    expect(events).toEqual([['SIGNED_OUT', null]]);
  });

  it('leaves the token of the options in use', async () => {
    server.on('GET /auth/logout', { json: { message: 'ok' } }).on('GET /health', { json: { status: 'ok' } });
    const plinth = client({ token: 'fixed' });
    await plinth.auth.logout();
    await plinth.server.health();
    expect(server.requests.map(bearer)).toEqual(['fixed', 'fixed']);
    expect(events).toEqual([]);
  });

  it('in cookie mode it rejects when the server could not end the session', async () => {
    const plinth = await signedIn({ authMode: 'cookie' });
    server.on('GET /auth/logout', refusal(503, 'UNAVAILABLE', 'later'));
    await expect(plinth.auth.logout()).rejects.toMatchObject({ status: 503 });
    server.on('GET /auth/logout', refusal(401, 'SESSION_REVOKED', 'gone'));
    await plinth.auth.logout();
  });
});

describe('who am I', () => {
  it('getUser asks the server and tells of a change', async () => {
    const plinth = await signedIn();
    const renamed = { ...USER, firstName: 'Augusta' };
    server.on('GET /auth/me', { json: { user: renamed, role: {}, permissions: [], tenant: null } });
    expect(await plinth.auth.getUser()).toEqual(renamed);
    expect(await plinth.auth.me()).toEqual(renamed);
    expect(events).toEqual([['USER_UPDATED', 'u1']]);
    expect(await plinth.auth.getCachedUser()).toEqual(renamed);
  });

  it('getUser is null for nobody, and ends a session the server does not know', async () => {
    server.on('GET /auth/me', refusal(401, 'UNAUTHENTICATED', 'who?'));
    expect(await client().auth.getUser()).toBeNull();
    expect(events).toEqual([]);
    const plinth = await signedIn({ autoRefresh: false });
    expect(await plinth.auth.getUser()).toBeNull();
    expect(events).toEqual([['SIGNED_OUT', null]]);
    expect(await plinth.auth.isAuthenticated()).toBe(false);
  });

  it('getUser rejects when the server cannot tell', async () => {
    const plinth = await signedIn();
    server.on('GET /auth/me', refusal(500, 'INTERNAL', 'oops'));
    await expect(plinth.auth.getUser()).rejects.toMatchObject({ status: 500 });
    expect(await plinth.auth.isAuthenticated()).toBe(true);
  });

  it('checkSession', async () => {
    const plinth = await signedIn({ autoRefresh: false });
    server.on('GET /auth/check', { json: { valid: true, user: { id: 'u1' } } });
    expect(await plinth.auth.checkSession()).toBe(true);
    server.on('GET /auth/check', { status: 401, json: { valid: false, message: 'no' } });
    expect(await plinth.auth.checkSession()).toBe(false);
    server.on('GET /auth/check', refusal(503, 'UNAVAILABLE', 'later'));
    await expect(plinth.auth.checkSession()).rejects.toMatchObject({ status: 503 });
  });

  it('setToken takes the place of the session, its refresh token and the token of the options', async () => {
    const plinth = await signedIn();
    await plinth.auth.setToken('service');
    expect(await plinth.auth.getToken()).toBe('service');
    expect(storage.get('baasix_refresh_token')).toBeNull();
    expect(await plinth.auth.getCachedUser()).toBeNull();
    const fixed = client({ token: 'fixed' });
    expect(await fixed.auth.getToken()).toBe('fixed');
    expect(await fixed.auth.isAuthenticated()).toBe(true);
    await fixed.auth.setToken('other');
    expect(await fixed.auth.getToken()).toBe('other');
  });

  it('the tenant is sent until it is cleared', async () => {
    const plinth = await signedIn();
    server.on('GET /health', { json: { status: 'ok' } });
    await plinth.auth.setTenant('t1');
    expect(await plinth.auth.getTenant()).toBe('t1');
    await plinth.server.health();
    expect(server.last.headers['x-tenant-id']).toBe('t1');
    await plinth.auth.clearTenant();
    expect(await plinth.auth.getTenant()).toBeNull();
    await plinth.server.health();
    expect(server.last.headers['x-tenant-id']).toBeUndefined();
    expect(events).toEqual([
      ['TENANT_SWITCHED', 'u1'],
      ['TENANT_SWITCHED', 'u1'],
    ]);
  });
});

describe('switchTenant', () => {
  it('asks with the session, goes on with the new tokens and names the new tenant', async () => {
    const plinth = await signedIn();
    await plinth.auth.setTenant('t1');
    server.on('POST /auth/switch-tenant', tokens(2)).on('GET /health', { json: { status: 'ok' } });
    await plinth.auth.switchTenant('t2', { authType: 'mobile' });
    expect(server.last.headers['authorization']).toBe('Bearer access-1');
    expect(JSON.parse(server.last.body)).toEqual({ tenant_Id: 't2', authType: 'mobile' });
    await plinth.server.health();
    expect(server.last.headers['authorization']).toBe('Bearer access-2');
    expect(server.last.headers['x-tenant-id']).toBe('t2');
    expect(events.at(-1)).toEqual(['TENANT_SWITCHED', 'u1']);
  });

  it('names no tenant with a request if none was named before', async () => {
    const plinth = await signedIn();
    server.on('POST /auth/switch-tenant', tokens(2));
    await plinth.auth.switchTenant('t2');
    expect(await plinth.auth.getTenant()).toBeNull();
  });
});

describe('refresh', () => {
  it('after a 401: once, without a token or tenant, then the request again', async () => {
    const plinth = await signedIn({ tenantId: 't1', headers: { 'X-App': 'a' } });
    server.on('GET /items/p', guarded(() => 'access-2')).on('POST /auth/refresh', tokens(2));
    expect((await plinth.items('p').find({ limit: 1 })).totalCount).toBe(1);
    expect(server.lines).toEqual(['GET /items/p?limit=1', 'POST /auth/refresh', 'GET /items/p?limit=1']);
    const refresh = server.requests[1];
    expect(JSON.parse(refresh?.body ?? '')).toEqual({ refreshToken: 'refresh-1', authMode: 'jwt' });
    expect(refresh?.headers.authorization).toBeUndefined();
    expect(refresh?.headers['x-tenant-id']).toBeUndefined();
    expect(refresh?.headers['x-app']).toBe('a');
    expect(events).toEqual([['TOKEN_REFRESHED', 'u1']]);
    expect(storage.get('baasix_refresh_token')).toBe('refresh-2');
  });

  it('of many requests at once there is one refresh', async () => {
    const plinth = await signedIn();
    const { opened, open } = gate();
    server.on('GET /items/p', guarded(() => 'access-2')).on('POST /auth/refresh', async () => {
      await opened;
      return tokens(2);
    });
    const calls = Array.from({ length: 12 }, () => plinth.items('p').find());
    await until(() => server.requests.length === 13);
    open();
    expect((await Promise.all(calls)).map((page) => page.totalCount)).toEqual(Array(12).fill(1));
    expect(server.lines.filter((line) => line.startsWith('POST'))).toHaveLength(1);
    expect(server.requests).toHaveLength(25);
  });

  it('a 401 that comes home after the refresh of another call is only repeated', async () => {
    const plinth = await signedIn();
    const late = gate();
    let slow = true;
    server.on('GET /items/fast', guarded(() => 'access-2')).on('POST /auth/refresh', tokens(2));
    server.on('GET /items/slow', async (request) => {
      const reply = guarded(() => 'access-2')(request);
      if (slow) {
        slow = false;
        await late.opened;
      }
      return reply;
    });
    const slowCall = plinth.items('slow').find();
    await until(() => server.requests.length === 1);
    await plinth.items('fast').find();
    late.open();
    await slowCall;
    expect(server.lines.filter((line) => line === 'POST /auth/refresh')).toHaveLength(1);
  });

  it('the request is repeated once only', async () => {
    const plinth = await signedIn();
    server.on('GET /items/p', refusal(401, 'TOKEN_EXPIRED', 'never')).on('POST /auth/refresh', tokens(2));
    await expect(plinth.items('p').find()).rejects.toMatchObject({ status: 401, message: 'never' });
    expect(server.requests).toHaveLength(3);
    expect(await plinth.auth.isAuthenticated()).toBe(true);
  });

  it('bodies are sent again, forms too', async () => {
    const plinth = await signedIn();
    const results = { imported: 1, failed: 0, errors: [] };
    server
      .on('POST /items/p/import-csv', (request) =>
        bearer(request) === 'access-2' ? { json: { results } } : refusal(401, 'TOKEN_EXPIRED', 'x'),
      )
      .on('POST /auth/refresh', tokens(2));
    expect(await plinth.items('p').importCSV(new Blob(['a,b\n1,2\n']))).toEqual(results);
    expect(server.last.body).toContain('a,b\n1,2\n');
  });

  it('a refused refresh signs out and gives the error of the request', async () => {
    const plinth = await signedIn();
    server
      .on('GET /items/p', guarded(() => 'none'))
      .on('POST /auth/refresh', refusal(401, 'REFRESH_INVALID', 'reused'));
    const results = await Promise.allSettled([plinth.items('p').find(), plinth.items('p').find()]);
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { status: 401, code: 'TOKEN_EXPIRED' } });
    }
    expect(events).toEqual([['SIGNED_OUT', null]]);
    expect(await plinth.auth.getToken()).toBeNull();
    await expect(plinth.auth.refreshToken()).rejects.toMatchObject({ code: 'NO_REFRESH_TOKEN', status: 401 });
  });

  it('a refresh that did not get through keeps the session', async () => {
    const plinth = await signedIn();
    server
      .on('GET /items/p', guarded(() => 'none'))
      .on('POST /auth/refresh', refusal(503, 'UNAVAILABLE', 'later'));
    await expect(plinth.items('p').find()).rejects.toMatchObject({ status: 503, isRetryable: true });
    expect(events).toEqual([]);
    expect(await plinth.auth.getToken()).toBe('access-1');
  });

  it('a refresh reply that is none keeps the session', async () => {
    const plinth = await signedIn();
    server.on('GET /items/p', guarded(() => 'none')).on('POST /auth/refresh', { json: { token: '' } });
    await expect(plinth.auth.refreshToken()).rejects.toMatchObject({ code: 'REFRESH_FAILED' });
    server.on('POST /auth/refresh', { text: '<html>please accept our terms</html>' });
    await expect(plinth.items('p').find()).rejects.toMatchObject({ code: 'INVALID_RESPONSE' });
    expect(await plinth.auth.isAuthenticated()).toBe(true);
    expect(events).toEqual([]);
  });

  it('a refresh has the time limit of the client', async () => {
    const plinth = await signedIn({ timeout: 30 });
    server.on('POST /auth/refresh', () => new Promise(() => undefined));
    await expect(plinth.auth.refreshToken()).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(await plinth.auth.isAuthenticated()).toBe(true);
  });

  it('without a refresh token, or with autoRefresh off, or a static token, none is tried', async () => {
    server.on('GET /items/p', refusal(401, 'TOKEN_EXPIRED', 'dead'));
    const dead = client();
    await dead.auth.setToken('dead');
    await expect(dead.items('p').find()).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(events).toEqual([['SIGNED_OUT', null]]);

    const fixed = client({ token: 'fixed' });
    await expect(fixed.items('p').find()).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(await fixed.auth.getToken()).toBe('fixed');
    await expect(fixed.auth.refreshToken()).rejects.toMatchObject({ code: 'NO_REFRESH_TOKEN' });

    const off = await signedIn({ autoRefresh: false });
    await expect(off.items('p').find()).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(await off.auth.isAuthenticated()).toBe(true);

    await expect(client({ storage: new MemoryAdapter() }).items('p').find()).rejects.toMatchObject({
      code: 'TOKEN_EXPIRED',
    });
    expect(server.lines).not.toContain('POST /auth/refresh');
  });

  it('keeps the refresh token when the server sends no new one', async () => {
    const plinth = await signedIn();
    server.on('POST /auth/refresh', { json: { token: 'access-2', expiresIn: 60 } });
    expect(await plinth.auth.refreshToken()).toMatchObject({
      token: 'access-2',
      accessToken: 'access-2',
      refreshToken: 'refresh-1',
      expiresIn: 60,
    });
    expect(events).toEqual([['TOKEN_REFRESHED', 'u1']]);
  });

  it('in cookie mode carries no token', async () => {
    const plinth = await signedIn({ authMode: 'cookie' });
    let fresh = false;
    server
      .on('GET /items/p', () => (fresh ? { json: { data: [], totalCount: 0 } } : refusal(401, 'TOKEN_EXPIRED', 'x')))
      .on('POST /auth/refresh', () => {
        fresh = true;
        return { json: { authMode: 'cookie', user: USER } };
      });
    await Promise.all([plinth.items('p').find(), plinth.items('p').find()]);
    const refreshes = server.requests.filter((request) => request.path === '/auth/refresh');
    expect(refreshes.map((request) => JSON.parse(request.body) as unknown)).toEqual([{ authMode: 'cookie' }]);
    expect(events).toEqual([['TOKEN_REFRESHED', 'u1']]);
  });

  it('a refused cookie refresh of nobody is no sign-out', async () => {
    const plinth = client({ authMode: 'cookie' });
    server.on('GET /auth/me', refusal(401, 'UNAUTHENTICATED', 'x')).on('POST /auth/refresh', refusal(401, 'REFRESH_INVALID', 'x'));
    expect(await plinth.auth.getUser()).toBeNull();
    expect(events).toEqual([]);
  });
});

describe('refresh before the end', () => {
  const expireIn = (ms: number) => storage.set('baasix_token_expiry', String(Date.now() + ms));
  const OK = { json: { data: [], totalCount: 0 } };

  it('a token with less than a minute left is renewed first', async () => {
    const plinth = await signedIn();
    server.on('GET /items/p', OK).on('POST /auth/refresh', tokens(2));
    expireIn(61_000);
    await plinth.items('p').find();
    expect(server.lines).toEqual(['GET /items/p']);
    expireIn(59_000);
    await Promise.all([plinth.items('p').find(), plinth.items('p').find()]);
    expect(server.lines.filter((line) => line === 'POST /auth/refresh')).toHaveLength(1);
    expect(server.requests.slice(2).map(bearer)).toEqual(['access-2', 'access-2']);
  });

  it('not without a refresh token, nor with autoRefresh off', async () => {
    await signedIn();
    expireIn(-1);
    server.on('GET /items/p', OK);
    await client({ autoRefresh: false }).items('p').find();
    storage.remove('baasix_refresh_token');
    await client().items('p').find();
    expect(server.lines).toEqual(['GET /items/p', 'GET /items/p']);
  });

  it('when the refresh does not get through, the token at hand is tried', async () => {
    const plinth = await signedIn();
    server.on('GET /items/p', OK).on('POST /auth/refresh', refusal(503, 'UNAVAILABLE', 'x'));
    expireIn(1_000);
    await plinth.items('p').find();
    expect(bearer(server.last)).toBe('access-1');
  });

  it('when the refresh is refused, the call is not made in nobody’s name', async () => {
    const plinth = await signedIn();
    server.on('POST /items/p', OK).on('POST /auth/refresh', refusal(401, 'REFRESH_INVALID', 'gone'));
    expireIn(1_000);
    await expect(plinth.items('p').create({})).rejects.toMatchObject({ code: 'REFRESH_INVALID' });
    expect(server.lines).toEqual(['POST /auth/refresh']);
    expect(events).toEqual([['SIGNED_OUT', null]]);
  });

  it('a token that lives only half a minute is not renewed at every call', async () => {
    server.on('POST /auth/login', tokens(1, USER, 30)).on('GET /items/p', OK);
    const plinth = client();
    await plinth.auth.login({ email: 'a', password: 'b' });
    for (let n = 0; n < 3; n += 1) await plinth.items('p').find();
    expect(server.lines.slice(1)).toEqual(['GET /items/p', 'GET /items/p', 'GET /items/p']);
  });
});

describe('races', () => {
  it('a refresh that comes home after the sign-out brings nothing back', async () => {
    const plinth = await signedIn();
    const { opened, open } = gate();
    server
      .on('GET /auth/logout', { json: { message: 'ok' } })
      .on('GET /items/p', guarded(() => 'access-2'))
      .on('POST /auth/refresh', async () => {
        await opened;
        return tokens(2);
      });
    const call = expect(plinth.items('p').find()).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    const explicit = expect(plinth.auth.refreshToken()).rejects.toMatchObject({ code: 'REFRESH_FAILED' });
    await until(() => server.lines.includes('POST /auth/refresh'));
    await plinth.auth.logout();
    open();
    await Promise.all([call, explicit]);
    expect(await plinth.auth.getToken()).toBeNull();
    expect(storage.get('baasix_refresh_token')).toBeNull();
    expect(events).toEqual([['SIGNED_OUT', null]]);
  });

  it('a request of one user is never repeated in the name of the next', async () => {
    const plinth = await signedIn();
    const { opened, open } = gate();
    server.on('POST /items/p', async (request) => {
      await opened;
      return bearer(request) === 'access-2' ? { json: { data: { id: 1 } } } : refusal(401, 'TOKEN_EXPIRED', 'x');
    });
    const write = plinth.items('p').create({ mine: true });
    await until(() => server.requests.length === 1);
    server.on('POST /auth/login', tokens(2, OTHER));
    await plinth.auth.login({ email: 'b', password: 'b' });
    open();
    await expect(write).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(server.lines).toEqual(['POST /items/p', 'POST /auth/login']);
    expect(await plinth.auth.getCachedUser()).toEqual(OTHER);
  });

  it('a refused refresh of the former user does not sign out the next', async () => {
    const plinth = await signedIn();
    const { opened, open } = gate();
    server.on('POST /auth/refresh', async () => {
      await opened;
      return refusal(401, 'REFRESH_INVALID', 'x');
    });
    const refresh = plinth.auth.refreshToken();
    await until(() => server.requests.length === 1);
    server.on('POST /auth/login', tokens(2, OTHER));
    await plinth.auth.login({ email: 'b', password: 'b' });
    open();
    await refresh.catch(() => undefined);
    expect(await plinth.auth.getToken()).toBe('access-2');
    expect(events).toEqual([['SIGNED_IN', 'u2']]);
  });

  it('the next user gets a refresh of their own while one of the former is still out', async () => {
    const plinth = await signedIn();
    const { opened, open } = gate();
    server.on('POST /auth/refresh', async ({ body }) => {
      if (body.includes('refresh-1')) await opened;
      return tokens(body.includes('refresh-1') ? 9 : 3, OTHER);
    });
    const former = plinth.auth.refreshToken();
    await until(() => server.requests.length === 1);
    server.on('POST /auth/login', tokens(2, OTHER));
    await plinth.auth.login({ email: 'b', password: 'b' });
    expect((await plinth.auth.refreshToken()).token).toBe('access-3');
    open();
    await expect(former).rejects.toMatchObject({ code: 'REFRESH_FAILED' });
    expect(await plinth.auth.getToken()).toBe('access-3');
  });

  it('one caller may give up waiting; the refresh goes on for the others', async () => {
    const plinth = await signedIn();
    const { opened, open } = gate();
    server.on('GET /items/p', guarded(() => 'access-2')).on('POST /auth/refresh', async () => {
      await opened;
      return tokens(2);
    });
    const controller = new AbortController();
    const first = plinth.items('p').find({}, { signal: controller.signal });
    const second = plinth.items('p').find();
    await until(() => server.requests.length === 3);
    controller.abort('left');
    await expect(first).rejects.toBe('left');
    open();
    expect((await second).totalCount).toBe(1);
    expect(await plinth.auth.getToken()).toBe('access-2');
  });

  it('another tab was first: its tokens are used', async () => {
    const plinth = await signedIn();
    // Before this tab asks at all …
    server.on('GET /items/p', (request) => {
      storage.set('baasix_access_token', 'access-7');
      storage.set('baasix_refresh_token', 'refresh-7');
      return guarded(() => 'access-7')(request);
    });
    expect((await plinth.items('p').find()).totalCount).toBe(1);
    expect(server.lines).toEqual(['GET /items/p', 'GET /items/p']);
    // … and while the server refuses this tab's refresh token as used.
    server.on('GET /items/p', guarded(() => 'access-8')).on('POST /auth/refresh', () => {
      storage.set('baasix_access_token', 'access-8');
      storage.set('baasix_refresh_token', 'refresh-8');
      return refusal(401, 'REFRESH_INVALID', 'used');
    });
    expect((await plinth.items('p').find()).totalCount).toBe(1);
    expect(events).toEqual([]);
  });

  it('another tab signed out while this one renewed', async () => {
    const plinth = await signedIn();
    server.on('GET /items/p', guarded(() => 'none')).on('POST /auth/refresh', () => {
      for (const key of ['baasix_access_token', 'baasix_refresh_token']) storage.remove(key);
      return refusal(401, 'REFRESH_INVALID', 'gone');
    });
    await expect(plinth.items('p').find()).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(await plinth.auth.isAuthenticated()).toBe(false);
    expect(events).toEqual([['SIGNED_OUT', null]]);
  });

  it('with a slow storage, a late refresh and a sign-out do not interleave', async () => {
    const values = new Map<string, string>();
    const slow = <T>(value: T) => new Promise<T>((resolve) => setTimeout(resolve, 3, value));
    const adapter: StorageAdapter = {
      get: (key) => slow(values.get(key)),
      set: async (key, value) => {
        await slow(undefined);
        values.set(key, value);
      },
      remove: async (key) => {
        await slow(undefined);
        values.delete(key);
      },
    };
    const plinth = await signedIn({ storage: adapter });
    server.on('POST /auth/refresh', tokens(2)).on('GET /auth/logout', { json: {} });
    const refresh = plinth.auth.refreshToken().catch((error: unknown) => error);
    await until(() => server.requests.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 6));
    await plinth.auth.logout();
    await refresh;
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect([...values.keys()]).toEqual([]);
  });

  it('a storage that fails rejects the call and does not block the next', async () => {
    let broken = true;
    const adapter: StorageAdapter = {
      get: (key) => storage.get(key),
      set: (key, value) => {
        if (broken) throw new Error('disk full');
        storage.set(key, value);
      },
      remove: (key) => storage.remove(key),
    };
    server.on('POST /auth/login', tokens(1));
    const plinth = client({ storage: adapter });
    await expect(plinth.auth.login({ email: 'a', password: 'b' })).rejects.toThrow('disk full');
    broken = false;
    await plinth.auth.login({ email: 'a', password: 'b' });
    expect(await plinth.auth.getToken()).toBe('access-1');
  });
});

it('PlinthError tells what happened when printed', () => {
  const error = new PlinthError('no', { status: 403, code: 'FORBIDDEN' });
  expect(String(error)).toBe('PlinthError: no');
});
