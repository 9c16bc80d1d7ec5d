/**
 * Going elsewhere takes cards away that hold what is typed. Whoever holds such a text is told while it
 * still stands, and stages it or keeps it.
 */
import { useLayoutEffect, useRef } from "react";

const leavers = new Set<() => void>();

/** Calls everyone who holds a typed text that is not staged yet. */
export function tellLeaving(): void {
  // One that stages may close another one.
  for (const leave of [...leavers]) if (leavers.has(leave)) leave();
}

/** `leave` is called once the address is about to change, always with what stands on screen then. */
export function useLeaving(leave: () => void): void {
  const latest = useRef(leave);
  useLayoutEffect(() => {
    latest.current = leave;
  });
  useLayoutEffect(() => {
    const told = (): void => latest.current();
    leavers.add(told);
    return () => {
      leavers.delete(told);
    };
  }, []);
}
