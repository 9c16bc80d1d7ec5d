import type { PlanReference, PlanStep, RestoredPart, SchemaChangeEntry } from "@plinth/sdk";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { connectionName } from "@/host/connection-name";
import { forgetCatalog, useSession } from "@/host/session";
import { Badge, type BadgeKind } from "@/kit/Badge";
import { Button } from "@/kit/Button";
import { cx } from "@/kit/cx";
import { Dialog } from "@/kit/Dialog";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { toast } from "@/kit/toast";
import { day, moment } from "@/lib/moments";
import { told } from "@/lib/told";
import { p } from "./plan-messages";
import { PlanReferences } from "./PlanReferences";
import { reasonOf } from "./words";

/** Changes of one look; a screen of them. */
const PAGE = 20;
/** Steps that stand in the list before they are counted. */
const SUMMARIES = 2;

const STANDING: Readonly<Record<SchemaChangeEntry["standing"], BadgeKind>> = { undoable: "plain", undone: "outlined", changed: "outlined", expired: "outlined" };

/** What comes back of one collection or field, and what cannot. */
function partWords(part: RestoredPart): readonly { readonly text: string; readonly bad: boolean }[] {
  const name = part.field === undefined ? part.collection : `${part.collection}.${part.field}`;
  const back = { count: part.back, name };
  return [
    { text: part.field === undefined ? p("undo.back.rows", back) : p("undo.back.values", back), bad: false },
    ...(part.gone > 0 ? [{ text: p("undo.gone", { count: part.gone }), bad: true }] : []),
    ...(part.changed > 0 ? [{ text: p("undo.changed", { count: part.changed }), bad: true }] : []),
    ...(part.emptied > 0 ? [{ text: p("undo.emptied", { count: part.emptied }), bad: true }] : []),
    ...(part.missing > 0 ? [{ text: p("undo.missing", { count: part.missing, name }), bad: true }] : []),
  ];
}

/** Whether an undo brings back everything, takes nothing away, and leaves nothing to decide about what names it. */
export function isClean(plan: { readonly steps: readonly PlanStep[]; readonly restores: readonly RestoredPart[]; readonly references: readonly PlanReference[] }): boolean {
  return (
    !plan.steps.some((step) => step.lossy) &&
    plan.restores.every((part) => part.gone + part.changed + part.emptied + part.missing === 0) &&
    plan.references.every((reference) => reference.outcome === "follows")
  );
}

/** Undoes with the token that was planned, and tells everybody in the studio. */
export function useUndo() {
  const { client, project } = useSession();
  const queries = useQueryClient();
  const name = connectionName(project);
  return useMutation({
    mutationFn: async ({ version, token, updates }: { readonly version: number; readonly token: string; readonly updates: boolean }) => {
      await client.schemas.undo(version, { token, updateReferences: updates });
      return version;
    },
    onSuccess: async (version) => {
      toast({ kind: "done", text: p("undo.done", { version, name }) });
      await Promise.all([forgetCatalog(queries, project.id), queries.invalidateQueries({ queryKey: ["schema-history", project.id] })]);
    },
    onError: (error) => {
      toast({ kind: "failed", text: p("undo.failed", { why: reasonOf(error) }) });
    },
  });
}

export function HistoryDialog({ version, onClose }: { version: number | undefined; onClose: () => void }) {
  const { client, project } = useSession();
  const [chosen, setChosen] = useState(version);
  const list = useRef<HTMLDivElement>(null);
  const history = useInfiniteQuery({
    queryKey: ["schema-history", project.id],
    queryFn: ({ pageParam, signal }) => client.schemas.history({ limit: PAGE, page: pageParam }, { signal }),
    initialPageParam: 1,
    getNextPageParam: (last, pages) => (pages.length * PAGE < last.totalCount ? pages.length + 1 : undefined),
    gcTime: 0,
  });
  const changes = history.data?.pages.flatMap((page) => page.data) ?? [];
  const current = changes.find((change) => change.version === chosen) ?? changes[0];
  const at = current ? changes.indexOf(current) : 0;
  const choose = (index: number) => {
    const change = changes[index];
    if (!change) return;
    setChosen(change.version);
    list.current?.querySelectorAll<HTMLElement>("[role=option]")[index]?.focus();
  };
  return (
    <Dialog open onClose={onClose} title={p("history.title")} lead={p("history.lead")} width={920} actions={<Button onClick={onClose}>{p("history.close")}</Button>}>
      {history.error ? (
        <ErrorBand title={p("history.failed")}>{reasonOf(history.error)}</ErrorBand>
      ) : history.isPending ? (
        <Loading what={p("history.loading")} columns={[80, 240, 80]} rows={5} />
      ) : changes.length === 0 ? (
        <Empty title={p("history.empty")}>{p("history.empty.body")}</Empty>
      ) : (
        <div className="grid h-[46vh] min-h-0 grid-cols-[minmax(0,1fr)_minmax(0,1fr)] border border-line max-[760px]:grid-cols-1">
          <div
            ref={list}
            role="listbox"
            aria-label={p("history.list")}
            className="min-h-0 overflow-y-auto border-r border-line"
            onKeyDown={(event) => {
              if (event.key === "ArrowDown") choose(Math.min(at + 1, changes.length - 1));
              else if (event.key === "ArrowUp") choose(Math.max(at - 1, 0));
              else return;
              event.preventDefault();
            }}
          >
            {changes.map((change, index) => (
              <div
                key={change.version}
                role="option"
                aria-selected={change === current}
                tabIndex={change === current ? 0 : -1}
                onClick={() => choose(index)}
                className={cx("ring-cell cursor-default border-b border-line-2 px-3 py-2", change === current ? "bg-bg-active" : "hover:bg-bg-hover")}
              >
                <div className="flex items-center gap-2">
                  <b className="font-semibold">{p("history.version", { version: change.version })}</b>
                  <span className="min-w-0 flex-1 truncate text-second text-ink-3">{moment(change.at)}</span>
                  <Badge kind={STANDING[change.standing]}>{p(`history.standing.${change.standing}`)}</Badge>
                </div>
                {change.steps.slice(0, SUMMARIES).map((step, line) => <p key={line} className="truncate">{told(step.summary, step)}</p>)}
                <p className="truncate text-second text-ink-3">
                  {change.steps.length > SUMMARIES ? `${p("history.rest", { count: change.steps.length - SUMMARIES })}, ` : ""}
                  {change.actor ?? p("history.nobody")}
                </p>
              </div>
            ))}
            {history.hasNextPage ? (
              <Button kind="ghost" className="m-2" busy={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
                {p("history.more")}
              </Button>
            ) : null}
          </div>
          <div className="min-h-0 overflow-y-auto p-3">{current ? <Change key={current.version} change={current} onDone={() => setChosen(undefined)} /> : null}</div>
        </div>
      )}
    </Dialog>
  );
}

function Change({ change, onDone }: { change: SchemaChangeEntry; onDone: () => void }) {
  const { client, project } = useSession();
  const undo = useUndo();
  const [updates, setUpdates] = useState(true);
  const open = change.standing === "undoable";
  const plan = useQuery({
    queryKey: ["undo-plan", project.id, change.version],
    queryFn: ({ signal }) => client.schemas.planUndo(change.version, { signal }),
    enabled: open,
    retry: false,
    gcTime: 0,
    staleTime: 0,
  });
  const lossy = plan.data?.steps.filter((step) => step.lossy).length ?? 0;
  const done = undo.isSuccess;
  useEffect(() => {
    if (done) onDone();
  }, [done, onDone]);
  return (
    <>
      <h3 className="mb-1 font-semibold">{p("history.steps", { count: change.steps.length })}</h3>
      <ol className="mb-3 list-none">
        {change.steps.map((step, index) => (
          <li key={index} className={cx("py-0.5", step.lossy && "text-bad")}>
            {told(step.summary, step)}
          </li>
        ))}
      </ol>
      {change.undoes === undefined ? null : <p className="mb-3 text-second text-ink-3">{p("history.undoes", { version: change.undoes })}</p>}
      {change.standing === "undone" && change.undoneBy !== undefined ? <p className="text-ink-2">{p("history.undoneBy", { version: change.undoneBy })}</p> : null}
      {change.standing === "changed" ? <p className="text-ink-2">{p("history.changed")}</p> : null}
      {change.standing === "expired" ? <p className="text-ink-2">{p("history.expired")}</p> : null}
      {!open ? null : plan.error ? (
        <ErrorBand title={p("undo.refused")}>{reasonOf(plan.error)}</ErrorBand>
      ) : !plan.data ? (
        <Loading what={p("undo.planning")} columns={[200]} rows={2} />
      ) : (
        <section aria-label={p("undo.title")}>
          <h3 className="mb-1 font-semibold">{p("undo.title")}</h3>
          <ul className="mb-2">
            {plan.data.steps.map((step, index) => (
              <li key={index} className={cx("py-0.5", step.lossy && "text-bad")}>
                {told(step.summary, step)}
              </li>
            ))}
            {plan.data.restores.flatMap(partWords).map((word, index) => (
              <li key={`back ${String(index)}`} className={cx("py-0.5", word.bad ? "text-warn" : "text-ok")}>
                {word.text}
              </li>
            ))}
          </ul>
          {plan.data.references.length > 0 ? (
            <div className="mb-2 border border-b-0 border-line-2">
              <PlanReferences references={plan.data.references} updates={updates} onUpdates={setUpdates} />
            </div>
          ) : null}
          {lossy > 0 ? <p className="mb-2 text-second text-ink-2">{p("undo.lossy", { count: lossy })}</p> : null}
          {change.keptUntil === undefined ? null : <p className="mb-2 text-second text-ink-3">{p("history.keptUntil", { date: day(change.keptUntil) })}</p>}
          <Button
            kind={lossy > 0 ? "destructive" : "filled"}
            busy={undo.isPending}
            disabled={project.guard === "readonly"}
            onClick={() => {
              if (plan.data) undo.mutate({ version: change.version, token: plan.data.token, updates });
            }}
          >
            {p("undo.button", { version: change.version })}
          </Button>
          {undo.error ? <p role="alert" className="mt-2 text-second text-bad">{p("undo.failed", { why: reasonOf(undo.error) })}</p> : null}
        </section>
      )}
    </>
  );
}
