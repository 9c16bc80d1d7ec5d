import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/kit/Button";
import { ConfirmLoss } from "@/kit/Dialog";
import { isFocusLost, useWayBack } from "@/kit/focus";
import { ErrorBand, Note } from "@/kit/states";
import { Status } from "@/kit/status";
import { toast } from "@/kit/toast";
import { Toolbar } from "@/kit/Toolbar";
import { faultOf, faultText, importsQuery, keys } from "@/lib/client";
import type { CollectionInfo } from "@/lib/fields";
import { keepFile, keptFile } from "../file";
import { m } from "../messages";
import { useCapability, useConnection, usePending } from "../session";
import { propose, recordColumns, sniffFile, type Delimiter, type Mapping, type Sniffed } from "../sniff";
import { DropZone } from "./DropZone";
import { Ends } from "./Ends";
import { followImport } from "./follow";
import { mendedIn } from "./mend";
import { isRunning, rate, type Stage } from "./job";
import { MapPart } from "./MapPart";
import { Others } from "./Others";
import { Outcome } from "./Outcome";
import { Progress } from "./Progress";
import { Rejects } from "./Rejects";
import { Speed } from "./Speed";
import { MappingList, StateBadge, Steps } from "./Steps";

/** News at least twice a second, the way of the answer included. */
const POLL_MS = 400;

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
  const { pending } = usePending();
  const capability = useCapability();
  const queries = useQueryClient();
  const { name } = collection;
  const [file, setFileState] = useState<File | null>(() => keptFile(pending, name));
  const [sniffed, setSniffed] = useState<Sniffed | null>(null);
  const [mapping, setMapping] = useState<Mapping>({});
  const [delimiter, setDelimiter] = useState<Delimiter | undefined>(undefined);
  const [nullText, setNullText] = useState<string>("");
  const [badFile, setBadFile] = useState<string | null>(null);
  const [starting, setStarting] = useState<"dry" | "write" | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  /** The question before an undo: the first, or the one after the server told of later changes. */
  const [asking, setAsking] = useState<{ readonly changes: string | null } | null>(null);
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
    keepFile(pending, name, next);
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
        setMapping(propose(collection, found.columns, recordColumns(found)));
        setNullText(found.nullWord ?? "");
      }
    });
    return () => {
      gone = true;
    };
  }, [file, delimiter, collection]);

  // What was counted before the rows came is wrong once the job is done.
  const ended = job !== undefined && !running ? `${job.id} ${job.state}` : null;
  const wrote = job?.dryRun === false;
  useEffect(() => {
    if (ended === null) return;
    // Documents of the file make records of other collections, and an undo takes them out.
    if (wrote) void queries.invalidateQueries({ queryKey: keys.allCounts(connection) });
    void queries.invalidateQueries({ queryKey: importsQuery(connection).queryKey, exact: true });
  }, [ended, wrote, queries, connection]);

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
      followImport(queries, connection, begun.id);
    } catch (error) {
      setFault(error);
    } finally {
      setStarting(null);
    }
  };

  const undo = async (consent: boolean): Promise<void> => {
    if (!job) return;
    setAsking(null);
    setUndoing(true);
    try {
      await connection.undoImport(job.id, consent);
      // It goes on in the backend as a job; the page follows it to its end.
      await queries.invalidateQueries({ queryKey: keys.imports(connection) });
    } catch (error) {
      const fault = faultOf(error);
      if (fault.code === "CONSENT_REQUIRED" && !consent) setAsking({ changes: fault.message });
      else toast({ kind: "failed", text: m("imp.undo.failed", { reason: fault.message }) });
    } finally {
      setUndoing(false);
    }
  };

  const mended = job ? mendedIn(others.data ?? [], job.id).size : 0;
  const isUndone = job?.state === "undone";
  const denied = connection.info.guard === "readonly" || (capability !== null && !capability.may(name, "create"));
  const stage: Stage = job && !remapping ? (running ? (job.dryRun ? "dry" : "import") : job.dryRun ? "checked" : "receipt") : file && sniffed ? "map" : "file";
  useWayBack(true);
  // What had the focus goes with its stage; the way on is the first button of the next one.
  const stageNode = useRef<HTMLElement>(null);
  useEffect(() => {
    const node = stageNode.current;
    if (!node || (!isFocusLost() && document.activeElement !== node)) return;
    (node.querySelector<HTMLElement>("[data-next]:enabled") ?? node.querySelector<HTMLElement>("tbody [role=combobox]") ?? node).focus({ preventScroll: true });
  }, [stage, file, job?.state]);

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
        {job ? <StateBadge job={job} undone={isUndone} mended={mended} /> : null}
      </Toolbar>
      <div className="flex min-h-0 flex-1 max-[1100px]:flex-col max-[1100px]:overflow-y-auto">
        <aside className="w-56 shrink-0 overflow-y-auto border-r border-line bg-bg-sunk max-[1100px]:w-full max-[1100px]:border-r-0 max-[1100px]:border-b">
          <Steps
            stage={stage}
            file={file}
            sniffed={sniffed}
            mapping={mapping}
            job={job}
            dry={others.data?.find((other) => other.dryRun && other.state === "done" && other.hash !== null && other.hash === job?.hash)}
          />
          {job && !remapping ? (
            <MappingList collection={collection} mapping={job.mapping ?? mapping} nullText={sniffed?.format === "csv" ? nullText : ""} />
          ) : null}
        </aside>
        <section ref={stageNode} tabIndex={-1} className="min-w-0 flex-1 outline-none overflow-y-auto px-8 py-7 max-[1100px]:overflow-visible max-[1100px]:px-4">
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
                mended={mended}
                again={again === job.id}
                before={others.data?.find((other) => !other.dryRun && other.state === "done" && other.hash !== null && other.hash === job.hash && other.collection === name) ?? null}
                onJob={onJob}
                undoing={undoing}
                writing={starting === "write"}
                canWrite={file !== null && sniffed !== null}
                onWrite={() => void start(false)}
                onChange={() => setRemapping(true)}
                onUndo={() => setAsking({ changes: null })}
                onRows={onRows}
                onOther={() => setFile(null)}
              />
            ) : null}
            <Others jobs={(others.data ?? []).filter((other) => other.collection === name && other.id !== job?.id)} onOpen={onJob} />
          </div>
        </section>
        {job && !remapping ? (
          <Rejects key={job.id} job={job} collection={collection} mapping={mapping} file={file} sniffed={sniffed} nullText={sniffed ? nullText : null} onJob={onJob}>
            {job.dryRun ? null : (
              <>
                <Speed job={job} />
                {running || isUndone ? null : <Ends job={job} collection={collection} />}
              </>
            )}
          </Rejects>
        ) : null}
      </div>
      {job ? <Status>{m(`imp.state.${job.state}`)}</Status> : null}
      {job && running ? <Status>{`${m("imp.progress.rows", { count: job.rowsRead })}, ${m("imp.progress.rate", { rate: rate(job) })}`}</Status> : null}
      <ConfirmLoss
        open={asking !== null}
        title={asking?.changes ? m("imp.undo.changed.title") : m("imp.undo.title", { count: job?.rowsWritten ?? 0, collection: name })}
        body={asking?.changes ? m("imp.undo.changed.body", { changes: asking.changes }) : m("imp.undo.body")}
        keepLabel={m("imp.undo.keep")}
        loseLabel={asking?.changes ? m("imp.undo.changed") : m("imp.undo")}
        onKeep={() => setAsking(null)}
        onLose={() => void undo(typeof asking?.changes === "string")}
      />
    </div>
  );
}
