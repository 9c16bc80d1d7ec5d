import { useVirtualizer } from "@tanstack/react-virtual";
import { Copy, CornerDownRight, Filter as FilterIcon, KeyRound, Pencil, Trash2 } from "lucide-react";
import {
  memo,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent as ReactPointerEvent,
  type ReactNode,
  type Ref,
} from "react";
import { useStore } from "zustand";
import { useAppearance } from "@/kit/appearance";
import { ContextMenu } from "@/kit/ContextMenu";
import { cx } from "@/kit/cx";
import { cellClass, HeaderCell, LoadingValue, StagedCorner } from "@/kit/GridCell";
import type { MenuEntries } from "@/kit/Menu";
import { toast } from "@/kit/toast";
import type { Capability, Connection } from "@/lib/client";
import { typeLabel, type CollectionInfo, type FieldInfo } from "@/lib/fields";
import type { Pill, SortKey } from "@/lib/filters";
import { pillOfCell } from "@/lib/filters";
import { keyOf, type Op, type Pending, type PendingState } from "@/lib/pending";
import { cellTarget, isNewId, newRowId, RECORDS, rowChanges, stageCell, stageNewRow } from "@/lib/record-ops";
import type { RawRow, Rows, RowsSnapshot } from "@/lib/rows";
import { drawnHeight, drawnOf, reveal, scrolled, visibleRows, type ScrollSpace } from "@/lib/scroll";
import { DEFAULT, editText, emptyOf, fromWire, NULL, parse, validate, value as asValue, type Problem, type Value } from "@/lib/values";
import { CellEditor, type Move } from "./CellEditor";
import { alignOf, CellView, plain, widthOf } from "./CellView";
import { anchorOf, Floating, type Anchor } from "./Floating";
import { heldKey, heldOf, hold, type Held, type Invalid } from "./held";
import { m } from "./messages";
import { RelationPeek, ValuePeek } from "./PeekCard";
import { displayField } from "./RelationPicker";
import { readCsv } from "./sniff";
import { problemText } from "./words";

/** Which row: `head`, `b:<id>` in the band of open changes, `r:<index>` in the result. */
type RowKey = string;

export interface GridHandle {
  focus(): void;
  goTo(index: number): void;
  focusCell(rowId: string, field: string): void;
  editNew(rowId: string): void;
  currentPill(): Pill | null;
  visibleRange(): { first: number; last: number };
}

interface GridProps {
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
  readonly bandOnly: boolean;
  readonly onBandOnly: (only: boolean) => void;
  readonly onSort: (field: string, add: boolean, direction?: "asc" | "desc" | null) => void;
  readonly onHide: (field: string) => void;
  readonly onMove: (field: string, by: number) => void;
  readonly onFilter: (pill: Pill) => void;
  readonly onPickFilter: (field: string) => void;
  readonly onOpenRelated: (collection: string, pill: Pill) => void;
  readonly onDelete: (rowId: string, raw: RawRow | undefined, name: string) => void;
  /** What stands under the header when there are no rows. */
  readonly empty: ReactNode;
  readonly handle: Ref<GridHandle>;
}

interface Focus {
  readonly row: RowKey;
  readonly col: number;
}

const HEIGHTS = { compact: { row: 24, head: 36 }, regular: { row: 28, head: 40 }, comfortable: { row: 34, head: 46 } } as const;
const BAND_HEAD = 24;
const BAND_GAP = 5;
/** More open rows than this scroll inside the band. */
const BAND_ROWS = 6;
const PEEK_DELAY = 350;
/** A block larger than this is copied, emptied and pasted only so far. */
const BLOCK_ROWS = 2000;

export function Grid(props: GridProps) {
  const { collection, find, fields, rows, snapshot, connection, capability, pending, pendingState, sort, bandOnly } = props;
  const density = useAppearance((state) => state.density);
  const { row: rowHeight, head: headHeight } = HEIGHTS[density];
  const store = heldOf(pending);
  const held = useStore(store);
  const scroller = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [scroll, setScroll] = useState({ drawn: 0, offset: 0 });
  const [focus, setFocus] = useState<Focus>({ row: "r:0", col: 0 });
  const [editing, setEditing] = useState<{ focus: Focus; typed?: string } | null>(null);
  const [peek, setPeek] = useState<{ focus: Focus; anchor: Anchor; pinned: boolean } | null>(null);
  const [refusal, setRefusal] = useState<{ anchor: Anchor; text: string } | null>(null);
  /** The other corner of a block of cells. */
  const [corner, setCorner] = useState<Focus | null>(null);
  const moveFocus = useRef(false);
  /** The focus is in the grid, or was when the row that held it went away. */
  const within = useRef(false);

  // ---- open changes of this collection, and where their rows stand in the result
  const changes = useMemo(
    () => rowChanges([...pendingState.ops.values()].filter((op) => op.target.scope === RECORDS && op.target.path[0] === collection.name)),
    [pendingState.ops, collection.name],
  );
  const touched = useMemo(() => new Map(changes.map((change) => [change.row, change])), [changes]);
  const idOf = useCallback((raw: RawRow) => String(raw[collection.primaryKey] as string | number), [collection.primaryKey]);
  const placed = useMemo(() => {
    const places = new Map<string, number>();
    if (touched.size > 0) {
      for (const [index, raw] of rows.held()) {
        const id = idOf(raw);
        if (touched.has(id)) places.set(id, index);
      }
    }
    return places;
    // The version stands for the content of `rows`.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [rows, snapshot.version, touched, idOf]);
  const hiddenRows = useMemo(() => [...placed.values()].sort((a, b) => a - b), [placed]);
  const indexOf = useCallback((display: number) => hiddenRows.reduce((index, gone) => (gone <= index ? index + 1 : index), display), [hiddenRows]);
  const displayOf = useCallback((index: number) => index - hiddenRows.filter((gone) => gone < index).length, [hiddenRows]);

  const total = snapshot.total?.rows ?? 0;
  const shownRows = bandOnly ? 0 : Math.max(total - hiddenRows.length, 0);
  const bandRows = changes.length;
  const bandHeight = bandRows === 0 ? 0 : BAND_HEAD + Math.min(bandRows, BAND_ROWS) * rowHeight + BAND_GAP;
  const space: ScrollSpace = useMemo(
    () => ({ rows: shownRows, rowHeight, viewport: Math.max(size.height - headHeight - bandHeight, rowHeight) }),
    [shownRows, rowHeight, size.height, headHeight, bandHeight],
  );
  const offset = Math.min(scroll.offset, Math.max(shownRows * rowHeight - space.viewport, 0));
  const range = visibleRows(space, offset);

  useEffect(() => {
    rows.want(indexOf(Math.max(range.first, 0)), indexOf(Math.max(range.last, 0)));
  }, [rows, range.first, range.last, indexOf, snapshot.ready]);

  // ---- size and columns
  useLayoutEffect(() => {
    const node = scroller.current;
    if (!node) return undefined;
    const measure = () => setSize({ width: node.clientWidth, height: node.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    return () => observer.disconnect();
  }, []);

  const numberWidth = Math.max(44, String(Math.max(total, 1)).length * 7 + 18);
  const widths = useMemo(
    () => fields.map((field) => held.widths.get(heldKey(collection.name, field.name)) ?? widthOf(field)),
    [fields, held.widths, collection.name],
  );
  const starts = useMemo(() => {
    let x = numberWidth;
    return widths.map((width) => {
      const start = x;
      x += width;
      return start;
    });
  }, [widths, numberWidth]);
  const totalWidth = numberWidth + widths.reduce((sum, width) => sum + width, 0);
  const virtual = useVirtualizer({
    horizontal: true,
    count: fields.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => widths[index] ?? 120,
    paddingStart: numberWidth,
    scrollPaddingStart: numberWidth,
    overscan: 2,
  });
  useLayoutEffect(() => virtual.measure(), [virtual, widths, numberWidth]);
  const columnKey = virtual.getVirtualItems().map((item) => item.index).join(",");
  const columns = useMemo(() => (columnKey === "" ? [] : columnKey.split(",").map(Number)), [columnKey]);

  // ---- scrolling
  const onScroll = useCallback(() => {
    const node = scroller.current;
    if (!node) return;
    // The band may scroll in itself; its row numbers then follow this instead of sticking.
    node.style.setProperty("--grid-left", `${String(node.scrollLeft)}px`);
    setPeek((open) => (open && !open.pinned ? null : open));
    setScroll((before) => {
      const drawn = node.scrollTop;
      if (drawn === before.drawn) return before;
      return { drawn, offset: scrolled(space, before.offset, before.drawn, drawn) };
    });
  }, [space]);

  // The thumb drifts from its proportional place while the wheel goes by true pixels; it is put
  // right once the scrolling rests.
  useEffect(() => {
    const node = scroller.current;
    if (!node) return undefined;
    const timer = setTimeout(() => {
      const right = drawnOf(space, scroll.offset);
      if (Math.abs(right - node.scrollTop) > 1) {
        node.scrollTop = right;
        setScroll((before) => ({ drawn: node.scrollTop, offset: before.offset }));
      }
    }, 200);
    return () => clearTimeout(timer);
  }, [space, scroll]);

  const showRow = useCallback(
    (display: number) => {
      const node = scroller.current;
      if (!node) return;
      setScroll((before) => {
        const next = reveal(space, before.offset, display);
        if (next === before.offset) return before;
        node.scrollTop = drawnOf(space, next);
        return { drawn: node.scrollTop, offset: next };
      });
    },
    [space],
  );

  const orderOf = useRef({ rows, order: props.order });
  useLayoutEffect(() => {
    const before = orderOf.current;
    // The old rows stand until the new ones are there; only then is the place given up.
    if (before.rows === rows) return;
    orderOf.current = { rows, order: props.order };
    if (before.order === props.order || !scroller.current) return;
    scroller.current.scrollTop = 0;
    setScroll({ drawn: 0, offset: 0 });
    setCorner(null);
    setFocus((held) => (held.row.startsWith("r:") ? { row: "r:0", col: held.col } : held));
  }, [rows, props.order]);

  // ---- reading a cell
  const rawOf = useCallback(
    (key: RowKey): RawRow | undefined => {
      if (key.startsWith("r:")) return rows.row(Number(key.slice(2)));
      const id = key.slice(2);
      const index = placed.get(id);
      return (index === undefined ? undefined : rows.row(index)) ?? store.getState().rows.get(heldKey(collection.name, id));
    },
    [rows, placed, store, collection.name],
  );
  const rowIdOf = useCallback(
    (key: RowKey): string | null => {
      if (key.startsWith("b:")) return key.slice(2);
      const raw = rawOf(key);
      return raw ? idOf(raw) : null;
    },
    [rawOf, idOf],
  );
  const storedOf = useCallback(
    (key: RowKey, field: FieldInfo): Value => {
      const raw = rawOf(key);
      return raw ? fromWire(field.type, raw[field.name]) : DEFAULT;
    },
    [rawOf],
  );
  const valueOf = useCallback(
    (key: RowKey, field: FieldInfo): Value => {
      const id = rowIdOf(key);
      const op = id === null ? undefined : pending.store.getState().ops.get(keyOf(cellTarget(collection.name, id, field.name)));
      return op ? (op.after as Value) : storedOf(key, field);
    },
    [rowIdOf, storedOf, pending, collection.name],
  );

  // ---- what may be done
  const refusalOf = useCallback(
    (key: RowKey, field: FieldInfo): string | null => {
      const isNew = key.startsWith("b:") && isNewId(key.slice(2));
      if (connection.info.guard === "readonly") return m("refuse.readOnlyConnection", { connection: connection.info.name });
      if (field.computed) return m("refuse.computed", { field: field.name });
      if (!capability?.may(collection.name, isNew ? "create" : "update", field.name)) return m("refuse.field", { field: field.name });
      if (field.primaryKey && !isNew) return m("refuse.key");
      return null;
    },
    [connection, capability, collection.name],
  );

  const cellId = (key: RowKey, col: number): string => `cell-${key}-${String(col)}`;
  const anchorAt = useCallback((at: Focus): Anchor | null => {
    const node = document.getElementById(cellId(at.row, at.col));
    return node ? anchorOf(node) : null;
  }, []);
  const refuse = useCallback(
    (at: Focus, text: string) => {
      const anchor = anchorAt(at);
      if (anchor) setRefusal({ anchor, text });
    },
    [anchorAt],
  );
  useEffect(() => {
    if (!refusal) return undefined;
    const timer = setTimeout(() => setRefusal(null), 4000);
    return () => clearTimeout(timer);
  }, [refusal]);

  // ---- moving
  const bandKeys = useMemo(() => changes.map((change) => `b:${change.row}`), [changes]);
  const go = useCallback(
    (next: Focus) => {
      moveFocus.current = true;
      setCorner(null);
      setPeek(null);
      setRefusal(null);
      setFocus(next);
      const field = Math.max(0, Math.min(next.col, fields.length - 1));
      if (next.row.startsWith("r:")) showRow(displayOf(Number(next.row.slice(2))));
      virtual.scrollToIndex(field, { align: "auto" });
    },
    [fields.length, showRow, displayOf, virtual],
  );

  /** Rows as one walks them: header, band, result. */
  const positionOf = useCallback(
    (key: RowKey): number => (key === "head" ? -1 : key.startsWith("b:") ? bandKeys.indexOf(key) : bandKeys.length + displayOf(Number(key.slice(2)))),
    [bandKeys, displayOf],
  );
  const keyAt = useCallback(
    (position: number): RowKey => {
      if (position < 0) return "head";
      return position < bandKeys.length ? (bandKeys[position] ?? "head") : `r:${String(indexOf(position - bandKeys.length))}`;
    },
    [bandKeys, indexOf],
  );
  const lastPosition = bandKeys.length + shownRows - 1;
  const step = useCallback(
    (key: RowKey, by: number): RowKey => keyAt(Math.max(-1, Math.min(positionOf(key) + by, lastPosition))),
    [keyAt, positionOf, lastPosition],
  );

  // A row that left the band, or went into it, takes the focus along.
  const at: Focus = useMemo(() => {
    const col = Math.max(0, Math.min(focus.col, fields.length - 1));
    if (focus.row === "head") return { row: "head", col };
    if (focus.row.startsWith("b:")) {
      const id = focus.row.slice(2);
      if (touched.has(id)) return { row: focus.row, col };
      for (const [index, raw] of rows.held()) if (idOf(raw) === id) return { row: `r:${String(index)}`, col };
      return { row: bandKeys[0] ?? `r:${String(indexOf(Math.max(range.first, 0)))}`, col };
    }
    const raw = rows.row(Number(focus.row.slice(2)));
    if (raw && touched.has(idOf(raw))) return { row: `b:${idOf(raw)}`, col };
    if (Number(focus.row.slice(2)) >= total && total > 0) return { row: `r:${String(total - 1)}`, col };
    return { row: focus.row, col };
  }, [focus, fields.length, touched, rows, idOf, bandKeys, indexOf, range.first, total]);

  useLayoutEffect(() => {
    const orphaned = within.current && document.activeElement === document.body;
    if ((!moveFocus.current && !orphaned) || editing) return;
    const node = document.getElementById(cellId(at.row, at.col));
    if (node) {
      moveFocus.current = false;
      node.focus({ preventScroll: true });
    }
  });

  // ---- a block of cells
  const block = useMemo(() => {
    if (!corner || at.row === "head") return null;
    const [a, b] = [positionOf(at.row), positionOf(corner.row)];
    if (a < 0 || b < 0) return null;
    return {
      top: Math.min(a, b),
      bottom: Math.min(Math.max(a, b), lastPosition),
      left: Math.min(at.col, corner.col),
      right: Math.max(at.col, corner.col),
    };
  }, [corner, at, positionOf, lastPosition]);
  const cells = useCallback(
    (from: Focus): readonly (readonly Focus[])[] => {
      if (!block) return [[from]];
      const rowsOf = Array.from({ length: Math.min(block.bottom - block.top + 1, BLOCK_ROWS) }, (_, index) => keyAt(block.top + index));
      return rowsOf.map((row) => Array.from({ length: block.right - block.left + 1 }, (_, index) => ({ row, col: block.left + index })));
    },
    [block, keyAt],
  );
  /** Moves one corner of the block; the other stays. */
  const extend = useCallback(
    (next: Focus) => {
      const fixed = corner ?? at;
      go(next);
      setCorner(fixed);
    },
    [corner, at, go],
  );

  // ---- changing
  const finish = useCallback(
    (from: Focus, move: Move) => {
      setEditing(null);
      moveFocus.current = true;
      if (move === "next" || move === "previous") {
        const by = move === "next" ? 1 : -1;
        for (let col = from.col + by; col >= 0 && col < fields.length; col += by) {
          const field = fields[col];
          if (field && refusalOf(from.row, field) === null) {
            const next = { row: from.row, col };
            virtual.scrollToIndex(col, { align: "auto" });
            setFocus(next);
            setEditing({ focus: next });
            return;
          }
        }
      }
      setFocus(from);
    },
    [fields, refusalOf, virtual],
  );

  const stage = useCallback(
    (from: Focus, field: FieldInfo, next: Value, label?: string): boolean => {
      const id = rowIdOf(from.row);
      if (id === null) return false;
      const problem = validate(field, next);
      if (problem) {
        refuse(from, problemText(problem));
        return false;
      }
      const raw = rawOf(from.row);
      if (raw && !isNewId(id)) hold(store, "rows", heldKey(collection.name, id), raw);
      if (label !== undefined && field.relation && next.s === "value") {
        hold(store, "labels", heldKey(field.relation.target, next.v), label);
      }
      hold(store, "invalid", heldKey(collection.name, id, field.name), undefined);
      pending.stage(stageCell(collection.name, id, field, storedOf(from.row, field), next));
      setFocus({ row: touchedAfter(pending, collection.name, id) ? `b:${id}` : from.row, col: from.col });
      moveFocus.current = true;
      return true;
    },
    [rowIdOf, rawOf, storedOf, store, pending, collection.name, refuse],
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
      setPeek(null);
      setRefusal(null);
      setEditing({ focus: from, ...(typed === undefined ? {} : { typed }) });
    },
    [fields, rowIdOf, refusalOf, refuse],
  );

  const invalidAt = useCallback(
    (id: string, field: string): Invalid | undefined => held.invalid.get(heldKey(collection.name, id, field)),
    [held.invalid, collection.name],
  );

  const openPeek = useCallback(
    (from: Focus, pinned: boolean) => {
      const anchor = anchorAt(from);
      if (anchor) setPeek({ focus: from, anchor, pinned });
    },
    [anchorAt],
  );

  const pillAt = useCallback(
    (from: Focus): Pill | null => {
      const field = fields[from.col];
      const raw = field && rawOf(from.row);
      return field && raw ? pillOfCell(field, raw[field.name]) : null;
    },
    [fields, rawOf],
  );

  const openRelated = useCallback(
    (from: Focus) => {
      const field = fields[from.col];
      const target = field?.relation && find(field.relation.target);
      if (!field || !target) return;
      const value = valueOf(from.row, field);
      if (value.s === "value") props.onOpenRelated(target.name, { field: target.primaryKey, op: "eq", text: value.v });
    },
    [fields, find, valueOf, props],
  );

  const copy = useCallback(
    async (from: Focus) => {
      // As stored: no grouping, no shortening. Tabs and line ends inside a value are quoted, as sheets do.
      const text = cells(from)
        .map((line) =>
          line
            .map((at) => {
              const field = fields[at.col];
              const value = field && valueOf(at.row, field);
              const plainText = field && value?.s === "value" ? editText(field.type, value) : "";
              return /[\t\n\r"]/.test(plainText) && block ? `"${plainText.replaceAll('"', '""')}"` : plainText;
            })
            .join("\t"),
        )
        .join("\n");
      await navigator.clipboard.writeText(text);
      toast({ kind: "done", text: m("copy.done") });
    },
    [fields, valueOf, cells, block],
  );

  /** Stages a block from a sheet as one step. Rows past the end become new rows, where that is allowed. */
  const paste = useCallback(
    (from: Focus, text: string) => {
      const lines = readCsv(text.replace(/\r?\n$/, ""), "\t", BLOCK_ROWS);
      const start = positionOf(from.row);
      const ops: Op[] = [];
      const mayAdd = connection.info.guard !== "readonly" && capability?.may(collection.name, "create") === true;
      for (const [down, line] of lines.entries()) {
        const beyond = start + down > lastPosition;
        if (beyond && !mayAdd) break;
        const key = beyond ? `b:${newRowId()}` : keyAt(start + down);
        const id = rowIdOf(key);
        if (id === null) continue;
        const raw = rawOf(key);
        if (beyond) ops.push(stageNewRow(collection.name, id));
        else if (raw && !isNewId(id)) hold(store, "rows", heldKey(collection.name, id), raw);
        for (const [right, word] of line.entries()) {
          const field = fields[from.col + right];
          if (!field || refusalOf(key, field) !== null) continue;
          const read = word === "" && emptyOf(field.type)?.s !== "empty" && field.nullable ? ({ ok: true, value: NULL } as const) : parse(field.type, word);
          const problem = read.ok ? validate(field, read.value) : read.problem;
          hold(store, "invalid", heldKey(collection.name, id, field.name), problem ? { text: word, problem } : undefined);
          if (read.ok && !problem) ops.push(stageCell(collection.name, id, field, storedOf(key, field), read.value));
        }
      }
      moveFocus.current = true;
      if (ops.length > 0) pending.stage(ops);
    },
    [positionOf, connection, capability, collection.name, lastPosition, keyAt, rowIdOf, rawOf, store, fields, refusalOf, storedOf, pending],
  );

  const nameOf = useCallback(
    (key: RowKey): string => {
      const raw = rawOf(key);
      const field = fields.find((f) => f.name === collection.display) ?? collection.fields.find((f) => f.name === collection.display);
      const shown = raw && field ? plain(field, fromWire(field.type, raw[field.name])) : "";
      const id = rowIdOf(key) ?? "";
      return shown !== "" && shown !== "NULL" && shown !== "''" ? shown.slice(0, 40) : m("row", { id });
    },
    [rawOf, fields, collection, rowIdOf],
  );

  const remove = useCallback(
    (from: Focus) => {
      const id = rowIdOf(from.row);
      if (id === null) return;
      if (isNewId(id)) {
        moveFocus.current = true;
        pending.discard(RECORDS, [collection.name, id]);
        return;
      }
      if (connection.info.guard === "readonly") refuse(from, m("refuse.readOnlyConnection", { connection: connection.info.name }));
      else if (!capability?.may(collection.name, "delete")) refuse(from, m("refuse.delete", { collection: collection.name }));
      else props.onDelete(id, rawOf(from.row), nameOf(from.row));
    },
    [rowIdOf, pending, collection.name, connection, capability, refuse, props, rawOf, nameOf],
  );

  const setTo = useCallback(
    (from: Focus, kind: "empty" | "null") => {
      const field = fields[from.col];
      if (!field) return;
      if (block) {
        const ops = cells(from)
          .flat()
          .flatMap((cell): Op[] => {
            const f = fields[cell.col];
            const id = rowIdOf(cell.row);
            const raw = rawOf(cell.row);
            if (!f || id === null || refusalOf(cell.row, f) !== null || (kind === "null" && !f.nullable)) return [];
            const next = kind === "null" ? NULL : emptyOf(f.type);
            if (next === null) return [];
            if (raw && !isNewId(id)) hold(store, "rows", heldKey(collection.name, id), raw);
            return [stageCell(collection.name, id, f, storedOf(cell.row, f), next)];
          });
        if (ops.length > 0) pending.stage(ops);
        setCorner(null);
        return;
      }
      const reason = refusalOf(from.row, field);
      if (reason !== null) refuse(from, reason);
      else if (kind === "null" && !field.nullable) refuse(from, m("refuse.noNull", { field: field.name }));
      else {
        const next = kind === "null" ? NULL : emptyOf(field.type);
        if (next === null) refuse(from, m("refuse.noEmpty", { field: field.name }));
        else stage(from, field, next);
      }
    },
    [fields, refusalOf, refuse, stage, block, cells, rowIdOf, rawOf, store, collection.name, storedOf, pending],
  );

  const restore = useCallback(
    (from: Focus) => {
      const field = fields[from.col];
      const id = rowIdOf(from.row);
      if (!field || id === null) return;
      hold(store, "invalid", heldKey(collection.name, id, field.name), undefined);
      moveFocus.current = true;
      pending.unstage([cellTarget(collection.name, id, field.name)]);
    },
    [fields, rowIdOf, store, collection.name, pending],
  );

  function onKeyDown(event: KeyboardEvent): void {
    if (editing || event.nativeEvent.isComposing) return;
    const mod = event.ctrlKey || event.metaKey;
    const field = fields[at.col];
    const inHead = at.row === "head";
    const page = Math.max(Math.floor(space.viewport / rowHeight) - 1, 1);
    const take = (): void => {
      event.preventDefault();
      event.stopPropagation();
    };
    const way = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.shiftKey && !event.altKey && !mod && way && !inHead) {
      take();
      const row = step(at.row, way[0] ?? 0);
      extend({ row: row === "head" ? at.row : row, col: Math.max(0, Math.min(at.col + (way[1] ?? 0), fields.length - 1)) });
      return;
    }
    switch (event.key) {
      case "ArrowUp":
        take();
        go({ row: mod ? step(at.row, -shownRows - bandRows) : step(at.row, -1), col: at.col });
        return;
      case "ArrowDown":
        take();
        go({ row: mod ? step(at.row, shownRows + bandRows) : step(at.row, 1), col: at.col });
        return;
      case "ArrowLeft":
        take();
        if (inHead && event.altKey && event.shiftKey && field) moveColumn(field, -1);
        else if (inHead && event.altKey && field) resize(field, -16);
        else go({ row: at.row, col: mod ? 0 : Math.max(at.col - 1, 0) });
        return;
      case "ArrowRight":
        take();
        if (inHead && event.altKey && event.shiftKey && field) moveColumn(field, 1);
        else if (inHead && event.altKey && field) resize(field, 16);
        else go({ row: at.row, col: mod ? fields.length - 1 : Math.min(at.col + 1, fields.length - 1) });
        return;
      case "PageUp":
        take();
        go({ row: step(at.row, -page), col: at.col });
        return;
      case "PageDown":
        take();
        go({ row: step(at.row, page), col: at.col });
        return;
      case "Home":
        take();
        if (mod) go({ row: bandKeys[0] ?? `r:${String(indexOf(0))}`, col: 0 });
        else go({ row: at.row, col: 0 });
        return;
      case "End":
        take();
        if (mod) go({ row: `r:${String(indexOf(Math.max(shownRows - 1, 0)))}`, col: fields.length - 1 });
        else go({ row: at.row, col: fields.length - 1 });
        return;
      case "Escape":
        if (peek || corner) {
          take();
          setPeek(null);
          setCorner(null);
        } else if (!inHead && field) {
          const id = rowIdOf(at.row);
          const staged = id !== null && (touched.get(id)?.cells.has(field.name) === true || invalidAt(id, field.name) !== undefined);
          if (staged) {
            take();
            restore(at);
          }
        }
        return;
      default:
        break;
    }
    if (inHead) {
      if ((event.key === "Enter" || event.key === " ") && field) {
        take();
        props.onSort(field.name, event.shiftKey);
      }
      return;
    }
    if (!field) return;
    if (event.key === "Enter" || event.key === "F2") {
      take();
      if (mod && event.key === "Enter") openRelated(at);
      else open(at);
    } else if (event.key === "Backspace" && !event.shiftKey) {
      take();
      setTo(at, mod ? "null" : "empty");
    } else if (event.key === "Delete") {
      take();
      remove(at);
    } else if (event.key === " ") {
      take();
      if (field.type.kind === "bool" && refusalOf(at.row, field) === null) {
        const now = valueOf(at.row, field);
        stage(at, field, asValue(now.s === "value" && now.v === "true" ? "false" : "true"));
      } else if (peek) setPeek(null);
      else openPeek(at, true);
    } else if (mod && event.key.toLowerCase() === "c" && !window.getSelection()?.toString()) {
      take();
      void copy(at);
    } else if (event.altKey && event.key.toLowerCase() === "f") {
      take();
      const pill = pillAt(at);
      if (pill) props.onFilter(pill);
    } else if (!mod && !event.altKey && /^[0-9+\-."'{[(]$/.test(event.key)) {
      take();
      open(at, event.key);
    }
  }

  function resize(field: FieldInfo, by: number): void {
    const key = heldKey(collection.name, field.name);
    const now = store.getState().widths.get(key) ?? widthOf(field);
    hold(store, "widths", key, Math.max(40, Math.min(now + by, 800)));
  }

  /** The column keeps the focus where it goes. */
  function moveColumn(field: FieldInfo, by: number): void {
    const to = fields.indexOf(field) + by;
    if (to < 0 || to >= fields.length) return;
    props.onMove(field.name, by);
    go({ row: "head", col: to });
  }

  // ---- pointer
  function cellUnder(target: EventTarget | null): { focus: Focus; node: HTMLElement } | null {
    const node = target instanceof Element ? target.closest<HTMLElement>("[data-cell]") : null;
    const key = node?.dataset["row"];
    const col = node?.dataset["col"];
    return node && key !== undefined && col !== undefined ? { focus: { row: key, col: Number(col) }, node } : null;
  }

  function onPointerDown(event: ReactPointerEvent): void {
    const hit = cellUnder(event.target);
    if (!hit || (editing && editing.focus.row === hit.focus.row && editing.focus.col === hit.focus.col)) return;
    if (event.target instanceof Element && event.target.closest("[data-resize]")) return;
    if (event.shiftKey && event.button === 0 && hit.focus.row !== "head" && at.row !== "head") {
      event.preventDefault();
      extend(hit.focus);
      return;
    }
    setPeek(null);
    setRefusal(null);
    if (event.button === 0) setCorner(null);
    moveFocus.current = true;
    setFocus(hit.focus);
    if (event.altKey && event.button === 0) openPeek(hit.focus, true);
  }

  const hover = useRef<ReturnType<typeof setTimeout> | null>(null);
  function onPointerOver(event: ReactPointerEvent): void {
    if (hover.current) clearTimeout(hover.current);
    if (editing || event.pointerType === "touch") return;
    const hit = cellUnder(event.target);
    if (!hit || peek) return;
    const field = fields[hit.focus.col];
    if (hit.focus.row === "head" || !field || valueOf(hit.focus.row, field).s !== "value") return;
    // A related row peeks always, any other value when its cell cannot hold it.
    const cut = [...hit.node.querySelectorAll(".truncate")].some((node) => node.scrollWidth > node.clientWidth);
    if (!field.relation && !cut) return;
    hover.current = setTimeout(() => setPeek({ focus: hit.focus, anchor: anchorOf(hit.node), pinned: false }), PEEK_DELAY);
  }
  useEffect(() => () => {
    if (hover.current) clearTimeout(hover.current);
  }, []);

  // A pinned peek goes away with a press outside of it.
  useEffect(() => {
    if (!peek) return undefined;
    const away = (event: PointerEvent) => {
      const target = event.target as Element | null;
      if (!target?.closest("[data-peek]") && !scroller.current?.contains(target)) setPeek(null);
    };
    // One that only hovers goes when the pointer is neither on it nor on its cell.
    const over = (event: PointerEvent) => {
      const target = event.target as Element | null;
      const own = document.getElementById(cellId(peek.focus.row, peek.focus.col));
      if (!peek.pinned && !target?.closest("[role=dialog]") && !own?.contains(target)) setPeek(null);
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("pointerover", over);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("pointerover", over);
    };
  }, [peek]);

  // ---- from outside
  useImperativeHandle(props.handle, () => ({
    focus: () => go(at),
    goTo: (index) => go({ row: `r:${String(index)}`, col: at.col }),
    focusCell: (id, name) => {
      const col = fields.findIndex((field) => field.name === name);
      go({ row: `b:${id}`, col: Math.max(col, 0) });
    },
    editNew: (id) => {
      const col = Math.max(
        fields.findIndex((field) => refusalOf(`b:${id}`, field) === null && !(field.primaryKey && field.defaultText !== null)),
        0,
      );
      const next = { row: `b:${id}`, col };
      virtual.scrollToIndex(col, { align: "auto" });
      setPeek(null);
      setFocus(next);
      setEditing({ focus: next });
    },
    currentPill: () => pillAt(at),
    visibleRange: () => range,
  }));

  // ---- drawing
  const labelOf = useCallback(
    (raw: RawRow | undefined, field: FieldInfo, value: Value): string | undefined => {
      if (!field.relation || value.s !== "value") return undefined;
      const known = held.labels.get(heldKey(field.relation.target, value.v));
      if (known !== undefined) return known;
      const nested = raw?.[field.relation.name];
      const target = find(field.relation.target);
      const display = target && displayField(target, field.relation.showAs);
      if (typeof nested !== "object" || nested === null || !display || !target) return undefined;
      const doc = nested as RawRow;
      if (String(doc[target.primaryKey] as string | number) !== value.v) return undefined;
      const shown = fromWire(display.type, doc[display.name]);
      return shown.s === "value" ? plain(display, shown) : undefined;
    },
    [held.labels, find],
  );

  const menu: MenuEntries = useMemo(() => {
    const field = fields[at.col];
    if (!field || at.row === "head" || rowIdOf(at.row) === null) return [];
    const reason = refusalOf(at.row, field) ?? undefined;
    const pill = pillAt(at);
    return [
      { label: m("cmd.edit"), icon: Pencil, keys: "Enter", disabled: reason, onSelect: () => open(at) },
      ...(field.relation
        ? [{ label: m("cmd.open"), icon: CornerDownRight, keys: "Mod+Enter", onSelect: () => openRelated(at) }]
        : []),
      { label: m("cmd.filterThis"), icon: FilterIcon, keys: "Alt+F", onSelect: () => pill && props.onFilter(pill) },
      { label: m("cmd.copy"), icon: Copy, keys: "Mod+C", onSelect: () => void copy(at) },
      { label: m("cmd.null"), keys: "Mod+Backspace", disabled: reason ?? (field.nullable ? undefined : m("refuse.noNull", { field: field.name })), onSelect: () => setTo(at, "null") },
      null,
      { label: m("cmd.delete"), icon: Trash2, keys: "Delete", destructive: true, onSelect: () => remove(at) },
    ];
  }, [fields, at, rowIdOf, refusalOf, pillAt, open, openRelated, props, copy, setTo, remove]);

  const inBlock = (key: RowKey): boolean => {
    const position = positionOf(key);
    return block !== null && position >= block.top && position <= block.bottom;
  };

  function drawRow(key: RowKey, raw: RawRow | undefined, top: number | null, number: string, place: number): ReactNode {
    const id = key.startsWith("b:") ? key.slice(2) : raw ? idOf(raw) : null;
    const change = id === null ? undefined : touched.get(id);
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
        columns={columns}
        starts={starts}
        widths={widths}
        numberWidth={numberWidth}
        rowHeight={rowHeight}
        focusCol={at.row === key ? at.col : -1}
        chosenFrom={block && inBlock(key) ? block.left : -1}
        chosenTo={block && inBlock(key) ? block.right : -1}
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
            const key = touchedAfter(pending, collection.name, id) ? `b:${id}` : from.row;
            finish({ row: key, col: from.col }, move);
          }
        }}
        onInvalid={(text, problem: Problem) => {
          const raw = rawOf(from.row);
          if (raw) hold(store, "rows", heldKey(collection.name, id), raw);
          hold(store, "invalid", heldKey(collection.name, id, field.name), { text, problem });
          setEditing(null);
        }}
        onCancel={() => finish(from, "stay")}
      />
    );
  }

  const visible: ReactNode[] = [];
  for (let display = Math.max(range.first, 0); display <= range.last; display += 1) {
    const index = indexOf(display);
    const top = display * rowHeight - offset + scroll.drawn;
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
          onScroll={onScroll}
          onFocus={() => {
            within.current = true;
          }}
          onBlur={(event) => {
            if (event.relatedTarget) within.current = event.currentTarget.contains(event.relatedTarget);
          }}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            if (editing || at.row === "head") return;
            event.preventDefault();
            paste(at, event.clipboardData.getData("text/plain"));
          }}
          onPointerDown={onPointerDown}
          onPointerOver={onPointerOver}
          onDoubleClick={(event) => {
            const hit = cellUnder(event.target);
            if (hit && hit.focus.row !== "head") open(hit.focus);
          }}
          className="min-h-0 flex-1 overflow-auto outline-none"
        >
          <div style={{ width: Math.max(totalWidth, size.width), minHeight: "100%" }} className="relative">
            <div role="rowgroup" className="sticky top-0 z-10">
              <div role="row" aria-rowindex={1} className="relative border-b border-line-strong bg-bg-sunk" style={{ height: headHeight }}>
                <span role="columnheader" aria-colindex={1} className="sticky left-0 z-1 block h-full border-r border-line bg-bg-sunk" style={{ width: numberWidth }}>
                  <span className="sr-only">{m("grid.rowNumber")}</span>
                </span>
                {columns.map((col) => {
                  const field = fields[col];
                  const key = field && sort.find((entry) => entry.field === field.name);
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
                      sort={key?.direction}
                      focused={at.row === "head" && at.col === col}
                      onSort={props.onSort}
                      onHide={props.onHide}
                      onMove={props.onMove}
                      onPickFilter={props.onPickFilter}
                      onResize={resize}
                    />
                  );
                })}
              </div>
              {bandRows > 0 ? (
                <div className="border-b border-line-strong bg-bg-page">
                  <div role="row" className="sticky left-0 bg-draft-tint text-second" style={{ height: BAND_HEAD, width: size.width }}>
                   <div role="gridcell" aria-colspan={fields.length + 1} className="flex h-full items-center gap-2 px-3">
                    <Pencil aria-hidden size={12} className="text-draft" />
                    <span className="font-medium text-draft">{m("band.title")}</span>
                    <span className="min-w-0 flex-1 truncate text-ink-2">{m("band.facts", { count: bandRows })}</span>
                    <button type="button" className="rounded-control px-1 text-ink-2 hover:bg-bg-hover" aria-pressed={bandOnly} onClick={() => props.onBandOnly(!bandOnly)}>
                      {bandOnly ? m("band.all") : m("band.only")}
                    </button>
                   </div>
                  </div>
                  <div className={cx("relative", bandRows > BAND_ROWS && "overflow-y-auto")} style={{ height: Math.min(bandRows, BAND_ROWS) * rowHeight }}>
                    {changes.map((change, order) => {
                      const index = placed.get(change.row);
                      const key = `b:${change.row}`;
                      const number = change.isNew ? m("grid.new") : index === undefined ? "" : String(index + 1);
                      return drawRow(key, rawOf(key), order * rowHeight, number, order + 2);
                    })}
                  </div>
                  <div className="border-t border-line bg-bg-page" style={{ height: BAND_GAP - 1 }} />
                </div>
              ) : null}
            </div>
            <div role="rowgroup" className="relative overflow-clip" style={{ height: drawnHeight(space) }}>
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
      {peek && peekField && peekValue && peekTarget && peekValue.s === "value" ? (
        <RelationPeek
          anchor={peek.anchor}
          field={peekField}
          id={peekValue.v}
          target={peekTarget}
          find={find}
          canChange={refusalOf(peek.focus.row, peekField) === null}
          onClose={() => setPeek(null)}
        />
      ) : peek && peekField && peekValue ? (
        <ValuePeek anchor={peek.anchor} field={peekField} value={peekValue} onClose={() => setPeek(null)} />
      ) : null}
      {refusal ? (
        <Floating passive anchor={refusal.anchor} label={refusal.text} onClose={() => setRefusal(null)} className="border-l-2 border-warn px-2.5 py-1.5 text-second text-ink">
          <span role="alert">{refusal.text}</span>
        </Floating>
      ) : null}
    </div>
  );
}

function touchedAfter(pending: Pending, collection: string, id: string): boolean {
  return pending.opsOf(RECORDS, [collection, id]).length > 0;
}

const Head = memo(function Head({
  id,
  field,
  col,
  left,
  width,
  height,
  sort,
  focused,
  onSort,
  onHide,
  onMove,
  onPickFilter,
  onResize,
}: {
  id: string;
  field: FieldInfo;
  col: number;
  left: number;
  width: number;
  height: number;
  sort: "asc" | "desc" | undefined;
  focused: boolean;
  onSort: GridProps["onSort"];
  onHide: (field: string) => void;
  onMove: (field: string, by: number) => void;
  onPickFilter: (field: string) => void;
  onResize: (field: FieldInfo, by: number) => void;
}) {
  const entries: MenuEntries = [
    { label: m("grid.sortUp"), disabled: sort === "asc" ? "" : undefined, onSelect: () => onSort(field.name, false, "asc") },
    { label: m("grid.sortDown"), disabled: sort === "desc" ? "" : undefined, onSelect: () => onSort(field.name, false, "desc") },
    ...(sort ? [{ label: m("grid.sortOff"), onSelect: () => onSort(field.name, false, null) }] : []),
    null,
    { label: m("grid.filterBy"), onSelect: () => onPickFilter(field.name) },
    { label: m("grid.wider"), keys: "Alt+→", onSelect: () => onResize(field, 32) },
    { label: m("grid.narrower"), keys: "Alt+←", onSelect: () => onResize(field, -32) },
    { label: m("grid.left"), keys: "Alt+Shift+←", onSelect: () => onMove(field.name, -1) },
    { label: m("grid.right"), keys: "Alt+Shift+→", onSelect: () => onMove(field.name, 1) },
    { label: m("grid.hide"), onSelect: () => onHide(field.name) },
  ];
  return (
    <ContextMenu entries={entries}>
      <div
        id={id}
        role="columnheader"
        data-cell=""
        data-row="head"
        data-col={col}
        aria-colindex={col + 2}
        aria-sort={sort === "asc" ? "ascending" : sort === "desc" ? "descending" : "none"}
        tabIndex={focused ? 0 : -1}
        title={field.description ?? undefined}
        onClick={(event) => {
          if (!(event.target instanceof Element && event.target.closest("[data-resize]"))) onSort(field.name, event.shiftKey);
        }}
        className="ring-cell absolute top-0 flex cursor-default items-center border-r border-line select-none hover:bg-bg-hover"
        style={{ left, width, height }}
      >
        <HeaderCell
          name={field.name}
          type={typeLabel(field)}
          sort={sort === "asc" ? "ascending" : sort === "desc" ? "descending" : undefined}
          align={alignOf(field)}
          badge={field.primaryKey ? <KeyRound role="img" aria-label={m("grid.key")} size={12} /> : undefined}
        />
        <span
          data-resize=""
          aria-hidden
          onPointerDown={(event) => {
            event.preventDefault();
            event.stopPropagation();
            const handle = event.currentTarget;
            handle.setPointerCapture(event.pointerId);
            let x = event.clientX;
            const drag = (move: PointerEvent) => {
              onResize(field, move.clientX - x);
              x = move.clientX;
            };
            handle.addEventListener("pointermove", drag);
            handle.addEventListener("pointerup", () => handle.removeEventListener("pointermove", drag), { once: true });
          }}
          className="absolute top-0 -right-[4px] z-1 h-full w-[9px] cursor-col-resize"
        />
      </div>
    </ContextMenu>
  );
});

interface RowProps {
  readonly rowKey: RowKey;
  readonly id: string | null;
  readonly raw: RawRow | undefined;
  readonly top: number | null;
  readonly number: string;
  readonly place: number;
  readonly isNew: boolean;
  readonly cells: ReadonlyMap<string, Op> | undefined;
  readonly conflicts: PendingState["conflicts"] | undefined;
  readonly invalid: Held["invalid"] | undefined;
  readonly collection: CollectionInfo;
  readonly fields: readonly FieldInfo[];
  readonly columns: readonly number[];
  readonly starts: readonly number[];
  readonly widths: readonly number[];
  readonly numberWidth: number;
  readonly rowHeight: number;
  readonly focusCol: number;
  /** Columns of the chosen block in this row; -1 when it does not reach here. */
  readonly chosenFrom: number;
  readonly chosenTo: number;
  /** Stands in a band that scrolls in itself. */
  readonly loose: boolean;
  readonly labelOf: (raw: RawRow | undefined, field: FieldInfo, value: Value) => string | undefined;
  readonly editor: ReactNode;
}

const GridRow = memo(function GridRow(props: RowProps) {
  const { rowKey, id, raw, top, number, place, isNew, cells, conflicts, invalid, collection, fields, columns, starts, widths, numberWidth, rowHeight, focusCol, chosenFrom, chosenTo, loose, labelOf, editor } = props;
  const missing = raw === undefined && !isNew;
  return (
    <div
      role="row"
      aria-rowindex={place}
      aria-busy={missing || undefined}
      className="absolute right-0 left-0 border-b border-line-2"
      style={{ top: top ?? 0, height: rowHeight }}
    >
      <span
        role="rowheader"
        aria-colindex={1}
        className={cx(
          "z-1 flex h-full items-center justify-end border-r border-line-2 bg-bg-page px-2 text-second",
          loose ? "relative left-(--grid-left)" : "sticky left-0",
          isNew ? "text-draft" : "text-ink-3",
        )}
        style={{ width: numberWidth }}
      >
        {number}
      </span>
      {columns.map((col) => {
        const field = fields[col];
        if (!field) return null;
        const op = cells?.get(field.name);
        const stored = raw ? fromWire(field.type, raw[field.name]) : DEFAULT;
        const value = op ? (op.after as Value) : stored;
        const conflict = op && conflicts?.get(keyOf(op.target));
        const bad = id === null ? undefined : invalid?.get(heldKey(collection.name, id, field.name));
        const focused = focusCol === col;
        const chosen = chosenFrom >= 0 && col >= chosenFrom && col <= chosenTo;
        const align = alignOf(field);
        const width = widths[col] ?? 0;
        return (
          <div
            key={field.name}
            id={`cell-${rowKey}-${String(col)}`}
            role="gridcell"
            data-cell=""
            data-row={rowKey}
            data-col={col}
            aria-colindex={col + 2}
            aria-selected={chosen}
            tabIndex={focused ? 0 : -1}
            title={op && !isNew ? `${plain(field, op.before as Value, labelOf(raw, field, op.before as Value))} → ${plain(field, value, labelOf(raw, field, value))}` : undefined}
            className={cx(
              cellClass(op ? (conflict ? ["staged", "conflict"] : ["staged"]) : [], align),
              "ring-cell top-0 h-full border-r border-line-2",
              op ? "" : chosen ? "bg-bg-active" : "hover:bg-bg-hover",
              op && chosen && "border-b border-b-ink",
              focused && editor === null && "focus:outline-2 focus:-outline-offset-2 focus:outline-ink focus:outline-solid",
            )}
            // The kit's cell is made for flow; here it has a place of its own.
            style={{ position: "absolute", left: starts[col] ?? 0, width, ...(focused && editor !== null ? { overflow: "visible", zIndex: 2 } : {}) }}
          >
            {op ? <StagedCorner /> : null}
            {missing ? (
              <LoadingValue width={Math.max(Math.min(width - 32, 90), 16)} />
            ) : (
              <CellView
                field={field}
                value={value}
                label={labelOf(raw, field, value)}
                was={op && !isNew ? (op.before as Value) : undefined}
                wasLabel={op && !isNew ? labelOf(raw, field, op.before as Value) : undefined}
                theirs={conflict ? (conflict.theirs as Value) : undefined}
                invalid={bad}
                roomy={width >= (conflict ? 180 : 260)}
              />
            )}
            {focused ? editor : null}
          </div>
        );
      })}
    </div>
  );
});
