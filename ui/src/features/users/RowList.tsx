import { useRef, type KeyboardEvent, type ReactNode } from "react";
import { cx } from "@/kit/cx";

export interface RowColumn<Row> {
  readonly id: string;
  readonly label: string;
  readonly className?: string | undefined;
  readonly cell: (row: Row) => ReactNode;
}

/** Rows of which one is open at the right. One Tab stop; the arrows go from row to row, Enter opens. */
export function RowList<Row extends { readonly id: string }>({
  label,
  rows,
  columns,
  open,
  onOpen,
}: {
  label: string;
  rows: readonly Row[];
  columns: readonly RowColumn<Row>[];
  open: string | undefined;
  onOpen: (id: string) => void;
}) {
  const body = useRef<HTMLTableSectionElement>(null);
  const stop = rows.some((row) => row.id === open) ? open : rows[0]?.id;
  const key = (event: KeyboardEvent<HTMLTableRowElement>, at: number) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      const row = rows[at];
      if (row) onOpen(row.id);
      return;
    }
    const to = { ArrowDown: Math.min(at + 1, rows.length - 1), ArrowUp: Math.max(at - 1, 0), Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = body.current?.rows[to];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  return (
    <table role="grid" aria-label={label} className="w-full table-fixed border-collapse text-left">
      <thead className="sticky top-0 z-10 bg-bg-sunk text-second text-ink-2">
        <tr className="h-8">
          {columns.map((column) => (
            <th key={column.id} scope="col" className={cx("border-b border-line-strong px-3 font-medium first:pl-5", column.className)}>
              {column.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        {rows.map((row, at) => (
          <tr
            key={row.id}
            data-row={row.id}
            tabIndex={row.id === stop ? 0 : -1}
            aria-selected={row.id === open}
            onClick={() => onOpen(row.id)}
            onKeyDown={(event) => key(event, at)}
            className={cx("ring-cell h-row cursor-default border-b border-line-2", row.id === open ? "bg-bg-active" : "hover:bg-bg-hover")}
          >
            {columns.map((column) => (
              <td key={column.id} className={cx("truncate px-3 first:pl-5", column.className)}>
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
