import type { AnyRouter } from "@tanstack/react-router";
import { tellLeaving } from "@/kit/leave";

/**
 * What is typed in a cell, on its card or in a field of a form is staged when it is left. A key, the way
 * back or an address that changes takes the field away without its being left, and browsers tell
 * nothing of a focused element that is removed: so it is left here, while it still stands.
 *
 * Answers with the function that ends it.
 */
export function leaveBeforeGoing(router: AnyRouter): () => void {
  return router.subscribe("onBeforeNavigate", () => {
    const node = document.activeElement;
    if (node instanceof HTMLElement && node.matches("[data-staged-on-leave]")) node.blur();
    tellLeaving();
  });
}
