import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ApiPage } from "@/features/api/ApiPage";
import { COLLECTION_OPS, PROJECT_OPS, type OpId } from "@/features/api/request";

const OPS: ReadonlySet<unknown> = new Set([...COLLECTION_OPS, ...PROJECT_OPS].map((entry) => entry.id));

export function ApiRoute() {
  const { project, collection } = useParams({ strict: false });
  const search: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const op = OPS.has(search["op"]) ? (search["op"] as OpId) : "list";
  return (
    <ApiPage
      collection={collection}
      op={op}
      onOp={(next) => {
        if (project !== undefined && collection !== undefined) {
          void navigate({ to: "/p/$project/api/$collection", params: { project, collection }, search: { op: next } });
        }
      }}
    />
  );
}
