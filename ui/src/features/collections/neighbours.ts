/** Who stands near whom: by relations, and by the place on the canvas. */
import type { Line, Placed } from "./place";

/** Everything that so many relations lead to, whichever way they point; the one itself included. */
export function neighbourhood(lines: readonly Pick<Line, "from" | "to">[], id: string, depth: number): ReadonlySet<string> {
  const found = new Set([id]);
  let edge = [id];
  for (let step = 0; step < depth; step += 1) {
    const last = new Set(edge);
    edge = [];
    for (const { from, to } of lines) {
      for (const [near, far] of [[from, to], [to, from]] as const) {
        if (!last.has(near) || found.has(far)) continue;
        found.add(far);
        edge.push(far);
      }
    }
  }
  return found;
}

export type Direction = "up" | "down" | "left" | "right";

/** How much a box beside the way counts against one that lies on it. */
const ASIDE = 2.5;

/** The box one comes to from another when going this way; `undefined` at the rim. */
export function toward(boxes: readonly Placed[], id: string, way: Direction): string | undefined {
  const from = boxes.find((box) => box.id === id);
  if (!from) return undefined;
  const sideways = way === "left" || way === "right";
  const sign = way === "left" || way === "up" ? -1 : 1;
  let best: { readonly id: string; readonly cost: number } | null = null;
  for (const box of boxes) {
    if (box.id === id) continue;
    // From head to head sideways, from middle to middle up and down: boxes differ in height, not in width.
    const ahead = (sideways ? box.x + box.width / 2 - from.x - from.width / 2 : box.y - from.y) * sign;
    if (ahead < 4) continue;
    // Boxes that overlap in the other direction lie on the way.
    const [start, end, fromStart, fromEnd] = sideways ? [box.y, box.y + box.height, from.y, from.y + from.height] : [box.x, box.x + box.width, from.x, from.x + from.width];
    const aside = Math.max(0, start - fromEnd, fromStart - end);
    const cost = ahead + aside * ASIDE + (sideways ? Math.abs(box.y - from.y) : Math.abs(box.x - from.x)) * 0.1;
    if (!best || cost < best.cost) best = { id: box.id, cost };
  }
  return best?.id;
}

/** The box a walk begins with: the first as one reads. */
export function firstOf(boxes: readonly Placed[]): string | undefined {
  let first: Placed | undefined;
  for (const box of boxes) if (!first || box.x + box.y < first.x + first.y) first = box;
  return first?.id;
}
