/** Keys of the grid, for the sheet of all shortcuts; the grid itself listens to them. */
import type { Command } from "@/kit/commands";
import { g } from "./grid/messages";
import { h } from "./history/messages";
import { m } from "./messages";
import { y } from "./why/messages";

const sheet = (id: string, label: string, combination: string | readonly string[]): Command => ({ id, label, keys: combination, group: m("group.grid"), sheetOnly: true });

export function gridSheet(): readonly Command[] {
  return [
    sheet("grid.move", m("cmd.move"), ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]),
    sheet("grid.extend", m("cmd.extend"), ["Shift+ArrowUp", "Shift+ArrowDown", "Shift+ArrowLeft", "Shift+ArrowRight"]),
    sheet("grid.fillDown", g("cmd.fillDown"), "Mod+D"),
    sheet("grid.fillRight", g("cmd.fillRight"), "Alt+R"),
    sheet("grid.pick", m("cmd.pick"), "Shift+Space"),
    sheet("grid.pickAll", m("cmd.pickAll"), "Mod+A"),
    sheet("grid.column", m("cmd.column"), ["Alt+Shift+ArrowLeft", "Alt+Shift+ArrowRight"]),
    sheet("grid.width", m("cmd.width"), ["Alt+ArrowLeft", "Alt+ArrowRight"]),
    sheet("grid.fit", m("cmd.fit"), "Alt+W"),
    sheet("grid.pin", m("cmd.pin"), "Alt+P"),
    sheet("grid.hide", m("cmd.hide"), "Alt+H"),
    sheet("grid.ends", m("cmd.ends"), ["Mod+Home", "Mod+End"]),
    sheet("grid.edit", m("cmd.edit"), ["Enter", "F2"]),
    sheet("grid.type", m("cmd.type"), m("cmd.type.keys")),
    sheet("grid.stage", m("cmd.stageMove"), "Tab"),
    sheet("grid.restore", m("cmd.restore"), "Escape"),
    sheet("grid.empty", m("cmd.empty"), "Backspace"),
    sheet("grid.null", m("cmd.null"), "Mod+Backspace"),
    sheet("grid.default", g("cmd.default"), "Alt+Backspace"),
    sheet("grid.toggle", m("cmd.toggle"), "Space"),
    sheet("grid.filterThis", m("cmd.filterThis"), "Alt+F"),
    sheet("grid.open", m("cmd.open"), "Mod+Enter"),
    sheet("grid.copy", m("cmd.copy"), "Mod+C"),
    sheet("grid.cut", g("cmd.cut"), "Mod+X"),
    sheet("grid.paste", m("cmd.paste"), "Mod+V"),
    sheet("grid.history", h("open"), ["Mod+Shift+H", "H"]),
    sheet("grid.why", y("open"), "Alt+Y"),
    sheet("grid.delete", m("cmd.delete"), "Delete"),
  ];
}
