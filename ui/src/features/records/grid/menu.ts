import { ArrowDownToLine, ArrowRightToLine, Copy, CornerDownRight, Filter as FilterIcon, History, Pencil, Scissors, ShieldQuestion, Trash2 } from "lucide-react";
import type { MenuEntries } from "@/kit/Menu";
import type { FieldInfo } from "@/lib/fields";
import type { Pill } from "@/lib/filters";
import { h } from "../history/messages";
import { m } from "../messages";
import { y } from "../why/messages";
import type { Cells } from "./cells";
import type { Copies } from "./copies";
import type { Edits } from "./edits";
import { g } from "./messages";
import type { Focus } from "./place";
import type { Walk } from "./walk";

/** The menu of the focused cell, or of the block it is a corner of. */
export function cellMenu(
  fields: readonly FieldInfo[],
  { rowIdOf, refusalOf, pillAt }: Cells,
  { at, block }: Walk,
  edits: Edits,
  { copy }: Copies,
  acts: {
    readonly open: (from: Focus) => void;
    readonly openRelated: (from: Focus) => void;
    readonly onFilter: (pill: Pill) => void;
    readonly cut: (from: Focus) => void;
    readonly history: (from: Focus) => void;
    /** None for who may not ask. */
    readonly why?: ((from: Focus) => void) | undefined;
  },
): MenuEntries {
  const field = fields[at.col];
  if (!field || at.row === "head" || rowIdOf(at.row) === null) return [];
  const reason = refusalOf(at.row, field) ?? undefined;
  // A block tells in its report what it could not take. The reason stands once, at the first of those it is about.
  const refusal = block || reason === undefined ? undefined : "";
  const pill = pillAt(at);
  return [
    { label: m("cmd.edit"), icon: Pencil, keys: "Enter", disabled: reason, onSelect: () => acts.open(at) },
    ...(field.relation ? [{ label: m("cmd.open"), icon: CornerDownRight, keys: "Mod+Enter", onSelect: () => acts.openRelated(at) }] : []),
    { label: m("cmd.filterThis"), icon: FilterIcon, keys: "Alt+F", onSelect: () => pill && acts.onFilter(pill) },
    null,
    { label: m("cmd.copy"), icon: Copy, keys: "Mod+C", onSelect: () => copy(at) },
    { label: g("cmd.cut"), icon: Scissors, keys: "Mod+X", disabled: refusal, onSelect: () => acts.cut(at) },
    { label: g("cmd.fillDown"), icon: ArrowDownToLine, keys: "Mod+D", disabled: refusal, onSelect: () => edits.fillDown(at) },
    { label: g("cmd.fillRight"), icon: ArrowRightToLine, keys: "Alt+R", disabled: refusal, onSelect: () => edits.fillRight(at) },
    null,
    { label: m("cmd.null"), keys: "Mod+Backspace", disabled: refusal ?? (block || field.nullable ? undefined : m("refuse.noNull", { field: field.name })), onSelect: () => edits.setTo(at, "null") },
    { label: g("cmd.default"), keys: "Alt+Backspace", disabled: refusal, onSelect: () => edits.setTo(at, "default") },
    null,
    { label: h("open"), icon: History, keys: "Mod+Shift+H", onSelect: () => acts.history(at) },
    ...(acts.why ? [{ label: y("open"), icon: ShieldQuestion, keys: "Alt+Y", onSelect: () => acts.why?.(at) }] : []),
    { label: m("cmd.delete"), icon: Trash2, keys: "Delete", destructive: true, onSelect: () => edits.remove(at) },
  ];
}
