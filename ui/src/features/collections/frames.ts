/** Frames around the groups, where a frame holds nobody else. */
import type { Groups } from "@/lib/groups";
import { FRAME } from "./layout";
import { apart, around, type Placed, type Point, type Size } from "./place";

export interface Frame extends Point, Size {
  readonly group: string;
  readonly name: string;
  readonly colour: number;
}

/** Members further from each other than this are framed apart. */
const TOGETHER = 120;

/** Sets of boxes that stand near each other. */
function crowds(boxes: readonly Placed[]): Placed[][] {
  const left = [...boxes];
  const found: Placed[][] = [];
  for (let box = left.pop(); box; box = left.pop()) {
    const crowd = [box];
    for (let at = 0; at < crowd.length; at += 1) {
      const here = crowd[at];
      for (let index = left.length - 1; here && index >= 0; index -= 1) {
        const other = left[index];
        if (!other || apart(here, other, TOGETHER)) continue;
        crowd.push(other);
        left.splice(index, 1);
      }
    }
    found.push(crowd);
  }
  return found;
}

export function framesOf(groups: Groups, boxes: readonly Placed[]): readonly Frame[] {
  return groups.flatMap(({ id, name, colour, members }) => {
    const own = new Set(members);
    const others = boxes.filter((box) => !own.has(box.id));
    return crowds(boxes.filter((box) => own.has(box.id))).flatMap((crowd): Frame[] => {
      const area = around(crowd);
      if (!area) return [];
      const frame = {
        x: area.x - FRAME.side,
        y: area.y - FRAME.top,
        width: area.width + 2 * FRAME.side,
        height: area.height + FRAME.top + FRAME.bottom,
      };
      return others.every((other) => apart(frame, other, 0)) ? [{ group: id, name, colour, ...frame }] : [];
    });
  });
}
