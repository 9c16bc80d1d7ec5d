import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { MailPage } from "@/features/mail/MailPage";
import { isPart } from "@/features/mail/parts";

export function MailRoute() {
  const { project, part } = useParams({ from: "/p/$project/mail/$part" });
  const search: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  return (
    <MailPage
      part={isPart(part) ? part : "log"}
      onPart={(next) => void navigate({ to: "/p/$project/mail/$part", params: { project, part: next }, search: {}, replace: true })}
      search={search}
      onSearch={(next) => void navigate({ to: "/p/$project/mail/$part", params: { project, part }, search: next, replace: true })}
      onSettings={() => void navigate({ to: "/p/$project/settings/$section", params: { project, section: "mail" } })}
    />
  );
}
