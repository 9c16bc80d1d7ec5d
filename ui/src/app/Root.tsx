import { Outlet, useNavigate } from "@tanstack/react-router";
import { Component, type ReactNode } from "react";
import { Button } from "@/kit/Button";
import { useCommands } from "@/kit/commands";
import { Empty, ErrorBand } from "@/kit/states";
import { SettingsDialog, ShortcutSheet, useAppearanceCommands } from "./Dialogs";
import { m } from "./messages";
import { openSettings } from "./settings";
import { useUi } from "./ui-state";
import { useWindowCommands } from "./window-commands";

/** Moves the focus to the next region of the window, as F6 does everywhere. */
function nextRegion(): void {
  const regions = [...document.querySelectorAll<HTMLElement>("[data-region], aside, [role=region]")].filter(
    (region) => region.offsetParent !== null,
  );
  // Regions stand inside one another: the innermost is the one a person is in.
  const at = regions.findLastIndex((region) => region.contains(document.activeElement));
  const next = regions[(at + 1) % regions.length];
  const inside = next?.querySelector<HTMLElement>(
    '[tabindex="0"], button:not([tabindex="-1"]):not(:disabled), input:not(:disabled), a[href]',
  );
  (inside ?? next)?.focus();
}

export function Root() {
  const navigate = useNavigate();
  useAppearanceCommands();
  useWindowCommands();
  useCommands([
    { id: "shell.palette", label: m("palette"), keys: "Mod+K", group: m("group.everywhere"), inText: true, sheetOnly: true, run: () => useUi.setState({ palette: true }) },
    { id: "shell.sheet", label: m("sheet.open"), keys: "Mod+/", group: m("group.everywhere"), inText: true, run: () => useUi.setState({ sheet: true }) },
    { id: "shell.settings", label: m("settings"), keys: "Mod+,", group: m("group.everywhere"), inText: true, run: openSettings },
    { id: "shell.region", label: m("region.next"), keys: "F6", group: m("group.everywhere"), inText: true, sheetOnly: true, run: nextRegion },
    { id: "shell.kit", label: m("kit"), group: m("group.commands"), paletteOnly: true, run: () => void navigate({ to: "/kit" }) },
  ]);
  return (
    <>
      <Outlet />
      <SettingsDialog />
      <ShortcutSheet />
    </>
  );
}

/** A screen that throws takes only itself down. Staged work lives outside React and survives. */
export class Boundary extends Component<{ children: ReactNode; resetKey: string }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };
  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  override componentDidUpdate(before: { resetKey: string }) {
    if (before.resetKey !== this.props.resetKey && this.state.error) this.setState({ error: null });
  }
  override render() {
    const { error } = this.state;
    return error ? <Crash error={error} onAgain={() => this.setState({ error: null })} /> : this.props.children;
  }
}

/** How each engine says that the code of a part did not come: it is not asked for a second time on the same page. */
const UNLOADED = /dynamically imported module|importing a module script|unable to preload/i;

function Crash({ error, onAgain }: { error: Error; onAgain: () => void }) {
  const unloaded = UNLOADED.test(error.message);
  return (
    <ErrorBand
      className="m-5"
      title={m(unloaded ? "screen.part" : "crash")}
      details={`${error.name}: ${error.message}\n${error.stack ?? ""}`}
      action={
        unloaded ? (
          <Button size="small" onClick={() => location.reload()}>
            {m("screen.reload")}
          </Button>
        ) : (
          <Button size="small" onClick={onAgain}>
            {m("crash.again")}
          </Button>
        )
      }
    >
      {m(unloaded ? "screen.failed.body" : "crash.body")}
    </ErrorBand>
  );
}

/** What the router shows when a route itself throws. */
export function RouteCrash({ error, reset }: { error: unknown; reset: () => void }) {
  return <Crash error={error instanceof Error ? error : new Error(String(error))} onAgain={reset} />;
}

export function Missing() {
  const navigate = useNavigate();
  return (
    <Empty title={m("missing")} actions={<Button onClick={() => void navigate({ to: "/home" })}>{m("home")}</Button>}>
      {m("missing.body")}
    </Empty>
  );
}
