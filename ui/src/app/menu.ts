/**
 * The application's menu, read from the registry of commands: names, keys and what applies now are
 * the registry's. Only the order stands here, and a plain name for what no screen offers at the
 * moment: it keeps its place, greyed.
 */
import type { MenuLine } from "@/host/host";
import { DENSITIES, THEMES } from "@/kit/appearance";
import { keyList, type Command } from "@/kit/commands";
import { m } from "./messages";

/** One place in a menu: the commands that may stand in it, and its name while none of them does. */
interface Place {
  readonly ids: readonly string[];
  readonly rest: string;
}

/** `null` is a hairline. */
type Entry = Place | { readonly label: string; readonly inside: readonly Entry[] } | null;

const place = (rest: string, ...ids: readonly string[]): Place => ({ ids, rest });

function menus(): readonly Entry[] {
  return [
    {
      label: m("menu.file"),
      inside: [
        place(m("project.new"), "home.new", "shell.new"),
        place(m("project.open"), "home.open", "shell.open"),
        place(m("project.connect"), "home.connect", "shell.connect"),
        null,
        place(m("menu.import"), "data.import"),
        null,
        place(m("tab.closeThis"), "tab.close"),
        place(m("window.close"), "window.close"),
        place(m("window.quit"), "window.quit"),
      ],
    },
    {
      label: m("menu.edit"),
      inside: [
        place(m("undo"), "pending.undo", "data.takeBack"),
        place(m("redo"), "pending.redo"),
        null,
        place(m("menu.commit"), "data.commit", "collections.apply", "access.commit", "settings.commit", "mail.commit"),
        place(m("menu.preview"), "data.preview", "collections.preview", "access.preview", "settings.preview", "mail.preview"),
        place(m("menu.discard"), "data.discard", "collections.discard", "access.discard", "settings.discard", "mail.discard"),
        null,
        place(m("menu.find"), "data.search"),
        place(m("menu.goto"), "data.goto"),
      ],
    },
    {
      label: m("menu.view"),
      inside: [
        place(m("area.data"), "area.data"),
        place(m("area.schema"), "area.schema"),
        place(m("area.access"), "area.access"),
        place(m("area.api"), "area.api"),
        place(m("area.queries"), "area.queries"),
        place(m("area.users"), "area.users"),
        place(m("area.mail"), "area.mail"),
        null,
        place(m("palette"), "shell.palette"),
        place(m("collections.find"), "shell.collection"),
        null,
        place(m("sidebar.toggle"), "shell.sidebar"),
        place(m("tab.next"), "tab.next"),
        place(m("tab.previous"), "tab.previous"),
        null,
        { label: m("theme"), inside: THEMES.map((name) => place(m(`theme.${name}`), `theme.${name}`)) },
        { label: m("density"), inside: DENSITIES.map((name) => place(m(`density.${name}`), `density.${name}`)) },
      ],
    },
    {
      label: m("menu.project"),
      inside: [
        place(m("home"), "shell.home"),
        null,
        place(m("menu.newRow"), "data.newRow"),
        place(m("menu.filter"), "data.filter"),
        place(m("menu.reload"), "data.reload"),
        null,
        place(m("collections.new"), "collections.new", "schema.new"),
        place(m("menu.field"), "collections.field"),
        place(m("menu.relate"), "collections.relate"),
        place(m("menu.role"), "access.role", "users.newRole"),
        place(m("menu.send"), "api.send"),
        null,
        place(m("project.copyUrl"), "project.copyUrl"),
        place(m("project.reveal"), "project.reveal"),
        place(m("project.stop.rest"), "project.stop"),
      ],
    },
    {
      label: m("menu.window"),
      inside: [
        place(m("window.minimize"), "window.minimize"),
        place(m("window.maximize"), "window.maximize"),
        null,
        place(m("region.next"), "shell.region"),
      ],
    },
    {
      label: m("menu.help"),
      inside: [
        place(m("sheet.open"), "shell.sheet"),
        place(m("kit"), "shell.kit"),
        null,
        place(m("about"), "window.about"),
      ],
    },
  ];
}

/** The menu as it stands with these commands. */
export function menuOf(commands: readonly Command[]): readonly MenuLine[] {
  const byId = new Map(commands.map((command) => [command.id, command]));
  const able = (command: Command) => command.run !== undefined && command.disabled === undefined;
  const line = (entry: Entry): MenuLine => {
    if (entry === null) return { kind: "separator" };
    if ("inside" in entry) return { kind: "submenu", label: entry.label, lines: entry.inside.map(line) };
    const standing = entry.ids.flatMap((id) => byId.get(id) ?? []);
    const command = standing.find(able) ?? standing[0];
    if (!command) return { kind: "command", id: entry.ids[0] ?? "", label: entry.rest, keys: undefined, enabled: false, on: undefined };
    return { kind: "command", id: command.id, label: command.short ?? command.label, keys: keyList(command)[0], enabled: able(command), on: command.on };
  };
  return menus().map(line);
}

/** Every id that has a place, for the test that each of them is a command somewhere. */
export function placedIds(): readonly string[] {
  const idsOf = (entry: Entry): readonly string[] => (entry === null ? [] : "inside" in entry ? entry.inside.flatMap(idsOf) : entry.ids);
  return menus().flatMap(idsOf);
}
