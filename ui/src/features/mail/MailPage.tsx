import { useQuery } from "@tanstack/react-query";
import { useStore } from "zustand";
import { accessQuery, useSession } from "@/host/session";
import { useCommands } from "@/kit/commands";
import { Segmented } from "@/kit/Segmented";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { Toolbar } from "@/kit/Toolbar";
import { Button } from "@/kit/Button";
import { faultText } from "@/lib/client";
import { LogView } from "./LogView";
import { t } from "./messages";
import type { Part } from "./parts";
import { SCOPE } from "./templates";
import { TemplatesView } from "./TemplatesView";

export interface MailPageProps {
  readonly part: Part;
  readonly onPart: (part: Part) => void;
  /** What the address says beside the part; each part reads its own keys. */
  readonly search: Readonly<Record<string, unknown>>;
  readonly onSearch: (search: Record<string, string | number>) => void;
  readonly onSettings: () => void;
}

export function MailPage({ part, onPart, search, onSearch, onSettings }: MailPageProps) {
  const session = useSession();
  const access = useQuery(accessQuery(session));
  const open = useStore(session.pending.store, (state) => [...state.ops.values()].filter((op) => op.target.scope === SCOPE).length);
  useCommands([
    { id: "mail.log", label: t("cmd.log"), group: t("group"), paletteOnly: true, run: () => onPart("log") },
    { id: "mail.templates", label: t("cmd.templates"), group: t("group"), paletteOnly: true, run: () => onPart("templates") },
  ]);
  const parts = (
    <Segmented
      aria-label={t("parts")}
      value={part}
      onChange={onPart}
      options={[
        { value: "log", label: t("log") },
        { value: "templates", label: open > 0 ? t("templates.open", { count: open }) : t("templates") },
      ]}
    />
  );
  if (access.data?.role.administrator === true) {
    return part === "log" ? (
      <LogView parts={parts} search={search} onSearch={onSearch} onSettings={onSettings} />
    ) : (
      <TemplatesView parts={parts} search={search} onSearch={onSearch} />
    );
  }
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <Toolbar title={t("title")} />
      {access.data ? (
        <Empty title={t("stop.role")}>{t("stop.role.body")}</Empty>
      ) : access.error ? (
        <ErrorBand
          className="m-5"
          title={t("log.failed")}
          details={faultText(access.error)}
          action={
            <Button size="small" onClick={() => void access.refetch()}>
              {t("retry")}
            </Button>
          }
        >
          {access.error.message}
        </ErrorBand>
      ) : (
        <Loading what={t("log.loading")} columns={[160, 240, 60]} rows={6} className="m-5" />
      )}
    </div>
  );
}
