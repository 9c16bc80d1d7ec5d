import { useCallback, useEffect, useLayoutEffect, useMemo, useState, type RefObject } from "react";
import { drawnOf, reveal, scrolled, visibleRows, type ScrollSpace } from "@/lib/scroll";

export interface Space {
  readonly size: { readonly width: number; readonly height: number };
  readonly space: ScrollSpace;
  /** True pixels above the first seen row; `drawn` is where the scrollbar stands. */
  readonly offset: number;
  readonly drawn: number;
  readonly range: { readonly first: number; readonly last: number };
  readonly onScroll: () => void;
  readonly showRow: (display: number) => void;
  readonly toTop: () => void;
}

/** The part of the rows that is seen, and how it scrolls. */
export function useSpace(scroller: RefObject<HTMLDivElement | null>, shownRows: number, rowHeight: number, above: number): Space {
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [scroll, setScroll] = useState({ drawn: 0, offset: 0 });
  const space: ScrollSpace = useMemo(
    () => ({ rows: shownRows, rowHeight, viewport: Math.max(size.height - above, rowHeight) }),
    [shownRows, rowHeight, size.height, above],
  );
  const offset = Math.min(scroll.offset, Math.max(shownRows * rowHeight - space.viewport, 0));
  const range = visibleRows(space, offset);

  useLayoutEffect(() => {
    const node = scroller.current;
    if (!node) return undefined;
    const measure = () => setSize({ width: node.clientWidth, height: node.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    return () => observer.disconnect();
  }, [scroller]);

  const onScroll = useCallback(() => {
    const node = scroller.current;
    if (!node) return;
    // The band may scroll in itself; its row numbers then follow this instead of sticking.
    node.style.setProperty("--grid-left", `${String(node.scrollLeft)}px`);
    setScroll((before) => {
      const drawn = node.scrollTop;
      if (drawn === before.drawn) return before;
      return { drawn, offset: scrolled(space, before.offset, before.drawn, drawn) };
    });
  }, [scroller, space]);

  // The thumb drifts from its proportional place while the wheel goes by true pixels; it is put
  // right once the scrolling rests.
  useEffect(() => {
    const node = scroller.current;
    if (!node) return undefined;
    const timer = setTimeout(() => {
      const right = drawnOf(space, scroll.offset);
      if (Math.abs(right - node.scrollTop) > 1) {
        node.scrollTop = right;
        setScroll((before) => ({ drawn: node.scrollTop, offset: before.offset }));
      }
    }, 200);
    return () => clearTimeout(timer);
  }, [scroller, space, scroll]);

  const showRow = useCallback(
    (display: number) => {
      const node = scroller.current;
      if (!node) return;
      setScroll((before) => {
        const next = reveal(space, before.offset, display);
        if (next === before.offset) return before;
        node.scrollTop = drawnOf(space, next);
        return { drawn: node.scrollTop, offset: next };
      });
    },
    [scroller, space],
  );

  const toTop = useCallback(() => {
    if (scroller.current) scroller.current.scrollTop = 0;
    setScroll({ drawn: 0, offset: 0 });
  }, [scroller]);

  return { size, space, offset, drawn: scroll.drawn, range, onScroll, showRow, toTop };
}
