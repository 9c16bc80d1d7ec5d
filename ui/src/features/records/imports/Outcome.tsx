import { useQuery } from "@tanstack/react-query";
import { Check, Undo2 } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/kit/Button";
import { cx } from "@/kit/cx";
import { ErrorBand, Note } from "@/kit/states";
import { keys, type ImportJob } from "@/lib/client";
import type { CollectionInfo } from "@/lib/fields";
import { parseInstant, showInstant } from "@/lib/plain-time";
import { count } from "@/messages/catalogue";
import { m } from "../messages";
import { useConnection } from "../session";
import { madeOf } from "./mend";
import { notesOf } from "./reasons";
import { failureOf, rate, took, undoUntil } from "./job";

function Line({ label, children, tone, strong }: { label: string; children: ReactNode; tone?: string; strong?: boolean }) {
  return (
    <div className={cx("flex h-[27px] items-center justify-between border-b", strong ? "border-line-control font-semibold" : "border-line", tone)}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Records shown by name; the answer names more. */
const STAYED_SHOWN = 10;

function Stayed({ job }: { job: ImportJob }) {
  const more = job.relatedLeft - Math.min(job.left.length, STAYED_SHOWN);
  return (
    <section aria-label={m("imp.stayed")}>
      <h3 className="mb-1 font-semibold">{m("imp.stayed")}</h3>
      <table className="w-full table-fixed border-collapse text-left">
        <colgroup>
          <col className="w-24" />
          <col />
          <col className="w-44" />
        </colgroup>
        <thead>
          <tr className="border-b border-line text-second text-ink-3">
            {(["collection", "key", "why"] as const).map((head) => (
              <th key={head} scope="col" className="py-1 pr-3 font-normal last:pr-0">
                {m(`imp.stayed.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {job.left.slice(0, STAYED_SHOWN).map((one) => (
            <tr key={`${one.collection} ${one.id}`} className="h-row border-b border-line-2">
              <td className="truncate py-0 pr-3">{one.collection}</td>
              <td className="truncate py-0 pr-3 font-mono text-code text-ink-2" title={one.id}>
                {one.id}
              </td>
              <td className="truncate py-0 text-ink-2">{m(`imp.stayed.${one.why}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 ? <p className="mt-1 text-second text-ink-3">{m("imp.stayed.more", { count: more })}</p> : null}
    </section>
  );
}

export function Outcome({
  job,
  collection,
  file,
  undone,
  mended,
  again,
  before,
  onJob,
  undoing,
  writing,
  canWrite,
  onWrite,
  onChange,
  onUndo,
  onRows,
  onOther,
}: {
  job: ImportJob;
  collection: CollectionInfo;
  file: File | null;
  undone: boolean;
  /** Rows left out that were mended and imported since. */
  mended: number;
  /** This receipt was shown instead of importing the same file once more. */
  again: boolean;
  /** The import that wrote this very file already. */
  before: ImportJob | null;
  onJob: (job: string) => void;
  undoing: boolean;
  writing: boolean;
  canWrite: boolean;
  onWrite: () => void;
  onChange: () => void;
  onUndo: () => void;
  onRows: () => void;
  onOther: () => void;
}) {
  const connection = useConnection();
  const { name } = collection;
  const stood = !job.dryRun;
  const now = useQuery({
    queryKey: [...keys.count(connection, name), "after", job.id, job.state],
    queryFn: ({ signal }) => connection.count({ collection: name }, signal),
    enabled: stood,
  });
  const at = job.endedAt === null ? null : parseInstant(job.endedAt);
  const shown = at?.ok ? showInstant(at.v) : null;
  const time = took(job);
  const until = undoUntil(job);
  const { rowsBefore, rowsAfter } = job;
  const around = stood && rowsBefore !== null && rowsAfter !== null ? { before: rowsBefore, after: rowsAfter, strange: rowsAfter - rowsBefore - job.rowsWritten } : null;

  if (job.state === "failed" || job.state === "cancelled") {
    return (
      <>
        <ErrorBand title={job.state === "failed" ? m("imp.failed.job") : m("imp.state.cancelled")} details={JSON.stringify(job, null, 2)}>
          <span className="block">{failureOf(job)}</span>
          {(job.rowsRemoved ?? 0) > 0
            ? m("imp.progress.removed", { done: job.rowsRemoved ?? 0, total: job.rowsWritten })
            : m("imp.failed.job.body", { count: job.rowsWritten })}
        </ErrorBand>
        <div className="flex gap-2">
          {job.rowsWritten > (job.rowsRemoved ?? 0) && !job.dryRun ? (
            <Button icon={Undo2} busy={undoing} onClick={onUndo}>
              {undoing ? m("imp.undo.running") : m("imp.undo")}
            </Button>
          ) : null}
          {canWrite ? <Button onClick={onChange}>{m("imp.change")}</Button> : null}
          <Button kind="ghost" onClick={onOther}>{m("imp.another")}</Button>
        </div>
      </>
    );
  }
  const title = job.dryRun
    ? m("imp.dry.title.good", { count: job.rowsValid })
    : undone
      ? m("imp.undone.title", { count: job.rowsWritten })
      : m("imp.receipt");
  return (
    <>
      <header className="flex items-start gap-4">
        <div className="min-w-0 flex-1">
          <h2 className="text-verdict font-semibold">{title}</h2>
          <p className="text-ink-2">
            {job.dryRun
              ? job.rowsValid === 0
                ? m("imp.dry.none")
                : job.rowsRejected === 0
                  ? m("imp.dry.allGood")
                  : m("imp.dry.body", { count: job.rowsRejected })
              : undone
                ? m(job.relatedRemoved > 0 ? "imp.undone.body" : "imp.undone.plain")
                : job.rowsRejected === 0
                  ? m("imp.receipt.allIn", { count: job.rowsWritten, collection: name })
                  : m("imp.receipt.body", { written: m("imp.receipt.written", { count: job.rowsWritten }), collection: name, rejected: m("imp.receipt.rejected", { count: job.rowsRejected }) })}
          </p>
        </div>
        {shown ? (
          <span className="shrink-0 text-second leading-6 text-ink-3">
            {shown.local.slice(0, 19)} {shown.zone}
          </span>
        ) : null}
      </header>
      {(job.dryRun && before) || again ? (
        <Note kind="warn">
          <span className="font-medium text-ink">{m("imp.already")}</span> {again ? m("imp.already.again") : m("imp.already.body")}
        </Note>
      ) : null}
      {notesOf(job).map((note) => (
        <Note key={note} kind="warn">
          {note}
        </Note>
      ))}
      <dl className="border-t-2 border-ink">
        <Line label={m("imp.row.file")}>{count(job.rowsRead)}</Line>
        <Line label={job.dryRun ? m("imp.row.valid") : m("imp.row.written")}>{count(job.dryRun ? job.rowsValid : job.rowsWritten)}</Line>
        <Line label={m("imp.row.left")} tone={job.rowsRejected > 0 ? "text-bad" : "text-ink-3"}>{count(job.rowsRejected)}</Line>
        {mended > 0 ? (
          <Line label={m("imp.row.mended")} tone="text-ok">
            {count(mended)}
          </Line>
        ) : null}
        {undone ? <Line label={m("imp.row.removed")}>{count(job.rowsWritten)}</Line> : null}
        {undone && job.relatedRemoved + job.relatedLeft > 0 ? (
          <>
            <Line label={m("imp.row.related")}>{count(job.relatedRemoved)}</Line>
            <Line label={m("imp.row.stayed")}>{count(job.relatedLeft)}</Line>
          </>
        ) : null}
        {undone && job.othersRemoved > 0 ? <Line label={m("imp.row.others")}>{count(job.othersRemoved)}</Line> : null}
        {around ? (
          <Line label={m(undone && now.data !== undefined ? "imp.row.thrice" : "imp.row.around", { collection: name })} strong>
            {[around.before, around.after, ...(undone && now.data !== undefined ? [now.data] : [])].map((rows) => count(rows)).join(" → ")}
          </Line>
        ) : null}
        {stood && now.data !== undefined && now.data !== around?.after && !(undone && around) ? (
          <Line label={m("imp.row.now", { collection: name })} strong={!around}>
            {count(now.data)}
          </Line>
        ) : null}
      </dl>
      {undone && job.left.length > 0 ? <Stayed job={job} /> : null}
      <dl className="grid grid-cols-[104px_1fr] gap-y-1.5 text-second">
        <dt className="text-ink-3">{m("imp.fact.job")}</dt>
        <dd className="font-mono">{job.id}</dd>
        <dt className="text-ink-3">{m("imp.fact.file")}</dt>
        <dd>
          {job.fileName ? madeOf(job) : (file?.name ?? "")} {job.hash ? <span className="font-mono text-ink-3">{`sha256 ${job.hash.slice(0, 4)}…${job.hash.slice(-4)}`}</span> : null}
        </dd>
        <dt className="text-ink-3">{m("imp.fact.connection")}</dt>
        <dd className="text-accent">{connection.info.name}</dd>
        {time && !undone ? (
          <>
            <dt className="text-ink-3">{m("imp.fact.took")}</dt>
            <dd>{m("imp.step.import.facts", { time, rate: rate(job) })}</dd>
          </>
        ) : null}
        {around && !undone ? (
          <>
            <dt className="text-ink-3">{m("imp.fact.checked")}</dt>
            <dd className="flex items-start gap-1">
              {around.strange === 0 ? <Check aria-hidden size={12} className="mt-0.5 shrink-0 stroke-meaning" /> : null}
              {around.strange === 0 ? m("imp.fact.counted", { count: around.after }) : m("imp.fact.others", { count: Math.abs(around.strange) })}
            </dd>
          </>
        ) : null}
      </dl>
      {job.dryRun ? (
        <div className="flex items-center gap-2">
          {before ? (
            <Button data-next="" kind="filled" onClick={() => onJob(before.id)}>
              {m("imp.already.show")}
            </Button>
          ) : (
            <Button data-next="" kind="filled" busy={writing} disabled={!canWrite || job.rowsValid === 0} onClick={onWrite}>
              {writing ? m("imp.writing", { connection: connection.info.name }) : m("imp.write", { count: job.rowsValid, connection: connection.info.name })}
            </Button>
          )}
          {canWrite ? <Button onClick={onChange}>{m("imp.change")}</Button> : null}
          <Button kind="ghost" onClick={onOther}>{m("imp.another")}</Button>
        </div>
      ) : (
        <div className="flex flex-col gap-2">
          <div className="flex items-center gap-2">
            <Button data-next="" onClick={onRows}>{m("imp.open", { collection: name })}</Button>
            {undone || job.rowsWritten === 0 ? null : (
              <Button icon={Undo2} busy={undoing} onClick={onUndo}>
                {undoing ? m("imp.undo.running") : m("imp.undo")}
              </Button>
            )}
            <Button kind="ghost" onClick={onOther}>{m("imp.another")}</Button>
          </div>
          {undone || job.rowsWritten === 0 || until === null ? null : <p className="text-second text-ink-3">{m("imp.undo.note", { until })}</p>}
        </div>
      )}
    </>
  );
}
