import { useNavigate, useParams } from "@tanstack/react-router";
import { ReportsPage } from "@/features/records/reports/ReportsPage";

export function ReportsRoute() {
  const { project } = useParams({ from: "/p/$project/reports" });
  const navigate = useNavigate();
  return (
    <ReportsPage
      onRows={(collection, search) => void navigate({ to: "/p/$project/data/$collection", params: { project, collection }, search })}
      onSchema={() => void navigate({ to: "/p/$project/schema", params: { project } })}
    />
  );
}
