import { useMutation, useQueryClient } from "@tanstack/react-query";
import { LayoutTemplate } from "lucide-react";
import { forgetCatalog, useSession } from "@/host/session";
import { Button } from "@/kit/Button";
import { Menu } from "@/kit/Menu";
import { ErrorBand } from "@/kit/states";
import { toast } from "@/kit/toast";
import { t } from "./messages";
import { rowCount, seed, TEMPLATES, type Template } from "./templates";

/** Fills an empty instance with a template: for those that were not started from Home. */
export function BeginWith({ onReady }: { onReady: (collection: string) => void }) {
  const { client, project } = useSession();
  const queries = useQueryClient();
  const fill = useMutation({
    mutationFn: (template: Template) => seed(client, template),
    onSuccess: async (_, template) => {
      await forgetCatalog(queries, project.id);
      toast({ kind: "done", text: t("begin.done", { count: template.collections.length, rows: rowCount(template) }) });
      onReady(template.main);
    },
  });
  return (
    <>
      <Menu
        trigger={
          <Button icon={LayoutTemplate} busy={fill.isPending}>
            {fill.isPending ? t("creating.seed") : t("begin.menu")}
          </Button>
        }
        entries={TEMPLATES.map((template) => ({
          label: t(`template.${template.id}`),
          detail: t("template.detail", {
            names: template.collections.map((collection) => collection.name).join(", "),
            count: template.collections.length,
            rows: rowCount(template),
          }),
          onSelect: () => fill.mutate(template),
        }))}
      />
      {fill.error ? (
        <ErrorBand className="w-full" title={t("begin.failed")}>
          {fill.error.message}
        </ErrorBand>
      ) : null}
    </>
  );
}
