/** Changes of a document, one place at a time. Numbers stay the digits they were written with. */
import type { JsonNode } from "@/lib/exact-json";

export type Step = string | number;
export type Steps = readonly Step[];

/** One line of the tree as it is walked from above. */
export interface Line {
  readonly steps: Steps;
  readonly node: JsonNode;
  readonly depth: number;
  /** Has something inside, open or not. */
  readonly opens: boolean;
  readonly isOpen: boolean;
  /** Items that are not listed. */
  readonly more: number;
}

export function nameOf(steps: Steps): string {
  return steps.map(String).join(".");
}

export function childrenOf(node: JsonNode): readonly (readonly [Step, JsonNode])[] {
  if (node.t === "array") return node.v.map((item, index) => [index, item] as const);
  return node.t === "object" ? node.v : [];
}

/** What is listed of one list; the rest is counted. */
export const LISTED = 200;

export function linesOf(root: JsonNode, open: (steps: Steps) => boolean): readonly Line[] {
  const lines: Line[] = [];
  const walk = (node: JsonNode, steps: Steps): void => {
    const inside = childrenOf(node);
    const isOpen = inside.length > 0 && open(steps);
    lines.push({ steps, node, depth: steps.length, opens: inside.length > 0, isOpen, more: isOpen ? Math.max(inside.length - LISTED, 0) : 0 });
    if (isOpen) for (const [step, child] of inside.slice(0, LISTED)) walk(child, [...steps, step]);
  };
  walk(root, []);
  return lines;
}

export function replacedAt(node: JsonNode, steps: Steps, next: JsonNode): JsonNode {
  const [step, ...rest] = steps;
  if (step === undefined) return next;
  if (node.t === "array") return { t: "array", v: node.v.map((item, index) => (index === step ? replacedAt(item, rest, next) : item)) };
  if (node.t === "object") return { t: "object", v: node.v.map(([key, item]) => [key, key === step ? replacedAt(item, rest, next) : item] as const) };
  return node;
}

export function removedAt(node: JsonNode, steps: Steps): JsonNode {
  const [step, ...rest] = steps;
  if (step === undefined) return node;
  if (rest.length > 0) {
    const child = childrenOf(node).find(([key]) => key === step)?.[1];
    return child ? replacedAt(node, [step], removedAt(child, rest)) : node;
  }
  if (node.t === "array") return { t: "array", v: node.v.filter((_, index) => index !== step) };
  return node.t === "object" ? { t: "object", v: node.v.filter(([key]) => key !== step) } : node;
}

/** A new item at the end of a list, or under a key that is free. */
export function addedTo(node: JsonNode, steps: Steps, value: JsonNode): { readonly node: JsonNode; readonly at: Steps } | null {
  const target = steps.reduce<JsonNode | undefined>((at, step) => (at ? childrenOf(at).find(([key]) => key === step)?.[1] : undefined), node);
  if (target?.t === "array") return { node: replacedAt(node, steps, { t: "array", v: [...target.v, value] }), at: [...steps, target.v.length] };
  if (target?.t !== "object") return null;
  const keys = new Set(target.v.map(([key]) => key));
  let n = 1;
  while (keys.has(`key${String(n)}`)) n += 1;
  const key = `key${String(n)}`;
  return { node: replacedAt(node, steps, { t: "object", v: [...target.v, [key, value]] }), at: [...steps, key] };
}

export function renamedAt(node: JsonNode, steps: Steps, name: string): JsonNode | null {
  const last = steps.at(-1);
  const parent = steps.slice(0, -1);
  const target = parent.reduce<JsonNode | undefined>((at, step) => (at ? childrenOf(at).find(([key]) => key === step)?.[1] : undefined), node);
  if (target?.t !== "object" || typeof last !== "string" || name === last) return node;
  if (target.v.some(([key]) => key === name)) return null;
  return replacedAt(node, parent, { t: "object", v: target.v.map(([key, item]) => [key === last ? name : key, item] as const) });
}
