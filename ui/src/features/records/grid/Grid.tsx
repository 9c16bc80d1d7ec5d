import { lazy, Suspense, useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type ReactNode, type Ref } from "react";
import { useStore } from "zustand";
import { useAppearance } from "@/kit/appearance";
import { Checkbox } from "@/kit/Checkbox";
import { ContextMenu } from "@/kit/ContextMenu";
import type { Capability, Connection } from "@/lib/client";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import type { Pill, SortKey } from "@/lib/filters";
import type { Pending, PendingState } from "@/lib/pending";
import { isNewId } from "@/lib/record-ops";
import type { RawRow, Rows, RowsSnapshot } from "@/lib/rows";
import { drawnHeight } from "@/lib/scroll";
import type { Problem } from "@/lib/values";
import { CellEditor, type Move } from "../CellEditor";
import { Floating } from "../Floating";
import { heldKey, heldOf, hold } from "../held";
import { m } from "../messages";
import { RelationPeek, ValuePeek } from "../PeekCard";
import type { Layout } from "../layout";
import type { Picks } from "../picks";
import { Band } from "./Band";
import type { Block } from "./block";
import { useCells } from "./cells";
import { readClip, TYPED } from "./clipboard";
import { useColumns, useResize } from "./columns";
import { useCopies, type PickedRows } from "./copies";
import { useColumnDrag } from "./drag";
import { touchedAfter, useEdits } from "./edits";
import { fittingWidth } from "./fit";
import { GridRow } from "./GridRow";
import { Head, type ColumnActs } from "./Head";
import { gridKeys } from "./keys";
import { cellMenu } from "./menu";
import { usePeeks } from "./peeks";
import { BAND_GAP, BAND_HEAD, BAND_ROWS, BLOCK_ROWS, cellId, cellUnder, HEIGHTS, type Focus, type RowKey } from "./place";
import { usePlaces } from "./places";
import { usePointer } from "./pointer";
import { useSpace } from "./space";
import type { Report } from "./take";
import { useWalk } from "./walk";

export interface GridHandle {
  focus(): void;
  goTo(index: number): void;
  focusCell(rowId: string, field: string): void;
  /** Opens the editor of a cell with a text that it did not take. */
  editCell(rowId: string, field: string, text: string): void;
  editNew(rowId: string): void;
  currentPill(): Pill | null;
  visibleRange(): { first: number; last: number };
}

const WhyDialog = lazy(() => import("../why/WhyDialog").then((module) => ({ default: module.WhyDialog })));

interface GridProps extends ColumnActs {
  readonly collection: CollectionInfo;
  readonly find: (name: string) => CollectionInfo | undefined;
  readonly fields: readonly FieldInfo[];
  readonly rows: Rows;
  /** Which rows, in which order: another one begins at its first row. */
  readonly order: string;
  readonly snapshot: RowsSnapshot;
  readonly connection: Connection;
  readonly capability: Capability | null;
  readonly pending: Pending;
  readonly pendingState: PendingState;
  readonly sort: readonly SortKey[];
  /** So many fields at the beginning stand still. */
  readonly pinned: number;
  readonly widths: Layout["widths"];
  readonly onPlace: (field: string, index: number) => void;
  readonly picks: Picks;
  readonly bandOnly: boolean;
  readonly onBandOnly: (only: boolean) => void;
  readonly onFilter: (pill: Pill) => void;
  readonly onOpenRelated: (collection: string, pill: Pill) => void;
  readonly onDelete: (rowId: string, raw: RawRow | undefined, name: string) => void;
  readonly onHistory: (rowId: string, name: string) => void;
  /** Cells that kept their value when many were changed at once. */
  readonly onReport: (report: Report) => void;
  readonly picked: PickedRows | null;
  /** What stands under the header when there are no rows. */
  readonly empty: ReactNode;
  readonly handle: Ref<GridHandle>;
}

export function Grid(props: GridProps) {
  const { collection, find, fields, rows, snapshot, connection, capability, pending, pendingState, sort, bandOnly } = props;
  const density = useAppearance((state) => state.density);
  const { row: rowHeight, head: headHeight } = HEIGHTS[density];
  const store = heldOf(pending);
  const held = useStore(store);
  const scroller = useRef<HTMLDivElement>(null);
  const [editing, setEditing] = useState<{ focus: Focus; typed?: string } | null>(null);

  const readOnly = connection.info.guard === "readonly";
  const total = snapshot.total?.rows ?? 0;
  const places = usePlaces(collection, snapshot, pendingState.ops, bandOnly);
  const { changes, touched, idOf, placed, shownRows, indexOf } = places;
  const bandRows = changes.length;
  const bandHeight = bandRows === 0 ? 0 : BAND_HEAD + Math.min(bandRows, BAND_ROWS) * rowHeight + BAND_GAP;
  const space = useSpace(scroller, shownRows, rowHeight, headHeight + bandHeight);
  const { size, range } = space;
  const columns = useColumns({ scroller, fields, wanted: props.pinned, kept: props.widths, total, room: size.width });
  const { starts, widths, numberWidth, stillWidth, reveal } = columns;
  const resize = useResize(fields, widths, props.widths, props.onResize);
  const { picks } = props;
  const drag = useColumnDrag(scroller, fields, columns, props.onPlace);
  const peeks = usePeeks(scroller);
  const { peek, refusal, refuse, leave } = peeks;
  const cells = useCells(props, places, store, held);
  const { rawOf, rowIdOf, valueOf, refusalOf, invalidAt, pillAt, nameOf, labelOf } = cells;
  const walk = useWalk({ fields, rows, snapshot, order: props.order, places, space, columns, editing: editing !== null, leave: peeks.leave });
  const { at, block, go, setFocus, onward, takeFocus, within } = walk;
  const edits = useEdits({ collection, fields, rows, connection, capability, pending, store, places, cells, walk, refuse, onDelete: props.onDelete, onReport: props.onReport });
  const { stage } = edits;
  const copies = useCopies(fields, rows, cells, walk, props.picked);

  useEffect(() => {
    rows.want(indexOf(Math.max(range.first, 0)), indexOf(Math.max(range.last, 0)));
  }, [rows, range.first, range.last, indexOf, snapshot.ready]);

  const finish = useCallback(
    (to: RowKey, from: Focus, move: Move) => {
      setEditing(null);
      takeFocus.current = true;
      // A new row is written from left to right; below it stands nothing that belongs to it.
      if (move === "down" && !(from.row.startsWith("b:") && isNewId(from.row.slice(2)))) {
        go({ row: onward(1), col: from.col });
        return;
      }
      if (move === "next" || move === "previous") {
        const by = move === "next" ? 1 : -1;
        for (let col = from.col + by; col >= 0 && col < fields.length; col += by) {
          const field = fields[col];
          if (field && refusalOf(from.row, field) === null) {
            const next = { row: to, col };
            reveal(col);
            setFocus(next, from.row);
            setEditing({ focus: next });
            return;
          }
        }
      }
      setFocus({ row: to, col: from.col }, from.row);
    },
    [fields, refusalOf, reveal, go, onward, setFocus, takeFocus],
  );

  const open = useCallback(
    (from: Focus, typed?: string) => {
      const field = fields[from.col];
      if (!field || rowIdOf(from.row) === null) return;
      const reason = refusalOf(from.row, field);
      if (reason !== null) {
        refuse(from, reason);
        return;
      }
      leave();
      setEditing({ focus: from, ...(typed === undefined ? {} : { typed }) });
    },
    [fields, rowIdOf, refusalOf, refuse, leave],
  );

  const { onOpenRelated, onFilter } = props;
  const openRelated = useCallback(
    (from: Focus) => {
      const field = fields[from.col];
      const target = field?.relation && find(field.relation.target);
      if (!field || !target) return;
      const value = valueOf(from.row, field);
      if (value.s === "value") onOpenRelated(target.name, { field: target.primaryKey, op: "eq", text: value.v });
    },
    [fields, find, valueOf, onOpenRelated],
  );

  const { onHistory } = props;
  const history = useCallback(
    (from: Focus) => {
      const id = rowIdOf(from.row);
      if (id !== null && !isNewId(id)) onHistory(id, nameOf(from.row));
    },
    [rowIdOf, nameOf, onHistory],
  );

  const [asked, setAsked] = useState<{ readonly id: string; readonly name: string } | null>(null);
  const ask = useCallback(
    (from: Focus) => {
      const id = rowIdOf(from.row);
      if (id !== null && !isNewId(id)) setAsked({ id, name: nameOf(from.row) });
    },
    [rowIdOf, nameOf],
  );
  const why = capability?.administrator === true ? ask : undefined;

  function moveColumn(field: FieldInfo, by: number): void {
    const to = fields.indexOf(field) + by;
    if (to < 0 || to >= fields.length) return;
    props.onMove(field.name, by);
    go({ row: "head", col: to });
  }

  const drawnColumns = useRef({ fields, widths });
  useLayoutEffect(() => {
    drawnColumns.current = { fields, widths };
  }, [fields, widths]);
  const fit = useCallback(
    (col: number): void => {
      const { fields, widths } = drawnColumns.current;
      const field = fields[col];
      if (field) resize(field, fittingWidth(scroller.current, col) - (widths[col] ?? 0));
    },
    [resize],
  );

  const onKeyDown = gridKeys(fields, places, cells, walk, edits, peeks, picks, {
    editing,
    page: Math.max(Math.floor(space.space.viewport / rowHeight) - 1, 1),
    open,
    openRelated,
    moveColumn,
    resize,
    onPin: props.onPin,
    onHide: props.onHide,
    onFit: fit,
    onSort: props.onSort,
    onFilter: props.onFilter,
    history,
    why,
  });

  /** A related row peeks always, any other value when its cell cannot hold it. */
  function hasMore(focus: Focus, node: HTMLElement): boolean {
    const field = fields[focus.col];
    if (focus.row === "head" || !field || valueOf(focus.row, field).s !== "value") return false;
    return field.relation !== null || [...node.querySelectorAll(".truncate")].some((part) => part.scrollWidth > part.clientWidth);
  }

  const pointing = usePointer({ scroller, columns: fields.length, places, walk, edits, peeks, picks, editing: editing?.focus ?? null, hasMore });
  const { aim } = pointing;

  // ---- clipboard
  const cut = (from: Focus, event?: ClipboardEvent): void => {
    copies.copy(from, event);
    edits.clear(from);
  };
  const clipboard = useRef<(event: ClipboardEvent) => void>(undefined);
  useEffect(() => {
    clipboard.current = (event) => {
      if (editing || at.row === "head") return;
      if (event.type === "copy") copies.copy(at, event);
      else if (event.type === "cut") cut(at, event);
      else if (event.type === "paste") {
        event.preventDefault();
        const read = (type: string): string => event.clipboardData?.getData(type) ?? "";
        edits.paste(at, readClip({ typed: read(TYPED), text: read("text/plain"), html: read("text/html") }, BLOCK_ROWS));
      }
      // Engines that ask first whether anything is there to copy; nothing is selected in their sense.
      else event.preventDefault();
    };
  });
  useEffect(() => {
    const node = scroller.current;
    const listen = (event: Event): void => clipboard.current?.(event as ClipboardEvent);
    const names = ["copy", "cut", "paste", "beforecopy", "beforecut", "beforepaste"];
    for (const name of names) node?.addEventListener(name, listen);
    return () => {
      for (const name of names) node?.removeEventListener(name, listen);
    };
  }, []);

  // ---- from outside
  function cellOf(id: string, name: string): Focus {
    const col = Math.max(fields.findIndex((field) => field.name === name), 0);
    const index = touched.has(id) ? undefined : [...snapshot.held].find(([, raw]) => idOf(raw) === id)?.[0];
    return { row: index === undefined ? `b:${id}` : `r:${String(index)}`, col };
  }
  useImperativeHandle(props.handle, () => ({
    focus: () => go(at),
    goTo: (index) => go({ row: `r:${String(index)}`, col: at.col }),
    focusCell: (id, name) => go(cellOf(id, name)),
    editCell: (id, name, text) => {
      const cell = cellOf(id, name);
      go(cell);
      setEditing({ focus: cell, typed: text });
    },
    editNew: (id) => {
      const col = Math.max(
        fields.findIndex((field) => refusalOf(`b:${id}`, field) === null && !(field.primaryKey && field.defaultText !== null)),
        0,
      );
      const next = { row: `b:${id}`, col };
      reveal(col);
      peeks.close();
      setFocus(next);
      setEditing({ focus: next });
    },
    currentPill: () => pillAt(at),
    visibleRange: () => range,
  }));

  // ---- drawing
  const menu = cellMenu(fields, cells, walk, edits, copies, { open, openRelated, onFilter, cut: (from) => cut(from), history, why });

  /** The columns of a block in a row; none when it does not reach there. */
  const across = (part: Block | undefined | null, position: number): readonly [from: number, to: number] =>
    part && position >= part.top && position <= part.bottom ? [part.left, part.right] : [-1, -1];

  function drawRow(key: RowKey, raw: RawRow | undefined, top: number | null, number: string, place: number): ReactNode {
    const id = key.startsWith("b:") ? key.slice(2) : raw ? idOf(raw) : null;
    const change = id === null ? undefined : touched.get(id);
    const position = block || aim ? places.positionOf(key) : -1;
    const [chosenFrom, chosenTo] = across(block, position);
    const [aimFrom, aimTo] = across(aim?.block, position);
    const last = block ? (position === block.bottom ? block.right : -1) : at.row === key ? at.col : -1;
    return (
      <GridRow
        key={key}
        rowKey={key}
        id={id}
        raw={raw}
        top={top}
        number={number}
        place={place}
        isNew={change?.isNew === true}
        cells={change?.cells}
        conflicts={change ? pendingState.conflicts : undefined}
        invalid={id !== null && held.invalid.size > 0 ? held.invalid : undefined}
        collection={collection}
        fields={fields}
        columns={columns.drawn}
        pinned={columns.pinned}
        stillWidth={stillWidth}
        picked={id !== null && !key.startsWith("b:") && picks.has(id)}
        starts={starts}
        widths={widths}
        numberWidth={numberWidth}
        rowHeight={rowHeight}
        focusCol={at.row === key ? at.col : -1}
        chosenFrom={chosenFrom}
        chosenTo={chosenTo}
        aimFrom={aimFrom}
        aimTo={aimTo}
        handle={editing || readOnly ? -1 : last}
        loose={key.startsWith("b:") && bandRows > BAND_ROWS}
        labelOf={labelOf}
        editor={
          editing && at.row === key && editing.focus.col === at.col && id !== null
            ? renderEditor({ row: key, col: at.col }, id, editing.typed)
            : null
        }
      />
    );
  }

  function renderEditor(from: Focus, id: string, typed: string | undefined): ReactNode {
    const field = fields[from.col];
    if (!field) return null;
    const bad = invalidAt(id, field.name);
    return (
      <CellEditor
        key={`${id} ${field.name}`}
        field={field}
        value={valueOf(from.row, field)}
        typed={typed}
        invalidText={bad?.text}
        label={m("edit.cell", { field: field.name, row: isNewId(id) ? m("grid.new") : id })}
        target={field.relation ? find(field.relation.target) : undefined}
        canDefault={isNewId(id) && field.defaultText !== null}
        onStage={(next, move, label) => {
          const now = valueOf(from.row, field);
          const same = next === now && label === undefined;
          if (same || stage(from, field, next, label)) {
            finish(touchedAfter(pending, collection.name, id) ? `b:${id}` : from.row, from, move);
          }
        }}
        onInvalid={(text, problem: Problem) => {
          const raw = rawOf(from.row);
          if (raw) hold(store, "rows", heldKey(collection.name, id), raw);
          hold(store, "invalid", heldKey(collection.name, id, field.name), { text, problem });
          setEditing(null);
        }}
        onCancel={() => finish(from.row, from, "stay")}
      />
    );
  }

  function drawHead(col: number): ReactNode {
    const field = fields[col];
    if (!field) return null;
    return (
      <Head
        key={field.name}
        id={cellId("head", col)}
        field={field}
        col={col}
        left={starts[col] ?? 0}
        width={widths[col] ?? 0}
        height={headHeight}
        sort={sort.find((entry) => entry.field === field.name)?.direction}
        focused={at.row === "head" && at.col === col}
        pinned={col < props.pinned}
        carried={drag.carried === col}
        onSort={props.onSort}
        onHide={props.onHide}
        onMove={props.onMove}
        onPin={props.onPin}
        onPickFilter={props.onPickFilter}
        onResize={resize}
        onFit={fit}
        onCarry={drag.begin}
      />
    );
  }

  const visible: ReactNode[] = [];
  for (let display = Math.max(range.first, 0); display <= range.last; display += 1) {
    const index = indexOf(display);
    const top = display * rowHeight - space.offset + space.drawn;
    visible.push(drawRow(`r:${String(index)}`, rows.row(index), top, String(index + 1), index + 2 + bandRows));
  }

  const peekField = peek ? fields[peek.focus.col] : undefined;
  const peekValue = peek && peekField ? valueOf(peek.focus.row, peekField) : null;
  const peekTarget = peekField?.relation ? find(peekField.relation.target) : undefined;

  return (
    <div className="relative flex min-h-0 flex-1 flex-col bg-bg-page">
      <ContextMenu entries={menu}>
        <div
          ref={scroller}
          role="grid"
          aria-label={m("grid", { collection: collection.name })}
          aria-rowcount={snapshot.total?.exact === true ? total + bandRows + 1 : -1}
          aria-colcount={fields.length + 1}
          aria-multiselectable
          tabIndex={-1}
          onScroll={() => {
            peeks.scrolled();
            space.onScroll();
          }}
          onFocus={() => {
            within.current = true;
          }}
          onBlur={(event) => {
            if (event.relatedTarget) within.current = event.currentTarget.contains(event.relatedTarget);
          }}
          onKeyDown={onKeyDown}
          onPointerDown={pointing.onPointerDown}
          onPointerOver={pointing.onPointerOver}
          onDoubleClick={(event) => {
            const hit = cellUnder(event.target);
            if (hit && hit.focus.row !== "head") open(hit.focus);
          }}
          className="min-h-0 flex-1 overflow-auto outline-none select-none group/grid"
        >
          <div style={{ width: Math.max(columns.totalWidth, size.width), minHeight: "100%" }} className="relative">
            <div role="rowgroup" className="sticky top-0 z-10">
              <div role="row" aria-rowindex={1} className="relative border-b border-line-strong bg-bg-sunk" style={{ height: headHeight }}>
                <div role="presentation" className="sticky left-0 z-1 h-full bg-bg-sunk" style={{ width: stillWidth }}>
                  <span role="columnheader" aria-colindex={1} className="flex h-full items-center justify-end border-r border-line pr-2" style={{ width: numberWidth }}>
                    <Checkbox
                      aria-label={m("pick.all", { collection: collection.name })}
                      checked={picks.all}
                      mixed={!picks.all && picks.count > 0}
                      disabled={total === 0}
                      onChange={() => (picks.count > 0 ? picks.clear() : picks.pickAll())}
                    />
                  </span>
                  {Array.from({ length: columns.pinned }, (_, col) => drawHead(col))}
                  {columns.pinned > 0 ? <span aria-hidden className="absolute top-0 -right-px h-full w-px bg-line-strong" /> : null}
                </div>
                {columns.drawn.map(drawHead)}
                {drag.before === null ? null : (
                  <span
                    aria-hidden
                    className="absolute top-0 z-2 w-0.5 bg-ink"
                    style={{ left: (starts[drag.before] ?? columns.totalWidth) - 1, height: size.height }}
                  />
                )}
              </div>
              <Band
                rows={bandRows}
                rowHeight={rowHeight}
                width={size.width}
                span={fields.length + 1}
                focus={at.row.startsWith("b:") ? places.positionOf(at.row) : -1}
                only={bandOnly}
                onOnly={props.onBandOnly}
                draw={(order, top) => {
                  const change = changes[order];
                  if (!change) return null;
                  const index = placed.get(change.row);
                  const key = `b:${change.row}`;
                  const number = change.isNew ? m("grid.new") : index === undefined ? "" : String(index + 1);
                  return drawRow(key, rawOf(key), top, number, order + 2);
                }}
              />
            </div>
            <div role="rowgroup" className="relative overflow-clip" style={{ height: drawnHeight(space.space) }}>
              {visible}
            </div>
            {shownRows === 0 && !bandOnly ? (
              <div role="row" className="sticky left-0" style={{ width: size.width }}>
                <div role="gridcell" aria-colspan={fields.length + 1}>
                  {props.empty}
                </div>
              </div>
            ) : null}
          </div>
        </div>
      </ContextMenu>
      {asked ? (
        <Suspense fallback={null}>
          <WhyDialog collection={collection.name} id={asked.id} name={asked.name} onClose={() => setAsked(null)} />
        </Suspense>
      ) : null}
      {peek && peekField && peekValue && peekTarget && peekValue.s === "value" ? (
        <RelationPeek
          anchor={peek.anchor}
          field={peekField}
          id={peekValue.v}
          target={peekTarget}
          find={find}
          canChange={refusalOf(peek.focus.row, peekField) === null}
          onClose={() => peeks.close()}
        />
      ) : peek && peekField && peekValue ? (
        <ValuePeek anchor={peek.anchor} field={peekField} value={peekValue} onClose={() => peeks.close()} />
      ) : null}
      {refusal ? (
        <Floating passive anchor={refusal.anchor} label={refusal.text} onClose={() => peeks.dropRefusal()} className="border-l-2 border-warn px-2.5 py-1.5 text-second text-ink">
          <span role="alert">{refusal.text}</span>
        </Floating>
      ) : null}
    </div>
  );
}
