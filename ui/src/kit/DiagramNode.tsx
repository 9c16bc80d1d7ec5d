import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx";
import { Dot } from "./Dot";

/** 208 wide, header 28, field 22 with a 12 px icon slot. The diagram owns position and ports. */
export function DiagramNode({
  name,
  mark,
  count,
  selected = false,
  changed = false,
  dropped = false,
  fresh = false,
  children,
  className,
}: {
  name: ReactNode;
  /** The swatch of its group, before the name. */
  mark?: ReactNode;
  count?: ReactNode;
  selected?: boolean | undefined;
  changed?: boolean | undefined;
  dropped?: boolean | undefined;
  /** Staged and not in the database yet: dashed in draft. */
  fresh?: boolean | undefined;
  children: ReactNode;
  className?: string | undefined;
}) {
  return (
    <div
      className={cx(
        "edge-at-scale rounded-control bg-bg-page [--wide:208px]",
        selected ? "border-ink outline-1 outline-ink outline-solid" : fresh ? "border-dashed border-draft" : dropped ? "border-bad" : "border-line-strong",
        className,
      )}
    >
      <div
        className={cx(
          "flex h-7 items-center gap-2 rounded-t-[2px] border-b border-line px-2",
          dropped && "bg-bad-tint text-bad line-through",
        )}
      >
        {mark}
        <span className="truncate font-semibold">{name}</span>
        {changed || fresh ? <Dot state="draft" /> : null}
        <span className="flex-1" />
        {count === undefined ? null : <span className="text-second text-ink-2">{count}</span>}
      </div>
      <div className="pb-px">{children}</div>
    </div>
  );
}

export function DiagramField({
  name,
  type,
  icon: Icon,
  selected = false,
  state,
  className,
}: {
  name: ReactNode;
  type: ReactNode;
  icon?: LucideIcon | undefined;
  selected?: boolean | undefined;
  state?: "changed" | "added" | "dropped" | undefined;
  className?: string | undefined;
}) {
  return (
    <div
      className={cx(
        "relative flex h-[22px] items-center gap-1.5 px-2",
        (state === "changed" || state === "added") && "bg-draft-tint",
        state === "dropped" && "bg-bad-tint text-bad line-through",
        selected && "outline-1 -outline-offset-1 outline-ink outline-solid",
        className,
      )}
    >
      <span className="flex w-3 shrink-0 justify-center">{Icon ? <Icon aria-hidden size={12} /> : null}</span>
      <span className="min-w-0 flex-1 truncate">{name}</span>
      <span className={cx("max-w-28 truncate text-second", state === "dropped" ? "text-bad" : "text-ink-3")}>{type}</span>
    </div>
  );
}
