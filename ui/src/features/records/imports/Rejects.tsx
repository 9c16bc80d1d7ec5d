import { Download } from "lucide-react";
import { useEffect, useState } from "react";
import { Badge } from "@/kit/Badge";
import { Button } from "@/kit/Button";
import { Empty } from "@/kit/states";
import { toast } from "@/kit/toast";
import { faultOf, type ImportJob } from "@/lib/client";
import type { CollectionInfo } from "@/lib/fields";
import { parse } from "@/lib/values";
import { saveFile } from "../file";
import { m } from "../messages";
import { useConnection } from "../session";
import { formatOf, type Mapping } from "../sniff";
import { problemText } from "../words";
import { isRunning } from "./job";

export function Rejects({ job, collection, mapping, file }: { job: ImportJob; collection: CollectionInfo; mapping: Mapping; file: File | null }) {
  const connection = useConnection();
  const lines = useContextLines(file, job.errors);
  const download = async (): Promise<void> => {
    try {
      await saveFile("rejects.csv", await connection.rejects(job.id));
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
