import { Check, Download } from "lucide-react";
import { Fragment, useEffect, useState, type ReactNode } from "react";
import { Badge } from "@/kit/Badge";
import { Button } from "@/kit/Button";
import { cx } from "@/kit/cx";
import { Input } from "@/kit/Field";
import { Empty, ErrorBand } from "@/kit/states";
import { toast } from "@/kit/toast";
import { faultOf, faultText, type ImportJob } from "@/lib/client";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import { parse, validate } from "@/lib/values";
import { saveFile } from "../file";
import { m } from "../messages";
import { useConnection } from "../session";
import { cellSpans, formatOf, type Mapping, type Sniffed } from "../sniff";
import { problemText } from "../words";
import { isRunning } from "./job";
import { useMending, type Mending, type Reject } from "./mend";
import { refusalsOf, type Fault } from "./reasons";

/** The rows that were left out, each with its line and its reason, to be mended where they stand. */
export function Rejects({
  job,
  collection,
  mapping,
  file,
  sniffed,
  nullText,
  onJob,
  children,
}: {
  job: ImportJob;
  collection: CollectionInfo;
  mapping: Mapping;
  file: File | null;
  sniffed: Sniffed | null;
  /** The word for NULL, when this window knows it. */
  nullText: string | null;
  onJob: (job: string) => void;
  /** What else there is to see beside the receipt. */
  children: ReactNode;
}) {
  const connection = useConnection();
  const lines = useContextLines(file, refusalsOf(job));
  const mending = useMending(connection, job, nullText);
  const { rejects, mended } = mending;
  const download = async (): Promise<void> => {
    try {
      await saveFile("rejects.csv", await connection.rejects(job.id));
    } catch (error) {
      toast({ kind: "failed", text: m("imp.left.failed", { reason: faultOf(error).message }) });
    }
  };
  const open = rejects.filter((reject) => !mended.has(reject.line));
  return (
    <aside aria-label={m("imp.left.title")} className="w-[480px] shrink-0 overflow-y-auto border-l border-line max-[1100px]:w-full max-[1100px]:border-t max-[1100px]:border-l-0">
      <header className="sticky top-0 z-1 flex h-12 items-center gap-2 border-b border-line bg-bg-page px-4">
        <h2 className="font-semibold">{m("imp.left.title")}</h2>
        <span className="min-w-0 flex-1 text-ink-3">{m("imp.left.count", { count: job.rowsRejected })}</span>
        {job.rowsRejected > 0 ? (
          <Button icon={Download} onClick={() => void download()}>
            {m("imp.left.download")}
          </Button>
        ) : null}
      </header>
      {rejects.length === 0 ? (
        isRunning(job) ? null : <Empty title={m("imp.left.none")}>{m("imp.left.none.body")}</Empty>
      ) : (
        <Mend job={job} collection={collection} mapping={mapping} mending={mending} open={open}>
          {(reject, form) => {
            const by = mended.get(reject.line);
            return (
              <li key={reject.line} className="flex flex-col gap-1.5 border-b border-line px-4 py-3">
                <div className="flex items-start gap-2">
                  <Badge kind={by === undefined ? "bad" : "ok"}>{m("imp.left.line", { line: reject.line })}</Badge>
                  <span className="min-w-0 flex-1 font-medium break-words">
                    {by === undefined
                      ? reject.reasons.map((reason) => (
                          <span key={reason} className="block">
                            {reason}
                          </span>
                        ))
                      : m("imp.mend.in", { collection: collection.name })}
                  </span>
                  {by === undefined ? null : (
                    <>
                      <Check aria-hidden size={14} className="mt-0.5 stroke-meaning text-ok" />
                      <button type="button" className="text-second text-ink-2 hover:text-ink" onClick={() => onJob(by)}>
                        {m("imp.mend.receipt")}
                      </button>
                    </>
                  )}
                </div>
                {by === undefined ? (
                  <>
                    <Context reject={reject} lines={lines} sniffed={sniffed} />
                    {form}
                  </>
                ) : null}
              </li>
            );
          }}
        </Mend>
      )}
      {job.rowsRejected > rejects.length && rejects.length > 0 ? <p className="px-4 py-3 text-second text-ink-3">{m("imp.left.first", { count: rejects.length })}</p> : null}
      {children}
    </aside>
  );
}

/** The refused cells as fields. A row whose cells are all readable can be imported by itself. */
function Mend({
  job,
  collection,
  mapping,
  mending,
  open,
  children,
}: {
  job: ImportJob;
  collection: CollectionInfo;
  mapping: Mapping;
  mending: Mending;
  open: readonly Reject[];
  children: (reject: Reject, form: ReactNode) => ReactNode;
}) {
  const [texts, setTexts] = useState<ReadonlyMap<string, string>>(new Map());
  const connection = useConnection();
  const fieldOf = (column: string): FieldInfo | undefined => {
    const name = (job.mapping ?? mapping)[column] ?? column;
    return collection.fields.find((field) => field.name === name);
  };
  const textOf = (reject: Reject, column: string, first: string): string => texts.get(`${String(reject.line)}\n${column}`) ?? first;
  const problemOf = (column: string, text: string): string | null => {
    const field = fieldOf(column);
    if (!field) return null;
    if (text === "") return field.nullable || field.type.kind === "text" ? null : m("problem.required", { field: field.name });
    const read = parse(field.type, text);
    const problem = read.ok ? validate(field, read.value) : read.problem;
    return problem ? problemText(problem) : null;
  };
  const canMend = !job.dryRun && job.state === "done" && connection.info.guard !== "readonly";
  const touched = (reject: Reject): boolean => reject.faults.some((fault) => textOf(reject, fault.column, fault.text) !== fault.text);
  const ready = open.filter(
    (reject) => reject.cells !== null && touched(reject) && reject.faults.every((fault) => problemOf(fault.column, textOf(reject, fault.column, fault.text)) === null),
  );
  const submit = (): void => {
    if (ready.length === 0 || mending.busy) return;
    void mending.run(new Map(ready.map((reject) => [reject.line, new Map(reject.faults.map((fault) => [fault.column, textOf(reject, fault.column, fault.text)]))])));
  };
  const button = (
    <Button kind="filled" type="submit" keys="Enter" busy={mending.busy} disabled={ready.length === 0}>
      {mending.busy ? m("imp.mend.running") : open.length === 1 ? m("imp.mend.one") : ready.length === 0 ? m("imp.mend.none") : m("imp.mend.run", { count: ready.length })}
    </Button>
  );
  const form = (reject: Reject): ReactNode => {
    if (!canMend || reject.faults.length === 0 || reject.cells === null) {
      return reject.faults.map((fault) => {
        const problem = problemOf(fault.column, fault.text);
        return problem === null ? null : <p key={fault.column} className="text-second text-ink-2">{problem}</p>;
      });
    }
    const refusal = mending.refusals.get(reject.line);
    return (
      <>
        {reject.faults.map((fault) => {
          const text = textOf(reject, fault.column, fault.text);
          const problem = problemOf(fault.column, text);
          const field = fieldOf(fault.column);
          const id = `mend-${String(reject.line)}-${fault.column}`;
          return (
            <div key={fault.column} className="flex flex-col gap-1.5">
              {problem === null ? null : <p id={`${id}-why`} className="text-second text-ink-2">{problem}</p>}
              <span className="flex items-center gap-2">
                <label htmlFor={id} className="w-24 shrink-0 truncate text-ink-2" title={field?.name ?? fault.column}>
                  {field?.name ?? fault.column}
                </label>
                <Input
                  id={id}
                  className="max-w-52"
                  aria-describedby={problem === null ? undefined : `${id}-why`}
                  invalid={problem !== null && text !== fault.text}
                  value={text}
                  onChange={(event) => setTexts((now) => new Map(now).set(`${String(reject.line)}\n${fault.column}`, event.target.value))}
                />
                {open.length === 1 && fault === reject.faults.at(-1) ? button : null}
              </span>
            </div>
          );
        })}
        {refusal === undefined ? null : <p role="alert" className="text-second text-bad">{m("imp.mend.again", { reason: refusal })}</p>}
      </>
    );
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {mending.fault ? <ErrorBand title={m("imp.failed.start", { reason: faultOf(mending.fault).message })} details={faultText(mending.fault)} /> : null}
      <ol>{mending.rejects.map((reject) => children(reject, form(reject)))}</ol>
      {canMend && open.length > 1 ? (
        <div className="sticky bottom-0 flex items-center gap-2 border-t border-line bg-bg-page px-4 py-2.5">
          <span className="min-w-0 flex-1 text-second text-ink-3">{m("imp.mend.note")}</span>
          {button}
        </div>
      ) : null}
    </form>
  );
}

/** Files up to this size are read again here, to show a refused row among its neighbours. */
const CONTEXT_BYTES = 48 * 1024 * 1024;

/** The lines around each refused row, from the file that is still at hand. */
function useContextLines(file: File | null, errors: readonly Fault[]): ReadonlyMap<number, string> {
  const wanted = errors.slice(0, 20).map((reject) => reject.line);
  const key = wanted.join(",");
  const [lines, setLines] = useState<ReadonlyMap<number, string>>(new Map());
  useEffect(() => {
    if (!file || key === "" || formatOf(file.name) === "json" || file.size > CONTEXT_BYTES) return undefined;
    let gone = false;
    const around = new Set(key.split(",").flatMap((line) => [Number(line) - 1, Number(line), Number(line) + 1]));
    void file.text().then((text) => {
      if (gone) return;
      const found = new Map<number, string>();
      // Only the wanted lines are cut out: a hundred thousand of them would hold the page up.
      for (let at = 0, number = 1; at < text.length && found.size < around.size; number += 1) {
        const end = text.indexOf("\n", at);
        if (around.has(number)) found.set(number, text.slice(at, end < 0 ? undefined : end).replace(/\r$/, ""));
        at = end < 0 ? text.length : end + 1;
      }
      setLines(found);
    });
    return () => {
      gone = true;
    };
  }, [file, key]);
  return lines;
}

const MARKED = "min-w-0 border-b-2 border-bad bg-bad-tint text-bad";

/** The refused values where they stand in the file; without the file, the columns and the values alone. */
function Context({ reject, lines, sniffed }: { reject: Reject; lines: ReadonlyMap<number, string>; sniffed: Sniffed | null }) {
  const own = lines.get(reject.line);
  if (own !== undefined) {
    return (
      <div className="overflow-x-auto border border-line bg-bg-sunk px-2.5 py-1.5 font-mono text-code whitespace-pre">
        {[reject.line - 1, reject.line, reject.line + 1].map((number) => {
          const text = lines.get(number);
          if (text === undefined || text === "") return null;
          return (
            <div key={number}>
              <span className="mr-2 text-ink-3">{number}</span>
              {number === reject.line ? <Marked text={text} spans={spansOf(reject, text, sniffed)} /> : text}
            </div>
          );
        })}
      </div>
    );
  }
  if (reject.faults.length === 0) return null;
  return (
    <dl className="grid grid-cols-[fit-content(40%)_minmax(0,1fr)] items-baseline gap-x-3 border border-line bg-bg-sunk px-2.5 py-1.5 font-mono text-code">
      {reject.faults.map(({ column, text }) => (
        <Fragment key={column}>
          <dt className="truncate text-ink-3">{column}</dt>
          <dd className="min-w-0">
            <span className={cx(MARKED, "break-all")}>{text === "" ? "''" : text}</span>
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}

/** By its column, since the same text may stand in the line twice; by its text where there are no columns. */
function spansOf({ faults }: Reject, line: string, sniffed: Sniffed | null): readonly (readonly [number, number])[] {
  if (sniffed?.format === "csv") {
    const cells = cellSpans(line, sniffed.delimiter);
    return faults.flatMap(({ column }) => {
      const span = cells[sniffed.columns.indexOf(column)];
      return span ? [span] : [];
    });
  }
  const [first] = faults;
  const at = first === undefined || first.text === "" ? -1 : line.indexOf(first.text);
  return first === undefined || at < 0 ? [] : [[at, at + first.text.length]];
}

function Marked({ text, spans }: { text: string; spans: readonly (readonly [number, number])[] }) {
  const ordered = [...spans].sort(([a], [b]) => a - b);
  return (
    <>
      {ordered.map(([from, to], index) => (
        <Fragment key={from}>
          {text.slice(ordered[index - 1]?.[1] ?? 0, from)}
          {/* A cell without a value has its place, too. */}
          <mark className={cx(MARKED, from === to && "inline-block h-4 w-2 align-bottom")}>{text.slice(from, to)}</mark>
        </Fragment>
      ))}
      {text.slice(ordered.at(-1)?.[1] ?? 0)}
    </>
  );
}
