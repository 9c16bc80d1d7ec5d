import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { useCallback, useLayoutEffect, useMemo, type RefObject } from "react";
import type { StoreApi } from "zustand/vanilla";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import { widthOf } from "../CellView";
import { heldKey, hold, type Held } from "../held";

export interface Columns {
  /** The columns that are drawn, as places among the fields. */
  readonly drawn: readonly number[];
  readonly widths: readonly number[];
  readonly starts: readonly number[];
  readonly numberWidth: number;
  readonly totalWidth: number;
  readonly virtual: Virtualizer<HTMLDivElement, Element>;
  readonly resize: (field: FieldInfo, by: number) => void;
}

/** Where each column begins and which of them are in sight. */
export function useColumns(
  scroller: RefObject<HTMLDivElement | null>,
  collection: CollectionInfo,
  fields: readonly FieldInfo[],
  store: StoreApi<Held>,
  kept: Held["widths"],
  total: number,
): Columns {
  const numberWidth = Math.max(44, String(Math.max(total, 1)).length * 7 + 18);
  const widths = useMemo(
    () => fields.map((field) => kept.get(heldKey(collection.name, field.name)) ?? widthOf(field)),
    [fields, kept, collection.name],
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
  const drawn = useMemo(() => (columnKey === "" ? [] : columnKey.split(",").map(Number)), [columnKey]);

  const resize = useCallback(
    (field: FieldInfo, by: number): void => {
      const key = heldKey(collection.name, field.name);
      const now = store.getState().widths.get(key) ?? widthOf(field);
      hold(store, "widths", key, Math.max(40, Math.min(now + by, 800)));
    },
    [collection.name, store],
  );

  return { drawn, widths, starts, numberWidth, totalWidth, virtual, resize };
}
