import { Select as Base } from "@base-ui/react/select";
import { Check, ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx";

export interface SelectOption<Value extends string> {
  value: Value;
  label: ReactNode;
  /** Quiet words at the right. */
  detail?: ReactNode;
  disabled?: boolean | undefined;
}

export interface SelectProps<Value extends string> {
  id?: string | undefined;
  value: Value | null;
  onChange: (value: Value) => void;
  options: ReadonlyArray<SelectOption<Value>>;
  "aria-label"?: string | undefined;
  "aria-describedby"?: string | undefined;
  placeholder?: string | undefined;
  disabled?: boolean | undefined;
  invalid?: boolean | undefined;
  mono?: boolean | undefined;
  className?: string | undefined;
}

export function Select<Value extends string>({
  value,
  onChange,
  options,
  placeholder,
  invalid,
  mono,
  className,
  disabled,
  ...rest
}: SelectProps<Value>) {
  return (
    <Base.Root
      value={value}
      onValueChange={(next) => {
        if (next !== null) onChange(next);
      }}
      items={options}
      disabled={disabled}
      modal={false}
    >
      <Base.Trigger
        {...rest}
        className={cx(
          "ring-field flex h-control w-full min-w-0 items-center gap-1 rounded-control border bg-bg-page px-2 text-left text-ink select-none data-[disabled]:border-line data-[disabled]:text-ink-disabled",
          invalid ? "border-bad" : "border-line-control",
          mono && "font-mono text-[11.5px]",
          className,
        )}
      >
        <span className="min-w-0 flex-1 truncate">
          <Base.Value>
            {(current: Value | null) => {
              const found = options.find((option) => option.value === current);
              return found ? (
                found.label
              ) : (
                <span className="text-ink-3">{current ?? placeholder ?? ""}</span>
              );
            }}
          </Base.Value>
        </span>
        <Base.Icon>
          <ChevronsUpDown aria-hidden size={12} className="text-ink-2" />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} className="z-50 outline-none">
          <Base.Popup className="max-h-(--available-height) min-w-(--anchor-width) overflow-y-auto rounded-float bg-bg-float py-1 shadow-float outline-none">
            {options.map((option) => (
              <Base.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled}
                className="flex h-menu-row cursor-default items-center gap-2 px-2.5 outline-none select-none data-[disabled]:text-ink-disabled data-[highlighted]:bg-bg-active"
              >
                <Base.ItemText className={cx("min-w-0 flex-1 truncate", mono && "font-mono text-[11.5px]")}>
                  {option.label}
                </Base.ItemText>
                {option.detail ? <span className="text-hint text-ink-3">{option.detail}</span> : null}
                <Base.ItemIndicator>
                  <Check aria-hidden size={12} className="stroke-meaning" />
                </Base.ItemIndicator>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
