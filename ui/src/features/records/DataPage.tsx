import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Columns3, Download, Plus, RotateCw, Upload } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { useStore } from "zustand";
import { Button, IconButton } from "@/kit/Button";
import { useCommands, type Command } from "@/kit/commands";
import { ConfirmLoss } from "@/kit/Dialog";
import { Input, SearchInput } from "@/kit/Field";
import { Menu } from "@/kit/Menu";
import { Empty, ErrorBand, Loading, LoadingBars, LoadingLine } from "@/kit/states";
import { Status } from "@/kit/status";
import { toast } from "@/kit/toast";
import { Toolbar, ToolbarRule } from "@/kit/Toolbar";
import { countQuery, faultOf, faultText, isUnreachable, keys, type Connection, type ExportFormat, type Query } from "@/lib/client";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import { filterOf, PLAIN_VIEW, readPill, readView, sortOf, writeView, type Pill, type View } from "@/lib/filters";
import { factsOf, newRowId, recordAdapter, RECORDS, rowChanges, stageNewRow } from "@/lib/record-ops";
import { createRows, ReadStopped, type RawRow, type Rows } from "@/lib/rows";
import { DEFAULT, fromWire, toWire, type Value } from "@/lib/values";
import { plain, widthOf } from "./CellView";
import { keepFile, saveFile } from "./file";
import { FilterBar, type FilterBarHandle } from "./FilterBar";
import { anchorOf, Floating, type Anchor } from "./Floating";
import { Grid, type GridHandle } from "./Grid";
import { heldKey, heldOf, hold } from "./held";
import { ListBox } from "./ListBox";
import { m } from "./messages";
import { ChangesBar, ConfirmCommit, ConfirmDiscard, ConflictPanel, flawsOf, PreviewPanel, type Flaw } from "./OpenChanges";
import { displayField } from "./RelationPicker";
import { useCapability, useCollection, useConnection, usePending } from "./session";
import { about, operatorText } from "./words";

const ImportPage = lazy(() => import("./ImportPage").then((module) => ({ default: module.ImportPage })));

export interface DataPageProps {
  readonly collection: string;
  /** The search of the address: filter, sort, columns, search, import. */
  readonly search: Readonly<Record<string, unknown>>;
  readonly onSearch: (search: Record<string, unknown>, options?: { replace?: boolean }) => void;
  /** Opens another collection, filtered as its search says. */
  readonly onOpen: (collection: string, search: Record<string, unknown>) => void;
}

/** One collection: its rows, or an import into it. What is shown stands in the address. */
export function DataPage({ collection: name, search, onSearch, onOpen }: DataPageProps) {
  const { collection, find, isLoading, error, refetch } = useCollection(name);
  const connection = useConnection();
  if (isLoading) return <Loading what={m("grid.reading", { collection: name })} className="m-5" columns={[60, 160, 90, 120]} rows={8} />;
  if (!collection) {
    return error ? (
      <ErrorBand
        className="m-4"
        title={m("error.schemas")}
        details={faultText(error)}
        action={
          <Button size="small" icon={RotateCw} onClick={refetch}>
            {m("cmd.reload")}
          </Button>
        }
      >
        {isUnreachable(error) ? m("error.read", { connection: connection.info.name }) : faultOf(error).message}
      </ErrorBand>
    ) : (
      <Empty title={m("error.gone", { name })}>{m("error.gone.body")}</Empty>
    );
  }
  const importing = search["import"];
  if (importing !== undefined) {
    return (
      <Suspense fallback={<Loading what={m("imp.title", { collection: name })} className="m-5" />}>
        <ImportPage
          key={name}
          collection={collection}
          job={typeof importing === "string" && importing !== "new" ? importing : null}
          onJob={(job) => onSearch({ import: job ?? "new" }, { replace: true })}
          onRows={() => onSearch({})}
        />
      </Suspense>
    );
  }
  return <Records key={name} collection={collection} find={find} search={search} onSearch={onSearch} onOpen={onOpen} />;
}

function Records({
  collection,
  find,
  search,
  onSearch,
  onOpen,
}: {
  collection: CollectionInfo;
  find: (name: string) => CollectionInfo | undefined;
  search: DataPageProps["search"];
  onSearch: DataPageProps["onSearch"];
  onOpen: DataPageProps["onOpen"];
}) {
  const connection = useConnection();
  const capability = useCapability();
  const queries = useQueryClient();
  const { pending, state: pendingState } = usePending();
  const store = heldOf(pending);
  const held = useStore(store);
  const { name } = collection;

  // ---- the view: what the address says, and pills that are no condition yet
  const [view, setView] = useState<View>(() => readView(search));
  const written = JSON.stringify(writeView(readView(search)));
  const applied = useMemo(() => view.pills.filter((pill) => readPill(collection, pill).ok), [collection, view.pills]);
  const lastWritten = useRef(written);
  const seen = useRef(written);
  useEffect(() => {
    // Back and forward change the address under the screen; its own changes come back unchanged.
    if (written === seen.current) return;
    seen.current = written;
    if (written === lastWritten.current) return;
    lastWritten.current = written;
    setView(readView(JSON.parse(written) as Record<string, unknown>));
  }, [written]);
  const show = useCallback(
    (next: View) => {
      setView(next);
      const params = writeView({ ...next, pills: next.pills.filter((pill) => readPill(collection, pill).ok) });
      const text = JSON.stringify(params);
      if (text === lastWritten.current) return;
      lastWritten.current = text;
      onSearch({ ...params });
    },
    [collection, onSearch],
  );

  // ---- columns
  const readable = useMemo(
    () => collection.fields.filter((field) => !field.hidden && (capability?.may(name, "read", field.name) ?? true)),
    [collection, capability, name],
  );
  const fields = useMemo(() => {
    // When a row was made and changed is on demand: it would push what the row says out of sight.
    const usual = readable.filter((field) => !isStampName(field.name));
    if (view.columns === null) return usual.length === 0 ? readable : usual;
    const chosen = view.columns.flatMap((column) => readable.filter((field) => field.name === column));
    return chosen.length === 0 ? readable : chosen;
  }, [readable, view.columns]);

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
    return [...names];
  }, [collection.primaryKey, fields, find]);
  const filter = useMemo(() => filterOf(collection, applied), [collection, applied]);
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

  const refresh = useCallback(() => {
    rows.reload();
    void queries.invalidateQueries({ queryKey: keys.counts(connection, name) });
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

  const changes = useMemo(
    () => rowChanges([...pendingState.ops.values()].filter((op) => op.target.scope === RECORDS && op.target.path[0] === name)),
    [pendingState.ops, name],
  );
  const facts = useMemo(() => factsOf(changes), [changes]);

  // A draft that was restored knows its changes and not the rows under them.
  const fetched = useRef(new Set<string>());
  useEffect(() => {
    for (const change of changes) {
      const key = heldKey(name, change.row);
      if (change.isNew || held.rows.has(key) || fetched.current.has(key)) continue;
      fetched.current.add(key);
      connection.one(name, change.row, asked).then(
        (raw) => hold(store, "rows", key, raw),
        // Deleted or hidden by now: the commit will say so, with the server's own words.
        () => undefined,
      );
    }
  }, [changes, name, held.rows, connection, asked, store]);
  const conflicts = useMemo(
    () => [...pendingState.conflicts.values()].filter((c) => pendingState.ops.get(c.key)?.target.path[0] === name && pendingState.ops.get(c.key)?.target.scope === RECORDS),
    [pendingState.conflicts, pendingState.ops, name],
  );
  const flaws = useMemo(() => {
    const missing = changes.flatMap((change): Flaw[] =>
      change.isNew
        ? collection.fields.flatMap((field): Flaw[] => {
            const value = (change.cells.get(field.name)?.after ?? DEFAULT) as Value;
            const needs = !field.nullable && !field.computed && field.defaultText === null && !isStampName(field.name);
            return needs && (value.s === "default" || value.s === "null")
              ? [{ row: change.row, field: field.name, reason: m("flaw.required") }]
              : [];
          })
        : [],
    );
    return flawsOf(collection, held.invalid, missing);
  }, [changes, collection, held.invalid]);
  const [fault, setFault] = useState<unknown>(null);
  const [panel, setPanel] = useState<"preview" | "conflicts" | null>(null);
  const [asking, setAsking] = useState<"commit" | "discard" | null>(null);
  const [bandOnly, setBandOnly] = useState(false);
  const busy = pendingState.saving.has(RECORDS) && facts.rows > 0;
  useEffect(() => {
    if (facts.rows > 0) return;
    setBandOnly(false);
    setPanel(null);
    setFault(null);
  }, [facts.rows]);
  useEffect(() => {
    if (conflicts.length === 0) setPanel((open) => (open === "conflicts" ? null : open));
  }, [conflicts.length]);

  // What a toast offers for ten seconds, Ctrl Z offers too.
  const [takeBack, setTakeBack] = useState<(() => void) | null>(null);
  const offerUndo = useCallback((undo: () => void): void => {
    setTakeBack(() => undo);
    setTimeout(() => setTakeBack((now) => (now === undo ? null : now)), 10_000);
  }, []);

  const commit = useCallback(async () => {
    setAsking(null);
    setFault(null);
    const sent = rowChanges(pending.opsOf(RECORDS, [name])).length;
    try {
      const answer = await pending.commit(RECORDS, [name]);
      if (!answer.ok) {
        setPanel("conflicts");
        return;
      }
      setPanel(null);
      const back = answer.undo;
      const undo = (): void => {
        setTakeBack(null);
        back?.().then(
          () => toast({ kind: "done", text: m("pending.undone", { connection: connection.info.name }) }),
          (error: unknown) => toast({ kind: "failed", text: m("pending.undoFailed", { reason: faultOf(error).message }) }),
        );
      };
      offerUndo(undo);
      toast({
        kind: "done",
        text: m("pending.done", { count: sent, connection: connection.info.name }),
        action: { label: m("cmd.takeBack"), keys: "Mod+Z", run: undo },
      });
    } catch (error) {
      setFault(error);
    }
  }, [pending, name, connection, offerUndo]);

  const askCommit = (): void => {
    // Asked of the engine itself: the key may come before this screen has drawn the last cell.
    if (pending.opsOf(RECORDS, [name]).length === 0 || busy || conflicts.length > 0) return;
    const first = flaws[0];
    if (first) grid.current?.focusCell(first.row, first.field);
    else if (connection.info.guard === "confirm") setAsking("commit");
    else void commit();
  };

  // ---- new rows and deleting
  const grid = useRef<GridHandle>(null);
  const filters = useRef<FilterBarHandle>(null);
  const mayCreate = connection.info.guard !== "readonly" && capability?.may(name, "create") === true;
  const newRow = (): void => {
    if (!mayCreate) return;
    const id = newRowId();
    pending.stage(stageNewRow(name, id));
    // The row is drawn with the next frame; its first cell opens then.
    requestAnimationFrame(() => grid.current?.editNew(id));
  };

  const [losing, setLosing] = useState<{ id: string; name: string; parts: readonly string[] } | null>(null);
  const remove = useCallback(
    async (id: string, label: string) => {
      setLosing(null);
      try {
        const whole = await connection.one(name, id, ["*"]);
        await connection.batch([{ op: "delete", collection: name, id }]);
        pending.discard(RECORDS, [name, id]);
        refresh();
        const undo = (): void => {
          setTakeBack(null);
          const restore = collection.paranoid
            ? connection.batch([{ op: "update", collection: name, id, data: { deletedAt: null } }])
            : connection.batch([{ op: "create", collection: name, data: writable(collection, whole) }]);
          restore.then(
            () => {
              refresh();
              toast({ kind: "done", text: m("delete.undone", { name: label, collection: name }) });
            },
            (error: unknown) => toast({ kind: "failed", text: m("delete.undoFailed", { reason: faultOf(error).message }) }),
          );
        };
        offerUndo(undo);
        toast({
          kind: "done",
          text: m("delete.done", { name: label, collection: name }),
          action: { label: m("cmd.takeBack"), keys: "Mod+Z", run: undo },
        });
      } catch (error) {
        toast({ kind: "failed", text: m("delete.failed", { reason: faultOf(error).message }) });
      }
    },
    [connection, name, pending, refresh, collection, offerUndo],
  );
  const onDelete = useCallback(
    (id: string, _raw: RawRow | undefined, label: string) => {
      void (async () => {
        // Rows that hang on this one go with it, and undo cannot bring those back: that is asked.
        const parts = collection.paranoid ? [] : await dependants(connection, collection, find, id);
        if (parts.length > 0 || connection.info.guard === "confirm") setLosing({ id, name: label, parts });
        else await remove(id, label);
      })();
    },
    [collection, connection, find, remove],
  );

  // ---- going, counting, exporting
  const [gotoAnchor, setGotoAnchor] = useState<Anchor | null>(null);
  const [columnsAnchor, setColumnsAnchor] = useState<Anchor | null>(null);
  const [searching, setSearching] = useState(view.search !== "");
  const searchInput = useRef<HTMLInputElement>(null);
  const columnsButton = useRef<HTMLSpanElement>(null);
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
      saveFile(fileName, file);
      toast({ kind: "done", text: m("export.done", { name: fileName }) });
    } catch (error) {
      toast({ kind: "failed", text: m("export.failed", { reason: faultOf(error).message }) });
    }
  };
  const openSearch = (): void => {
    setSearching(true);
    requestAnimationFrame(() => searchInput.current?.focus());
  };
  const openGoto = (): void => {
    if (toolbar.current && total > 0) setGotoAnchor(anchorOf(toolbar.current));
  };
  const total = snapshot.total?.rows ?? 0;

  const sheet = (id: string, label: string, combination: string | readonly string[]): Command => ({ id, label, keys: combination, group: m("group.grid"), sheetOnly: true });
  useCommands([
    { id: "data.commit", label: m("cmd.commit"), keys: "Mod+S", group: m("group.pending"), inText: true, run: askCommit },
    { id: "data.preview", label: m("cmd.preview"), keys: "Mod+Shift+P", group: m("group.pending"), inText: true, disabled: facts.rows === 0 ? m("cmd.nothingOpen") : undefined, run: () => setPanel((open) => (open === "preview" ? null : "preview")) },
    { id: "data.discard", label: m("cmd.discard"), keys: "Mod+Shift+Backspace", group: m("group.pending"), disabled: facts.rows === 0 ? m("cmd.nothingOpen") : undefined, run: () => setAsking("discard") },
    { id: "data.filter", label: m("cmd.filter"), keys: "F", group: m("group.data"), run: () => filters.current?.add() },
    { id: "data.clearFilters", label: m("cmd.clearFilters"), keys: "Shift+F", group: m("group.data"), run: () => show({ ...view, pills: [], search: "" }) },
    { id: "data.newRow", label: m("cmd.newRow"), keys: "N", group: m("group.data"), icon: Plus, disabled: mayCreate ? undefined : m("refuse.create", { collection: name }), run: newRow },
    { id: "data.goto", label: m("cmd.goto"), keys: "Mod+G", group: m("group.data"), inText: true, run: openGoto },
    { id: "data.search", label: m("cmd.search"), keys: "Mod+F", group: m("group.data"), inText: true, run: openSearch },
    { id: "data.reload", label: m("cmd.reload"), keys: "Mod+R", group: m("group.data"), icon: RotateCw, inText: true, run: refresh },
    { id: "data.import", label: m("import.into", { collection: name }), group: m("group.data"), icon: Upload, disabled: mayCreate ? undefined : m("refuse.create", { collection: name }), run: () => onSearch({ import: "new" }) },
    ...(takeBack ? [{ id: "data.takeBack", label: m("cmd.takeBack"), keys: "Mod+Z", group: m("group.pending"), run: takeBack }] : []),
    sheet("grid.move", m("cmd.move"), ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]),
    sheet("grid.extend", m("cmd.extend"), ["Shift+ArrowUp", "Shift+ArrowDown", "Shift+ArrowLeft", "Shift+ArrowRight"]),
    sheet("grid.ends", m("cmd.ends"), ["Mod+Home", "Mod+End"]),
    sheet("grid.edit", m("cmd.edit"), ["Enter", "F2"]),
    sheet("grid.stage", m("cmd.stageMove"), "Tab"),
    sheet("grid.restore", m("cmd.restore"), "Escape"),
    sheet("grid.empty", m("cmd.empty"), "Backspace"),
    sheet("grid.null", m("cmd.null"), "Mod+Backspace"),
    sheet("grid.toggle", m("cmd.toggle"), "Space"),
    sheet("grid.filterThis", m("cmd.filterThis"), "Alt+F"),
    sheet("grid.open", m("cmd.open"), "Mod+Enter"),
    sheet("grid.copy", m("cmd.copy"), "Mod+C"),
    sheet("grid.paste", m("cmd.paste"), "Mod+V"),
    sheet("grid.delete", m("cmd.delete"), "Delete"),
  ]);

  const onSort = useCallback(
    (field: string, add: boolean, direction?: "asc" | "desc" | null) => {
      const held = view.sort.find((key) => key.field === field);
      const turned = held === undefined ? "asc" : held.direction === "asc" ? "desc" : null;
      const next = direction === undefined ? turned : direction;
      const rest = add ? view.sort.filter((key) => key.field !== field) : [];
      show({ ...view, sort: next === null ? rest : [...rest, { field, direction: next }] });
    },
    [show, view],
  );
  const onHide = useCallback(
    (field: string) => {
      const left = fields.filter((entry) => entry.name !== field).map((entry) => entry.name);
      if (left.length > 0) show({ ...view, columns: left });
    },
    [fields, show, view],
  );
  const onMove = useCallback(
    (field: string, by: number) => {
      const names = fields.map((entry) => entry.name);
      const from = names.indexOf(field);
      const to = from + by;
      if (from < 0 || to < 0 || to >= names.length) return;
      names.splice(to, 0, ...names.splice(from, 1));
      show({ ...view, columns: names });
    },
    [fields, show, view],
  );
  const onFilter = useCallback(
    (pill: Pill) => {
      const rest = view.pills.filter((entry) => entry.field !== pill.field || entry.op !== pill.op);
      show({ ...view, pills: [...rest, pill] });
    },
    [show, view],
  );

  const wide = snapshot.total && !snapshot.total.exact && snapshot.total.rows > 50_000;
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
        keepFile(connection.info.id, name, file);
        onSearch({ import: "new" });
      }}
      onKeyDown={(event) => {
        if (event.defaultPrevented) return;
        if (event.key === "Escape" && panel !== null) {
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
        <Toolbar
          title={name}
          right={
            <>
              <span ref={columnsButton} className="inline-flex">
                <Button
                  kind="ghost"
                  icon={Columns3}
                  aria-label={m("columns.label", { shown: fields.length, all: readable.length })}
                  onClick={() => columnsButton.current && setColumnsAnchor(anchorOf(columnsButton.current))}
                >
                  {m("columns", { shown: fields.length, all: readable.length })}
                </Button>
              </span>
              <IconButton icon={Upload} iconSize={15} label={m("import")} disabled={!mayCreate} onClick={() => onSearch({ import: "new" })} />
              <Menu
                align="end"
                trigger={<IconButton icon={Download} iconSize={15} label={m("export")} />}
                entries={(["csv", "json", "ndjson"] as const).map((format) => ({
                  label: m(`export.${format}`),
                  disabled: view.search === "" ? undefined : m("export.search"),
                  onSelect: () => void exportAs(format),
                }))}
              />
              <ToolbarRule />
              <Button icon={Plus} command="data.newRow" disabled={!mayCreate} title={mayCreate || !capability ? undefined : m("refuse.create", { collection: name })} onClick={newRow}>
                {m("newRow")}
              </Button>
            </>
          }
        >
          {searching ? (
            <SearchInput
              inputRef={searchInput}
              className="w-52"
              placeholder={m("search")}
              value={view.search}
              keys="Mod+F"
              onChange={(event) => show({ ...view, search: event.target.value })}
              onKeyDown={(event) => {
                if (event.key !== "Escape") return;
                event.preventDefault();
                show({ ...view, search: "" });
                setSearching(false);
                grid.current?.focus();
              }}
            />
          ) : null}
          <ToolbarRule />
          <FilterBar collection={collection} fields={readable} pills={view.pills} onPills={(pills) => show({ ...view, pills })} handle={filters} />
        </Toolbar>
      </div>
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
      {waiting ? <Waiting key={queryKey} what={m("grid.reading", { collection: name })} /> : null}
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
        bandOnly={bandOnly}
        onBandOnly={setBandOnly}
        onSort={onSort}
        onHide={onHide}
        onMove={onMove}
        onFilter={onFilter}
        onPickFilter={(field) => filters.current?.add(field)}
        onOpenRelated={(target, pill) => onOpen(target, { ...writeView({ ...PLAIN_VIEW, pills: [pill] }) })}
        onDelete={onDelete}
        empty={
          snapshot.ready && facts.rows > 0 && filter === undefined && view.search === "" ? null : snapshot.ready ? (
            <EmptyRows
              collection={collection}
              connection={connection}
              pills={applied}
              search={view.search}
              mayCreate={mayCreate}
              onRemove={(pill) => show({ ...view, pills: view.pills.filter((entry) => entry !== pill) })}
              onClear={() => show({ ...view, pills: [], search: "" })}
              onNew={newRow}
              onImport={() => onSearch({ import: "new" })}
            />
          ) : snapshot.fault ? null : (
            <FirstRead collection={collection} fields={fields} />
          )
        }
        handle={grid}
      />
      {panel === "preview" && facts.rows > 0 ? <Previewed pending={() => pending.preview(RECORDS, [name])} version={changes} onClose={() => setPanel(null)} /> : null}
      {panel === "conflicts" && conflicts.length > 0 ? (
        <ConflictPanel
          collection={collection}
          conflicts={conflicts}
          ops={pendingState.ops}
          onResolve={(key, choice) => pending.resolve(key, choice)}
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
          busy={busy}
          fault={fault}
          onFlaw={(flaw) => grid.current?.focusCell(flaw.row, flaw.field)}
          onCompare={() => setPanel("conflicts")}
          onDiscard={() => setAsking("discard")}
          onPreview={() => setPanel((open) => (open === "preview" ? null : "preview"))}
          onCommit={askCommit}
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
      {columnsAnchor ? (
        <Floating anchor={columnsAnchor} label={m("columns.label", { shown: fields.length, all: readable.length })} onClose={() => setColumnsAnchor(null)}>
          <ListBox
            many
            label={m("columns.find")}
            placeholder={m("columns.find")}
            empty={m("columns.none")}
            choices={readable.map((field) => ({ value: field.name, label: field.name, text: field.name, checked: fields.includes(field) }))}
            onChoose={(column) => {
              const shown = new Set(fields.map((field) => field.name));
              if (shown.has(column)) shown.delete(column);
              else shown.add(column);
              const next = readable.filter((field) => shown.has(field.name)).map((field) => field.name);
              if (next.length > 0) show({ ...view, columns: next });
            }}
            footer={
              <span className="flex gap-1">
                <Button size="small" kind="ghost" onClick={() => show({ ...view, columns: readable.map((field) => field.name) })}>
                  {m("columns.all")}
                </Button>
                <Button size="small" kind="ghost" onClick={() => show({ ...view, columns: null })}>
                  {m("columns.usual")}
                </Button>
              </span>
            }
          />
        </Floating>
      ) : null}
      {gotoAnchor ? (
        <Floating anchor={gotoAnchor} label={m("goto")} onClose={() => setGotoAnchor(null)}>
          <GoTo
            last={total}
            onGo={(index) => {
              setGotoAnchor(null);
              grid.current?.goTo(index);
            }}
          />
        </Floating>
      ) : null}
      <ConfirmCommit open={asking === "commit"} connection={connection} facts={facts} onKeep={() => setAsking(null)} onCommit={() => void commit()} />
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
        title={m("delete.title", { name: losing?.name ?? "", collection: name })}
        body={losing && losing.parts.length > 0 ? m("delete.body.one", { parts: losing.parts.join(", ") }) : m("delete.body.confirm")}
        keepLabel={m("delete.keep", { name: losing?.name ?? "" })}
        loseLabel={m("delete.lose")}
        onKeep={() => setLosing(null)}
        onLose={() => losing && void remove(losing.id, losing.name)}
      />
    </div>
  );
}

function isStampName(name: string): boolean {
  return name === "createdAt" || name === "updatedAt" || name === "deletedAt";
}

/** The fields of a row that can be written again. */
function writable(collection: CollectionInfo, row: RawRow): RawRow {
  return Object.fromEntries(
    collection.fields
      .filter((field) => !field.computed && !isStampName(field.name) && row[field.name] !== undefined)
      .map((field) => [field.name, toWire(field.type, fromWire(field.type, row[field.name]))]),
  );
}

async function dependants(
  connection: Connection,
  collection: CollectionInfo,
  find: (name: string) => CollectionInfo | undefined,
  id: string,
): Promise<readonly string[]> {
  const counted = await Promise.all(
    collection.toMany
      .filter((relation) => find(relation.target)?.fields.some((field) => field.name === relation.foreignKey))
      .map(async (relation) => {
        try {
          const { rows } = await connection.estimate({ collection: relation.target, filter: { [relation.foreignKey]: { eq: id } } });
          return rows > 0 ? m("delete.part", { count: rows, collection: relation.target }) : null;
        } catch {
          // Not readable for this role: the server decides at the delete itself.
          return null;
        }
      }),
  );
  return counted.filter((part) => part !== null);
}

/** The rows of a query. A new query starts anew; the old rows stay on screen until its first answer. */
function useStableRows(connection: Connection, query: Query, queryKey: string): { readonly rows: Rows; readonly waiting: boolean } {
  const [rows, setRows] = useState<Rows>(() => createRows({ load: (request) => connection.page(query, request) }));
  const [waiting, setWaiting] = useState(false);
  const shown = useRef(queryKey);
  const latest = useRef(query);
  useEffect(() => {
    latest.current = query;
  });
  useEffect(() => {
    if (shown.current === queryKey) return undefined;
    shown.current = queryKey;
    const asked = latest.current;
    const coming = createRows({ load: (request) => connection.page(asked, request) });
    let taken = false;
    const take = (): void => {
      const state = coming.snapshot();
      if (taken || (!state.ready && state.fault === null)) return;
      taken = true;
      setWaiting(false);
      setRows((old) => {
        old.stop();
        return coming;
      });
    };
    const unsubscribe = coming.subscribe(take);
    coming.want(0, 40);
    setWaiting(true);
    return () => {
      unsubscribe();
      setWaiting(false);
      // Overtaken by yet another query before it answered.
      if (!taken) coming.stop();
    };
  }, [queryKey, connection]);
  return { rows, waiting };
}

/** While a new query is under way and the old rows still stand: how long it takes, and the way out. */
function Waiting({ what }: { what: string }) {
  const [ms, setMs] = useState(0);
  useEffect(() => {
    const from = performance.now();
    const timer = setInterval(() => setMs(performance.now() - from), 100);
    return () => clearInterval(timer);
  }, []);
  if (ms < 600) return null;
  return (
    <div role="status" className="shrink-0 border-b border-line bg-bg-sunk px-3 pb-1">
      <LoadingLine what={what} seconds={ms / 1000} stoppable />
    </div>
  );
}

function Previewed({ pending, version, onClose }: { pending: () => ReturnType<Parameters<typeof PreviewPanel>[0]["load"]>; version: unknown; onClose: () => void }) {
  const ask = useRef(pending);
  useEffect(() => {
    ask.current = pending;
  });
  // Asked again whenever the open changes are others.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const load = useCallback(() => ask.current(), [version]);
  return <PreviewPanel load={load} onClose={onClose} />;
}

function Facts({
  snapshot,
  counting,
  connection,
  name,
  filtered,
  sort,
  onCount,
  slowSort,
}: {
  snapshot: ReturnType<Rows["snapshot"]>;
  counting: boolean;
  connection: Connection;
  name: string;
  filtered: boolean;
  sort: string;
  onCount: () => void;
  slowSort: string | undefined;
}) {
  const { total } = snapshot;
  const all = useStoreCount(connection, name, filtered);
  return (
    <>
      {total ? (
        <Status>
          {counting ? (
            m("status.counting")
          ) : total.exact ? (
            rowsText(total, all)
          ) : (
            <button type="button" title={m("status.count")} className="hover:text-ink" onClick={onCount}>
              {rowsText(total, all)}
            </button>
          )}
        </Status>
      ) : null}
      {sort ? <Status>{m("status.sort", { sort })}</Status> : null}
      {slowSort ? (
        <Status>
          <span className="text-warn">{m("grid.sort.slow", { field: slowSort })}</span>
        </Status>
      ) : null}
      {snapshot.took === null ? null : <Status>{m("status.took", { ms: Math.round(snapshot.took) })}</Status>}
      <Status side="right">{m("status.times")}</Status>
    </>
  );
}

function rowsText(total: { rows: number; exact: boolean }, all: { rows: number; exact: boolean } | undefined): string {
  const shown = about(total.rows, total.exact);
  return all ? m("status.rowsOf", { rows: shown, total: about(all.rows, all.exact) }) : m("status.rows", { rows: shown });
}

function useStoreCount(connection: Connection, name: string, wanted: boolean): { rows: number; exact: boolean } | undefined {
  const { data } = useQuery({ ...countQuery(connection, name), enabled: wanted });
  return wanted ? data : undefined;
}

function EmptyRows({
  collection,
  connection,
  pills,
  search,
  mayCreate,
  onRemove,
  onClear,
  onNew,
  onImport,
}: {
  collection: CollectionInfo;
  connection: Connection;
  pills: readonly Pill[];
  search: string;
  mayCreate: boolean;
  onRemove: (pill: Pill) => void;
  onClear: () => void;
  onNew: () => void;
  onImport: () => void;
}): ReactNode {
  const { name } = collection;
  const filtered = pills.length > 0 || search !== "";
  const all = useStoreCount(connection, name, filtered);
  // The pill whose absence would show the most rows is the one worth naming.
  const without = useQuery({
    queryKey: [...keys.count(connection, name), "without", JSON.stringify(pills), search],
    enabled: pills.length > 0,
    queryFn: async ({ signal }) => {
      const counts = await Promise.all(
        pills.map(async (pill) => ({
          pill,
          ...(await connection.estimate({ collection: name, filter: filterOf(collection, pills.filter((p) => p !== pill)), search }, signal)),
        })),
      );
      return counts.filter((entry) => entry.rows > 0).sort((a, b) => b.rows - a.rows)[0] ?? null;
    },
  }).data;
  if (filtered) {
    return (
      <Empty
        title={all ? m("empty.filtered", { total: about(all.rows, all.exact), collection: name }) : m("empty.filtered.plain", { collection: name })}
        actions={
          <>
            {without ? <Button onClick={() => onRemove(without.pill)}>{m("empty.removeThat")}</Button> : null}
            <Button kind="ghost" command="data.clearFilters" onClick={onClear}>
              {m("empty.clear")}
            </Button>
          </>
        }
      >
        {without
          ? m.rich("empty.without", {
              pill: <b className="font-semibold text-ink">{`${without.pill.field} ${operatorText(without.pill.op, collection.fields.find((f) => f.name === without.pill.field))} ${without.pill.text}`}</b>,
              count: about(without.rows, without.exact),
            })
          : null}
      </Empty>
    );
  }
  return (
    <Empty
      title={m("empty.title", { collection: name })}
      actions={
        mayCreate ? (
          <>
            <Button icon={Plus} command="data.newRow" onClick={onNew}>
              {m("newRow")}
            </Button>
            <Button icon={Upload} onClick={onImport}>
              {m("import")}
            </Button>
          </>
        ) : undefined
      }
    >
      {mayCreate ? m("empty.body") : m("empty.readOnly")}
    </Empty>
  );
}

/** Nothing for 150 ms, then bars in the true column widths, then the time it takes. */
function FirstRead({ collection, fields }: { collection: CollectionInfo; fields: readonly FieldInfo[] }) {
  const [ms, setMs] = useState(0);
  useEffect(() => {
    const from = performance.now();
    const timer = setInterval(() => setMs(performance.now() - from), 100);
    return () => clearInterval(timer);
  }, []);
  if (ms < 150) return null;
  const what = m("grid.reading", { collection: collection.name });
  return (
    <div role="status" aria-label={what}>
      <LoadingBars columns={fields.slice(0, 10).map((field) => widthOf(field) * 0.7)} rows={12} />
      {ms > 600 ? (
        <div className="px-3">
          <LoadingLine what={what} seconds={ms / 1000} stoppable />
        </div>
      ) : null}
    </div>
  );
}

function GoTo({ last, onGo }: { last: number; onGo: (index: number) => void }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  return (
    <form
      className="flex w-72 flex-col gap-1 p-2"
      onSubmit={(event) => {
        event.preventDefault();
        const plainText = text.replaceAll(",", "").trim();
        const row = /^\d{1,12}$/.test(plainText) ? Number(plainText) : 0;
        if (row >= 1 && row <= last) onGo(row - 1);
        else setWrong(true);
      }}
    >
      <div className="flex gap-1.5">
        <Input
          autoFocus
          inputMode="numeric"
          aria-label={m("goto.label", { last })}
          placeholder={m("goto.label", { last })}
          invalid={wrong}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setWrong(false);
          }}
        />
        <Button type="submit" keys="Enter">
          {m("goto.go")}
        </Button>
      </div>
      {wrong ? (
        <span role="alert" className="text-hint text-bad">
          {m("goto.range", { last })}
        </span>
      ) : null}
    </form>
  );
}
