/** All lines of the diagram at once: what did not change is kept, what is costly is done in turns. */
import { useEffect, useMemo, useState } from "react";
import { crosses, route, type Port, type Route } from "./route";
import type { Placed } from "./place";

/** A line that is asked for. */
export interface Ask {
  readonly id: string;
  readonly from: Port;
  readonly to: Port;
  readonly lane: number;
}

interface Held {
  readonly key: string;
  readonly route: Route;
  /** The boxes it was drawn among: it is as good as it gets there. */
  readonly among: readonly Placed[];
}

/** Lines as they were drawn last, by id. */
export type Drawn = Map<string, Held>;

/** How long one turn may look for ways around boxes. */
const TURN_MS = 20;

const keyOf = ({ from, to, lane }: Ask): string => [from.box.x, from.y, from.box.width, to.box.x, to.y, to.box.width, lane].join(" ");

/**
 * Every line as well as the time allows: kept where its ends stand and its way is free, plain where
 * that crosses nothing, and around what stands in between as long as `more` says so. `open` tells
 * that some are plain only for want of time.
 */
export function draw(asks: readonly Ask[], boxes: readonly Placed[], held: Drawn, more: () => boolean): { readonly routes: ReadonlyMap<string, Route>; readonly open: boolean } {
  const routes = new Map<string, Route>();
  let open = false;
  for (const ask of asks) {
    const { id, from, to, lane } = ask;
    const key = keyOf(ask);
    const others = boxes.filter((box) => box.id !== from.box.id && box.id !== to.box.id);
    const kept = held.get(id);
    if (kept?.key === key && (kept.among === boxes || !crosses(kept.route.points, others))) {
      routes.set(id, kept.route);
      continue;
    }
    let found = route(from, to, others, lane, false);
    const own = from.box.id === to.box.id ? [from.box] : [from.box, to.box];
    if (crosses(found.points, others, own)) {
      if (!more()) {
        open = true;
        routes.set(id, found);
        continue;
      }
      found = route(from, to, others, lane);
    }
    held.set(id, { key, route: found, among: boxes });
    routes.set(id, found);
  }
  return { routes, open };
}

/** Lines of the diagram, better from turn to turn. While a box is carried nobody looks for ways around. */
export function useDrawn(asks: readonly Ask[], boxes: readonly Placed[], carried: boolean): ReadonlyMap<string, Route> {
  const [held] = useState<Drawn>(() => new Map());
  const [turn, setTurn] = useState(0);
  const drawn = useMemo(() => {
    const until = performance.now() + (carried ? 0 : TURN_MS);
    return { turn, ...draw(asks, boxes, held, () => performance.now() < until) };
  }, [asks, boxes, held, carried, turn]);
  useEffect(() => {
    if (!drawn.open || carried) return undefined;
    const timer = setTimeout(() => setTurn((now) => now + 1), 0);
    return () => clearTimeout(timer);
  }, [drawn, carried]);
  return drawn.routes;
}
