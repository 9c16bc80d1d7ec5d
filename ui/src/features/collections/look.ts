import { useCallback, useEffect, useState } from "react";
import { journal } from "@/host/journal";
import { keep } from "@/host/keep";
import type { Positions } from "./place";

type View = "diagram" | "list";

/** What the screen looks like, kept per project: places, and which view stands. */
export interface Look {
  readonly positions: Positions;
  readonly view: View;
  readonly system: boolean;
  /** Whether the small map of the diagram is shown. */
  readonly map: boolean;
}

const NO_LOOK: Look = { positions: {}, view: "diagram", system: false, map: false };

export function useLook(project: string): [Look | null, (change: (look: Look) => Look) => void] {
  const key = `schema-look:${project}`;
  const [look, setLook] = useState<Look | null>(null);
  useEffect(() => {
    let gone = false;
    journal.read(key).then(
      (text) => {
        if (!gone) setLook({ ...NO_LOOK, ...(text === null ? {} : (JSON.parse(text) as Partial<Look>)) });
      },
      () => setLook(NO_LOOK),
    );
    return () => {
      gone = true;
    };
  }, [key]);
  useEffect(() => {
    if (look) keep(key, JSON.stringify(look));
  }, [key, look]);
  const change = useCallback((next: (look: Look) => Look) => setLook((held) => (held ? next(held) : held)), []);
  return [look, change];
}
