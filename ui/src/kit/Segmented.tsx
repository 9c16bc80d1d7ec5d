import { useRef, type ReactNode } from "react";
import { cx } from "./cx";

export interface SegmentedProps<Value extends string> {
  value: Value;
  onChange: (value: Value) => void;
  options: ReadonlyArray<{ value: Value; label: ReactNode; disabled?: boolean }>;
  "aria-label": string;
  /** Fills its row; every choice gets the same width. */
  wide?: boolean | undefined;
  className?: string | undefined;
}

/** Two to four choices of which one holds; more is a select. */
export function Segmented<Value extends string>({
  value,
  onChange,
  options,
  wide,
  className,
  ...rest
}: SegmentedProps<Value>) {
  const group = useRef<HTMLDivElement>(null);
  const move = (by: number) => {
    const open = options.filter((option) => !option.disabled);
    const at = open.findIndex((option) => option.value === value);
    const next = open[(at + by + open.length) % open.length];
    if (!next) return;
    onChange(next.value);
    group.current?.querySelector<HTMLElement>(`[data-value="${CSS.escape(next.value)}"]`)?.focus();
  };
  return (
    <div
      ref={group}
      role="radiogroup"
      aria-label={rest["aria-label"]}
      className={cx(
        "inline-flex h-control shrink-0 rounded-control border border-line-strong bg-bg-page",
        wide && "flex w-full",
        className,
      )}
      onKeyDown={(event) => {
        // As in a radio of any form: Enter is its way on, and chooses nothing.
        const way = event.key === "Enter" ? group.current?.closest("form")?.querySelector<HTMLButtonElement>("button[type=submit]") : undefined;
        if (way) way.click();
        else if (event.key === "ArrowRight" || event.key === "ArrowDown") move(1);
        else if (event.key === "ArrowLeft" || event.key === "ArrowUp") move(-1);
        else return;
        event.preventDefault();
      }}
    >
      {options.map((option, index) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          data-value={option.value}
          aria-checked={option.value === value}
          tabIndex={option.value === value ? 0 : -1}
          disabled={option.disabled}
          onClick={(event) => {
            // Where a click gives no focus, the next key would be for nobody.
            event.currentTarget.focus();
            onChange(option.value);
          }}
          className={cx(
            "px-2.5 whitespace-nowrap transition-colors duration-80 ease-plinth disabled:text-ink-disabled",
            index > 0 && "border-l border-line-strong",
            index === 0 && "rounded-l-[2px]",
            index === options.length - 1 && "rounded-r-[2px]",
            wide && "flex-1",
            option.value === value
              ? "bg-bg-active font-medium text-ink"
              : "text-ink-2 enabled:hover:bg-bg-hover",
          )}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
