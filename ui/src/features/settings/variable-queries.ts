import { queryOptions } from "@tanstack/react-query";
import type { Session } from "@/host/session";

type Where = Pick<Session, "client" | "project">;

/** Both begin alike, since a variable sets a provider up. */
export const variablesKey = (project: string) => ["variables", project] as const;

export function variablesQuery({ client, project }: Where) {
  return queryOptions({
    queryKey: [...variablesKey(project.id), "list"],
    queryFn: ({ signal }) => client.variables.list({ signal }),
    staleTime: 0,
  });
}

export function keptProvidersQuery({ client, project }: Where) {
  return queryOptions({
    queryKey: [...variablesKey(project.id), "providers"],
    queryFn: ({ signal }) => client.variables.providers({ signal }),
    staleTime: 0,
  });
}
