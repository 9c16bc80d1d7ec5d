/**
 * Saved views: filters, sort, columns, order, widths and pins under a name. They are rows of the
 * system collection for preferences, so they go through the public routes and their rules like any
 * other record; one without a user is everybody's.
 */
import { queryOptions, useQuery } from "@tanstack/react-query";
import type { Capability, Connection } from "@/lib/client";
import { readView, writeView, type View, type ViewParams } from "@/lib/filters";
import { readLayout, type Layout } from "./layout";

export const VIEWS = "baasix_UserPreference";

export interface SavedView {
  readonly id: string;
  readonly name: string;
  readonly shared: boolean;
  /** The address it stands for, without its id. */
  readonly params: ViewParams;
  readonly layout: Layout;
}

interface Stored {
  readonly id: string;
  readonly name: string | null;
  readonly userId: string | null;
  readonly preferenceData: unknown;
}

/** What a view keeps, in the words of the address, and the widths beside them. */
export function docOf(view: View, layout: Layout): Readonly<Record<string, unknown>> {
  const params = writeView({ ...view, saved: null });
  return { ...params, ...(Object.keys(layout.widths).length === 0 ? {} : { widths: layout.widths }) };
}

/** A stored view is data of somebody else: whatever is no view in it is dropped. */
function read(row: Stored): SavedView {
  const doc = typeof row.preferenceData === "object" && row.preferenceData !== null ? (row.preferenceData as Record<string, unknown>) : {};
  const view = readView({ ...doc, view: "" });
  return {
    id: row.id,
    name: row.name ?? "",
    shared: row.userId === null,
    params: writeView(view),
    layout: readLayout({ columns: view.columns, pinned: view.pinned, widths: doc["widths"] }),
  };
}

export function viewsQuery(connection: Connection, collection: string, mayRead: boolean) {
  return queryOptions({
    queryKey: ["views", connection.info.id, collection],
    enabled: mayRead,
    staleTime: 15_000,
    queryFn: async ({ signal }): Promise<readonly SavedView[]> => {
      const reply = await connection.http.request<{ data: readonly Stored[] }>({
        method: "GET",
        path: `/items/${VIEWS}`,
        params: {
          fields: ["id", "name", "userId", "preferenceData"],
          filter: { AND: [{ collectionName: { eq: collection } }, { preferenceType: { eq: "columns" } }, { name: { isNotNull: true } }] },
          sort: ["name"],
          limit: 200,
        },
        signal,
      });
      return reply.data.map(read);
    },
  });
}

export function useViews(connection: Connection, capability: Capability | null, collection: string) {
  const mayRead = capability?.may(VIEWS, "read") === true;
  return useQuery(viewsQuery(connection, collection, mayRead));
}

/** `user`: whose it is; null shares it with everybody. */
export async function saveView(
  connection: Connection,
  collection: string,
  name: string,
  user: string | null,
  doc: Readonly<Record<string, unknown>>,
): Promise<string> {
  const [done] = await connection.batch([
    {
      op: "create",
      collection: VIEWS,
      data: { collectionName: collection, preferenceType: "columns", preferenceData: doc, isDefault: false, name, userId: user },
    },
  ]);
  return done?.id ?? "";
}

export async function updateView(connection: Connection, id: string, data: Readonly<Record<string, unknown>>): Promise<void> {
  await connection.batch([{ op: "update", collection: VIEWS, id, data }]);
}

export async function dropView(connection: Connection, id: string): Promise<void> {
  await connection.batch([{ op: "delete", collection: VIEWS, id }]);
}
