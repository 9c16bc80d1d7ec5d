import { X } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "@/messages/en";
import { cx } from "./cx";

export interface PillProps {
  field: string;
  operator: ReactNode;
  value: ReactNode;
  onField?: (() => void) | undefined;
  onOperator?: (() => void) | undefined;
  onValue?: (() => void) | undefined;
  onRemove: () => void;
  /** Why the pill is not applied; it stays, in warn, with the reason beside it. */
  invalid?: ReactNode;
}

/** A filter: field, operator and value, each its own button, and a cross. */
export function Pill({ field, operator, value, onField, onOperator, onValue, onRemove, invalid }: PillProps) {
  const edge = invalid ? "border-warn" : "border-line-strong";
  const part = cx("h-full px-2 transition-colors duration-80 ease-plinth", invalid ? "" : "hover:bg-bg-hover");
  const line = cx("border-l", invalid ? "border-warn/40" : "border-line");
  return (
    <span className="inline-flex shrink-0 items-center gap-2">
      <span
        className={cx(
          "inline-flex h-6 items-stretch overflow-clip rounded-control border",
          edge,
          invalid ? "bg-warn-tint" : "bg-bg-page",
        )}
      >
        <button type="button" className={part} onClick={onField}>
          {field}
        </button>
        <button type="button" className={cx(part, line, invalid ? "text-warn" : "text-ink-3")} onClick={onOperator}>
          {operator}
        </button>
        <button
          type="button"
          className={cx(part, line, "max-w-60 truncate font-medium", invalid && "text-warn")}
          onClick={onValue}
        >
          {value}
        </button>
        <button
          type="button"
          aria-label={t("removeFilter", { name: field })}
          className={cx(part, line, "px-1.5", invalid ? "text-ink-2" : "text-ink-2")}
          onClick={onRemove}
        >
          <X aria-hidden size={12} />
        </button>
      </span>
      {invalid ? <span className="text-second text-warn">{invalid}</span> : null}
    </span>
  );
}
