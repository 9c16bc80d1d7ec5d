/** Everything about changes that are not committed: the bar, the preview, conflicts, the draft. */
import { GitBranch, X } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "@/kit/Button";
import { ConfirmLoss, Dialog } from "@/kit/Dialog";
import { formatKeys } from "@/kit/keys";
import { PendingBar } from "@/kit/PendingBar";
import { ErrorBand, Loading } from "@/kit/states";
import { faultOf, faultText, type Connection } from "@/lib/client";
import type { CollectionInfo } from "@/lib/fields";
import type { Conflict, Op, Preview } from "@/lib/pending";
import type { Facts } from "@/lib/record-ops";
import type { Value } from "@/lib/values";
import { plain } from "./CellView";
import type { Invalid } from "./held";
import { t } from "@/messages/en";
import { g } from "./grid/messages";
import { m } from "./messages";
import { factsText, problemText } from "./words";

/** A value cannot be stored: which one, and where the cursor should go. */
export interface Flaw {
  readonly row: string;
  readonly field: string;
  readonly reason: string;
}

export function flawsOf(
  collection: CollectionInfo,
  invalid: ReadonlyMap<string, Invalid>,
  missing: readonly Flaw[],
): readonly Flaw[] {
  const typed = [...invalid].flatMap(([key, entry]): Flaw[] => {
    const [name, row = "", field = ""] = key.split("\n");
    return name === collection.name ? [{ row, field, reason: problemText(entry.problem) }] : [];
  });
  return [...typed, ...missing];
}

export function ChangesBar({
  connection,
  facts,
  flaws,
  conflicts,
  busy,
  fault,
  onFlaw,
  onCompare,
  onDiscard,
  onPreview,
  onCommit,
}: {
  connection: Connection;
  facts: Facts;
  flaws: readonly Flaw[];
  conflicts: readonly { conflict: Conflict; words: string }[];
  busy: boolean;
  fault: unknown;
  onFlaw: (flaw: Flaw) => void;
  onCompare: () => void;
  onDiscard: () => void;
  onPreview: () => void;
  onCommit: () => void;
}) {
  const first = flaws[0];
  const blocked = flaws.length > 0 || conflicts.length > 0;
  return (
    <>
      {fault ? (
        <ErrorBand
          title={m("pending.failed", { reason: faultOf(fault).hint ?? faultOf(fault).message })}
          details={faultText(fault)}
        >
          {m("pending.failed.body", { count: facts.rows })}
          {faultOf(fault).details.slice(0, 3).map((detail, index) =>
            typeof detail["field"] === "string" && typeof detail["message"] === "string" ? (
              <span key={index} className="block">
                {m("pending.invalid.first", { field: detail["field"], reason: detail["message"] })}
              </span>
            ) : null,
          )}
        </ErrorBand>
      ) : null}
      <PendingBar
        title={m("pending.rows", { count: facts.rows })}
        facts={factsText(facts)}
        aside={
          conflicts.length > 0 ? (
            <>
              <GitBranch aria-hidden size={13} className="stroke-meaning text-warn" />
              <span className="font-medium text-warn">{m("pending.conflicts", { count: conflicts.length })}</span>
              <span className="max-w-72 truncate text-ink-2">{conflicts[0]?.words}</span>
              <Button size="small" onClick={onCompare}>
                {m("pending.compare")}
              </Button>
            </>
          ) : first ? (
            <button type="button" className="max-w-96 truncate rounded-control px-1 text-bad hover:bg-bg-hover" onClick={() => onFlaw(first)}>
              {m("pending.invalid", { count: flaws.length })}
              {". "}
              {m("pending.invalid.first", { field: first.field, reason: first.reason })}
            </button>
          ) : (
            <span className="max-[1100px]:hidden">{m("pending.undoHint", { keys: formatKeys("Mod+Z") })}</span>
          )
        }
      >
        <Button kind="ghost" onClick={onDiscard} disabled={busy}>
          {t("discard")}
        </Button>
        <Button command="data.preview" onClick={onPreview} disabled={busy}>
          {m("pending.preview")}
        </Button>
        <Button kind="filled" command="data.commit" busy={busy} disabled={blocked} onClick={onCommit}>
          {busy
            ? m("pending.committing", { connection: connection.info.name })
            : m("pending.commit", { count: facts.rows, connection: connection.info.name })}
        </Button>
      </PendingBar>
    </>
  );
}

/** The SQL of the open changes, asked of the server, which writes nothing for it. */
export function PreviewPanel({ load, of, onClose }: { load: () => Promise<Preview>; of: unknown; onClose: () => void }) {
  const [state, setState] = useState<{ preview?: Preview; error?: unknown }>({});
  useEffect(() => {
    let gone = false;
    setState({});
    load().then(
      (preview) => gone || setState({ preview }),
      (error: unknown) => gone || setState({ error }),
    );
    return () => {
      gone = true;
    };
    // Asked again whenever the open changes are others.
  }, [load, of]);
  // What writes is what one wants to see; the reads before it only check.
  const writes = state.preview?.statements.filter((sql) => !/^\s*SELECT\b/i.test(sql)) ?? [];
  const checks = (state.preview?.statements.length ?? 0) - writes.length;
  // Hundreds of rows are written by a few statements, each run with the values of a row.
  const times = new Map<string, number>();
  for (const sql of writes) times.set(sql, (times.get(sql) ?? 0) + 1);
  return (
    <section aria-label={m("pending.preview")} className="flex max-h-[274px] min-h-24 shrink-0 flex-col border-t border-line bg-bg-sunk">
      <header className="flex h-8 shrink-0 items-center gap-2 px-3">
        <h2 className="min-w-0 flex-1 truncate font-semibold">
          {state.preview ? m("preview.title", { count: writes.length }) : m("pending.preview")}
          {checks > 0 ? <span className="ml-2 font-normal text-ink-3">{m("preview.checks", { count: checks })}</span> : null}
        </h2>
        <IconButton small icon={X} label={m("preview.close")} keys="Escape" onClick={onClose} />
      </header>
      {state.error ? (
        <ErrorBand title={m("preview.failed", { reason: faultOf(state.error).message })} details={faultText(state.error)} />
      ) : state.preview ? (
        <ol className="min-h-0 flex-1 overflow-auto px-3 pb-3">
          {[...times].map(([sql, count]) => (
            <li key={sql} className="flex gap-3 py-0.5">
              <span className="w-12 shrink-0 text-right font-mono text-code text-ink-3">{g("preview.times", { count })}</span>
              <Sql text={sql} />
            </li>
          ))}
        </ol>
      ) : (
        <Loading what={m("pending.preview")} className="px-3" />
      )}
    </section>
  );
}

const TOKENS = /('(?:[^']|'')*')|("(?:[^"]|"")*")|\b(INSERT|INTO|VALUES|UPDATE|SET|WHERE|AND|OR|IS|NOT|NULL|RETURNING|SELECT|FROM|BEGIN|COMMIT|DEFAULT|ON|CONFLICT|AS|IN)\b|\b(DELETE|DROP|TRUNCATE)\b|\b(\d+(?:\.\d+)?)\b/gi;

/** SQL with its words told apart; what destroys is red. */
function Sql({ text }: { text: string }) {
  const parts: { text: string; tone: string }[] = [];
  let at = 0;
  for (const found of text.matchAll(TOKENS)) {
    if (found.index > at) parts.push({ text: text.slice(at, found.index), tone: "" });
    const tone = found[1] ? "text-ok" : found[3] ? "text-draft" : found[4] ? "text-bad" : found[5] ? "text-warn" : "";
    parts.push({ text: found[0], tone });
    at = found.index + found[0].length;
  }
  parts.push({ text: text.slice(at), tone: "" });
  return (
    <code className="min-w-0 flex-1 font-mono text-code break-words whitespace-pre-wrap">
      {parts.map((part, index) => (
        <span key={index} className={part.tone}>
          {part.text}
        </span>
      ))}
    </code>
  );
}

/** Base, theirs and mine side by side. Nothing is chosen by itself. */
export function ConflictPanel({
  collection,
  conflicts,
  ops,
  onResolve,
  onClose,
}: {
  collection: CollectionInfo;
  conflicts: readonly Conflict[];
  ops: ReadonlyMap<string, Op>;
  onResolve: (key: string, choice: "mine" | "theirs") => void;
  onClose: () => void;
}) {
  return (
    <section aria-label={m("conflict.title")} className="flex max-h-[274px] shrink-0 flex-col border-t border-line bg-bg-sunk">
      <header className="flex h-8 shrink-0 items-center gap-2 px-3">
        <GitBranch aria-hidden size={13} className="stroke-meaning text-warn" />
        <h2 className="min-w-0 flex-1 truncate font-semibold">{m("conflict.title")}</h2>
        <IconButton small icon={X} label={m("conflict.close")} keys="Escape" onClick={onClose} />
      </header>
      <div className="min-h-0 flex-1 overflow-auto">
        <table className="border-collapse text-left">
          <thead className="text-second text-ink-3">
            <tr>
              <th scope="col" className="px-3 py-1 font-normal" aria-label={m("filter.field")} />
              <th scope="col" className="px-3 py-1 font-normal">{m("conflict.base")}</th>
              <th scope="col" className="px-3 py-1 font-normal">{m("conflict.theirs")}</th>
              <th scope="col" className="px-3 py-1 font-normal">{m("conflict.mine")}</th>
              <th scope="col" className="px-3 py-1" aria-label={m("pending.compare")} />
            </tr>
          </thead>
          <tbody>
            {conflicts.map((conflict) => {
              const op = ops.get(conflict.key);
              const [, row = "", name = ""] = op?.target.path ?? [];
              const field = collection.fields.find((f) => f.name === name);
              if (!op || !field) return null;
              return (
                <tr key={conflict.key} className="border-t border-line">
                  <th scope="row" className="px-3 py-1 font-medium">{m("conflict.field", { field: name, row })}</th>
                  <td className="px-3 py-1 text-ink-2">{plain(field, conflict.base as Value)}</td>
                  <td className="px-3 py-1 text-warn">{plain(field, conflict.theirs as Value)}</td>
                  <td className="px-3 py-1 text-draft">{plain(field, conflict.mine as Value)}</td>
                  <td className="px-3 py-1">
                    <span className="flex gap-1.5">
                      <Button size="small" onClick={() => onResolve(conflict.key, "theirs")}>
                        {m("conflict.useTheirs")}
                      </Button>
                      <Button size="small" onClick={() => onResolve(conflict.key, "mine")}>
                        {m("conflict.useMine")}
                      </Button>
                    </span>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export function ConfirmCommit({ open, connection, facts, onKeep, onCommit }: { open: boolean; connection: Connection; facts: Facts; onKeep: () => void; onCommit: () => void }) {
  return (
    <Dialog
      open={open}
      onClose={onKeep}
      title={m("pending.confirm.title", { count: facts.rows, connection: connection.info.name })}
      lead={m("pending.confirm.body", { facts: factsText(facts) })}
      actions={
        <>
          <Button onClick={onKeep}>{m("pending.confirm.keep")}</Button>
          <Button kind="filled" onClick={onCommit}>
            {m("pending.commit", { count: facts.rows, connection: connection.info.name })}
          </Button>
        </>
      }
    />
  );
}

export function ConfirmDiscard({ open, collection, facts, onKeep, onLose }: { open: boolean; collection: CollectionInfo; facts: Facts; onKeep: () => void; onLose: () => void }) {
  return (
    <ConfirmLoss
      open={open}
      title={m("pending.discard.title", { count: facts.rows })}
      body={m("pending.discard.body", { facts: factsText(facts), collection: collection.name })}
      keepLabel={m("pending.discard.keep")}
      loseLabel={m("pending.discard.lose")}
      onKeep={onKeep}
      onLose={onLose}
    />
  );
}
