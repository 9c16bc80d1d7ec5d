import type { ImportJob } from "@/lib/client";
import { parseInstant, showInstant } from "@/lib/plain-time";
import { m } from "../messages";
import { madeOf } from "./mend";

export function Others({ jobs, onOpen }: { jobs: readonly ImportJob[]; onOpen: (job: string) => void }) {
  if (jobs.length === 0) return null;
  return (
    <section aria-label={m("imp.others")} className="border-t border-line pt-4">
      <h2 className="mb-1 font-semibold">{m("imp.others")}</h2>
      <ul>
        {jobs.slice(0, 8).map((job) => {
          const at = parseInstant(job.startedAt);
          return (
            <li key={job.id} className="border-b border-line">
              <button type="button" className="ring-cell flex h-row w-full items-center gap-4 text-left hover:bg-bg-hover" onClick={() => onOpen(job.id)}>
                <span className="w-44 truncate">{madeOf(job)}</span>
                <span className="min-w-0 flex-1 truncate text-second text-ink-3">
                  {job.dryRun ? m("imp.others.dry", { read: job.rowsRead }) : m("imp.others.rows", { count: job.rowsWritten, rejected: job.rowsRejected })}
                </span>
                <span className="text-second text-ink-3">{at.ok ? showInstant(at.v).local.slice(0, 16) : ""}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
