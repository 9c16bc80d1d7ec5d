import type { ImportFormat } from '../generated/wire.js';
import type { Item, ItemId, OtherKeyName } from './common.js';

export type { BatchPreview, BatchResult, ImportResult, ImportRowError, WriteWarning } from '../generated/wire.js';

// A relation takes a nested item, an object with the key of an existing one, or that key alone.
type NestedWrite<V extends object> = WriteInput<V> | ItemId;

type WriteValue<V> = V extends number
  ? V | `${number}`
  : V extends readonly (infer E)[]
    ? readonly (E extends object ? NestedWrite<E> : E)[]
    : V extends object
      ? NestedWrite<V>
      : V;

/**
 * What may be sent to create or change an item: any of its columns, and its relations as nested
 * items or as keys of existing ones. `author_id` may be written `author_Id`.
 */
export type WriteInput<T = Item> = string extends keyof T
  ? Readonly<Record<string, unknown>>
  : { readonly [K in keyof T]?: WriteValue<T[K]> | undefined } & {
      readonly [K in keyof T as Exclude<OtherKeyName<K>, keyof T>]?: WriteValue<T[K]> | undefined;
    };

interface CollectionOperation {
  /** The collection it is about. */
  collection: string;
}
interface CreateStep {
  op: 'create';
  data: Readonly<Record<string, unknown>>;
}
interface UpdateStep {
  op: 'update';
  id: ItemId;
  data: Readonly<Record<string, unknown>>;
  /** Old values that must still stand; otherwise nothing is written (409 `CONFLICT`). */
  expect?: Readonly<Record<string, unknown>>;
}
interface DeleteStep {
  op: 'delete';
  id: ItemId;
  /** Old values that must still stand; otherwise nothing is written (409 `CONFLICT`). */
  expect?: Readonly<Record<string, unknown>>;
}

/** One step of a batch on a collection that is already named. */
export type BatchStep = CreateStep | UpdateStep | DeleteStep;

/** One step of a batch over several collections. */
export type BatchOperation = BatchStep & CollectionOperation;

/** How a file of records is written: those that can be imported, and SQL statements. */
export type ExportFormat = ImportFormat | 'sql';
