/** What of the diagram is in sight: everything as long as names can be read, else what is selected. */
import { useReactFlow } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, type RefObject } from "react";
import type { Box, Positions } from "./layout";

/** The strip at the foot of the canvas where hints and the zoom stand. */
const FOOT = 44;
/** Around the picture. */
const EDGE = 24;
/** Below this scale names can no longer be read. */
const READABLE = 0.6;
const SMALLEST = 0.1;
const GLIDE_MS = 160;

export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

interface Area {
  readonly width: number;
  readonly height: number;
}

/** Everything, in the middle of the area and never larger than drawn. */
export function whole(boxes: readonly Box[], positions: Positions, area: Area): Viewport | null {
  const placed = boxes.flatMap((box) => {
    const point = positions[box.id];
    return point ? [{ ...box, ...point }] : [];
  });
  if (placed.length === 0 || area.width <= 2 * EDGE || area.height <= FOOT + EDGE) return null;
  const left = Math.min(...placed.map((box) => box.x));
  const top = Math.min(...placed.map((box) => box.y));
  const width = Math.max(...placed.map((box) => box.x + box.width)) - left;
  const height = Math.max(...placed.map((box) => box.y + box.height)) - top;
  const zoom = Math.max(SMALLEST, Math.min(1, (area.width - 2 * EDGE) / width, (area.height - FOOT - EDGE) / height));
  return { zoom, x: (area.width - width * zoom) / 2 - left * zoom, y: (area.height - FOOT + EDGE / 2 - height * zoom) / 2 - top * zoom };
}

/** Where to look when one box must be in sight; `null` when it is already, or is not there. */
export function toward(box: Box | undefined, positions: Positions, area: Area, now: Viewport): Viewport | null {
  const point = box ? positions[box.id] : undefined;
  if (!box || !point || area.width === 0) return null;
  const { x, y, zoom } = now;
  const [left, top] = [point.x * zoom + x, point.y * zoom + y];
  const room = area.height - FOOT;
  if (left >= 8 && top >= 8 && left + box.width * zoom <= area.width - 8 && top + Math.min(box.height * zoom, room - 16) <= room - 8) return null;
  // A box taller than the area shows its head.
  const high = Math.min(box.height * zoom, room - 16);
  return { zoom, x: area.width / 2 - (point.x + box.width / 2) * zoom, y: (room - high) / 2 - point.y * zoom };
}

export interface Sight {
  /** The canvas is there, or has another size. */
  readonly follow: () => void;
  /** Shows everything, now or as soon as new places are known. */
  readonly all: (when: "now" | "placed") => void;
  /** A hand moved the canvas: from here on only what is selected is kept in sight. */
  readonly moved: () => void;
}

export function useSight({
  frame,
  boxes,
  positions,
  selected,
}: {
  frame: RefObject<HTMLDivElement | null>;
  boxes: readonly Box[];
  positions: Positions;
  selected: string | undefined;
}): Sight {
  const flow = useReactFlow();
  const known = useRef({ boxes, positions, selected });
  useEffect(() => {
    known.current = { boxes, positions, selected };
  });
  // Whether the picture is as this file laid it: then it follows the size of the canvas.
  const own = useRef(true);
  // Where a glide leads; what the canvas tells meanwhile is somewhere on the way.
  const goal = useRef<{ readonly at: Viewport; readonly until: number } | null>(null);
  const waiting = useRef(false);

  const area = useCallback((): Area => frame.current?.getBoundingClientRect() ?? { width: 0, height: 0 }, [frame]);
  const now = useCallback((): Viewport => {
    const led = goal.current;
    return led && performance.now() < led.until ? led.at : flow.getViewport();
  }, [flow]);
  const go = useCallback(
    (at: Viewport | null, glide: boolean) => {
      if (!at) return;
      goal.current = { at, until: performance.now() + (glide ? GLIDE_MS : 0) };
      void flow.setViewport(at, glide ? { duration: GLIDE_MS } : {});
    },
    [flow],
  );

  const all = useCallback(
    (when: "now" | "placed") => {
      own.current = true;
      waiting.current = when === "placed";
      if (when === "now") go(whole(known.current.boxes, known.current.positions, area()), true);
    },
    [go, area],
  );
  const moved = useCallback(() => {
    own.current = false;
  }, []);

  // New places: the picture that was asked for can be shown.
  useEffect(() => {
    if (!waiting.current) return;
    waiting.current = false;
    go(whole(boxes, positions, area()), true);
  }, [boxes, positions, go, area]);

  // Another size, because the dock opened or the window changed: the picture follows at once.
  const follow = useCallback(() => {
    const at = known.current;
    const picture = whole(at.boxes, at.positions, area());
    if (own.current && picture && (picture.zoom >= READABLE || at.selected === undefined)) go(picture, false);
    else go(toward(at.boxes.find((box) => box.id === at.selected), at.positions, area(), now()), false);
  }, [area, now, go]);
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const watch = new ResizeObserver(follow);
    watch.observe(element);
    return () => watch.disconnect();
  }, [frame, follow]);

  // What is selected is in sight: after a search, after a step of the plan. With it everything, when that can be read.
  useEffect(() => {
    if (selected === undefined) return;
    const at = known.current;
    const aim = toward(at.boxes.find((box) => box.id === selected), at.positions, area(), now());
    if (!aim) return;
    const picture = whole(at.boxes, at.positions, area());
    const shown = picture && picture.zoom >= READABLE ? picture : aim;
    own.current = shown !== aim;
    go(shown, true);
  }, [selected, area, now, go]);

  return useMemo(() => ({ follow, all, moved }), [follow, all, moved]);
}
