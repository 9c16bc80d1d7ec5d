import { PlinthError, type ProposedIndex, type QueryMeasurement, type SlowQuery, type SlowQueryList, type SlowQueryOptions } from "@plinth/sdk";
import { keepPreviousData, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Gauge, RotateCw } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import { useSession, type Session } from "@/host/session";
import { Badge } from "@/kit/Badge";
import { Button, IconButton } from "@/kit/Button";
import { Checkbox } from "@/kit/Checkbox";
import { useCommands } from "@/kit/commands";
import { cx } from "@/kit/cx";
import { ConfirmLoss } from "@/kit/Dialog";
import { Select } from "@/kit/Select";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { toast } from "@/kit/toast";
import { Toolbar } from "@/kit/Toolbar";
import { moment } from "@/lib/moments";
import { count } from "@/messages/catalogue";
import { Inspector } from "./Inspector";
import { shownOf, wholeList } from "./list";
import { t } from "./messages";
import { bare, condition, grouped, isSystem, rest, time, worthOf } from "./words";

type Sort = NonNullable<SlowQueryOptions["sort"]>;
const SORTS: readonly Sort[] = ["total", "p95", "max", "mean", "count", "lastSeen"];

/** What became of a proposed index: staged, standing by now, or neither. */
export type IndexState = "staged" | "standing" | null;

export interface QueriesPageProps {
  readonly collection: string | undefined;
  readonly onCollection: (collection: string | undefined) => void;
  readonly collections: readonly string[];
  readonly stateOf: (index: ProposedIndex) => IndexState;
  readonly onStage: (index: ProposedIndex) => void;
  readonly onUnstage: (index: ProposedIndex) => void;
  readonly onPlan: (index: ProposedIndex) => void;
}

function slowQuery({ client, project }: Pick<Session, "client" | "project">, collection: string | undefined, sort: Sort) {
  return queryOptions({
    queryKey: ["slow", project.id, collection, sort],
    queryFn: ({ signal }) => wholeList((page, limit) => client.queries.slow({ collection, sort, page, limit, signal })),
    staleTime: 0,
  });
}

/** Every collection, as no collection is called. */
const ALL = "*";

export function QueriesPage(props: QueriesPageProps) {
  const { collection, onCollection, collections, stateOf, onStage, onUnstage, onPlan } = props;
  const session = useSession();
  const { client, project } = session;
  const queries = useQueryClient();
  const [sort, setSort] = useState<Sort>("total");
  const [chosen, setChosen] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const [width, setWidth] = useState(480);
  const [measured, setMeasured] = useState<ReadonlyMap<string, QueryMeasurement>>(new Map());
  const list = useQuery({ ...slowQuery(session, collection, sort), placeholderData: keepPreviousData });
  const readAgain = () => void queries.invalidateQueries({ queryKey: ["slow", project.id] });

  const measure = useMutation({
    mutationFn: ({ id, consent }: { readonly id: string; readonly consent: boolean }) => client.queries.measure(id, consent ? { consent } : {}),
    onSuccess: (found, { id }) => setMeasured((held) => new Map(held).set(id, found)),
  });
  const forget = useMutation({
    mutationFn: () => client.queries.forget({ collection }),
    onSuccess: () => {
      setChosen(null);
      setMeasured(new Map());
      readAgain();
      toast({ kind: "done", text: t("forgotten") });
    },
    onError: (error) => toast({ kind: "failed", text: error.message }),
  });

  // What the studio and the server read of their own is seldom what somebody looks for.
  const [system, setSystem] = useState(false);
  const all = list.data?.data ?? [];
  const { data, behind } = shownOf(all, system || collection !== undefined);
  const query = data.find((one) => one.id === chosen);
  const index = query?.index ?? null;
  const readOnly = project.guard === "readonly";
  const stageable = index !== null && stateOf(index) === null && !readOnly;

  const group = t("cmd");
  useCommands([
    { id: "queries.reload", label: t("reload"), keys: "R", group, icon: RotateCw, run: readAgain },
    ...(query && index && !measure.isPending
      ? [{ id: "queries.measure", label: t("cmd.measure"), keys: "M", group, icon: Gauge, run: () => measure.mutate({ id: query.id, consent: false }) }]
      : []),
    ...(index && stageable ? [{ id: "queries.stage", label: t("cmd.stage"), keys: "S", group, run: () => onStage(index) }] : []),
    ...(query ? [{ id: "queries.close", label: t("cmd.close"), keys: "Escape", group, sheetOnly: true, run: () => setChosen(null) }] : []),
  ]);

  const known = collection === undefined || collections.includes(collection) ? collections : [...collections, collection];
  const names = [...known.filter((name) => !isSystem(name)), ...known.filter(isSystem)];
  return (
    <div className="flex min-h-0 flex-1">
      <div className="flex min-w-0 flex-1 flex-col">
        <Toolbar
          title={t("title")}
          right={
            <>
              <IconButton icon={RotateCw} label={t("reload")} command="queries.reload" busy={list.isFetching && !list.isPending} onClick={readAgain} />
              <Button disabled={all.length === 0} onClick={() => setAsking(true)}>
                {t("forget")}
              </Button>
            </>
          }
        >
          <div className="w-44">
            <Select
              aria-label={t("collection")}
              value={collection ?? ALL}
              onChange={(next) => onCollection(next === ALL ? undefined : next)}
              options={[{ value: ALL, label: t("collection.all") }, ...names.map((name) => ({ value: name, label: bare(name) }))]}
            />
          </div>
          <div className="w-48">
            <Select aria-label={t("sort")} value={sort} onChange={setSort} options={SORTS.map((value) => ({ value, label: t(`sort.${value}`) }))} />
          </div>
          {collection === undefined ? (
            <Checkbox checked={system} onChange={setSystem}>
              {t("system")}
            </Checkbox>
          ) : null}
        </Toolbar>
        <div className="min-h-0 flex-1 overflow-y-auto">
          {list.data ? (
            <Recorded list={list.data} data={data} measured={measured} behind={behind} onSystem={() => setSystem(true)} collection={collection} chosen={chosen} onChoose={setChosen} stateOf={stateOf} />
          ) : list.error ? (
            <Refused error={list.error} onRetry={() => void list.refetch()} />
          ) : (
            <Loading what={t("loading")} columns={[320, 160, 60, 60]} rows={8} className="m-5" />
          )}
        </div>
      </div>
      {query ? (
        <Inspector
          key={query.id}
          query={query}
          measured={measured.get(query.id)}
          state={index ? stateOf(index) : null}
          readOnly={readOnly}
          width={width}
          onWidth={setWidth}
          measuring={measure.isPending && measure.variables.id === query.id}
          fault={measure.variables?.id === query.id ? measure.error : null}
          onMeasure={(consent) => measure.mutate({ id: query.id, consent })}
          onStage={onStage}
          onUnstage={onUnstage}
          onPlan={onPlan}
          onClose={() => setChosen(null)}
        />
      ) : null}
      <ConfirmLoss
        open={asking}
        title={t("forget.title")}
        body={t("forget.body", { count: list.data?.totalCount ?? 0 })}
        keepLabel={t("forget.keep")}
        loseLabel={t("forget.do")}
        onKeep={() => setAsking(false)}
        onLose={() => {
          setAsking(false);
          forget.mutate();
        }}
      />
    </div>
  );
}

function Refused({ error, onRetry }: { error: Error; onRetry: () => void }) {
  if (error instanceof PlinthError && error.status === 403) return <Empty title={t("forbidden")}>{t("forbidden.body")}</Empty>;
  return (
    <ErrorBand
      className="m-5"
      title={t("failed")}
      details={error.message}
      action={
        <Button size="small" onClick={onRetry}>
          {t("retry")}
        </Button>
      }
    >
      {error.message}
    </ErrorBand>
  );
}

interface RecordedProps {
  readonly list: SlowQueryList;
  /** Those of it that are shown. */
  readonly data: readonly SlowQuery[];
  /** What was measured of them since the screen was opened. */
  readonly measured: ReadonlyMap<string, QueryMeasurement>;
  /** How many of the same kind are behind them. */
  readonly behind: number;
  readonly collection: string | undefined;
  readonly onSystem: () => void;
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
  readonly stateOf: (index: ProposedIndex) => IndexState;
}

const COLUMNS = "grid grid-cols-[minmax(0,1fr)_76px_76px_64px_92px_92px] items-center gap-x-3 max-[900px]:grid-cols-[minmax(0,1fr)_76px_92px]";

function Recorded({ list, data, measured, behind, collection, onSystem, chosen, onChoose, stateOf }: RecordedProps) {
  const { totalCount, since, missed } = list;
  if (data.length === 0 && list.data.length > 0) {
    return (
      <Empty title={t("none.own", { count: totalCount })} actions={<Button onClick={onSystem}>{t("none.own.show")}</Button>}>
        {t("none.body")}
      </Empty>
    );
  }
  if (data.length === 0) {
    return <Empty title={collection === undefined ? t("none") : t("none.collection", { collection: bare(collection) })}>{t("none.body")}</Empty>;
  }
  const longest = Math.max(...data.map((query) => query.totalMs), Number.MIN_VALUE);
  // Arrows walk the rows as they stand, over the heads of collections.
  const walk = (event: KeyboardEvent<HTMLDivElement>) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by === 0) return;
    const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-query]")];
    const at = rows.findIndex((row) => row === document.activeElement);
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (!next) return;
    event.preventDefault();
    next.focus();
    onChoose(next.dataset["query"] ?? "");
  };
  return (
    <>
      <div aria-hidden className={cx(COLUMNS, "sticky top-0 z-10 h-8 border-b border-line-strong bg-bg-sunk px-4 text-hint text-ink-3")}>
        <span>{t("head.query")}</span>
        <span className="text-right">{t("head.p95")}</span>
        <span className="text-right max-[900px]:hidden">{t("head.mean")}</span>
        <span className="text-right max-[900px]:hidden">{t("head.count")}</span>
        <span className="text-right max-[900px]:hidden">{t("head.total")}</span>
        <span>{t("head.index")}</span>
      </div>
      <div role="group" aria-label={t("list")} onKeyDown={walk}>
        {grouped(data).map((group) => (
          <section key={group.collection} aria-label={group.collection}>
            <h2 className="flex h-8 items-center gap-2 border-b border-line bg-bg-page px-4">
              <span className="truncate font-semibold" title={group.collection}>
                {bare(group.collection)}
              </span>
              <span className="text-second font-normal text-ink-3">{t("group", { count: group.queries.length })}</span>
              <span className="flex-1" />
              <span className="text-second font-normal text-ink-3">{t("group.time", { time: time(group.totalMs) })}</span>
            </h2>
            {group.queries.map((query, at) => (
              <Row
                key={query.id}
                query={query}
                measured={measured.get(query.id)}
                share={query.totalMs / longest}
                chosen={query.id === chosen}
                // One stop of Tab for the list: the chosen row, else its first.
                stop={chosen === null || !data.some((one) => one.id === chosen) ? group.collection === data[0]?.shape.collection && at === 0 : query.id === chosen}
                state={query.index ? stateOf(query.index) : null}
                onChoose={() => onChoose(query.id)}
              />
            ))}
          </section>
        ))}
      </div>
      <p className="px-4 py-3 text-second text-ink-3">
        {[
          t("since", { time: moment(since) }),
          ...(behind > 0 ? [t("more", { count: behind })] : []),
          ...(missed > 0 ? [t("missed", { count: missed })] : []),
        ].join(" · ")}
      </p>
    </>
  );
}

function Row({ query, measured, share, chosen, stop, state, onChoose }: { query: SlowQuery; measured: QueryMeasurement | undefined; share: number; chosen: boolean; stop: boolean; state: IndexState; onChoose: () => void }) {
  const { shape } = query;
  const worth = worthOf(query, measured);
  return (
    <button
      type="button"
      data-query={query.id}
      aria-pressed={chosen}
      tabIndex={stop ? 0 : -1}
      onClick={onChoose}
      className={cx(COLUMNS, "relative w-full border-b border-line-2 px-4 py-2 text-left -outline-offset-2", chosen ? "bg-bg-active" : "hover:bg-bg-hover")}
    >
      <span className="min-w-0">
        <span className="block truncate font-mono text-[11.5px] leading-[18px]" title={condition(shape)}>
          {condition(shape)}
        </span>
        <span className="block truncate text-second text-ink-3" title={rest(shape)}>
          {rest(shape)}
        </span>
        <span aria-hidden className="mt-1 block h-[3px] bg-line-2">
          <span className="block h-full bg-ink-3" style={{ width: `${String(Math.max(0.4, share * 100))}%` }} />
        </span>
      </span>
      <span className="text-right font-medium tabular-nums">{time(query.p95Ms)}</span>
      <span className="text-right text-ink-2 tabular-nums max-[900px]:hidden">{time(query.meanMs)}</span>
      <span className="text-right text-ink-2 tabular-nums max-[900px]:hidden">{count(query.count)}</span>
      <span className="text-right text-ink-2 tabular-nums max-[900px]:hidden">{time(query.totalMs)}</span>
      <span>
        {query.index ? (
          state === "staged" ? (
            <Badge kind="staged">{t("badge.staged")}</Badge>
          ) : state === "standing" ? (
            <Badge kind="ok">{t("badge.served")}</Badge>
          ) : (
            <Badge kind={worth === "helps" || worth === "try" ? "warn" : undefined}>{t(`badge.${worth}`)}</Badge>
          )
        ) : query.servedBy ? (
          <Badge kind="ok">{t("badge.served")}</Badge>
        ) : (
          <Badge>{t("badge.none")}</Badge>
        )}
      </span>
    </button>
  );
}
