import { useRef } from "react";
import { Button } from "@/kit/Button";
import type { ImportJob } from "@/lib/client";
import { sizeText } from "@/lib/sizes";
import { count } from "@/messages/catalogue";
import { m } from "../messages";
import { duration, rate } from "./job";

/** Told twice a second: what is read, how fast, how long still. */
export function Progress({ job, onCancel }: { job: ImportJob; onCancel: () => void }) {
  const undoing = job.state === "undoing";
  const writing = job.state === "writing" && job.rowsValid > 0;
  const share = undoing
    ? Math.min((job.rowsRemoved ?? 0) / Math.max(job.rowsWritten, 1), 1)
    : writing
      ? Math.min(job.rowsWritten / job.rowsValid, 1)
      : job.bytesTotal > 0
        ? Math.min(job.bytesRead / job.bytesTotal, 1)
        : 0;
  // Each phase has a pace of its own: what is left is told from where this one began to be seen.
  const first = useRef<{ at: number; share: number; state: ImportJob["state"] } | null>(null);
  const now = performance.now();
  if (first.current?.state !== job.state) first.current = { at: now, share, state: job.state };
  const done = share - first.current.share;
  const elapsed = now - first.current.at;
  const left = done > 0 && elapsed > 500 ? ((1 - share) / done) * elapsed : null;
  return (
    <>
      <header className="flex items-center gap-4">
        <h2 className="min-w-0 flex-1 text-verdict font-semibold">{m(`imp.state.${job.state}`)}</h2>
        {undoing ? null : <Button onClick={onCancel}>{m("imp.cancel")}</Button>}
      </header>
      <div
        role="progressbar"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-label={m(`imp.state.${job.state}`)}
        className="h-1.5 w-full bg-bg-active"
      >
        <div className="h-full origin-left bg-draft" style={{ transform: `scaleX(${String(share)})` }} />
      </div>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-ink-2">
        {undoing ? (
          <span>{m("imp.progress.removed", { done: job.rowsRemoved ?? 0, total: job.rowsWritten })}</span>
        ) : (
          <>
            <span>{m("imp.progress.rows", { count: writing ? job.rowsWritten : job.rowsRead })}</span>
            <span>{m("imp.progress.rate", { rate: rate(job) })}</span>
          </>
        )}
        {job.bytesTotal > 0 && !undoing ? <span>{m("imp.progress.read", { done: sizeText(job.bytesRead), total: sizeText(job.bytesTotal) })}</span> : null}
        {left === null ? null : <span>{m("imp.progress.eta", { time: duration(left) })}</span>}
        {job.rowsRejected > 0 ? <span className="text-bad">{`${m("imp.row.left")} ${count(job.rowsRejected)}`}</span> : null}
      </div>
    </>
  );
}
