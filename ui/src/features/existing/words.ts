import type { ExistingTable } from "@plinth/sdk";

/** Columns that become fields. */
export function shownCount(table: Pick<ExistingTable, "columns">): number {
  return table.columns.filter((column) => column.type !== undefined).length;
}

/** Those that can be taken over first, each group by name. */
export function inOrder(tables: readonly ExistingTable[]): readonly ExistingTable[] {
  return [...tables].sort((a, b) => Number(b.adoptable) - Number(a.adoptable) || a.name.localeCompare(b.name, "en"));
}

/** What a refusal says, all of it: the reasons stand among its details. */
export function whyOf(error: unknown): string {
  const fault = error as { message?: unknown; details?: unknown } | null;
  const details: readonly unknown[] = Array.isArray(fault?.details) ? (fault.details as readonly unknown[]) : [];
  const said = details.flatMap((detail) => {
    const message = (detail as { message?: unknown } | null)?.message;
    return typeof message === "string" ? [message] : [];
  });
  const plain = typeof fault?.message === "string" ? fault.message : String(error);
  return (said.length > 0 ? [...new Set(said)] : [plain]).join("; ").replaceAll("`", "");
}

/** The server's sentences begin small and have no full stop. */
export function sentence(text: string): string {
  const whole = capital(text);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

/** A step of a list: no full stop, as everywhere. */
function capital(text: string): string {
  const plain = text.replaceAll("`", "");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}
