import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { host } from "@/host";

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: () => host().projects.list(),
  staleTime: 2_000,
});

/** The list, kept fresh by what the host tells and, while something starts, by asking. */
export function useProjects() {
  const queries = useQueryClient();
  useEffect(() => host().projects.watch(() => void queries.invalidateQueries({ queryKey: ["projects"] })), [queries]);
  return useQuery({
    ...projectsQuery,
    refetchInterval: (query) => (query.state.data?.some((project) => project.state === "starting") ? 400 : false),
  });
}
