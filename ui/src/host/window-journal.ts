/**
 * Two windows of one project keep two drafts. Each window holds a place of its own for as long as it
 * lives; what lies at a place that no window holds was left behind by one that is gone, and the next
 * window that opens takes it over and offers it.
 */
import type { Journal } from "@/lib/pending";

/** What of the browser's locks is needed. */
export interface Locks {
  request(
    name: string,
    options: { readonly ifAvailable?: boolean; readonly signal?: AbortSignal },
    held: (lock: unknown) => Promise<unknown>,
  ): Promise<unknown>;
}

/** Windows of one project at a time; more share the last place. */
const PLACES = 32;
/** A page that is loaded anew may meet its own lock for a moment, in milliseconds. */
const OWN_WAIT = 1000;

interface Kept {
  readonly savedAt: number;
  readonly ops: readonly { readonly target: unknown }[];
}

/**
 * The journal of one window. Where a page has no locks (it has none over http but from this computer),
 * all windows share the first place.
 */
export function windowJournal(base: Journal, locks: Locks | undefined, memory: Pick<Storage, "getItem" | "setItem"> | undefined): Journal {
  const own = new Map<string, Promise<string>>();

  /** Holds a lock until the window is gone. */
  function hold(locks: Locks, name: string, options: { ifAvailable?: boolean; signal?: AbortSignal }): Promise<boolean> {
    return new Promise((resolve, reject) => {
      locks
        .request(name, options, (lock) => {
          resolve(lock !== null);
          return lock === null ? Promise.resolve() : new Promise(() => undefined);
        })
        .catch((error: unknown) => {
          if (options.signal?.aborted === true) resolve(false);
          else reject(error instanceof Error ? error : new Error(String(error)));
        });
    });
  }

  /** Where this window keeps its draft, with all in it that windows that are gone left elsewhere. */
  async function claim(key: string): Promise<string> {
    if (!locks) return key;
    const name = (place: number): string => (place === 0 ? key : `${key}:${String(place)}`);
    const lockOf = (place: number): string => `plinth:${name(place)}`;
    const before = Number(memory?.getItem(lockOf(0)) ?? "-1");
    let mine = -1;
    if (before >= 0 && before < PLACES && (await hold(locks, lockOf(before), { signal: AbortSignal.timeout(OWN_WAIT) }))) mine = before;
    for (let place = 0; mine < 0 && place < PLACES; place += 1) {
      if (await hold(locks, lockOf(place), { ifAvailable: true })) mine = place;
    }
    if (mine < 0) return name(PLACES - 1);
    memory?.setItem(lockOf(0), String(mine));
    for (let place = 0; place < PLACES; place += 1) {
      if (place === mine) continue;
      await locks.request(lockOf(place), { ifAvailable: true }, async (lock) => {
        if (lock === null) return;
        const left = await base.read(name(place));
        if (left === null) return;
        const kept = await base.read(name(mine));
        // Written at the new place before it goes from the old one: a crash in between leaves both.
        await base.write(name(mine), kept === null ? left : merged(kept, left));
        await base.remove(name(place));
      });
    }
    return name(mine);
  }

  function place(key: string): Promise<string> {
    let found = own.get(key);
    if (!found) {
      found = claim(key);
      own.set(key, found);
      found.catch(() => own.delete(key));
    }
    return found;
  }

  return {
    read: async (key) => await base.read(await place(key)),
    write: async (key, text) => await base.write(await place(key), text),
    remove: async (key) => await base.remove(await place(key)),
  };
}

/** Both drafts as one; of two changes to one place the newer one is kept. */
function merged(one: string, other: string): string {
  const drafts = [one, other].flatMap((text) => readable(text) ?? []).sort((a, b) => a.savedAt - b.savedAt);
  const ops = new Map(drafts.flatMap((draft) => draft.ops.map((op) => [JSON.stringify(op.target), op] as const)));
  return JSON.stringify({ version: 1, savedAt: Math.max(0, ...drafts.map((draft) => draft.savedAt)), ops: [...ops.values()] });
}

function readable(text: string): Kept | null {
  try {
    const draft = JSON.parse(text) as Kept;
    return typeof draft.savedAt === "number" && Array.isArray(draft.ops) ? draft : null;
  } catch {
    return null;
  }
}
