import { useCallback } from "react";
import type { StoreApi } from "zustand/vanilla";
import { toast } from "@/kit/toast";
import type { Capability, Connection } from "@/lib/client";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import { keyOf, type Op, type Pending } from "@/lib/pending";
import { cellTarget, isNewId, newRowId, RECORDS, stageCell, stageNewRow } from "@/lib/record-ops";
import type { RawRow, Rows } from "@/lib/rows";
import { DEFAULT, emptyOf, equal, NULL, validate, type Value } from "@/lib/values";
import { fromWire } from "@/lib/wire";
import { heldKey, hold, holdMany, holdRows, type Held } from "../held";
import { m } from "../messages";
import { problemText } from "../words";
import { coverOf, type Aim, type Block } from "./block";
import type { Cells } from "./cells";
import type { Clip } from "./clipboard";
import { textOf } from "./copies";
import { filled } from "./fill";
import { g } from "./messages";
import { BLOCK_ROWS, type Focus, type RowKey } from "./place";
import type { Places } from "./places";
import { clearedOf, defaultOf, take, type Deed, type Left, type Report, type Taken } from "./take";
import type { Walk } from "./walk";

export type Clearing = "empty" | "null" | "default";

/** Changing cells: everything here stages, and nothing here writes. */
export interface Edits {
  readonly stage: (from: Focus, field: FieldInfo, next: Value, label?: string) => boolean;
  /** Stages a sheet as one step. Lines past the end become new rows, where that is allowed. */
  readonly paste: (from: Focus, clip: Clip) => void;
  readonly fill: (source: Block, aim: Aim, repeat: boolean) => void;
  readonly fillDown: (from: Focus) => void;
  readonly fillRight: (from: Focus) => void;
  readonly setTo: (from: Focus, kind: Clearing) => void;
  /** What stays of the cells that were cut out. */
  readonly clear: (from: Focus) => void;
  readonly restore: (from: Focus) => void;
  readonly remove: (from: Focus) => void;
}

/** A cell, and what shall come there. */
interface Wanted {
  readonly row: RowKey;
  readonly col: number;
  readonly text: string;
  readonly next: (field: FieldInfo, isNew: boolean) => Taken | string;
}

export function useEdits({
  collection,
  fields,
  rows,
  connection,
  capability,
  pending,
  store,
  places,
  cells,
  walk,
  refuse,
  onDelete,
  onReport,
}: {
  readonly collection: CollectionInfo;
  readonly fields: readonly FieldInfo[];
  readonly rows: Rows;
  readonly connection: Connection;
  readonly capability: Capability | null;
  readonly pending: Pending;
  readonly store: StoreApi<Held>;
  readonly places: Places;
  readonly cells: Cells;
  readonly walk: Walk;
  readonly refuse: (at: Focus, text: string) => void;
  readonly onDelete: (rowId: string, raw: RawRow | undefined, name: string) => void;
  readonly onReport: (report: Report) => void;
}): Edits {
  const { positionOf, keyAt, lastPosition, idOf } = places;
  const { rawOf, rowIdOf, storedOf, refusalOf, nameOf, labelOf } = cells;
  const { block, setFocus, keepHome, dropBlock, takeFocus } = walk;
  const { name } = collection;

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
      if (raw && !isNewId(id)) hold(store, "rows", heldKey(name, id), raw);
      if (label !== undefined && field.relation && next.s === "value") {
        hold(store, "labels", heldKey(field.relation.target, next.v), label);
      }
      hold(store, "invalid", heldKey(name, id, field.name), undefined);
      pending.stage(stageCell(name, id, field, storedOf(from.row, field), next));
      setFocus({ row: touchedAfter(pending, name, id) ? `b:${id}` : from.row, col: from.col }, from.row);
      takeFocus.current = true;
      return true;
    },
    [rowIdOf, rawOf, storedOf, store, pending, name, refuse, setFocus, takeFocus],
  );

  /** The rows of these positions, those too that are not on screen; then what is done with them. */
  const withRows = useCallback(
    (top: number, bottom: number, act: (rowAt: (key: RowKey) => RawRow | undefined) => void): void => {
      const missing: number[] = [];
      for (let position = top; position <= Math.min(bottom, lastPosition); position += 1) {
        const key = keyAt(position);
        if (key.startsWith("r:") && !rawOf(key)) missing.push(parseInt(key.slice(2), 10));
      }
      if (missing.length === 0) {
        act(rawOf);
        return;
      }
      rows.read(Math.min(...missing), Math.max(...missing)).then(
        (read) => act((key) => rawOf(key) ?? (key.startsWith("r:") ? read.get(parseInt(key.slice(2), 10)) : undefined)),
        // The grid's own reading tells of a server that does not answer.
        () => undefined,
      );
    },
    [rows, keyAt, rawOf, lastPosition],
  );

  const valueIn = useCallback(
    (key: RowKey, raw: RawRow | undefined, field: FieldInfo): Value => {
      const id = key.startsWith("b:") ? key.slice(2) : raw ? idOf(raw) : null;
      const op = id === null ? undefined : pending.store.getState().ops.get(keyOf(cellTarget(name, id, field.name)));
      return op ? (op.after as Value) : raw ? fromWire(field.type, raw[field.name]) : DEFAULT;
    },
    [idOf, pending, name],
  );

  /** Many cells as one step, and a report of those that kept their value. */
  const stageAll = useCallback(
    (deed: Deed, wanted: readonly Wanted[], rowAt: (key: RowKey) => RawRow | undefined, more: { ops?: readonly Op[]; beyondRows?: number; beyondCols?: number; at: Focus }): void => {
      const ops: Op[] = [...(more.ops ?? [])];
      const left: Left[] = [];
      const held: (readonly [string, RawRow])[] = [];
      const labels: (readonly [string, string])[] = [];
      const cleared: string[] = [];
      let staged = 0;
      for (const { row, col, text, next } of wanted) {
        const field = fields[col];
        if (!field) continue;
        const raw = rowAt(row);
        const id = row.startsWith("b:") ? row.slice(2) : raw ? idOf(raw) : null;
        const keep = (reason: string): void => {
          left.push({ rowId: id, row: id !== null && isNewId(id) ? m("grid.new") : raw ? nameOf(row, raw) : m("row", { id: id ?? "" }), field: field.name, text, reason });
        };
        if (id === null) {
          keep(g("left.unread"));
          continue;
        }
        const refusal = refusalOf(row, field);
        if (refusal !== null) {
          keep(refusal);
          continue;
        }
        const taken = next(field, isNewId(id));
        if (typeof taken === "string" || !taken.ok) {
          keep(typeof taken === "string" ? taken : problemText(taken.problem));
          continue;
        }
        if (raw && !isNewId(id)) held.push([heldKey(name, id), raw]);
        if (taken.label !== undefined && field.relation && taken.value.s === "value") labels.push([heldKey(field.relation.target, taken.value.v), taken.label]);
        cleared.push(heldKey(name, id, field.name));
        ops.push(stageCell(name, id, field, raw ? fromWire(field.type, raw[field.name]) : DEFAULT, taken.value));
        // A cell that has the value already is no change, and is not counted as one.
        if (!equal(field.type, valueIn(row, raw, field), taken.value)) staged += 1;
      }
      holdRows(store, held);
      holdMany(store, labels, cleared);
      takeFocus.current = true;
      if (ops.length > 0) {
        keepHome();
        pending.stage(ops);
      }
      dropBlock();
      const report: Report = { deed, staged, left, beyondRows: more.beyondRows ?? 0, beyondCols: more.beyondCols ?? 0 };
      const [only] = left;
      if (wanted.length === 1 && only && report.beyondRows + report.beyondCols === 0) refuse(more.at, only.reason);
      else if (left.length > 0 || report.beyondRows + report.beyondCols > 0) onReport(report);
      else if (staged > 1) {
        toast({ kind: "done", text: g("staged", { count: staged }), action: { label: m("cmd.takeBack"), keys: "Mod+Z", run: () => pending.undo() } });
      }
    },
    [fields, idOf, refusalOf, nameOf, valueIn, name, pending, store, takeFocus, keepHome, dropBlock, refuse, onReport],
  );

  const paste = useCallback(
    (from: Focus, clip: Clip) => {
      const cols = Math.max(0, ...clip.map((line) => line.length));
      if (cols === 0) return;
      const cover = coverOf({ row: positionOf(from.row), col: from.col }, block, clip.length, cols);
      const last = Math.min(cover.bottom, cover.top + BLOCK_ROWS - 1);
      withRows(cover.top, last, (rowAt) => {
        const mayAdd = connection.info.guard !== "readonly" && capability?.may(name, "create") === true;
        const wanted: Wanted[] = [];
        const ops: Op[] = [];
        let beyondRows = cover.bottom - last;
        for (let position = cover.top; position <= last; position += 1) {
          const beyond = position > lastPosition;
          if (beyond && !mayAdd) {
            beyondRows += 1;
            continue;
          }
          const row = beyond ? `b:${newRowId()}` : keyAt(position);
          if (beyond) ops.push(stageNewRow(name, row.slice(2)));
          const line = clip[(position - cover.top) % clip.length] ?? [];
          for (let col = cover.left; col <= Math.min(cover.right, fields.length - 1); col += 1) {
            const cell = line[(col - cover.left) % cols];
            if (cell) wanted.push({ row, col, text: cell.text, next: (field, isNew) => take(field, cell, isNew) });
          }
        }
        stageAll("paste", wanted, rowAt, { ops, beyondRows, beyondCols: Math.max(cover.right - fields.length + 1, 0), at: from });
      });
    },
    [positionOf, block, withRows, connection, capability, name, lastPosition, keyAt, fields.length, stageAll],
  );

  const fill = useCallback(
    (source: Block, aim: Aim, repeat: boolean) => {
      const { way } = aim;
      const target = { ...aim.block, bottom: Math.min(aim.block.bottom, lastPosition, aim.block.top + BLOCK_ROWS - 1), right: Math.min(aim.block.right, fields.length - 1) };
      withRows(Math.min(source.top, target.top), Math.max(source.bottom, target.bottom), (rowAt) => {
        const wanted: Wanted[] = [];
        const from = (position: number, col: number) => {
          const key = keyAt(position);
          const field = fields[col];
          const raw = rowAt(key);
          const value = field ? valueIn(key, raw, field) : DEFAULT;
          return { field, value, label: field && labelOf(raw, field, value) };
        };
        const put = (row: number, col: number, value: Value, given: readonly ReturnType<typeof from>[]): void => {
          const like = given.find((cell) => cell.value === value) ?? given[0];
          if (!like?.field) return;
          const { field } = like;
          const cell = { text: textOf(field, value), kind: field.type.kind, value, label: like.value === value ? like.label : undefined };
          wanted.push({ row: keyAt(row), col, text: cell.text, next: (into, isNew) => take(into, cell, isNew) });
        };
        if (way === "down" || way === "up") {
          for (let col = source.left; col <= source.right; col += 1) {
            const given = range(source.top, source.bottom).map((position) => from(position, col));
            const type = given[0]?.field?.type;
            const count = target.bottom - target.top + 1;
            const next = type ? filled(type, given.map((cell) => cell.value), count, { backwards: way === "up", repeat: repeat || given[0]?.field?.relation !== null }) : [];
            next.forEach((value, at) => put(way === "down" ? target.top + at : target.bottom - at, col, value, given));
          }
        } else {
          for (let row = source.top; row <= source.bottom; row += 1) {
            const given = range(source.left, source.right).map((col) => from(row, col));
            const type = given[0]?.field?.type;
            const alike = given.every((cell) => cell.field?.type.kind === type?.kind && cell.field?.relation === null);
            const count = target.right - target.left + 1;
            const next = type ? filled(type, given.map((cell) => cell.value), count, { backwards: way === "left", repeat: repeat || !alike }) : [];
            next.forEach((value, at) => put(row, way === "right" ? target.left + at : target.right - at, value, given));
          }
        }
        stageAll("fill", wanted, rowAt, { at: { row: keyAt(source.top), col: source.left } });
      });
    },
    [fields, withRows, keyAt, valueIn, labelOf, stageAll, lastPosition],
  );

  /** The first row of the block into the others; without a block, the cell above into this one. */
  const fillDown = useCallback(
    (from: Focus) => {
      const here = positionOf(from.row);
      const whole = block ?? { top: here, bottom: here, left: from.col, right: from.col };
      const top = whole.bottom > whole.top ? whole.top : whole.top - 1;
      if (top >= 0) fill({ ...whole, top, bottom: top }, { way: "down", block: { ...whole, top: top + 1 } }, true);
    },
    [positionOf, block, fill],
  );
  const fillRight = useCallback(
    (from: Focus) => {
      const here = positionOf(from.row);
      const whole = block ?? { top: here, bottom: here, left: from.col, right: from.col };
      const left = whole.right > whole.left ? whole.left : whole.left - 1;
      if (left >= 0) fill({ ...whole, left, right: left }, { way: "right", block: { ...whole, left: left + 1 } }, true);
    },
    [positionOf, block, fill],
  );

  const setAll = useCallback(
    (deed: Deed, from: Focus, next: (field: FieldInfo, isNew: boolean) => Value | string) => {
      const here = positionOf(from.row);
      const whole = block ?? { top: here, bottom: here, left: from.col, right: from.col };
      const bottom = Math.min(whole.bottom, whole.top + BLOCK_ROWS - 1);
      withRows(whole.top, bottom, (rowAt) => {
        const wanted = range(whole.top, bottom).flatMap((position) =>
          range(whole.left, whole.right).map((col): Wanted => {
            const row = keyAt(position);
            const answer = (field: FieldInfo, isNew: boolean): Taken | string => {
              const value = next(field, isNew);
              return typeof value === "string" ? value : { ok: true, value };
            };
            return { row, col, text: "", next: answer };
          }),
        );
        stageAll(deed, wanted, rowAt, { at: from });
      });
    },
    [positionOf, block, withRows, keyAt, stageAll],
  );

  const setTo = useCallback(
    (from: Focus, kind: Clearing) =>
      setAll("clear", from, (field, isNew) => {
        switch (kind) {
          case "null":
            return field.nullable ? NULL : m("refuse.noNull", { field: field.name });
          case "empty":
            return emptyOf(field.type) ?? m("refuse.noEmpty", { field: field.name });
          case "default":
            return defaultOf(field, isNew) ?? g("refuse.noDefault", { field: field.name });
        }
      }),
    [setAll],
  );
  const clear = useCallback(
    (from: Focus) => setAll("cut", from, (field, isNew) => clearedOf(field, isNew) ?? m("refuse.noNull", { field: field.name })),
    [setAll],
  );

  const remove = useCallback(
    (from: Focus) => {
      const id = rowIdOf(from.row);
      if (id === null) return;
      if (isNewId(id)) {
        takeFocus.current = true;
        pending.discard(RECORDS, [name, id]);
        return;
      }
      if (connection.info.guard === "readonly") refuse(from, m("refuse.readOnlyConnection", { connection: connection.info.name }));
      else if (!capability?.may(name, "delete")) refuse(from, m("refuse.delete", { collection: name }));
      else onDelete(id, rawOf(from.row), nameOf(from.row));
    },
    [rowIdOf, pending, name, connection, capability, refuse, onDelete, rawOf, nameOf, takeFocus],
  );

  const restore = useCallback(
    (from: Focus) => {
      const field = fields[from.col];
      const id = rowIdOf(from.row);
      if (!field || id === null) return;
      hold(store, "invalid", heldKey(name, id, field.name), undefined);
      takeFocus.current = true;
      pending.unstage([cellTarget(name, id, field.name)]);
    },
    [fields, rowIdOf, store, name, pending, takeFocus],
  );

  return { stage, paste, fill, fillDown, fillRight, setTo, clear, restore, remove };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, at) => first + at);
}

/** Whether the row has open changes now; the drawing may be one step behind. */
export function touchedAfter(pending: Pending, collection: string, id: string): boolean {
  return pending.opsOf(RECORDS, [collection, id]).length > 0;
}
