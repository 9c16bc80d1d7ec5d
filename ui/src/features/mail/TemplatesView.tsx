import type { TemplateDefault } from "@plinth/sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { GitBranch } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useStore } from "zustand";
import { guardHere } from "@/host/asking";
import { connectionName } from "@/host/connection-name";
import { useSession } from "@/host/session";
import { Button } from "@/kit/Button";
import { CodeView } from "@/kit/CodeView";
import { useCommands } from "@/kit/commands";
import { cx } from "@/kit/cx";
import { ConfirmLoss, Dialog } from "@/kit/Dialog";
import { Dot } from "@/kit/Dot";
import { tellLeaving } from "@/kit/leave";
import { PendingBar } from "@/kit/PendingBar";
import { Select } from "@/kit/Select";
import { ErrorBand, Loading, Note } from "@/kit/states";
import { toast } from "@/kit/toast";
import { Toolbar } from "@/kit/Toolbar";
import { faultOf, faultText } from "@/lib/client";
import { keyOf, type Op } from "@/lib/pending";
import { Designer } from "./Designer";
import { t } from "./messages";
import { builtInQuery, MovedError, rowsQuery, templatesAdapter, tenantsQuery } from "./queries";
import { builtInOf, ownOf, placeOf, PROJECT, SCOPE, targetOf } from "./templates";

export interface TemplatesViewProps {
  readonly parts: ReactNode;
  readonly search: Readonly<Record<string, unknown>>;
  readonly onSearch: (search: Record<string, string | number>) => void;
}

/** No tenant, as a choice of a list. */
const OF_PROJECT = "project";

export function TemplatesView({ parts, search, onSearch }: TemplatesViewProps) {
  const session = useSession();
  const { project, pending } = session;
  const queries = useQueryClient();
  const state = useStore(pending.store);
  const [statements, setStatements] = useState<readonly string[] | null>(null);
  const [asking, setAsking] = useState(false);
  const close = useRef<HTMLButtonElement>(null);
  const tenant = typeof search["tenant"] === "string" ? search["tenant"] : PROJECT;
  const readOnly = project.guard === "readonly";

  const builtIn = useQuery(builtInQuery(session));
  const rows = useQuery(rowsQuery(session, tenant));
  // Where there are no tenants, or none may be read, the texts are the project's.
  const tenants = useQuery(tenantsQuery(session)).data ?? [];
  const types = builtIn.data?.templates ?? [];
  const chosen = types.find((one) => one.type === search["type"]) ?? types[0];

  useEffect(() => {
    pending.register(
      SCOPE,
      templatesAdapter(session, async () => {
        await queries.invalidateQueries({ queryKey: ["mail-templates", project.id] });
      }),
    );
  }, [pending, session, queries, project.id]);

  const ops = useMemo(() => [...state.ops.values()].filter((op) => op.target.scope === SCOPE), [state.ops]);
  const conflicts = [...state.conflicts.values()].filter((conflict) => ops.some((op) => keyOf(op.target) === conflict.key));
  const saving = state.saving.has(SCOPE);
  const failure = state.failures.get(SCOPE);
  const connection = connectionName(project);

  const go = (next: { type?: string; tenant?: string }) => {
    const whole = { type: chosen?.type, tenant, ...next };
    onSearch({ ...(whole.type === undefined ? {} : { type: whole.type }), ...(whole.tenant === PROJECT ? {} : { tenant: whole.tenant }) });
  };
  const commit = useMutation({
    mutationFn: async () => {
      const { length } = pending.opsOf(SCOPE);
      const answer = await pending.commit(SCOPE);
      if (!answer.ok) {
        await queries.invalidateQueries({ queryKey: ["mail-templates", project.id] });
        return;
      }
      const { undo } = answer;
      const putBack = () => {
        closeToast();
        undo?.().then(
          () => toast({ kind: "done", text: t("undone", { count: length, name: connection }) }),
          (fault: unknown) => toast({ kind: "failed", text: fault instanceof MovedError ? t("undone.moved", { name: labelOf(types, fault.type) }) : t("undone.not", { reason: faultOf(fault).message }) }),
        );
      };
      const closeToast = toast({ kind: "done", text: t("committed", { count: length, name: connection }), ...(undo ? { action: { label: t("undo"), run: putBack } } : {}) });
    },
  });
  const askCommit = () => {
    // What is typed counts as soon as it is committed.
    tellLeaving();
    if (readOnly || saving || conflicts.length > 0 || pending.opsOf(SCOPE).length === 0) return;
    if (guardHere(project) === "confirm") setAsking(true);
    else commit.mutate();
  };
  const preview = () => {
    tellLeaving();
    if (pending.opsOf(SCOPE).length === 0) return;
    pending.preview(SCOPE).then(
      (told) => setStatements(told.statements),
      (fault: unknown) => toast({ kind: "failed", text: `${t("changes.failed")}. ${faultOf(fault).message}` }),
    );
  };
  const discard = () => {
    // What was typed a moment ago goes with the rest, and comes back with it.
    tellLeaving();
    pending.discard(SCOPE);
  };
  const isOpen = ops.length > 0;
  const group = t("group");
  useCommands([
    { id: "mail.type", label: t("cmd.type"), keys: ["ArrowUp", "ArrowDown"], group, sheetOnly: true },
    ...(readOnly
      ? []
      : [
          // Also with nothing staged yet: what is typed becomes the first change.
          { id: "mail.commit", label: isOpen ? t("commit", { count: ops.length, name: connection }) : t("cmd.commit"), keys: "Mod+S", group, inText: true, sheetOnly: !isOpen, run: askCommit },
          { id: "mail.preview", label: t("cmd.preview"), keys: "Mod+Shift+P", group, inText: true, sheetOnly: !isOpen, run: preview },
          { id: "mail.discard", label: t("cmd.discard"), keys: "Mod+Shift+Backspace", group, inText: true, sheetOnly: !isOpen, disabled: isOpen ? undefined : t("nothing"), run: discard },
        ]),
  ]);

  const place = (op: Op): string => {
    const { tenant, type } = placeOf(op);
    const label = labelOf(types, type);
    return tenant === PROJECT ? label : t("place.tenant", { label, tenant: tenants.find((one) => one.id === tenant)?.name ?? tenant });
  };
  const fault = builtIn.error ?? rows.error;
  const isStaged = (type: string) => state.ops.has(keyOf(targetOf(tenant, type)));
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <Toolbar title={t("title")}>
        {parts}
        {tenants.length === 0 ? null : (
          <span className="w-48">
            <Select
              aria-label={t("tenant")}
              value={tenant === PROJECT ? OF_PROJECT : tenant}
              onChange={(next) => go({ tenant: next === OF_PROJECT ? PROJECT : next })}
              options={[{ value: OF_PROJECT, label: t("tenant.project") }, ...tenants.map(({ id, name }) => ({ value: id, label: name }))]}
            />
          </span>
        )}
        {chosen ? (
          <span className="hidden w-48 max-[900px]:block">
            <Select aria-label={t("type")} value={chosen.type} onChange={(type) => go({ type })} options={types.map((one) => ({ value: one.type, label: one.label, detail: isStaged(one.type) ? t("type.open") : undefined }))} />
          </span>
        ) : null}
      </Toolbar>
      {chosen && rows.data ? (
        <div className="flex min-h-0 flex-1">
          <TypeList types={types} chosen={chosen.type} onChoose={(type) => go({ type })} isStaged={isStaged} isOwn={(type) => ownOf(rows.data, tenant, type, builtInOf(types, type)) !== undefined} tenant={tenant} />
          <div data-region="" tabIndex={-1} className="min-w-0 flex-1 overflow-y-auto">
            {readOnly ? (
              <Note kind="warn" className="mx-6 mt-4 max-[900px]:mx-4">
                {t("stop.guard")}
              </Note>
            ) : null}
            <Designer key={`${tenant} ${chosen.type}`} template={chosen} tenant={tenant} rows={rows.data} readOnly={readOnly} saving={saving} />
          </div>
        </div>
      ) : fault ? (
        <ErrorBand
          className="m-4"
          title={t("types.failed")}
          details={faultText(fault)}
          action={
            <Button size="small" onClick={() => void Promise.all([builtIn.refetch(), rows.refetch()])}>
              {t("retry")}
            </Button>
          }
        >
          {fault.message}
        </ErrorBand>
      ) : (
        <Loading what={t("types.loading")} columns={[140, 320]} rows={8} className="m-4" />
      )}
      {failure !== undefined && isOpen ? (
        <ErrorBand title={t("notCommitted")} details={faultText(failure)}>
          {t("notCommitted.body", { why: faultOf(failure).message })}
        </ErrorBand>
      ) : null}
      {isOpen ? (
        <PendingBar
          title={t("pending", { count: ops.length })}
          facts={t("pending.facts", { places: ops.map(place).join(", ") })}
          aside={
            conflicts.length > 0 ? (
              <>
                <GitBranch aria-hidden size={13} className="stroke-meaning text-warn" />
                <span className="font-medium text-warn">{t("conflict", { count: conflicts.length })}</span>
              </>
            ) : null
          }
        >
          <Button kind="ghost" disabled={saving} onClick={discard}>
            {t("discard")}
          </Button>
          <Button command="mail.preview" onClick={preview}>
            {t("preview")}
          </Button>
          <Button kind="filled" command="mail.commit" busy={saving} disabled={readOnly || conflicts.length > 0} onClick={askCommit}>
            {saving ? t("committing") : t("commit", { count: ops.length, name: connection })}
          </Button>
        </PendingBar>
      ) : null}
      <Dialog
        open={statements !== null && isOpen}
        onClose={() => setStatements(null)}
        width={560}
        title={t("changes.title", { count: ops.length })}
        initialFocus={close}
        actions={
          <Button ref={close} onClick={() => setStatements(null)}>
            {t("changes.close")}
          </Button>
        }
      >
        <ul>
          {ops.map((op) => (
            <li key={keyOf(op.target)} className="border-t border-line py-2 first:border-t-0">
              {t(op.after === undefined ? "change.remove" : "change.write", { place: place(op) })}
            </li>
          ))}
        </ul>
        {statements?.length === 0 ? (
          <p className="mt-3 text-ink-2">{t("changes.none")}</p>
        ) : (
          <>
            <h3 className="mt-3 mb-1 text-second text-ink-2">{t("changes.sent")}</h3>
            <CodeView code={statements?.join("\n\n") ?? ""} language="sql" wrap label={t("changes.sent")} className="max-h-60 border border-line bg-bg-page p-2" />
          </>
        )}
      </Dialog>
      <ConfirmLoss
        open={asking}
        title={t("confirm", { commit: t("commit", { count: ops.length, name: connection }) })}
        body={t("confirm.body")}
        keepLabel={t("confirm.keep")}
        loseLabel={t("commit", { count: ops.length, name: connection })}
        onKeep={() => setAsking(false)}
        onLose={() => {
          setAsking(false);
          commit.mutate();
        }}
      />
    </div>
  );
}

function labelOf(types: readonly TemplateDefault[], type: string): string {
  return types.find((one) => one.type === type)?.label ?? type;
}

/** One Tab stop; arrows go from type to type. */
function TypeList({ types, chosen, onChoose, isStaged, isOwn, tenant }: { types: readonly TemplateDefault[]; chosen: string; onChoose: (type: string) => void; isStaged: (type: string) => boolean; isOwn: (type: string) => boolean; tenant: string }) {
  const list = useRef<HTMLElement>(null);
  return (
    <nav
      ref={list}
      data-region=""
      aria-label={t("types")}
      className="flex w-60 shrink-0 flex-col overflow-y-auto border-r border-line bg-bg-sunk py-3 max-[900px]:hidden"
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const at = types.findIndex((one) => one.type === chosen);
        const to = { ArrowDown: Math.min(at + 1, types.length - 1), ArrowUp: Math.max(at - 1, 0), Home: 0, End: types.length - 1 }[event.key];
        const next = to === undefined ? undefined : types[to];
        if (!next) return;
        event.preventDefault();
        onChoose(next.type);
        list.current?.querySelector<HTMLElement>(`[data-type="${CSS.escape(next.type)}"]`)?.focus();
      }}
    >
      {types.map((one) => (
        <button
          key={one.type}
          type="button"
          data-type={one.type}
          aria-current={one.type === chosen ? "page" : undefined}
          tabIndex={one.type === chosen ? 0 : -1}
          onClick={() => onChoose(one.type)}
          className={cx("ring-cell flex w-full items-center gap-2 px-4 py-1.5 text-left", one.type === chosen ? "bg-bg-active" : "hover:bg-bg-hover")}
        >
          <span className="min-w-0 flex-1">
            <span className={cx("block truncate", one.type === chosen ? "font-medium text-ink" : "text-ink-2")} title={one.label}>
              {one.label}
            </span>
            <span className="block truncate text-hint text-ink-3">{originOf(tenant, isOwn(one.type))}</span>
          </span>
          {isStaged(one.type) ? (
            <>
              <Dot state="draft" />
              <span className="sr-only">{t("type.open")}</span>
            </>
          ) : null}
        </button>
      ))}
    </nav>
  );
}

/** Whose text is sent. */
export function originOf(tenant: string, own: boolean): string {
  if (tenant === PROJECT) return t(own ? "own.project" : "own.builtIn");
  return t(own ? "own.tenant" : "own.inherited");
}
