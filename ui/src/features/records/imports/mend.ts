/**
 * Rows an import left out, mended and imported by themselves: a small file made of the rejects,
 * which goes the way of any other import and leaves a receipt of its own.
 */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { faultOf, importsQuery, keys, type Connection, type ImportJob } from "@/lib/client";
import { m } from "../messages";
import { readCsv } from "../sniff";
import { isRunning } from "./job";
import { reasonsOf, refusalsOf, type Fault } from "./reasons";

/** More rejects than this are mended in the file itself. */
export const MENDED_MAX = 200;
const POLL_MS = 300;
/** Words people write for NULL; used when the import that knew the word was another window's. */
const NULL_WORDS = ["NULL", "null", "\\N"];

export interface Reject {
  readonly line: number;
  /** What is wrong with it, in sentences. */
  readonly reasons: readonly string[];
  /** The refused cells: each with its column and its text. */
  readonly faults: readonly { readonly column: string; readonly text: string }[];
  /** The whole row, column by column; null while it is read. */
  readonly cells: readonly string[] | null;
}

export interface Mending {
  readonly rejects: readonly Reject[];
  readonly columns: readonly string[];
  /** Lines that are in the collection by now, and the job that wrote each. */
  readonly mended: ReadonlyMap<number, string>;
  readonly busy: boolean;
  /** Why a row was left out once more, by line. */
  readonly refusals: ReadonlyMap<number, string>;
  readonly fault: unknown;
  readonly run: (rows: ReadonlyMap<number, ReadonlyMap<string, string>>) => Promise<void>;
}

/** The name of the file says which lines of which import it mends, so that any window can tell. */
function mendName(job: ImportJob, lines: readonly number[]): string {
  return `${(job.fileName ?? "import").replace(/\.[a-z]+$/i, "")} mended ${lines.join(" ")} of ${job.id}.csv`;
}

function mendedLines(fileName: string | null | undefined, job: string): readonly number[] {
  const found = / mended ([\d ]+) of (\S+)\.csv$/.exec(fileName ?? "");
  return found?.[2] === job ? (found[1] ?? "").split(" ").map(Number) : [];
}

/** What an import was made of, in words: a file, or rows of one that were mended. */
export function madeOf(job: ImportJob): string {
  const found = /^(.*) mended ([\d ]+) of \S+\.csv$/.exec(job.fileName ?? "");
  return found ? m("imp.others.mended", { name: found[1] ?? "", count: (found[2] ?? "").split(" ").length }) : (job.fileName ?? job.id);
}

/** Lines of an import that later ones wrote, and which job wrote each. */
export function mendedIn(jobs: readonly ImportJob[], job: string): ReadonlyMap<number, string> {
  const done = new Map<number, string>();
  for (const other of jobs) {
    if (other.state !== "done" || other.dryRun) continue;
    const left = new Set(other.errors.map((error) => error.line));
    // The first line of the small file is its header.
    for (const [index, line] of mendedLines(other.fileName, job).entries()) if (!left.has(index + 2)) done.set(line, other.id);
  }
  return done;
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The faults of each row, in the order of the lines they came in. */
function byLine(errors: readonly Fault[]): ReadonlyMap<number, readonly Fault[]> {
  const lines = new Map<number, readonly Fault[]>();
  for (const error of errors) lines.set(error.line, [...(lines.get(error.line) ?? []), error]);
  return lines;
}

export function useMending(connection: Connection, job: ImportJob, nullText: string | null): Mending {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  const [refusals, setRefusals] = useState<ReadonlyMap<number, string>>(new Map());
  const others = useQuery(importsQuery(connection));
  const ready = !job.dryRun && job.state === "done" && job.rowsRejected > 0 && job.rowsRejected <= MENDED_MAX;
  const file = useQuery({
    queryKey: [...keys.importJob(connection, job.id), "rejects"],
    queryFn: async () => readCsv(await (await connection.rejects(job.id)).text(), ",", MENDED_MAX + 1),
    enabled: ready,
    staleTime: Infinity,
  });
  const { columns, rows } = useMemo(() => {
    const [head = [], ...lines] = file.data ?? [];
    const at = head.indexOf("_line");
    return {
      columns: head.filter((name) => name !== "_line" && name !== "_reason"),
      rows: new Map(lines.map((line) => [Number(line[at]), line.filter((_, index) => index !== at && head[index] !== "_reason")])),
    };
  }, [file.data]);
  const rejects = useMemo(() => {
    // What the database refused is told after what is wrong in the file; one reads from the top.
    const rejected = [...byLine(refusalsOf(job))].sort(([a], [b]) => a - b);
    return rejected.map(([line, errors]): Reject => {
      const cells = new Map(errors.flatMap((error) => (error.column === null ? [] : [[error.column, error.value ?? ""] as const])));
      return { line, reasons: reasonsOf(errors), faults: [...cells].map(([column, text]) => ({ column, text })), cells: rows.get(line) ?? null };
    });
  }, [job, rows]);
  const mended = useMemo(() => mendedIn(others.data ?? [], job.id), [others.data, job.id]);

  const [gone] = useState(() => new AbortController());
  useEffect(() => () => gone.abort(), [gone]);

  const run = useCallback(
    async (mends: ReadonlyMap<number, ReadonlyMap<string, string>>): Promise<void> => {
      const lines = [...mends.keys()].filter((line) => rows.has(line));
      const body = lines.map((line) => (rows.get(line) ?? []).map((text, index) => mends.get(line)?.get(columns[index] ?? "") ?? text));
      const word = nullText ?? NULL_WORDS.find((known) => body.some((row) => row.includes(known))) ?? "";
      const text = [columns, ...body].map((row) => row.map(cell).join(",")).join("\n") + "\n";
      setBusy(true);
      setFault(null);
      try {
        let small = await connection.startImport({
          file: new File([text], mendName(job, lines), { type: "text/csv" }),
          collection: job.collection,
          format: "csv",
          mapping: job.mapping ?? {},
          delimiter: ",",
          ...(word === "" ? {} : { nullText: word }),
          dryRun: false,
          mode: "valid",
        });
        while (isRunning(small) && !gone.signal.aborted) {
          await new Promise((resolve) => setTimeout(resolve, POLL_MS));
          small = await connection.importJob(small.id);
        }
        const lineOf = (line: number): number => lines[line - 2] ?? line;
        setRefusals(new Map([...byLine(small.errors)].map(([line, errors]) => [lineOf(line), reasonsOf(errors, lineOf).join("; ")])));
        if (small.state === "failed") setFault(new Error(typeof small.error === "string" ? small.error : m("imp.failed.job")));
      } catch (error) {
        setFault(faultOf(error));
      } finally {
        setBusy(false);
        await Promise.all([
          queries.invalidateQueries({ queryKey: importsQuery(connection).queryKey, exact: true }),
          queries.invalidateQueries({ queryKey: keys.counts(connection, job.collection) }),
        ]);
      }
    },
    [connection, job, rows, columns, nullText, queries, gone],
  );

  return { rejects, columns, mended, busy, refusals, fault, run };
}
