import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { HomePage } from "@/features/home/HomePage";
import { StatusBar } from "@/kit/status";
import { m } from "../messages";
import { Palette } from "../Palette";
import { useProjects } from "../projects";
import { ShortcutsHint } from "../Shell";
import { WindowBar } from "../WindowBar";
import { t } from "@/messages/en";

const NO_COLLECTIONS: readonly never[] = [];

export function HomeRoute() {
  const projects = useProjects();
  const navigate = useNavigate();
  useEffect(() => {
    document.title = t("app.name");
  }, []);
  return (
    <div data-connection="local" className="flex h-full flex-col">
      <WindowBar environment="local" hasProject={false} left={<span className="ml-1 text-title font-semibold">{t("app.name")}</span>} />
      <main aria-label={m("home")} tabIndex={-1} className="relative flex min-h-0 flex-1 flex-col">
        <HomePage
          projects={projects.data}
          error={projects.error}
          onRetry={() => void projects.refetch()}
          onOpen={(project, collection) =>
            void (collection === undefined
              ? navigate({ to: "/p/$project/data", params: { project: project.id } })
              : navigate({ to: "/p/$project/data/$collection", params: { project: project.id, collection } }))
          }
        />
      </main>
      <StatusBar left={null} right={<ShortcutsHint />} />
      <Palette scope={undefined} collections={NO_COLLECTIONS} onCollection={() => undefined} onField={() => undefined} onRows={() => undefined} />
    </div>
  );
}
