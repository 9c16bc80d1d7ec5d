/** Collections put together by people: a name, a colour, and who belongs to it. One collection is in one group. */

export interface Group {
  readonly id: string;
  readonly name: string;
  /** Its place among the swatches. */
  readonly colour: number;
  /** Names of collections, in the order they came. */
  readonly members: readonly string[];
}

export type Groups = readonly Group[];

/** How many colours there are to choose from. */
export const COLOURS = 6;

/** What was kept, as far as it is what we keep: another version may have written it. */
export function groupsOf(kept: unknown): Groups {
  if (!Array.isArray(kept)) return [];
  const taken = new Set<string>();
  return (kept as readonly unknown[]).flatMap((raw): Group[] => {
    if (typeof raw !== "object" || raw === null) return [];
    const { id, name, colour, members } = raw as Readonly<Record<string, unknown>>;
    if (typeof id !== "string" || typeof name !== "string" || name === "") return [];
    const own = Array.isArray(members) ? members.filter((member): member is string => typeof member === "string" && !taken.has(member)) : [];
    for (const member of own) taken.add(member);
    return [{ id, name, colour: typeof colour === "number" && Number.isInteger(colour) ? Math.abs(colour) % COLOURS : 0, members: own }];
  });
}

export function groupOf(groups: Groups, collection: string): Group | undefined {
  return groups.find((group) => group.members.includes(collection));
}

/** Into this group and out of every other; into none without an id. */
export function put(groups: Groups, collection: string, id: string | undefined): Groups {
  return groups.map((group) => {
    const inside = group.members.includes(collection);
    if (inside === (group.id === id)) return group;
    return { ...group, members: inside ? group.members.filter((member) => member !== collection) : [...group.members, collection] };
  });
}

/** One more group, in the colour that is used least. */
export function added(groups: Groups, name: string, id: string): Groups {
  const used = Array.from({ length: COLOURS }, (_, colour) => groups.filter((group) => group.colour === colour).length);
  return [...groups, { id, name, colour: used.indexOf(Math.min(...used)), members: [] }];
}

export function patchedGroup(groups: Groups, id: string, patch: Partial<Pick<Group, "name" | "colour">>): Groups {
  return groups.map((group) => (group.id === id ? { ...group, ...patch } : group));
}

/** The group goes, its collections stay. */
export function without(groups: Groups, id: string): Groups {
  return groups.filter((group) => group.id !== id);
}

/** Collections under the names they have now; those that are gone leave. */
export function renamed(groups: Groups, nameOf: (member: string) => string | undefined): Groups {
  return groups.map((group) => ({ ...group, members: group.members.flatMap((member) => nameOf(member) ?? []) }));
}

/** Why a group cannot be named so, if there is a reason. */
export function groupFault(groups: Groups, name: string, self?: string): "empty" | "taken" | null {
  const wanted = name.trim().toLowerCase();
  if (wanted === "") return "empty";
  return groups.some((group) => group.id !== self && group.name.toLowerCase() === wanted) ? "taken" : null;
}
