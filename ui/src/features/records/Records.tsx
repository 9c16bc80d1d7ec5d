import { useQueryClient } from "@tanstack/react-query";
import { Plus, RotateCw, Trash2, Upload } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useStore } from "zustand";
import { Button } from "@/kit/Button";
import { useCommands } from "@/kit/commands";
import { ConfirmLoss } from "@/kit/Dialog";
import { Empty, ErrorBand } from "@/kit/states";
import { toast } from "@/kit/toast";
import { faultOf, faultText, isUnreachable, keys, type ExportFormat, type Query } from "@/lib/client";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import { filterOf, PLAIN_VIEW, sortOf, writeView, type Pill } from "@/lib/filters";
import { keyOf } from "@/lib/pending";
import { cellTarget, newRowId, recordAdapter, RECORDS, stageCell, stageNewRow } from "@/lib/record-ops";
import { ReadStopped, type RawRow } from "@/lib/rows";
import { type Value } from "@/lib/values";
import { fromWire } from "@/lib/wire";
import { useArrangement } from "./arrange";
import { plain } from "./CellView";
import { ColumnList } from "./ColumnList";
import { useCommits } from "./commits";
import type { DataPageProps } from "./DataPage";
import { lossText, useDeletion } from "./deletion";
import { Facts } from "./Facts";
import { keepFile, saveFile } from "./file";
import type { FilterBarHandle } from "./FilterBar";
import { f } from "./filters/messages";
import { anchorOf, Floating, type Anchor } from "./Floating";
import { GoTo } from "./GoTo";
import { Grid, type GridHandle } from "./grid/Grid";
import type { Report } from "./grid/take";
import { heldKey, heldOf, hold, holdRows } from "./held";
import type { Layout } from "./layout";
import { LeftOut } from "./LeftOut";
import { m } from "./messages";
import { ChangesBar, ConfirmCommit, ConfirmDiscard, ConflictPanel, PreviewPanel } from "./OpenChanges";
import { PickBar } from "./PickBar";
import { PICKED_MAX, pickedRows, usePicks } from "./picks";
import { EmptyRows, FirstRead, Waiting } from "./Reading";
import { RecordsBar } from "./RecordsBar";
import { displayField } from "./RelationPicker";
import { useCapability, useConnection, usePending } from "./session";
import { gridSheet } from "./sheet";
import { useStableRows } from "./stable-rows";
import { h } from "./history/messages";
import type { Taken } from "./history/History";
import { d } from "./trash/messages";
import { useView } from "./view";
import type { SavedView } from "./views";
import { about } from "./words";

const EditPicked = lazy(() => import("./EditPicked").then((module) => ({ default: module.EditPicked })));
const Trash = lazy(() => import("./trash/Trash").then((module) => ({ default: module.Trash })));
const History = lazy(() => import("./history/History").then((module) => ({ default: module.History })));
const FilterTree = lazy(() => import("./filters/FilterTree").then((module) => ({ default: module.FilterTree })));

/** From so many rows on, an order without an index is worth a word. */
const DEAR_ROWS = 50_000;

/** The rows of one collection, and everything one does with them. */
export function Records({
  collection,
  find,
  search,
  onSearch,
  onOpen,
  views,
  saved,
  viewGone,
  layout,
  onLayout,
}: {
  collection: CollectionInfo;
  find: (name: string) => CollectionInfo | undefined;
  search: DataPageProps["search"];
  onSearch: DataPageProps["onSearch"];
  onOpen: DataPageProps["onOpen"];
  views: readonly SavedView[];
  /** The saved view that is open. */
  saved: SavedView | null;
  viewGone: boolean;
  layout: Layout;
  onLayout: (part: (now: Layout) => Partial<Layout>) => void;
}) {
  const connection = useConnection();
  const capability = useCapability();
  const queries = useQueryClient();
  const { pending, state: pendingState } = usePending();
  const store = heldOf(pending);
  const held = useStore(store);
  const { name } = collection;

  const { view, applied, show } = useView(collection, find, search, onSearch);

  // ---- columns
  const readable = useMemo(
    () => collection.fields.filter((field) => !field.hidden && (capability?.may(name, "read", field.name) ?? true)),
    [collection, capability, name],
  );
  const arrangement = useArrangement({ readable, view, layout, show, onLayout });
  const { fields, still, columns: wantedColumns, pinned, arrange } = arrangement;

  // ---- rows
  const asked = useMemo(() => {
    const names = new Set([collection.primaryKey, ...fields.map((field) => field.name)]);
    for (const field of fields) {
      const target = field.relation && find(field.relation.target);
      const display = target && displayField(target, field.relation?.showAs);
      if (!field.relation || !target || !display) continue;
      names.add(`${field.relation.name}.${target.primaryKey}`);
      names.add(`${field.relation.name}.${display.name}`);
    }
    // In whatever order they stand they are the same rows: a column that is carried asks for nothing.
    return [...names].sort();
  }, [collection.primaryKey, fields, find]);
  const nodes = useMemo(() => [...applied, ...view.groups], [applied, view.groups]);
  const filter = useMemo(() => filterOf(collection, nodes, find), [collection, nodes, find]);
  const query: Query = useMemo(
    () => ({ collection: name, fields: asked, filter, sort: sortOf(collection, view.sort), search: view.search }),
    [name, asked, filter, collection, view.sort, view.search],
  );
  const queryKey = JSON.stringify(query);
  const { rows, waiting } = useStableRows(connection, query, queryKey);
  /** The view whose rows are on screen: where giving up a slow one leads back to. */
  const settled = useRef(view);
  useEffect(() => {
    if (!waiting) settled.current = view;
  }, [waiting, view]);
  const snapshot = useSyncExternalStore(rows.subscribe, rows.snapshot);

  const picks = usePicks(connection, query, queryKey, rows, collection.primaryKey, snapshot.total?.rows ?? 0);

  const refresh = useCallback(() => {
    rows.reload();
    void queries.invalidateQueries({ queryKey: keys.counts(connection, name) });
    void queries.invalidateQueries({ queryKey: keys.histories(connection, name) });
  }, [rows, queries, connection, name]);

  // ---- open changes
  const changedHere = useRef<() => void>(refresh);
  useEffect(() => {
    changedHere.current = refresh;
  });
  useEffect(() => {
    pending.register(
      RECORDS,
      recordAdapter(connection, find, (names) => {
        for (const changed of names) void queries.invalidateQueries({ queryKey: keys.counts(connection, changed) });
        if (names.includes(name)) changedHere.current();
      }),
    );
  }, [pending, connection, find, queries, name]);

  const grid = useRef<GridHandle>(null);
  const commits = useCommits({ collection, connection, pending, pendingState, held, onFlaw: (flaw) => grid.current?.focusCell(flaw.row, flaw.field) });
  const { changes, facts, conflicts, flaws, panel, setPanel, asking, setAsking, takeBack } = commits;

  const preview = useCallback(() => pending.preview(RECORDS, [name]), [pending, name]);
  const [report, setReport] = useState<Report | null>(null);
  // What was mended since is left out no more.
  const open = useMemo((): Report | null => {
    if (!report) return null;
    const left = report.left.filter(({ rowId, field }) => rowId === null || !pendingState.ops.has(keyOf(cellTarget(name, rowId, field))));
    return left.length + report.beyondRows + report.beyondCols > 0 ? { ...report, left } : null;
  }, [report, pendingState.ops, name]);
  const copied = useMemo(
    () => (picks.count > 0 ? { first: picks.count > PICKED_MAX ? PICKED_MAX : null, read: () => pickedRows(connection, query, collection.primaryKey, picks, asked) } : null),
    [connection, query, collection.primaryKey, picks, asked],
  );

  // A draft that was restored knows its changes and not the rows under them.
  const fetched = useRef(new Set<string>());
  useEffect(() => {
    const missing = changes.filter((change) => !change.isNew && !held.rows.has(heldKey(name, change.row)) && !fetched.current.has(change.row)).map((change) => change.row);
    if (missing.length === 0) return;
    for (const row of missing) fetched.current.add(row);
    pickedRows(connection, { collection: name }, collection.primaryKey, { all: false, ids: new Set(missing) }, asked).then(
      (found) => holdRows(store, found.map((raw) => [heldKey(name, String(raw[collection.primaryKey] as string | number)), raw] as const)),
      // Deleted or hidden by now: the commit will say so, with the server's own words.
      () => undefined,
    );
  }, [changes, name, collection.primaryKey, held.rows, connection, asked, store]);

  // ---- new rows and deleting
  const filters = useRef<FilterBarHandle>(null);
  const mayCreate = connection.info.guard !== "readonly" && capability?.may(name, "create") === true;
  const newRow = (): void => {
    if (!mayCreate) return;
    const id = newRowId();
    pending.stage(stageNewRow(name, id));
    // The row is drawn with the next frame; its first cell opens then.
    requestAnimationFrame(() => grid.current?.editNew(id));
  };

  const deletion = useDeletion({ collection, connection, capability, pending, refresh, offerUndo: commits.offerUndo, dropUndo: commits.dropUndo });
  const { losing } = deletion;
  const readOnly = connection.info.guard === "readonly" ? m("refuse.readOnlyConnection", { connection: connection.info.name }) : undefined;
  const noBulkEdit = readOnly ?? (capability?.may(name, "update") === true ? undefined : m("refuse.update", { collection: name }));
  const noBulkDelete = readOnly ?? (capability?.may(name, "delete") === true ? undefined : m("refuse.delete", { collection: name }));
  /** One step, so that one undo takes it back. */
  const stagePicked = (field: FieldInfo, changing: readonly RawRow[], next: Value, label: string | undefined): void => {
    const keyOfRow = (raw: RawRow): string => String(raw[collection.primaryKey] as string | number);
    holdRows(store, changing.map((raw) => [heldKey(name, keyOfRow(raw)), raw] as const));
    if (label !== undefined && field.relation && next.s === "value") hold(store, "labels", heldKey(field.relation.target, next.v), label);
    pending.stage(changing.map((raw) => stageCell(name, keyOfRow(raw), field, fromWire(field.type, raw[field.name]), next)));
    picks.clear();
    toast({ kind: "done", text: m("bulk.staged", { count: changing.length }), action: { label: m("cmd.takeBack"), keys: "Mod+Z", run: () => pending.undo() } });
  };

  // ---- going, counting, exporting
  const [gotoAnchor, setGotoAnchor] = useState<Anchor | null>(null);
  const [columnsAnchor, setColumnsAnchor] = useState<Anchor | null>(null);
  const [advanced, setAdvanced] = useState(false);
  const closeTree = useCallback(() => {
    setAdvanced(false);
    grid.current?.focus();
  }, []);
  const [trash, setTrash] = useState(false);
  const closeTrash = useCallback(() => {
    setTrash(false);
    grid.current?.focus();
  }, []);
  const [past, setPast] = useState<{ readonly id: string; readonly name: string } | null>(null);
  const openPast = useCallback((id: string, name: string) => setPast({ id, name }), []);
  const closePast = useCallback(() => {
    setPast(null);
    grid.current?.focus();
  }, []);
  /** One step, so that one undo takes it back. */
  const stagePast = (row: { readonly id: string; readonly name: string }, raw: RawRow, taken: readonly Taken[]): void => {
    const key = heldKey(name, row.id);
    if (!held.rows.has(key)) holdRows(store, [[key, raw]]);
    pending.stage(taken.map(({ field, value }) => stageCell(name, row.id, field, fromWire(field.type, raw[field.name]), value)));
    toast({ kind: "done", text: h("staged", { count: taken.length, name: row.name }), action: { label: m("cmd.takeBack"), keys: "Mod+Z", run: () => pending.undo() } });
  };
  const [searching, setSearching] = useState(view.search !== "");
  const searchInput = useRef<HTMLInputElement>(null);
  const toolbar = useRef<HTMLDivElement>(null);
  const [counting, setCounting] = useState(false);
  const countExactly = (): void => {
    setCounting(true);
    connection.count(query).then(
      (exact) => {
        rows.setTotal(exact);
        setCounting(false);
      },
      () => setCounting(false),
    );
  };
  const exportAs = async (format: ExportFormat): Promise<void> => {
    try {
      const file = await connection.exported({ ...query, fields: fields.map((field) => field.name) }, format);
      const fileName = `${name}.${format}`;
      if (await saveFile(fileName, file)) toast({ kind: "done", text: m("export.done", { name: fileName }) });
    } catch (error) {
      toast({ kind: "failed", text: m("export.failed", { reason: faultOf(error).message }) });
    }
  };
  const openSearch = (): void => {
    setSearching(true);
    requestAnimationFrame(() => searchInput.current?.focus());
  };
  const openGoto = (): void => {
    // How many there are may not be known yet; where there are none, there is nowhere to go.
    if (toolbar.current && snapshot.total?.rows !== 0) setGotoAnchor(anchorOf(toolbar.current));
  };
  const total = snapshot.total?.rows ?? 0;

  useCommands([
    { id: "data.commit", label: facts.rows === 0 ? m("cmd.commit") : m("cmd.commit.rows", { count: facts.rows }), keys: "Mod+S", group: m("group.pending"), inText: true, run: commits.askCommit },
    { id: "data.preview", label: m("cmd.preview"), keys: "Mod+Shift+P", group: m("group.pending"), inText: true, disabled: facts.rows === 0 ? m("cmd.nothingOpen") : undefined, run: () => setPanel(panel === "preview" ? null : "preview") },
    { id: "data.discard", label: m("cmd.discard"), keys: "Mod+Shift+Backspace", group: m("group.pending"), disabled: facts.rows === 0 ? m("cmd.nothingOpen") : undefined, run: () => setAsking("discard") },
    { id: "data.filter", label: m("cmd.filter"), keys: ["Mod+Shift+F", "F"], group: m("group.data"), run: () => filters.current?.add() },
    { id: "data.clearFilters", label: m("cmd.clearFilters"), keys: ["Mod+Shift+L", "Shift+F"], group: m("group.data"), run: () => show({ ...view, pills: [], groups: [], search: "" }) },
    { id: "data.tree", label: f("advanced.open"), keys: "Alt+Shift+F", group: m("group.data"), run: () => setAdvanced(!advanced) },
    { id: "data.newRow", label: m("cmd.newRow"), keys: ["Alt+N", "N"], group: m("group.data"), icon: Plus, disabled: mayCreate ? undefined : m("refuse.create", { collection: name }), run: newRow },
    { id: "data.goto", label: m("cmd.goto"), keys: "Mod+G", group: m("group.data"), inText: true, run: openGoto },
    { id: "data.search", label: m("cmd.search"), keys: "Mod+F", group: m("group.data"), inText: true, run: openSearch },
    { id: "data.reload", label: m("cmd.reload"), keys: ["Mod+R", "F5"], group: m("group.data"), icon: RotateCw, inText: true, run: refresh },
    { id: "data.import", label: m("import.into", { collection: name }), group: m("group.data"), icon: Upload, disabled: mayCreate ? undefined : m("refuse.create", { collection: name }), run: () => onSearch({ import: "new" }) },
    ...(takeBack ? [{ id: "data.takeBack", label: m("cmd.takeBack"), keys: "Mod+Z", group: m("group.pending"), run: takeBack }] : []),
    ...(collection.paranoid ? [{ id: "data.trash", label: d("open"), group: m("group.data"), icon: Trash2, run: () => setTrash(!trash) }] : []),
    ...gridSheet(),
  ]);

  const shownView = useRef({ view, show });
  useEffect(() => {
    shownView.current = { view, show };
  });
  const onSort = useCallback((field: string, add: boolean, direction?: "asc" | "desc" | null) => {
    const { view, show } = shownView.current;
    const held = view.sort.find((key) => key.field === field);
    const turned = held === undefined ? "asc" : held.direction === "asc" ? "desc" : null;
    const next = direction === undefined ? turned : direction;
    const rest = add ? view.sort.filter((key) => key.field !== field) : [];
    show({ ...view, sort: next === null ? rest : [...rest, { field, direction: next }] });
  }, []);
  const onPickFilter = useCallback((field: string) => filters.current?.add(field), []);
  const onFilter = useCallback(
    (pill: Pill) => {
      const rest = view.pills.filter((entry) => entry.field !== pill.field || entry.op !== pill.op);
      show({ ...view, pills: [...rest, pill] });
    },
    [show, view],
  );

  const wide = snapshot.total !== null && snapshot.total.rows > DEAR_ROWS;
  const slowSort = wide ? view.sort.find((key) => collection.fields.find((f) => f.name === key.field)?.indexed === false) : undefined;

  if (fields.length === 0) return <Empty title={m("empty.noField")}>{m("empty.noField.body")}</Empty>;

  return (
    <div
      className="flex min-h-0 flex-1 flex-col"
      onDragOver={(event) => {
        if (mayCreate && event.dataTransfer.types.includes("Files")) event.preventDefault();
      }}
      onDrop={(event) => {
        const file = event.dataTransfer.files[0];
        if (!mayCreate || !file) return;
        event.preventDefault();
        keepFile(pending, name, file);
        onSearch({ import: "new" });
      }}
      onKeyDown={(event) => {
        if (event.defaultPrevented) return;
        if (event.key === "Escape" && open !== null) {
          event.preventDefault();
          setReport(null);
          grid.current?.focus();
        } else if (event.key === "Escape" && past !== null) {
          event.preventDefault();
          closePast();
        } else if (event.key === "Escape" && trash) {
          event.preventDefault();
          closeTrash();
        } else if (event.key === "Escape" && panel !== null) {
          event.preventDefault();
          setPanel(null);
          grid.current?.focus();
        } else if (event.key === "Escape" && waiting) {
          event.preventDefault();
          show(settled.current);
        } else if (event.key === "Escape" && !snapshot.ready && snapshot.loading) {
          event.preventDefault();
          rows.cancel();
        }
      }}
    >
      <div ref={toolbar}>
        <RecordsBar
          collection={collection}
          find={find}
          connection={connection}
          capability={capability}
          views={views}
          saved={saved}
          viewGone={viewGone}
          view={view}
          columns={wantedColumns}
          pinned={pinned}
          layout={layout}
          fields={fields}
          readable={readable}
          searching={searching}
          advanced={advanced}
          filters={filters}
          searchInput={searchInput}
          onShow={show}
          onSearch={onSearch}
          onStopSearching={() => {
            setSearching(false);
            grid.current?.focus();
          }}
          onAdvanced={() => setAdvanced(!advanced)}
          onTrash={collection.paranoid ? () => setTrash(!trash) : null}
          trash={trash}
          onColumns={setColumnsAnchor}
          onExport={(format) => void exportAs(format)}
          newRefusal={mayCreate ? undefined : m("refuse.create", { collection: name })}
          onNew={newRow}
        />
      </div>
      {advanced ? (
        <Suspense fallback={null}>
          <FilterTree
            key={JSON.stringify([view.pills, view.groups])}
            collection={collection}
            find={find}
            capability={capability}
            pills={view.pills}
            groups={view.groups}
            onApply={(pills, groups) => {
              show({ ...view, pills, groups });
              closeTree();
            }}
            onClose={closeTree}
          />
        </Suspense>
      ) : null}
      {snapshot.fault ? (
        <ErrorBand
          title={snapshot.fault instanceof ReadStopped ? m("error.stopped") : isUnreachable(snapshot.fault) ? m("error.read", { connection: connection.info.name }) : m("error.read.refused", { reason: faultOf(snapshot.fault).message })}
          details={faultText(snapshot.fault)}
          action={
            <Button size="small" command="data.reload" onClick={refresh}>
              {m("cmd.reload")}
            </Button>
          }
        >
          {snapshot.ready ? m("error.read.old") : m("error.read.none")}
        </ErrorBand>
      ) : null}
      {waiting ? (
        <Waiting
          key={queryKey}
          what={m("grid.reading", { collection: name })}
          cost={slowSort ? m("grid.sort.slow", { field: slowSort.field }) : undefined}
          onStop={() => show(settled.current)}
        />
      ) : null}
      <Grid
        collection={collection}
        find={find}
        fields={fields}
        rows={rows}
        order={JSON.stringify([filter, view.sort, view.search])}
        snapshot={snapshot}
        connection={connection}
        capability={capability}
        pending={pending}
        pendingState={pendingState}
        sort={view.sort}
        pinned={still}
        widths={layout.widths}
        picks={picks}
        bandOnly={commits.bandOnly}
        onBandOnly={commits.setBandOnly}
        onSort={onSort}
        onHide={arrangement.onHide}
        onMove={arrangement.onMove}
        onPlace={arrangement.onPlace}
        onPin={arrangement.onPin}
        onResize={arrangement.onResize}
        onFilter={onFilter}
        onPickFilter={onPickFilter}
        onOpenRelated={(target, pill) => onOpen(target, { ...writeView({ ...PLAIN_VIEW, pills: [pill] }) })}
        onDelete={deletion.onDelete}
        onHistory={openPast}
        onReport={setReport}
        picked={copied}
        empty={
          // Rows that all stand in the band are there, and match.
          total > 0 || (snapshot.ready && facts.rows > 0 && filter === undefined && view.search === "") ? null : snapshot.ready ? (
            <EmptyRows
              collection={collection}
              find={find}
              connection={connection}
              nodes={nodes}
              search={view.search}
              mayCreate={mayCreate}
              onRemove={(node) => show({ ...view, pills: view.pills.filter((entry) => entry !== node), groups: view.groups.filter((entry) => entry !== node) })}
              onClear={() => show({ ...view, pills: [], groups: [], search: "" })}
              onNew={newRow}
              onImport={() => onSearch({ import: "new" })}
            />
          ) : snapshot.fault ? null : (
            <FirstRead collection={collection} fields={fields} />
          )
        }
        handle={grid}
      />
      {picks.count > 0 ? (
        <PickBar
          picks={picks}
          about={about(picks.count, !picks.all || snapshot.total?.exact === true)}
          editRefusal={noBulkEdit}
          deleteRefusal={noBulkDelete}
          onDelete={() => deletion.onDeletePicked(picks, query)}
          editor={(close) => (
            <Suspense fallback={null}>
              <EditPicked
                collection={collection}
                find={find}
                fields={fields}
                connection={connection}
                capability={capability}
                query={query}
                picks={picks}
                stagedOf={(row, field) => pendingState.ops.get(keyOf(cellTarget(name, row, field)))?.after as Value | undefined}
                onStage={(field, changing, next, label) => {
                  close();
                  stagePicked(field, changing, next, label);
                }}
              />
            </Suspense>
          )}
        />
      ) : null}
      {open ? (
        <LeftOut
          report={open}
          onGo={(left) => left.rowId !== null && grid.current?.editCell(left.rowId, left.field, left.text)}
          onClose={() => {
            setReport(null);
            grid.current?.focus();
          }}
        />
      ) : null}
      {trash ? (
        <Suspense fallback={null}>
          <Trash collection={collection} connection={connection} refusal={noBulkEdit} onRestored={refresh} onClose={closeTrash} />
        </Suspense>
      ) : null}
      {past ? (
        <Suspense fallback={null}>
          <History
            key={past.id}
            collection={collection}
            connection={connection}
            capability={capability}
            id={past.id}
            name={past.name}
            stagedOf={(field) => changes.find((change) => change.row === past.id)?.cells.get(field)?.after as Value | undefined}
            onTake={(raw, taken) => stagePast(past, raw, taken)}
            onClose={closePast}
          />
        </Suspense>
      ) : null}
      {panel === "preview" && facts.rows > 0 ? <PreviewPanel load={preview} of={changes} onClose={() => setPanel(null)} /> : null}
      {panel === "conflicts" && conflicts.length > 0 ? (
        <ConflictPanel
          collection={collection}
          conflicts={conflicts}
          ops={pendingState.ops}
          onResolve={(key, choice) => {
            commits.resolve(key, choice);
            // Theirs is what stands there now, and not what was read.
            if (choice === "theirs") refresh();
          }}
          onClose={() => setPanel(null)}
        />
      ) : null}
      {facts.rows > 0 || flaws.length > 0 ? (
        <ChangesBar
          connection={connection}
          facts={facts}
          flaws={flaws}
          conflicts={conflicts.map((conflict) => {
            const op = pendingState.ops.get(conflict.key);
            const field = collection.fields.find((f) => f.name === op?.target.path[2]);
            return { conflict, words: field ? m("pending.conflict.one", { field: field.name, value: plain(field, conflict.theirs as Value) }) : "" };
          })}
          busy={commits.busy}
          fault={commits.fault}
          onFlaw={(flaw) => grid.current?.focusCell(flaw.row, flaw.field)}
          onCompare={() => setPanel("conflicts")}
          onDiscard={() => setAsking("discard")}
          onPreview={() => setPanel(panel === "preview" ? null : "preview")}
          onCommit={commits.askCommit}
        />
      ) : null}
      <Facts
        snapshot={snapshot}
        counting={counting}
        connection={connection}
        name={name}
        filtered={filter !== undefined || view.search !== ""}
        sort={view.sort.map((key) => `${key.field} ${key.direction === "asc" ? "↑" : "↓"}`).join(", ")}
        onCount={countExactly}
        slowSort={slowSort?.field}
      />
      {columnsAnchor ? <ColumnList anchor={columnsAnchor} readable={readable} shown={fields} onColumns={(columns) => arrange(columns, columns === null ? [] : pinned)} onClose={() => setColumnsAnchor(null)} /> : null}
      {gotoAnchor ? (
        <Floating anchor={gotoAnchor} label={m("goto")} onClose={() => setGotoAnchor(null)}>
          <GoTo
            last={snapshot.total?.rows}
            onGo={(index) => {
              setGotoAnchor(null);
              grid.current?.goTo(index);
            }}
          />
        </Floating>
      ) : null}
      <ConfirmCommit open={asking === "commit"} connection={connection} facts={facts} onKeep={() => setAsking(null)} onCommit={() => void commits.commit()} />
      <ConfirmDiscard
        open={asking === "discard"}
        collection={collection}
        facts={facts}
        onKeep={() => setAsking(null)}
        onLose={() => {
          setAsking(null);
          for (const key of held.invalid.keys()) if (key.startsWith(heldKey(name, ""))) hold(store, "invalid", key, undefined);
          pending.discard(RECORDS, [name]);
          toast({ kind: "done", text: m("pending.discarded", { count: facts.rows }), action: { label: m("cmd.takeBack"), keys: "Mod+Z", run: () => pending.undo() } });
        }}
      />
      <ConfirmLoss
        open={losing !== null}
        title={collection.paranoid ? d("ask.title", { name: losing?.name ?? "" }) : m("delete.title", { name: losing?.name ?? "", collection: name })}
        body={losing ? lossText(losing, collection, connection.info.guard) : ""}
        keepLabel={m("delete.keep", { name: losing?.name ?? "" })}
        loseLabel={collection.paranoid ? d("ask.lose") : m("delete.lose")}
        onKeep={deletion.keep}
        onLose={() => losing && void deletion.remove(losing.ids, losing.name).then(picks.clear)}
      />
    </div>
  );
}
