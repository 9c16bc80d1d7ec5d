import { describe, expect, it, vi } from "vitest";
import { createPending, DRAFT_AGE, keyOf, type Adapter, type CommitAnswer, type Journal, type Op } from "./pending";

const cell = (row: string, field: string, before: unknown, after: unknown): Op => ({
  target: { scope: "records", path: ["orders", row, field] },
  before,
  after,
});

function setup(answer: (ops: readonly Op[]) => Promise<CommitAnswer> = () => Promise.resolve({ ok: true })) {
  const kept = new Map<string, string>();
  const journal: Journal = {
    read: (key) => Promise.resolve(kept.get(key) ?? null),
    write: (key, text) => Promise.resolve(void kept.set(key, text)),
    remove: (key) => Promise.resolve(void kept.delete(key)),
  };
  let clock = 1000;
  const pending = createPending({ journal, journalKey: "k", now: () => clock, journalDelay: 0 });
  const sent: (readonly Op[])[] = [];
  const adapter: Adapter = {
    same: (a, b) => a === b,
    preview: (ops) => Promise.resolve({ statements: ops.map((op) => op.target.path.join(".")), operations: ops.length }),
    commit: (ops) => {
      sent.push(ops);
      return answer(ops);
    },
  };
  pending.register("records", adapter);
  return { pending, sent, kept, journal, later: (ms: number) => (clock += ms) };
}

describe("staging", () => {
  it("keeps the first base, and takes itself away when the value returns to it", () => {
    const { pending } = setup();
    pending.stage(cell("1", "total", "5", "6"));
    pending.stage(cell("1", "total", "6", "7"));
    expect(pending.opsOf("records")).toEqual([cell("1", "total", "5", "7")]);
    expect(pending.statusOf("records")).toBe("open");
    pending.stage(cell("1", "total", "7", "5"));
    expect(pending.opsOf("records")).toEqual([]);
    expect(pending.statusOf("records")).toBe("clean");
  });

  it("records nothing when nothing changes", () => {
    const { pending } = setup();
    pending.stage(cell("1", "total", "5", "5"));
    expect(pending.store.getState().canUndo).toBe(false);
  });

  it("takes a block as one step and undoes it as one", () => {
    const { pending } = setup();
    pending.stage(Array.from({ length: 500 }, (_, i) => cell(String(i), "status", "a", "b")));
    pending.stage(cell("0", "status", "b", "c"));
    expect(pending.opsOf("records")).toHaveLength(500);
    expect(pending.undo()).toEqual([cell("0", "status", "", "").target]);
    expect(pending.opsOf("records", ["orders", "0"])[0]?.after).toBe("b");
    pending.undo();
    expect(pending.opsOf("records")).toEqual([]);
    pending.redo();
    pending.redo();
    expect(pending.opsOf("records", ["orders", "0"])[0]?.after).toBe("c");
    expect(pending.redo()).toEqual([]);
  });

  it("stages the same target twice in one block as one change", () => {
    const { pending } = setup();
    pending.stage([cell("1", "a", "x", "y"), cell("1", "a", "y", "x")]);
    expect(pending.opsOf("records")).toEqual([]);
    pending.stage([cell("1", "a", "x", "y"), cell("1", "a", "y", "z")]);
    expect(pending.opsOf("records")).toEqual([cell("1", "a", "x", "z")]);
  });

  it("discards what lies under a path, and discarding can be undone", () => {
    const { pending } = setup();
    pending.stage([cell("1", "a", "x", "y"), cell("1", "b", "x", "y"), cell("2", "a", "x", "y")]);
    pending.discard("records", ["orders", "1"]);
    expect(pending.opsOf("records")).toHaveLength(1);
    pending.undo();
    expect(pending.opsOf("records")).toHaveLength(3);
    pending.unstage([cell("2", "a", "", "").target]);
    expect(pending.opsOf("records")).toHaveLength(2);
  });

  it("names the scope that nobody registered", () => {
    const { pending } = setup();
    expect(() => pending.stage({ target: { scope: "rules", path: ["x"] }, before: 1, after: 2 })).toThrow(/"rules"/);
  });
});

describe("commit", () => {
  it("sends all, empties, and forgets the steps", async () => {
    const { pending, sent } = setup();
    pending.stage([cell("1", "a", "x", "y"), cell("2", "a", "x", "y")]);
    expect(await pending.preview("records")).toEqual({ statements: ["orders.1.a", "orders.2.a"], operations: 2 });
    expect(await pending.commit("records")).toEqual({ ok: true });
    expect(sent[0]).toHaveLength(2);
    expect(pending.statusOf("records")).toBe("clean");
    expect(pending.undo()).toEqual([]);
    await pending.commit("records");
    expect(sent).toHaveLength(1);
  });

  it("keeps a change that was made while the commit was under way", async () => {
    let release: (answer: CommitAnswer) => void = () => undefined;
    const { pending } = setup(() => new Promise((resolve) => (release = resolve)));
    pending.stage(cell("1", "a", "x", "y"));
    const running = pending.commit("records");
    expect(pending.statusOf("records")).toBe("saving");
    await expect(pending.commit("records")).rejects.toThrow("already");
    pending.stage(cell("1", "a", "y", "z"));
    release({ ok: true });
    await running;
    expect(pending.opsOf("records")).toEqual([cell("1", "a", "y", "z")]);
  });

  it("turns a change back during the commit into a new change, or into none when it failed", async () => {
    for (const good of [true, false]) {
      let settle: () => void = () => undefined;
      const { pending } = setup(
        () => new Promise((resolve, reject) => (settle = () => (good ? resolve({ ok: true }) : reject(new Error("gone"))))),
      );
      pending.stage(cell("1", "a", "x", "y"));
      const running = pending.commit("records").catch(() => undefined);
      pending.stage(cell("1", "a", "y", "x"));
      settle();
      await running;
      expect(pending.opsOf("records")).toEqual(good ? [cell("1", "a", "y", "x")] : []);
    }
  });

  it("keeps everything when the server fails", async () => {
    const { pending } = setup(() => Promise.reject(new Error("gone")));
    pending.stage(cell("1", "a", "x", "y"));
    await expect(pending.commit("records")).rejects.toThrow("gone");
    expect(pending.statusOf("records")).toBe("failed");
    expect(pending.opsOf("records")).toHaveLength(1);
  });

  it("shows base, theirs and mine, and chooses nothing by itself", async () => {
    const key = keyOf(cell("1", "a", "", "").target);
    const { pending, sent } = setup((ops) =>
      Promise.resolve(
        ops.some((op) => keyOf(op.target) === key && op.before === "x")
          ? { ok: false, conflicts: [{ key, base: "x", theirs: "t", mine: "m" }] }
          : { ok: true },
      ),
    );
    pending.stage([cell("1", "a", "x", "m"), cell("2", "a", "x", "m")]);
    await pending.commit("records");
    expect(pending.statusOf("records")).toBe("conflict");
    expect(pending.opsOf("records")).toHaveLength(2);
    pending.resolve(key, "mine");
    expect(pending.opsOf("records")[0]).toMatchObject({ before: "t", after: "m" });
    await pending.commit("records");
    expect(sent).toHaveLength(2);
    expect(pending.statusOf("records")).toBe("clean");
  });

  it("drops my change for theirs, and undo brings it back", async () => {
    const key = keyOf(cell("1", "a", "", "").target);
    const { pending } = setup(() => Promise.resolve({ ok: false, conflicts: [{ key, base: "x", theirs: "t", mine: "m" }] }));
    pending.stage(cell("1", "a", "x", "m"));
    await pending.commit("records");
    pending.resolve(key, "theirs");
    expect(pending.statusOf("records")).toBe("clean");
    pending.undo();
    expect(pending.opsOf("records")).toHaveLength(1);
  });
});

describe("journal", () => {
  it("brings the draft back after a crash, without secrets", async () => {
    const first = setup();
    first.pending.stage([cell("1", "a", "x", "y"), cell("1", "b", undefined, null), { ...cell("1", "password", "", "s3cret"), secret: true }]);
    await first.pending.flush();
    expect(first.kept.get("k")).not.toContain("s3cret");

    const second = setup();
    const text = first.kept.get("k");
    if (text) second.kept.set("k", text);
    const draft = await second.pending.draft();
    expect(draft?.ops).toHaveLength(2);
    if (draft) second.pending.restore(draft);
    expect(second.pending.opsOf("records").map((op) => op.after)).toEqual(["y", null]);
    expect(second.pending.opsOf("records")[1]?.before).toBeUndefined();
  });

  it("holds the first change at once, and those that follow within a beat together", async () => {
    vi.useFakeTimers();
    try {
      const writes: string[] = [];
      const journal = { read: () => Promise.resolve(null), write: (_: string, text: string) => Promise.resolve(void writes.push(text)), remove: () => Promise.resolve() };
      const pending = createPending({ journal, journalDelay: 200 });
      pending.register("records", { same: (a, b) => a === b, preview: () => Promise.reject(new Error()), commit: () => Promise.reject(new Error()) });
      pending.stage(cell("1", "a", "x", "y"));
      await vi.advanceTimersByTimeAsync(1);
      expect(writes).toHaveLength(1);
      pending.stage(cell("1", "b", "x", "y"));
      pending.stage(cell("1", "c", "x", "y"));
      await vi.advanceTimersByTimeAsync(100);
      expect(writes).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(100);
      expect(writes).toHaveLength(2);
      expect(writes[1]).toContain('"c"');
      await vi.advanceTimersByTimeAsync(1000);
      expect(writes).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is not touched while nothing is open", async () => {
    const { pending, kept } = setup();
    kept.set("k", "of before");
    pending.discard("records");
    await pending.flush();
    expect(kept.get("k")).toBe("of before");
  });

  it("is gone after a commit, after a week, and when it cannot be read", async () => {
    const { pending, kept, later } = setup();
    pending.stage(cell("1", "a", "x", "y"));
    await pending.flush();
    expect(kept.has("k")).toBe(true);
    later(DRAFT_AGE + 1);
    const late = setup();
    late.later(DRAFT_AGE + 1);
    late.kept.set("k", kept.get("k") ?? "");
    expect(await late.pending.draft()).toBeNull();
    expect(late.kept.has("k")).toBe(false);
    pending.stage(cell("1", "a", "y", "z"));
    await pending.commit("records");
    await pending.flush();
    expect(kept.has("k")).toBe(false);
    for (const text of ["", "{}", '{"version":1,"savedAt":1000,"ops":[{}]}', "null"]) {
      const other = setup();
      other.kept.set("k", text);
      expect(await other.pending.draft()).toBeNull();
    }
  });

  /** A window that opens on what the last one left behind. */
  async function reopened(...ops: readonly Op[]) {
    const first = setup();
    first.pending.stage(ops);
    await first.pending.flush();
    const next = setup();
    next.kept.set("k", first.kept.get("k") ?? "");
    return next;
  }
  const left = [cell("1", "a", "x", "y"), cell("2", "a", "x", "y"), cell("3", "a", "x", "y")];
  const inJournal = (kept: ReadonlyMap<string, string>) =>
    (JSON.parse(kept.get("k") ?? '{"ops":[]}') as { ops: Op[] }).ops.map((op) => `${op.target.path[1] ?? ""}=${String(op.after)}`);

  it("keeps a draft that is not answered yet beside what is staged since", async () => {
    for (const read of [true, false]) {
      const { pending, kept } = await reopened(...left);
      if (read) await pending.draft();
      pending.stage([cell("9", "a", "x", "z"), cell("2", "a", "x", "z")]);
      await pending.flush();
      expect(inJournal(kept)).toEqual(["1=y", "2=z", "3=y", "9=z"]);
      expect((await pending.draft())?.ops).toHaveLength(3);
      // To take the new work back leaves the draft as it was.
      pending.undo();
      await pending.flush();
      expect(inJournal(kept)).toEqual(["1=y", "2=y", "3=y"]);
    }
  });

  it("restores a draft below what is staged since, and drops it without touching that", async () => {
    const restored = await reopened(...left);
    restored.pending.stage(cell("2", "a", "x", "z"));
    const draft = await restored.pending.draft();
    if (draft) restored.pending.restore(draft);
    await restored.pending.flush();
    expect(restored.pending.opsOf("records").map((op) => op.after)).toEqual(["z", "y", "y"]);
    expect(restored.pending.store.getState().draft).toBeNull();
    expect(inJournal(restored.kept)).toEqual(["2=z", "1=y", "3=y"]);

    const dropped = await reopened(...left);
    await dropped.pending.draft();
    dropped.pending.stage(cell("9", "a", "x", "z"));
    await dropped.pending.dropDraft();
    expect(inJournal(dropped.kept)).toEqual(["9=z"]);
  });

  it("keeps of a draft after a commit what was not committed", async () => {
    const { pending, kept } = await reopened(...left);
    await pending.draft();
    pending.stage(cell("2", "a", "x", "z"));
    await pending.commit("records");
    await pending.flush();
    expect(inJournal(kept)).toEqual(["1=y", "3=y"]);
    expect(pending.store.getState().draft?.ops).toHaveLength(2);
  });

  it("writes over nothing while the journal cannot be read", async () => {
    const errors: unknown[] = [];
    const writes: string[] = [];
    const pending = createPending({
      journal: { read: () => Promise.reject(new Error("locked")), write: (_, text) => Promise.resolve(void writes.push(text)), remove: () => Promise.resolve() },
      journalDelay: 0,
      onJournalError: (error) => errors.push(error),
    });
    pending.register("records", { same: (a, b) => a === b, preview: () => Promise.reject(new Error()), commit: () => Promise.reject(new Error()) });
    pending.stage(cell("1", "a", "x", "y"));
    await pending.flush();
    expect(errors).toHaveLength(1);
    expect(writes).toEqual([]);
  });
});
