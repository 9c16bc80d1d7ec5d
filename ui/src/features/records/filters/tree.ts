/** A filter as a tree that is taken apart and put together by hand. Every step gives a new tree. */
import { isGroup, type FilterGroup, type FilterNode, type Pill } from "@/lib/filters";

/** Places from the root down. The root itself is the empty path. */
export type Path = readonly number[];

export interface Edited {
  readonly root: FilterGroup;
  /** Where the node that was worked on stands now. */
  readonly at: Path;
}

export function treeOf(pills: readonly Pill[], groups: readonly FilterGroup[]): FilterGroup {
  const [only] = groups;
  return pills.length === 0 && groups.length === 1 && only ? only : { join: "all", items: [...pills, ...groups] };
}

/** The same filter as pills beside groups; what holds together by AND at the top needs no group. */
export function viewOf(root: FilterGroup): { readonly pills: readonly Pill[]; readonly groups: readonly FilterGroup[] } {
  const kept = pruned(root);
  if (!kept) return { pills: [], groups: [] };
  if (kept.join !== "all") return { pills: [], groups: [kept] };
  return { pills: kept.items.filter((item): item is Pill => !isGroup(item)), groups: kept.items.filter(isGroup) };
}

/** Without groups that hold nothing. */
function pruned(group: FilterGroup): FilterGroup | null {
  const items = group.items.map((item) => (isGroup(item) ? pruned(item) : item)).filter((item) => item !== null);
  return items.length === 0 ? null : { ...group, items };
}

export function nodeAt(root: FilterGroup, path: Path): FilterNode | undefined {
  return path.reduce<FilterNode | undefined>((node, index) => (node && isGroup(node) ? node.items[index] : undefined), root);
}

function groupAt(root: FilterGroup, path: Path): FilterGroup | undefined {
  const node = nodeAt(root, path);
  return node && isGroup(node) ? node : undefined;
}

/** The tree with another list of items in one of its groups. */
function withItems(root: FilterGroup, path: Path, change: (items: readonly FilterNode[]) => readonly FilterNode[]): FilterGroup {
  const [index, ...rest] = path;
  if (index === undefined) return { ...root, items: change(root.items) };
  return {
    ...root,
    items: root.items.map((item, at) => (at === index && isGroup(item) ? withItems(item, rest, change) : item)),
  };
}

export function replaced(root: FilterGroup, path: Path, node: FilterNode): FilterGroup {
  const index = path.at(-1);
  if (index === undefined) return isGroup(node) ? node : root;
  return withItems(root, path.slice(0, -1), (items) => items.map((item, at) => (at === index ? node : item)));
}

export function added(root: FilterGroup, group: Path, node: FilterNode, at = Infinity): Edited {
  const place = Math.min(at, groupAt(root, group)?.items.length ?? 0);
  return { root: withItems(root, group, (items) => [...items.slice(0, place), node, ...items.slice(place)]), at: [...group, place] };
}

export function removed(root: FilterGroup, path: Path): Edited {
  const index = path.at(-1) ?? 0;
  const group = path.slice(0, -1);
  const next = withItems(root, group, (items) => items.filter((_, at) => at !== index));
  const left = groupAt(next, group)?.items.length ?? 0;
  return { root: next, at: left === 0 ? group : [...group, Math.min(index, left - 1)] };
}

/** One place up or down among its own. */
export function moved(root: FilterGroup, path: Path, by: -1 | 1): Edited {
  const index = path.at(-1) ?? 0;
  const group = path.slice(0, -1);
  const node = nodeAt(root, path);
  const to = index + by;
  if (!node || to < 0 || to >= (groupAt(root, group)?.items.length ?? 0)) return { root, at: path };
  const without = withItems(root, group, (items) => items.filter((_, at) => at !== index));
  return added(without, group, node, to);
}

/** Into the group before it; without one, it and what stands before it become a group. */
export function indented(root: FilterGroup, path: Path): Edited {
  const index = path.at(-1);
  const node = nodeAt(root, path);
  const parent = groupAt(root, path.slice(0, -1));
  if (index === undefined || !node || !parent) return { root, at: path };
  const group = path.slice(0, -1);
  const before = parent.items[index - 1];
  const without = withItems(root, group, (items) => items.filter((_, at) => at !== index));
  if (before && isGroup(before)) return added(without, [...group, index - 1], node);
  const join = parent.join === "any" ? "all" : "any";
  const wrapped: FilterGroup = { join, items: before ? [before, node] : [node] };
  const at = Math.max(index - 1, 0);
  const next = before ? replaced(without, [...group, at], wrapped) : added(without, group, wrapped, 0).root;
  return { root: next, at: [...group, at, before ? 1 : 0] };
}

/** Out of its group, to stand after it; a group that is left empty goes. */
export function outdented(root: FilterGroup, path: Path): Edited {
  if (path.length < 2) return { root, at: path };
  const node = nodeAt(root, path);
  const group = path.slice(0, -1);
  const index = path.at(-1) ?? 0;
  const place = group.at(-1) ?? 0;
  if (!node) return { root, at: path };
  const without = withItems(root, group, (items) => items.filter((_, at) => at !== index));
  if (groupAt(without, group)?.items.length === 0) return { root: replaced(without, group, node), at: group };
  return added(without, group.slice(0, -1), node, place + 1);
}

/** Every condition with its place, from the top down. */
export function leaves(group: FilterGroup, path: Path = []): readonly { readonly pill: Pill; readonly path: Path }[] {
  return group.items.flatMap((item, index) => (isGroup(item) ? leaves(item, [...path, index]) : [{ pill: item, path: [...path, index] }]));
}
