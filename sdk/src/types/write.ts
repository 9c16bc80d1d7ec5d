import type { Item, ItemId } from './common.js';

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
 * items or as keys of existing ones.
 */
export type WriteInput<T = Item> = string extends keyof T
  ? Readonly<Record<string, unknown>>
  : { readonly [K in keyof T]?: WriteValue<T[K]> | undefined };

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

/** What one step of a batch did. */
export interface BatchResult {
  op: BatchOperation['op'];
  collection: string;
  id: ItemId;
}

/** What a batch would do: the statements, in order, and how many operations they stand for. */
export interface BatchPreview {
  statements: { sql: string }[];
  operations: number;
}

/** One row an import refused. */
export interface ImportRowError {
  /** Row of a CSV file, from 1. */
  row?: number;
  /** Place in a JSON list, from 1. */
  item?: number;
  data?: unknown;
  error: string;
}

/** What `importCSV` and `importJSON` resolve to. */
export interface ImportResult {
  imported: number;
  failed: number;
  errors: ImportRowError[];
}

export type ExportFormat = 'csv' | 'json' | 'ndjson';
