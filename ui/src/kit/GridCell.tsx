/** How a cell shows what is stored. The grid owns position and keys; this owns the picture. */
import { ArrowDown, ArrowUp, Check, CircleAlert, GitBranch, Lock } from "lucide-react";
import type { CSSProperties, ReactNode } from "react";
import { t } from "@/messages/en";
import { cx } from "./cx";

export type CellState = "rest" | "hover" | "focused" | "editing" | "staged" | "invalid" | "conflict" | "selected";

const STATE: Readonly<Record<CellState, string>> = {
  rest: "",
  hover: "bg-bg-hover",
  focused: "outline-2 -outline-offset-2 outline-ink outline-solid",
  editing: "bg-bg-page outline-2 -outline-offset-2 outline-ink outline-solid",
  staged: "bg-draft-tint",
  invalid: "text-bad",
  conflict: "text-warn",
  selected: "bg-bg-active",
};

/** The class names of a cell, for grids that build their own element. */
export function cellClass(states: readonly CellState[], align: "left" | "right" | "center" = "left"): string {
  return cx(
    "relative flex min-w-0 items-center gap-1.5 overflow-clip px-2 whitespace-nowrap",
    align === "right" && "justify-end",
    align === "center" && "justify-center",
    ...states.map((state) => STATE[state]),
  );
}

/** The corner that says "staged" without colour. */
export function StagedCorner() {
  return (
    <span
      aria-hidden
      className="absolute top-0 left-0 border-t-8 border-r-8 border-t-draft border-r-transparent"
    />
  );
}

export function Cell({
  states,
  align = "left",
  children,
  className,
  style,
}: {
  states: readonly CellState[];
  align?: "left" | "right" | "center" | undefined;
  children: ReactNode;
  className?: string | undefined;
  style?: CSSProperties | undefined;
}) {
  return (
    <div className={cx(cellClass(states, align), className)} style={style}>
      {states.includes("staged") ? <StagedCorner /> : null}
      {children}
    </div>
  );
}

export function NullValue() {
  return <span className="text-second text-ink-3 italic">{t("null")}</span>;
}
export function EmptyText() {
  return (
    <span className="inline-flex h-4 items-center rounded-tag border border-line-strong px-1 text-hint text-ink-2">
      {t("emptyText")}
    </span>
  );
}
export function DefaultValue({ value }: { value: string }) {
  return <span className="truncate text-ink-2 italic">{t("default", { value })}</span>;
}
export function BooleanValue({ value }: { value: boolean }) {
  return value ? (
    <Check role="img" aria-label={t("true")} size={14} className="stroke-meaning" />
  ) : (
    <span role="img" aria-label={t("false")} className="size-2.5 rounded-[1px] border border-line-control" />
  );
}
export function TextValue({ children }: { children: ReactNode }) {
  return <span className="truncate">{children}</span>;
}
/** JSON, ids, hashes: mono, and the size when it is cut. */
export function CodeValue({ children, size }: { children: ReactNode; size?: string | undefined }) {
  return (
    <span className="flex min-w-0 items-baseline gap-1 text-ink-2">
      <span className="truncate font-mono text-[11px]">{children}</span>
      {size ? <span className="shrink-0 text-second text-ink-3">{size}</span> : null}
    </span>
  );
}
/** An instant or an amount with its zone or unit in `ink-3`. */
export function UnitValue({ value, unit }: { value: ReactNode; unit?: ReactNode }) {
  return (
    <span className="truncate">
      {value}
      {unit ? <span className="text-ink-3"> {unit}</span> : null}
    </span>
  );
}
/** The swatches people choose for enum values; they never use meaning colours. */
export const SWATCHES = ["#6F9A63", "#AD8632", "#5F86A0", "#B4694C", "#A8576B", "#9A9387"] as const;
export function EnumValue({ value, swatch }: { value: string; swatch?: string | undefined }) {
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      {swatch ? <span aria-hidden className="size-[7px] shrink-0" style={{ background: swatch }} /> : null}
      <span className="truncate">{value}</span>
    </span>
  );
}
export function WasValue({ was, children }: { was: ReactNode; children: ReactNode }) {
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      <s className="truncate text-ink-3">{was}</s>
      <span className="truncate">{children}</span>
    </span>
  );
}
export function InvalidValue({ children, reason }: { children: ReactNode; reason?: string | undefined }) {
  return (
    <span className="flex min-w-0 items-center gap-1.5 text-bad" title={reason}>
      <span className="truncate">{children}</span>
      <CircleAlert role="img" aria-label={reason ?? t("invalid")} size={13} />
    </span>
  );
}
export function ConflictValue({ mine, theirs }: { mine: ReactNode; theirs: ReactNode }) {
  return (
    <span className="flex min-w-0 items-center gap-1.5 text-warn">
      <span className="truncate">{mine}</span>
      <GitBranch role="img" aria-label={t("conflict")} size={12} className="stroke-meaning" />
      <span className="truncate">{theirs}</span>
    </span>
  );
}
export function HiddenValue() {
  return (
    <span className="flex min-w-0 items-center gap-1 text-ink-3">
      <Lock aria-hidden size={12} />
      <span className="truncate">{t("hidden")}</span>
    </span>
  );
}
export function LoadingValue({ width = 70 }: { width?: number }) {
  return <span aria-hidden className="h-2 shrink-0 bg-bg-active" style={{ width }} />;
}

/** Two lines: name and sort arrow, then the type. The caller adds the resize zone. */
export function HeaderCell({
  name,
  type,
  sort,
  align = "left",
  badge,
}: {
  name: ReactNode;
  type: ReactNode;
  sort?: "ascending" | "descending" | undefined;
  align?: "left" | "right" | "center" | undefined;
  badge?: ReactNode;
}) {
  return (
    <span
      className={cx(
        "flex min-w-0 flex-1 flex-col px-2",
        align === "right" && "items-end",
        align === "center" && "items-center",
      )}
    >
      <span className="flex max-w-full items-center gap-1 font-medium text-ink">
        <span className="truncate">{name}</span>
        {badge}
        {sort === "ascending" ? <ArrowUp role="img" aria-label={t("sort.ascending")} size={12} /> : null}
        {sort === "descending" ? <ArrowDown role="img" aria-label={t("sort.descending")} size={12} /> : null}
      </span>
      <span className="flex max-w-full items-center gap-1 truncate text-hint text-ink-3">{type}</span>
    </span>
  );
}
