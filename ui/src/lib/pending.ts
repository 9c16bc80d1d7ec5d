/**
 * The one engine for changes that are not committed yet.
 *
 * Cells, rules, schema and settings all stage the same thing: a target, what stood there, and what
 * shall stand there. Undo, preview, commit, conflicts and draft recovery are written once, here.
 * The store lives outside React, so no unmounted component can lose work.
 */
import { createStore, type StoreApi } from "zustand/vanilla";

/** Where a change lands. `path` is unique within its scope: `["orders", "48230", "total"]`. */
export interface Target {
  readonly scope: string;
  readonly path: readonly string[];
}

export interface Op {
  readonly target: Target;
  /** What stood there when the change was first staged. `undefined`: nothing stood there. */
  readonly before: unknown;
  /** What shall stand there. `undefined`: nothing shall. */
  readonly after: unknown;
  /** The version the change was made on, when the server tells one. */
  readonly baseVersion?: string;
  /** Never written to the journal. */
  readonly secret?: boolean;
}

export interface Conflict {
  readonly key: string;
  readonly base: unknown;
  readonly theirs: unknown;
  readonly mine: unknown;
}

export interface Preview {
  readonly statements: readonly string[];
  readonly operations: number;
}

export type CommitAnswer =
  /** `undo` writes back what stood there before, for as long as the toast offers it. */
  | { readonly ok: true; readonly undo?: () => Promise<void> }
  | { readonly ok: false; readonly conflicts: readonly Conflict[] };

/** What an area brings: how its changes compare, read as SQL, and reach the server. */
export interface Adapter {
  same(a: unknown, b: unknown, target: Target): boolean;
  preview(ops: readonly Op[]): Promise<Preview>;
  commit(ops: readonly Op[]): Promise<CommitAnswer>;
}

/** Storage of the host, asynchronous and keyed. */
export interface Journal {
  read(key: string): Promise<string | null>;
  write(key: string, text: string): Promise<void>;
  remove(key: string): Promise<void>;
}

export type Status = "clean" | "open" | "saving" | "conflict" | "failed";

export interface PendingState {
  /** In the order in which they were first staged. */
  readonly ops: ReadonlyMap<string, Op>;
  readonly conflicts: ReadonlyMap<string, Conflict>;
  readonly saving: ReadonlySet<string>;
  readonly failures: ReadonlyMap<string, unknown>;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** What was staged when the window last closed, until it is restored or dropped. */
  readonly draft: Draft | null;
}

interface Step {
  readonly changes: readonly { readonly key: string; readonly from: Op | undefined; readonly to: Op | undefined }[];
}

export function keyOf(target: Target): string {
  return JSON.stringify([target.scope, ...target.path]);
}

export interface PendingOptions {
  readonly journal?: Journal;
  /** Under which name the draft is kept: connection and project. */
  readonly journalKey?: string;
  /** Milliseconds, for the age of a draft. */
  readonly now?: () => number;
  /** How far a journal write is at least from the one before it, in ms. */
  readonly journalDelay?: number;
  readonly onJournalError?: (error: unknown) => void;
}

export interface Draft {
  readonly savedAt: number;
  readonly ops: readonly Op[];
}

/** Drafts older than this are dropped: by then the rows have moved on. */
export const DRAFT_AGE = 7 * 24 * 60 * 60 * 1000;

const UNDO_LIMIT = 1000;

export interface Pending {
  readonly store: StoreApi<PendingState>;
  register(scope: string, adapter: Adapter): void;
  /** Stages one or many changes as one step. A change back to what stood there takes itself away. */
  stage(ops: Op | readonly Op[]): void;
  unstage(targets: readonly Target[]): void;
  undo(): readonly Target[];
  redo(): readonly Target[];
  discard(scope: string, under?: readonly string[]): void;
  opsOf(scope: string, under?: readonly string[]): readonly Op[];
  statusOf(scope: string, under?: readonly string[]): Status;
  preview(scope: string, under?: readonly string[]): Promise<Preview>;
  commit(scope: string, under?: readonly string[]): Promise<CommitAnswer>;
  /** `mine` keeps the change on top of what the other one wrote; `theirs` drops it. */
  resolve(key: string, choice: "mine" | "theirs"): void;
  /** What waits for an answer from last time; `state.draft` tells it too once this has read it. */
  draft(): Promise<Draft | null>;
  /** Stages the draft, except where something newer is staged. */
  restore(draft: Draft): void;
  /** Drops the draft, and nothing that was staged since. */
  dropDraft(): Promise<void>;
  /** Waits until the journal holds everything staged so far. */
  flush(): Promise<void>;
}

export function createPending(options: PendingOptions = {}): Pending {
  const adapters = new Map<string, Adapter>();
  const done: Step[] = [];
  const undone: Step[] = [];
  const journalKey = options.journalKey ?? "pending";
  const now = options.now ?? (() => Date.now());
  let journalTimer: ReturnType<typeof setTimeout> | null = null;
  /** Something was staged that the journal does not hold yet. */
  let isOwed = false;
  let writing: Promise<void> = Promise.resolve();

  const store = createStore<PendingState>(() => ({
    ops: new Map(),
    conflicts: new Map(),
    saving: new Set(),
    failures: new Map(),
    canUndo: false,
    canRedo: false,
    draft: null,
  }));
  /** The journal is read once, before the first write: from then on what it held is in the store. */
  let reading: Promise<void> | null = null;

  function readKept(journal: Journal): Promise<void> {
    reading ??= readJournal(journal).catch((error: unknown) => {
      reading = null;
      throw error;
    });
    return reading;
  }

  async function readJournal(journal: Journal): Promise<void> {
    const text = await journal.read(journalKey);
    if (text === null) return;
    const draft = readDraft(text);
    if (draft && now() - draft.savedAt <= DRAFT_AGE) store.setState({ draft });
    else await journal.remove(journalKey);
  }

  function adapterOf(scope: string): Adapter {
    const adapter = adapters.get(scope);
    if (!adapter) throw new Error(`no adapter is registered for the pending scope "${scope}"`);
    return adapter;
  }

  function within(op: Op, scope: string, under: readonly string[]): boolean {
    return op.target.scope === scope && under.every((part, index) => op.target.path[index] === part);
  }

  function publish(ops: ReadonlyMap<string, Op>, more: Partial<PendingState> = {}): void {
    const conflicts = more.conflicts ?? store.getState().conflicts;
    // Where nothing is open and nothing was, a draft of before waits to be asked for.
    const isIdle = ops.size === 0 && store.getState().ops.size === 0;
    const kept = new Map([...conflicts].filter(([key]) => ops.has(key)));
    store.setState({ ...more, ops, conflicts: kept, canUndo: done.length > 0, canRedo: undone.length > 0 });
    if (!isIdle) scheduleJournal();
  }

  function apply(step: Step, backwards: boolean): void {
    const ops = new Map(store.getState().ops);
    for (const change of step.changes) {
      const op = backwards ? change.from : change.to;
      if (op) ops.set(change.key, op);
      else ops.delete(change.key);
    }
    publish(ops, { failures: new Map() });
  }

  function record(step: Step): void {
    if (step.changes.length === 0) return;
    done.push(step);
    if (done.length > UNDO_LIMIT) done.shift();
    undone.length = 0;
    apply(step, false);
  }

  function targets(step: Step): readonly Target[] {
    return step.changes.flatMap((change) => {
      const op = change.to ?? change.from;
      return op ? [op.target] : [];
    });
  }

  function scheduleJournal(): void {
    if (!options.journal) return;
    isOwed = true;
    // The first change is written down before anything else can happen to the page.
    journalTimer ??= setTimeout(journalTurn, 0);
  }

  function journalTurn(): void {
    journalTimer = null;
    if (!isOwed) return;
    writeJournal();
    journalTimer = setTimeout(journalTurn, options.journalDelay ?? 200);
  }

  function writeJournal(): void {
    const { journal } = options;
    isOwed = false;
    if (!journal) return;
    writing = writing
      .then(async () => {
        await readKept(journal);
        const { ops, draft } = store.getState();
        // A draft that nobody has answered yet goes on beside what is staged since; of two changes
        // to one place the newer one is kept.
        const kept = new Map(draft?.ops.map((op) => [keyOf(op.target), op]));
        const fresh = [...ops].filter(([, op]) => op.secret !== true);
        for (const [key, op] of fresh) kept.set(key, op);
        if (kept.size === 0) return journal.remove(journalKey);
        const savedAt = fresh.length === 0 && draft ? draft.savedAt : now();
        return journal.write(journalKey, JSON.stringify({ version: 1, savedAt, ops: [...kept.values()].map(packOp) }));
      })
      .catch((error: unknown) => options.onJournalError?.(error));
  }

  /** Takes out changes that turned out to be none, after a commit that did not go through. */
  function prune(scope: string): void {
    const { same } = adapterOf(scope);
    const kept = [...store.getState().ops].filter(
      ([, op]) => op.target.scope !== scope || !same(op.before, op.after, op.target),
    );
    if (kept.length < store.getState().ops.size) publish(new Map(kept));
  }

  return {
    store,

    register(scope, adapter) {
      adapters.set(scope, adapter);
    },

    stage(input) {
      const list = Array.isArray(input) ? (input as readonly Op[]) : [input as Op];
      const changes = new Map<string, { key: string; from: Op | undefined; to: Op | undefined }>();
      for (const op of list) {
        const key = keyOf(op.target);
        const held = changes.has(key) ? changes.get(key)?.to : store.getState().ops.get(key);
        const from = changes.has(key) ? changes.get(key)?.from : held;
        // What stood there stays what it was at the first change, whatever is staged on top of it.
        const merged: Op = held ? { ...op, before: held.before, ...versionOf(held) } : op;
        const { same } = adapterOf(op.target.scope);
        // While a commit is under way the base is about to move, so a change back to it still counts.
        const back = !store.getState().saving.has(op.target.scope) && same(merged.before, merged.after, op.target);
        const to = back ? undefined : merged;
        if (!from && !to) changes.delete(key);
        else if (from && to && same(from.after, to.after, op.target)) changes.delete(key);
        else changes.set(key, { key, from, to });
      }
      record({ changes: [...changes.values()] });
    },

    unstage(list) {
      const { ops } = store.getState();
      const keys = [...new Set(list.map(keyOf))].filter((key) => ops.has(key));
      record({ changes: keys.map((key) => ({ key, from: ops.get(key), to: undefined })) });
    },

    undo() {
      const step = done.pop();
      if (!step) return [];
      undone.push(step);
      apply(step, true);
      return targets(step);
    },

    redo() {
      const step = undone.pop();
      if (!step) return [];
      done.push(step);
      apply(step, false);
      return targets(step);
    },

    discard(scope, under = []) {
      const gone = [...store.getState().ops].filter(([, op]) => within(op, scope, under));
      record({ changes: gone.map(([key, op]) => ({ key, from: op, to: undefined })) });
    },

    opsOf(scope, under = []) {
      return [...store.getState().ops.values()].filter((op) => within(op, scope, under));
    },

    statusOf(scope, under = []) {
      const state = store.getState();
      const keys = [...state.ops].filter(([, op]) => within(op, scope, under)).map(([key]) => key);
      if (keys.length === 0) return "clean";
      if (state.saving.has(scope)) return "saving";
      if (keys.some((key) => state.conflicts.has(key))) return "conflict";
      return state.failures.has(scope) ? "failed" : "open";
    },

    preview(scope, under = []) {
      return adapterOf(scope).preview(this.opsOf(scope, under));
    },

    async commit(scope, under = []) {
      const sent = this.opsOf(scope, under);
      if (sent.length === 0) return { ok: true };
      if (store.getState().saving.has(scope)) throw new Error("a commit is already under way");
      const mark = (saving: boolean): void => {
        const next = new Set(store.getState().saving);
        if (saving) next.add(scope);
        else next.delete(scope);
        store.setState({ saving: next });
      };
      mark(true);
      let answer: CommitAnswer;
      try {
        answer = await adapterOf(scope).commit(sent);
      } catch (error) {
        mark(false);
        prune(scope);
        store.setState({ failures: new Map(store.getState().failures).set(scope, error) });
        throw error;
      }
      mark(false);
      const failures = new Map(store.getState().failures);
      failures.delete(scope);
      if (!answer.ok) {
        prune(scope);
        const conflicts = new Map(store.getState().conflicts);
        for (const conflict of answer.conflicts) conflicts.set(conflict.key, conflict);
        publish(store.getState().ops, { conflicts, failures });
        return answer;
      }
      const ops = new Map(store.getState().ops);
      const { same } = adapterOf(scope);
      for (const op of sent) {
        const key = keyOf(op.target);
        const held = ops.get(key);
        if (!held) continue;
        // Changed again while the commit was under way: that change stays open, on the new base.
        if (held === op || same(held.after, op.after, op.target)) ops.delete(key);
        else ops.set(key, { ...held, before: op.after });
      }
      // A committed step cannot be taken back by editing; the answer's own undo does that.
      const committed = new Set(sent.map((op) => keyOf(op.target)));
      for (const list of [done, undone]) {
        const kept = list.filter((step) => !step.changes.some((change) => committed.has(change.key)));
        list.splice(0, list.length, ...kept);
      }
      // What the draft says of a place that was committed since is out of date.
      const { draft } = store.getState();
      const left = draft?.ops.filter((op) => !committed.has(keyOf(op.target))) ?? [];
      publish(ops, { failures, draft: draft && left.length > 0 ? { ...draft, ops: left } : null });
      return answer;
    },

    resolve(key, choice) {
      const state = store.getState();
      const conflict = state.conflicts.get(key);
      const op = state.ops.get(key);
      if (!conflict) return;
      const conflicts = new Map(state.conflicts);
      conflicts.delete(key);
      store.setState({ conflicts });
      if (!op) return;
      const to = choice === "mine" ? { ...op, before: conflict.theirs } : undefined;
      record({ changes: [{ key, from: op, to }] });
    },

    async draft() {
      if (!options.journal) return null;
      await readKept(options.journal);
      return store.getState().draft;
    },

    restore(draft) {
      const { ops } = store.getState();
      store.setState({ draft: null });
      // What was staged since is newer than the draft.
      const back = draft.ops.filter((op) => !ops.has(keyOf(op.target)));
      record({ changes: back.map((op) => ({ key: keyOf(op.target), from: undefined, to: op })) });
    },

    async dropDraft() {
      store.setState({ draft: null });
      if (journalTimer) clearTimeout(journalTimer);
      journalTimer = null;
      writeJournal();
      await writing;
    },

    async flush() {
      if (journalTimer) {
        clearTimeout(journalTimer);
        journalTimer = null;
        if (isOwed) writeJournal();
      }
      await writing;
    },
  };
}

function versionOf(op: Op): { baseVersion?: string } {
  return op.baseVersion === undefined ? {} : { baseVersion: op.baseVersion };
}

/** JSON has no `undefined`; a missing side is written as an absent key. */
function packOp(op: Op): Record<string, unknown> {
  return {
    target: op.target,
    ...(op.before === undefined ? {} : { before: op.before }),
    ...(op.after === undefined ? {} : { after: op.after }),
    ...versionOf(op),
  };
}

function readDraft(text: string): Draft | null {
  let doc: unknown;
  try {
    doc = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof doc !== "object" || doc === null) return null;
  const { version, savedAt, ops } = doc as Readonly<Record<string, unknown>>;
  if (version !== 1 || typeof savedAt !== "number" || !Array.isArray(ops)) return null;
  const read: Op[] = [];
  for (const raw of ops as unknown[]) {
    const target = (raw as { target?: Partial<Target> } | null)?.target;
    if (typeof target?.scope !== "string" || !Array.isArray(target.path)) return null;
    const { before, after, baseVersion } = raw as Partial<Op>;
    read.push({
      target: { scope: target.scope, path: target.path },
      before,
      after,
      ...(typeof baseVersion === "string" ? { baseVersion } : {}),
    });
  }
  return { savedAt, ops: read };
}
