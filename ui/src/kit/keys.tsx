import { t } from "@/messages/en";

export const isMac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

const MAC: Readonly<Record<string, string>> = {
  Mod: "⌘", Ctrl: "⌃", Shift: "⇧", Alt: "⌥", Enter: "↵", Escape: "⎋", Backspace: "⌫", Delete: "⌦",
  Tab: "⇥",
};

/** Keys that every system writes as a sign. */
const SIGN: Readonly<Record<string, string>> = {
  ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", PageUp: "PgUp", PageDown: "PgDn",
};

/** `Mod+Shift+P` as this system writes it: "Ctrl Shift P", or "⌘⇧P". */
export function formatKeys(keys: string): string {
  const parts = keys === "+" ? ["+"] : keys.split("+").map((part) => (part === "" ? "+" : part));
  if (isMac) return parts.map((part) => MAC[part] ?? SIGN[part] ?? part).join("");
  return parts
    .map((part) => {
      switch (part) {
        case "Mod":
        case "Ctrl":
          return t("key.Ctrl");
        case "Shift":
          return t("key.Shift");
        case "Alt":
          return t("key.Alt");
        case "Enter":
          return t("key.Enter");
        case "Escape":
          return t("key.Escape");
        case "Backspace":
          return t("key.Backspace");
        case "Delete":
          return t("key.Delete");
        case "Tab":
          return t("key.Tab");
        case "Space":
          return t("key.Space");
        default:
          return SIGN[part] ?? part;
      }
    })
    .join(" ");
}

/** A key written beside what it does: 11 px, quiet, never a box. */
export function Keys({ keys, className }: { keys: string; className?: string }) {
  return (
    <span aria-hidden className={className ?? "text-hint font-normal text-ink-3"}>
      {formatKeys(keys)}
    </span>
  );
}
