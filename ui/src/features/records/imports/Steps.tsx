import { Check, CornerDownRight, X } from "lucide-react";
import { Badge } from "@/kit/Badge";
import { cx } from "@/kit/cx";
import type { ImportJob } from "@/lib/client";
import { typeLabel, type CollectionInfo } from "@/lib/fields";
import { sizeText } from "@/lib/sizes";
import { m } from "../messages";
import { recordTargets, type Mapping, type Sniffed } from "../sniff";
import { isRunning, rate, took, type Stage } from "./job";

const ORDER: readonly Stage[] = ["file", "map", "dry", "checked", "import", "receipt"];

export function StateBadge({ job, undone, mended }: { job: ImportJob; undone: boolean; mended: number }) {
  if (undone) return <Badge>{m("imp.badge.undone")}</Badge>;
  if (isRunning(job)) return <Badge kind="staged">{m(`imp.state.${job.state}`)}</Badge>;
  if (job.state === "failed") return <Badge kind="bad">{m("imp.state.failed")}</Badge>;
  if (job.state === "cancelled") return <Badge>{m("imp.state.cancelled")}</Badge>;
  if (job.dryRun) return <Badge>{m("imp.badge.dry")}</Badge>;
  return <Badge kind={job.rowsRejected > mended ? "warn" : "ok"}>{job.rowsRejected > mended ? m("imp.badge.needs", { count: job.rowsRejected - mended }) : m("imp.badge.done")}</Badge>;
}

export function Steps({
  stage,
  file,
  sniffed,
  mapping,
  job,
  dry,
}: {
  stage: Stage;
  file: File | null;
  sniffed: Sniffed | null;
  mapping: Mapping;
  job: ImportJob | undefined;
  /** The dry run of the file that was imported then. */
  dry: ImportJob | undefined;
}) {
  const at = ORDER.indexOf(job?.state === "undoing" ? "receipt" : stage);
  const targets = Object.values(job?.mapping ?? mapping);
  const used = targets.filter((field) => field !== null).length;
  // The end of a job that was taken back is the end of the taking back.
  const time = job && !isRunning(job) && job.state !== "undone" ? took(job) : null;
  const written = job !== undefined && !job.dryRun;
  const checked = dry ? took(dry) : null;
  const failed = job?.state === "failed" || job?.state === "cancelled";
  const steps: readonly { label: string; facts: string; from: number; done: boolean; bad?: boolean }[] = [
    { label: m("imp.step.file"), facts: file ? `${file.name}, ${sizeText(file.size)}` : (job?.fileName ?? m("imp.step.file.none")), from: 0, done: at > 0 },
    { label: m("imp.step.map"), facts: sniffed || job ? m("imp.step.map.facts", { used, all: targets.length }) : "", from: 1, done: at > 1 },
    { label: m("imp.step.dry"), facts: job?.dryRun !== true ? (checked ? m("imp.step.dry.facts", { time: checked }) : "") : time ? m("imp.step.dry.facts", { time }) : m("imp.progress.rows", { count: job.rowsRead }), from: 2, done: at >= 3 && !(failed && !written), bad: failed && !written },
    {
      label: m("imp.step.import"),
      facts: !written ? "" : time ? m("imp.step.import.facts", { time, rate: rate(job) }) : m("imp.progress.rows", { count: job.rowsWritten }),
      from: 4,
      done: at > 4 && !failed,
      bad: failed && written,
    },
    { label: m("imp.step.receipt"), facts: written && at > 4 ? m("imp.step.job", { id: job.id.slice(0, 12) }) : "", from: 5, done: false },
  ];
  const current = job?.state === "undoing" ? 4 : stage === "checked" ? 3 : steps.findIndex((step) => step.from === at);
  return (
    <ol className="flex flex-col px-4 py-4 max-[1100px]:flex-row max-[1100px]:flex-wrap max-[1100px]:gap-x-6 max-[1100px]:py-2">
      {steps.map((step, index) => (
        <li key={step.label} aria-current={index === current ? "step" : undefined} className="flex gap-3">
          <span className="flex flex-col items-center">
            <span
              className={cx(
                "mt-0.5 flex size-4 shrink-0 items-center justify-center rounded-full",
                step.bad ? "bg-bad text-bg-page" : step.done ? "bg-ok text-bg-page" : index === current ? "border-2 border-ink" : "border border-line-control",
              )}
            >
              {step.bad ? <X aria-hidden size={10} className="stroke-meaning" /> : step.done ? <Check aria-hidden size={10} className="stroke-meaning" /> : null}
            </span>
            {index < steps.length - 1 ? <span className="min-h-6 w-px flex-1 bg-line-strong max-[1100px]:hidden" /> : null}
          </span>
          <span className="min-w-0 pb-3 max-[1100px]:pb-1">
            <span className={cx("block", index === current ? "font-semibold" : step.done ? "font-medium" : "text-ink-3")}>{step.label}</span>
            <span className="block truncate text-second text-ink-3">{step.facts}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}

export function MappingList({ collection, mapping, nullText }: { collection: CollectionInfo; mapping: Mapping; nullText: string }) {
  const columns = Object.entries(mapping);
  if (columns.length === 0) return null;
  return (
    <div className="border-t border-line px-4 py-3 text-second max-[1100px]:hidden">
      <h2 className="mb-1 text-ink-2">{m("imp.mapping")}</h2>
      {columns.map(([column, name]) => {
        const field = collection.fields.find((f) => f.name === name);
        const records = field ? undefined : recordTargets(collection).find((relation) => relation.name === name);
        return (
          <div key={column} className="border-b border-line-2 py-1">
            <div className="flex gap-2">
              <span className="min-w-0 flex-1 truncate">{column}</span>
              <span className="text-ink-3">{field ? typeLabel(field) : records ? `→ ${records.target}` : ""}</span>
            </div>
            <div className={cx("flex items-center gap-1 truncate", field ?? records ? "" : "text-ink-3")}>
              <CornerDownRight aria-hidden size={11} />
              {(field ?? records)?.name ?? m("imp.map.nowhere")}
            </div>
          </div>
        );
      })}
      {nullText !== "" ? <p className="mt-2 text-hint text-ink-3">{`${m("imp.map.null")}: ${nullText}. ${m("imp.map.null.note")}`}</p> : null}
    </div>
  );
}
