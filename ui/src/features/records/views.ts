/**
 * Saved views: filters, sort, columns, order, widths and pins under a name. They are rows of the
 * system collection for preferences, so they go through the public routes and their rules like any
 * other record. One with a user is theirs; one without is everybody's, or of the one role that its
 * document names. Who may read which is said by permission rows alone.
 */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Capability, Connection } from "@/lib/client";
import { readView, writeView, type View, type ViewParams } from "@/lib/filters";
import { readLayout, type Layout } from "./layout";

export const VIEWS = "baasix_UserPreference";

/** Who sees a view. */
export type Scope = { readonly who: "me" | "all" } | { readonly who: "role"; readonly role: string };

export interface SavedView {
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
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
    scope: row.userId !== null ? { who: "me" } : typeof doc["role"] === "string" ? { who: "role", role: doc["role"] } : { who: "all" },
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

/** The views one works with here: an administrator sees those of every role, others those of their own. */
export function useViews(connection: Connection, capability: Capability | null, collection: string) {
  const mayRead = capability?.may(VIEWS, "read") === true;
  const { data, isLoading } = useQuery(viewsQuery(connection, collection, mayRead));
  const shown = useMemo(
    () => data?.filter(({ scope }) => scope.who !== "role" || scope.role === capability?.roleId || capability?.administrator === true),
    [data, capability],
  );
  return { data: shown, isLoading };
}

export interface RoleName {
  readonly id: string;
  readonly name: string;
}

const ROLES = "baasix_Role";

/** The roles a view can be given to: all of them where they may be read, else one's own. */
export function useRoles(connection: Connection, capability: Capability | null): readonly RoleName[] {
  const mayRead = capability?.may(ROLES, "read") === true;
  const { data } = useQuery({
    queryKey: ["roles", connection.info.id],
    enabled: mayRead,
    staleTime: 60_000,
    queryFn: async ({ signal }): Promise<readonly RoleName[]> => {
      const reply = await connection.http.request<{ data: readonly RoleName[] }>({ method: "GET", path: `/items/${ROLES}`, params: { fields: ["id", "name"], sort: ["name"], limit: 200 }, signal });
      return reply.data;
    },
  });
  return useMemo(() => data ?? (capability?.roleId ? [{ id: capability.roleId, name: capability.role }] : []), [data, capability]);
}

/** The columns of the row that say who sees it, and the document with its role. */
export function scoped(scope: Scope, user: string | null, doc: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const preferenceData = scope.who === "role" ? { ...doc, role: scope.role } : doc;
  return { preferenceData, userId: scope.who === "me" ? user : null };
}

export async function saveView(
  connection: Connection,
  collection: string,
  name: string,
  scope: Scope,
  user: string | null,
  doc: Readonly<Record<string, unknown>>,
): Promise<string> {
  const [done] = await connection.batch([
    {
      op: "create",
      collection: VIEWS,
      data: { collectionName: collection, preferenceType: "columns", isDefault: false, name, ...scoped(scope, user, doc) },
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
