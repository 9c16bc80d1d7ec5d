import { useCallback } from "react";
import type { StoreApi } from "zustand/vanilla";
import { toast } from "@/kit/toast";
import type { Capability, Connection } from "@/lib/client";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import type { Op, Pending } from "@/lib/pending";
import { cellTarget, isNewId, newRowId, RECORDS, stageCell, stageNewRow } from "@/lib/record-ops";
import type { RawRow } from "@/lib/rows";
import { editText, emptyOf, NULL, parse, validate, type Value } from "@/lib/values";
import { heldKey, hold, type Held } from "../held";
import { m } from "../messages";
import { readCsv } from "../sniff";
import { problemText } from "../words";
import type { Cells } from "./cells";
import { BLOCK_ROWS, type Focus } from "./place";
import type { Places } from "./places";
import type { Walk } from "./walk";

/** Changing cells: everything here stages, and nothing here writes. */
export interface Edits {
  readonly stage: (from: Focus, field: FieldInfo, next: Value, label?: string) => boolean;
  readonly copy: (from: Focus) => Promise<void>;
  readonly paste: (from: Focus, text: string) => void;
  readonly setTo: (from: Focus, kind: "empty" | "null") => void;
  readonly restore: (from: Focus) => void;
  readonly remove: (from: Focus) => void;
}

export function useEdits({
  collection,
  fields,
  connection,
  capability,
  pending,
  store,
  places,
  cells,
  walk,
  refuse,
  onDelete,
}: {
  readonly collection: CollectionInfo;
  readonly fields: readonly FieldInfo[];
  readonly connection: Connection;
  readonly capability: Capability | null;
  readonly pending: Pending;
  readonly store: StoreApi<Held>;
  readonly places: Places;
  readonly cells: Cells;
  readonly walk: Walk;
  readonly refuse: (at: Focus, text: string) => void;
  readonly onDelete: (rowId: string, raw: RawRow | undefined, name: string) => void;
}): Edits {
  const { positionOf, keyAt, lastPosition } = places;
  const { rawOf, rowIdOf, storedOf, valueOf, refusalOf, nameOf } = cells;
  const { block, blockCells, setFocus, dropBlock, takeFocus } = walk;

  const stage = useCallback(
    (from: Focus, field: FieldInfo, next: Value, label?: string): boolean => {
      const id = rowIdOf(from.row);
      if (id === null) return false;
      const problem = validate(field, next);
      if (problem) {
        refuse(from, problemText(problem));
        return false;
      }
      const raw = rawOf(from.row);
      if (raw && !isNewId(id)) hold(store, "rows", heldKey(collection.name, id), raw);
      if (label !== undefined && field.relation && next.s === "value") {
        hold(store, "labels", heldKey(field.relation.target, next.v), label);
      }
      hold(store, "invalid", heldKey(collection.name, id, field.name), undefined);
      pending.stage(stageCell(collection.name, id, field, storedOf(from.row, field), next));
      setFocus({ row: touchedAfter(pending, collection.name, id) ? `b:${id}` : from.row, col: from.col });
      takeFocus.current = true;
      return true;
    },
    [rowIdOf, rawOf, storedOf, store, pending, collection.name, refuse, setFocus, takeFocus],
  );

  const copy = useCallback(
    async (from: Focus) => {
      // As stored: no grouping, no shortening. Tabs and line ends inside a value are quoted, as sheets do.
      const text = blockCells(from)
        .map((line) =>
          line
            .map((at) => {
              const field = fields[at.col];
              const value = field && valueOf(at.row, field);
              const plainText = field && value?.s === "value" ? editText(field.type, value) : "";
              return /[\t\n\r"]/.test(plainText) && block ? `"${plainText.replaceAll('"', '""')}"` : plainText;
            })
            .join("\t"),
        )
        .join("\n");
      await navigator.clipboard.writeText(text);
      toast({ kind: "done", text: m("copy.done") });
    },
    [fields, valueOf, blockCells, block],
  );

  /** Stages a block from a sheet as one step. Rows past the end become new rows, where that is allowed. */
  const paste = useCallback(
    (from: Focus, text: string) => {
      const lines = readCsv(text.replace(/\r?\n$/, ""), "\t", BLOCK_ROWS);
      const start = positionOf(from.row);
      const ops: Op[] = [];
      const mayAdd = connection.info.guard !== "readonly" && capability?.may(collection.name, "create") === true;
      for (const [down, line] of lines.entries()) {
        const beyond = start + down > lastPosition;
        if (beyond && !mayAdd) break;
        const key = beyond ? `b:${newRowId()}` : keyAt(start + down);
        const id = rowIdOf(key);
        if (id === null) continue;
        const raw = rawOf(key);
        if (beyond) ops.push(stageNewRow(collection.name, id));
        else if (raw && !isNewId(id)) hold(store, "rows", heldKey(collection.name, id), raw);
        for (const [right, word] of line.entries()) {
          const field = fields[from.col + right];
          if (!field || refusalOf(key, field) !== null) continue;
          const read = word === "" && emptyOf(field.type)?.s !== "empty" && field.nullable ? ({ ok: true, value: NULL } as const) : parse(field.type, word);
          const problem = read.ok ? validate(field, read.value) : read.problem;
          hold(store, "invalid", heldKey(collection.name, id, field.name), problem ? { text: word, problem } : undefined);
          if (read.ok && !problem) ops.push(stageCell(collection.name, id, field, storedOf(key, field), read.value));
        }
      }
      takeFocus.current = true;
      if (ops.length > 0) pending.stage(ops);
    },
    [positionOf, connection, capability, collection.name, lastPosition, keyAt, rowIdOf, rawOf, store, fields, refusalOf, storedOf, pending, takeFocus],
  );

  const remove = useCallback(
    (from: Focus) => {
      const id = rowIdOf(from.row);
      if (id === null) return;
      if (isNewId(id)) {
        takeFocus.current = true;
        pending.discard(RECORDS, [collection.name, id]);
        return;
      }
      if (connection.info.guard === "readonly") refuse(from, m("refuse.readOnlyConnection", { connection: connection.info.name }));
      else if (!capability?.may(collection.name, "delete")) refuse(from, m("refuse.delete", { collection: collection.name }));
      else onDelete(id, rawOf(from.row), nameOf(from.row));
    },
    [rowIdOf, pending, collection.name, connection, capability, refuse, onDelete, rawOf, nameOf, takeFocus],
  );

  const setTo = useCallback(
    (from: Focus, kind: "empty" | "null") => {
      const field = fields[from.col];
      if (!field) return;
      if (block) {
        const ops = blockCells(from)
          .flat()
          .flatMap((cell): Op[] => {
            const f = fields[cell.col];
            const id = rowIdOf(cell.row);
            const raw = rawOf(cell.row);
            if (!f || id === null || refusalOf(cell.row, f) !== null || (kind === "null" && !f.nullable)) return [];
            const next = kind === "null" ? NULL : emptyOf(f.type);
            if (next === null) return [];
            if (raw && !isNewId(id)) hold(store, "rows", heldKey(collection.name, id), raw);
            return [stageCell(collection.name, id, f, storedOf(cell.row, f), next)];
          });
        if (ops.length > 0) pending.stage(ops);
        dropBlock();
        return;
      }
      const reason = refusalOf(from.row, field);
      if (reason !== null) refuse(from, reason);
      else if (kind === "null" && !field.nullable) refuse(from, m("refuse.noNull", { field: field.name }));
      else {
        const next = kind === "null" ? NULL : emptyOf(field.type);
        if (next === null) refuse(from, m("refuse.noEmpty", { field: field.name }));
        else stage(from, field, next);
      }
    },
    [fields, refusalOf, refuse, stage, block, blockCells, rowIdOf, rawOf, store, collection.name, storedOf, pending, dropBlock],
  );

  const restore = useCallback(
    (from: Focus) => {
      const field = fields[from.col];
      const id = rowIdOf(from.row);
      if (!field || id === null) return;
      hold(store, "invalid", heldKey(collection.name, id, field.name), undefined);
      takeFocus.current = true;
      pending.unstage([cellTarget(collection.name, id, field.name)]);
    },
    [fields, rowIdOf, store, collection.name, pending, takeFocus],
  );

  return { stage, copy, paste, setTo, restore, remove };
}

/** Whether the row has open changes now; the drawing may be one step behind. */
export function touchedAfter(pending: Pending, collection: string, id: string): boolean {
  return pending.opsOf(RECORDS, [collection, id]).length > 0;
}
