import { Checkbox as Base } from "@base-ui/react/checkbox";
import { Check, Minus } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx";

export interface CheckboxProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  mixed?: boolean | undefined;
  disabled?: boolean | undefined;
  children?: ReactNode;
  "aria-label"?: string | undefined;
  look?: "focus" | undefined;
  className?: string | undefined;
}

/** Checked is ink, never the accent. */
export function Checkbox({
  checked,
  onChange,
  mixed,
  disabled,
  children,
  look,
  className,
  ...rest
}: CheckboxProps) {
  const box = (
    <Base.Root
      {...rest}
      checked={checked}
      onCheckedChange={onChange}
      indeterminate={mixed}
      disabled={disabled}
      className={cx(
        "flex size-3.5 shrink-0 items-center justify-center rounded-tag border border-line-control bg-bg-page text-bg-page data-[checked]:border-ink data-[checked]:bg-ink data-[disabled]:border-line data-[indeterminate]:border-ink data-[indeterminate]:bg-ink data-[checked]:data-[disabled]:border-ink-disabled data-[checked]:data-[disabled]:bg-ink-disabled",
        look === "focus" && "outline-2 outline-offset-1 outline-ink outline-solid",
      )}
    >
      <Base.Indicator className="flex">
        {mixed ? (
          <Minus aria-hidden size={10} className="stroke-meaning" />
        ) : (
          <Check aria-hidden size={10} className="stroke-meaning" />
        )}
      </Base.Indicator>
    </Base.Root>
  );
  if (children === undefined) return box;
  return (
    <label className={cx("inline-flex min-w-0 items-center gap-2", disabled && "text-ink-disabled", className)}>
      {box}
      <span className="min-w-0">{children}</span>
    </label>
  );
}
