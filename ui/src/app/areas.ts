import { Braces, ChartColumn, Gauge, Mail, Settings, Share2, ShieldCheck, Table2, Users, type LucideIcon } from "lucide-react";
import { m } from "./messages";
import type { DocumentTab } from "./ui-state";

export type Area = DocumentTab["kind"];

/** The areas that exist, in the order of their keys Ctrl 1 to Ctrl 8. */
export const AREAS: ReadonlyArray<{ id: Area; icon: LucideIcon; label: () => string; keys: string }> = [
  { id: "data", icon: Table2, label: () => m("area.data"), keys: "Mod+1" },
  { id: "schema", icon: Share2, label: () => m("area.schema"), keys: "Mod+2" },
  { id: "access", icon: ShieldCheck, label: () => m("area.access"), keys: "Mod+3" },
  { id: "api", icon: Braces, label: () => m("area.api"), keys: "Mod+4" },
  { id: "reports", icon: ChartColumn, label: () => m("area.reports"), keys: "Mod+5" },
  { id: "queries", icon: Gauge, label: () => m("area.queries"), keys: "Mod+6" },
  { id: "users", icon: Users, label: () => m("area.users"), keys: "Mod+7" },
  { id: "mail", icon: Mail, label: () => m("area.mail"), keys: "Mod+8" },
];

export function areaIcon(area: Area): LucideIcon {
  if (area === "settings") return Settings;
  return AREAS.find((entry) => entry.id === area)?.icon ?? Table2;
}
