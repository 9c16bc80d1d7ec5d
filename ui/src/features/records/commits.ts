import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { toast } from "@/kit/toast";
import { faultOf, type Connection } from "@/lib/client";
import type { CollectionInfo } from "@/lib/fields";
import type { Conflict, Pending, PendingState } from "@/lib/pending";
import { factsOf, RECORDS, rowChanges, type Facts, type RowChange } from "@/lib/record-ops";
import { DEFAULT, type Value } from "@/lib/values";
import { isStampName } from "./deletion";
import type { Held } from "./held";
import { g } from "./grid/messages";
import { m } from "./messages";
import { flawsOf, type Flaw } from "./OpenChanges";

export interface Commits {
  readonly changes: readonly RowChange[];
  readonly facts: Facts;
  readonly conflicts: readonly Conflict[];
  readonly flaws: readonly Flaw[];
  /** Why the last commit did not go through. */
  readonly fault: unknown;
  readonly panel: "preview" | "conflicts" | null;
  readonly setPanel: (panel: Commits["panel"]) => void;
  readonly asking: "commit" | "discard" | null;
  readonly setAsking: (asking: Commits["asking"]) => void;
  readonly bandOnly: boolean;
  readonly setBandOnly: (only: boolean) => void;
  readonly busy: boolean;
  readonly resolve: (key: string, choice: "mine" | "theirs") => void;
  readonly commit: () => Promise<void>;
  readonly askCommit: () => void;
  /** What a toast offers for ten seconds, Ctrl Z offers too. */
  readonly takeBack: (() => void) | null;
  readonly offerUndo: (undo: () => void) => void;
  readonly dropUndo: () => void;
}

/** The open changes of one collection, up to their commit and the taking back of it. */
export function useCommits({
  collection,
  connection,
  pending,
  pendingState,
  held,
  onFlaw,
}: {
  readonly collection: CollectionInfo;
  readonly connection: Connection;
  readonly pending: Pending;
  readonly pendingState: PendingState;
  readonly held: Held;
  readonly onFlaw: (flaw: Flaw) => void;
}): Commits {
  const { name } = collection;
  const changes = useMemo(
    () => rowChanges([...pendingState.ops.values()].filter((op) => op.target.scope === RECORDS && op.target.path[0] === name)),
    [pendingState.ops, name],
  );
  const facts = useMemo(() => factsOf(changes), [changes]);

  const conflicts = useMemo(
    () => [...pendingState.conflicts.values()].filter((c) => pendingState.ops.get(c.key)?.target.path[0] === name && pendingState.ops.get(c.key)?.target.scope === RECORDS),
    [pendingState.conflicts, pendingState.ops, name],
  );
  const flaws = useMemo(() => {
    const missing = changes.flatMap((change): Flaw[] =>
      change.isNew
        ? collection.fields.flatMap((field): Flaw[] => {
            const value = (change.cells.get(field.name)?.after ?? DEFAULT) as Value;
            const needs = !field.nullable && !field.computed && field.defaultText === null && !isStampName(field.name);
            return needs && (value.s === "default" || value.s === "null")
              ? [{ row: change.row, field: field.name, reason: m("flaw.required") }]
              : [];
          })
        : [],
    );
    return flawsOf(collection, held.invalid, missing);
  }, [changes, collection, held.invalid]);
  const [fault, setFault] = useState<unknown>(null);
  const [panel, setPanel] = useState<"preview" | "conflicts" | null>(null);
  const [asking, setAsking] = useState<"commit" | "discard" | null>(null);
  const [bandOnly, setBandOnly] = useState(false);
  const busy = pendingState.saving.has(RECORDS) && facts.rows > 0;
  useEffect(() => {
    if (facts.rows > 0) return;
    setBandOnly(false);
    setPanel(null);
    setFault(null);
  }, [facts.rows]);
  useEffect(() => {
    if (conflicts.length === 0) setPanel((open) => (open === "conflicts" ? null : open));
  }, [conflicts.length]);

  const [takeBack, setTakeBack] = useState<(() => void) | null>(null);
  const offerUndo = useCallback((undo: () => void): void => {
    setTakeBack(() => undo);
    setTimeout(() => setTakeBack((now) => (now === undo ? null : now)), 10_000);
  }, []);

  /** Cells that were left to somebody else since the last commit. */
  const theirs = useRef(0);
  const resolve = useCallback(
    (key: string, choice: "mine" | "theirs") => {
      if (choice === "theirs") theirs.current += 1;
      pending.resolve(key, choice);
    },
    [pending],
  );

  const commit = useCallback(async () => {
    setAsking(null);
    setFault(null);
    const sent = factsOf(rowChanges(pending.opsOf(RECORDS, [name])));
    try {
      const answer = await pending.commit(RECORDS, [name]);
      if (!answer.ok) {
        setPanel("conflicts");
        return;
      }
      setPanel(null);
      const back = answer.undo;
      const undo = (): void => {
        closed();
        setTakeBack(null);
        back?.().then(
          () => toast({ kind: "done", text: m("pending.undone", { count: sent.rows, connection: connection.info.name }) }),
          (error: unknown) => toast({ kind: "failed", text: m("pending.undoFailed", { reason: faultOf(error).message }) }),
        );
      };
      offerUndo(undo);
      const closed = toast({
        kind: "done",
        text:
          theirs.current > 0
            ? g("committed.theirs", { count: sent.cells, connection: connection.info.name, theirs: theirs.current })
            : m("pending.done", { count: sent.rows, connection: connection.info.name }),
        action: { label: m("cmd.takeBack"), keys: "Mod+Z", run: undo },
      });
      theirs.current = 0;
    } catch (error) {
      setFault(error);
    }
  }, [pending, name, connection, offerUndo]);

  const askCommit = (): void => {
    // Asked of the engine itself: the key may come before this screen has drawn the last cell.
    if (pending.opsOf(RECORDS, [name]).length === 0 || busy || conflicts.length > 0) return;
    const first = flaws[0];
    if (first) onFlaw(first);
    else if (connection.info.guard === "confirm") setAsking("commit");
    else void commit();
  };
  const dropUndo = useCallback(() => setTakeBack(null), []);

  return { changes, facts, conflicts, flaws, fault, panel, setPanel, asking, setAsking, bandOnly, setBandOnly, busy, resolve, commit, askCommit, takeBack, offerUndo, dropUndo };
}
