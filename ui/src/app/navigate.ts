import { useNavigate, useParams, useRouterState } from "@tanstack/react-router";
import type { Area } from "./areas";
import type { DocumentTab } from "./ui-state";

/** Which area and collection the address names. */
export function useWhere(): { project: string | undefined; area: Area | undefined; collection: string | undefined } {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const params = useParams({ strict: false });
  const word = path.split("/")[3];
  const area = word === "data" || word === "schema" || word === "access" || word === "api" || word === "reports" || word === "queries" || word === "users" || word === "mail" || word === "settings" ? word : undefined;
  return { project: params.project, area, collection: params.collection };
}

/** Goes to a document of a project. */
export function useGo(project: string): (tab: Pick<DocumentTab, "kind" | "collection">, search?: Record<string, unknown>) => void {
  const navigate = useNavigate();
  return (tab, search = {}) => {
    const { kind, collection } = tab;
    if (kind === "schema") {
      void navigate({ to: "/p/$project/schema", params: { project }, search: collection ? { collection, ...search } : search });
    } else if (kind === "reports") {
      void navigate({ to: "/p/$project/reports", params: { project } });
    } else if (kind === "access") {
      void navigate({ to: "/p/$project/access", params: { project }, search });
    } else if (kind === "queries") {
      void navigate({ to: "/p/$project/queries", params: { project }, search: collection ? { collection, ...search } : search });
    } else if (kind === "users") {
      void navigate({ to: "/p/$project/users", params: { project } });
    } else if (kind === "mail") {
      void navigate({ to: "/p/$project/mail", params: { project } });
    } else if (kind === "settings") {
      void navigate({ to: "/p/$project/settings", params: { project } });
    } else if (kind === "data") {
      if (collection) void navigate({ to: "/p/$project/data/$collection", params: { project, collection }, search });
      else void navigate({ to: "/p/$project/data", params: { project } });
    } else if (collection) {
      void navigate({ to: "/p/$project/api/$collection", params: { project, collection }, search });
    } else {
      void navigate({ to: "/p/$project/api", params: { project } });
    }
  };
}
