import { useQueryClient } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Pencil, Plus, RotateCw, Table2, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { useCatalog, useSession } from "@/host/session";
import { Button, IconButton } from "@/kit/Button";
import { useCommands } from "@/kit/commands";
import { ConfirmLoss } from "@/kit/Dialog";
import type { MenuEntries } from "@/kit/Menu";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { Status } from "@/kit/status";
import { toast } from "@/kit/toast";
import { Toolbar } from "@/kit/Toolbar";
import { faultOf } from "@/lib/client";
import { PLAIN_VIEW, writeView } from "@/lib/filters";
import { useCapability, useCollection, useConnection } from "../session";
import { firstScope } from "../ScopeChoice";
import { useRoles, VIEWS, type Scope } from "../views";
import { copyExact } from "./exact";
import { r } from "./messages";
import { ReportCard } from "./ReportCard";
import { ReportForm } from "./ReportForm";
import { fresh, moved, type Report, type SavedReport } from "./report";
import { arrangeReports, createReport, dropReport, reportsQuery, updateReport, useReports } from "./store";

interface Editing {
  /** Absent while it is new. */
  readonly id: string | undefined;
  readonly report: Report;
  readonly scope: Scope;
  /** As the form was opened: what differs from it would be lost. */
  readonly first: { readonly report: Report; readonly scope: Scope };
}

const isChanged = ({ report, scope, first }: Editing): boolean => JSON.stringify([report, scope]) !== JSON.stringify([first.report, first.scope]);

/** The dashboard: saved reports, each asked anew, and the form of the one that is being made or changed. */
export function ReportsPage({ onRows, onSchema }: {
  /** Opens the rows of a collection, filtered as the search says. */
  onRows: (collection: string, search: Record<string, unknown>) => void;
  /** Where the first collection is made. */
  onSchema: () => void;
}) {
  const session = useSession();
  const connection = useConnection();
  const capability = useCapability();
  const queries = useQueryClient();
  const { collections, isLoading } = useCatalog();
  const { find } = useCollection("");
  const reports = useReports(connection, capability);
  const roles = useRoles(connection, capability);
  const [editing, setEditing] = useState<Editing | null>(null);
  const [tried, setTried] = useState(false);
  /** Where one wanted to go from a form with changes, until it is said what becomes of them. */
  const [leaving, setLeaving] = useState<{ readonly to: Editing | null } | null>(null);
  const [width, setWidth] = useState(420);
  useEffect(() => {
    const copied = (event: ClipboardEvent) => {
      const typed = event.target instanceof Element && event.target.closest("input, textarea, [contenteditable]") !== null;
      if (!typed) copyExact(event, document);
    };
    document.addEventListener("copy", copied);
    return () => document.removeEventListener("copy", copied);
  }, []);
  const own = collections.filter((collection) => !collection.system);
  const saved = reports.data ?? [];
  const user = session.user?.id ?? null;
  const readOnly = connection.info.guard === "readonly";
  const refusal = (action: "create" | "update" | "delete"): string | undefined => (readOnly ? r("readOnly") : capability?.may(VIEWS, action) === true ? undefined : r("denied"));

  const settle = async (work: () => Promise<void>): Promise<boolean> => {
    let done = true;
    try {
      await work();
    } catch (error) {
      done = false;
      toast({ kind: "failed", text: r("notSaved", { why: faultOf(error).message }) });
    }
    await queries.invalidateQueries({ queryKey: reportsQuery(connection, true).queryKey });
    return done;
  };
  const show = (next: Editing | null) => {
    setTried(false);
    setLeaving(null);
    setEditing(next);
  };
  /** A form that is left with changes asks once. */
  const edit = (next: Omit<Editing, "first"> | null) => {
    const to = next && { ...next, first: { report: next.report, scope: next.scope } };
    if (editing && isChanged(editing)) setLeaving({ to });
    else show(to);
  };
  const begin = () => {
    const [first] = own;
    if (!first || refusal("create") !== undefined) return;
    const report = fresh(first.name, Math.max(-1, ...saved.map((one) => one.place)) + 1);
    edit({ id: undefined, report: { ...report, look: "number" }, scope: firstScope(user !== null) });
  };
  const save = async () => {
    if (!editing) return;
    const { id, scope } = editing;
    const report = { ...editing.report, name: editing.report.name.trim() };
    setTried(true);
    if (report.name === "" || saved.some((one) => one.id !== id && one.name === report.name)) return;
    const done = await settle(async () => {
      if (id === undefined) await createReport(connection, report, scope, user);
      else await updateReport(connection, id, report, scope, user);
    });
    if (!done) return;
    show(null);
    toast({ kind: "done", text: r("saved", { name: report.name }) });
  };
  const move = (id: string, by: 1 | -1) => void settle(async () => await arrangeReports(connection, moved(saved, id, by)));
  const drop = (report: SavedReport) =>
    void settle(async () => {
      await dropReport(connection, report.id);
      if (editing?.id === report.id) setEditing(null);
      toast({
        kind: "done",
        text: r("dropped", { name: report.name }),
        action: { label: r("takeBack"), run: () => void settle(async () => await createReport(connection, report, report.scope, user)) },
      });
    });
  const again = () => void queries.invalidateQueries({ queryKey: ["report", connection.info.id] });
  const entriesOf = (report: SavedReport, at: number): MenuEntries => [
    { label: r("change"), icon: Pencil, disabled: refusal("update"), onSelect: () => edit({ id: report.id, report, scope: report.scope }) },
    { label: r("rows"), icon: Table2, onSelect: () => onRows(report.collection, { ...writeView({ ...PLAIN_VIEW, pills: report.pills, groups: report.groups }) }) },
    null,
    { label: r("earlier"), icon: ArrowUp, disabled: at === 0 ? r("earlier.first") : refusal("update"), onSelect: () => move(report.id, -1) },
    { label: r("later"), icon: ArrowDown, disabled: at === saved.length - 1 ? r("later.last") : refusal("update"), onSelect: () => move(report.id, 1) },
    null,
    { label: r("drop", { name: report.name }), icon: Trash2, destructive: true, disabled: refusal("delete"), onSelect: () => drop(report) },
  ];

  const group = r("cmd");
  useCommands([
    { id: "reports.new", label: r("new"), keys: "N", group, icon: Plus, disabled: own.length === 0 ? r("none.collections") : refusal("create"), run: begin },
    { id: "reports.again", label: r("refresh"), keys: "Shift+R", group, icon: RotateCw, run: again },
    ...(editing
      ? [
          { id: "reports.save", label: r("form.save"), keys: "Mod+S", group, inText: true, run: () => void save() },
          { id: "reports.cancel", label: r("form.cancel"), keys: "Escape", group, sheetOnly: true, inText: true, run: () => edit(null) },
        ]
      : []),
  ]);

  const cards = saved.map((report) => (editing?.id === report.id ? { ...report, ...editing.report } : report));
  const draft = editing && editing.id === undefined ? editing.report : null;
  return (
    <div className="flex min-h-0 flex-1">
      <div className="flex min-w-0 flex-1 flex-col">
        <Toolbar
          title={r("title")}
          right={
            <>
              <IconButton icon={RotateCw} label={r("refresh")} command="reports.again" onClick={again} />
              <Button icon={Plus} command="reports.new" disabled={own.length === 0 || refusal("create") !== undefined} onClick={begin}>
                {r("new")}
              </Button>
            </>
          }
        />
        <div data-region="" className="@container min-h-0 flex-1 overflow-y-auto bg-bg-sunk">
          {reports.error ? (
            <ErrorBand
              className="m-5"
              title={r("failed")}
              details={reports.error.message}
              action={
                <Button size="small" onClick={() => void reports.refetch()}>
                  {r("retry")}
                </Button>
              }
            >
              {faultOf(reports.error).message}
            </ErrorBand>
          ) : isLoading || capability === null || (reports.mayRead && reports.isPending) ? (
            <Loading what={r("loading")} columns={[120, 200, 120]} rows={4} className="m-5" />
          ) : cards.length === 0 && !draft ? (
            <Empty
              title={r("none")}
              actions={
                own.length === 0 ? (
                  <Button onClick={onSchema}>{r("none.schema")}</Button>
                ) : refusal("create") !== undefined ? null : (
                  <Button icon={Plus} keys="N" onClick={begin}>
                    {r("new")}
                  </Button>
                )
              }
            >
              {own.length === 0 ? r("none.collections") : (refusal("create") ?? r("none.body"))}
            </Empty>
          ) : (
            <div className="grid grid-cols-3 gap-4 p-5 @max-[960px]:grid-cols-2 @max-[620px]:grid-cols-1">
              {cards.map((report, at) => (
                <ReportCard key={report.id} report={report} connection={connection} find={find} entries={entriesOf(saved[at] ?? report, at)} current={editing?.id === report.id} />
              ))}
              {draft ? <ReportCard report={draft} connection={connection} find={find} entries={[{ label: r("form.cancel"), onSelect: () => edit(null) }]} current /> : null}
            </div>
          )}
        </div>
      </div>
      {editing ? (
        <ReportForm
          key={editing.id ?? "new"}
          report={editing.report}
          scope={editing.scope}
          isNew={editing.id === undefined}
          collections={collections.filter((one) => !one.system || one.name === editing.report.collection)}
          find={find}
          capability={capability}
          roles={roles}
          taken={saved.filter((one) => one.id !== editing.id).map((one) => one.name)}
          tried={tried}
          mayBeOwn={user !== null}
          refusal={refusal(editing.id === undefined ? "create" : "update")}
          onChange={(report, scope) => setEditing({ ...editing, report, scope })}
          onSave={() => void save()}
          onClose={() => edit(null)}
          width={width}
          onWidth={setWidth}
        />
      ) : null}
      <ConfirmLoss
        open={leaving !== null}
        title={r("leave.title", { name: editing?.report.name.trim() === "" ? r("leave.new") : (editing?.report.name ?? "") })}
        body={r("leave.body")}
        keepLabel={r("leave.keep")}
        loseLabel={r("leave.lose")}
        onKeep={() => setLeaving(null)}
        onLose={() => show(leaving?.to ?? null)}
      />
      <Status>{r("status", { count: saved.length })}</Status>
    </div>
  );
}
