import { cx } from "./cx";

export type DotState = "open" | "closed" | "starting" | "silent" | "draft" | "bad" | "warn" | "ok";

const STATE: Readonly<Record<DotState, string>> = {
  open: "bg-accent",
  closed: "border border-ink-3",
  starting: "bg-draft",
  silent: "border border-bad",
  draft: "bg-draft",
  bad: "bg-bad",
  warn: "bg-warn",
  ok: "bg-ok",
};

/** Filled = open, hollow = closed, blue = starting, red hollow = no answer. A word stands beside it. */
export function Dot({ state, className }: { state: DotState; className?: string }) {
  return <span aria-hidden className={cx("inline-block size-[7px] shrink-0 rounded-full", STATE[state], className)} />;
}
