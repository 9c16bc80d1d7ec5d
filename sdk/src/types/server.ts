/** The reply of `server.health()`; all but `status` is told to signed-in callers only. */
export interface HealthReport {
  status: string;
  version?: string;
  store?: string;
  uptime_ms?: number;
  project?: unknown;
}
