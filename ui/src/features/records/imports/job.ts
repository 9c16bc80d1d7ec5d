/** What a job says of itself, in words. */
import type { ImportJob } from "@/lib/client";
import { addDays, between, epochOf, parseInstant, parsePlainDate, showInstant } from "@/lib/plain-time";
import { count } from "@/messages/catalogue";
import { m } from "../messages";

export type Stage = "file" | "map" | "dry" | "checked" | "import" | "receipt";

export function isRunning(job: ImportJob | undefined): boolean {
  return job?.state === "parsing" || job?.state === "checking" || job?.state === "writing" || job?.state === "undoing";
}

export function duration(ms: number): string {
  if (ms > 0 && ms < 1000) return m("imp.ms", { n: Math.ceil(ms) });
  if (ms < 100_000) return m("imp.seconds", { n: (ms / 1000).toFixed(ms < 10_000 ? 1 : 0) });
  return m("imp.minutes", { n: Math.round(ms / 60_000) });
}

export function took(job: ImportJob): string | null {
  const from = parseInstant(job.startedAt);
  const to = job.endedAt === null ? null : parseInstant(job.endedAt);
  return from.ok && to?.ok ? duration(between(from.v, to.v)) : null;
}

/** Rows per second so far, also from a server that tells it only at the end. */
export function rate(job: ImportJob): string {
  if (Number.isFinite(job.rowsPerSecond) && job.rowsPerSecond > 0) return count(Math.round(job.rowsPerSecond));
  const from = parseInstant(job.startedAt);
  // The clock of this computer is good enough for a speed.
  const ms = from.ok ? Math.max(performance.timeOrigin + performance.now() - epochOf(from.v), 500) : 0;
  return ms === 0 ? "0" : count(Math.round((job.rowsRead / ms) * 1000));
}

export function failureOf(job: ImportJob): string {
  return job.error ?? job.errors[0]?.message ?? "";
}

/** Until when an import can be taken back: the backend keeps the record of its rows for a day. */
export function undoUntil(job: ImportJob): string | null {
  const ended = job.endedAt === null ? null : parseInstant(job.endedAt);
  const day = ended?.ok ? parsePlainDate(ended.v.slice(0, 10)) : null;
  if (!ended?.ok || !day?.ok) return null;
  const { local, zone } = showInstant(ended.v);
  return `${addDays(day.v, 1)} ${local.slice(11, 16)} ${zone}`;
}
