import { queryOptions } from "@tanstack/react-query";
import { host } from "@/host";
import type { Project } from "@/host/host";
import { connectionOf } from "@/host/session";

/** The same key as the shell's, so that both see one list. */
export const projectsKey = ["projects"] as const;

export const logQuery = (id: string, running: boolean) =>
  queryOptions({
    queryKey: ["log", id],
    queryFn: () => host().projects.logs(id, 200),
    refetchInterval: running ? 2_000 : false,
  });

/** How large a project is whose records do not lie in a folder here; only one that runs can tell. */
export const sizeQuery = (project: Project) =>
  queryOptions({
    queryKey: ["size", project.id],
    queryFn: async () => (await (await connectionOf(project)).client.server.health()).sizeBytes ?? null,
    enabled: project.sizeBytes === undefined && project.kind === "local" && project.state === "running",
    refetchInterval: 60_000,
    // Whoever is not signed in there is told none, and nothing is amiss.
    retry: false,
  });

export const secretsQuery = queryOptions({
  queryKey: ["secrets"],
  queryFn: async () => (await host().secrets?.state()) ?? null,
});
