/**
 * What the screen remembers beside the open changes: the stored rows under them, the names of
 * related rows that were chosen, and texts that are no values yet. It outlives the screen, as the
 * changes do.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { RawRow } from "@/lib/rows";
import type { Pending } from "@/lib/pending";
import type { Problem } from "@/lib/values";

export interface Invalid {
  readonly text: string;
  readonly problem: Problem;
}

export interface Held {
  /** `collection \n id` to the row as it was read when the first change was staged. */
  readonly rows: ReadonlyMap<string, RawRow>;
  /** `collection \n id` to the name a relation cell shows. */
  readonly labels: ReadonlyMap<string, string>;
  /** `collection \n row \n field` to what was typed there. */
  readonly invalid: ReadonlyMap<string, Invalid>;
}

const stores = new WeakMap<Pending, StoreApi<Held>>();

export function heldOf(pending: Pending): StoreApi<Held> {
  let store = stores.get(pending);
  if (!store) {
    store = createStore<Held>(() => ({ rows: new Map(), labels: new Map(), invalid: new Map() }));
    stores.set(pending, store);
  }
  return store;
}

export function heldKey(...parts: readonly string[]): string {
  return parts.join("\n");
}

/** Rows under many changes at once. */
export function holdRows(store: StoreApi<Held>, entries: Iterable<readonly [key: string, row: RawRow]>): void {
  store.setState({ rows: new Map([...store.getState().rows, ...entries]) });
}

/** Names of many related rows, and texts that are done with, at once. */
export function holdMany(store: StoreApi<Held>, labels: Iterable<readonly [key: string, label: string]>, settled: Iterable<string>): void {
  const now = store.getState();
  const invalid = new Map(now.invalid);
  for (const key of settled) invalid.delete(key);
  store.setState({ labels: new Map([...now.labels, ...labels]), invalid });
}

export function hold<Part extends keyof Held>(
  store: StoreApi<Held>,
  part: Part,
  key: string,
  entry: Held[Part] extends ReadonlyMap<string, infer Entry> ? Entry | undefined : never,
): void {
  const next = new Map<string, unknown>(store.getState()[part]);
  if (entry === undefined) next.delete(key);
  else next.set(key, entry);
  store.setState({ [part]: next } as Partial<Held>);
}
