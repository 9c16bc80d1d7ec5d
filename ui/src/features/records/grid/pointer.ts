import { useCallback, useEffect, useRef, useState, type PointerEvent as ReactPointerEvent, type RefObject } from "react";
import type { Picks } from "../picks";
import { aimOf, holds, type Aim, type Block, type Spot } from "./block";
import type { Edits } from "./edits";
import type { Peeks } from "./peeks";
import { cellUnder, type Focus } from "./place";
import type { Places } from "./places";
import type { Walk } from "./walk";

/** So near to an edge of the grid a drag scrolls it, one row or column per beat. */
const EDGE = 12;
const BEAT_MS = 50;

export interface Pointing {
  /** Where a fill would go, while its handle is carried. */
  readonly aim: Aim | null;
  readonly onPointerDown: (event: ReactPointerEvent) => void;
  readonly onPointerOver: (event: ReactPointerEvent) => void;
}

type Drag =
  | { readonly kind: "cells" }
  | { readonly kind: "rows" }
  | { readonly kind: "fill"; readonly source: Block };

/** The number at the left of a row picks it. */
function pickUnder(target: EventTarget | null): number | null {
  const key = target instanceof Element ? target.closest<HTMLElement>("[data-pick]")?.dataset["pick"] : undefined;
  return key?.startsWith("r:") === true ? parseInt(key.slice(2), 10) : null;
}

/** What the pointer does in the grid: it goes to a cell, draws a block, picks rows, carries a fill. */
export function usePointer({
  scroller,
  columns,
  places,
  walk,
  edits,
  peeks,
  picks,
  editing,
  hasMore,
}: {
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** How many there are. */
  readonly columns: number;
  readonly places: Places;
  readonly walk: Walk;
  readonly edits: Edits;
  readonly peeks: Peeks;
  readonly picks: Picks;
  readonly editing: Focus | null;
  readonly hasMore: (focus: Focus, node: HTMLElement) => boolean;
}): Pointing {
  const [drag, setDrag] = useState<Drag | null>(null);
  const [aim, setAim] = useState<Aim | null>(null);
  const latest = useRef({ places, walk, edits, picks, aim, columns });
  useEffect(() => {
    latest.current = { places, walk, edits, picks, aim, columns };
  });

  const kind = drag?.kind;
  const source = drag?.kind === "fill" ? drag.source : null;
  useEffect(() => {
    if (kind === undefined) return undefined;
    let beat: ReturnType<typeof setInterval> | undefined;
    /** One step towards the edge the pointer is at, or beyond. */
    let toward: readonly [rows: number, cols: number] = [0, 0];
    const reach = (spot: Spot): void => {
      const { walk: now, places: rows } = latest.current;
      if (source) {
        setAim(aimOf(source, spot));
        return;
      }
      const next = { row: rows.keyAt(Math.max(0, Math.min(spot.row, rows.lastPosition))), col: Math.max(0, Math.min(spot.col, latest.current.columns - 1)) };
      if (next.row !== now.at.row || next.col !== now.at.col) now.extend(next);
    };
    const spotOf = (focus: Focus): Spot => ({ row: latest.current.places.positionOf(focus.row), col: focus.col });
    const move = (event: PointerEvent): void => {
      const box = scroller.current?.getBoundingClientRect();
      if (box && kind === "cells" && box.height > 0) {
        toward = [
          event.clientY > box.bottom - EDGE ? 1 : event.clientY < box.top + EDGE ? -1 : 0,
          event.clientX > box.right - EDGE ? 1 : event.clientX < box.left + EDGE ? -1 : 0,
        ];
        const moving = toward[0] !== 0 || toward[1] !== 0;
        if (moving && beat === undefined) {
          beat = setInterval(() => {
            const at = spotOf(latest.current.walk.at);
            reach({ row: at.row + toward[0], col: at.col + toward[1] });
          }, BEAT_MS);
        } else if (!moving) {
          clearInterval(beat);
          beat = undefined;
        }
        if (moving) return;
      }
      if (kind === "rows") {
        const swept = pickUnder(event.target);
        if (swept !== null) latest.current.picks.reach(swept);
        return;
      }
      const hit = cellUnder(event.target);
      if (hit && hit.focus.row !== "head") reach(spotOf(hit.focus));
    };
    const end = (event: PointerEvent): void => {
      const goal = latest.current.aim;
      if (source && goal) latest.current.edits.fill(source, goal, event.ctrlKey || event.metaKey);
      stop();
    };
    const stop = (): void => {
      setAim(null);
      setDrag(null);
    };
    const cancel = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || kind !== "fill") return;
      event.preventDefault();
      event.stopPropagation();
      stop();
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end);
    window.addEventListener("pointercancel", stop);
    window.addEventListener("keydown", cancel, { capture: true });
    return () => {
      clearInterval(beat);
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", end);
      window.removeEventListener("pointercancel", stop);
      window.removeEventListener("keydown", cancel, { capture: true });
    };
  }, [kind, source, scroller]);

  const { at, block, go, extend, setFocus, dropBlock, takeFocus } = walk;
  const onPointerDown = useCallback(
    (event: ReactPointerEvent): void => {
      const picked = event.button === 0 ? pickUnder(event.target) : null;
      if (picked !== null) {
        event.preventDefault();
        setDrag({ kind: "rows" });
        if (event.shiftKey) picks.reach(picked);
        else picks.toggle(picked);
        go({ row: `r:${String(picked)}`, col: at.col });
        return;
      }
      const hit = cellUnder(event.target);
      if (!hit || (editing && editing.row === hit.focus.row && editing.col === hit.focus.col)) return;
      const spot = { row: places.positionOf(hit.focus.row), col: hit.focus.col };
      if (event.target instanceof Element && event.target.closest("[data-resize]")) return;
      if (event.button === 0 && event.target instanceof Element && event.target.closest("[data-fill]")) {
        event.preventDefault();
        peeks.leave();
        setDrag({ kind: "fill", source: block ?? { top: spot.row, bottom: spot.row, left: spot.col, right: spot.col } });
        return;
      }
      // The menu of a block is about the block.
      if (event.button === 2 && block && holds(block, spot)) return;
      if (event.shiftKey && event.button === 0 && hit.focus.row !== "head" && at.row !== "head") {
        event.preventDefault();
        extend(hit.focus);
        return;
      }
      peeks.leave();
      if (event.button === 0 || block) dropBlock();
      takeFocus.current = true;
      setFocus(hit.focus);
      if (event.altKey && event.button === 0) peeks.open(hit.focus, true);
      else if (event.button === 0 && hit.focus.row !== "head" && event.pointerType !== "touch") setDrag({ kind: "cells" });
    },
    [picks, go, at, editing, places, peeks, block, extend, dropBlock, takeFocus, setFocus],
  );
  const dragging = drag !== null;
  const onPointerOver = useCallback(
    (event: ReactPointerEvent): void => {
      if (!editing && !dragging) peeks.over(event, hasMore);
    },
    [editing, dragging, peeks, hasMore],
  );
  return { aim, onPointerDown, onPointerOver };
}
