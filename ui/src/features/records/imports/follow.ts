/** An import goes on when its page is left; whoever left the window too is told how it ended. */
import { QueryObserver, type QueryClient } from "@tanstack/react-query";
import { host } from "@/host";
import { keys, type Connection, type ImportJob } from "@/lib/client";
import { count } from "@/messages/catalogue";
import { m } from "../messages";
import { failureOf, isRunning } from "./job";

const POLL_MS = 500;

/** The same question that the page asks, so that the two share its answers. */
const jobQuery = (connection: Connection, id: string) => ({
  queryKey: keys.importJob(connection, id),
  queryFn: ({ signal }: { readonly signal: AbortSignal }) => connection.importJob(id, signal),
  refetchInterval: (query: { readonly state: { readonly data: ImportJob | undefined } }) => (isRunning(query.state.data) ? POLL_MS : false as const),
  refetchIntervalInBackground: true,
  retry: 5,
});

/** Tells the end of a job that was just begun, once. */
export function followImport(queries: QueryClient, connection: Connection, id: string): void {
  const { notify } = host();
  if (!notify) return;
  const observer = new QueryObserver(queries, jobQuery(connection, id));
  const stop = observer.subscribe(({ data: job, isError }) => {
    if (isError) stop();
    if (!job || isRunning(job)) return;
    stop();
    const { title, body } = endOf(job);
    notify(title, body);
  });
}

/** How a job ended, in a line and another. */
export function endOf(job: ImportJob): { readonly title: string; readonly body: string } {
  const { collection } = job;
  if (job.state === "failed") return { title: m("imp.told.failed", { collection }), body: failureOf(job) };
  if (job.state === "cancelled") return { title: m("imp.told.cancelled", { collection }), body: m("imp.told.written", { count: job.rowsWritten - (job.rowsRemoved ?? 0) }) };
  if (job.dryRun) return { title: m("imp.told.checked", { collection }), body: m("imp.told.fit", { fit: count(job.rowsValid), read: count(job.rowsRead) }) };
  return { title: m("imp.told.done", { collection }), body: m("imp.told.written", { count: job.rowsWritten }) };
}
