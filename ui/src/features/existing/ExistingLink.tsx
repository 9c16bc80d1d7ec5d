import { useQuery } from "@tanstack/react-query";
import { DatabaseZap } from "lucide-react";
import { useSession } from "@/host/session";
import { Button, IconButton } from "@/kit/Button";
import { useCommands } from "@/kit/commands";
import { t } from "./messages";
import { namesQuery } from "./queries";
import { seen } from "./seen";

/**
 * The way to tables that are no collections; nothing where there are none, or for whoever may not
 * take them. In a bar it is an icon once they were looked at.
 */
export function ExistingLink({ inBar, onOpen }: { inBar: boolean; onOpen: () => void }) {
  const session = useSession();
  const names = useQuery(namesQuery(session));
  const found = names.data ?? [];
  const label = t("open", { count: found.length });
  useCommands(inBar && found.length > 0 ? [{ id: "existing.open", label, group: t("cmd.group"), icon: DatabaseZap, run: onOpen }] : []);
  if (found.length === 0) return null;
  return inBar && seen(session.project.id, found) ? (
    <IconButton icon={DatabaseZap} label={label} onClick={onOpen} />
  ) : (
    <Button icon={DatabaseZap} onClick={onOpen}>
      {label}
    </Button>
  );
}
