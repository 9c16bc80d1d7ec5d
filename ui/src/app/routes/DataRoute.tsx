import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { DataPage } from "@/features/records/DataPage";

export function DataRoute() {
  const { project, collection } = useParams({ from: "/p/$project/data/$collection" });
  const search: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const go = (name: string, next: Record<string, unknown>, replace: boolean) =>
    void navigate({ to: "/p/$project/data/$collection", params: { project, collection: name }, search: next, replace });
  return (
    <DataPage
      key={collection}
      collection={collection}
      search={search}
      onSearch={(next, options) => go(collection, next, options?.replace === true)}
      onOpen={(name, next) => go(name, next, false)}
    />
  );
}
