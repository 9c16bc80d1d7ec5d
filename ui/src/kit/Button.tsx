import type { LucideIcon } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { useKeysOf } from "./commands";
import { cx } from "./cx";
import { formatKeys } from "./keys";
import { Spinner } from "./Spinner";
import { Tip } from "./Tooltip";

type ButtonKind = "outlined" | "filled" | "destructive" | "ghost";
type ButtonSize = "small" | "regular" | "large";

export interface ButtonProps extends Omit<ComponentProps<"button">, "children"> {
  /** The way on: where the focus goes when what had it is gone. */
  "data-next"?: string | undefined;
  /** At most one `filled` per screen: it names verb, count and target. */
  kind?: ButtonKind | undefined;
  size?: ButtonSize | undefined;
  icon?: LucideIcon | undefined;
  /** A key to show inside, as `Mod+S`. Prefer `command`, which reads the registry. */
  keys?: string | undefined;
  /** Id of the registered command this button runs; its key is shown inside. */
  command?: string | undefined;
  /** The work is under way: the spinner takes the icon's place. Pass the -ing form as children. */
  busy?: boolean | undefined;
  /** Drawn as hovered, pressed or focused; only the component sheet uses it. */
  look?: "hover" | "pressed" | "focus" | undefined;
  children: ReactNode;
}

const KIND: Readonly<Record<ButtonKind, string>> = {
  outlined:
    "border-line-strong bg-bg-page text-ink enabled:hover:bg-bg-hover enabled:active:bg-bg-active data-[look=hover]:bg-bg-hover data-[look=pressed]:bg-bg-active data-[popup-open]:bg-bg-active",
  filled:
    "border-accent bg-accent text-on-fill enabled:hover:bg-[color-mix(in_srgb,var(--ink)_8%,var(--accent))] enabled:hover:border-[color-mix(in_srgb,var(--ink)_8%,var(--accent))]",
  destructive:
    "border-bad bg-bg-page text-bad enabled:hover:bg-bad-tint enabled:active:bg-bad-tint",
  ghost:
    "border-transparent text-ink-2 enabled:hover:bg-bg-hover enabled:active:bg-bg-active data-[popup-open]:bg-bg-active",
};
const SIZE: Readonly<Record<ButtonSize, string>> = {
  small: "h-[22px] px-2 text-second",
  regular: "h-control px-2.5 text-base",
  large: "h-8 px-3.5 text-title",
};

export function Button({
  kind = "outlined",
  size = "regular",
  icon: Icon,
  keys,
  command,
  busy = false,
  look,
  className,
  children,
  disabled,
  type = "button",
  ...rest
}: ButtonProps) {
  const registered = useKeysOf(command);
  const hint = keys ?? registered;
  return (
    <button
      {...rest}
      type={type}
      data-look={look}
      aria-busy={busy || undefined}
      disabled={disabled || busy}
      className={cx(
        "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-control border font-medium whitespace-nowrap transition-colors duration-80 ease-plinth select-none",
        SIZE[size],
        disabled && !busy
          ? "border-line bg-transparent text-ink-disabled"
          : busy && kind !== "filled"
            ? "border-line-strong bg-bg-page text-ink"
            : KIND[kind],
        kind === "ghost" && disabled && "border-transparent",
        look === "focus" && "outline-2 outline-offset-1 outline-ink outline-solid",
        className,
      )}
    >
      {busy ? <Spinner /> : Icon ? <Icon aria-hidden size={size === "small" ? 12 : 14} /> : null}
      {children}
      {hint !== undefined && !busy ? (
        <span
          aria-hidden
          className={cx(
            "ml-0.5 text-hint font-normal",
            disabled ? "" : kind === "filled" ? "opacity-86" : "text-ink-3",
          )}
        >
          {formatKeys(hint)}
        </span>
      ) : null}
    </button>
  );
}

export interface IconButtonProps extends Omit<ComponentProps<"button">, "children"> {
  icon: LucideIcon;
  /** The name, shown in the tooltip and read aloud. */
  label: string;
  keys?: string | undefined;
  command?: string | undefined;
  /** Switched on: drawn pressed. */
  on?: boolean | undefined;
  /** 26 by default, 20 in trees. */
  small?: boolean | undefined;
  iconSize?: number | undefined;
  look?: "hover" | "pressed" | "focus" | undefined;
  busy?: boolean | undefined;
}

export function IconButton({
  icon: Icon,
  label,
  keys,
  command,
  on,
  small = false,
  iconSize,
  look,
  busy = false,
  className,
  type = "button",
  ...rest
}: IconButtonProps) {
  const registered = useKeysOf(command);
  const hint = keys ?? registered;
  return (
    <Tip label={label} keys={hint}>
      <button
        {...rest}
        type={type}
        aria-label={label}
        aria-pressed={on}
        disabled={rest.disabled || busy}
        className={cx(
          "inline-flex shrink-0 items-center justify-center rounded-control text-ink-2 transition-colors duration-80 ease-plinth enabled:hover:bg-bg-hover enabled:active:bg-bg-active disabled:text-ink-disabled data-[popup-open]:bg-bg-active",
          small ? "size-5" : "size-[26px]",
          on && "bg-bg-active text-ink",
          look === "focus" && "outline-2 outline-offset-1 outline-ink outline-solid",
          className,
        )}
      >
        {busy ? <Spinner /> : <Icon aria-hidden size={iconSize ?? (small ? 14 : 16)} />}
      </button>
    </Tip>
  );
}
