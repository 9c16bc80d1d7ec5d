import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx";

export type BadgeKind = "plain" | "staged" | "ok" | "warn" | "bad" | "outlined";

const KIND: Readonly<Record<BadgeKind, string>> = {
  plain: "bg-bg-active text-ink-2",
  staged: "bg-draft-tint text-draft",
  ok: "bg-ok-tint text-ok",
  warn: "bg-warn-tint text-warn",
  bad: "bg-bad-tint text-bad",
  outlined: "border border-line-strong text-ink-2",
};

export function Badge({
  kind = "plain",
  icon: Icon,
  children,
  className,
}: {
  kind?: BadgeKind | undefined;
  icon?: LucideIcon | undefined;
  children: ReactNode;
  className?: string | undefined;
}) {
  return (
    <span
      className={cx(
        "inline-flex h-[18px] shrink-0 items-center gap-1 rounded-tag px-[5px] text-hint whitespace-nowrap",
        KIND[kind],
        className,
      )}
    >
      {Icon ? <Icon aria-hidden size={11} /> : null}
      {children}
    </span>
  );
}
