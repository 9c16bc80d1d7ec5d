import { ChevronsUpDown, Minus, Search, Square, X } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { t } from "@/messages/en";
import { useKeysOf } from "./commands";
import { cx } from "./cx";
import { Dot } from "./Dot";
import { formatKeys } from "./keys";
import { Mark } from "./Mark";
import { Tip } from "./Tooltip";

export type Environment = "local" | "staging" | "production";

/** 36 px with its accent line; production tints the whole bar. Empty space drags the window. */
export function TitleBar({
  environment,
  menu,
  left,
  centre,
  right,
}: {
  environment: Environment;
  /** What the mark opens, where it opens anything. */
  menu?: ReactNode;
  left: ReactNode;
  centre?: ReactNode;
  right?: ReactNode;
}) {
  return (
    <header
      data-connection={environment}
      data-tauri-drag-region=""
      className={cx(
        "relative grid h-9 shrink-0 grid-cols-[minmax(0,1fr)_minmax(0,400px)_minmax(0,1fr)] items-stretch max-[1000px]:grid-cols-[minmax(0,auto)_minmax(100px,1fr)_auto] max-[1000px]:gap-3 border-b border-line pt-0.5",
        environment === "production" ? "bg-prod-tint" : "bg-bg-window",
      )}
    >
      <div aria-hidden className="absolute inset-x-0 top-0 h-0.5 bg-accent" />
      <div data-tauri-drag-region="" className="flex min-w-0 items-center gap-2 pr-2 pl-3">
        {menu ?? <Mark />}
        {left}
      </div>
      <div data-tauri-drag-region="" className="flex min-w-0 items-center">
        {centre}
      </div>
      <div data-tauri-drag-region="" className="flex min-w-0 items-center justify-end">
        {right}
      </div>
    </header>
  );
}

/** The mark as the button of the application's menu; it stands where the plain mark would. */
export function MenuButton({ onOpen, command }: { onOpen: (button: HTMLElement) => void; command: string }) {
  const keys = useKeysOf(command);
  return (
    <Tip label={t("menu")} keys={keys}>
      <button
        type="button"
        aria-label={t("menu")}
        aria-haspopup="menu"
        data-menu-button=""
        onClick={(event) => onOpen(event.currentTarget)}
        className="-mx-[5px] flex size-[26px] shrink-0 items-center justify-center rounded-control transition-colors duration-80 hover:bg-bg-active active:bg-bg-active"
      >
        <Mark />
      </button>
    </Tip>
  );
}

/** Name of the connection, in its colour; opens the list of connections. */
export function ConnectionChip({
  name,
  className,
  ...rest
}: { name: string } & Omit<ComponentProps<"button">, "children">) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={t("chip.switch", { name })}
      className={cx(
        "flex h-[22px] min-w-0 items-center gap-1.5 rounded-control border border-accent bg-accent-tint px-2 text-title text-accent",
        className,
      )}
    >
      <Dot state="open" />
      <span className="min-w-6 truncate font-medium">{name}</span>
      <ChevronsUpDown aria-hidden size={12} />
    </button>
  );
}

/** Looks like a field, opens the palette. */
export function CommandField({ onOpen, command, keys }: { onOpen?: () => void; command?: string; keys?: string }) {
  const registered = useKeysOf(command);
  const hint = keys ?? registered;
  return (
    <button
      type="button"
      onClick={onOpen}
      className="flex h-6 w-full min-w-0 items-center gap-2 rounded-control border border-line-strong bg-bg-page px-2 text-second text-ink-3 hover:border-line-control"
    >
      <Search aria-hidden size={13} className="text-ink-2" />
      <span className="flex-1 truncate text-left">{t("command.placeholder")}</span>
      {hint ? <span aria-hidden className="text-hint">{formatKeys(hint)}</span> : null}
    </button>
  );
}

/** The window's own buttons where the system draws none. */
export function WindowButtons({
  onMinimize,
  onMaximize,
  onClose,
}: {
  onMinimize?: () => void;
  onMaximize?: () => void;
  onClose?: () => void;
}) {
  const button = "flex h-[33px] w-[42px] items-center justify-center text-ink-2 hover:bg-bg-active";
  return (
    <div className="flex">
      <button type="button" aria-label={t("window.minimize")} className={button} onClick={onMinimize}>
        <Minus aria-hidden size={14} />
      </button>
      <button type="button" aria-label={t("window.maximize")} className={button} onClick={onMaximize}>
        <Square aria-hidden size={12} />
      </button>
      <button type="button" aria-label={t("window.close")} className={button} onClick={onClose}>
        <X aria-hidden size={15} />
      </button>
    </div>
  );
}
