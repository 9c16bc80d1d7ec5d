import { useNavigate, useParams } from "@tanstack/react-router";
import { useCallback } from "react";
import { ExistingPage } from "@/features/existing/ExistingPage";

export function ExistingRoute() {
  const { project } = useParams({ strict: false });
  const navigate = useNavigate();
  const onBack = useCallback(() => {
    if (project !== undefined) void navigate({ to: "/p/$project/schema", params: { project } });
  }, [navigate, project]);
  return <ExistingPage onBack={onBack} />;
}
