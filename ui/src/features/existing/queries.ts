import type { AdoptionPlan, ExistingTable } from "@plinth/sdk";
import { queryOptions } from "@tanstack/react-query";
import type { Session } from "@/host/session";

type Asks = Pick<Session, "client" | "project">;

/** How many tables are no collections; costs the database next to nothing. */
export function namesQuery({ client, project }: Asks) {
  return queryOptions({
    queryKey: ["existing", project.id, "names"],
    queryFn: async ({ signal }): Promise<readonly string[]> => (await client.schemas.existing({ names: true }, { signal })).names,
    staleTime: 30_000,
    // Whoever is no administrator is refused, and will be again.
    retry: false,
  });
}

/** The tables with what each would become. On SQLite every value is looked at, which may take a while. */
export function tablesQuery({ client, project }: Asks) {
  return queryOptions({
    queryKey: ["existing", project.id, "tables"],
    queryFn: async ({ signal }): Promise<readonly ExistingTable[]> => (await client.schemas.existing({}, { signal })).tables,
    retry: false,
    staleTime: 60_000,
  });
}

/** What taking these tables over would do. Its key is the choice, so a plan never outlives it. */
export function adoptionQuery({ client, project }: Asks, tables: readonly string[], round: number) {
  return queryOptions({
    queryKey: ["existing", project.id, "plan", tables, round],
    queryFn: ({ signal }): Promise<AdoptionPlan> => client.schemas.adopt({ tables, dryRun: true }, { signal }),
    enabled: tables.length > 0,
    retry: false,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
