import { useCallback } from "react";
import type { StoreApi } from "zustand/vanilla";
import type { Capability, Connection } from "@/lib/client";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import { pillOfCell, type Pill } from "@/lib/filters";
import { keyOf, type Pending } from "@/lib/pending";
import { cellTarget, isNewId } from "@/lib/record-ops";
import type { RawRow, Rows } from "@/lib/rows";
import { DEFAULT, type Value } from "@/lib/values";
import { fromWire } from "@/lib/wire";
import { plain } from "../CellView";
import { heldKey, type Held, type Invalid } from "../held";
import { m } from "../messages";
import { computedText } from "../words";
import { displayField } from "../RelationPicker";
import type { Focus, RowKey } from "./place";
import type { Places } from "./places";

/** Reading a cell: what is stored, what is staged on it, and what may be done with it. */
export interface Cells {
  readonly rawOf: (key: RowKey) => RawRow | undefined;
  readonly rowIdOf: (key: RowKey) => string | null;
  readonly storedOf: (key: RowKey, field: FieldInfo) => Value;
  readonly valueOf: (key: RowKey, field: FieldInfo) => Value;
  readonly refusalOf: (key: RowKey, field: FieldInfo) => string | null;
  readonly invalidAt: (id: string, field: string) => Invalid | undefined;
  readonly pillAt: (from: Focus) => Pill | null;
  /** How the row is called in a sentence. */
  readonly nameOf: (key: RowKey, raw?: RawRow) => string;
  /** What stands for the related row in a relation cell. */
  readonly labelOf: (raw: RawRow | undefined, field: FieldInfo, value: Value) => string | undefined;
}

export function useCells(
  {
    collection,
    find,
    fields,
    rows,
    connection,
    capability,
    pending,
  }: {
    readonly collection: CollectionInfo;
    readonly find: (name: string) => CollectionInfo | undefined;
    readonly fields: readonly FieldInfo[];
    readonly rows: Rows;
    readonly connection: Connection;
    readonly capability: Capability | null;
    readonly pending: Pending;
  },
  { placed, idOf }: Places,
  store: StoreApi<Held>,
  held: Held,
): Cells {
  const rawOf = useCallback(
    (key: RowKey): RawRow | undefined => {
      if (key.startsWith("r:")) return rows.row(Number(key.slice(2)));
      const id = key.slice(2);
      const index = placed.get(id);
      return (index === undefined ? undefined : rows.row(index)) ?? store.getState().rows.get(heldKey(collection.name, id));
    },
    [rows, placed, store, collection.name],
  );
  const rowIdOf = useCallback(
    (key: RowKey): string | null => {
      if (key.startsWith("b:")) return key.slice(2);
      const raw = rawOf(key);
      return raw ? idOf(raw) : null;
    },
    [rawOf, idOf],
  );
  const storedOf = useCallback(
    (key: RowKey, field: FieldInfo): Value => {
      const raw = rawOf(key);
      return raw ? fromWire(field.type, raw[field.name]) : DEFAULT;
    },
    [rawOf],
  );
  const valueOf = useCallback(
    (key: RowKey, field: FieldInfo): Value => {
      const id = rowIdOf(key);
      const op = id === null ? undefined : pending.store.getState().ops.get(keyOf(cellTarget(collection.name, id, field.name)));
      return op ? (op.after as Value) : storedOf(key, field);
    },
    [rowIdOf, storedOf, pending, collection.name],
  );

  // ---- what may be done
  const refusalOf = useCallback(
    (key: RowKey, field: FieldInfo): string | null => {
      const isNew = key.startsWith("b:") && isNewId(key.slice(2));
      if (connection.info.guard === "readonly") return m("refuse.readOnlyConnection", { connection: connection.info.name });
      if (field.computed) return computedText(field);
      if (!capability?.may(collection.name, isNew ? "create" : "update", field.name)) return m("refuse.field", { field: field.name });
      if (field.primaryKey && !isNew) return m("refuse.key");
      return null;
    },
    [connection, capability, collection.name],
  );


  const invalidAt = useCallback(
    (id: string, field: string): Invalid | undefined => held.invalid.get(heldKey(collection.name, id, field)),
    [held.invalid, collection.name],
  );

  const pillAt = useCallback(
    (from: Focus): Pill | null => {
      const field = fields[from.col];
      const raw = field && rawOf(from.row);
      return field && raw ? pillOfCell(field, raw[field.name]) : null;
    },
    [fields, rawOf],
  );

  const nameOf = useCallback(
    (key: RowKey, given?: RawRow): string => {
      const raw = given ?? rawOf(key);
      const field = fields.find((f) => f.name === collection.display) ?? collection.fields.find((f) => f.name === collection.display);
      const shown = raw && field ? plain(field, fromWire(field.type, raw[field.name])) : "";
      const id = rowIdOf(key) ?? (raw ? String(raw[collection.primaryKey] as string | number) : "");
      return shown !== "" && shown !== "NULL" && shown !== "''" ? shown.slice(0, 40) : m("row", { id });
    },
    [rawOf, fields, collection, rowIdOf],
  );

  const labelOf = useCallback(
    (raw: RawRow | undefined, field: FieldInfo, value: Value): string | undefined => {
      if (!field.relation || value.s !== "value") return undefined;
      const known = held.labels.get(heldKey(field.relation.target, value.v));
      if (known !== undefined) return known;
      const nested = raw?.[field.relation.name];
      const target = find(field.relation.target);
      const display = target && displayField(target, field.relation.showAs);
      if (typeof nested !== "object" || nested === null || !display || !target) return undefined;
      const doc = nested as RawRow;
      if (String(doc[target.primaryKey] as string | number) !== value.v) return undefined;
      const shown = fromWire(display.type, doc[display.name]);
      return shown.s === "value" ? plain(display, shown) : undefined;
    },
    [held.labels, find],
  );

  return { rawOf, rowIdOf, storedOf, valueOf, refusalOf, invalidAt, pillAt, nameOf, labelOf };
}
