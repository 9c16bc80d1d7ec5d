import { useQuery } from "@tanstack/react-query";
import type { JournalEntry } from "@plinth/sdk";
import { useState } from "react";
import { host } from "@/host";
import type { Project } from "@/host/host";
import { connectionOf, whoAmI } from "@/host/session";
import { Button } from "@/kit/Button";
import { cx } from "@/kit/cx";
import { Dot } from "@/kit/Dot";
import { ErrorBand } from "@/kit/states";
import { clockOrMoment } from "@/lib/moments";
import { count } from "@/messages/catalogue";
import { t } from "./messages";
import { connectionWord, TONE } from "./words";

/** Rows before anybody asks for more. */
const FEW = 8;
const MOST = 50;

interface Line {
  readonly project: Project;
  readonly entry: JournalEntry;
  readonly own: boolean;
}

interface Told {
  readonly lines: readonly Line[];
  /** Projects that could be asked. */
  readonly asked: number;
  readonly silent: readonly { readonly project: Project; readonly reason: string }[];
}

/** What happened in one project; `null` where this person may not know. */
async function linesOf(project: Project): Promise<readonly Line[] | null> {
  const connection = await connectionOf(project);
  const user = await whoAmI(connection);
  if (user === null || !(await connection.client.access.me()).role.administrator) return null;
  const entries = await connection.client.server.journal({ limit: MOST });
  return entries.map((entry) => ({ project, entry, own: entry.actor !== null && entry.actor === user.email }));
}

async function tellAll(projects: readonly Project[]): Promise<Told> {
  const answers = await Promise.allSettled(projects.map(linesOf));
  const lines = answers.flatMap((answer) => (answer.status === "fulfilled" ? (answer.value ?? []) : []));
  return {
    lines: lines.sort((a, b) => b.entry.at.localeCompare(a.entry.at)).slice(0, MOST),
    asked: answers.filter((answer) => answer.status === "fulfilled" && answer.value !== null).length,
    silent: answers.flatMap((answer, index) => {
      const project = projects[index];
      return answer.status === "rejected" && project ? [{ project, reason: (answer.reason as Error).message }] : [];
    }),
  };
}

function sentence({ collection, count: rows, kind, more, source }: JournalEntry): string {
  if (kind === "schema") return t("journal.schema", { version: rows });
  const facts = { count: rows, rows: more ? t("journal.over", { rows }) : count(rows), collection: (collection ?? "").replace(/^baasix_/, "") };
  if (source?.startsWith("import:")) return t("journal.import", facts);
  if (source?.startsWith("undo-import:")) return t("journal.undo", facts);
  return t(`journal.${kind}`, facts);
}

/** What changed lately, in every running project this person administers. */
export function Journal({ projects, now, onOpen }: { projects: readonly Project[]; now: number; onOpen: (project: Project, collection?: string) => void }) {
  const [all, setAll] = useState(false);
  const desktop = host().kind === "desktop";
  const open = projects.filter((project) => project.state === "running" && (desktop || project.kind === "local"));
  const told = useQuery({
    queryKey: ["journal", ...open.map((project) => `${project.id} ${project.url ?? ""}`)],
    queryFn: () => tellAll(open),
    enabled: open.length > 0,
    placeholderData: (before) => before,
    staleTime: 2_000,
  });
  const lines = open.length === 0 ? [] : (told.data?.lines ?? []);
  const shown = all ? lines : lines.slice(0, FEW);
  const quiet = open.length === 0 ? t("journal.stopped") : told.data === undefined ? "" : told.data.asked === 0 ? t("journal.unknown") : t("journal.none");
  return (
    <section aria-label={t("journal")} className="mt-8">
      <div className="flex items-baseline gap-2 border-b border-line-strong pb-2">
        <h2 className="font-semibold">{t("journal")}</h2>
        <span className="flex-1 truncate text-second text-ink-3">{desktop ? t("journal.note") : t("journal.note.browser")}</span>
        {lines.length > FEW ? (
          <button type="button" aria-expanded={all} className="rounded-control text-second text-ink-2 hover:text-ink" onClick={() => setAll(!all)}>
            {all ? t("journal.few") : t("journal.all", { count: lines.length })}
          </button>
        ) : null}
      </div>
      {told.data?.silent.map(({ project, reason }) => (
        <ErrorBand key={project.id} className="mt-2" title={t("journal.failed", { name: project.name })}>
          {reason}
        </ErrorBand>
      ))}
      {shown.length === 0 ? (
        <p className="py-2 text-second text-ink-3">{quiet}</p>
      ) : (
        <ul className="border-b border-line">
          {shown.map(({ project, entry, own }, index) => (
            <li
              key={`${project.id} ${entry.at} ${String(index)}`}
              data-connection={project.environment}
              className="grid min-h-[30px] grid-cols-[44px_128px_minmax(0,1fr)] items-center border-t border-line-2 first:border-t-0 max-[900px]:grid-cols-[44px_minmax(0,1fr)]"
            >
              <time dateTime={entry.at} title={entry.at} className="truncate text-second text-ink-3">
                {clockOrMoment(entry.at, now)}
              </time>
              <span className="truncate pr-4 max-[900px]:hidden" title={project.name}>
                {project.name}
              </span>
              <span className="grid grid-cols-[minmax(84px,100px)_92px_minmax(0,1fr)_92px] items-center px-2 max-[900px]:grid-cols-[92px_minmax(0,1fr)]">
                <span className={cx("flex min-w-0 items-center gap-2 text-second max-[900px]:hidden", TONE[project.environment])}>
                  <Dot state="open" />
                  <span className="truncate">{connectionWord(project)}</span>
                </span>
                <span className="truncate pr-2 text-second text-ink-3" title={entry.actor ?? undefined}>
                  {own ? t("journal.you") : (entry.actor?.split("@")[0] ?? t("journal.server"))}
                </span>
                <span className="truncate text-second text-ink-2" title={sentence(entry)}>
                  {sentence(entry)}
                </span>
                <span className="flex justify-end max-[900px]:hidden">
                  {entry.collection === null ? null : (
                    <Button size="small" kind="ghost" aria-label={t("journal.open", { collection: entry.collection })} onClick={() => onOpen(project, entry.collection ?? undefined)}>
                      {t("open")}
                    </Button>
                  )}
                </span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
