/** How a server keeps answers of earlier reads. */
export interface CacheConfig {
  enabled?: boolean;
  adapter?: 'memory' | 'redis' | 'upstash';
  /** Seconds an entry lives. */
  ttl?: number;
  /** Upper bound of a memory cache, in gigabytes. */
  maxSizeGb?: number;
}

/** A store of cached values, as server-side extensions may supply it. */
export interface ICacheAdapter {
  get(key: string): Promise<unknown>;
  /** `ttl` in seconds. */
  set(key: string, value: unknown, ttl?: number): Promise<void>;
  delete(key: string): Promise<void>;
  clear(): Promise<void>;
  /** Stores the value unless the key exists; tells whether it did. */
  setIfNotExists(key: string, value: unknown, ttl?: number): Promise<boolean>;
  /** Takes a lock for `ttl` seconds; tells whether it got it. */
  tryLock(key: string, ttl?: number): Promise<boolean>;
  unlock(key: string): Promise<void>;
}
