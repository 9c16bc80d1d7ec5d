import { KeyRound, Pin, SquareFunction } from "lucide-react";
import { memo, type PointerEvent as ReactPointerEvent } from "react";
import { ContextMenu } from "@/kit/ContextMenu";
import { cx } from "@/kit/cx";
import { HeaderCell } from "@/kit/GridCell";
import type { MenuEntries } from "@/kit/Menu";
import { isWorkedOut, typeLabel, type FieldInfo } from "@/lib/fields";
import { alignOf } from "../CellView";
import { m } from "../messages";

/** What a column header can do to its column. */
export interface ColumnActs {
  readonly onSort: (field: string, add: boolean, direction?: "asc" | "desc" | null) => void;
  readonly onHide: (field: string) => void;
  readonly onMove: (field: string, by: number) => void;
  readonly onPin: (field: string) => void;
  readonly onResize: (field: FieldInfo, by: number) => void;
  readonly onPickFilter: (field: string) => void;
}

export const Head = memo(function Head({
  id,
  field,
  col,
  left,
  width,
  height,
  sort,
  focused,
  pinned,
  carried,
  onSort,
  onHide,
  onMove,
  onPin,
  onPickFilter,
  onResize,
  onFit,
  onCarry,
}: {
  id: string;
  field: FieldInfo;
  col: number;
  left: number;
  width: number;
  height: number;
  sort: "asc" | "desc" | undefined;
  focused: boolean;
  pinned: boolean;
  /** Under way to another place. */
  carried: boolean;
  onFit: (col: number) => void;
  onCarry: (event: ReactPointerEvent, col: number) => void;
} & ColumnActs) {
  const entries: MenuEntries = [
    { label: m("grid.sortUp"), disabled: sort === "asc" ? "" : undefined, onSelect: () => onSort(field.name, false, "asc") },
    { label: m("grid.sortDown"), disabled: sort === "desc" ? "" : undefined, onSelect: () => onSort(field.name, false, "desc") },
    ...(sort ? [{ label: m("grid.sortOff"), onSelect: () => onSort(field.name, false, null) }] : []),
    null,
    { label: m("grid.filterBy"), onSelect: () => onPickFilter(field.name) },
    null,
    { label: pinned ? m("grid.unpin") : m("grid.pin"), keys: "Alt+P", onSelect: () => onPin(field.name) },
    { label: m("grid.left"), keys: "Alt+Shift+←", onSelect: () => onMove(field.name, -1) },
    { label: m("grid.right"), keys: "Alt+Shift+→", onSelect: () => onMove(field.name, 1) },
    { label: m("grid.wider"), keys: "Alt+→", onSelect: () => onResize(field, 32) },
    { label: m("grid.narrower"), keys: "Alt+←", onSelect: () => onResize(field, -32) },
    { label: m("grid.fit"), keys: "Alt+W", onSelect: () => onFit(col) },
    null,
    { label: m("grid.hide"), keys: "Alt+H", onSelect: () => onHide(field.name) },
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
        title={field.description ?? field.expression}
        onPointerDown={(event) => onCarry(event, col)}
        onClick={(event) => {
          if (!(event.target instanceof Element && event.target.closest("[data-resize]"))) onSort(field.name, event.shiftKey);
        }}
        className={cx(
          "ring-cell absolute top-0 flex cursor-default items-center border-r border-line select-none hover:bg-bg-hover",
          carried && "bg-bg-active",
        )}
        style={{ left, width, height }}
      >
        <HeaderCell
          name={field.name}
          type={typeLabel(field)}
          sort={sort === "asc" ? "ascending" : sort === "desc" ? "descending" : undefined}
          align={alignOf(field)}
          badge={
            field.primaryKey || pinned || isWorkedOut(field) ? (
              <>
                {isWorkedOut(field) ? <SquareFunction role="img" aria-label={m("grid.computed")} size={12} className="shrink-0 text-ink-3" /> : null}
                {field.primaryKey ? <KeyRound role="img" aria-label={m("grid.key")} size={12} className="shrink-0" /> : null}
                {pinned ? <Pin role="img" aria-label={m("grid.pinned")} size={11} className="shrink-0 text-ink-3" /> : null}
              </>
            ) : undefined
          }
        />
        <span
          data-resize=""
          aria-hidden
          onDoubleClick={() => onFit(col)}
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
