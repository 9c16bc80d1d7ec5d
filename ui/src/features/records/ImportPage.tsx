import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, CornerDownRight, Download, Undo2, Upload, X } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Badge } from "@/kit/Badge";
import { Button } from "@/kit/Button";
import { cx } from "@/kit/cx";
import { ConfirmLoss } from "@/kit/Dialog";
import { Field } from "@/kit/Field";
import { Select } from "@/kit/Select";
import { Empty, ErrorBand, Note } from "@/kit/states";
import { Status } from "@/kit/status";
import { toast } from "@/kit/toast";
import { Toolbar } from "@/kit/Toolbar";
import { faultOf, faultText, importsQuery, keys, type ImportJob } from "@/lib/client";
import { typeLabel, type CollectionInfo } from "@/lib/fields";
import { between, epochOf, parseInstant, showInstant } from "@/lib/plain-time";
import { parse } from "@/lib/values";
import { count } from "@/messages/catalogue";
import { keepFile, keptFile, saveFile } from "./file";
import { m } from "./messages";
import { useCapability, useConnection } from "./session";
import { DELIMITERS, formatOf, mappingFlaws, propose, sniffFile, type Delimiter, type Mapping, type Sniffed } from "./sniff";
import { problemText, sizeText } from "./words";

const POLL_MS = 500;
const NOWHERE = "\u0000";

function isRunning(job: ImportJob | undefined): boolean {
  return job?.state === "parsing" || job?.state === "checking" || job?.state === "writing" || job?.state === "undoing";
}

function duration(ms: number): string {
  if (ms < 100_000) return m("imp.seconds", { n: (ms / 1000).toFixed(ms < 10_000 ? 1 : 0) });
  return m("imp.minutes", { n: Math.round(ms / 60_000) });
}

function took(job: ImportJob): string | null {
  const from = parseInstant(job.startedAt);
  const to = job.endedAt === null ? null : parseInstant(job.endedAt);
  return from.ok && to?.ok ? duration(between(from.v, to.v)) : null;
}

/**
 * An import as a server job: map, dry run, import, receipt. The job's id stands in the address, so
 * the page can be left and found again.
 */
export function ImportPage({
  collection,
  job: jobId,
  onJob,
  onRows,
}: {
  collection: CollectionInfo;
  job: string | null;
  onJob: (job: string | null) => void;
  onRows: () => void;
}) {
  const connection = useConnection();
  const capability = useCapability();
  const queries = useQueryClient();
  const { name } = collection;
  const [file, setFileState] = useState<File | null>(() => keptFile(connection.info.id, name));
  const [sniffed, setSniffed] = useState<Sniffed | null>(null);
  const [mapping, setMapping] = useState<Mapping>({});
  const [delimiter, setDelimiter] = useState<Delimiter | undefined>(undefined);
  const [nullText, setNullText] = useState<string>("");
  const [badFile, setBadFile] = useState<string | null>(null);
  const [starting, setStarting] = useState<"dry" | "write" | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const [asking, setAsking] = useState(false);
  const [undoing, setUndoing] = useState(false);
  /** The job the server answered instead of writing the same file a second time. */
  const [again, setAgain] = useState<string | null>(null);
  const [remapping, setRemapping] = useState(false);

  const poll = useQuery({
    queryKey: keys.importJob(connection, jobId ?? ""),
    queryFn: ({ signal }) => connection.importJob(jobId ?? "", signal),
    enabled: jobId !== null,
    refetchInterval: (query) => (isRunning(query.state.data) ? POLL_MS : false),
    refetchIntervalInBackground: true,
    placeholderData: keepPreviousData,
    retry: 5,
  });
  const job = jobId === null ? undefined : poll.data;
  const running = isRunning(job);
  const others = useQuery(importsQuery(connection));

  const setFile = (next: File | null): void => {
    keepFile(connection.info.id, name, next);
    setFileState(next);
    setSniffed(null);
    setFault(null);
    setBadFile(null);
    setDelimiter(undefined);
    setRemapping(false);
    onJob(null);
  };

  useEffect(() => {
    if (!file) return undefined;
    let gone = false;
    void sniffFile(file, delimiter).then((found) => {
      if (gone) return;
      if (!found) setBadFile(file.name);
      else {
        setSniffed(found);
        setMapping(propose(collection, found.columns));
        setNullText(found.nullWord ?? "");
      }
    });
    return () => {
      gone = true;
    };
  }, [file, delimiter, collection]);

  // What was counted before the rows came is wrong once the job is done.
  const ended = job !== undefined && !running && !job.dryRun ? `${job.id} ${job.state}` : null;
  useEffect(() => {
    if (ended === null) return;
    void queries.invalidateQueries({ queryKey: keys.counts(connection, name) });
    void queries.invalidateQueries({ queryKey: importsQuery(connection).queryKey, exact: true });
  }, [ended, queries, connection, name]);

  const start = async (dryRun: boolean): Promise<void> => {
    if (!file || !sniffed) return;
    setStarting(dryRun ? "dry" : "write");
    setFault(null);
    try {
      const begun = await connection.startImport({
        file,
        collection: name,
        format: sniffed.format,
        mapping,
        ...(sniffed.format === "csv" ? { delimiter: sniffed.delimiter } : {}),
        ...(nullText === "" ? {} : { nullText }),
        dryRun,
        mode: "valid",
      });
      queries.setQueryData(keys.importJob(connection, begun.id), begun);
      setAgain(begun.alreadyImported === true ? begun.id : null);
      setRemapping(false);
      onJob(begun.id);
    } catch (error) {
      setFault(error);
    } finally {
      setStarting(null);
    }
  };

  const undo = async (): Promise<void> => {
    if (!job) return;
    setAsking(false);
    setUndoing(true);
    try {
      await connection.undoImport(job.id);
      // It goes on in the backend as a job; the page follows it to its end.
      await queries.invalidateQueries({ queryKey: keys.imports(connection) });
    } catch (error) {
      toast({ kind: "failed", text: m("imp.undo.failed", { reason: faultOf(error).message }) });
    } finally {
      setUndoing(false);
    }
  };

  const isUndone = job?.state === "undone";
  const denied = connection.info.guard === "readonly" || (capability !== null && !capability.may(name, "create"));
  const stage: Stage = job && !remapping ? (running ? (job.dryRun ? "dry" : "import") : job.dryRun ? "checked" : "receipt") : file && sniffed ? "map" : "file";

  return (
    <div
      className="flex min-h-0 flex-1 flex-col"
      onDragOver={(event) => {
        if (event.dataTransfer.types.includes("Files")) event.preventDefault();
      }}
      onDrop={(event) => {
        const dropped = event.dataTransfer.files[0];
        if (!dropped || running) return;
        event.preventDefault();
        setFile(dropped);
      }}
    >
      <Toolbar
        title={m("imp.title", { collection: name })}
        right={
          <>
            <span className="text-second text-ink-3 max-[900px]:hidden">{m("imp.leave")}</span>
            {stage === "receipt" ? null : <Button onClick={onRows}>{m("imp.open", { collection: name })}</Button>}
          </>
        }
      >
        {job ? <StateBadge job={job} undone={isUndone} /> : null}
      </Toolbar>
      <div className="flex min-h-0 flex-1 max-[1100px]:flex-col max-[1100px]:overflow-y-auto">
        <aside className="w-56 shrink-0 overflow-y-auto border-r border-line bg-bg-sunk max-[1100px]:w-full max-[1100px]:border-r-0 max-[1100px]:border-b">
          <Steps stage={stage} file={file} sniffed={sniffed} mapping={mapping} job={job} />
          {job && !remapping ? (
            <MappingList collection={collection} mapping={job.mapping ?? mapping} nullText={sniffed?.format === "csv" ? nullText : ""} />
          ) : null}
        </aside>
        <section className="min-w-0 flex-1 overflow-y-auto px-8 py-7 max-[1100px]:overflow-visible max-[1100px]:px-4">
          <div className="flex max-w-[720px] flex-col gap-5">
            {fault ? (
              <ErrorBand title={m("imp.failed.start", { reason: faultOf(fault).hint ?? faultOf(fault).message })} details={faultText(fault)}>
                {m("imp.failed.start.body")}
              </ErrorBand>
            ) : null}
            {poll.error && running ? (
              <ErrorBand title={m("imp.failed.poll", { connection: connection.info.name })} details={faultText(poll.error)} />
            ) : poll.error && !job ? (
              <ErrorBand title={m("imp.left.failed", { reason: faultOf(poll.error).message })} details={faultText(poll.error)} />
            ) : null}
            {denied ? (
              <Note kind="warn">{m("imp.denied", { collection: name })}</Note>
            ) : stage === "file" ? (
              <DropZone badFile={badFile} onFile={setFile} />
            ) : stage === "map" && sniffed && file ? (
              <MapPart
                collection={collection}
                file={file}
                sniffed={sniffed}
                mapping={mapping}
                onMapping={setMapping}
                nullText={nullText}
                onNullText={setNullText}
                onDelimiter={setDelimiter}
                busy={starting === "dry"}
                onDryRun={() => void start(true)}
                onOther={() => setFile(null)}
              />
            ) : job && running ? (
              <Progress job={job} onCancel={() => void connection.cancelImport(job.id).then(() => poll.refetch())} />
            ) : job ? (
              <Outcome
                job={job}
                collection={collection}
                file={file}
                undone={isUndone}
                again={again === job.id}
                before={others.data?.find((other) => !other.dryRun && other.state === "done" && other.hash !== null && other.hash === job.hash && other.collection === name) ?? null}
                onJob={onJob}
                undoing={undoing}
                writing={starting === "write"}
                canWrite={file !== null && sniffed !== null}
                onWrite={() => void start(false)}
                onChange={() => setRemapping(true)}
                onUndo={() => setAsking(true)}
                onRows={onRows}
                onOther={() => setFile(null)}
              />
            ) : null}
            <Others jobs={(others.data ?? []).filter((other) => other.collection === name && other.id !== job?.id)} onOpen={onJob} />
          </div>
        </section>
        {job && !remapping ? <Rejects job={job} collection={collection} mapping={mapping} file={file} /> : null}
      </div>
      {job ? <Status>{m(`imp.state.${job.state}`)}</Status> : null}
      {job && running ? <Status>{`${m("imp.progress.rows", { count: job.rowsRead })}, ${m("imp.progress.rate", { rate: rate(job) })}`}</Status> : null}
      <ConfirmLoss
        open={asking}
        title={m("imp.undo.title", { count: job?.rowsWritten ?? 0, collection: name })}
        body={m("imp.undo.body")}
        keepLabel={m("imp.undo.keep")}
        loseLabel={m("imp.undo")}
        onKeep={() => setAsking(false)}
        onLose={() => void undo()}
      />
    </div>
  );
}

type Stage = "file" | "map" | "dry" | "checked" | "import" | "receipt";
const ORDER: readonly Stage[] = ["file", "map", "dry", "checked", "import", "receipt"];

function StateBadge({ job, undone }: { job: ImportJob; undone: boolean }) {
  if (undone) return <Badge>{m("imp.badge.undone")}</Badge>;
  if (isRunning(job)) return <Badge kind="staged">{m(`imp.state.${job.state}`)}</Badge>;
  if (job.state === "failed") return <Badge kind="bad">{m("imp.state.failed")}</Badge>;
  if (job.state === "cancelled") return <Badge>{m("imp.state.cancelled")}</Badge>;
  if (job.dryRun) return <Badge>{m("imp.badge.dry")}</Badge>;
  return <Badge kind="ok">{job.rowsRejected > 0 ? m("imp.badge.needs", { count: job.rowsRejected }) : m("imp.badge.done")}</Badge>;
}

function Steps({ stage, file, sniffed, mapping, job }: { stage: Stage; file: File | null; sniffed: Sniffed | null; mapping: Mapping; job: ImportJob | undefined }) {
  const at = ORDER.indexOf(job?.state === "undoing" ? "receipt" : stage);
  const targets = Object.values(job?.mapping ?? mapping);
  const used = targets.filter((field) => field !== null).length;
  // The end of a job that was taken back is the end of the taking back.
  const time = job && !isRunning(job) && job.state !== "undone" ? took(job) : null;
  const written = job !== undefined && !job.dryRun;
  const failed = job?.state === "failed" || job?.state === "cancelled";
  const steps: readonly { label: string; facts: string; from: number; done: boolean; bad?: boolean }[] = [
    { label: m("imp.step.file"), facts: file ? `${file.name}, ${sizeText(file.size)}` : (job?.fileName ?? m("imp.step.file.none")), from: 0, done: at > 0 },
    { label: m("imp.step.map"), facts: sniffed || job ? m("imp.step.map.facts", { used, all: targets.length }) : "", from: 1, done: at > 1 },
    { label: m("imp.step.dry"), facts: job?.dryRun !== true ? "" : time ? m("imp.step.dry.facts", { time }) : m("imp.progress.rows", { count: job.rowsRead }), from: 2, done: at >= 3 && !(failed && !written), bad: failed && !written },
    {
      label: m("imp.step.import"),
      facts: !written ? "" : time ? m("imp.step.import.facts", { time, rate: rate(job) }) : m("imp.progress.rows", { count: job.rowsWritten }),
      from: 4,
      done: at > 4 && !failed,
      bad: failed && written,
    },
    { label: m("imp.step.receipt"), facts: written && at > 4 ? m("imp.step.job", { id: job.id.slice(0, 12) }) : "", from: 5, done: false },
  ];
  const current = job?.state === "undoing" ? 4 : stage === "checked" ? 3 : steps.findIndex((step) => step.from === at);
  return (
    <ol className="flex flex-col px-4 py-4 max-[1100px]:flex-row max-[1100px]:flex-wrap max-[1100px]:gap-x-6 max-[1100px]:py-2">
      {steps.map((step, index) => (
        <li key={step.label} aria-current={index === current ? "step" : undefined} className="flex gap-3">
          <span className="flex flex-col items-center">
            <span
              className={cx(
                "mt-0.5 flex size-4 shrink-0 items-center justify-center rounded-full",
                step.bad ? "bg-bad text-bg-page" : step.done ? "bg-ok text-bg-page" : index === current ? "border-2 border-ink" : "border border-line-control",
              )}
            >
              {step.bad ? <X aria-hidden size={10} className="stroke-meaning" /> : step.done ? <Check aria-hidden size={10} className="stroke-meaning" /> : null}
            </span>
            {index < steps.length - 1 ? <span className="min-h-6 w-px flex-1 bg-line-strong max-[1100px]:hidden" /> : null}
          </span>
          <span className="min-w-0 pb-3">
            <span className={cx("block", index === current ? "font-semibold" : step.done ? "font-medium" : "text-ink-3")}>{step.label}</span>
            <span className="block truncate text-second text-ink-3">{step.facts}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}

function MappingList({ collection, mapping, nullText }: { collection: CollectionInfo; mapping: Mapping; nullText: string }) {
  const columns = Object.entries(mapping);
  if (columns.length === 0) return null;
  return (
    <div className="border-t border-line px-4 py-3 text-second max-[1100px]:hidden">
      <h2 className="mb-1 text-ink-2">{m("imp.mapping")}</h2>
      {columns.map(([column, name]) => {
        const field = collection.fields.find((f) => f.name === name);
        return (
          <div key={column} className="border-b border-line-2 py-1">
            <div className="flex gap-2">
              <span className="min-w-0 flex-1 truncate">{column}</span>
              <span className="text-ink-3">{field ? typeLabel(field) : ""}</span>
            </div>
            <div className={cx("flex items-center gap-1 truncate", field ? "" : "text-ink-3")}>
              <CornerDownRight aria-hidden size={11} />
              {field ? field.name : m("imp.map.nowhere")}
            </div>
          </div>
        );
      })}
      {nullText !== "" ? <p className="mt-2 text-hint text-ink-3">{`${m("imp.map.null")}: ${nullText}. ${m("imp.map.null.note")}`}</p> : null}
    </div>
  );
}

function DropZone({ badFile, onFile }: { badFile: string | null; onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      {badFile ? <ErrorBand title={m("imp.badFile", { name: badFile })}>{m("imp.badFile.body")}</ErrorBand> : null}
      <div className="border border-dashed border-line-control">
        <Empty
          title={m("imp.drop.title")}
          actions={
            <Button kind="filled" icon={Upload} onClick={() => input.current?.click()}>
              {m("imp.choose")}
            </Button>
          }
        >
          {m("imp.drop.body")}
        </Empty>
        <input
          ref={input}
          type="file"
          accept=".csv,.tsv,.txt,.json,.ndjson,.jsonl"
          aria-label={m("imp.choose")}
          className="sr-only"
          tabIndex={-1}
          onChange={(event) => {
            const chosen = event.target.files?.[0];
            if (chosen) onFile(chosen);
          }}
        />
      </div>
    </>
  );
}

const DELIMITER_NAMES: Readonly<Record<Delimiter, () => string>> = {
  ",": () => m("imp.delimiter.comma"),
  ";": () => m("imp.delimiter.semicolon"),
  "\t": () => m("imp.delimiter.tab"),
  "|": () => m("imp.delimiter.pipe"),
};

function MapPart({
  collection,
  file,
  sniffed,
  mapping,
  onMapping,
  nullText,
  onNullText,
  onDelimiter,
  busy,
  onDryRun,
  onOther,
}: {
  collection: CollectionInfo;
  file: File;
  sniffed: Sniffed;
  mapping: Mapping;
  onMapping: (mapping: Mapping) => void;
  nullText: string;
  onNullText: (text: string) => void;
  onDelimiter: (delimiter: Delimiter) => void;
  busy: boolean;
  onDryRun: () => void;
  onOther: () => void;
}) {
  const flaws = useMemo(() => mappingFlaws(collection, mapping), [collection, mapping]);
  const used = Object.values(mapping).filter((field) => field !== null).length;
  const options = [
    { value: NOWHERE, label: <span className="text-ink-3">{m("imp.map.nowhere")}</span> },
    ...collection.fields.filter((field) => !field.computed).map((field) => ({ value: field.name, label: field.name, detail: typeLabel(field) })),
  ];
  const blocked = flaws.missing.length > 0 || flaws.twice.length > 0 || used === 0;
  return (
    <>
      <header>
        <h2 className="text-verdict font-semibold">{m("imp.map.title")}</h2>
        <p className="text-ink-2">{m("imp.map.body")}</p>
      </header>
      {sniffed.columns.length === 0 ? <ErrorBand title={m("imp.noColumns", { name: file.name })} /> : null}
      {sniffed.format === "csv" ? (
        <div className="flex gap-4">
          <Field label={m("imp.map.delimiter")} className="w-40">
            {(ids) => (
              <Select
                {...ids}
                value={sniffed.delimiter}
                onChange={onDelimiter}
                options={DELIMITERS.map((value) => ({ value, label: DELIMITER_NAMES[value]() }))}
              />
            )}
          </Field>
          <Field label={m("imp.map.null")} note={m("imp.map.null.note")} className="w-72">
            {(ids) => (
              <input
                {...ids}
                value={nullText}
                placeholder={m("imp.map.null.none")}
                onChange={(event) => onNullText(event.target.value)}
                className="ring-field h-control w-40 rounded-control border border-line-control bg-bg-page px-2"
              />
            )}
          </Field>
        </div>
      ) : null}
      <table className="w-full border-collapse text-left">
        <thead>
          <tr className="border-b-2 border-ink text-second text-ink-3">
            <th scope="col" className="py-1.5 pr-3 font-normal">{m("imp.map.column")}</th>
            <th scope="col" className="py-1.5 pr-3 font-normal">{m("imp.map.sample")}</th>
            <th scope="col" className="w-60 py-1.5 font-normal">{m("imp.map.field", { collection: collection.name })}</th>
          </tr>
        </thead>
        <tbody>
          {sniffed.columns.map((column, index) => (
            <tr key={`${column} ${String(index)}`} className="border-b border-line">
              <th scope="row" className="max-w-44 truncate py-1.5 pr-3 font-medium">{column}</th>
              <td className="max-w-64 truncate py-1.5 pr-3 font-mono text-code text-ink-2">{sniffed.samples[index]?.join(" · ")}</td>
              <td className="py-1">
                <Select
                  aria-label={column}
                  value={mapping[column] ?? NOWHERE}
                  invalid={mapping[column] !== null && flaws.twice.includes(mapping[column] ?? "")}
                  onChange={(next) => onMapping({ ...mapping, [column]: next === NOWHERE ? null : next })}
                  options={options}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="flex items-center gap-2">
        <Button kind="filled" busy={busy} disabled={blocked} onClick={onDryRun}>
          {busy ? m("imp.dryRunning") : m("imp.dryRun")}
        </Button>
        <Button kind="ghost" onClick={onOther}>
          {m("imp.another")}
        </Button>
        <span className="min-w-0 text-second text-bad" role={blocked ? "status" : undefined}>
          {flaws.twice[0] !== undefined
            ? m("imp.map.twice", { field: flaws.twice[0] })
            : flaws.missing[0] !== undefined
              ? m("imp.map.required", { field: flaws.missing[0] })
              : ""}
        </span>
      </div>
    </>
  );
}

/** Rows per second so far, also from a server that tells it only at the end. */
function rate(job: ImportJob): string {
  if (Number.isFinite(job.rowsPerSecond) && job.rowsPerSecond > 0) return count(Math.round(job.rowsPerSecond));
  const from = parseInstant(job.startedAt);
  // The clock of this computer is good enough for a speed.
  const ms = from.ok ? Math.max(performance.timeOrigin + performance.now() - epochOf(from.v), 500) : 0;
  return ms === 0 ? "0" : count(Math.round((job.rowsRead / ms) * 1000));
}

/** Told twice a second: what is read, how fast, how long still. */
function Progress({ job, onCancel }: { job: ImportJob; onCancel: () => void }) {
  const first = useRef<{ at: number; bytes: number } | null>(null);
  const now = performance.now();
  first.current ??= { at: now, bytes: job.bytesRead };
  const read = job.bytesRead - first.current.bytes;
  const elapsed = now - first.current.at;
  const undoing = job.state === "undoing";
  const writing = job.state === "writing" && job.rowsValid > 0;
  const left = !writing && !undoing && read > 0 && elapsed > 500 ? ((job.bytesTotal - job.bytesRead) / read) * elapsed : null;
  const share = undoing
    ? Math.min((job.rowsRemoved ?? 0) / Math.max(job.rowsWritten, 1), 1)
    : writing ? Math.min(job.rowsWritten / job.rowsValid, 1) : job.bytesTotal > 0 ? Math.min(job.bytesRead / job.bytesTotal, 1) : 0;
  return (
    <>
      <h2 className="text-verdict font-semibold">{m(`imp.state.${job.state}`)}</h2>
      <div
        role="progressbar"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-label={m(`imp.state.${job.state}`)}
        className="h-1.5 w-full bg-bg-active"
      >
        <div className="h-full origin-left bg-draft" style={{ transform: `scaleX(${String(share)})` }} />
      </div>
      <div className="flex flex-wrap items-center gap-4 text-ink-2">
        {undoing ? (
          <span>{m("imp.progress.removed", { done: job.rowsRemoved ?? 0, total: job.rowsWritten })}</span>
        ) : (
          <>
            <span>{m("imp.progress.rows", { count: writing ? job.rowsWritten : job.rowsRead })}</span>
            <span>{m("imp.progress.rate", { rate: rate(job) })}</span>
          </>
        )}
        {job.bytesTotal > 0 && !undoing ? <span>{m("imp.progress.read", { done: sizeText(job.bytesRead), total: sizeText(job.bytesTotal) })}</span> : null}
        {left === null ? null : <span>{m("imp.progress.eta", { time: duration(left) })}</span>}
        {job.rowsRejected > 0 ? <span className="text-bad">{`${m("imp.row.left")} ${count(job.rowsRejected)}`}</span> : null}
        <span className="flex-1" />
        {undoing ? null : <Button onClick={onCancel}>{m("imp.cancel")}</Button>}
      </div>
    </>
  );
}

function failureOf(job: ImportJob): string {
  const { error } = job;
  if (typeof error === "string") return error;
  const message = typeof error === "object" && error !== null ? (error as { message?: unknown }).message : undefined;
  return typeof message === "string" ? message : (job.errors[0]?.message ?? "");
}

function Line({ label, children, tone, strong }: { label: string; children: ReactNode; tone?: string; strong?: boolean }) {
  return (
    <div className={cx("flex h-[27px] items-center justify-between border-b", strong ? "border-line-control font-semibold" : "border-line", tone)}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Outcome({
  job,
  collection,
  file,
  undone,
  again,
  before,
  onJob,
  undoing,
  writing,
  canWrite,
  onWrite,
  onChange,
  onUndo,
  onRows,
  onOther,
}: {
  job: ImportJob;
  collection: CollectionInfo;
  file: File | null;
  undone: boolean;
  /** This receipt was shown instead of importing the same file once more. */
  again: boolean;
  /** The import that wrote this very file already. */
  before: ImportJob | null;
  onJob: (job: string) => void;
  undoing: boolean;
  writing: boolean;
  canWrite: boolean;
  onWrite: () => void;
  onChange: () => void;
  onUndo: () => void;
  onRows: () => void;
  onOther: () => void;
}) {
  const connection = useConnection();
  const { name } = collection;
  const stood = !job.dryRun;
  const now = useQuery({
    queryKey: [...keys.count(connection, name), "after", job.id, job.state],
    queryFn: ({ signal }) => connection.count({ collection: name }, signal),
    enabled: stood,
  });
  const at = job.endedAt === null ? null : parseInstant(job.endedAt);
  const shown = at?.ok ? showInstant(at.v) : null;
  const time = took(job);

  if (job.state === "failed" || job.state === "cancelled") {
    return (
      <>
        <ErrorBand title={job.state === "failed" ? m("imp.failed.job") : m("imp.state.cancelled")} details={JSON.stringify(job, null, 2)}>
          <span className="block">{failureOf(job)}</span>
          {(job.rowsRemoved ?? 0) > 0
            ? m("imp.progress.removed", { done: job.rowsRemoved ?? 0, total: job.rowsWritten })
            : m("imp.failed.job.body", { count: job.rowsWritten })}
        </ErrorBand>
        <div className="flex gap-2">
          {job.rowsWritten > (job.rowsRemoved ?? 0) && !job.dryRun ? (
            <Button icon={Undo2} busy={undoing} onClick={onUndo}>
              {undoing ? m("imp.undo.running") : m("imp.undo")}
            </Button>
          ) : null}
          {canWrite ? <Button onClick={onChange}>{m("imp.change")}</Button> : null}
          <Button kind="ghost" onClick={onOther}>{m("imp.another")}</Button>
        </div>
      </>
    );
  }
  const title = job.dryRun
    ? m("imp.dry.title.good", { count: job.rowsValid })
    : undone
      ? m("imp.undone.title", { count: job.rowsWritten })
      : m("imp.receipt");
  return (
    <>
      <header className="flex items-start gap-4">
        <div className="min-w-0 flex-1">
          <h2 className="text-verdict font-semibold">{title}</h2>
          <p className="text-ink-2">
            {job.dryRun
              ? job.rowsValid === 0
                ? m("imp.dry.none")
                : job.rowsRejected === 0
                  ? m("imp.dry.allGood")
                  : m("imp.dry.body", { count: job.rowsRejected })
              : undone
                ? m("imp.undo.body")
                : job.rowsRejected === 0
                  ? m("imp.receipt.allIn", { count: job.rowsWritten, collection: name })
                  : m("imp.receipt.body", { written: job.rowsWritten, collection: name, rejected: m("imp.receipt.rejected", { count: job.rowsRejected }) })}
          </p>
        </div>
        {shown ? (
          <span className="shrink-0 text-second text-ink-3">
            {shown.local.slice(0, 19)} {shown.zone}
          </span>
        ) : null}
      </header>
      {(job.dryRun && before) || again ? (
        <Note kind="warn">
          <span className="font-medium text-ink">{m("imp.already")}</span> {again ? m("imp.already.again") : m("imp.already.body")}
        </Note>
      ) : null}
      <dl className="border-t-2 border-ink">
        <Line label={m("imp.row.file")}>{count(job.rowsRead)}</Line>
        <Line label={job.dryRun ? m("imp.row.valid") : m("imp.row.written")}>{count(job.dryRun ? job.rowsValid : job.rowsWritten)}</Line>
        <Line label={m("imp.row.left")} tone={job.rowsRejected > 0 ? "text-bad" : "text-ink-3"}>{count(job.rowsRejected)}</Line>
        {stood && now.data !== undefined ? (
          <Line label={m("imp.row.now", { collection: name })} strong>
            {count(now.data)}
          </Line>
        ) : null}
      </dl>
      <dl className="grid grid-cols-[104px_1fr] gap-y-1.5 text-second">
        <dt className="text-ink-3">{m("imp.fact.job")}</dt>
        <dd className="font-mono">{job.id}</dd>
        <dt className="text-ink-3">{m("imp.fact.file")}</dt>
        <dd>
          {job.fileName ?? file?.name ?? ""} {job.hash ? <span className="font-mono text-ink-3">{`sha256 ${job.hash.slice(0, 4)}…${job.hash.slice(-4)}`}</span> : null}
        </dd>
        <dt className="text-ink-3">{m("imp.fact.connection")}</dt>
        <dd className="text-accent">{connection.info.name}</dd>
        {time && !undone ? (
          <>
            <dt className="text-ink-3">{m("imp.fact.took")}</dt>
            <dd>{m("imp.step.import.facts", { time, rate: rate(job) })}</dd>
          </>
        ) : null}
      </dl>
      {job.dryRun ? (
        <div className="flex items-center gap-2">
          {before ? (
            <Button kind="filled" onClick={() => onJob(before.id)}>
              {m("imp.already.show")}
            </Button>
          ) : (
            <Button kind="filled" busy={writing} disabled={!canWrite || job.rowsValid === 0} onClick={onWrite}>
              {writing ? m("imp.writing", { connection: connection.info.name }) : m("imp.write", { count: job.rowsValid, connection: connection.info.name })}
            </Button>
          )}
          {canWrite ? <Button onClick={onChange}>{m("imp.change")}</Button> : null}
          <Button kind="ghost" onClick={onOther}>{m("imp.another")}</Button>
        </div>
      ) : (
        <div className="flex flex-col gap-2">
          <div className="flex items-center gap-2">
            <Button onClick={onRows}>{m("imp.open", { collection: name })}</Button>
            {undone || job.rowsWritten === 0 ? null : (
              <Button icon={Undo2} busy={undoing} onClick={onUndo}>
                {undoing ? m("imp.undo.running") : m("imp.undo")}
              </Button>
            )}
            <Button kind="ghost" onClick={onOther}>{m("imp.another")}</Button>
          </div>
          {undone || job.rowsWritten === 0 ? null : <p className="text-second text-ink-3">{m("imp.undo.note")}</p>}
        </div>
      )}
    </>
  );
}

function Rejects({ job, collection, mapping, file }: { job: ImportJob; collection: CollectionInfo; mapping: Mapping; file: File | null }) {
  const connection = useConnection();
  const lines = useContextLines(file, job.errors);
  const download = async (): Promise<void> => {
    try {
      saveFile("rejects.csv", await connection.rejects(job.id));
    } catch (error) {
      toast({ kind: "failed", text: m("imp.left.failed", { reason: faultOf(error).message }) });
    }
  };
  return (
    <aside aria-label={m("imp.left.title")} className="w-[480px] shrink-0 overflow-y-auto border-l border-line max-[1100px]:w-full max-[1100px]:border-t max-[1100px]:border-l-0">
      <header className="flex h-12 items-center gap-2 border-b border-line px-4">
        <h2 className="font-semibold">{m("imp.left.title")}</h2>
        <span className="min-w-0 flex-1 text-ink-3">{m("imp.left.count", { count: job.rowsRejected })}</span>
        {job.rowsRejected > 0 ? (
          <Button icon={Download} onClick={() => void download()}>
            {m("imp.left.download")}
          </Button>
        ) : null}
      </header>
      {job.errors.length === 0 ? (
        isRunning(job) ? null : <Empty title={m("imp.left.none")}>{m("imp.left.none.body")}</Empty>
      ) : (
        <ol>
          {job.errors.map((reject, index) => (
            <li key={index} className="flex flex-col gap-1.5 border-b border-line px-4 py-3">
              <div className="flex items-start gap-2">
                <Badge kind="bad">{m("imp.left.line", { line: reject.line })}</Badge>
                <span className="min-w-0 font-medium">{reject.message}</span>
              </div>
              <Context reject={reject} lines={lines} />
              <Advice collection={collection} mapping={mapping} reject={reject} />
            </li>
          ))}
        </ol>
      )}
      {job.rowsRejected > job.errors.length && job.errors.length > 0 ? <p className="px-4 py-3 text-second text-ink-3">{m("imp.left.first", { count: job.errors.length })}</p> : null}
    </aside>
  );
}

/** Files up to this size are read again here, to show a refused row among its neighbours. */
const CONTEXT_BYTES = 48 * 1024 * 1024;

/** The lines around each refused row, from the file that is still at hand. */
function useContextLines(file: File | null, errors: ImportJob["errors"]): ReadonlyMap<number, string> {
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
      for (const [index, line] of text.split(/\r?\n/).entries()) if (around.has(index + 1)) found.set(index + 1, line);
      setLines(found);
    });
    return () => {
      gone = true;
    };
  }, [file, key]);
  return lines;
}

/** The refused value where it stands in the file; without the file, the column and the value alone. */
function Context({ reject, lines }: { reject: ImportJob["errors"][number]; lines: ReadonlyMap<number, string> }) {
  const value = reject.value === null || reject.value === "" ? "" : String(reject.value as string);
  const marked = "min-w-0 border-b-2 border-bad bg-bad-tint break-all text-bad";
  const own = lines.get(reject.line);
  if (own !== undefined) {
    const at = value === "" ? -1 : own.indexOf(value);
    return (
      <div className="overflow-x-auto border border-line bg-bg-sunk px-2.5 py-1.5 font-mono text-code whitespace-pre">
        {[reject.line - 1, reject.line, reject.line + 1].map((number) => {
          const text = lines.get(number);
          if (text === undefined || text === "") return null;
          return (
            <div key={number}>
              <span className="mr-2 text-ink-3">{number}</span>
              {number === reject.line && at >= 0 ? (
                <>
                  {text.slice(0, at)}
                  <span className={marked}>{value}</span>
                  {text.slice(at + value.length)}
                </>
              ) : (
                text
              )}
            </div>
          );
        })}
      </div>
    );
  }
  if (reject.column === null) return null;
  return (
    <div className="flex items-baseline gap-3 border border-line bg-bg-sunk px-2.5 py-1.5 font-mono text-code">
      <span className="shrink-0 text-ink-3">{reject.column}</span>
      <span className={marked}>{value === "" ? "''" : value}</span>
    </div>
  );
}

/** What is wrong with the value, said more exactly than the server's one line where that is possible. */
function Advice({ collection, mapping, reject }: { collection: CollectionInfo; mapping: Mapping; reject: ImportJob["errors"][number] }) {
  const name = reject.field ?? (reject.column === null ? undefined : (mapping[reject.column] ?? reject.column));
  const field = collection.fields.find((f) => f.name === name);
  if (!field || typeof reject.value !== "string" || reject.value === "") return null;
  const read = parse(field.type, reject.value);
  return read.ok ? null : <p className="text-second text-ink-2">{problemText(read.problem)}</p>;
}

function Others({ jobs, onOpen }: { jobs: readonly ImportJob[]; onOpen: (job: string) => void }) {
  if (jobs.length === 0) return null;
  return (
    <section aria-label={m("imp.others")} className="border-t border-line pt-4">
      <h2 className="mb-1 font-semibold">{m("imp.others")}</h2>
      <ul>
        {jobs.slice(0, 8).map((job) => {
          const at = parseInstant(job.startedAt);
          return (
            <li key={job.id} className="border-b border-line">
              <button type="button" className="ring-cell flex h-row w-full items-center gap-4 text-left hover:bg-bg-hover" onClick={() => onOpen(job.id)}>
                <span className="w-44 truncate">{job.fileName ?? job.id}</span>
                <span className="min-w-0 flex-1 truncate text-second text-ink-3">
                  {job.dryRun ? m("imp.others.dry", { read: job.rowsRead }) : m("imp.others.rows", { written: job.rowsWritten, rejected: job.rowsRejected })}
                </span>
                <span className="text-second text-ink-3">{at.ok ? showInstant(at.v).local.slice(0, 16) : ""}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
