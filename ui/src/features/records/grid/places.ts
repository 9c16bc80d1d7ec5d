import { useCallback, useMemo } from "react";
import type { CollectionInfo } from "@/lib/fields";
import type { PendingState } from "@/lib/pending";
import { RECORDS, rowChanges, type RowChange } from "@/lib/record-ops";
import type { RawRow, RowsSnapshot } from "@/lib/rows";
import type { RowKey } from "./place";

export interface Places {
  /** Open changes of this collection, row by row: what stands in the band. */
  readonly changes: readonly RowChange[];
  readonly touched: ReadonlyMap<string, RowChange>;
  readonly idOf: (raw: RawRow) => string;
  /** Where rows of the band stand in the result, as far as they were read. */
  readonly placed: ReadonlyMap<string, number>;
  readonly bandKeys: readonly RowKey[];
  /** Rows that are shown below the band. */
  readonly shownRows: number;
  /** Place among the shown rows to place in the result, and back. */
  readonly indexOf: (display: number) => number;
  readonly displayOf: (index: number) => number;
  /** Rows as one walks them: header, band, result. */
  readonly positionOf: (key: RowKey) => number;
  readonly keyAt: (position: number) => RowKey;
  readonly lastPosition: number;
  readonly step: (key: RowKey, by: number) => RowKey;
}

/** Which rows stand in the band of open changes, and which places that leaves to the others. */
export function usePlaces(collection: CollectionInfo, snapshot: RowsSnapshot, ops: PendingState["ops"], bandOnly: boolean): Places {
  const { held } = snapshot;
  const changes = useMemo(
    () => rowChanges([...ops.values()].filter((op) => op.target.scope === RECORDS && op.target.path[0] === collection.name)),
    [ops, collection.name],
  );
  const touched = useMemo(() => new Map(changes.map((change) => [change.row, change])), [changes]);
  const idOf = useCallback((raw: RawRow) => String(raw[collection.primaryKey] as string | number), [collection.primaryKey]);
  const placed = useMemo(() => {
    const places = new Map<string, number>();
    if (touched.size > 0) {
      for (const [index, raw] of held) {
        const id = idOf(raw);
        if (touched.has(id)) places.set(id, index);
      }
    }
    return places;
  }, [held, touched, idOf]);
  const hiddenRows = useMemo(() => [...placed.values()].sort((a, b) => a - b), [placed]);
  const indexOf = useCallback((display: number) => display + countWhile(hiddenRows, (gone, before) => gone - before <= display), [hiddenRows]);
  const displayOf = useCallback((index: number) => index - countWhile(hiddenRows, (gone) => gone < index), [hiddenRows]);
  const shownRows = bandOnly ? 0 : Math.max((snapshot.total?.rows ?? 0) - hiddenRows.length, 0);

  const bandKeys = useMemo(() => changes.map((change) => `b:${change.row}`), [changes]);
  const bandPlaces = useMemo(() => new Map(bandKeys.map((key, position) => [key, position])), [bandKeys]);
  const positionOf = useCallback(
    (key: RowKey): number => (key === "head" ? -1 : key.startsWith("b:") ? (bandPlaces.get(key) ?? -1) : bandKeys.length + displayOf(Number(key.slice(2)))),
    [bandKeys.length, bandPlaces, displayOf],
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

  return { changes, touched, idOf, placed, bandKeys, shownRows, indexOf, displayOf, positionOf, keyAt, lastPosition, step };
}

/** How many at the beginning of an ordered list hold; thousands of rows may stand in the band. */
function countWhile(list: readonly number[], holds: (entry: number, index: number) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(list[middle] ?? 0, middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
