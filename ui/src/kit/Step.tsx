import { Check, CircleDot, History, X, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx";
import { Dot } from "./Dot";

export type StepState = "idle" | "waiting" | "running" | "done" | "failed" | "skipped" | "reused";

const EDGE: Readonly<Record<StepState, string>> = {
  idle: "border-line-strong bg-bg-page",
  waiting: "border-dashed border-line-control bg-bg-page",
  running: "border-draft bg-draft-tint",
  done: "border-line-strong bg-bg-page",
  failed: "border-bad bg-bad-tint",
  skipped: "border-dotted border-line-control bg-bg-page",
  reused: "border-line-strong bg-bg-page",
};
const SECOND: Readonly<Record<StepState, { icon: LucideIcon | null; tone: string }>> = {
  idle: { icon: null, tone: "text-ink-3" },
  waiting: { icon: null, tone: "text-ink-3" },
  running: { icon: CircleDot, tone: "text-draft" },
  done: { icon: Check, tone: "text-ok" },
  failed: { icon: X, tone: "text-bad" },
  skipped: { icon: null, tone: "text-ink-3" },
  reused: { icon: History, tone: "text-ink-2" },
};

/** One step of something that runs: name, and kind or result below. */
export function Step({
  icon: Icon,
  name,
  second,
  state = "idle",
  selected = false,
  changed = false,
  className,
}: {
  icon: LucideIcon;
  name: ReactNode;
  second: ReactNode;
  state?: StepState | undefined;
  selected?: boolean | undefined;
  changed?: boolean | undefined;
  className?: string | undefined;
}) {
  const { icon: Mark, tone } = SECOND[state];
  const port = "absolute top-1/2 size-[7px] -translate-y-1/2 rounded-full border border-line-control bg-bg-page";
  return (
    <div
      className={cx(
        "relative flex h-[52px] items-center gap-2 rounded-control border px-3",
        EDGE[state],
        selected && "border-ink outline-1 outline-ink outline-solid",
        className,
      )}
    >
      <span aria-hidden className={cx(port, "-left-1")} />
      <span aria-hidden className={cx(port, "-right-1")} />
      {changed ? <Dot state="draft" className="absolute -top-1 -right-1 size-[9px]!" /> : null}
      <Icon aria-hidden size={15} className={state === "failed" ? "text-bad" : "text-ink-2"} />
      <div className="flex min-w-0 flex-col gap-1.5">
        <span className={cx("truncate font-medium", (state === "waiting" || state === "skipped") && "text-ink-2")}>
          {name}
        </span>
        <span className={cx("flex items-center gap-1 truncate text-hint", tone)}>
          {Mark ? <Mark aria-hidden size={11} className={Mark === Check || Mark === X ? "stroke-meaning" : ""} /> : null}
          {second}
        </span>
      </div>
    </div>
  );
}

export type BarKind = "wait" | "running" | "done" | "failed" | "reused";

const BAR: Readonly<Record<BarKind, string>> = {
  wait: "hatch-wait",
  running: "bg-draft",
  done: "bg-ok",
  failed: "bg-bad",
  reused: "border border-ok",
};

/** Row 24, bar 10. Parts are in per cent of the row and follow each other. */
export function TimelineRow({
  label,
  parts,
  detail,
}: {
  label: ReactNode;
  parts: ReadonlyArray<{ kind: BarKind; width: number }>;
  detail: ReactNode;
}) {
  return (
    <div className="flex h-[22px] items-center">
      <span className="w-26 shrink-0 text-second text-ink-2">{label}</span>
      <span aria-hidden className="flex h-2.5 min-w-0 flex-1 gap-px">
        {parts.map((part, index) => (
          <span key={index} className={cx("min-w-[3px] rounded-[1px]", BAR[part.kind])} style={{ width: `${part.width}%` }} />
        ))}
      </span>
      <span className="shrink-0 pl-2 text-second text-ink-2">{detail}</span>
    </div>
  );
}
