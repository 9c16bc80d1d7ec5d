/** The groups of a project's collections: kept beside the diagram, read by every screen that lists collections. */
import { useCallback, useEffect } from "react";
import { create } from "zustand";
import { groupsOf, type Groups } from "@/lib/groups";
import { journal } from "./journal";

const useHeld = create<Readonly<Record<string, Groups>>>(() => ({}));
const keyOf = (project: string): string => `collection-groups:${project}`;
const asked = new Set<string>();

async function recall(project: string): Promise<void> {
  if (asked.has(project)) return;
  asked.add(project);
  // What cannot be read costs its memory and nothing else.
  const text = await journal.read(keyOf(project)).catch(() => null);
  let kept: unknown = null;
  try {
    kept = text === null ? null : JSON.parse(text);
  } catch {
    // A file that broke off is no list of groups.
  }
  // Somebody may have been quicker than the store.
  useHeld.setState((held) => (held[project] ? held : { [project]: groupsOf(kept) }));
}

const NONE: Groups = [];

/** The groups of this project, and the way to change them; a change is kept at once. */
export function useGroups(project: string): readonly [Groups, (change: (groups: Groups) => Groups) => void] {
  useEffect(() => void recall(project), [project]);
  const groups = useHeld((held) => held[project]) ?? NONE;
  const change = useCallback(
    (next: (groups: Groups) => Groups) => {
      const now = next(useHeld.getState()[project] ?? NONE);
      useHeld.setState({ [project]: now });
      void journal.write(keyOf(project), JSON.stringify(now)).catch(() => undefined);
    },
    [project],
  );
  return [groups, change];
}
