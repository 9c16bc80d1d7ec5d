import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, Folder, Plug } from "lucide-react";
import { useState, type FormEvent, type KeyboardEvent } from "react";
import { host } from "@/host";
import type { PostgresReport, Project, TemplateId } from "@/host/host";
import { connectionOf } from "@/host/session";
import { Button } from "@/kit/Button";
import { Checkbox } from "@/kit/Checkbox";
import { useKeysOf } from "@/kit/commands";
import { cx } from "@/kit/cx";
import { Field, Input } from "@/kit/Field";
import { Keys } from "@/kit/keys";
import { Mark } from "@/kit/Mark";
import { Radio, RadioGroup } from "@/kit/Radio";
import { Segmented } from "@/kit/Segmented";
import { ErrorBand } from "@/kit/states";
import { Finding } from "./Finding";
import { t } from "./messages";
import { projectsKey, secretsQuery } from "./queries";
import { TemplatePreview } from "./TemplatePreview";
import { rowCount, seed, templateOf, TEMPLATES } from "./templates";
import { keepingNote, templateName } from "./words";

type Phase = "folder" | "start" | "seed";

const PHASE = {
  folder: () => t("creating.folder"),
  start: () => t("creating.start"),
  seed: () => t("creating.seed"),
} as const;

/** The project runs, only its template did not go in: it can be opened all the same. */
class SeedError extends Error {
  constructor(
    readonly project: Project,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** One form with a live preview; the first run is nothing but this. */
export function NewProject({
  first,
  onBack,
  onOpenFolder,
  onConnect,
  onReady,
}: {
  first: boolean;
  onBack: () => void;
  onOpenFolder: () => void;
  onConnect: () => void;
  onReady: (project: Project, collection: string | undefined) => void;
}) {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [place, setPlace] = useState<string | null>(null);
  const [store, setStore] = useState<"sqlite" | "postgres">("sqlite");
  const [url, setUrl] = useState("");
  const [template, setTemplate] = useState<TemplateId>("shop");
  const [phase, setPhase] = useState<Phase>("folder");
  const [missing, setMissing] = useState<{ name?: boolean; url?: boolean; consent?: boolean }>({});
  const openKeys = useKeysOf("home.open");
  const connectKeys = useKeysOf("home.connect");
  const secrets = useQuery(secretsQuery);

  const suggestion = useQuery({
    queryKey: ["suggest", name.trim()],
    queryFn: () => host().projects.suggest(name.trim() === "" ? t("name.placeholder") : name.trim()),
    placeholderData: (before) => before,
  });
  const trial = useMutation({ mutationFn: (address: string) => host().projects.testPostgres(address) });
  const report: PostgresReport | undefined = trial.variables === url ? trial.data : undefined;
  const existing = report?.contents === "project";
  const theirs = store === "postgres" && report?.contents === "other";
  const [agreed, setAgreed] = useState(false);

  const create = useMutation({
    mutationFn: async (): Promise<{ project: Project; collection: string | undefined }> => {
      const { projects } = host();
      setPhase("folder");
      // Nobody agrees to what they have not been told of.
      const seen = store === "postgres" ? (report ?? (await trial.mutateAsync(url).catch(() => undefined))) : undefined;
      if (seen?.contents === "other" && !agreed) throw new Error(t("try.mustAgree"));
      const begin = seen?.contents === "project" ? "nothing" : template;
      const made = await projects.create({
        name: name.trim(),
        store,
        template: begin,
        ...(store === "postgres" ? { databaseUrl: url.trim(), besideExisting: seen?.contents === "other" && agreed } : {}),
        ...(place === null ? {} : { place }),
      });
      setPhase("start");
      const running = await projects.start(made.id);
      const chosen = templateOf(begin);
      if (chosen) {
        setPhase("seed");
        try {
          const { client } = await connectionOf(running);
          await seed(client, chosen);
        } catch (fault) {
          throw new SeedError(running, fault);
        }
      }
      return { project: running, collection: chosen?.main };
    },
    onSettled: () => queries.invalidateQueries({ queryKey: projectsKey }),
    onSuccess: ({ project, collection }) => onReady(project, collection),
  });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A form can be sent again by its keys while its button rests.
    if (create.isPending) return;
    const lacks = { name: name.trim() === "", url: store === "postgres" && url.trim() === "" };
    setMissing(lacks);
    if (lacks.name || lacks.url) return;
    if (theirs && !agreed) setMissing({ consent: true });
    else create.mutate();
  };
  // The button says Enter, and a choice among these answers it as a field does.
  const onKey = (event: KeyboardEvent<HTMLFormElement>) => {
    if (event.key !== "Enter" || !(event.target as HTMLElement).matches("[role=radio], [role=checkbox]")) return;
    event.preventDefault();
    if (!event.repeat) event.currentTarget.requestSubmit();
  };
  const fault = create.error;
  return (
    <div className="flex min-h-0 flex-1">
      <form onSubmit={submit} onKeyDownCapture={onKey} className="flex min-w-0 flex-1 flex-col overflow-y-auto px-18 py-10 max-[1000px]:px-10">
        <div className="my-auto flex w-full max-w-110 flex-col">
          {first ? (
            <Mark size={46} />
          ) : (
            <Button kind="ghost" icon={ArrowLeft} onClick={onBack} keys="Escape" className="-ml-2.5 self-start">
              {t("new.back")}
            </Button>
          )}
          <h1 className="mt-5 text-first font-semibold tracking-[-0.3px]">{first ? t("first") : t("new")}</h1>
          <p className="mt-1 mb-6 text-dialog leading-[22px] text-ink-2">{t("first.lead")}</p>

          <Field
            label={t("name")}
            error={missing.name && name.trim() === "" ? t("name.needed") : undefined}
            note={
              suggestion.data ? (
                <>
                  {t("kept", { folder: place ?? suggestion.data.folder })}{" "}
                  {host().pickFolder ? (
                    <button
                      type="button"
                      className="ml-1 rounded-control text-ink-2 underline underline-offset-2"
                      onClick={() => void host().pickFolder?.().then((folder) => folder && setPlace(folder))}
                    >
                      {t("changeFolder")}
                    </button>
                  ) : null}
                </>
              ) : (
                // The line stands from the start, so that nothing below it moves when the folder is known.
                "\u00a0"
              )
            }
          >
            {(ids) => (
              <Input
                {...ids}
                autoFocus
                value={name}
                placeholder={t("name.placeholder")}
                invalid={missing.name === true && name.trim() === ""}
                onChange={(event) => setName(event.target.value)}
                className="h-8! text-dialog!"
              />
            )}
          </Field>

          <div className="mt-4 mb-1 text-second text-ink-2">{t("where")}</div>
          <Segmented
            wide
            aria-label={t("where")}
            value={store}
            onChange={setStore}
            options={[
              { value: "sqlite", label: t("where.sqlite") },
              { value: "postgres", label: t("where.postgres") },
            ]}
          />
          {store === "sqlite" ? (
            <p className="mt-1 text-hint text-ink-3">{t("where.sqlite.note")}</p>
          ) : (
            <div className="mt-3">
              <Field label={t("url")} note={keepingNote(secrets.data)} error={missing.url && url.trim() === "" ? t("url.needed") : undefined}>
                {(ids) => (
                  <div className="flex gap-2">
                    <Input {...ids} mono value={url} placeholder={t("url.placeholder")} onChange={(event) => setUrl(event.target.value)} />
                    <Button busy={trial.isPending} disabled={url.trim() === ""} onClick={() => trial.mutate(url)}>
                      {trial.isPending ? t("trying") : t("try")}
                    </Button>
                  </div>
                )}
              </Field>
              {trial.error && trial.variables === url ? <Finding good={false}>{trial.error.message}</Finding> : null}
              {report ? <Findings report={report} /> : null}
              {theirs ? (
                <div className="mt-2">
                  <Checkbox checked={agreed} onChange={setAgreed}>
                    {t("try.agree")}
                  </Checkbox>
                  {missing.consent && !agreed ? <Finding good={false}>{t("try.mustAgree")}</Finding> : null}
                </div>
              ) : null}
            </div>
          )}

          <div className={cx("mt-4 mb-1 text-second", existing ? "text-ink-disabled" : "text-ink-2")}>{t("begin")}</div>
          <RadioGroup
            aria-label={t("begin")}
            value={existing ? "nothing" : template}
            onChange={setTemplate}
            className="overflow-clip rounded-control border border-line-strong bg-bg-page"
          >
            {(["nothing", ...TEMPLATES.map((entry) => entry.id)] as const).map((id, index) => {
              const entry = templateOf(id);
              return (
                <Radio
                  key={id}
                  value={id}
                  className={cx("h-[34px] px-3", index > 0 && "border-t border-line", id === (existing ? "nothing" : template) ? "bg-bg-active" : "hover:bg-bg-hover")}
                >
                  <span className="w-16 font-medium">{templateName(id)}</span>
                  <span className="truncate text-second text-ink-2">
                    {entry
                      ? t("template.detail", { names: entry.collections.map((c) => c.name).join(", "), count: entry.collections.length, rows: rowCount(entry) })
                      : t("template.nothing.detail")}
                  </span>
                </Radio>
              );
            })}
          </RadioGroup>

          {fault ? (
            <ErrorBand
              className="mt-4"
              title={fault instanceof SeedError ? t("create.seedFailed") : t("create.failed")}
              action={
                fault instanceof SeedError ? (
                  <Button size="small" onClick={() => onReady(fault.project, undefined)}>
                    {t("open")}
                  </Button>
                ) : undefined
              }
            >
              {fault.message}
            </ErrorBand>
          ) : null}

          {/* It stays in sight however long the form grows. */}
          <div className="sticky -bottom-10 mt-2 flex items-center gap-3 bg-bg-page py-3">
            <Button kind="filled" size="large" type="submit" keys="Enter" busy={create.isPending}>
              {create.isPending ? t("creating") : t("create")}
            </Button>
            <span role="status" className="text-second text-ink-3">
              {create.isPending ? PHASE[phase]() : t("about")}
            </span>
          </div>

          {first ? (
            <div className="mt-5 flex gap-4 border-t border-line pt-3">
              <button type="button" className="flex items-center gap-2 rounded-control text-second hover:text-ink" onClick={onOpenFolder}>
                <Folder aria-hidden size={14} /> {t("or.open")} {openKeys ? <Keys keys={openKeys} /> : null}
              </button>
              <button type="button" className="flex items-center gap-2 rounded-control text-second hover:text-ink" onClick={onConnect}>
                <Plug aria-hidden size={14} /> {t("or.connect")} {connectKeys ? <Keys keys={connectKeys} /> : null}
              </button>
            </div>
          ) : null}
        </div>
      </form>
      <TemplatePreview id={existing ? "nothing" : template} name={templateName(existing ? "nothing" : template)} address={suggestion.data?.url ?? null} />
    </div>
  );
}

/** "PostgreSQL 15.18 (Debian 15.18-0+deb12u1)" is 15.18 to a person. */
function plainVersion(version: string): string {
  return /\d+(?:\.\d+)*/.exec(version)?.[0] ?? version;
}

function Findings({ report }: { report: PostgresReport }) {
  if (!report.reachable) return <Finding good={false}>{report.message ?? t("try.unreachable")}</Finding>;
  return (
    <>
      <Finding good>{report.version ? t("try.version", { version: plainVersion(report.version) }) : t("try.reachable")}</Finding>
      {report.canCreate === undefined ? null : <Finding good={report.canCreate}>{report.canCreate ? t("try.rights") : t("try.noRights")}</Finding>}
      {report.contents === "empty" ? <Finding good>{t("try.empty")}</Finding> : null}
      {report.contents === "project" ? <Finding good>{t("try.project")}</Finding> : null}
      {report.contents === "other" ? <Finding good>{t("try.other", { count: report.tables ?? 0 })}</Finding> : null}
    </>
  );
}
