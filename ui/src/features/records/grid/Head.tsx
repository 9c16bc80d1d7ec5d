import { KeyRound } from "lucide-react";
import { memo } from "react";
import { ContextMenu } from "@/kit/ContextMenu";
import { HeaderCell } from "@/kit/GridCell";
import type { MenuEntries } from "@/kit/Menu";
import { typeLabel, type FieldInfo } from "@/lib/fields";
import { alignOf } from "../CellView";
import { m } from "../messages";

/** What a column header can do to its column. */
export interface ColumnActs {
  readonly onSort: (field: string, add: boolean, direction?: "asc" | "desc" | null) => void;
  readonly onHide: (field: string) => void;
  readonly onMove: (field: string, by: number) => void;
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
  onResize: (field: FieldInfo, by: number) => void;
} & ColumnActs) {
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
