import { Pencil } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { cx } from "@/kit/cx";
import { m } from "../messages";
import { BAND_GAP, BAND_HEAD, BAND_ROWS } from "./place";

/** Rows with open changes, above the others whatever filter and sort say. */
export function Band({
  rows,
  rowHeight,
  width,
  span,
  focus,
  only,
  onOnly,
  draw,
}: {
  rows: number;
  rowHeight: number;
  /** What is seen of the grid. */
  width: number;
  /** Columns, the row numbers with them. */
  span: number;
  /** The row of the band that has the focus; -1 for none. */
  focus: number;
  only: boolean;
  onOnly: (only: boolean) => void;
  draw: (order: number, top: number) => ReactNode;
}) {
  const [scrolled, setScrolled] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const node = box.current;
    if (!node || focus < 0) return;
    const top = focus * rowHeight;
    if (top < node.scrollTop) node.scrollTop = top;
    else if (top + rowHeight > node.scrollTop + node.clientHeight) node.scrollTop = top + rowHeight - node.clientHeight;
  }, [focus, rowHeight]);
  if (rows === 0) return null;
  // Thousands of rows may be open at once; of the band, too, only what is in sight is drawn.
  const first = Math.max(0, Math.min(Math.floor(scrolled / rowHeight), rows - BAND_ROWS) - 1);
  const shown = Array.from({ length: Math.min(rows - first, BAND_ROWS + 3) }, (_, index) => first + index);
  if (focus >= 0 && !shown.includes(focus)) shown.push(focus);
  return (
    <div className="border-b border-line-strong bg-bg-page">
      <div role="row" className="sticky left-0 bg-draft-tint text-second" style={{ height: BAND_HEAD, width }}>
        <div role="gridcell" aria-colspan={span} className="flex h-full items-center gap-2 px-3">
          <Pencil aria-hidden size={12} className="text-draft" />
          <span className="font-medium text-draft">{m("band.title")}</span>
          <span className="min-w-0 flex-1 truncate text-ink-2">{m("band.facts", { count: rows })}</span>
          <button type="button" className="rounded-control px-1 text-ink-2 hover:bg-bg-hover" aria-pressed={only} onClick={() => onOnly(!only)}>
            {only ? m("band.all") : m("band.only")}
          </button>
        </div>
      </div>
      <div
        className={cx("relative", rows > BAND_ROWS && "overflow-y-auto")}
        style={{ height: Math.min(rows, BAND_ROWS) * rowHeight }}
        ref={box}
        onScroll={(event) => setScrolled(event.currentTarget.scrollTop)}
      >
        {rows > BAND_ROWS ? <div aria-hidden style={{ height: rows * rowHeight }} /> : null}
        {shown.map((order) => draw(order, order * rowHeight))}
      </div>
      <div className="border-t border-line bg-bg-page" style={{ height: BAND_GAP - 1 }} />
    </div>
  );
}
