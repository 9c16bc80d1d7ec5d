import { useCallback } from "react";
import { toast, type ToastSpec } from "@/kit/toast";
import type { FieldInfo } from "@/lib/fields";
import type { RawRow, Rows } from "@/lib/rows";
import { editText, type Value } from "@/lib/values";
import { fromWire } from "@/lib/wire";
import { m } from "../messages";
import { keepTyped, TYPED, writeLines, writeTable, writeTyped, type Clip, type ClipCell } from "./clipboard";
import type { Cells } from "./cells";
import { g } from "./messages";
import { BLOCK_ROWS, type Focus } from "./place";
import type { Walk } from "./walk";

export interface Copies {
  /** Puts the block, the picked rows or the one cell on the clipboard. `event` is given by the key. */
  readonly copy: (from: Focus, event?: ClipboardEvent) => void;
}

/** The picked rows as they are shown, when rows are picked. */
export interface PickedRows {
  /** Of more than these only so many are read: the first. None where that is all of them. */
  readonly first: number | null;
  readonly read: () => Promise<readonly RawRow[]>;
}

/** As stored: no grouping, no shortening. */
export function textOf(field: FieldInfo, value: Value): string {
  return value.s === "value" ? editText(field.type, value) : "";
}

/** Copying writes what a sheet, a document and another grid of ours can each read. */
export function useCopies(
  fields: readonly FieldInfo[],
  rows: Rows,
  { rawOf, valueOf, labelOf }: Cells,
  { block, blockCells }: Walk,
  picked: PickedRows | null,
): Copies {
  const cellOf = useCallback((field: FieldInfo, value: Value, label: string | undefined): ClipCell => ({ text: textOf(field, value), kind: field.type.kind, value, label }), []);

  const copy = useCallback(
    (from: Focus, event?: ClipboardEvent): void => {
      if (picked && !block) {
        const clip = picked.read().then((rows): Clip =>
          rows.map((raw) =>
            fields.map((field) => {
              const value = fromWire(field.type, raw[field.name]);
              return cellOf(field, value, labelOf(raw, field, value));
            }),
          ),
        );
        event?.preventDefault();
        void put(clip, picked.first);
        return;
      }
      const lines = blockCells(from);
      const first = block && block.bottom - block.top >= BLOCK_ROWS ? BLOCK_ROWS : null;
      const clipOf = (read: ReadonlyMap<string, RawRow>): Clip =>
        lines.map((line) =>
          line.map((at): ClipCell => {
            const field = fields[at.col];
            if (!field) return { text: "" };
            const raw = rawOf(at.row) ?? read.get(at.row);
            const value = read.has(at.row) ? fromWire(field.type, raw?.[field.name]) : valueOf(at.row, field);
            return cellOf(field, value, labelOf(raw, field, value));
          }),
        );
      const missing = lines.flatMap(([first]) => (first?.row.startsWith("r:") === true && !rawOf(first.row) ? [parseInt(first.row.slice(2), 10)] : []));
      if (missing.length > 0) {
        event?.preventDefault();
        const read = rows.read(Math.min(...missing), Math.max(...missing));
        void put(read.then((found) => clipOf(new Map([...found].map(([index, raw]) => [`r:${String(index)}`, raw])))), first);
        return;
      }
      const clip = clipOf(new Map());
      const carrier = event?.clipboardData;
      if (!event || !carrier) {
        void put(Promise.resolve(clip), first);
        return;
      }
      event.preventDefault();
      carrier.setData("text/plain", writeLines(clip));
      carrier.setData("text/html", writeTable(clip));
      carrier.setData(TYPED, writeTyped(clip));
      toast(said(clip, first));
    },
    [picked, block, blockCells, fields, rows, valueOf, rawOf, labelOf, cellOf],
  );
  return { copy };
}

/** What is on the clipboard now, and whether those are only the first of what was meant. */
export function said(clip: Clip, first: number | null): ToastSpec {
  // How many were picked may be an estimate: who got fewer than the first ones got them all.
  if (first !== null && clip.length >= first) return { kind: "failed", text: g("copied.first", { rows: clip.length }) };
  const cells = clip.reduce((sum, line) => sum + line.length, 0);
  return { kind: "done", text: cells === 1 ? m("copy.done") : clip.length === 1 ? g("copied.line", { count: cells }) : g("copied", { count: cells, rows: clip.length }) };
}

/** Outside a copy event the clipboard takes text and a table, and may wait for both. */
async function put(coming: Promise<Clip>, first: number | null): Promise<void> {
  try {
    const blob = (type: string, write: (clip: Clip) => string) => coming.then((clip) => new Blob([write(clip)], { type }));
    if (typeof ClipboardItem === "undefined") await navigator.clipboard.writeText(writeLines(await coming));
    else await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob("text/plain", writeLines), "text/html": blob("text/html", writeTable) })]);
    const clip = await coming;
    keepTyped(clip);
    toast(said(clip, first));
  } catch (error) {
    toast({ kind: "failed", text: g("copy.failed", { reason: error instanceof Error ? error.message : "" }) });
  }
}
