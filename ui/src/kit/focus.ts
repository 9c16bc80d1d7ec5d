/** The focus is never nowhere: what had it may go, and the next key must still mean something. */
import { useEffect, useState } from "react";

/** Whether nothing has it, or the screen as a whole for want of anything better. */
export function isFocusLost(): boolean {
  const at = document.activeElement;
  return at === null || at === document.body || at === document.documentElement || at.tagName === "MAIN";
}

/** When what was open has closed and nobody took the focus, it goes back to where it was, or to the screen. */
export function useWayBack(open: boolean): void {
  const [opened, setOpened] = useState<{ readonly before: Element | null } | null>(null);
  // Asked while rendering: by the first effect the dialog has taken the focus already.
  if (open !== (opened !== null)) setOpened(open ? { before: document.activeElement } : null);
  useEffect(() => {
    if (!opened) return undefined;
    return () => {
      // The dialog's own way back, and whoever waits for it to be gone, come first.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          if (!isFocusLost()) return;
          if (opened.before instanceof HTMLElement) opened.before.focus({ preventScroll: true });
          if (isFocusLost()) document.querySelector("main")?.focus({ preventScroll: true });
        }),
      );
    };
  }, [opened]);
}
