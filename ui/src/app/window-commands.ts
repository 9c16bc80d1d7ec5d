/** What belongs to the desktop window: its menu, its own commands, and those of the open project. */
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { host } from "@/host";
import type { MenuLook, Project, WindowHost } from "@/host/host";
import { allCommands, runFromMenu, runWhenThere, useCommands, useRegistry, type Command } from "@/kit/commands";
import { isMac } from "@/kit/keys";
import { toast } from "@/kit/toast";
import { m } from "./messages";
import { menuOf } from "./menu";

/** The menu's upper left corner, below the mark; the bar's own line is part of the 36 px. */
const BELOW_PX = 4;

function lookNow(): MenuLook {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    paper: colour("--bg-float"),
    edge: colour("--line-strong"),
    ink: colour("--ink"),
    quiet: colour("--ink-3"),
    faint: colour("--ink-disabled"),
    current: colour("--bg-active"),
  };
}

/** Opens the menu below the mark. */
export function openMenu(shell: WindowHost, button: Element | null, byKey: boolean): void {
  const place = button?.getBoundingClientRect();
  shell.menu.open(menuOf(allCommands()), { x: place?.left ?? 0, y: (place?.bottom ?? 0) + BELOW_PX }, byKey, lookNow());
}

/** Once around the studio: what the window can do, and what is chosen in its menu. */
export function useWindowCommands(): void {
  const shell = host().window;
  const group = m("group.commands");
  useCommands(
    shell
      ? [
          // Where the system has a bar for menus, it has its own keys for it.
          ...(isMac
            ? []
            : [{ id: "window.menu", label: m("menu.open"), keys: "F10", group: m("group.everywhere"), inText: true, sheetOnly: true, run: () => openMenu(shell, document.querySelector("[data-menu-button]"), true) }]),
          { id: "window.minimize", label: m("window.minimize"), group, paletteOnly: true, run: shell.minimize },
          { id: "window.maximize", label: m("window.maximize"), group, paletteOnly: true, run: shell.toggleMaximize },
          { id: "window.close", label: m("window.close"), group, paletteOnly: true, run: shell.close },
          { id: "window.quit", label: m("window.quit"), keys: "Mod+Q", group: m("group.everywhere"), inText: true, run: shell.quit },
          { id: "window.about", label: m("about"), group, paletteOnly: true, run: shell.about },
        ]
      : [],
  );
  useEffect(() => shell?.menu.watch((id) => void runFromMenu(id)), [shell]);
  useEffect(() => {
    if (!shell || !isMac) return;
    shell.menu.fillBar(menuOf(allCommands()));
    return useRegistry.subscribe(({ owners }) => shell.menu.fillBar(menuOf(allCommands(owners))));
  }, [shell]);
}

/** What one may do with the open project from any of its screens. */
export function useProjectCommands(project: Project): void {
  const navigate = useNavigate();
  const { kind, projects } = host();
  const group = m("group.commands");
  const failed = (fault: Error) => toast({ kind: "failed", text: m("project.failed", { reason: fault.message }) });
  const atHome = (id: string) => () => void navigate({ to: "/home" }).then(() => runWhenThere(id));
  const { url } = project;
  const own: readonly Command[] =
    kind === "desktop" && project.kind === "local"
      ? [
          { id: "project.reveal", label: m("project.reveal"), group, paletteOnly: true, run: () => void projects.reveal(project.id).catch(failed) },
          { id: "project.stop", label: m("project.stop", { name: project.name }), group, paletteOnly: true, run: () => void projects.stop(project.id).catch(failed) },
        ]
      : [];
  useCommands([
    ...(kind === "desktop"
      ? [
          { id: "shell.new", label: m("project.new"), group, paletteOnly: true, run: atHome("home.new") },
          { id: "shell.open", label: m("project.open"), keys: "Mod+O", group: m("group.everywhere"), run: atHome("home.open") },
        ]
      : []),
    { id: "shell.connect", label: m("project.connect"), keys: "Mod+Shift+O", group: m("group.everywhere"), run: atHome("home.connect") },
    ...(url === undefined
      ? []
      : [
          {
            id: "project.copyUrl",
            label: m("project.copyUrl"),
            group,
            paletteOnly: true,
            run: () => void navigator.clipboard.writeText(url).then(() => toast({ kind: "done", text: m("project.copied", { url }) }), failed),
          },
        ]),
    ...own,
  ]);
}
