/** What of the diagram is in sight: everything as long as names can be read, else what is selected. */
import { useReactFlow } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, type RefObject } from "react";
import type { Box, Positions } from "./place";

/** The strip at the foot of the canvas where hints and the zoom stand. */
const FOOT = 44;
/** The strip at its top where groups and neighbours are chosen. */
const HEAD = 36;
/** Around the picture. */
const EDGE = 24;
/** The small map, above the foot at the right. */
export const MAP = { width: 180, height: 116 } as const;
/** Below this scale names can no longer be read. */
const READABLE = 0.6;
/** What somebody goes to is read without leaning forward. */
const NEAR = 0.8;
/** Less than this beside a drawer shows nothing; then the whole canvas counts. */
const LEAST = 240;
export const SMALLEST = 0.05;
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

/** What stands around the boxes, such as frames, in the measure of the canvas. */
export interface Around {
  readonly side: number;
  readonly top: number;
  readonly bottom: number;
}
const NONE_AROUND: Around = { side: 0, top: 0, bottom: 0 };

/** Everything beside the map or above it, whichever shows it larger. */
export function wholeBeside(boxes: readonly Box[], positions: Positions, area: Area, around: Around = NONE_AROUND): Viewport | null {
  const beside = whole(boxes, positions, { ...area, width: area.width - MAP.width }, around);
  const above = whole(boxes, positions, { ...area, height: area.height - MAP.height }, around);
  return (above?.zoom ?? 0) > (beside?.zoom ?? 0) ? above : (beside ?? whole(boxes, positions, area, around));
}

/** Everything, in the middle of the area and never larger than drawn. */
export function whole(boxes: readonly Box[], positions: Positions, area: Area, around: Around = NONE_AROUND): Viewport | null {
  const placed = boxes.flatMap((box) => {
    const point = positions[box.id];
    return point ? [{ ...box, ...point }] : [];
  });
  if (placed.length === 0 || area.width <= 2 * EDGE || area.height <= FOOT + HEAD) return null;
  const left = Math.min(...placed.map((box) => box.x)) - around.side;
  const top = Math.min(...placed.map((box) => box.y)) - around.top;
  const width = Math.max(...placed.map((box) => box.x + box.width)) + around.side - left;
  const height = Math.max(...placed.map((box) => box.y + box.height)) + around.bottom - top;
  const zoom = Math.max(SMALLEST, Math.min(1, (area.width - 2 * EDGE) / width, (area.height - FOOT - HEAD) / height));
  return { zoom, x: (area.width - width * zoom) / 2 - left * zoom, y: (area.height - FOOT + HEAD - height * zoom) / 2 - top * zoom };
}

/** Where to look when one box must be in sight, at this scale at least; `null` when it is already, or is not there. */
export function toward(box: Box | undefined, positions: Positions, area: Area, now: Viewport, least = 0): Viewport | null {
  const point = box ? positions[box.id] : undefined;
  if (!box || !point || area.width === 0) return null;
  const { x, y } = now;
  const zoom = Math.max(now.zoom, least);
  const [left, top] = [point.x * zoom + x, point.y * zoom + y];
  const room = area.height - FOOT;
  if (zoom === now.zoom && left >= 8 && top >= HEAD && left + box.width * zoom <= area.width - 8 && top + Math.min(box.height * zoom, room - HEAD - 8) <= room - 8) return null;
  // A box taller than the area shows its head.
  const high = Math.min(box.height * zoom, room - HEAD - 8);
  return { zoom, x: area.width / 2 - (point.x + box.width / 2) * zoom, y: (room + HEAD - high) / 2 - point.y * zoom };
}

export interface Sight {
  /** The canvas is there, or has another size. */
  readonly follow: () => void;
  /** Shows everything, now or as soon as new places are known. */
  readonly all: (when: "now" | "placed") => void;
  /** Shows these, as large as can be read; if that is too much, the one of them that counts. */
  readonly some: (ids: ReadonlySet<string>, first: string) => void;
  /** Brings one near enough to be read. */
  readonly near: (id: string) => void;
  /** A hand moved the canvas: from here on only what is selected is kept in sight. */
  readonly moved: () => void;
}

export function useSight({
  frame,
  boxes,
  positions,
  selected,
  map,
  around = NONE_AROUND,
}: {
  frame: RefObject<HTMLDivElement | null>;
  boxes: readonly Box[];
  positions: Positions;
  selected: string | undefined;
  /** Whether the small map lies over the canvas. */
  map: boolean;
  around?: Around;
}): Sight {
  const flow = useReactFlow();
  const known = useRef({ boxes, positions, selected, around, map });
  useEffect(() => {
    known.current = { boxes, positions, selected, around, map };
  });
  // Whether the picture is as this file laid it: then it follows the size of the canvas.
  const own = useRef(true);
  // Where a glide leads; what the canvas tells meanwhile is somewhere on the way.
  const goal = useRef<{ readonly at: Viewport; readonly until: number } | null>(null);
  const waiting = useRef(false);

  const area = useCallback((): Area => {
    const { left = 0, width = 0, height = 0 } = frame.current?.getBoundingClientRect() ?? {};
    // On a narrow window the drawer lies over the canvas: what it covers is not in sight.
    const over = (document.querySelector("[data-drawer]")?.getBoundingClientRect().left ?? Number.POSITIVE_INFINITY) - left;
    return { width: over >= LEAST ? Math.min(width, over) : width, height };
  }, [frame]);
  const now = useCallback((): Viewport => {
    const led = goal.current;
    return led && performance.now() < led.until ? led.at : flow.getViewport();
  }, [flow]);
  const go = useCallback(
    (at: Viewport | null, glide: boolean) => {
      if (!at) return;
      // On whole pixels: between them every edge is a blur.
      const sharp = { zoom: at.zoom, x: Math.round(at.x), y: Math.round(at.y) };
      goal.current = { at: sharp, until: performance.now() + (glide ? GLIDE_MS : 0) };
      void flow.setViewport(sharp, glide ? { duration: GLIDE_MS } : {});
    },
    [flow],
  );

  const picture = useCallback(
    (of: readonly Box[], places: Positions, within: Area, frames: Around | undefined) => (known.current.map ? wholeBeside : whole)(of, places, within, frames),
    [],
  );

  const all = useCallback(
    (when: "now" | "placed") => {
      own.current = true;
      waiting.current = when === "placed";
      if (when === "now") go(picture(known.current.boxes, known.current.positions, area(), known.current.around), true);
    },
    [go, area, picture],
  );
  const moved = useCallback(() => {
    own.current = false;
  }, []);
  const near = useCallback(
    (id: string) => {
      const at = known.current;
      const aim = toward(at.boxes.find((box) => box.id === id), at.positions, area(), now(), NEAR);
      if (!aim) return;
      own.current = false;
      go(aim, true);
    },
    [area, now, go],
  );
  const some = useCallback(
    (ids: ReadonlySet<string>, first: string) => {
      const at = known.current;
      const found = picture(at.boxes.filter((box) => ids.has(box.id)), at.positions, area(), at.around);
      own.current = false;
      if (found && found.zoom >= READABLE) go(found, true);
      else near(first);
    },
    [area, go, near, picture],
  );

  // New places: the picture that was asked for can be shown.
  useEffect(() => {
    if (!waiting.current) return;
    waiting.current = false;
    go(picture(boxes, positions, area(), known.current.around), true);
  }, [boxes, positions, go, area, picture]);

  // Another size, because the dock opened or the window changed: the picture follows at once.
  const follow = useCallback(() => {
    const at = known.current;
    const found = picture(at.boxes, at.positions, area(), at.around);
    if (own.current && found && (found.zoom >= READABLE || at.selected === undefined)) go(found, false);
    else go(toward(at.boxes.find((box) => box.id === at.selected), at.positions, area(), now()), false);
  }, [area, now, go, picture]);
  // The map takes a part of the canvas, or gives it back: what it would cover moves beside it.
  const wasMap = useRef(map);
  useEffect(() => {
    if (wasMap.current === map) return;
    wasMap.current = map;
    const at = known.current;
    const found = picture(at.boxes, at.positions, area(), at.around);
    if (found && found.zoom >= READABLE) go(found, true);
    else if (own.current) follow();
  }, [map, picture, area, go, follow]);
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
    const found = picture(at.boxes, at.positions, area(), at.around);
    const shown = found && found.zoom >= READABLE ? found : aim;
    own.current = shown !== aim;
    go(shown, true);
  }, [selected, area, now, go, picture]);

  return useMemo(() => ({ follow, all, some, near, moved }), [follow, all, some, near, moved]);
}
