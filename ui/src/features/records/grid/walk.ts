import { useCallback, useLayoutEffect, useMemo, useRef, useState, type RefObject } from "react";
import type { FieldInfo } from "@/lib/fields";
import type { Rows, RowsSnapshot } from "@/lib/rows";
import { blockOf, type Block } from "./block";
import type { Columns } from "./columns";
import { BLOCK_ROWS, cellId, type Focus, type RowKey } from "./place";
import type { Places } from "./places";
import type { Space } from "./space";

export interface Walk {
  /** Where the focus is, after rows went into the band or left it. */
  readonly at: Focus;
  readonly block: Block | null;
  /** One corner of a block is elsewhere than the focus. */
  readonly hasCorner: boolean;
  /** `from`: the row an edit was made in, when that row moves into the band with it. Without it the cell was chosen as it stands. */
  readonly setFocus: (next: Focus, from?: RowKey) => void;
  /** The row under the focus goes into the band with what is staged now. */
  readonly keepHome: () => void;
  /** The row so many places on. Of a row that an edit took into the band, from where it stood. */
  readonly onward: (by: number) => RowKey;
  readonly dropBlock: () => void;
  readonly go: (next: Focus) => void;
  /** Moves one corner of the block; the other stays. */
  readonly extend: (next: Focus) => void;
  readonly blockCells: (from: Focus) => readonly (readonly Focus[])[];
  /** The element of the focus takes the keyboard with the next drawing. */
  readonly takeFocus: RefObject<boolean>;
  /** The focus is in the grid, or was when the row that held it went away. */
  readonly within: RefObject<boolean>;
}

/** One cell has the focus; a second corner makes a block of it. */
export function useWalk({
  fields,
  rows,
  snapshot,
  order,
  places,
  space,
  columns,
  editing,
  leave,
}: {
  readonly fields: readonly FieldInfo[];
  readonly rows: Rows;
  readonly snapshot: RowsSnapshot;
  readonly order: string;
  readonly places: Places;
  readonly space: Space;
  readonly columns: Columns;
  readonly editing: boolean;
  /** Whatever hangs on the cell that is left goes away. */
  readonly leave: () => void;
}): Walk {
  const { touched, idOf, bandKeys, indexOf, displayOf, positionOf, keyAt, lastPosition, step } = places;
  const { showRow, toTop, range } = space;
  const { reveal } = columns;
  const { held } = snapshot;
  const total = snapshot.total?.rows ?? 0;
  /** `home`: where the row stood in the result before an edit took it into the band. */
  const [focus, setPlace] = useState<Focus & { readonly home?: RowKey | undefined }>({ row: "r:0", col: 0 });
  /** The other corner of a block of cells. */
  const [corner, setCorner] = useState<Focus | null>(null);
  const takeFocus = useRef(false);
  const within = useRef(false);

  const orderOf = useRef({ rows, order });
  useLayoutEffect(() => {
    const before = orderOf.current;
    // The old rows stand until the new ones are there; only then is the place given up.
    if (before.rows === rows) return;
    orderOf.current = { rows, order };
    if (before.order === order) return;
    toTop();
    setCorner(null);
    setPlace((was) => (was.row.startsWith("r:") ? { row: "r:0", col: was.col } : was));
  }, [rows, order, toTop]);

  const go = useCallback(
    (next: Focus) => {
      takeFocus.current = true;
      setCorner(null);
      leave();
      setPlace(next);
      const field = Math.max(0, Math.min(next.col, fields.length - 1));
      if (next.row.startsWith("r:")) showRow(displayOf(Number(next.row.slice(2))));
      reveal(field);
    },
    [fields.length, showRow, displayOf, reveal, leave],
  );

  const at: Focus = useMemo(() => {
    const col = Math.max(0, Math.min(focus.col, fields.length - 1));
    if (focus.row === "head") return { row: "head", col };
    if (focus.row.startsWith("b:")) {
      const id = focus.row.slice(2);
      if (touched.has(id)) return { row: focus.row, col };
      for (const [index, raw] of held) if (idOf(raw) === id) return { row: `r:${String(index)}`, col };
      if (focus.home !== undefined && Number(focus.home.slice(2)) < total) return { row: focus.home, col };
      return { row: bandKeys[0] ?? `r:${String(indexOf(Math.max(range.first, 0)))}`, col };
    }
    const raw = rows.row(Number(focus.row.slice(2)));
    if (raw && touched.has(idOf(raw))) return { row: `b:${idOf(raw)}`, col };
    if (Number(focus.row.slice(2)) >= total && total > 0) return { row: `r:${String(total - 1)}`, col };
    return { row: focus.row, col };
  }, [focus, fields.length, touched, rows, held, idOf, bandKeys, indexOf, range.first, total]);

  // Only an edit under the hands leaves a home. Who chooses a row of the band walks the band from there,
  // also when the row came there with hundreds of others.
  const home = at.row.startsWith("b:") && (focus.row.startsWith("r:") || focus.row === at.row) ? focus.home : undefined;
  const setFocus = useCallback(
    (next: Focus, from?: RowKey) => setPlace({ ...next, home: from?.startsWith("r:") ? from : from === at.row ? home : undefined }),
    [at.row, home],
  );
  const keepHome = useCallback(() => setPlace((was) => (was.row.startsWith("r:") ? { ...was, home: was.row } : was)), []);
  const onward = useCallback(
    (by: number): RowKey => {
      if (home === undefined) return step(at.row, by);
      const place = positionOf(home);
      // Its place went to the row below it, unless its part of the result is not read.
      const gone = keyAt(place) !== home && by > 0;
      const next = keyAt(Math.max(-1, Math.min(place + (gone ? by - 1 : by), lastPosition)));
      // Above the first row of the result ends the band, with this very row: from there on as it stands.
      return next === at.row ? step(at.row, by) : next;
    },
    [home, at.row, step, positionOf, keyAt, lastPosition],
  );

  useLayoutEffect(() => {
    const orphaned = within.current && document.activeElement === document.body;
    if ((!takeFocus.current && !orphaned) || editing) return;
    const node = document.getElementById(cellId(at.row, at.col));
    if (node) {
      takeFocus.current = false;
      node.focus({ preventScroll: true });
    }
  });

  const block = useMemo(() => {
    if (!corner || at.row === "head") return null;
    const [a, b] = [positionOf(at.row), positionOf(corner.row)];
    if (a < 0 || b < 0) return null;
    const found = blockOf({ row: a, col: at.col }, { row: b, col: corner.col });
    return { ...found, bottom: Math.min(found.bottom, lastPosition) };
  }, [corner, at, positionOf, lastPosition]);
  const blockCells = useCallback(
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
  const dropBlock = useCallback(() => setCorner(null), []);

  return { at, block, hasCorner: corner !== null, setFocus, keepHome, onward, dropBlock, go, extend, blockCells, takeFocus, within };
}
