import type { Message } from '../generated/wire.js';

/** A JSON value as it travels on the wire. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** How numbers beyond what JavaScript holds arrive: the client's option `numbers`. */
export type NumberForm = 'number' | 'exact';

/** A primary key: integers come back as numbers, every other key as a string. */
export type ItemId = string | number;

/** An item of a collection for which no type was given. */
export type Item = Record<string, unknown>;

/** The columns most collections have: a UUID key and the two timestamps. */
export interface BaseItem {
  id: string;
  createdAt?: string;
  updatedAt?: string;
  deletedAt?: string | null;
}

/** `T` with every property optional, at every depth. */
export type DeepPartial<T> = T extends readonly (infer E)[]
  ? DeepPartial<E>[]
  : T extends object
    ? { [K in keyof T]?: DeepPartial<T[K]> }
    : T;

/** The type of the primary key of `T`: that of its `id`, or any key when it names none. */
export type IdOf<T> = T extends { id: infer Id } ? (Id extends ItemId ? Id : ItemId) : ItemId;

/**
 * The other name of a column that holds the key of another item: `author_Id` of `author_id`, and
 * the other way around. The server takes either where a record is written or filtered.
 */
export type OtherKeyName<K> = K extends `${infer Name}_id`
  ? `${Name}_Id`
  : K extends `${infer Name}_Id`
    ? `${Name}_id`
    : never;

/** Collections whose names and item types are not known: every name is allowed. */
export type AnyCollections = Record<string, Item>;

/** Keys that may be set on every single call. */
export interface CallOptions {
  /** Ends the call; it then rejects with `signal.reason`, as `fetch` does. */
  signal?: AbortSignal | undefined;
  /** Milliseconds until this call fails with code `TIMEOUT`; `0` waits without limit. */
  timeout?: number | undefined;
  /** Headers of this call; they win over those of the client. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** Options of a write to one existing item. */
export interface WriteOptions extends CallOptions {
  /**
   * The ETag the caller last saw (`findOneWithEtag`). When the item has changed since, the server
   * changes nothing and the call rejects with status 412, code `PRECONDITION_FAILED`.
   */
  ifMatch?: string | undefined;
}

/** A file to upload: a `Blob` or `File`, or the form React Native uses. */
export type UploadSource = Blob | { uri: string; name: string; type: string };

/** A reply that carries nothing but a sentence. */
export type MessageResponse = Message;
