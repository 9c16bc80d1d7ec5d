import { useQueries } from "@tanstack/react-query";
import { cx } from "@/kit/cx";
import { keys, type ImportJob } from "@/lib/client";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import { rightAligned } from "@/lib/values";
import { fromWire } from "@/lib/wire";
import { CellView } from "../CellView";
import { m } from "../messages";
import { useConnection } from "../session";

/** Columns that a side panel has room for. */
const COLUMNS = 5;

/** The first and the last row that were written, read back from the collection as they stand now. */
export function Ends({ job, collection }: { job: ImportJob; collection: CollectionInfo }) {
  const connection = useConnection();
  const ends = [...new Set([job.firstKey, job.lastKey])].filter((key) => key !== null);
  const rows = useQueries({
    queries: ends.map((key) => ({
      queryKey: keys.row(connection, collection.name, key),
      queryFn: ({ signal }: { signal: AbortSignal }) => connection.one(collection.name, key, ["*"], signal),
      retry: false,
    })),
  });
  const filled = new Set(Object.values(job.mapping));
  const fields = collection.fields.filter((field) => field.primaryKey || filled.has(field.name)).slice(0, COLUMNS);
  // A row that was deleted since, or that may not be read, is no end to show.
  const found = rows.flatMap((row) => (row.data ? [row.data] : []));
  if (found.length === 0) return null;
  return (
    <section aria-label={m("imp.ends", { count: found.length })} className="border-t border-line px-4 py-3">
      <h2 className="mb-1 font-semibold">{m("imp.ends", { count: found.length })}</h2>
      <table className="w-full table-fixed border-collapse">
        <thead>
          <tr className="border-b border-line text-second text-ink-3">
            {fields.map((field) => (
              <th key={field.name} scope="col" className={cx("truncate py-1 pr-3 font-normal last:pr-0", side(field))}>
                {field.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {found.map((row, index) => (
            <tr key={index} className="h-row border-b border-line-2">
              {fields.map((field) => (
                <td key={field.name} className="overflow-hidden py-0 pr-3 last:pr-0">
                  <span className={cx("flex min-w-0 items-center", rightAligned(field) && "justify-end")}>
                    <CellView field={field} value={fromWire(field.type, row[field.name])} />
                  </span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const side = (field: FieldInfo): string => (rightAligned(field) ? "text-right" : "text-left");
