import { Plus, UserRound, X } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { create } from "zustand";
import { useQuery } from "@tanstack/react-query";
import { guardHere } from "@/host/asking";
import { exchange, type ExchangeAnswer } from "@/host/exchange";
import { accessQuery, useCatalog, useSession } from "@/host/session";
import { Button, IconButton } from "@/kit/Button";
import { Checkbox } from "@/kit/Checkbox";
import { CodeEditor } from "@/kit/CodeEditor";
import { useCommands, runCommand } from "@/kit/commands";
import { cx } from "@/kit/cx";
import { ConfirmLoss } from "@/kit/Dialog";
import { Input, SearchInput } from "@/kit/Field";
import { Select } from "@/kit/Select";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { Status } from "@/kit/status";
import { Tabs } from "@/kit/Tabs";
import type { CollectionInfo } from "@/lib/fields";
import { clock } from "@/lib/moments";
import { count } from "@/messages/catalogue";
import { t } from "./messages";
import {
  COLLECTION_OPS,
  hasBody,
  METHODS,
  paramFault,
  PROJECT_OPS,
  requestOf,
  target,
  whyNotJson,
  type ApiRequest,
  type Method,
  type OpId,
  type Param,
} from "./request";
import { Response } from "./Response";
import { Snippets } from "./Snippets";

interface Past {
  readonly id: number;
  readonly at: number;
  readonly request: ApiRequest;
  readonly answer: ExchangeAnswer;
}

/** What was sent from this window, by project. It holds answers, so it is never written down. */
const useHistory = create<{ byProject: Readonly<Record<string, readonly Past[]>> }>(() => ({ byProject: {} }));
const HISTORY_MAX = 20;
const NO_PAST: readonly Past[] = [];
let nextPast = 1;

function remember(project: string, request: ApiRequest, answer: ExchangeAnswer): void {
  const past: Past = { id: nextPast, at: Date.now(), request, answer };
  nextPast += 1;
  useHistory.setState(({ byProject }) => ({
    byProject: { ...byProject, [project]: [past, ...(byProject[project] ?? [])].slice(0, HISTORY_MAX) },
  }));
}

const METHOD_WIDTH = "w-[46px] shrink-0 font-mono text-[11px] text-ink-2";

export interface ApiPageProps {
  /** Undefined: the area without a collection. */
  collection: string | undefined;
  op: OpId;
  onOp: (op: OpId) => void;
}

export function ApiPage({ collection: name, op, onOp }: ApiPageProps) {
  const { collections, isLoading, error, refetch } = useCatalog();
  const collection = collections.find((entry) => entry.name === name);
  if (error && collections.length === 0) {
    return (
      <ErrorBand className="m-5" title={t("failed", { host: "/schemas" })} action={<Button size="small" onClick={refetch}>{t("retry")}</Button>}>
        {error.message}
      </ErrorBand>
    );
  }
  if (isLoading) return <Loading what={t("pick")} className="m-5 max-w-140" />;
  if (name === undefined) {
    // On a narrow window the list of collections is not there; the palette always is.
    return (
      <Empty title={t("pick")} actions={<Button command="shell.collection" onClick={() => void runCommand("shell.collection")}>{t("pick.go")}</Button>}>
        {t("pick.body")}
      </Empty>
    );
  }
  if (!collection) return <Empty title={t("gone", { name })}>{t("gone.body")}</Empty>;
  return <Explorer key={collection.name} collection={collection} collections={collections} op={op} onOp={onOp} />;
}

function Explorer({
  collection,
  collections,
  op,
  onOp,
}: {
  collection: CollectionInfo;
  collections: readonly CollectionInfo[];
  op: OpId;
  onOp: (op: OpId) => void;
}) {
  const session = useSession();
  const { project, user, url } = session;
  const find = useMemo(() => {
    const byName = new Map(collections.map((entry) => [entry.name, entry]));
    return (name: string) => byName.get(name);
  }, [collections]);
  const [request, setRequest] = useState<ApiRequest>(() => requestOf(op, collection, find));
  const [answer, setAnswer] = useState<ExchangeAnswer | null>(null);
  const [fault, setFault] = useState<Error | null>(null);
  const [running, setRunning] = useState<AbortController | null>(null);
  const [asking, setAsking] = useState(false);
  const history = useHistory((state) => state.byProject[project.id]) ?? NO_PAST;
  const access = useQuery(accessQuery(session));
  const role = access.data?.role;
  const roleName = typeof role === "string" ? role : role?.name;
  const shownOp = useRef(op);

  useEffect(() => {
    if (shownOp.current === op) return;
    shownOp.current = op;
    setRequest(requestOf(op, collection, find));
    setAnswer(null);
    setFault(null);
  }, [op, collection, find]);

  // A row to read stands there already; one to change or delete is chosen by a person.
  const keyless = op === "one" && request.path === requestOf("one", collection, find).path;
  const first = useQuery({
    queryKey: ["first-key", project.id, collection.name],
    queryFn: async ({ signal }) => {
      const page = await session.client.items(collection.name).find({ fields: [collection.primaryKey], limit: 1, count: "none" }, { signal });
      const key = page.data[0]?.[collection.primaryKey];
      return typeof key === "string" || typeof key === "number" ? String(key) : null;
    },
    enabled: keyless,
    retry: false,
  });
  useEffect(() => {
    const key = first.data;
    if (keyless && typeof key === "string") setRequest((held) => ({ ...held, path: held.path.replace("{id}", encodeURIComponent(key)) }));
  }, [keyless, first.data]);

  const writes = request.method !== "GET";
  const blocked = writes && project.guard === "readonly";

  const send = async () => {
    setAsking(false);
    running?.abort();
    const controller = new AbortController();
    setRunning(controller);
    setFault(null);
    try {
      const got = await exchange(
        session,
        {
          method: request.method,
          path: target(request),
          headers: Object.fromEntries(request.headers.filter((header) => header.on && header.name.trim() !== "").map((header) => [header.name, header.value])),
          body: hasBody(request.method) && request.body.trim() !== "" ? request.body : undefined,
        },
        controller.signal,
      );
      setAnswer(got);
      remember(project.id, request, got);
    } catch (error) {
      if (!controller.signal.aborted) setFault(error instanceof Error ? error : new Error(String(error)));
    } finally {
      setRunning((current) => (current === controller ? null : current));
    }
  };
  const ask = () => {
    if (blocked) return;
    if (writes && guardHere(project) === "confirm") setAsking(true);
    else void send();
  };

  useCommands([
    { id: "api.send", label: t("command.send"), keys: "Mod+Enter", group: t("group"), inText: true, ...(blocked ? { disabled: t("readonly") } : {}), run: ask },
    ...(running ? [{ id: "api.stop", label: t("stop"), keys: "Escape", group: t("group"), inText: true, sheetOnly: true, run: () => running.abort() }] : []),
  ]);

  const who = user?.email ?? t("as.anonymous");
  return (
    <div className="flex min-h-0 flex-1">
      <Requests
        collection={collection}
        op={op}
        onOp={(next) => {
          if (next === op) {
            setRequest(requestOf(next, collection, find));
            setAnswer(null);
            setFault(null);
          } else onOp(next);
        }}
        history={history}
        onPast={(past) => {
          setRequest(past.request);
          setAnswer(past.answer);
          setFault(null);
        }}
      />
      <div className="flex min-w-0 flex-1 max-[1200px]:flex-col max-[1200px]:overflow-y-auto">
      <section aria-label={target(request)} className="flex w-[452px] shrink-0 flex-col border-r border-line max-[1200px]:w-full max-[1200px]:border-b">
        <div className="flex flex-col gap-2 px-4 py-3">
          <div className="flex gap-1.5">
            <Select
              aria-label={t("method")}
              value={request.method}
              onChange={(method: Method) => setRequest({ ...request, method })}
              options={METHODS.map((method) => ({ value: method, label: method }))}
              className="w-[76px]! font-mono text-[11.5px]"
            />
            <Input
              mono
              aria-label={t("path")}
              value={request.path}
              onChange={(event) => setRequest({ ...request, path: event.target.value })}
              className="flex-1"
            />
            {running ? (
              <Button onClick={() => running.abort()} keys="Escape">
                {t("stop")}
              </Button>
            ) : (
              <Button kind="filled" command="api.send" disabled={blocked} onClick={ask}>
                {t("send")}
              </Button>
            )}
          </div>
          <div className="flex items-center gap-2 text-ink-2">
            <span>{t("as")}</span>
            <span className="flex h-control min-w-0 flex-1 items-center gap-2 rounded-control border border-line-strong px-2">
              <UserRound aria-hidden size={13} />
              <span className="truncate text-ink">{who}</span>
              <span className="truncate text-second text-ink-3">
                {blocked ? t("readonly") : roleName ? t("as.role", { name: roleName }) : t("as.note")}
              </span>
            </span>
          </div>
        </div>
        <RequestParts request={request} onChange={setRequest} onRun={ask} onReset={() => setRequest(requestOf(op, collection, find))} />
        <Snippets request={request} url={url} />
      </section>
      <Response answer={answer} fault={fault} running={running !== null} who={who} host={new URL(url).host} onRetry={ask} />
      </div>
      <ConfirmLoss
        open={asking}
        title={t("confirm.title", { method: request.method, path: request.path })}
        body={t("confirm.body", { name: project.name })}
        keepLabel={t("confirm.keep")}
        loseLabel={t("confirm.send", { method: request.method })}
        onKeep={() => setAsking(false)}
        onLose={() => void send()}
      />
      <Status>{t("status.url", { url })}</Status>
    </div>
  );
}

function opName(op: OpId): string {
  return t(`op.${op}`);
}

function Requests({
  collection,
  op,
  onOp,
  history,
  onPast,
}: {
  collection: CollectionInfo;
  op: OpId;
  onOp: (op: OpId) => void;
  history: readonly Past[];
  onPast: (past: Past) => void;
}) {
  const [filter, setFilter] = useState("");
  const search = useRef<HTMLInputElement>(null);
  useCommands([{ id: "api.find", label: t("find"), keys: "/", group: t("group"), sheetOnly: true, run: () => search.current?.focus() }]);
  const wanted = filter.trim().toLowerCase();
  const groups = [
    { title: collection.name, ops: COLLECTION_OPS },
    { title: t("group.more"), ops: PROJECT_OPS },
  ].map((group) => ({ ...group, ops: group.ops.filter((entry) => `${entry.method} ${opName(entry.id)}`.toLowerCase().includes(wanted)) }));
  return (
    <nav aria-label={t("title", { name: collection.name })} data-region="" className="flex w-58 shrink-0 flex-col border-r border-line bg-bg-sunk">
      <div className="px-3 py-2">
        <SearchInput inputRef={search} placeholder={t("find")} keys="/" value={filter} onChange={(event) => setFilter(event.target.value)} />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto pb-2">
        {groups.map((group) =>
          group.ops.length === 0 ? null : (
            <div key={group.title} className="mb-2">
              <h2 className="truncate px-4 pt-1.5 pb-1 text-second font-medium text-ink-2">{group.title}</h2>
              {group.ops.map((entry) => (
                <button
                  key={entry.id}
                  type="button"
                  aria-current={entry.id === op ? "true" : undefined}
                  onClick={() => onOp(entry.id)}
                  className={cx("ring-cell flex h-[26px] w-full items-center gap-2 px-4 text-left", entry.id === op ? "bg-bg-active font-medium" : "hover:bg-bg-hover")}
                >
                  <span className={METHOD_WIDTH}>{entry.method}</span>
                  <span className="truncate">{opName(entry.id)}</span>
                </button>
              ))}
            </div>
          ),
        )}
      </div>
      <div className="max-h-60 shrink-0 overflow-y-auto border-t border-line py-2">
        <h2 className="px-4 pb-1 text-second font-medium text-ink-2">{t("history")}</h2>
        {history.length === 0 ? <p className="px-4 text-hint text-ink-3">{t("history.none")}</p> : null}
        {history.map((past) => (
          <button key={past.id} type="button" onClick={() => onPast(past)} className="ring-cell flex h-7 w-full items-center gap-2 px-4 text-left hover:bg-bg-hover">
            <span className={cx("w-7 text-second font-medium", past.answer.status < 400 ? "text-ok" : "text-bad")}>{past.answer.status}</span>
            <span className="min-w-0 flex-1 truncate text-second" title={`${past.request.method} ${target(past.request)}`}>
              {past.request.path}
            </span>
            <span className="text-second text-ink-3">{clock(past.at)}</span>
          </button>
        ))}
      </div>
    </nav>
  );
}

const PLACEHOLDER: Readonly<Record<string, () => string>> = {
  search: () => t("hint.search"),
  after: () => t("hint.after"),
};

function ParamRows({ list, adds, onChange, onRun }: { list: readonly Param[]; adds: string; onChange: (next: readonly Param[]) => void; onRun: () => void }) {
  const set = (index: number, change: Partial<Param>) => onChange(list.map((entry, at) => (at === index ? { ...entry, ...change } : entry)));
  return (
    <div>
      {list.map((entry, index) => {
        const why = paramFault(entry);
        return (
          <div key={index} className="border-b border-line-2">
            <div className="flex h-[30px] items-center gap-2">
              <Checkbox aria-label={t("param.use", { name: entry.name })} checked={entry.on} onChange={(on) => set(index, { on })} />
              {entry.known ? (
                <span className={cx("w-24 shrink-0 truncate", entry.on ? "text-ink" : "text-ink-3")} title={entry.name}>
                  {entry.name}
                </span>
              ) : (
                <input
                  aria-label={t("param.name")}
                  value={entry.name}
                  autoFocus
                  spellCheck={false}
                  onChange={(event) => set(index, { name: event.target.value })}
                  className="ring-field h-[26px] w-24 shrink-0 rounded-control border border-line-control bg-bg-page px-1.5"
                />
              )}
              <input
                aria-label={t("param.value", { name: entry.name })}
                value={entry.value}
                spellCheck={false}
                placeholder={PLACEHOLDER[entry.name]?.()}
                aria-invalid={why !== null}
                onChange={(event) => set(index, { value: event.target.value, on: true })}
                onKeyDown={(event) => {
                  if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) onRun();
                }}
                className={cx(
                  "ring-field h-[26px] min-w-0 flex-1 rounded-control border border-transparent bg-transparent px-2 font-mono text-[11.5px] hover:border-line",
                  !entry.on && "text-ink-3",
                )}
              />
              {entry.known && !entry.on ? (
                <span className="w-5" />
              ) : (
                <IconButton
                  small
                  icon={X}
                  iconSize={12}
                  label={t("param.remove", { name: entry.name })}
                  onClick={() => (entry.known ? set(index, { on: false }) : onChange(list.filter((_, at) => at !== index)))}
                />
              )}
            </div>
            {why === null ? null : <p className="pb-1 pl-[130px] text-hint text-warn">{t("bad.json", { why })}</p>}
          </div>
        );
      })}
      <Button kind="ghost" size="small" icon={Plus} className="mt-1 -ml-2" onClick={() => onChange([...list, { name: "", value: "", on: true, known: false }])}>
        {adds}
      </Button>
    </div>
  );
}

type Part = "query" | "headers" | "body";

function RequestParts({ request, onChange, onRun, onReset }: { request: ApiRequest; onChange: (next: ApiRequest) => void; onRun: () => void; onReset: () => void }) {
  const [chosen, setChosen] = useState<Part | null>(null);
  const part: Part = chosen ?? (hasBody(request.method) ? "body" : "query");
  const used = (list: readonly Param[]) => {
    const number = list.filter((entry) => entry.on).length;
    return number === 0 ? undefined : count(number);
  };
  const why = request.body.trim() === "" ? null : whyNotJson(request.body);
  return (
    <>
      <Tabs
        className="border-t px-4"
        aria-label={t("tabs.request")}
        value={part}
        onChange={setChosen}
        tabs={[
          { value: "query", label: t("tab.query"), count: used(request.params) },
          { value: "headers", label: t("tab.headers"), count: used(request.headers) },
          { value: "body", label: t("tab.body") },
        ]}
        right={
          <Button kind="ghost" size="small" onClick={onReset}>
            {t("reset")}
          </Button>
        }
      />
      <div className="max-h-[42%] min-h-40 shrink-0 overflow-y-auto px-4 py-1">
        {part === "query" ? <ParamRows list={request.params} adds={t("param.add")} onChange={(params) => onChange({ ...request, params })} onRun={onRun} /> : null}
        {part === "headers" ? <ParamRows list={request.headers} adds={t("header.add")} onChange={(headers) => onChange({ ...request, headers })} onRun={onRun} /> : null}
        {part === "body" ? (
          hasBody(request.method) ? (
            <div className="py-2">
              <CodeEditor
                language="json"
                label={t("body.label")}
                value={request.body}
                invalid={why !== null}
                onRun={onRun}
                onChange={(body) => onChange({ ...request, body })}
                className="min-h-50"
              />
              {why === null ? null : <p className="mt-1 text-hint text-bad">{t("body.bad", { why })}</p>}
            </div>
          ) : (
            <p className="py-2 text-ink-3">{t("body.none", { method: request.method })}</p>
          )
        ) : null}
      </div>
    </>
  );
}
