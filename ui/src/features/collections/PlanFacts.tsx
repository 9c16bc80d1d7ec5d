import type { FailingRow, PlanStep, Rehearsal } from "@plinth/sdk";
import type { ReactNode } from "react";
import { Button } from "@/kit/Button";
import { told } from "@/lib/told";
import { p } from "./plan-messages";
import { duration } from "./rehearsal";

/** Keys that are written out; the rest is a click away. */
const SHOWN = 4;

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex min-h-6 items-baseline gap-2 py-0.5">
      <dt className="w-24 shrink-0 text-second text-ink-3">{label}</dt>
      <dd className="min-w-0 flex-1 break-words">{children}</dd>
    </div>
  );
}

function Value({ row }: { row: { readonly key: string; readonly value: string | null } }) {
  return (
    <span className="mr-3 inline-flex max-w-full items-baseline gap-1.5 align-baseline *:truncate">
      {/* A long key gives way to the value: it is the value that goes. */}
      <span className="max-w-28 shrink-0 text-second text-ink-3" title={row.key}>{p("step.row", { key: row.key })}</span>
      {row.value === null ? <i className="text-ink-3">{p("step.noValue")}</i> : <code className="font-mono text-code" title={row.value}>{row.value}</code>}
    </span>
  );
}

/** What is known of one step beside its statements: values it touches, rows in its way, locks, time. */
export function PlanFacts({
  step, index, tableEnds, rehearsal, onRows,
}: {
  step: PlanStep;
  index: number;
  /** A table that was there before its collection ends with it: all that goes is said in words. */
  tableEnds: boolean;
  rehearsal: Rehearsal | undefined;
  onRows: (collection: string, keys: readonly string[]) => void;
}) {
  const failing: readonly FailingRow[] = rehearsal?.failing.filter((row) => row.step === index) ?? [];
  const tried = rehearsal?.steps[index];
  const first = failing[0];
  // What giving a column back means for new rows is said in words, too.
  const inWords = tableEnds || step.op === "forget_field";
  const bare = step.examples.every((example) => example.value === null);
  if (step.examples.length === 0 && !first && !tried && !inWords) return null;
  return (
    <dl className="max-h-[45%] shrink-0 overflow-y-auto border-b border-line-2 px-3 pt-1 pb-2">
      {inWords ? <Fact label={p(tableEnds ? "step.ends" : "step.stays")}>{told(step.summary, step)}</Fact> : null}
      {first ? (
        <Fact label={p("step.failing")}>
          <span className="mr-3 font-medium text-warn">{p(`step.failing.${first.why}`, { count: failing.length })}</span>
          {failing.slice(0, SHOWN).map((row) => <Value key={row.key} row={row} />)}
          <Button size="small" onClick={() => onRows(first.collection, failing.map((row) => row.key))}>
            {p("step.open", { count: failing.length })}
          </Button>
        </Fact>
      ) : step.examples.length > 0 ? (
        <Fact label={p(bare ? "step.keys" : "step.examples")}>
          {step.examples.map((example) => <Value key={example.key} row={example} />)}
        </Fact>
      ) : null}
      {tried ? <Fact label={p("step.time")}>{tried.tookMs === null ? p("step.together") : p("step.took", { time: duration(tried.tookMs) })}</Fact> : null}
      {tried?.locks.map((lock) => (
        <Fact key={`${lock.collection} ${lock.mode}`} label={p("step.lock")}>
          {lock.mode === "WRITER" ? p("step.lock.file") : p(`step.lock.${lock.blocks}`, { mode: lock.mode, collection: lock.collection })}
        </Fact>
      ))}
    </dl>
  );
}
