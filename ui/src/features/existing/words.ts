import type { ExistingTable, PlanStep } from "@plinth/sdk";

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

/** What is good to know of one step before it is taken: what its sentence adds to the name and the count, and the notes of its table. */
export function remarksOf(step: Pick<PlanStep, "op" | "summary">, table: Pick<ExistingTable, "notes"> | undefined): readonly string[] {
  if (step.op !== "adopt_collection") return [];
  // A name may hold whatever it likes; what is said of the table stands behind it.
  const [, , ...behind] = step.summary.split("`");
  const added = behind.join("`").split("; ").slice(1);
  return [...new Set([...added, ...(table?.notes ?? []).map((note) => note.message)])].map(sentence);
}

/** The server's sentences begin small and have no full stop. */
export function sentence(text: string): string {
  const whole = capital(text);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

/** A name at the beginning stays as it is stored. */
function capital(text: string): string {
  const plain = text.replaceAll("`", "");
  return text.startsWith("`") ? plain : plain.charAt(0).toUpperCase() + plain.slice(1);
}
