import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { UsersPage, type Part } from "@/features/users/UsersPage";

export function UsersRoute() {
  const { project, part } = useParams({ from: "/p/$project/users/$part" });
  const search = useSearch({ from: "/p/$project/users/$part" });
  const navigate = useNavigate();
  const shown: Part = part === "roles" || part === "invitations" ? part : "people";
  return (
    <UsersPage
      key={shown}
      part={shown}
      search={search}
      onGo={(next, to) => void navigate({ to: "/p/$project/users/$part", params: { project, part: next }, search: to, replace: next === shown })}
      onRules={(role) => void navigate({ to: "/p/$project/access", params: { project }, search: { find: role } })}
    />
  );
}
