import type { ConnectionLineComponentProps } from "@xyflow/react";
import { memo } from "react";
import type { CollectionNode } from "./CollectionBox";
import { pathOf, type Route, type Side } from "./route";
import { NODE_WIDTH } from "./rows";

export interface Relation {
  readonly id: string;
  readonly many: boolean;
  readonly route: Route;
  readonly tone: "draft" | "bad" | "lit" | "plain" | "dim";
  readonly said: string;
}

const TONE = { draft: "var(--draft)", bad: "var(--bad)", lit: "var(--ink)", plain: "var(--line-control)", dim: "var(--line)" } as const;

/** Crow's foot where there are many, a bar where there is one; both 8 px from the node. */
function foot({ x, y }: { x: number; y: number }, side: Side, many: boolean): string {
  const out = x + (side === "l" ? -8 : 8);
  return many
    ? `M${String(out)},${String(y)} L${String(x)},${String(y - 5)} M${String(out)},${String(y)} L${String(x)},${String(y + 5)}`
    : `M${String(out)},${String(y - 4)} V${String(y + 4)}`;
}

const Line = memo(function Line({ relation: { route, many, tone, said } }: { relation: Relation }) {
  const [first, last] = [route.points[0], route.points.at(-1)];
  if (!first || !last) return null;
  const width = tone === "plain" || tone === "dim" ? 1.25 : 1.75;
  // As wide on the screen from far away: a vector effect does not know the scale of the canvas, which is no SVG.
  const style = { stroke: TONE[tone], strokeWidth: `clamp(${String(width)}px, ${String(width)}px / var(--zoom, 1), 4px)`, fill: "none" };
  return (
    <g role="img" aria-label={said} data-relation="">
      <path data-line="" d={pathOf(route.points)} style={{ ...style, ...(tone === "draft" ? { strokeDasharray: "4 3" } : {}) }} />
      <path d={foot(first, route.from, many)} style={style} />
      <path d={foot(last, route.to, false)} style={style} />
    </g>
  );
});

/** All lines, behind the boxes. One picture: they take no press, and a line costs no more than its path. */
export function RelationLines({ relations }: { relations: readonly Relation[] }) {
  return (
    <svg className="pointer-events-none absolute top-0 left-0 -z-10 size-px overflow-visible">
      {relations.map((relation) => (
        <Line key={relation.id} relation={relation} />
      ))}
    </svg>
  );
}

/** The line that is being drawn: from that edge of its box which looks to where it leads. */
export function DrawnLine({ fromNode, fromY, toX, toY }: ConnectionLineComponentProps<CollectionNode>) {
  const { x } = fromNode.internals.positionAbsolute;
  const from = toX < x + NODE_WIDTH / 2 ? x : x + NODE_WIDTH;
  return <path d={`M${String(from)},${String(fromY)} L${String(toX)},${String(toY)}`} fill="none" stroke="var(--draft)" strokeWidth={1.75} strokeDasharray="4 3" />;
}
