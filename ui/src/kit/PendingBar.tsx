import type { ReactNode } from "react";
import { cx } from "./cx";
import { Dot } from "./Dot";

/**
 * The one bar of open work: cells, rules, schema and drafts use it with the same words and keys.
 * Left: count and short facts. Right: Discard, Preview, Commit, the last one filled.
 */
export function PendingBar({
  title,
  facts,
  aside,
  at = "bottom",
  children,
}: {
  title: ReactNode;
  facts?: ReactNode;
  /** Before the buttons: a conflict, or a quiet hint. */
  aside?: ReactNode;
  /** Below what it is about, or above all of it. */
  at?: "bottom" | "top";
  children: ReactNode;
}) {
  return (
    <div
      role="region"
      data-pending=""
      aria-label={typeof title === "string" ? title : undefined}
      className={cx(
        "relative z-20 flex min-h-11 shrink-0 flex-wrap items-center gap-2 border-draft bg-draft-tint px-3 py-1.5",
        at === "top" ? "border-b" : "border-t",
      )}
    >
      {/* On a narrow bar the facts stand below the title; the buttons keep their place. */}
      <div className="flex min-w-[min(100%,200px)] flex-1 items-center gap-2">
        <Dot state="draft" />
        <div className="flex min-w-0 flex-wrap items-center gap-x-2">
          <span className="max-w-full truncate font-semibold">{title}</span>
          {facts ? <span className="max-w-full min-w-0 truncate text-ink-2">{facts}</span> : null}
        </div>
      </div>
      {aside ? <span className="flex items-center gap-2 text-second text-ink-3">{aside}</span> : null}
      {children}
    </div>
  );
}
