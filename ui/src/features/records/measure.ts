/** How wide a text is drawn, asked of the page itself: fonts, sizes and density are what they are. */
import { useSyncExternalStore } from "react";
import { useAppearance } from "@/kit/appearance";

export type Face = "plain" | "code" | "head" | "type";

/** The classes in which a cell and its header draw their texts. */
const CLASSES: Readonly<Record<Face, string>> = { plain: "", code: "font-mono text-[11px]", head: "font-medium", type: "text-hint" };
/** Where nothing is drawn, as in a test, every sign is as wide as this. */
const SIGN = 7;

let known = new Map<string, number>();
let fonts: object = {};
const listening = new Set<() => void>();

// A font that arrives later draws the same texts in another width.
globalThis.document?.fonts?.addEventListener?.("loadingdone", () => {
  known = new Map();
  fonts = {};
  for (const tell of listening) tell();
});

function subscribe(tell: () => void): () => void {
  listening.add(tell);
  return () => void listening.delete(tell);
}

/** Another object whenever texts may be drawn in other widths than before. */
export function useFonts(): object {
  return useSyncExternalStore(subscribe, () => fonts);
}

/** The width of the widest of some texts, each measured once. */
export function widest(face: Face, texts: readonly string[]): number {
  const { density } = useAppearance.getState();
  const key = (text: string): string => `${density} ${face} ${text}`;
  const unknown = texts.filter((text) => !known.has(key(text)));
  if (unknown.length > 0) {
    const line = document.createElement("div");
    line.setAttribute("aria-hidden", "true");
    line.style.cssText = "position:absolute;visibility:hidden;white-space:pre;left:0;top:0";
    const parts = unknown.map((text) => {
      const part = document.createElement("span");
      part.className = CLASSES[face];
      part.textContent = text;
      line.append(part, document.createElement("br"));
      return part;
    });
    document.body.append(line);
    parts.forEach((part, at) => {
      const text = unknown[at] ?? "";
      known.set(key(text), part.getBoundingClientRect().width || text.length * SIGN);
    });
    line.remove();
  }
  return Math.max(0, ...texts.map((text) => known.get(key(text)) ?? 0));
}
