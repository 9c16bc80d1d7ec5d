import { useCallback, useEffect, useRef, useState, type PointerEvent as ReactPointerEvent, type RefObject } from "react";
import type { FieldInfo } from "@/lib/fields";
import type { Columns } from "./columns";

/** A press becomes a drag only after so many pixels; before that it is a click that sorts. */
const SLACK = 5;

export interface ColumnDrag {
  /** The column that is carried. */
  readonly carried: number | null;
  /** Where it would be put: the line before this column. */
  readonly before: number | null;
  readonly begin: (event: ReactPointerEvent, col: number) => void;
}

/** Carrying a column by its header. Esc puts it back; keys and the header's menu do the same. */
export function useColumnDrag(
  scroller: RefObject<HTMLDivElement | null>,
  fields: readonly FieldInfo[],
  { starts, widths, stillWidth, pinned }: Columns,
  onPlace: (field: string, index: number) => void,
): ColumnDrag {
  const [held, setHeld] = useState<{ col: number; x: number } | null>(null);
  const [before, setBefore] = useState<number | null>(null);
  const target = useRef<number | null>(null);

  const begin = useCallback((event: ReactPointerEvent, col: number) => {
    if (event.button === 0) setHeld({ col, x: event.clientX });
  }, []);

  useEffect(() => {
    if (!held) return undefined;
    const at = (clientX: number): number | null => {
      const node = scroller.current;
      if (!node) return null;
      const seen = clientX - node.getBoundingClientRect().left;
      const x = seen < stillWidth ? seen : seen + node.scrollLeft;
      for (let col = seen < stillWidth ? 0 : pinned; col < starts.length; col += 1) {
        if (x < (starts[col] ?? 0) + (widths[col] ?? 0) / 2) return col;
      }
      return starts.length;
    };
    const mark = (place: number | null): void => {
      target.current = place;
      setBefore(place);
    };
    const move = (event: PointerEvent): void => {
      if (target.current === null && Math.abs(event.clientX - held.x) < SLACK) return;
      mark(at(event.clientX));
    };
    const drop = (): void => {
      const place = target.current;
      const field = fields[held.col];
      if (place !== null && field) {
        // The click that ends a drag is no click on the header.
        const swallow = (click: MouseEvent): void => click.stopPropagation();
        window.addEventListener("click", swallow, { capture: true, once: true });
        setTimeout(() => window.removeEventListener("click", swallow, { capture: true }), 0);
        if (place !== held.col && place !== held.col + 1) onPlace(field.name, place);
      }
      mark(null);
      setHeld(null);
    };
    const cancel = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      mark(null);
      setHeld(null);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", drop);
    window.addEventListener("keydown", cancel, { capture: true });
    return () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", drop);
      window.removeEventListener("keydown", cancel, { capture: true });
    };
  }, [held, scroller, fields, starts, widths, stillWidth, pinned, onPlace]);

  return { carried: before === null ? null : (held?.col ?? null), before, begin };
}
