import { queryOptions } from "@tanstack/react-query";
import { host } from "@/host";

/** The same key as the shell's, so that both see one list. */
export const projectsKey = ["projects"] as const;

export const logQuery = (id: string, running: boolean) =>
  queryOptions({
    queryKey: ["log", id],
    queryFn: () => host().projects.logs(id, 200),
    refetchInterval: running ? 2_000 : false,
  });

export const secretsQuery = queryOptions({
  queryKey: ["secrets"],
  queryFn: async () => (await host().secrets?.state()) ?? null,
});
