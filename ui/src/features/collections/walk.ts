/** Keys on the canvas: from box to box, into the fields of one, and carrying it. */
import type { KeyboardEvent } from "react";
import { toward, type Direction } from "./neighbours";
import type { Placed, Point } from "./place";

const WAYS: Readonly<Record<string, Direction>> = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };
/** How far one press carries a box: the distance of the dots. */
const CARRY = 20;

export type Step =
  | { readonly kind: "walk"; readonly to: string }
  | { readonly kind: "field"; readonly field: string }
  | { readonly kind: "leave" }
  | { readonly kind: "carry"; readonly to: Point }
  | { readonly kind: "rows" };

/** What a key does on a box; `null` when it is nobody's here. `field` is the one that is current, among `fields`. */
export function stepOf(
  key: { readonly key: string; readonly shift: boolean; readonly mod: boolean },
  box: Placed,
  boxes: readonly Placed[],
  fields: readonly string[],
  field: string | undefined,
): Step | null {
  const way = WAYS[key.key];
  if (key.key === "Enter" && key.mod) return { kind: "rows" };
  if (key.mod) return null;
  const at = field === undefined ? -1 : fields.indexOf(field);
  if (way && key.shift) {
    const by = { up: [0, -CARRY], down: [0, CARRY], left: [-CARRY, 0], right: [CARRY, 0] }[way];
    return { kind: "carry", to: { x: box.x + (by[0] ?? 0), y: box.y + (by[1] ?? 0) } };
  }
  if (way && at >= 0 && (way === "up" || way === "down")) {
    const next = fields[at + (way === "up" ? -1 : 1)];
    return next === undefined ? (way === "up" ? { kind: "leave" } : null) : { kind: "field", field: next };
  }
  if (way) {
    const to = toward(boxes, box.id, way);
    return to === undefined ? null : { kind: "walk", to };
  }
  if (key.key === "Enter" && !key.shift && at < 0) {
    const [first] = fields;
    return first === undefined ? null : { kind: "field", field: first };
  }
  return null;
}

/** The box that a key was pressed on, or in. */
export function boxOf(event: KeyboardEvent): string | undefined {
  return event.target instanceof HTMLElement ? event.target.closest<HTMLElement>(".react-flow__node")?.dataset["id"] : undefined;
}
