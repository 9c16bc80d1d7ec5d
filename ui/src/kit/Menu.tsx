import { Menu as Base } from "@base-ui/react/menu";
import type { LucideIcon } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import { cx } from "./cx";
import { Keys } from "./keys";

export interface MenuEntry {
  label: ReactNode;
  icon?: LucideIcon | undefined;
  keys?: string | undefined;
  /** Quiet words at the right when there is no key. */
  detail?: ReactNode;
  /** Why it cannot be chosen now; the entry stays and says so at the right. */
  disabled?: ReactNode;
  destructive?: boolean | undefined;
  onSelect: () => void;
}

/** `null` is a hairline. */
export type MenuEntries = ReadonlyArray<MenuEntry | null>;

export const MENU_POPUP =
  "min-w-48 max-h-(--available-height) overflow-y-auto rounded-float bg-bg-float py-1 shadow-float outline-none animate-[plinth-rise_120ms_var(--ease-plinth)]";

function row(entry: MenuEntry): string {
  return cx(
    "flex h-menu-row cursor-default items-center gap-2 px-2.5 outline-none select-none data-[highlighted]:bg-bg-active",
    entry.disabled !== undefined ? "text-ink-disabled" : entry.destructive ? "text-bad" : "text-ink",
  );
}

function Body({ entry }: { entry: MenuEntry }) {
  const Icon = entry.icon;
  return (
    <>
      {Icon ? (
        <Icon aria-hidden size={14} className={entry.disabled !== undefined || entry.destructive ? "" : "text-ink-2"} />
      ) : null}
      <span className="min-w-0 flex-1 truncate">{entry.label}</span>
      {entry.disabled !== undefined ? (
        <span className="ml-4 text-hint text-ink-3">{entry.disabled}</span>
      ) : entry.keys ? (
        <Keys keys={entry.keys} className="ml-4 text-hint text-ink-3" />
      ) : entry.detail ? (
        <span className="ml-4 text-hint text-ink-3">{entry.detail}</span>
      ) : null}
    </>
  );
}

/** Rows of a menu, without the menu: context menus of other widgets use them too. */
export function MenuRows({ entries }: { entries: MenuEntries }) {
  return entries.map((entry, index) =>
    entry === null ? (
      <Base.Separator key={index} className="my-1 h-px bg-line" />
    ) : (
      <Base.Item
        key={index}
        disabled={entry.disabled !== undefined}
        onClick={entry.onSelect}
        className={row(entry)}
      >
        <Body entry={entry} />
      </Base.Item>
    ),
  );
}

export function Menu({
  trigger,
  entries,
  align = "start",
}: {
  trigger: ReactElement;
  entries: MenuEntries;
  align?: "start" | "end";
}) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align={align} className="z-40 outline-none">
          <Base.Popup className={MENU_POPUP}>
            <MenuRows entries={entries} />
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

/** The same rows drawn in place; only the component sheet uses it. */
export function MenuPicture({ entries, current }: { entries: MenuEntries; current?: number }) {
  return (
    <div className="rounded-float bg-bg-float py-1 shadow-float">
      {entries.map((entry, index) =>
        entry === null ? (
          <div key={index} className="my-1 h-px bg-line" />
        ) : (
          <div key={index} role="group" aria-disabled={entry.disabled !== undefined} data-highlighted={index === current ? "" : undefined} className={row(entry)}>
            <Body entry={entry} />
          </div>
        ),
      )}
    </div>
  );
}
