/**
 * Saved reports. They are rows of the system collection for preferences, beside saved views and
 * under the same rules: one with a user is theirs, one without is everybody's, or of the one role
 * that its document names.
 */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Capability, Connection } from "@/lib/client";
import type { CollectionInfo } from "@/lib/fields";
import { scoped, VIEWS, type Scope } from "../views";
import { docOf, queryOf, readReport, type Report, type SavedReport } from "./report";

/** The kind of preference that reports are; views are another. */
const KIND = "filters";

interface Stored {
  readonly id: string;
  readonly name: string | null;
  readonly collectionName: string | null;
  readonly userId: string | null;
  readonly preferenceData: unknown;
}

function read(row: Stored): SavedReport[] {
  const doc = typeof row.preferenceData === "object" && row.preferenceData !== null ? (row.preferenceData as Readonly<Record<string, unknown>>) : {};
  // Another program may keep filters of its own here.
  if (doc["report"] === undefined || row.collectionName === null) return [];
  const scope: Scope = row.userId !== null ? { who: "me" } : typeof doc["role"] === "string" ? { who: "role", role: doc["role"] } : { who: "all" };
  return [{ ...readReport(row.name ?? "", row.collectionName, doc), id: row.id, scope }];
}

export function reportsQuery(connection: Connection, mayRead: boolean) {
  return queryOptions({
    queryKey: ["reports", connection.info.id],
    enabled: mayRead,
    staleTime: 15_000,
    queryFn: async ({ signal }): Promise<readonly SavedReport[]> => {
      const reply = await connection.http.request<{ data: readonly Stored[] }>({
        method: "GET",
        path: `/items/${VIEWS}`,
        params: { fields: ["id", "name", "collectionName", "userId", "preferenceData"], filter: { AND: [{ preferenceType: { eq: KIND } }, { name: { isNotNull: true } }] }, sort: ["name"], limit: 200 },
        signal,
      });
      return reply.data.flatMap(read).sort((a, b) => a.place - b.place || a.name.localeCompare(b.name));
    },
  });
}

/** The reports one sees here: an administrator those of every role, others those of their own. */
export function useReports(connection: Connection, capability: Capability | null) {
  const mayRead = capability?.may(VIEWS, "read") === true;
  const query = useQuery(reportsQuery(connection, mayRead));
  const { data } = query;
  const shown = useMemo(
    () => data?.filter(({ scope }) => scope.who !== "role" || scope.role === capability?.roleId || capability?.administrator === true),
    [data, capability],
  );
  return { ...query, data: shown, mayRead };
}

export type Answer = readonly Readonly<Record<string, unknown>>[];

/** The answer of a report. Its key is the question, so another question never shows an old answer as its own. */
export function answerQuery(connection: Connection, report: Report, collection: CollectionInfo | undefined, find: (name: string) => CollectionInfo | undefined) {
  const question = collection ? queryOf(report, collection, find) : {};
  return queryOptions({
    queryKey: ["report", connection.info.id, report.collection, question],
    enabled: collection !== undefined,
    staleTime: 60_000,
    retry: false,
    queryFn: async ({ signal }): Promise<Answer> =>
      (await connection.http.request<{ data: Answer }>({ method: "POST", path: `/reports/${encodeURIComponent(report.collection)}`, body: question, signal })).data,
  });
}

const columns = (report: Report, scope: Scope, user: string | null): Readonly<Record<string, unknown>> => ({
  name: report.name,
  collectionName: report.collection,
  ...scoped(scope, user, docOf(report)),
});

export async function createReport(connection: Connection, report: Report, scope: Scope, user: string | null): Promise<void> {
  await connection.batch([{ op: "create", collection: VIEWS, data: { preferenceType: KIND, isDefault: false, ...columns(report, scope, user) } }]);
}

export async function updateReport(connection: Connection, id: string, report: Report, scope: Scope, user: string | null): Promise<void> {
  await connection.batch([{ op: "update", collection: VIEWS, id, data: columns(report, scope, user) }]);
}

/** Places and widths of several, written together. */
export async function arrangeReports(connection: Connection, reports: readonly SavedReport[]): Promise<void> {
  if (reports.length === 0) return;
  await connection.batch(reports.map((report) => ({ op: "update" as const, collection: VIEWS, id: report.id, data: { preferenceData: scoped(report.scope, null, docOf(report))["preferenceData"] } })));
}

export async function dropReport(connection: Connection, id: string): Promise<void> {
  await connection.batch([{ op: "delete", collection: VIEWS, id }]);
}
