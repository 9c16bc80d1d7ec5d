import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  AsyncStorageAdapter,
  createPlinth,
  LocalStorageAdapter,
  MemoryAdapter,
  type WebStorage,
} from '../src/index.js';
import { Recorder } from './recorder.js';

let server: Recorder;

beforeAll(async () => {
  server = await Recorder.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.reset();
  server.on('POST /auth/login', {
    json: { token: 'access', refreshToken: 'refresh', expiresIn: 3600, user: { id: 'u', email: 'e' } },
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

class FakeWebStorage implements WebStorage {
  readonly values = new Map<string, string>();
  getItem(key: string): string | null {
    return this.values.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.values.set(key, value);
  }
  removeItem(key: string): void {
    this.values.delete(key);
  }
}

const SESSION_KEYS = ['baasix_access_token', 'baasix_refresh_token', 'baasix_token_expiry', 'baasix_user'];

async function signIn(storage?: ConstructorParameters<typeof AsyncStorageAdapter>[0]): Promise<boolean> {
  const plinth = createPlinth({
    url: server.url,
    storage: storage === undefined ? undefined : new AsyncStorageAdapter(storage),
  });
  await plinth.auth.login({ email: 'e', password: 'p' });
  return plinth.auth.isAuthenticated();
}

describe('without a browser', () => {
  it('neither window nor localStorage is needed', async () => {
    vi.stubGlobal('window', undefined);
    vi.stubGlobal('localStorage', undefined);
    expect(await signIn()).toBe(true);
    expect(await createPlinth({ url: server.url }).auth.isAuthenticated()).toBe(false);
  });

  it('a server runtime’s own localStorage is left alone', async () => {
    const fake = new FakeWebStorage();
    vi.stubGlobal('window', undefined);
    vi.stubGlobal('localStorage', fake);
    expect(await signIn()).toBe(true);
    expect([...fake.values.keys()]).toEqual([]);
  });

  it('LocalStorageAdapter says that there is none', () => {
    vi.stubGlobal('window', undefined);
    expect(() => new LocalStorageAdapter()).toThrow('there is no window.localStorage here');
  });
});

describe('in a browser', () => {
  it('the session is kept in localStorage and found by the next client', async () => {
    const fake = new FakeWebStorage();
    vi.stubGlobal('window', { localStorage: fake });
    expect(await signIn()).toBe(true);
    expect([...fake.values.keys()].sort()).toEqual([...SESSION_KEYS].sort());
    const next = createPlinth({ url: server.url });
    expect(await next.auth.initialize()).toEqual({ user: { id: 'u', email: 'e' }, isAuthenticated: true });
    server.on('GET /auth/logout', { json: {} });
    await next.auth.logout();
    expect([...fake.values.keys()]).toEqual([]);
  });

  it('a frame that may not touch localStorage gets memory', async () => {
    vi.stubGlobal('window', {
      get localStorage(): WebStorage {
        throw new Error('SecurityError');
      },
    });
    expect(await signIn()).toBe(true);
  });

  it('another web storage can be named', async () => {
    const fake = new FakeWebStorage();
    const plinth = createPlinth({ url: server.url, storage: new LocalStorageAdapter(fake) });
    await plinth.auth.login({ email: 'e', password: 'p' });
    expect(fake.getItem('baasix_access_token')).toBe('access');
  });
});

describe('adapters', () => {
  it('AsyncStorageAdapter wraps the interface of React Native', async () => {
    const values = new Map<string, string>();
    const storage = {
      getItem: (key: string) => Promise.resolve(values.get(key) ?? null),
      setItem: (key: string, value: string) => Promise.resolve(void values.set(key, value)),
      removeItem: (key: string) => Promise.resolve(void values.delete(key)),
    };
    expect(await signIn(storage)).toBe(true);
    expect([...values.keys()].sort()).toEqual([...SESSION_KEYS].sort());
  });

  it('MemoryAdapter', () => {
    const memory = new MemoryAdapter();
    expect(memory.get('a')).toBeNull();
    memory.set('a', '1');
    expect(memory.get('a')).toBe('1');
    memory.remove('a');
    expect(memory.get('a')).toBeNull();
  });

  it('works with neither FormData nor Blob until a file is sent', async () => {
    vi.stubGlobal('FormData', undefined);
    vi.stubGlobal('Blob', undefined);
    expect(await signIn()).toBe(true);
  });

  it('sends the file descriptions of React Native as its FormData takes them', async () => {
    const parts: unknown[][] = [];
    class NativeFormData {
      append(...part: unknown[]): void {
        parts.push(part);
      }
    }
    vi.stubGlobal('FormData', NativeFormData);
    const results = { imported: 0, failed: 0, errors: [] };
    const plinth = createPlinth({ url: server.url, fetch: () => Promise.resolve(Response.json({ results })) });
    const file = { uri: 'file:///rows.csv', name: 'rows.csv', type: 'text/csv' };
    expect(await plinth.items('p').importCSV(file)).toEqual(results);
    expect(parts).toEqual([['csvFile', file]]);
  });
});
