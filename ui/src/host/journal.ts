/**
 * Drafts of uncommitted work. A page keeps them in IndexedDB, as they may be larger than what
 * localStorage takes; the desktop keeps them in files of its own.
 */
import type { Journal } from "@/lib/pending";
import { windowJournal } from "./window-journal";

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("plinth", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("journal");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the draft store did not open"));
  });
}

async function run<Answer>(
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<Answer>,
): Promise<Answer> {
  const opened = await database();
  try {
    return await new Promise((resolve, reject) => {
      const request = act(opened.transaction("journal", mode).objectStore("journal"));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error("the draft store refused"));
    });
  } finally {
    opened.close();
  }
}

const indexed: Journal = {
  read: async (key) => {
    const text: unknown = await run("readonly", (store) => store.get(key) as IDBRequest<unknown>);
    return typeof text === "string" ? text : null;
  },
  write: async (key, text) => {
    await run("readwrite", (store) => store.put(text, key));
  },
  remove: async (key) => {
    await run("readwrite", (store) => store.delete(key));
  },
};

/** The desktop half is a chunk that browsers never load. */
async function kept(): Promise<Journal> {
  return "__TAURI_INTERNALS__" in window ? (await import("./tauri-journal")).folderJournal : indexed;
}

export const journal: Journal = {
  read: async (key) => await (await kept()).read(key),
  write: async (key, text) => await (await kept()).write(key, text),
  remove: async (key) => await (await kept()).remove(key),
};

/** A tab keeps which place was its own while it is loaded anew; some pages may keep nothing. */
function memoryOfTab(): Storage | undefined {
  try {
    return window.sessionStorage;
  } catch {
    return undefined;
  }
}

// Pages over http from elsewhere have no locks, whatever the types say.
const locks = (navigator as { readonly locks?: LockManager }).locks;

/** Open work of this window: two windows of one project never write over each other. */
export const drafts: Journal = windowJournal(journal, locks, memoryOfTab());
