import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useLayoutEffect, useMemo, useRef, type RefObject } from "react";
import { useAppearance } from "@/kit/appearance";
import type { FieldInfo } from "@/lib/fields";
import { useFonts } from "../measure";
import { widthOf } from "../widths";
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

/** So much wider a column of words may begin where there is room, so that addresses are read whole. */
const GROWTH = 120;

/** Widths as they were chosen, else as the types need them; columns of words take what room is left. */
export function firstWidths(fields: readonly FieldInfo[], kept: Layout["widths"], room: number): readonly number[] {
  const plain = fields.map((field) => kept[field.name] ?? widthOf(field));
  const wordy = fields.map((field) => kept[field.name] === undefined && !field.relation && field.type.kind === "text" && (field.type.length === undefined || field.type.length > 24));
  const words = wordy.filter(Boolean).length;
  const spare = room - plain.reduce((sum, width) => sum + width, 0);
  if (words === 0 || spare <= 0) return plain;
  const more = Math.min(GROWTH, Math.floor(spare / words));
  return plain.map((width, at) => (wordy[at] === true ? width + more : width));
}

/**
 * Makes a column wider or narrower from where it stands. What the others have grown by is kept
 * first: they stay as they are while one of them is drawn.
 */
export function useResize(fields: readonly FieldInfo[], widths: readonly number[], kept: Layout["widths"], onResize: (field: FieldInfo, by: number) => void): (field: FieldInfo, by: number) => void {
  const now = useRef({ fields, widths, kept });
  useLayoutEffect(() => {
    now.current = { fields, widths, kept };
  }, [fields, widths, kept]);
  return useCallback(
    (field, by) => {
      const { fields: all, widths: drawn, kept: known } = now.current;
      const grown = all.flatMap((one, at) => {
        const width = drawn[at] ?? 0;
        return known[one.name] === undefined && width !== widthOf(one) ? [{ one, width }] : [];
      });
      for (const { one, width } of grown) onResize(one, width - widthOf(one));
      // Another move may come before this one is drawn.
      now.current = { fields: all, widths: drawn, kept: { ...known, ...Object.fromEntries(grown.map(({ one, width }) => [one.name, width])) } };
      onResize(field, by);
    },
    [onResize],
  );
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
  const fonts = useFonts();
  const density = useAppearance((state) => state.density);
  const widths = useMemo(() => {
    // What texts measure follows from both.
    void [fonts, density];
    return firstWidths(fields, kept, room - numberWidth);
  }, [fields, kept, room, numberWidth, fonts, density]);
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
