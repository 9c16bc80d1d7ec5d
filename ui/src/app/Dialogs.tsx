import { Monitor, Moon, Sun } from "lucide-react";
import { DENSITIES, THEMES, useAppearance } from "@/kit/appearance";
import { Button } from "@/kit/Button";
import { allCommands, keyList, useCommands, useRegistry } from "@/kit/commands";
import { cx } from "@/kit/cx";
import { Dialog } from "@/kit/Dialog";
import { formatKeys } from "@/kit/keys";
import { Segmented } from "@/kit/Segmented";
import { t } from "@/messages/en";
import { m } from "./messages";
import { useUi } from "./ui-state";

const THEME_ICON = { system: Monitor, light: Sun, dark: Moon } as const;

/** Theme and density as commands, so that the palette and the settings change one thing. */
export function useAppearanceCommands(): void {
  const { theme, density, setTheme, setDensity } = useAppearance();
  useCommands([
    ...THEMES.map((name) => ({
      id: `theme.${name}`,
      label: m("theme.command", { name: m(`theme.${name}`) }),
      short: m(`theme.${name}`),
      detail: m("theme.now", { name: m(`theme.${theme}`) }),
      group: m("group.commands"),
      icon: THEME_ICON[name],
      on: name === theme,
      paletteOnly: true,
      run: () => setTheme(name),
    })),
    ...DENSITIES.map((name) => ({
      id: `density.${name}`,
      label: m("density.command", { name: m(`density.${name}`) }),
      short: m(`density.${name}`),
      detail: m("theme.now", { name: m(`density.${density}`) }),
      group: m("group.commands"),
      on: name === density,
      paletteOnly: true,
      run: () => setDensity(name),
    })),
  ]);
}

/** Theme and density of this window: they hold at once. */
export function AppearanceForm() {
  const { theme, density, setTheme, setDensity } = useAppearance();
  return (
    <div className="grid max-w-105 grid-cols-[88px_minmax(0,1fr)] items-center gap-x-3 gap-y-1">
      <span className="text-ink-2">{m("theme")}</span>
      <Segmented wide aria-label={m("theme")} value={theme} onChange={setTheme} options={THEMES.map((value) => ({ value, label: m(`theme.${value}`) }))} />
      <span className="col-start-2 mb-3 text-hint text-ink-3">{m("theme.note")}</span>
      <span className="text-ink-2">{m("density")}</span>
      <Segmented wide aria-label={m("density")} value={density} onChange={setDensity} options={DENSITIES.map((value) => ({ value, label: m(`density.${value}`) }))} />
      <span className="col-start-2 text-hint text-ink-3">{m("density.note")}</span>
    </div>
  );
}

/** What of the settings there is before a project is open; in one it is the first section of their area. */
export function SettingsDialog() {
  const open = useUi((state) => state.settings);
  const close = () => useUi.setState({ settings: false });
  return (
    <Dialog
      open={open}
      onClose={close}
      title={m("settings")}
      lead={m("settings.note")}
      footNote={null}
      actions={<Button onClick={close}>{t("close")}</Button>}
    >
      <AppearanceForm />
    </Dialog>
  );
}

/** A group of more goes on in the next column. */
const WHOLE_MAX = 12;

/** Everything a key does right now, from the one registry. */
export function ShortcutSheet() {
  const open = useUi((state) => state.sheet);
  useRegistry((state) => state.owners);
  const close = () => useUi.setState({ sheet: false });
  const commands = allCommands().filter((command) => keyList(command).length > 0 && !command.paletteOnly);
  // What holds everywhere stands first, in whatever order screens told their keys.
  const first = [m("group.everywhere"), m("group.areas"), m("group.pending")];
  const rank = (group: string): number => first.indexOf(group) + 1 || first.length + 1;
  const groups = [...new Set(commands.map((command) => command.group))].sort((a, b) => rank(a) - rank(b));
  return (
    <Dialog open={open} onClose={close} width={1120} title={m("sheet")} lead={m("sheet.note")} actions={<Button onClick={close}>{t("close")}</Button>}>
      <div className="columns-3 gap-8 max-[1100px]:columns-2 max-[700px]:columns-1">
        {groups.map((group) => (
          <section key={group} className={cx("mb-4", commands.filter((command) => command.group === group).length <= WHOLE_MAX && "break-inside-avoid")}>
            <h3 className="mb-1 break-after-avoid border-b border-line pb-1 text-second font-semibold">{group}</h3>
            <dl>
              {commands
                .filter((command) => command.group === group)
                .map((command) => (
                  <div key={command.id} className="flex min-h-6 break-inside-avoid items-center gap-3">
                    <dt className="min-w-0 flex-1 truncate">{command.label}</dt>
                    <dd className="text-second whitespace-nowrap text-ink-2">{keyList(command).map(formatKeys).join(", ")}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
