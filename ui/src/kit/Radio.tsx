import { Radio as Base } from "@base-ui/react/radio";
import { RadioGroup as Group } from "@base-ui/react/radio-group";
import type { ReactNode } from "react";
import { cx } from "./cx";

const DOT =
  "flex size-3.5 shrink-0 items-center justify-center rounded-full border border-line-control bg-bg-page data-[checked]:border-[4px] data-[checked]:border-ink";

export function RadioGroup<Value extends string>({
  value,
  onChange,
  children,
  className,
  "aria-label": label,
}: {
  value: Value;
  onChange: (value: Value) => void;
  children: ReactNode;
  className?: string | undefined;
  "aria-label": string;
}) {
  return (
    <Group
      value={value}
      onValueChange={(next) => onChange(next as Value)}
      aria-label={label}
      className={className}
    >
      {children}
    </Group>
  );
}

export function Radio({ value, children, className }: { value: string; children?: ReactNode; className?: string }) {
  return (
    <label className={cx("flex items-center gap-2", className)}>
      <Base.Root value={value} className={DOT} />
      {children}
    </label>
  );
}
