import { Plus, X } from "lucide-react";
import { useEffect } from "react";
import { useStore } from "zustand";
import { personOn, useSession } from "@/host/session";
import { useCommands } from "@/kit/commands";
import { cx } from "@/kit/cx";
import { Dot } from "@/kit/Dot";
import { Tip } from "@/kit/Tooltip";
import { t } from "@/messages/en";
import { areaIcon, AREAS, type Area } from "./areas";
import { m } from "./messages";
import { useGo, useWhere } from "./navigate";
import { SCOPE } from "./open-work";
import { closeTab, openTab, useUi, type DocumentTab } from "./ui-state";

const NO_TABS: readonly DocumentTab[] = [];

/** What a document is called: its collection, or its area. */
export function tabName(tab: DocumentTab): string {
  if (tab.collection !== undefined) return tab.collection.replace(/^baasix_/, "");
  if (tab.kind === "settings") return m("settings");
  return AREAS.find((area) => area.id === tab.kind)?.label() ?? tab.key;
}

export function tabOf(area: Area, collection: string | undefined): DocumentTab {
  // One document of these per project, whatever collection they show.
  if (area === "schema" || area === "access" || area === "reports" || area === "queries" || area === "users" || area === "mail" || area === "settings") return { key: area, kind: area };
  return { key: `${area}/${collection ?? ""}`, kind: area, collection };
}

export function TabStrip() {
  const session = useSession();
  const project = session.project.id;
  const go = useGo(project);
  const where = useWhere();
  const person = personOn(project, session.user?.id);
  const tabs = useUi((state) => state.tabs[person]) ?? NO_TABS;
  const ops = useStore(session.pending.store, (state) => state.ops);
  const current = where.area === undefined ? undefined : tabOf(where.area, where.collection);
  const currentKey = current?.key;

  useEffect(() => {
    if (where.area === undefined) return;
    // An area without a collection is a place to choose from, not a document.
    if ((where.area === "data" || where.area === "api") && where.collection === undefined) return;
    openTab(person, tabOf(where.area, where.collection));
  }, [person, where.area, where.collection]);

  const dirty = (tab: DocumentTab): boolean => {
    for (const { target } of ops.values()) {
      if (target.scope !== SCOPE[tab.kind] || SCOPE[tab.kind] === "") continue;
      if (tab.kind !== "data" || target.path[0] === tab.collection) return true;
    }
    return false;
  };
  const close = (tab: DocumentTab) => {
    const next = closeTab(person, tab.key);
    if (tab.key !== currentKey) return;
    go(next ?? { kind: "data" });
  };
  const step = (by: number) => {
    const at = tabs.findIndex((tab) => tab.key === currentKey);
    const next = tabs[(at + by + tabs.length) % tabs.length];
    if (next) go(next);
  };
  const few = tabs.length < 2 ? m("tab.few") : undefined;
  useCommands([
    { id: "tab.close", label: m("tab.closeThis"), keys: "Mod+W", group: m("group.everywhere"), disabled: current ? undefined : m("tab.none"), run: () => current && close(current) },
    { id: "tab.next", label: m("tab.next"), keys: ["Ctrl+Tab", "Mod+PageDown"], group: m("group.everywhere"), sheetOnly: true, inText: true, disabled: few, run: () => step(1) },
    { id: "tab.previous", label: m("tab.previous"), keys: ["Ctrl+Shift+Tab", "Mod+PageUp"], group: m("group.everywhere"), sheetOnly: true, inText: true, disabled: few, run: () => step(-1) },
  ]);

  return (
    <nav data-region="" aria-label={m("tabs")} className="flex h-8 shrink-0 items-stretch overflow-x-auto border-b border-line bg-bg-side [scrollbar-width:none]">
      {tabs.map((tab) => {
        const on = tab.key === currentKey;
        const Icon = areaIcon(tab.kind);
        const open = dirty(tab);
        return (
          <div
            key={tab.key}
            className={cx(
              "group flex max-w-60 shrink-0 items-center gap-2 border-r border-line pr-2 pl-3",
              on ? "-mb-px bg-bg-page" : "hover:bg-bg-hover",
            )}
          >
            <button
              type="button"
              aria-current={on ? "page" : undefined}
              onClick={() => go(tab)}
              onAuxClick={(event) => {
                if (event.button === 1) close(tab);
              }}
              className={cx("flex min-w-0 items-center gap-2", on ? "font-medium text-ink" : "text-ink-2")}
            >
              <Icon aria-hidden size={13} />
              <span className="truncate">{tabName(tab)}</span>
            </button>
            <button
              type="button"
              aria-label={m("tab.close", { name: tabName(tab) })}
              onClick={() => close(tab)}
              className="relative flex size-4 shrink-0 items-center justify-center rounded-tag hover:bg-bg-active"
            >
              {open ? (
                <>
                  <span className="group-hover:invisible" title={t("unsaved")}>
                    <Dot state="draft" />
                  </span>
                  <X aria-hidden size={12} className="invisible absolute group-hover:visible" />
                </>
              ) : (
                <X aria-hidden size={12} className={on ? "" : "invisible group-focus-within:visible group-hover:visible"} />
              )}
            </button>
          </div>
        );
      })}
      <Tip label={m("tab.new")} keys="Mod+P">
        <button type="button" aria-label={m("tab.new")} onClick={() => useUi.setState({ palette: true })} className="flex w-9 shrink-0 items-center justify-center text-ink-2 hover:bg-bg-hover">
          <Plus aria-hidden size={14} />
        </button>
      </Tip>
    </nav>
  );
}
