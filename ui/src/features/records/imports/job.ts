/** What a job says of itself, in words. */
import type { ImportJob } from "@/lib/client";
import { between, epochOf, parseInstant } from "@/lib/plain-time";
import { count } from "@/messages/catalogue";
import { m } from "../messages";

export type Stage = "file" | "map" | "dry" | "checked" | "import" | "receipt";

export function isRunning(job: ImportJob | undefined): boolean {
  return job?.state === "parsing" || job?.state === "checking" || job?.state === "writing" || job?.state === "undoing";
}

export function duration(ms: number): string {
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
  const { error } = job;
  if (typeof error === "string") return error;
  const message = typeof error === "object" && error !== null ? (error as { message?: unknown }).message : undefined;
  return typeof message === "string" ? message : (job.errors[0]?.message ?? "");
}
