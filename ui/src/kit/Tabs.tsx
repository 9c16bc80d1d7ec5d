import { useRef, type ReactNode } from "react";
import { cx } from "./cx";

export interface TabSpec<Value extends string> {
  value: Value;
  label: ReactNode;
  /** Shown after the label in `ink-3`. */
  count?: ReactNode;
}

/** Tabs of a panel: 32 high, ink underline. The panel itself is the caller's. */
export function Tabs<Value extends string>({
  value,
  onChange,
  tabs,
  right,
  className,
  ...rest
}: {
  value: Value;
  onChange: (value: Value) => void;
  tabs: ReadonlyArray<TabSpec<Value>>;
  right?: ReactNode;
  "aria-label": string;
  className?: string | undefined;
}) {
  const list = useRef<HTMLDivElement>(null);
  const move = (by: number) => {
    const at = tabs.findIndex((tab) => tab.value === value);
    const next = tabs[(at + by + tabs.length) % tabs.length];
    if (!next) return;
    onChange(next.value);
    list.current?.querySelector<HTMLElement>(`[data-value="${CSS.escape(next.value)}"]`)?.focus();
  };
  return (
    <div className={cx("flex h-8 shrink-0 items-stretch border-b border-line", className)}>
      <div
        ref={list}
        role="tablist"
        aria-label={rest["aria-label"]}
        className="flex min-w-0 flex-1 items-stretch gap-4"
        onKeyDown={(event) => {
          if (event.key === "ArrowRight") move(1);
          else if (event.key === "ArrowLeft") move(-1);
          else return;
          event.preventDefault();
        }}
      >
        {tabs.map((tab) => (
          <button
            key={tab.value}
            type="button"
            role="tab"
            data-value={tab.value}
            aria-selected={tab.value === value}
            tabIndex={tab.value === value ? 0 : -1}
            onClick={() => onChange(tab.value)}
            className={cx(
              "relative -mb-px inline-flex items-center gap-1 whitespace-nowrap transition-colors duration-80",
              tab.value === value
                ? "border-b-2 border-ink pt-0.5 font-medium text-ink"
                : "border-b-2 border-transparent pt-0.5 text-ink-2 hover:text-ink",
            )}
          >
            {tab.label}
            {tab.count === undefined ? null : <span className="font-normal">{tab.count}</span>}
          </button>
        ))}
      </div>
      {right ? <div className="flex items-center gap-2">{right}</div> : null}
    </div>
  );
}
