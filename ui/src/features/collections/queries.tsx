import type { SchemaChange, SchemaPlan } from "@plinth/sdk";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { catalogQuery, useSession, type Session } from "@/host/session";
import type { Adapter } from "@/lib/pending";
import { count } from "@/messages/catalogue";
import { sameDraft } from "./draft";

type Asks = Pick<Session, "client" | "project">;

/** What the staged state would take. Its key is the state itself, so a plan never outlives it. */
export function planQuery({ client, project }: Asks, change: SchemaChange, version: readonly unknown[]) {
  return queryOptions({
    queryKey: ["plan", project.id, change, ...version],
    queryFn: async ({ signal, client: queries }): Promise<SchemaPlan> => {
      const plan = await client.schemas.plan(change, { signal });
      // A document says all of a collection: one made of what stood here a while ago would take away
      // what somebody else added since. Where it moved, what is staged is laid on what stands now,
      // which is another change with a plan of its own.
      const { data } = await client.schemas.find(undefined, { signal });
      queries.setQueryData(catalogQuery({ client, project }).queryKey, data);
      return plan;
    },
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** How staged collections compare and reach the server. The plan that was looked at is the one that is applied. */
export function schemaAdapter(
  session: Asks,
  asked: () => { readonly change: SchemaChange; readonly token: string | undefined; readonly updates: boolean },
): Adapter {
  const { client } = session;
  return {
    same: sameDraft,
    preview: async () => {
      const plan = await client.schemas.plan(asked().change);
      return { statements: plan.steps.flatMap((step) => step.sql), operations: plan.steps.length };
    },
    commit: async () => {
      const { change, token, updates } = asked();
      await client.schemas.apply({ ...change, updateReferences: updates, token: token ?? (await client.schemas.plan(change)).token });
      return { ok: true };
    },
  };
}

/** Estimated first, and counted when it is small enough to cost nothing: the sidebar asks the same. */
const EXACT_BELOW = 50_000;

export function useRowCount(collection: string | undefined): { readonly rows: number; readonly estimated: boolean } | null {
  const { client, project } = useSession();
  const { data } = useQuery({
    queryKey: ["count", project.id, collection],
    queryFn: async ({ signal }) => {
      const ask = (how: "estimate" | "exact") => client.items(collection ?? "").find({ limit: 1, count: how }, { signal });
      const first = await ask("estimate");
      return first.totalCountEstimated && (first.totalCount ?? 0) < EXACT_BELOW ? await ask("exact") : first;
    },
    enabled: collection !== undefined,
    staleTime: 60_000,
  });
  if (data?.totalCount === undefined) return null;
  return { rows: data.totalCount, estimated: data.totalCountEstimated === true };
}

export function RowCount({ collection }: { collection: string }) {
  const found = useRowCount(collection);
  if (!found) return null;
  return found.estimated ? `≈ ${count(found.rows)}` : count(found.rows);
}
