import { describe, expect, it } from "vitest";
import type { Journal } from "@/lib/pending";
import { windowJournal, type Locks } from "./window-journal";

/** What a browser keeps for all its windows. */
function browser() {
  const kept = new Map<string, string>();
  const base: Journal = {
    read: (key) => Promise.resolve(kept.get(key) ?? null),
    write: (key, text) => Promise.resolve(void kept.set(key, text)),
    remove: (key) => Promise.resolve(void kept.delete(key)),
  };
  const taken = new Map<string, object>();
  const open = (memory = new Map<string, string>()) => {
    const window = {};
    const locks: Locks = {
      request: async (name, options, held) => {
        if (taken.has(name)) {
          if (options.ifAvailable === true) return await held(null);
          return await new Promise((_, reject) => options.signal?.addEventListener("abort", () => reject(new Error("waited"))));
        }
        taken.set(name, window);
        const answer = await held({});
        if (taken.get(name) === window) taken.delete(name);
        return answer;
      },
    };
    const journal = windowJournal(base, locks, { getItem: (key) => memory.get(key) ?? null, setItem: (key, value) => void memory.set(key, value) });
    const close = (): void => {
      for (const [name, holder] of taken) if (holder === window) taken.delete(name);
    };
    return { journal, close, memory };
  };
  return { kept, open, base };
}

const draft = (savedAt: number, ...ops: readonly (readonly [row: string, after: string])[]): string =>
  JSON.stringify({ version: 1, savedAt, ops: ops.map(([row, after]) => ({ target: { scope: "records", path: ["t", row, "a"] }, before: 0, after })) });
const told = (text: string | null): string[] =>
  (JSON.parse(text ?? '{"ops":[]}') as { ops: { target: { path: string[] }; after: string }[] }).ops.map((op) => `${op.target.path[1] ?? ""}=${op.after}`);

describe("drafts of two windows of one project", () => {
  it("lie apart, and neither is offered to the other", async () => {
    const { open } = browser();
    const [one, two] = [open(), open()];
    expect(await one.journal.read("pending:p")).toBeNull();
    await one.journal.write("pending:p", draft(1, ["1", "one"]));
    expect(await two.journal.read("pending:p")).toBeNull();
    await two.journal.write("pending:p", draft(2, ["1", "two"]));
    expect(told(await one.journal.read("pending:p"))).toEqual(["1=one"]);
    await two.journal.remove("pending:p");
    expect(told(await one.journal.read("pending:p"))).toEqual(["1=one"]);
  });

  it("are both offered by the next window once theirs are gone, the newer change over the older", async () => {
    const { open, kept } = browser();
    const [one, two] = [open(), open()];
    await one.journal.write("pending:p", draft(5, ["1", "newer"], ["2", "one"]));
    await two.journal.write("pending:p", draft(4, ["1", "older"], ["3", "two"]));
    two.close();
    one.close();
    expect(told(await open().journal.read("pending:p")).sort()).toEqual(["1=newer", "2=one", "3=two"]);
    expect([...kept.keys()]).toEqual(["pending:p"]);
  });

  it("are found again by the window that is loaded anew, wherever it lay", async () => {
    const { open } = browser();
    const [one, two] = [open(), open()];
    await one.journal.read("pending:p");
    await two.journal.write("pending:p", draft(1, ["1", "two"]));
    two.close();
    one.close();
    const again = open(two.memory);
    expect(told(await again.journal.read("pending:p"))).toEqual(["1=two"]);
  });

  it("lie where they lay before where a page has no locks", async () => {
    const { base, kept } = browser();
    await windowJournal(base, undefined, undefined).write("pending:p", draft(1, ["1", "x"]));
    expect([...kept.keys()]).toEqual(["pending:p"]);
  });
});
