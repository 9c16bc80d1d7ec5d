import { useSearch } from "@tanstack/react-router";
import { AccessPage } from "@/features/access/AccessPage";

export function AccessRoute() {
  const { find } = useSearch({ from: "/p/$project/access" });
  const begin = typeof find === "string" ? find : "";
  return <AccessPage key={begin} find={begin} />;
}
