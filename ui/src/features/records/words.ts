/** Facts turned into sentences of the catalogue. */
import type { FieldInfo } from "@/lib/fields";
import type { FilterGroup, Operator, PillFault } from "@/lib/filters";
import type { Problem } from "@/lib/values";
import { count } from "@/messages/catalogue";
import { f } from "./filters/messages";
import { leaves } from "./filters/tree";
import { m } from "./messages";

type Said = (key: string, values: Readonly<Record<string, string>>) => string;

export function problemText(problem: Problem): string {
  // The codes and their slots are one list with the catalogue; a test reads both.
  return (m as unknown as Said)(`problem.${problem.code}`, problem.args);
}

export function pillFaultText(fault: PillFault): string {
  switch (fault.kind) {
    case "unknown-field":
      return m("pill.unknown-field", { field: fault.field });
    case "unknown-operator":
      return m("pill.unknown-operator");
    case "no-value":
      return m("pill.no-value");
    case "duration":
      return m("pill.duration");
    case "value":
      return problemText(fault.problem);
    case "pair":
    case "key-value":
    case "count":
    case "json-type":
    case "near":
      return f(`fault.${fault.kind}`);
  }
}

const TIMES = new Set(["instant", "datetime", "date", "time", "timetz"]);

export function operatorText(op: Operator, field: FieldInfo | undefined): string {
  if (field && TIMES.has(field.type.kind)) {
    if (op === "gte") return f("op.after");
    if (op === "lt") return f("op.before");
  }
  return f(`op.${op}`);
}

export function about(rows: number, exact: boolean): string {
  return exact ? count(rows) : m("status.about", { rows });
}

export function factsText(facts: { inserts: number; updates: number; cells: number }): string {
  const parts = [
    facts.inserts > 0 ? m("pending.inserts", { count: facts.inserts }) : null,
    facts.updates > 0 ? m("pending.updates", { count: facts.updates }) : null,
    facts.cells > 0 ? m("pending.cells", { count: facts.cells }) : null,
  ];
  return parts.filter((part) => part !== null).join(", ");
}

/** A group in the place of a pill: how its conditions hold together, and how many there are. */
export function groupText(group: FilterGroup): string {
  return f("group", { join: f(`group.${group.join}`), count: leaves(group).length });
}

/** More of an expression than this is read in the schema. */
const EXPRESSION_SHOWN = 60;

/** Why nobody writes this field. */
export function computedText({ name, expression }: FieldInfo): string {
  if (expression === undefined) return m("refuse.computed", { field: name });
  const plain = expression.replace(/\s+/g, " ");
  return m("refuse.expression", { field: name, expression: plain.length > EXPRESSION_SHOWN ? `${plain.slice(0, EXPRESSION_SHOWN)}…` : plain });
}
