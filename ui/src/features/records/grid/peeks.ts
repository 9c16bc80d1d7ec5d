import { useCallback, useEffect, useMemo, useRef, useState, type PointerEvent as ReactPointerEvent, type RefObject } from "react";
import { anchorOf, type Anchor } from "../Floating";
import { cellId, cellUnder, type Focus } from "./place";

const PEEK_DELAY = 350;

export interface Peeks {
  readonly peek: { readonly focus: Focus; readonly anchor: Anchor; readonly pinned: boolean } | null;
  readonly refusal: { readonly anchor: Anchor; readonly text: string } | null;
  readonly open: (from: Focus, pinned: boolean) => void;
  readonly close: () => void;
  /** A peek that only hovers goes with scrolling. */
  readonly scrolled: () => void;
  readonly refuse: (at: Focus, text: string) => void;
  readonly dropRefusal: () => void;
  /** Closes both. */
  readonly leave: () => void;
  /** The pointer came over something; `shows` says whether its cell has more to tell. */
  readonly over: (event: ReactPointerEvent, shows: (focus: Focus, node: HTMLElement) => boolean) => void;
}

/** Cards that hang on a cell: the peek at its value, and the reason why it cannot be changed. */
export function usePeeks(scroller: RefObject<HTMLDivElement | null>): Peeks {
  const [peek, setPeek] = useState<Peeks["peek"]>(null);
  const [refusal, setRefusal] = useState<Peeks["refusal"]>(null);
  const hover = useRef<ReturnType<typeof setTimeout> | null>(null);

  const anchorAt = useCallback((at: Focus): Anchor | null => {
    const node = document.getElementById(cellId(at.row, at.col));
    return node ? anchorOf(node) : null;
  }, []);
  const refuse = useCallback(
    (at: Focus, text: string) => {
      const anchor = anchorAt(at);
      if (anchor) setRefusal({ anchor, text });
    },
    [anchorAt],
  );
  useEffect(() => {
    if (!refusal) return undefined;
    const timer = setTimeout(() => setRefusal(null), 4000);
    return () => clearTimeout(timer);
  }, [refusal]);

  const open = useCallback(
    (from: Focus, pinned: boolean) => {
      const anchor = anchorAt(from);
      if (anchor) setPeek({ focus: from, anchor, pinned });
    },
    [anchorAt],
  );
  const close = useCallback(() => setPeek(null), []);
  const dropRefusal = useCallback(() => setRefusal(null), []);
  const leave = useCallback(() => {
    if (hover.current) clearTimeout(hover.current);
    setPeek(null);
    setRefusal(null);
  }, []);
  const gone = useCallback(() => setPeek((now) => (now && !now.pinned ? null : now)), []);

  const isOpen = peek !== null;
  const over = useCallback(
    (event: ReactPointerEvent, shows: (focus: Focus, node: HTMLElement) => boolean) => {
      if (hover.current) clearTimeout(hover.current);
      if (event.pointerType === "touch" || isOpen) return;
      const hit = cellUnder(event.target);
      if (!hit || !shows(hit.focus, hit.node)) return;
      hover.current = setTimeout(() => setPeek({ focus: hit.focus, anchor: anchorOf(hit.node), pinned: false }), PEEK_DELAY);
    },
    [isOpen],
  );
  useEffect(() => () => {
    if (hover.current) clearTimeout(hover.current);
  }, []);

  // A pinned peek goes away with a press outside of it.
  useEffect(() => {
    if (!peek) return undefined;
    const away = (event: PointerEvent) => {
      const target = event.target as Element | null;
      if (!target?.closest("[data-peek]") && !scroller.current?.contains(target)) setPeek(null);
    };
    // One that only hovers goes when the pointer is neither on it nor on its cell.
    const over = (event: PointerEvent) => {
      const target = event.target as Element | null;
      const own = document.getElementById(cellId(peek.focus.row, peek.focus.col));
      if (!peek.pinned && !target?.closest("[role=dialog]") && !own?.contains(target)) setPeek(null);
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("pointerover", over);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("pointerover", over);
    };
  }, [peek, scroller]);

  return useMemo(
    () => ({ peek, refusal, open, close, scrolled: gone, refuse, dropRefusal, leave, over }),
    [peek, refusal, open, close, gone, refuse, dropRefusal, leave, over],
  );
}
