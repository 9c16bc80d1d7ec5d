import { PlinthError, type ExistingTable } from "@plinth/sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, CircleSlash } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { forgetCatalog, useSession } from "@/host/session";
import { Badge } from "@/kit/Badge";
import { Button } from "@/kit/Button";
import { Checkbox } from "@/kit/Checkbox";
import { useCommands } from "@/kit/commands";
import { cx } from "@/kit/cx";
import { PendingBar } from "@/kit/PendingBar";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { Status } from "@/kit/status";
import { toast } from "@/kit/toast";
import { Toolbar } from "@/kit/Toolbar";
import { told } from "@/lib/told";
import { t } from "./messages";
import { adoptionQuery, namesQuery, tablesQuery } from "./queries";
import { remember } from "./seen";
import { TableDetails } from "./TableDetails";
import { inOrder, remarksOf, shownCount, whyOf } from "./words";

/** Tables that were there before the project: what they would become, a dry run, and taking them over. */
export function ExistingPage({ onBack }: { onBack: () => void }) {
  const session = useSession();
  const tables = useQuery(tablesQuery(session));
  const back = (
    <Button kind="ghost" icon={ArrowLeft} command="existing.back" onClick={onBack}>
      {t("back")}
    </Button>
  );
  useCommands([{ id: "existing.back", label: t("cmd.back"), keys: "Escape", group: t("cmd.group"), sheetOnly: true, run: onBack }]);
  useEffect(() => {
    if (tables.data) remember(session.project.id, tables.data.map((table) => table.name));
  }, [tables.data, session.project.id]);
  if (tables.isPending) {
    return (
      <div className="flex min-h-0 flex-1 flex-col">
        <Toolbar title={t("title")} right={back} />
        <Loading what={t("loading")} columns={[160, 120, 80, 240]} rows={8} className="m-5" />
      </div>
    );
  }
  if (tables.error) {
    return (
      <div className="flex min-h-0 flex-1 flex-col">
        <Toolbar title={t("title")} right={back} />
        <ErrorBand
          className="m-5"
          title={t("failed")}
          details={String(tables.error)}
          action={
            <Button size="small" onClick={() => void tables.refetch()}>
              {t("retry")}
            </Button>
          }
        >
          {whyOf(tables.error)}
        </ErrorBand>
      </div>
    );
  }
  if (tables.data.length === 0) {
    return (
      <div className="flex min-h-0 flex-1 flex-col">
        <Toolbar title={t("title")} right={back} />
        <Empty title={t("none")} actions={<Button onClick={onBack}>{t("toSchema")}</Button>}>
          {t("none.body")}
        </Empty>
      </div>
    );
  }
  return <Tables tables={tables.data} onBack={onBack} />;
}

function Tables({ tables, onBack }: { tables: readonly ExistingTable[]; onBack: () => void }) {
  const session = useSession();
  const { client, project } = session;
  const queries = useQueryClient();
  const listed = useMemo(() => inOrder(tables), [tables]);
  const able = useMemo(() => listed.filter((table) => table.adoptable), [listed]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set(able.map((table) => table.name)));
  const [at, setAt] = useState(listed[0]?.name);
  const [round, setRound] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const readOnly = project.guard === "readonly";
  const names = useMemo(() => able.map((table) => table.name).filter((name) => chosen.has(name)), [able, chosen]);
  const plan = useQuery(adoptionQuery(session, names, round));
  const current = listed.find((table) => table.name === at) ?? listed[0];

  const take = useMutation({
    mutationFn: (token: string) => client.schemas.adopt({ tables: names, token }),
    onSuccess: async () => {
      toast({ kind: "done", text: t("taken", { count: names.length }) });
      await forgetCatalog(queries, project.id);
      // Their plan is done: to ask for it again would be refused.
      onBack();
      queries.removeQueries({ queryKey: tablesQuery(session).queryKey });
      await queries.invalidateQueries({ queryKey: namesQuery(session).queryKey });
    },
    onError: (fault) => {
      if (fault instanceof PlinthError && fault.code === "PLAN_STALE") setRound(round + 1);
    },
  });
  const { reset } = take;
  useEffect(() => {
    reset();
  }, [names, reset]);
  const ready = plan.data !== undefined && !readOnly;
  const run = () => {
    if (plan.data && !readOnly && !take.isPending) take.mutate(plan.data.token);
  };
  useCommands([
    { id: "existing.take", label: t("cmd.take"), keys: "Mod+S", group: t("cmd.group"), inText: true, run },
    { id: "existing.all", label: t("cmd.all"), group: t("cmd.group"), run: () => setChosen(new Set(able.map((table) => table.name))) },
  ]);
  const choose = (name: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(name);
    else next.delete(name);
    setChosen(next);
  };
  const move = (by: number) => {
    const next = listed.findIndex((table) => table === current) + by;
    const table = listed[next];
    if (!table) return;
    setAt(table.name);
    list.current?.querySelectorAll<HTMLElement>("[data-table]")[next]?.focus();
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <Toolbar
        title={t("title")}
        right={
          <Button kind="ghost" icon={ArrowLeft} command="existing.back" onClick={onBack}>
            {t("back")}
          </Button>
        }
      >
        <Checkbox
          checked={names.length === able.length && able.length > 0}
          mixed={names.length > 0 && names.length < able.length}
          disabled={able.length === 0 || readOnly}
          onChange={(on) => setChosen(on ? new Set(able.map((table) => table.name)) : new Set())}
        >
          {t("all")}
        </Checkbox>
      </Toolbar>
      <div className="flex min-h-0 flex-1 max-[760px]:flex-col max-[760px]:overflow-y-auto">
        <ul
          ref={list}
          aria-label={t("list")}
          data-region=""
          className="w-[300px] shrink-0 overflow-y-auto border-r border-line bg-bg-sunk max-[760px]:w-full max-[760px]:border-r-0"
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") move(1);
            else if (event.key === "ArrowUp") move(-1);
            else return;
            event.preventDefault();
          }}
        >
          {listed.map((table) => (
            <li key={table.name} className={cx("flex items-center gap-2 border-b border-line-2 pl-3", table === current ? "bg-bg-active" : "hover:bg-bg-hover")}>
              {table.adoptable ? (
                <Checkbox
                  aria-label={t("choose", { name: table.name })}
                  checked={chosen.has(table.name)}
                  disabled={readOnly || take.isPending}
                  onChange={(on) => choose(table.name, on)}
                />
              ) : (
                <CircleSlash aria-hidden size={14} className="shrink-0 text-ink-3" />
              )}
              <button
                type="button"
                data-table=""
                aria-current={table === current || undefined}
                tabIndex={table === current ? 0 : -1}
                onClick={() => setAt(table.name)}
                className="ring-cell flex min-w-0 flex-1 flex-col py-1.5 pr-3 text-left"
              >
                <span className={cx("max-w-full truncate", table.adoptable ? "font-medium" : "text-ink-2")}>{table.name}</span>
                <span className="max-w-full truncate text-second text-ink-3">{factsOf(table)}</span>
              </button>
            </li>
          ))}
        </ul>
        {current ? <TableDetails table={current} /> : null}
      </div>
      <section aria-label={t("plan.region")} data-region="" className="flex max-h-[38%] shrink-0 flex-col border-t border-line">
        {names.length === 0 ? (
          <p className="px-3 py-2 text-ink-2">{t("plan.none")}</p>
        ) : plan.error ? (
          <ErrorBand
            title={t("plan.failed")}
            className="m-3"
            details={String(plan.error)}
            action={
              <Button size="small" onClick={() => void plan.refetch()}>
                {t("retry")}
              </Button>
            }
          >
            {whyOf(plan.error)}
          </ErrorBand>
        ) : !plan.data ? (
          <Loading what={t("plan.loading")} columns={[64, 260]} rows={3} className="m-3" />
        ) : (
          <>
            <header className="flex min-h-[34px] shrink-0 flex-wrap items-center gap-x-3 border-b border-line bg-bg-sunk px-3 py-1">
              <h2 className="font-semibold">{t("plan", { count: plan.data.steps.length })}</h2>
              <span className="text-second text-ink-2">{t("plan.untouched", { count: plan.data.untouchedRows })}</span>
            </header>
            <ol className="min-h-0 overflow-y-auto" tabIndex={0} aria-label={t("plan.region")}>
              {plan.data.steps.map((step) => {
                const remarks = remarksOf(step, plan.data.tables.find((table) => table.name === step.collection));
                return (
                  <li key={`${step.op} ${step.collection} ${step.field ?? ""}`} className="border-b border-line-2 px-3">
                    <div className="flex min-h-[30px] items-center gap-2">
                      <Badge kind="staged" className="w-18 justify-center">
                        {step.op === "adopt_collection" ? t("step.adopt_collection") : t("step.add_relation")}
                      </Badge>
                      {step.op === "adopt_collection" ? (
                        <>
                          <b className="min-w-0 truncate font-semibold">{step.collection}</b>
                          <span className="flex-1" />
                          <span className="shrink-0 text-second text-ink-3">{factsIn(tables, step.collection)}</span>
                        </>
                      ) : (
                        <span className="min-w-0 truncate" title={told(step.summary)}>{told(step.summary)}</span>
                      )}
                    </div>
                    {remarks.length > 0 ? <p className="pb-1.5 pl-20 text-second text-ink-2">{remarks.join(" ")}</p> : null}
                  </li>
                );
              })}
            </ol>
          </>
        )}
      </section>
      {take.error ? (
        <ErrorBand title={t("refused")} details={String(take.error)}>
          {take.error instanceof PlinthError && take.error.code === "PLAN_STALE" ? t("stale") : whyOf(take.error)}
        </ErrorBand>
      ) : null}
      {names.length > 0 ? (
        <PendingBar title={t("bar", { count: names.length })} facts={readOnly ? <span className="text-warn">{t("readonly")}</span> : null}>
          <Button kind="ghost" disabled={take.isPending} onClick={() => setChosen(new Set())}>
            {t("clear")}
          </Button>
          <Button kind="filled" command="existing.take" busy={take.isPending} disabled={!ready} onClick={run}>
            {take.isPending ? t("taking") : t("take", { count: names.length })}
          </Button>
        </PendingBar>
      ) : null}
      <Status>
        {[t("can", { count: able.length }), ...(able.length < listed.length ? [t("cannot", { count: listed.length - able.length })] : [])].join(", ")}
      </Status>
    </div>
  );
}

function factsIn(tables: readonly ExistingTable[], name: string): string {
  const table = tables.find((known) => known.name === name);
  return table ? factsOf(table) : "";
}

/** What stands under a table's name: what it holds, or the reason against it. */
function factsOf(table: ExistingTable): string {
  const [reason] = table.reasons;
  if (reason) return told(reason.message);
  const shown = shownCount(table);
  return [
    table.rows === undefined ? t("rows.unknown") : t("rows", { count: table.rows }),
    t("columns", { count: shown }),
    ...(shown < table.columns.length ? [t("hidden", { count: table.columns.length - shown })] : []),
  ].join(", ");
}
