import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Copy, Database, ExternalLink, Folder, MoreHorizontal, Pencil, Play, Plug, Plus, Square, Trash2 } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { host } from "@/host";
import { HostError, type Project } from "@/host/host";
import { Button, IconButton } from "@/kit/Button";
import { useCommands } from "@/kit/commands";
import { cx } from "@/kit/cx";
import { Dot, type DotState } from "@/kit/Dot";
import { Drawer, DrawerSection } from "@/kit/Drawer";
import { SearchInput } from "@/kit/Field";
import { Menu, type MenuEntries } from "@/kit/Menu";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { Status } from "@/kit/status";
import { toast } from "@/kit/toast";
import { clockOrMoment } from "@/lib/moments";
import { sizeText } from "@/lib/sizes";
import { duration } from "./format";
import { questionOf, type Asking } from "./asking";
import { HomeDialogs } from "./HomeDialogs";
import { Journal } from "./Journal";
import { t } from "./messages";
import { NewProject } from "./NewProject";
import { logQuery, projectsKey, secretsQuery, sizeQuery } from "./queries";
import { useWide } from "./wide";
import { connectionWord, plainAddress, templateName, TONE } from "./words";

/** Where Home sends the person. Routes belong to the app, so it is told, not known. */
export interface HomePageProps {
  projects: readonly Project[] | undefined;
  error: Error | null;
  onRetry: () => void;
  /** With a collection where one is the natural first thing to see. */
  onOpen: (project: Project, collection?: string) => void;
}

const storeWord = (project: Project): string => (project.store === "postgres" ? t("postgres") : t("sqlite"));

function dotOf(project: Project): DotState {
  if (project.state === "running") return "open";
  if (project.state === "starting") return "starting";
  return project.state === "failed" ? "silent" : "closed";
}

function sentence(project: Project, now: number): string {
  const state = (): string => {
    switch (project.state) {
      case "running":
        return project.port === undefined || host().kind === "browser"
          ? t("row.runningPlain", { place: project.place })
          : t("row.running", { port: String(project.port) });
      case "starting":
        return project.step ? t("row.starting", { step: project.step }) : t("row.startingPlain");
      case "failed":
        return project.error ?? "";
      case "stopped":
        if (project.kind === "remote") return t("row.remote", { place: plainAddress(project.place) });
        return project.lastOpenedAt ? t("row.stopped", { time: clockOrMoment(project.lastOpenedAt, now) }) : t("row.never");
    }
  };
  if (project.guard === "confirm") return t("row.confirm", { rest: state() });
  return project.guard === "readonly" ? t("row.readonly", { rest: state() }) : state();
}

/** Connections of one project share a block. */
function blocks(projects: readonly Project[]): ReadonlyArray<{ name: string; rows: readonly Project[] }> {
  const byName = new Map<string, Project[]>();
  for (const project of projects) {
    const rows = byName.get(project.name);
    if (rows) rows.push(project);
    else byName.set(project.name, [project]);
  }
  return [...byName].map(([name, rows]) => ({ name, rows }));
}

function lastOpenedFirst(a: Project, b: Project): number {
  return (b.lastOpenedAt ?? "").localeCompare(a.lastOpenedAt ?? "") || a.name.localeCompare(b.name);
}

export function HomePage({ projects, error, onRetry, onOpen }: HomePageProps) {
  const queries = useQueryClient();
  const desktop = host().kind === "desktop";
  const [making, setMaking] = useState(false);
  const [asking, setAsking] = useState<Asking>(null);
  const [filter, setFilter] = useState("");
  const [selected, setSelected] = useState<string | null>(null);
  const wide = useWide();
  // What the person chose holds for the width at which they chose it.
  const [about, setAbout] = useState<{ wide: boolean; open: boolean } | null>(null);
  const inspecting = about?.wide === wide ? about.open : wide;
  const lender = useRef<Element | null>(null);
  const inspect = (open: boolean) => {
    if (open) lender.current = document.activeElement;
    setAbout({ wide, open });
  };
  // Over the ledger it takes the focus while it is there; beside it, everything stays where it is.
  useEffect(() => {
    if (about === null || about.wide) return;
    const drawer = document.querySelector("[data-drawer]");
    if (about.open) drawer?.querySelector<HTMLElement>("[data-first]")?.focus();
    else if (document.activeElement === document.body || document.activeElement === null) {
      const from = lender.current;
      const row = document.querySelector<HTMLElement>('[data-project][aria-selected="true"]');
      if (from instanceof HTMLElement && from.isConnected && from !== document.body) from.focus();
      else row?.focus();
    }
  }, [about]);
  const search = useRef<HTMLInputElement>(null);
  const now = Date.now();

  const shown = useMemo(() => {
    const wanted = filter.trim().toLowerCase();
    return [...(projects ?? [])]
      .filter((project) => [project.name, project.place, project.url ?? ""].some((word) => word.toLowerCase().includes(wanted)))
      .sort(lastOpenedFirst);
  }, [projects, filter]);
  const ledger = blocks(shown);
  const rows = ledger.flatMap((block) => block.rows);
  const current = rows.find((project) => project.id === selected) ?? rows[0];

  const refresh = () => queries.invalidateQueries({ queryKey: projectsKey });
  const act = useMutation({
    mutationFn: async (work: { project: Project; run: () => Promise<unknown> }) => await work.run(),
    onSettled: refresh,
    onError: (fault, { project }) => toast({ kind: "failed", text: `${t("action.failed", { name: project.name })}. ${fault.message}` }),
  });
  const start = useMutation({
    mutationFn: async ({ project, password }: { project: Project; password?: string | undefined }) => {
      await queries.cancelQueries({ queryKey: projectsKey });
      queries.setQueryData<readonly Project[]>(projectsKey, (list) =>
        list?.map((entry): Project => (entry.id === project.id ? { ...entry, state: "starting" } : entry)),
      );
      return await host().projects.start(project.id, password);
    },
    onSettled: refresh,
    onSuccess: (project) => onOpen(project),
    onError: (fault, { project }) => {
      const question = questionOf(fault, project);
      if (question) setAsking(question);
      else toast({ kind: "failed", text: `${t("action.failed", { name: project.name })}. ${fault.message}` });
    },
  });
  const stop = (project: Project) => act.mutate({ project, run: () => host().projects.stop(project.id) });
  const open = (project: Project) => {
    if (project.kind === "remote" && !desktop) window.open(`${project.place}/studio/`, "_blank", "noopener");
    else if (project.state === "stopped" || project.state === "failed") {
      if (project.kind === "local" && desktop) start.mutate({ project });
      else onOpen(project);
    } else onOpen(project);
  };
  const opened = async (project: Project | null) => {
    await refresh();
    if (project) setSelected(project.id);
  };
  const openFile = () => {
    const picked = host().pickFile?.() ?? Promise.resolve(null);
    void picked.then(async (file) => {
      if (file === null) return;
      try {
        await opened(await host().projects.open(file));
      } catch (fault) {
        if (fault instanceof HostError && fault.code === "TABLES_OF_ITS_OWN") setAsking({ kind: "beside", file, holds: fault.message });
        else toast({ kind: "failed", text: `${t("action.failed", { name: t("openFile") })}. ${fault instanceof Error ? fault.message : String(fault)}` });
      }
    });
  };
  const openFolder = () => {
    host()
      .projects.open()
      .then(
        opened,
        (fault: Error) => toast({ kind: "failed", text: `${t("action.failed", { name: t("openFolder") })}. ${fault.message}` }),
      );
  };
  const step = (by: number) => {
    const at = rows.findIndex((project) => project.id === current?.id);
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    if (!next) return;
    setSelected(next.id);
    document.querySelector<HTMLElement>(`[data-project="${CSS.escape(next.id)}"]`)?.focus();
  };

  const first = desktop && projects !== undefined && projects.length === 0;
  const form = making || first;
  useCommands([
    ...(desktop
      ? [
          { id: "home.new", label: t("newProject"), keys: form ? undefined : "N", icon: Plus, group: t("group.home"), run: () => setMaking(true) },
          { id: "home.open", label: t("openFolder"), keys: form ? "Mod+O" : ["O", "Mod+O"], icon: Folder, group: t("group.home"), run: openFolder },
          { id: "home.openFile", label: t("openFile"), keys: form ? undefined : "F", icon: Database, group: t("group.home"), run: openFile },
        ]
      : []),
    {
      id: "home.connect",
      label: t("connect"),
      keys: form ? "Mod+Shift+O" : ["C", "Mod+Shift+O"],
      icon: Plug,
      group: t("group.home"),
      run: () => setAsking({ kind: "connect" }),
    },
    ...(form
      ? first
        ? []
        : [{ id: "home.back", label: t("new.back"), keys: "Escape", group: t("group.home"), inText: true, sheetOnly: true, run: () => setMaking(false) }]
      : [
          { id: "home.filter", label: t("filter"), keys: "/", group: t("group.home"), sheetOnly: true, run: () => search.current?.focus() },
          { id: "home.next", label: t("select.next"), keys: "ArrowDown", group: t("group.home"), sheetOnly: true, run: () => step(1) },
          { id: "home.enter", label: t("select.open"), keys: "Enter", group: t("group.home"), sheetOnly: true },
          ...(current ? [{ id: "inspector.toggle", label: t("inspector.toggle"), keys: "Mod+I", group: t("group.home"), inText: true, run: () => inspect(!inspecting) }] : []),
          ...(current && inspecting && !wide ? [{ id: "home.closeInspector", label: t("inspector.close"), keys: "Escape", group: t("group.home"), sheetOnly: true, run: () => inspect(false) }] : []),
        ]),
  ]);

  // Enter belongs to what has the focus; where nothing has it, to the project that is selected.
  const enter = useRef(() => {});
  useEffect(() => {
    enter.current = () => {
      if (current && !form) open(current);
    };
  });
  useEffect(() => {
    const press = (event: globalThis.KeyboardEvent) => {
      const plain = event.key === "Enter" && !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey && !event.repeat;
      if (!plain || event.defaultPrevented || event.target !== document.body || document.querySelector("[data-modal]") !== null) return;
      event.preventDefault();
      enter.current();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);

  const dialogs = (
    <HomeDialogs asking={asking} onClose={() => setAsking(null)} onStart={(project, password) => start.mutate({ project, password })} onOpened={(project) => void opened(project)} />
  );
  const status = <HomeStatus projects={projects ?? []} onUnlock={(fresh) => setAsking({ kind: "unlock", fresh })} />;

  if (error && !projects) {
    return (
      <ErrorBand className="m-10" title={t("failed")} action={<Button size="small" onClick={onRetry}>{t("retry")}</Button>}>
        {error.message}
      </ErrorBand>
    );
  }
  if (!projects) return <Loading what={t("loading")} columns={[90, 160, 60]} rows={4} className="m-10 max-w-200" />;
  if (form) {
    return (
      <>
        <NewProject
          first={first}
          onBack={() => setMaking(false)}
          onOpenFolder={openFolder}
          onConnect={() => setAsking({ kind: "connect" })}
          onReady={onOpen}
        />
        {dialogs}
        {status}
      </>
    );
  }

  const entries = (project: Project): MenuEntries => [
    ...(project.url ? [{ label: t("copyUrl"), icon: Copy, onSelect: () => copy(project.url ?? "") }] : []),
    ...(desktop && project.kind === "local"
      ? [
          { label: t("reveal"), icon: Folder, onSelect: () => act.mutate({ project, run: () => host().projects.reveal(project.id) }) },
          { label: t("rename"), icon: Pencil, onSelect: () => setAsking({ kind: "rename", project }) },
          {
            label: t("duplicate"),
            icon: Copy,
            ...(project.state === "running" ? { disabled: t("delete.running") } : {}),
            onSelect: () =>
              act.mutate({
                project,
                run: async () => {
                  const made = await host().projects.duplicate(project.id);
                  toast({ kind: "done", text: t("done.duplicated", { name: made.name }) });
                },
              }),
          },
          null,
          { label: t("remove"), icon: Trash2, ...(project.state === "running" ? { disabled: t("delete.running") } : {}), onSelect: () => setAsking({ kind: "remove", project }) },
          {
            label: t("delete"),
            icon: Trash2,
            destructive: true,
            ...(project.state === "running" ? { disabled: t("delete.running") } : {}),
            onSelect: () => setAsking({ kind: "delete", project }),
          },
        ]
      : project.kind === "remote"
        ? [
            desktop
              ? { label: t("change"), icon: Pencil, onSelect: () => setAsking({ kind: "connect", project }) }
              : { label: t("rename"), icon: Pencil, onSelect: () => setAsking({ kind: "rename", project }) },
            null,
            { label: t("remove"), icon: Trash2, destructive: true, onSelect: () => setAsking({ kind: "remove", project }) },
          ]
        : []),
  ];

  const onKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key === "Enter" && current && (event.target as HTMLElement).dataset["project"]) open(current);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="flex min-h-0 flex-1">
      <div data-region="" className="min-w-0 flex-1 overflow-y-auto px-10 pt-6 pb-10">
        <div className="flex flex-wrap items-center gap-2">
          <h1 className="flex-1 text-page font-semibold tracking-[-0.2px]">{desktop ? t("title") : t("title.browser")}</h1>
          <Button icon={Plug} command="home.connect" onClick={() => setAsking({ kind: "connect" })}>
            {t("connect")}
          </Button>
          {desktop ? (
            <>
              <Button icon={Folder} command="home.open" onClick={openFolder}>
                {t("openFolder")}
              </Button>
              <Button icon={Database} command="home.openFile" onClick={openFile}>
                {t("openFile")}
              </Button>
              <Button icon={Plus} command="home.new" onClick={() => setMaking(true)}>
                {t("newProject")}
              </Button>
            </>
          ) : null}
        </div>
        <div className="mt-5 mb-4 flex items-center justify-between gap-4">
          <SearchInput inputRef={search} className="w-[260px]" placeholder={t("filter")} keys="/" value={filter} onChange={(event) => setFilter(event.target.value)} />
          {desktop ? <span className="text-second text-ink-3">{t("order")}</span> : null}
        </div>
        {rows.length === 0 ? (
          <Empty
            title={t("nomatch", { text: filter })}
            className="border-t border-line-strong px-0!"
            actions={<Button onClick={() => setFilter("")}>{t("nomatch.clear")}</Button>}
          >
            {t("nomatch.body", { count: projects.length })}
          </Empty>
        ) : (
          <div role="grid" aria-label={desktop ? t("title") : t("title.browser")} onKeyDown={onKey} className="border-b border-line-strong">
            {ledger.map((block) => (
              <div key={block.name} role="rowgroup" aria-label={block.name} className="grid grid-cols-[172px_minmax(0,1fr)] border-t border-line-strong max-[900px]:grid-cols-1">
                <div role="presentation" className="min-w-0 py-3 pr-4">
                  <div role="presentation" className="truncate font-semibold" title={block.name}>
                    {block.name}
                  </div>
                </div>
                <div role="presentation" className="min-w-0">
                  {block.rows.map((project) => (
                    <Row
                      key={project.id}
                      project={project}
                      now={now}
                      selected={project.id === current?.id}
                      busy={(act.isPending && act.variables.project.id === project.id) || (start.isPending && start.variables.project.id === project.id)}
                      onSelect={() => setSelected(project.id)}
                      onOpen={() => open(project)}
                      onStop={() => stop(project)}
                    />
                  ))}
                </div>
              </div>
            ))}
          </div>
        )}
        <Journal projects={projects} now={now} onOpen={onOpen} />
      </div>
      {current && inspecting ? (
        <Inspector
          key={current.id}
          project={current}
          onClose={wide ? undefined : () => inspect(false)}
          now={now}
          entries={entries(current)}
          busy={start.isPending || act.isPending}
          onOpen={() => open(current)}
          onStop={() => stop(current)}
        />
      ) : null}
      {dialogs}
      {status}
    </div>
  );
}

function copy(text: string): void {
  navigator.clipboard.writeText(text).then(
    () => toast({ kind: "done", text: t("copied") }),
    (fault: Error) => toast({ kind: "failed", text: fault.message }),
  );
}

function Row({
  project,
  now,
  selected,
  busy,
  onSelect,
  onOpen,
  onStop,
}: {
  project: Project;
  now: number;
  selected: boolean;
  busy: boolean;
  onSelect: () => void;
  onOpen: () => void;
  onStop: () => void;
}) {
  const desktop = host().kind === "desktop";
  const label = buttonLabel(project);
  const size = useSize(project);
  return (
    <div
      role="row"
      aria-label={`${project.name}, ${connectionWord(project)}`}
      aria-selected={selected}
      tabIndex={selected ? 0 : -1}
      data-project={project.id}
      data-connection={project.environment}
      onClick={onSelect}
      onDoubleClick={onOpen}
      className={cx(
        "ring-cell grid h-10 grid-cols-[minmax(84px,100px)_92px_minmax(0,1fr)_72px_92px] items-center gap-x-0 border-t border-line-2 pr-2 pl-2 first:border-t-0",
        selected && "bg-bg-active",
      )}
    >
      <span role="gridcell" className={cx("flex min-w-0 items-center gap-2 font-medium", TONE[project.environment])}>
        <Dot state={dotOf(project)} />
        <span className="truncate">{connectionWord(project)}</span>
      </span>
      <span role="gridcell" className="truncate text-second text-ink-3">{project.kind === "remote" && !desktop ? "" : storeWord(project)}</span>
      <span role="gridcell" className={cx("truncate text-second", project.state === "failed" ? "text-bad" : project.state === "starting" ? "text-ink" : "text-ink-2")} title={sentence(project, now)}>
        {sentence(project, now)}
      </span>
      <span role="gridcell" className="text-right text-second text-ink-3">{size}</span>
      <span role="gridcell" className="flex justify-end">
        {project.state === "starting" ? (
          <Button size="small" onClick={onStop} tabIndex={-1}>
            {t("stop")}
          </Button>
        ) : (
          <Button size="small" busy={busy} icon={label === t("start") ? Play : undefined} onClick={onOpen} tabIndex={-1}>
            {busy ? t("starting") : label}
          </Button>
        )}
      </span>
    </div>
  );
}

/** Empty where nobody can tell. */
function useSize(project: Project): string {
  const asked = useQuery(sizeQuery(project));
  // What was told while it ran says nothing of it once it stands still.
  const bytes = project.sizeBytes ?? (project.state === "running" ? asked.data : null) ?? null;
  return bytes === null ? "" : sizeText(bytes);
}

function buttonLabel(project: Project): string {
  if (project.kind === "remote") return t("open");
  if (project.state === "failed") return t("retry");
  return project.state === "stopped" ? t("start") : t("open");
}

function Inspector({
  project,
  now,
  entries,
  busy,
  onClose,
  onOpen,
  onStop,
}: {
  project: Project;
  now: number;
  entries: MenuEntries;
  busy: boolean;
  onClose: (() => void) | undefined;
  onOpen: () => void;
  onStop: () => void;
}) {
  const desktop = host().kind === "desktop";
  const remoteHere = project.kind === "remote" && !desktop;
  const size = useSize(project);
  const log = useQuery({ ...logQuery(project.id, project.state === "running"), enabled: desktop && project.kind === "local" });
  const tail = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (tail.current) tail.current.scrollTop = tail.current.scrollHeight;
  }, [log.data]);
  const facts: ReadonlyArray<readonly [string, string, boolean?]> = [
    ...(project.url ? ([[t("fact.address"), plainAddress(project.url), true]] as const) : []),
    ...(project.state === "running" && project.startedAt ? ([[t("fact.running"), duration(now - Date.parse(project.startedAt))]] as const) : []),
    ...(remoteHere ? [] : ([[t("fact.store"), storeWord(project)]] as const)),
    // A remote instance lies at its address, which stands above.
    ...(desktop && project.kind === "local" ? ([[project.store === "postgres" ? t("fact.database") : t("fact.place"), project.place]] as const) : []),
    ...(size === "" ? [] : ([[t("fact.size"), size]] as const)),
    ...(project.kind === "local" && desktop
      ? ([[t("fact.opened"), project.lastOpenedAt ? clockOrMoment(project.lastOpenedAt, now) : t("fact.none")]] as const)
      : []),
    ...(project.template ? ([[t("fact.template"), templateName(project.template)]] as const) : []),
  ];
  return (
    <Drawer
      width={420}
      label={t("inspector", { name: project.name })}
      onClose={onClose}
      title={
        <span data-connection={project.environment} className="flex min-w-0 items-center gap-2">
          <Dot state={dotOf(project)} />
          <span className="truncate">{project.name}</span>
          <span className="text-base font-normal text-ink-2">{connectionWord(project)}</span>
        </span>
      }
      actions={entries.length > 0 ? <Menu align="end" trigger={<IconButton icon={MoreHorizontal} label={t("more", { name: project.name })} />} entries={entries} /> : null}
    >
      <DrawerSection>
        <div data-connection={project.environment} className="flex gap-2">
          <Button
            kind="filled"
            keys="Enter"
            data-first=""
            className="flex-1"
            busy={busy || project.state === "starting"}
            icon={remoteHere ? ExternalLink : project.kind === "local" && project.state === "stopped" ? Play : undefined}
            onClick={onOpen}
          >
            {busy || project.state === "starting" ? t("starting") : remoteHere ? t("openRemote") : project.state === "running" || project.kind === "remote" ? t("open") : buttonLabel(project)}
          </Button>
          {desktop && project.kind === "local" && project.state === "running" ? (
            <Button icon={Square} onClick={onStop}>
              {t("stop")}
            </Button>
          ) : null}
          {project.url ? (
            <Button icon={Copy} onClick={() => copy(project.url ?? "")}>
              {t("copyUrl")}
            </Button>
          ) : null}
        </div>
        <dl className="mt-3 grid grid-cols-[112px_minmax(0,1fr)]">
          {facts.map(([name, fact, mono]) => (
            <div key={name} className="contents">
              <dt className="py-[3px] text-second text-ink-3">{name}</dt>
              <dd className={cx("truncate py-[3px] text-second text-ink select-text", mono && "font-mono")} title={fact}>
                {fact}
              </dd>
            </div>
          ))}
        </dl>
        {project.state === "failed" && project.error ? <ErrorBand className="mt-3" title={project.error} details={project.error} /> : null}
      </DrawerSection>
      {desktop && project.kind === "local" ? (
        <DrawerSection title={t("log")} note={log.data && log.data.length > 0 ? t("log.note", { count: log.data.length }) : undefined}>
          {log.error ? (
            <ErrorBand title={t("log.failed")}>{log.error.message}</ErrorBand>
          ) : log.data && log.data.length > 0 ? (
            <pre ref={tail} tabIndex={0} className="max-h-80 overflow-auto rounded-control border border-line bg-bg-page p-2 text-[11px] leading-4 whitespace-pre-wrap select-text">
              {log.data.join("\n")}
            </pre>
          ) : (
            <p className="text-second text-ink-3">{t("log.empty")}</p>
          )}
        </DrawerSection>
      ) : null}
    </Drawer>
  );
}

function HomeStatus({ projects, onUnlock }: { projects: readonly Project[]; onUnlock: (fresh: boolean) => void }) {
  const secrets = useQuery(secretsQuery);
  const running = projects.filter((project) => project.state === "running").length;
  const state = secrets.data;
  return (
    <>
      <Status side="right">{t("status.version", { version: __VERSION__ })}</Status>
      <Status>
        <span className="flex items-center gap-4">
          <span>{running === 0 ? t("status.none") : t("status.active", { count: running, total: projects.length })}</span>
          {state === null ? <span>{t("status.browser")}</span> : null}
          {state === "keychain" ? <span>{t("status.keychain")}</span> : null}
          {state === "sealed" ? <span>{t("status.sealed")}</span> : null}
          {state === "locked" ? (
            <button type="button" className="underline underline-offset-2" onClick={() => onUnlock(false)}>
              {t("status.locked")}
            </button>
          ) : null}
          {state === "nowhere" ? (
            <button type="button" className="underline underline-offset-2" onClick={() => onUnlock(true)}>
              {t("status.nowhere")}
            </button>
          ) : null}
        </span>
      </Status>
    </>
  );
}
