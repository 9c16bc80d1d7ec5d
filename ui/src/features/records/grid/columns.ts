import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useLayoutEffect, useMemo, type RefObject } from "react";
import type { FieldInfo } from "@/lib/fields";
import { widthOf } from "../CellView";
import type { Layout } from "../layout";

/** Pinned columns may take this share of the width; beyond it they scroll with the others. */
const PINNED_SHARE = 0.6;

export interface Columns {
  /** The columns that are drawn and scroll, as places among the fields. */
  readonly drawn: readonly number[];
  /** So many columns at the beginning stand still. */
  readonly pinned: number;
  readonly widths: readonly number[];
  readonly starts: readonly number[];
  readonly numberWidth: number;
  /** Row number and pinned columns. */
  readonly stillWidth: number;
  readonly totalWidth: number;
  /** Scrolls a column into sight. */
  readonly reveal: (col: number) => void;
}

/** Where each column begins and which of them are in sight. */
export function useColumns({
  scroller,
  fields,
  wanted,
  kept,
  total,
  room,
}: {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly fields: readonly FieldInfo[];
  /** How many fields at the beginning are pinned. */
  readonly wanted: number;
  readonly kept: Layout["widths"];
  readonly total: number;
  /** The width that is seen. */
  readonly room: number;
}): Columns {
  const numberWidth = Math.max(44, String(Math.max(total, 1)).length * 7 + 18);
  const widths = useMemo(() => fields.map((field) => kept[field.name] ?? widthOf(field)), [fields, kept]);
  const starts = useMemo(() => {
    let x = numberWidth;
    return widths.map((width) => {
      const start = x;
      x += width;
      return start;
    });
  }, [widths, numberWidth]);
  const totalWidth = numberWidth + widths.reduce((sum, width) => sum + width, 0);
  const endOf = (count: number): number => (starts[count - 1] ?? numberWidth) + (count > 0 ? (widths[count - 1] ?? 0) : 0);
  let pinned = Math.min(wanted, fields.length);
  while (pinned > 0 && room > 0 && endOf(pinned) > room * PINNED_SHARE) pinned -= 1;
  const stillWidth = endOf(pinned);

  const virtual = useVirtualizer({
    horizontal: true,
    count: fields.length - pinned,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => widths[index + pinned] ?? 120,
    paddingStart: stillWidth,
    scrollPaddingStart: stillWidth,
    overscan: 2,
  });
  useLayoutEffect(() => virtual.measure(), [virtual, widths, stillWidth]);
  const columnKey = virtual.getVirtualItems().map((item) => item.index + pinned).join(",");
  const drawn = useMemo(() => (columnKey === "" ? [] : columnKey.split(",").map(Number)), [columnKey]);
  const reveal = useCallback(
    (col: number) => {
      if (col >= pinned) virtual.scrollToIndex(col - pinned, { align: "auto" });
    },
    [virtual, pinned],
  );

  return { drawn, pinned, widths, starts, numberWidth, stillWidth, totalWidth, reveal };
}
