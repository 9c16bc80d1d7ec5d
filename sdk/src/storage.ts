/**
 * Where a client keeps its session. Any object with these three methods will do; they may answer
 * at once or with a promise.
 *
 * @example
 * ```ts
 * import { createPlinth, type StorageAdapter } from '@plinth/sdk';
 *
 * const values = new Map<string, string>();
 * const storage: StorageAdapter = {
 *   get: (key) => values.get(key) ?? null,
 *   set: (key, value) => void values.set(key, value),
 *   remove: (key) => void values.delete(key),
 * };
 * const plinth = createPlinth({ url: 'http://localhost:8056', storage });
 * ```
 */
export interface StorageAdapter {
  /** The value kept under this key; nothing (`null` or `undefined`) when there is none. */
  get(key: string): string | null | undefined | Promise<string | null | undefined>;
  /** Keeps a value under this key, in place of a former one. */
  set(key: string, value: string): void | Promise<void>;
  /** Forgets what is kept under this key; that there is nothing is no fault. */
  remove(key: string): void | Promise<void>;
}

/**
 * Keeps the session in memory: it ends with the process or the page.
 *
 * @example
 * ```ts
 * import { createPlinth, MemoryAdapter } from '@plinth/sdk';
 *
 * const plinth = createPlinth({ url: 'http://localhost:8056', storage: new MemoryAdapter() });
 * ```
 */
export class MemoryAdapter implements StorageAdapter {
  readonly #values = new Map<string, string>();

  /** The value kept under this key, or `null`. */
  get(key: string): string | null {
    return this.#values.get(key) ?? null;
  }

  /** Keeps a value under this key. */
  set(key: string, value: string): void {
    this.#values.set(key, value);
  }

  /** Forgets what is kept under this key. */
  remove(key: string): void {
    this.#values.delete(key);
  }
}

/** The part of the Web Storage interface that is used. */
export interface WebStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Keeps the session in the browser's `localStorage`, shared by all tabs of the origin.
 *
 * @example
 * ```ts
 * import { createPlinth, LocalStorageAdapter } from '@plinth/sdk';
 *
 * const plinth = createPlinth({
 *   url: 'http://localhost:8056',
 *   storage: new LocalStorageAdapter(window.sessionStorage), // ends with the tab
 * });
 * ```
 */
export class LocalStorageAdapter implements StorageAdapter {
  readonly #storage: WebStorage;

  /** @param storage Another storage of the same interface, such as `sessionStorage`. */
  constructor(storage?: WebStorage) {
    const found = storage ?? browserStorage();
    if (found === undefined) {
      throw new TypeError(
        'LocalStorageAdapter: there is no window.localStorage here; use MemoryAdapter or AsyncStorageAdapter',
      );
    }
    this.#storage = found;
  }

  /** The value kept under this key, or `null`. */
  get(key: string): string | null {
    return this.#storage.getItem(key);
  }

  /** Keeps a value under this key. */
  set(key: string, value: string): void {
    this.#storage.setItem(key, value);
  }

  /** Forgets what is kept under this key. */
  remove(key: string): void {
    this.#storage.removeItem(key);
  }
}

/** The part of React Native's AsyncStorage that is used. */
export interface AsyncStorageLike {
  getItem(key: string): Promise<string | null>;
  setItem(key: string, value: string): Promise<void>;
  removeItem(key: string): Promise<void>;
}

/**
 * Keeps the session in React Native's AsyncStorage.
 *
 * @example
 * ```ts
 * import { createPlinth, AsyncStorageAdapter } from '@plinth/sdk';
 * import AsyncStorage from '@react-native-async-storage/async-storage';
 *
 * const plinth = createPlinth({
 *   url: 'http://localhost:8056',
 *   storage: new AsyncStorageAdapter(AsyncStorage),
 * });
 * ```
 */
export class AsyncStorageAdapter implements StorageAdapter {
  readonly #storage: AsyncStorageLike;

  constructor(storage: AsyncStorageLike) {
    this.#storage = storage;
  }

  /** The value kept under this key, or `null`. */
  get(key: string): Promise<string | null> {
    return this.#storage.getItem(key);
  }

  /** Keeps a value under this key. */
  set(key: string, value: string): Promise<void> {
    return this.#storage.setItem(key, value);
  }

  /** Forgets what is kept under this key. */
  remove(key: string): Promise<void> {
    return this.#storage.removeItem(key);
  }
}

// A browser page, and nothing else: server runtimes have a `localStorage` too, but there it would
// be one session for all the people the process serves. Reading it throws in sandboxed frames.
function browserStorage(): WebStorage | undefined {
  try {
    return typeof window === 'undefined' ? undefined : (window.localStorage ?? undefined);
  } catch {
    return undefined;
  }
}

/** `localStorage` in a browser page, memory everywhere else. */
export function defaultStorage(): StorageAdapter {
  const storage = browserStorage();
  return storage === undefined ? new MemoryAdapter() : new LocalStorageAdapter(storage);
}
