/** Why rows were left out, in sentences that name the field: the server says only what is wrong with it. */
import type { ImportJob } from "@/lib/client";
import { told } from "@/lib/told";
import { count } from "@/messages/catalogue";
import { m } from "../messages";

export type Fault = ImportJob["errors"][number];

const TAKEN = /^is taken already(?:, in line (\d+))?$/;

/** What a dry run had no more room for. It is said of the rows from one line on, and refuses none. */
function isNote(fault: Fault, job: ImportJob): boolean {
  return job.dryRun && fault.code === "PAYLOAD_TOO_LARGE" && fault.column === null && fault.message.startsWith("rows from here on");
}

export function notesOf(job: ImportJob): readonly string[] {
  return job.errors.filter((fault) => isNote(fault, job)).map((fault) => m("imp.dry.note", { line: count(fault.line), what: fault.message.replace(/^rows from here on /, "") }));
}

export function refusalsOf(job: ImportJob): readonly Fault[] {
  return job.errors.filter((fault) => !isNote(fault, job));
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? "") : m("imp.left.and", { first: names.slice(0, -1).join(", "), last: names.at(-1) ?? "" });
}

/**
 * One sentence for each thing that is wrong with a row. Fields that are refused in the same words
 * are refused together: they are one index. `lineOf` tells which line of the person's file a line
 * of this one is.
 */
export function reasonsOf(faults: readonly Pick<Fault, "field" | "column" | "message">[], lineOf: (line: number) => number = (line) => line): readonly string[] {
  const named = new Map<string, string[]>();
  for (const { field, column, message } of faults) {
    const names = named.get(message) ?? [];
    const name = field ?? column ?? null;
    named.set(message, name === null || names.includes(name) ? names : [...names, name]);
  }
  return [...named].map(([message, names]) => {
    const fields = listed(names);
    const taken = TAKEN.exec(message);
    if (names.length === 0) return sentence(told(message));
    if (message.startsWith(`${fields} `)) return told(message);
    if (taken) {
      const how = names.length > 1 ? "takenTogether" : "taken";
      return taken[1] === undefined ? m(`imp.left.${how}`, { fields }) : m(`imp.left.${how}.line`, { fields, line: lineOf(parseInt(taken[1], 10)) });
    }
    return /^\p{Ll}/u.test(message) ? `${fields} ${told(message)}` : `${fields}: ${told(message)}`;
  });
}
