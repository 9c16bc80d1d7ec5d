import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import { pathOf, type Route, type Side } from "./route";

export type RelationEdge = Edge<{ readonly many: boolean; readonly route: Route; readonly tone: "draft" | "bad" | "lit" | "plain" }, "relation">;

const TONE = { draft: "var(--draft)", bad: "var(--bad)", lit: "var(--ink)", plain: "var(--line-control)" } as const;

/** Crow's foot where there are many, a bar where there is one; both 8 px from the node. */
function foot({ x, y }: { x: number; y: number }, side: Side, many: boolean): string {
  const out = x + (side === "l" ? -8 : 8);
  return many
    ? `M${String(out)},${String(y)} L${String(x)},${String(y - 5)} M${String(out)},${String(y)} L${String(x)},${String(y + 5)}`
    : `M${String(out)},${String(y - 4)} V${String(y + 4)}`;
}

export function RelationLine({ data }: EdgeProps<RelationEdge>) {
  const { route, tone = "plain", many = true } = data ?? {};
  const [first, last] = [route?.points[0], route?.points.at(-1)];
  if (!route || !first || !last) return null;
  const style = { stroke: TONE[tone], strokeWidth: tone === "plain" ? 1.25 : 1.75, fill: "none" };
  return (
    <>
      <BaseEdge path={pathOf(route.points)} style={{ ...style, ...(tone === "draft" ? { strokeDasharray: "4 3" } : {}) }} />
      <path d={foot(first, route.from, many)} style={style} />
      <path d={foot(last, route.to, false)} style={style} />
    </>
  );
}
