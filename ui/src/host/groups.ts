/**
 * The groups in which a person keeps the collections of a project: kept beside the diagram, read by
 * every screen that lists collections.
 */
import { useCallback, useEffect } from "react";
import { create } from "zustand";
import { groupsOf, type Groups } from "@/lib/groups";
import { journal } from "./journal";
import { personOn, useSession } from "./session";

const useHeld = create<Readonly<Record<string, Groups>>>(() => ({}));
const keyOf = (person: string): string => `collection-groups:${person}`;
const asked = new Set<string>();

async function recall(person: string): Promise<void> {
  if (asked.has(person)) return;
  asked.add(person);
  // What cannot be read costs its memory and nothing else.
  const text = await journal.read(keyOf(person)).catch(() => null);
  let kept: unknown = null;
  try {
    kept = text === null ? null : JSON.parse(text);
  } catch {
    // A file that broke off is no list of groups.
  }
  // Somebody may have been quicker than the store.
  useHeld.setState((held) => (held[person] ? held : { [person]: groupsOf(kept) }));
}

const NONE: Groups = [];

/** The groups of who is signed in here, and the way to change them; a change is kept at once. */
export function useGroups(): readonly [Groups, (change: (groups: Groups) => Groups) => void] {
  const { project, user } = useSession();
  const person = personOn(project.id, user?.id);
  useEffect(() => void recall(person), [person]);
  const groups = useHeld((held) => held[person]) ?? NONE;
  const change = useCallback(
    (next: (groups: Groups) => Groups) => {
      const now = next(useHeld.getState()[person] ?? NONE);
      useHeld.setState({ [person]: now });
      void journal.write(keyOf(person), JSON.stringify(now)).catch(() => undefined);
    },
    [person],
  );
  return [groups, change];
}
