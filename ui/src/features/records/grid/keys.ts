import type { KeyboardEvent } from "react";
import { keyOfEvent } from "@/kit/commands";
import type { FieldInfo } from "@/lib/fields";
import type { Pill } from "@/lib/filters";
import { value as asValue } from "@/lib/values";
import type { Cells } from "./cells";
import type { Edits } from "./edits";
import type { Peeks } from "./peeks";
import { cellUnder, type Focus } from "./place";
import type { Places } from "./places";
import type { Picks } from "../picks";
import type { Walk } from "./walk";

/** What a key may do beyond the parts of the grid. */
export interface KeyActs {
  /** What an editor was opened with by typing; null when none is open. */
  readonly editing: { readonly typed?: string } | null;
  readonly page: number;
  readonly open: (from: Focus, typed?: string) => void;
  readonly openRelated: (from: Focus) => void;
  readonly moveColumn: (field: FieldInfo, by: number) => void;
  readonly resize: (field: FieldInfo, by: number) => void;
  readonly onPin: (field: string) => void;
  readonly onHide: (field: string) => void;
  readonly onFit: (col: number) => void;
  readonly onSort: (field: string, add: boolean) => void;
  readonly onFilter: (pill: Pill) => void;
  readonly history: (from: Focus) => void;
  /** None for who may not ask. */
  readonly why?: ((from: Focus) => void) | undefined;
}

/** The keyboard of the grid; the sheet of shortcuts lists the same. */
export function gridKeys(
  fields: readonly FieldInfo[],
  { bandKeys, shownRows, changes, touched, indexOf, positionOf, keyAt, step }: Places,
  { rowIdOf, valueOf, refusalOf, invalidAt, pillAt }: Cells,
  { at, block, hasCorner, go, onward, extend, dropBlock }: Walk,
  { stage, setTo, fillDown, fillRight, restore, remove }: Edits,
  peeks: Peeks,
  picks: Picks,
  acts: KeyActs,
): (event: KeyboardEvent) => void {
  const { page, open } = acts;
  const bandRows = changes.length;
  return (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    if (acts.editing) {
      // An editor that is still being loaded has no focus yet; what is typed meanwhile is for it.
      if (acts.editing.typed === undefined || !cellUnder(event.target)?.node.isSameNode(event.target as Node)) return;
      event.stopPropagation();
      if (!types(event) && event.key !== " ") return;
      event.preventDefault();
      open(at, acts.editing.typed + event.key);
      return;
    }
    const mod = event.ctrlKey || event.metaKey;
    const letter = keyOfEvent(event.nativeEvent);
    const field = fields[at.col];
    const inHead = at.row === "head";
    const take = (): void => {
      event.preventDefault();
      event.stopPropagation();
    };
    const way = wayOf(event.key, mod, page);
    if (event.shiftKey && !event.altKey && way && !inHead) {
      take();
      const row = step(at.row, way[0]);
      extend({ row: row === "head" ? keyAt(0) : row, col: Math.max(0, Math.min(at.col + way[1], fields.length - 1)) });
      return;
    }
    switch (event.key) {
      case "ArrowUp":
        take();
        go({ row: mod ? step(at.row, -shownRows - bandRows) : onward(-1), col: at.col });
        return;
      case "ArrowDown":
        take();
        go({ row: mod ? step(at.row, shownRows + bandRows) : onward(1), col: at.col });
        return;
      case "ArrowLeft":
        take();
        if (inHead && event.altKey && event.shiftKey && field) acts.moveColumn(field, -1);
        else if (inHead && event.altKey && field) acts.resize(field, -16);
        else go({ row: at.row, col: mod ? 0 : Math.max(at.col - 1, 0) });
        return;
      case "ArrowRight":
        take();
        if (inHead && event.altKey && event.shiftKey && field) acts.moveColumn(field, 1);
        else if (inHead && event.altKey && field) acts.resize(field, 16);
        else go({ row: at.row, col: mod ? fields.length - 1 : Math.min(at.col + 1, fields.length - 1) });
        return;
      case "PageUp":
        take();
        go({ row: step(at.row, -page), col: at.col });
        return;
      case "PageDown":
        take();
        go({ row: step(at.row, page), col: at.col });
        return;
      case "Home":
        take();
        if (mod) go({ row: bandKeys[0] ?? `r:${String(indexOf(0))}`, col: 0 });
        // A second Home goes on to the first row, a second End to the last.
        else if (at.col === 0 && !inHead) go({ row: bandKeys[0] ?? `r:${String(indexOf(0))}`, col: 0 });
        else go({ row: at.row, col: 0 });
        return;
      case "End":
        take();
        if (mod) go({ row: `r:${String(indexOf(Math.max(shownRows - 1, 0)))}`, col: fields.length - 1 });
        else if (at.col === fields.length - 1 && !inHead) go({ row: `r:${String(indexOf(Math.max(shownRows - 1, 0)))}`, col: at.col });
        else go({ row: at.row, col: fields.length - 1 });
        return;
      case "Escape":
        if (peeks.peek || hasCorner) {
          take();
          peeks.close();
          dropBlock();
        } else if (!inHead && field) {
          const id = rowIdOf(at.row);
          const staged = id !== null && (touched.get(id)?.cells.has(field.name) === true || invalidAt(id, field.name) !== undefined);
          if (staged) {
            take();
            restore(at);
            return;
          }
        }
        if (picks.count > 0) {
          take();
          picks.clear();
        }
        return;
      default:
        break;
    }
    if (inHead) {
      if ((event.key === "Enter" || event.key === " ") && field) {
        take();
        acts.onSort(field.name, event.shiftKey);
      } else if (field && event.altKey && /^[pwh]$/i.test(letter)) {
        take();
        if (letter.toLowerCase() === "p") acts.onPin(field.name);
        else if (letter.toLowerCase() === "w") acts.onFit(at.col);
        else acts.onHide(field.name);
      }
      return;
    }
    if (!field) return;
    if (event.key === "Enter" || event.key === "F2") {
      take();
      if (mod && event.key === "Enter") acts.openRelated(at);
      else open(at);
    } else if (event.key === "Backspace" && !event.shiftKey) {
      take();
      setTo(at, event.altKey ? "default" : mod ? "null" : "empty");
    } else if (mod && !event.shiftKey && event.key.toLowerCase() === "d") {
      take();
      fillDown(at);
    } else if (event.altKey && !mod && !event.shiftKey && letter.toLowerCase() === "r") {
      // Ctrl R is no key of a cell: it reads the rows again wherever one is.
      take();
      fillRight(at);
    } else if (event.key === "Delete" && !event.shiftKey) {
      // With Shift it is for the rows that are picked.
      take();
      remove(at);
    } else if (event.key === " " && event.shiftKey) {
      take();
      // The rows of a block, or the row one is in.
      const first = block?.top ?? positionOf(at.row);
      for (let position = first; position <= (block?.bottom ?? first); position += 1) {
        const key = keyAt(position);
        if (!key.startsWith("r:")) continue;
        if (block && position > first) picks.reach(Number(key.slice(2)));
        else picks.toggle(Number(key.slice(2)));
      }
    } else if (mod && !event.shiftKey && event.key.toLowerCase() === "a") {
      take();
      picks.pickAll();
    } else if (event.key === " ") {
      take();
      if (field.type.kind === "bool" && refusalOf(at.row, field) === null) {
        const now = valueOf(at.row, field);
        stage(at, field, asValue(now.s === "value" && now.v === "true" ? "false" : "true"));
      } else if (peeks.peek) peeks.close();
      else peeks.open(at, true);
    } else if (event.altKey && !event.shiftKey && letter.toLowerCase() === "f") {
      take();
      const pill = pillAt(at);
      if (pill) acts.onFilter(pill);
    } else if (event.altKey && !event.shiftKey && letter.toLowerCase() === "y" && acts.why) {
      take();
      acts.why(at);
    } else if (mod && event.shiftKey && letter.toLowerCase() === "h") {
      take();
      acts.history(at);
    } else if (types(event) && fields.some((one) => refusalOf(at.row, one) === null)) {
      // What is typed is for the cell: it begins an edit, or is told why it cannot.
      take();
      open(at, event.key);
    } else if (!mod && !event.altKey && !event.shiftKey && letter.toLowerCase() === "h") {
      // In a row of which nothing can be edited a letter is a command, as outside the grid.
      take();
      acts.history(at);
    }
  };
}

/** Whether a key puts a sign into a text. A sign of the third level comes with Ctrl and Alt together on some systems. */
function types(event: KeyboardEvent): boolean {
  const held = event.metaKey || event.ctrlKey !== event.altKey || (event.ctrlKey && !event.getModifierState("AltGraph"));
  return [...event.key].length === 1 && event.key !== " " && !held;
}

/** How far a key reaches, in rows and columns; with Ctrl to the end. */
function wayOf(key: string, mod: boolean, page: number): readonly [rows: number, cols: number] | null {
  const far = mod ? Infinity : 1;
  switch (key) {
    case "ArrowUp":
      return [-far, 0];
    case "ArrowDown":
      return [far, 0];
    case "ArrowLeft":
      return [0, -far];
    case "ArrowRight":
      return [0, far];
    case "PageUp":
      return [-page, 0];
    case "PageDown":
      return [page, 0];
    case "Home":
      return [mod ? -Infinity : 0, -Infinity];
    case "End":
      return [mod ? Infinity : 0, Infinity];
    default:
      return null;
  }
}
