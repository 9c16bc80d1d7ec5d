import { Check } from "lucide-react";
import { memo, type ReactNode } from "react";
import { cx } from "@/kit/cx";
import { cellClass, LoadingValue, StagedCorner } from "@/kit/GridCell";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import { keyOf, type Conflict, type Op, type PendingState } from "@/lib/pending";
import type { RawRow } from "@/lib/rows";
import { DEFAULT, type Value } from "@/lib/values";
import { fromWire } from "@/lib/wire";
import { alignOf, CellView, plain } from "../CellView";
import { m } from "../messages";
import { heldKey, type Held, type Invalid } from "../held";
import { cellId, type RowKey } from "./place";

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
  /** Columns that scroll and are in sight; those before `pinned` stand still and always are. */
  readonly columns: readonly number[];
  readonly pinned: number;
  readonly stillWidth: number;
  readonly starts: readonly number[];
  readonly widths: readonly number[];
  readonly numberWidth: number;
  readonly rowHeight: number;
  readonly focusCol: number;
  /** Columns of the chosen block in this row; -1 when it does not reach here. */
  readonly chosenFrom: number;
  readonly chosenTo: number;
  /** Columns a fill would write in this row. */
  readonly aimFrom: number;
  readonly aimTo: number;
  /** The column whose cell carries the handle of the fill; -1 for none. */
  readonly handle: number;
  /** Stands in a band that scrolls in itself. */
  readonly loose: boolean;
  readonly labelOf: (raw: RawRow | undefined, field: FieldInfo, value: Value) => string | undefined;
  readonly editor: ReactNode;
  readonly picked: boolean;
}

interface CellProps {
  readonly rowKey: RowKey;
  readonly raw: RawRow | undefined;
  readonly isNew: boolean;
  readonly op: Op | undefined;
  readonly conflict: Conflict | undefined;
  readonly bad: Invalid | undefined;
  /** Worked out from a value that is staged: what is stored will not stay. */
  readonly stale: boolean;
  readonly field: FieldInfo;
  readonly col: number;
  readonly left: number;
  readonly width: number;
  readonly focused: boolean;
  readonly chosen: boolean;
  readonly picked: boolean;
  readonly aimed: boolean;
  readonly handle: boolean;
  readonly labelOf: RowProps["labelOf"];
  readonly editor: ReactNode;
}

/** The place of one cell. What moves, as columns do that are carried, is this and nothing in it. */
const Cell = memo(function Cell({ rowKey, raw, isNew, op, conflict, bad, stale, field, col, left, width, focused, chosen, picked, aimed, handle, labelOf, editor }: CellProps) {
  const missing = raw === undefined && !isNew;
  const said = (value: unknown): string => plain(field, value as Value, labelOf(raw, field, value as Value));
  return (
    <div
      id={cellId(rowKey, col)}
      role="gridcell"
      data-cell=""
      data-row={rowKey}
      data-col={col}
      aria-colindex={col + 2}
      aria-selected={chosen}
      aria-readonly={field.computed || undefined}
      tabIndex={focused ? 0 : -1}
      title={op && !isNew ? `${said(op.before)} → ${said(op.after)}` : stale ? m("grid.stale", { expression: field.expression ?? "" }) : undefined}
      className={cx(
        cellClass(op ? (conflict ? ["staged", "conflict"] : ["staged"]) : [], alignOf(field)),
        "group/cell ring-cell top-0 h-full border-r border-line-2",
        // What nobody writes stands back behind what one can.
        field.computed && (stale ? "text-ink-3 line-through" : "text-ink-2"),
        op ? "" : chosen || picked ? "bg-bg-active" : "hover:bg-bg-hover",
        op && chosen && "border-b border-b-ink",
        focused && editor === null && "focus:outline-2 focus:-outline-offset-2 focus:outline-ink focus:outline-solid",
      )}
      // The kit's cell is made for flow; here it has a place of its own.
      style={{ position: "absolute", left, width, ...(focused && editor !== null ? { overflow: "visible", zIndex: 2 } : {}) }}
    >
      {op ? <StagedCorner /> : null}
      {missing ? (
        <LoadingValue width={Math.max(Math.min(width - 32, 90), 16)} />
      ) : (
        <Content raw={raw} isNew={isNew} op={op} conflict={conflict} bad={bad} field={field} roomy={width >= (conflict ? 180 : 260)} labelOf={labelOf} />
      )}
      {focused ? editor : null}
      {aimed ? <span aria-hidden className="pointer-events-none absolute inset-0 border border-dashed border-draft" /> : null}
      {handle && !missing ? <span aria-hidden data-fill="" className={cx("absolute right-0 bottom-0 z-1 hidden size-[7px] cursor-crosshair border-t border-l border-bg-page bg-ink", chosen ? "group-focus-within/grid:block" : "group-focus/cell:block")} /> : null}
    </div>
  );
});

/** What one cell says, wherever it stands. */
const Content = memo(function Content({ raw, isNew, op, conflict, bad, field, roomy, labelOf }: Pick<CellProps, "raw" | "isNew" | "op" | "conflict" | "bad" | "field" | "labelOf"> & { readonly roomy: boolean }) {
  const value = op ? (op.after as Value) : raw ? fromWire(field.type, raw[field.name]) : DEFAULT;
  const was = op && !isNew ? (op.before as Value) : undefined;
  return (
    <CellView
      field={field}
      value={value}
      label={labelOf(raw, field, value)}
      was={was}
      wasLabel={was && labelOf(raw, field, was)}
      theirs={conflict ? (conflict.theirs as Value) : undefined}
      invalid={bad}
      roomy={roomy}
    />
  );
});

/** Whether the expression names one of these fields. */
function isWorkedOutFrom({ expression }: FieldInfo, changed: ReadonlyMap<string, Op>): boolean {
  if (expression === undefined) return false;
  const words = new Set(expression.match(/[\p{L}\p{N}_$]+/gu));
  return [...changed.keys()].some((name) => words.has(name));
}

export const GridRow = memo(function GridRow(props: RowProps) {
  const { rowKey, id, raw, top, number, place, isNew, cells, conflicts, invalid, collection, fields, columns, pinned, stillWidth, starts, widths, numberWidth, rowHeight, focusCol, chosenFrom, chosenTo, aimFrom, aimTo, handle, loose, labelOf, editor, picked } = props;
  const missing = raw === undefined && !isNew;

  const cell = (col: number): ReactNode => {
    const field = fields[col];
    if (!field) return null;
    const op = cells?.get(field.name);
    return (
      <Cell
        key={field.name}
        rowKey={rowKey}
        raw={raw}
        isNew={isNew}
        op={op}
        conflict={op && conflicts?.get(keyOf(op.target))}
        bad={id === null ? undefined : invalid?.get(heldKey(collection.name, id, field.name))}
        stale={cells !== undefined && !isNew && isWorkedOutFrom(field, cells)}
        field={field}
        col={col}
        left={starts[col] ?? 0}
        width={widths[col] ?? 0}
        focused={focusCol === col}
        chosen={chosenFrom >= 0 && col >= chosenFrom && col <= chosenTo}
        picked={picked}
        aimed={aimFrom >= 0 && col >= aimFrom && col <= aimTo}
        handle={handle === col}
        labelOf={labelOf}
        editor={focusCol === col ? editor : null}
      />
    );
  };

  return (
    <div
      role="row"
      aria-rowindex={place}
      aria-busy={missing || undefined}
      aria-selected={picked}
      className={cx("absolute right-0 left-0 border-b border-line-2", picked && "bg-bg-active")}
      style={{ top: top ?? 0, height: rowHeight }}
    >
      <div
        role="presentation"
        className={cx("z-1 h-full", picked ? "bg-bg-active" : "bg-bg-page", loose ? "relative left-(--grid-left)" : "sticky left-0")}
        style={{ width: stillWidth }}
      >
        <span
          role="rowheader"
          aria-colindex={1}
          data-pick={rowKey}
          className={cx("group relative flex h-full cursor-default items-center justify-end border-r border-line-2 px-2 text-second select-none", isNew ? "text-draft" : picked ? "text-ink" : "text-ink-3")}
          style={{ width: numberWidth }}
        >
          {isNew ? (
            number
          ) : (
            <>
              <span className={picked ? "opacity-0" : "group-hover:opacity-0"}>{number}</span>
              <span
                aria-hidden
                className={cx(
                  "absolute right-2 flex size-3.5 items-center justify-center rounded-tag border",
                  picked ? "border-ink bg-ink text-bg-page" : "border-line-control bg-bg-page opacity-0 group-hover:opacity-100",
                )}
              >
                {picked ? <Check size={10} className="stroke-meaning" /> : null}
              </span>
            </>
          )}
        </span>
        {Array.from({ length: pinned }, (_, col) => cell(col))}
        {pinned > 0 ? <span aria-hidden className="absolute top-0 -right-px z-1 h-full w-px bg-line-strong" /> : null}
      </div>
      {columns.map(cell)}
    </div>
  );
});
