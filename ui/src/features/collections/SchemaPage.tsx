import { PlinthError, type PlanStep } from "@plinth/sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { History, Link2, Plus, TriangleAlert } from "lucide-react";
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useStore } from "zustand";
import { guardHere } from "@/host/asking";
import { connectionName } from "@/host/connection-name";
import { useGroups } from "@/host/groups";
import { accessQuery, catalogQuery, forgetCatalog, useCatalog, useSchemaStop, useSession } from "@/host/session";
import { Button } from "@/kit/Button";
import { Checkbox } from "@/kit/Checkbox";
import { useCommands } from "@/kit/commands";
import { ConfirmLoss } from "@/kit/Dialog";
import { useWayBack } from "@/kit/focus";
import { PendingBar } from "@/kit/PendingBar";
import { Segmented } from "@/kit/Segmented";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { Status } from "@/kit/status";
import { toast } from "@/kit/toast";
import { Toolbar, ToolbarRule } from "@/kit/Toolbar";
import { renamed } from "@/lib/groups";
import type { Depth } from "./CanvasTools";
import { Diagram } from "./Diagram";
import { changesOf, desired, draftsOf, endedCollections, isGenerated, isSystem, opsOf, ownerOf, primaryKey, SCOPE, type Edits } from "./draft";
import { toggleCollection, toggleDropped } from "./edits";
import { proposal, type End, type Proposal } from "./ends";
import { FindBar } from "./FindBar";
import { GroupsDialog } from "./GroupsDialog";
import { HistoryDialog, isClean, useUndo } from "./HistoryDialog";
import { Inspector } from "./Inspector";
import { ListView } from "./ListView";
import { useLook, type Look } from "./look";
import { t } from "./messages";
import { misplacedOf } from "./misplaced";
import { NewCollectionDialog } from "./NewCollectionDialog";
import { endsTable, linesOf, obstacleOf, PlanDock, type PlanLine } from "./PlanDock";
import { p } from "./plan-messages";
import { planQuery, schemaAdapter } from "./queries";
import { refusalOf, useRehearsal } from "./rehearsal";
import { RelationDialog } from "./RelationDialog";
import { find } from "./search";
import { reasonOf } from "./words";

export interface SchemaPageProps {
  readonly collection: string | undefined;
  readonly field: string | undefined;
  /** Opened with the wish for a new collection. */
  readonly isNew: boolean;
  readonly onSelect: (collection: string | undefined, field: string | undefined) => void;
  /** Opens the rows of a collection, or only those that hold these values of a field. */
  readonly onRows: (collection: string, only?: { readonly field: string; readonly values: readonly string[] }) => void;
  /** What stands before the buttons of the toolbar, and where there is nothing to show yet. */
  readonly aside?: (place: "bar" | "empty") => ReactNode;
}

export function SchemaPage(props: SchemaPageProps) {
  const catalog = useCatalog();
  const session = useSession();
  const [look, setLook] = useLook(session.project.id);
  if (catalog.error && catalog.schemas.length === 0) {
    return (
      <ErrorBand
        className="m-5"
        title={t("failed")}
        details={catalog.error.message}
        action={
          <Button size="small" onClick={catalog.refetch}>
            {t("retry")}
          </Button>
        }
      >
        {reasonOf(catalog.error)}
      </ErrorBand>
    );
  }
  if (catalog.isLoading || !look) return <Loading what={t("loading")} columns={[208, 208, 208]} rows={6} className="m-5" />;
  return <Schema {...props} look={look} onLook={setLook} />;
}

function Schema({ collection, field, isNew, onSelect, onRows, aside, look, onLook }: SchemaPageProps & { look: Look; onLook: (change: (look: Look) => Look) => void }) {
  const session = useSession();
  const { project, pending, client } = session;
  const queries = useQueryClient();
  const { schemas } = useCatalog();
  const state = useStore(pending.store);
  const [text, setText] = useState("");
  const [making, setMaking] = useState(false);
  const [adding, setAdding] = useState(false);
  /** The collection that was just begun: one goes on at its first field. */
  const [begun, setBegun] = useState<string | undefined>(undefined);
  /** The field whose text takes the focus once it is chosen: one goes on there. */
  const [writing, setWriting] = useState<string | undefined>(undefined);
  const [relating, setRelating] = useState<Proposal | null>(null);
  const [groups, onGroups] = useGroups();
  const [chosenGroups, setChosenGroups] = useState<ReadonlySet<string>>(new Set());
  const [grouping, setGrouping] = useState<{ readonly of: string | undefined } | null>(null);
  const [depth, setDepth] = useState<Depth>(0);
  const [jump, setJump] = useState<{ readonly to: string } | null>(null);
  const [dock, setDock] = useState(false);
  const [dockHeight, setDockHeight] = useState(() => Math.round(Math.min(380, Math.max(240, window.innerHeight * 0.38))));
  const [width, setWidth] = useState(340);
  const [planRound, setPlanRound] = useState(0);
  const [stale, setStale] = useState(false);
  const [wish, setWish] = useState(false);
  const [asking, setAsking] = useState<"lose" | "confirm" | null>(null);
  const search = useRef<HTMLInputElement>(null);

  const ops = useMemo(() => [...state.ops.values()].filter((op) => op.target.scope === SCOPE), [state.ops]);
  const drafts = useMemo(() => draftsOf(schemas, ops), [schemas, ops]);
  const gone = useMemo(() => endedCollections(drafts), [drafts]);
  const changes = useMemo(() => changesOf(drafts), [drafts]);
  const change = useMemo(() => desired(drafts), [drafts]);
  const administrator = useQuery(accessQuery(session)).data?.role.administrator;
  const stop = useSchemaStop();
  const denied = stop === "role";
  const readOnly = stop !== undefined;
  const saving = state.saving.has(SCOPE);
  const name = connectionName(project);
  const failure = state.failures.get(SCOPE);

  const plan = useQuery({ ...planQuery(session, change, [planRound]), enabled: ops.length > 0 && !saving });
  const misplaced = useMemo(() => (plan.error ? misplacedOf(plan.error, drafts) : undefined), [plan.error, drafts]);
  const rehearsing = useRehearsal(plan.data, change);
  const [updates, setUpdates] = useState(true);
  const [past, setPast] = useState<{ readonly version: number | undefined } | null>(null);
  const undo = useUndo();
  const asked = useRef({ change, token: plan.data?.token, updates });
  useEffect(() => {
    asked.current = { change, token: plan.data?.token, updates };
  });
  useEffect(() => {
    pending.register(SCOPE, schemaAdapter(session, () => asked.current));
  }, [pending, session]);

  // A project may be opened with the wish for a new collection; it is granted once.
  useEffect(() => {
    if (!isNew) return;
    setMaking(true);
    onSelect(undefined, undefined);
  }, [isNew, onSelect]);

  const stage = (edits: Edits) => {
    if (edits.size === 0 || readOnly || saving) return;
    setStale(false);
    pending.stage(opsOf(drafts, edits));
  };
  const selected = collection === undefined ? undefined : drafts.get(collection);
  // The address may name a field by its name, as the palette does, or by its id.
  const chosen = selected?.draft.fields.find((known) => known.id === field || known.name === field);

  const looked = useDeferredValue(text);
  const all = useMemo(() => [...drafts.values()].filter((entry) => look.system || !isSystem(entry) || entry.id === collection), [drafts, look.system, collection]);
  const places = useMemo(() => find(all, looked), [all, looked]);
  const hits = useMemo(() => (looked.trim() === "" ? null : new Set(places.map((hit) => hit.collection))), [places, looked]);
  const hitFields = useMemo(() => new Set(places.flatMap((hit) => hit.field ?? [])), [places]);
  const listed = hits ? all.filter((entry) => hits.has(entry.id)) : all;
  const own = [...drafts.values()].filter((entry) => !isSystem(entry));
  // The canvas is drawn anew in turns of its own: what was staged closes its dialog before that.
  const picture = useDeferredValue(useMemo(() => ({ drafts, everyone: all, gone, hits, hitFields }), [drafts, all, gone, hits, hitFields]));

  const select = useCallback(
    (next: string | undefined, nextField?: string) => {
      setAdding(false);
      if (next === undefined) setDepth(0);
      // Somebody who goes to a collection that is not shown wants to see it.
      else setChosenGroups((shown) => (shown.size === 0 || groups.some((one) => shown.has(one.id) && one.members.includes(next)) ? shown : new Set()));
      onSelect(next, nextField);
    },
    [onSelect, groups],
  );
  // A plan that ended does not come back with the next change.
  const open = ops.length > 0;
  useEffect(() => {
    if (!open) setDock(false);
  }, [open]);
  // Who left while it was applied stays where they went.
  const here = useRef(false);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  const apply = useMutation({
    mutationFn: async () => {
      const count = changes.length;
      const names = new Map([...drafts.values()].map((entry) => [entry.id, entry.draft.name]));
      await pending.commit(SCOPE);
      const [fresh, history] = await Promise.all([client.schemas.find(), client.schemas.history({ limit: 1 })]);
      return { count, names, fresh: fresh.data, version: history.data[0]?.version };
    },
    onSuccess: ({ count, names, fresh, version }) => {
      queries.setQueryData(catalogQuery(session).queryKey, fresh);
      const moved = (id: string): string => names.get(id) ?? id;
      const stands = new Set(fresh.map((info) => info.collectionName));
      onGroups((held) => renamed(held, (id) => (stands.has(moved(id)) ? moved(id) : undefined)));
      onLook((held) => ({ ...held, positions: Object.fromEntries(Object.entries(held.positions).map(([id, point]) => [moved(id), point])) }));
      if (here.current && collection !== undefined) select(fresh.some((info) => info.collectionName === moved(collection)) ? moved(collection) : undefined, chosen?.id);
      setDock(false);
      setStale(false);
      toast({ kind: "done", text: t("applied", { count, name }), ...(version === undefined ? {} : { action: { label: p("undo"), run: () => takeBack(version) } }) });
      void forgetCatalog(queries, project.id);
    },
    onError: (error) => {
      setDock(true);
      if (error instanceof PlinthError && error.code === "PLAN_STALE") {
        setStale(true);
        void queries.invalidateQueries({ queryKey: catalogQuery(session).queryKey }).then(() => setPlanRound((held) => held + 1));
      }
    },
  });

  // What had the focus may be drawn anew under the name it has now.
  useWayBack(apply.isPending);

  /** An undo that brings back everything is done at once; another one is looked at first. */
  const takeBack = (version: number) => {
    client.schemas.planUndo(version).then(
      (undoing) => (isClean(undoing) ? undo.mutate({ version, token: undoing.token, updates: false }) : setPast({ version })),
      () => setPast({ version }),
    );
  };
  const rehearse = () => {
    setDock(true);
    rehearsing.run(false);
  };
  const openRows = (of: string, keys: readonly string[]) => {
    const entry = [...drafts.values()].find((known) => known.base?.name === of);
    const key = entry?.base ? primaryKey(entry.base)?.name : undefined;
    onRows(of, key === undefined ? undefined : { field: key, values: keys });
  };

  const lossy: readonly PlanStep[] = plan.data?.steps.filter((step) => step.lossy) ?? [];
  const stepName = (step: PlanStep): string => (step.field === undefined ? step.collection : `${step.collection}.${step.field}`);
  const blocking = lossy.find((step) => obstacleOf(step) !== null);
  // What is dropped is named; a change of type is named when nothing is dropped beside it.
  const drops = lossy.filter((step) => step.op !== "alter_field");
  const typedNames = [...new Set((drops.length > 0 ? drops : lossy).map((step) => step.field ?? step.collection))];
  const only = lossy.length === 1 ? lossy[0] : undefined;
  // What was tried and refused is not tried for real: it waits for another plan or another rehearsal.
  const refused = rehearsing.result?.passed === false ? rehearsing.result : undefined;
  const stuck = readOnly || plan.isError || blocking !== undefined || refused !== undefined;

  // Apply first lets go of what is being typed, then waits for the plan of exactly that.
  const askApply = () => {
    if (document.activeElement instanceof HTMLElement && document.activeElement.matches("input, textarea")) document.activeElement.blur();
    setWish(true);
  };
  const go = apply.mutate;
  useEffect(() => {
    if (!wish) return;
    if (ops.length === 0 || readOnly || saving) setWish(false);
    else if (plan.isError || blocking || refused) {
      setWish(false);
      setDock(true);
    } else if (plan.data && !plan.isFetching) {
      setWish(false);
      if (plan.data.steps.some((step) => step.lossy)) setAsking("lose");
      else if (guardHere(project) === "confirm") setAsking("confirm");
      else go();
    }
  }, [wish, ops.length, readOnly, saving, plan.isError, plan.data, plan.isFetching, blocking, refused, project, go]);

  const relate = (source: string | undefined, field?: string) => {
    const from = source ?? own[0]?.id;
    if (from !== undefined && !readOnly) setRelating({ source: from, target: undefined, column: field });
  };
  const relateEnds = (from: End, to?: End) => (to ? setRelating(proposal(drafts, from, to)) : relate(from.collection, from.field));
  const drop = () => {
    if (!selected) return;
    if (!chosen) {
      if (!isSystem(selected)) stage(toggleCollection(selected));
      return;
    }
    const stored = selected.base?.fields.some((known) => known.id === chosen.id) ?? false;
    const kept = primaryKey(selected.draft)?.id === chosen.id || ownerOf(selected.draft, chosen) !== undefined || isGenerated(chosen) || (isSystem(selected) && stored);
    if (!kept) stage(toggleDropped(drafts, selected, chosen.id));
  };
  const onLine = (line: PlanLine) => {
    const entry = [...drafts.values()].find((known) => known.draft.name === line.collection || known.base?.name === line.collection);
    if (!entry) return;
    const named = entry.draft.fields.find((known) => known.name === (line.verb === "rename" ? line.to : line.name));
    // A relation is what people know; its column is how the store keeps it.
    const owner = named && line.verb === "relate" ? ownerOf(entry.draft, named) : undefined;
    select(entry.id, (owner ?? named)?.id);
  };

  const group = t("cmd");
  useCommands([
    { id: "collections.find", label: t("find"), keys: "/", group, sheetOnly: true, run: () => search.current?.focus() },
    { id: "collections.new", label: t("cmd.new"), keys: "N", group, sheetOnly: true, run: () => setMaking(true) },
    { id: "collections.relate", label: t("cmd.relate"), keys: "R", group, icon: Link2, run: () => relate(collection, chosen?.id) },
    { id: "collections.history", label: p("history.title"), keys: "H", group, icon: History, disabled: denied ? t("denied") : undefined, run: () => setPast({ version: undefined }) },
    { id: "collections.view", label: t("cmd.view"), keys: "V", group, run: () => onLook((held) => ({ ...held, view: held.view === "list" ? "diagram" : "list" })) },
    ...(selected && !gone.has(selected.id) && !readOnly
      ? [{ id: "collections.field", label: t("cmd.field"), keys: "A", group, icon: Plus, run: () => setAdding(true) }]
      : []),
    ...(selected ? [{ id: "collections.drop", label: t("cmd.drop"), keys: "Delete", group, sheetOnly: true, run: drop }] : []),
    ...(ops.length > 0
      ? [
          { id: "collections.apply", label: t("cmd.apply"), keys: "Mod+S", group, inText: true, run: askApply },
          { id: "collections.preview", label: t("cmd.preview"), keys: "Mod+Shift+P", group, inText: true, run: () => setDock(!dock) },
          { id: "collections.rehearse", label: p("rehearse.cmd"), keys: "Mod+R", group, inText: true, run: rehearse },
          { id: "collections.discard", label: t("cmd.discard"), keys: "Mod+Shift+Backspace", group, inText: true, run: () => pending.discard(SCOPE) },
        ]
      : []),
    ...(dock || chosen || adding || selected
      ? [
          {
            id: "collections.close",
            label: t("cmd.close"),
            keys: "Escape",
            group,
            sheetOnly: true,
            run: () => {
              if (adding) setAdding(false);
              else if (depth > 0) setDepth(0);
              else if (chosen) select(collection, undefined);
              else if (dock) setDock(false);
              else select(undefined);
            },
          },
        ]
      : []),
  ]);

  const wrong = misplaced && drafts.get(misplaced.collection)?.draft.fields.find((known) => known.id === misplaced.field);
  const wrongName = misplaced && wrong ? `${drafts.get(misplaced.collection)?.draft.name ?? ""}.${wrong.name}` : undefined;
  const refusedWhy = wrongName === undefined ? reasonOf(plan.error) : wrong?.def[misplaced?.key ?? ""] === "" ? t("bar.expression", { name: wrongName }) : `${wrongName}: ${reasonOf(plan.error)}`;
  const mend = () => {
    if (!misplaced) return;
    select(misplaced.collection, misplaced.field);
    setWriting(misplaced.field);
    // On a narrow window the plan lies where the field is written.
    if (matchMedia("(max-width: 1100px)").matches) setDock(false);
  };
  const collections = new Set(changes.map((entry) => entry.collection)).size;
  const facts = readOnly ? (
    <span className="text-warn">{t(denied ? "denied" : "bar.readonly")}</span>
  ) : plan.isError ? (
    <span className="flex min-w-0 items-center gap-1.5 text-warn">
      <TriangleAlert aria-hidden size={13} />
      <span className="truncate">{t("bar.refused", { why: refusedWhy })}</span>
    </span>
  ) : blocking?.values ? (
    <span className="flex min-w-0 items-center gap-1.5 text-warn">
      <TriangleAlert aria-hidden size={13} />
      <span className="truncate">{t(`bar.${obstacleOf(blocking) ?? "missing"}`, { ...blocking.values, name: stepName(blocking) })}</span>
    </span>
  ) : refused ? (
    <span className="flex min-w-0 items-center gap-1.5 text-warn">
      <TriangleAlert aria-hidden size={13} />
      <span className="truncate">{refusalOf(refused, plan.data?.steps ?? [])}</span>
    </span>
  ) : lossy.length > 0 ? (
    <span className="flex items-center gap-1.5 text-bad">
      <TriangleAlert aria-hidden size={13} />
      {only?.values && only.op === "alter_field"
        ? t("bar.misfit", { affected: only.values.affected, total: only.values.total, name: stepName(only) })
        : only?.values && only.field !== undefined
        ? t("bar.lost", { affected: only.values.affected, total: only.values.total })
        : only?.values
          ? t(endsTable(only, drafts) ? "plan.tableLost" : "plan.rowsLost", { count: only.values.affected })
          : t("plan.note.lossy", { count: lossy.length })}
    </span>
  ) : plan.data?.steps.length === 0 ? (
    t("bar.nothing")
  ) : (
    t("bar.facts", { count: collections })
  );
  const steps = useMemo(() => (plan.data ? linesOf(plan.data, drafts).length : 0), [plan.data, drafts]);
  const failed = failure !== undefined && ops.length > 0 && !(failure instanceof PlinthError && failure.code === "PLAN_STALE");

  return (
    // On a narrow window the inspector lies over the canvas alone: the bars keep their buttons.
    <div className="relative grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_auto] grid-rows-[auto_minmax(0,1fr)_auto_auto]">
      <Toolbar
        title={t("title")}
        right={
          <>
            {denied ? <span className="text-second text-ink-3">{t("denied")}</span> : null}
            {all.length > 0 && administrator === true ? aside?.("bar") : null}
            <Button icon={History} command="collections.history" disabled={denied} onClick={() => setPast({ version: undefined })}>
              {p("history")}
            </Button>
            <Button icon={Link2} command="collections.relate" disabled={readOnly || own.length === 0} onClick={() => relate(collection, chosen?.id)}>
              {t("relate")}
            </Button>
            <Button icon={Plus} command="collections.new" disabled={readOnly} onClick={() => setMaking(true)}>
              {t("new")}
            </Button>
          </>
        }
      >
        <Segmented
          aria-label={t("view")}
          value={look.view}
          onChange={(view) => onLook((held) => ({ ...held, view }))}
          options={[
            { value: "diagram", label: t("view.diagram") },
            { value: "list", label: t("view.list") },
          ]}
        />
        <FindBar
          text={text}
          onText={setText}
          entries={all}
          now={collection === undefined ? undefined : chosen ? { collection, field: chosen.id } : { collection }}
          drafts={drafts}
          onGo={(hit) => {
            select(hit.collection, hit.field);
            setJump({ to: hit.collection });
          }}
          inputRef={search}
        />
        <ToolbarRule />
        <Checkbox checked={look.system} onChange={(system) => onLook((held) => ({ ...held, system }))}>
          {t("system")}
        </Checkbox>
      </Toolbar>
      <div className="relative col-start-1 row-start-2 flex min-h-0 min-w-0 flex-col overflow-hidden">
        {all.length === 0 ? (
          <Empty
            title={t("empty")}
            actions={
              readOnly ? null : (
                <>
                  <Button icon={Plus} keys="N" onClick={() => setMaking(true)}>
                    {t("new")}
                  </Button>
                  {aside?.("empty")}
                </>
              )
            }
          >
            {t("empty.body")}
          </Empty>
        ) : listed.length === 0 ? (
          <Empty title={t("nomatch", { text: text.trim() })} actions={<Button onClick={() => setText("")}>{t("nomatch.clear")}</Button>}>
            {t("nomatch.body")}
          </Empty>
        ) : look.view === "list" ? (
          <ListView drafts={drafts} shown={listed} gone={gone} changes={changes} selected={collection} onSelect={(id) => select(id)} />
        ) : (
          <Diagram
            {...picture}
            groups={groups}
            onGroups={onGroups}
            only={chosenGroups}
            onOnly={setChosenGroups}
            onEditGroups={(of) => setGrouping({ of })}
            looked={looked}
            jump={jump}
            selected={collection}
            field={chosen?.id}
            depth={depth}
            onDepth={setDepth}
            positions={look.positions}
            onPositions={(positions) => onLook((held) => ({ ...held, positions }))}
            map={look.map}
            onMap={(map) => onLook((held) => ({ ...held, map }))}
            readOnly={readOnly}
            onSelect={select}
            onRelate={relateEnds}
            onRows={onRows}
            onNew={() => setMaking(true)}
            onDrop={drop}
            hints={!dock || ops.length === 0}
          />
        )}
      </div>
      <div className="col-start-1 row-start-3 flex min-w-0 flex-col">
        {dock && ops.length > 0 ? (
          <PlanDock
            plan={plan.data}
            drafts={drafts}
            error={plan.error}
            why={refusedWhy}
            mend={wrongName === undefined ? undefined : { name: wrongName, go: mend }}
            stale={stale}
            rehearsing={rehearsing}
            updates={updates}
            onUpdates={setUpdates}
            onRows={openRows}
            height={dockHeight}
            onHeight={setDockHeight}
            onClose={() => setDock(false)}
            onLine={onLine}
            onRetry={() => void plan.refetch()}
          />
        ) : null}
      </div>
      <div className="col-start-1 row-start-4 flex min-w-0 flex-col">
        {failed ? (
          <ErrorBand title={t("notApplied")} details={String(failure)}>
            {t("notApplied.body", { why: reasonOf(failure) })}
          </ErrorBand>
        ) : null}
        {ops.length > 0 ? (
          <PendingBar title={t("bar.title", { count: changes.length })} facts={facts}>
            <Button kind="ghost" disabled={saving} onClick={() => pending.discard(SCOPE)}>
              {t("discard")}
            </Button>
            <Button command="collections.preview" aria-expanded={dock} onClick={() => setDock(!dock)}>
              {dock ? t("preview.hide") : t("preview")}
            </Button>
            <Button kind="filled" command="collections.apply" busy={saving || wish} disabled={stuck} onClick={askApply}>
              {saving ? t("applying") : steps > 0 ? t("apply", { count: steps, name }) : t("apply.plain", { name })}
            </Button>
          </PendingBar>
        ) : null}
      </div>
      <Inspector
        drafts={drafts}
        entry={selected}
        gone={gone}
        field={chosen?.id}
        misplaced={misplaced}
        adding={adding}
        begun={begun !== undefined && begun === collection}
        onBegun={() => setBegun(undefined)}
        writing={writing}
        onWriting={setWriting}
        readOnly={readOnly || saving}
        width={width}
        onWidth={setWidth}
        onStage={stage}
        onField={(id) => select(collection, id)}
        onAdding={setAdding}
        onRelate={() => relate(collection, chosen?.id)}
        onOpen={(id) => select(id)}
        onClose={() => select(undefined)}
      />
      <Status>{t("status", { count: own.length })}</Status>
      {past ? <HistoryDialog version={past.version} onClose={() => setPast(null)} /> : null}
      {making && !readOnly ? (
        <NewCollectionDialog
          drafts={drafts}
          onStage={(edits) => {
            stage(edits);
            const [id] = edits.keys();
            // The canvas is laid out anew, then what was made is opened: each is a task of its own.
            setTimeout(() => {
              select(id);
              setBegun(id);
            }, 0);
          }}
          onClose={() => setMaking(false)}
        />
      ) : null}
      {relating ? (
        <RelationDialog
          drafts={drafts}
          names={[...all, ...own.filter((entry) => !all.includes(entry))].filter((entry) => !gone.has(entry.id)).map((entry) => entry.id)}
          source={relating.source}
          target={relating.target}
          column={relating.column}
          onStage={(edits, source, relation) => {
            stage(edits);
            setTimeout(() => select(source, relation), 0);
          }}
          onClose={() => setRelating(null)}
        />
      ) : null}
      {grouping ? (
        <GroupsDialog
          collection={grouping.of === undefined ? undefined : { id: grouping.of, name: drafts.get(grouping.of)?.draft.name ?? grouping.of }}
          groups={groups}
          onGroups={onGroups}
          onClose={() => setGrouping(null)}
        />
      ) : null}
      <ConfirmLoss
        open={asking === "lose"}
        title={
          only === undefined
            ? t("lose.title")
            : only.op === "alter_field"
              ? t("lose.title.change", { name: stepName(only) })
              : t("lose.title.one", { name: stepName(only) })
        }
        body={t("lose.body", {
          what: lossy
            .map((step) =>
              step.field === undefined
                ? t(endsTable(step, drafts) ? "lose.factTable" : "lose.factRows", { name: stepName(step), count: step.values?.affected ?? 0 })
                : t(step.op === "alter_field" ? "lose.factMisfit" : "lose.fact", { name: stepName(step), affected: step.values?.affected ?? 0, total: step.values?.total ?? 0 }),
            )
            .join(" "),
        })}
        keepLabel={t("lose.keep")}
        loseLabel={t("apply", { count: steps, name })}
        typedName={typedNames.length === 1 ? typedNames[0] : project.name}
        onKeep={() => setAsking(null)}
        onLose={() => {
          setAsking(null);
          apply.mutate();
        }}
      />
      <ConfirmLoss
        open={asking === "confirm"}
        title={t("confirm.title", { name })}
        body={t("confirm.body")}
        keepLabel={t("confirm.keep")}
        loseLabel={t("apply", { count: steps, name })}
        onKeep={() => setAsking(null)}
        onLose={() => {
          setAsking(null);
          apply.mutate();
        }}
      />
    </div>
  );
}
