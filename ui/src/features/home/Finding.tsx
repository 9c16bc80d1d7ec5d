import { Check, X } from "lucide-react";
import { cx } from "@/kit/cx";

/** One thing that a trial found, good or bad. */
export function Finding({ good, children }: { good: boolean; children: string }) {
  const Icon = good ? Check : X;
  return (
    <p className={cx("mt-1 flex items-start gap-1.5 text-second", good ? "text-ink-2" : "text-bad")}>
      <Icon aria-hidden size={12} className={cx("mt-[3px] shrink-0 stroke-meaning", good ? "text-ok" : "text-bad")} />
      <span className="min-w-0 wrap-anywhere">{children}</span>
    </p>
  );
}
