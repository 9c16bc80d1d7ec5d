import { useQuery } from "@tanstack/react-query";
import { DatabaseZap } from "lucide-react";
import { useSession } from "@/host/session";
import { Button } from "@/kit/Button";
import { t } from "./messages";
import { namesQuery } from "./queries";

/** The way to tables that are no collections; nothing where there are none, or for whoever may not take them. */
export function ExistingLink({ onOpen }: { onOpen: () => void }) {
  const names = useQuery(namesQuery(useSession()));
  if (names.data === undefined || names.data.length === 0) return null;
  return (
    <Button icon={DatabaseZap} onClick={onOpen}>
      {t("open", { count: names.data.length })}
    </Button>
  );
}
