/** The way to the settings: an area of an open project, and before one is open a dialog of what is the window's. */
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { s } from "@/features/settings/section-messages";
import { SECTIONS, type Section } from "@/features/settings/sections";
import { useCommands } from "@/kit/commands";
import { m } from "./messages";
import { useUi } from "./ui-state";

let section: Section = "appearance";

/** The section that was looked at last in this window. */
export function lastSection(): Section {
  return section;
}

export function rememberSection(next: Section): void {
  section = next;
}

/** How the open project shows its settings; none while its door is closed. */
let show: (() => void) | null = null;

export function openSettings(): void {
  if (show) show();
  else useUi.setState({ settings: true });
}

/** While a project is open: its settings are an area, and each section is a command. */
export function useProjectSettings(project: string): void {
  const navigate = useNavigate();
  useEffect(() => {
    const mine = () => void navigate({ to: "/p/$project/settings", params: { project } });
    show = mine;
    return () => {
      if (show === mine) show = null;
    };
  }, [navigate, project]);
  useCommands(
    SECTIONS.map((one) => ({
      id: `settings.${one}`,
      label: s("go", { name: s(one) }),
      group: m("group.areas"),
      paletteOnly: true,
      run: () => void navigate({ to: "/p/$project/settings/$section", params: { project, section: one } }),
    })),
  );
}
