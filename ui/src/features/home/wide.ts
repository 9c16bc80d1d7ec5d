import { useSyncExternalStore } from "react";

/** From here on the ledger and the inspector stand beside each other; below, it lies over the ledger. */
const WIDE = typeof matchMedia === "function" ? matchMedia("(min-width: 1101px)") : null;

const watch = (changed: () => void) => {
  WIDE?.addEventListener("change", changed);
  return () => WIDE?.removeEventListener("change", changed);
};

/** Whether the window has room for both. */
export function useWide(): boolean {
  return useSyncExternalStore(watch, () => WIDE?.matches ?? true);
}
