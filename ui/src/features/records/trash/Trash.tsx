import { useQuery } from "@tanstack/react-query";
import { ArchiveRestore, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button, IconButton } from "@/kit/Button";
import { ErrorBand, Loading } from "@/kit/states";
import { toast } from "@/kit/toast";
import { faultOf, faultText, type Connection } from "@/lib/client";
import type { CollectionInfo } from "@/lib/fields";
import { addDays, parsePlainDate } from "@/lib/plain-time";
import type { RawRow } from "@/lib/rows";
import { show } from "@/lib/values";
import { fromWire } from "@/lib/wire";
import { plain } from "../CellView";
import { displayField } from "../RelationPicker";
import { d } from "./messages";

/** So many are listed, the last deleted first. */
const LISTED = 100;

/** Rows of a collection that were deleted, and the way back for each. */
export function Trash({
  collection,
  connection,
  refusal,
  onRestored,
  onClose,
}: {
  collection: CollectionInfo;
  connection: Connection;
  /** Why nothing may be restored. */
  refusal: string | undefined;
  onRestored: () => void;
  onClose: () => void;
}) {
  // A toast stands above the rows one may want to restore, not on them.
  const dock = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = dock.current;
    if (!element) return undefined;
    const root = document.documentElement;
    const watch = new ResizeObserver(() => root.style.setProperty("--toast-lift", `${String(element.offsetHeight)}px`));
    watch.observe(element);
    return () => {
      watch.disconnect();
      root.style.removeProperty("--toast-lift");
    };
  }, []);
  const display = displayField(collection);
  const { trashDays } = collection;
  const [busy, setBusy] = useState<string | null>(null);
  const { data, error, refetch } = useQuery({
    queryKey: ["trash", connection.info.id, collection.name],
    queryFn: ({ signal }) => connection.deleted(collection.name, [collection.primaryKey, ...(display ? [display.name] : []), "deletedAt"], LISTED, signal),
    // Whatever was deleted a moment ago has to be in it.
    staleTime: 0,
    gcTime: 0,
  });
  const deletedAt = collection.fields.find((field) => field.name === "deletedAt");
  const nameOf = (row: RawRow): string => {
    const shown = display ? plain(display, fromWire(display.type, row[display.name])) : "";
    return shown === "" ? keyOf(row) : shown;
  };
  const keyOf = (row: RawRow): string => String(row[collection.primaryKey] as string | number);
  const restore = async (row: RawRow): Promise<void> => {
    setBusy(keyOf(row));
    try {
      await connection.batch([{ op: "update", collection: collection.name, id: keyOf(row), data: { deletedAt: null } }]);
      toast({ kind: "done", text: d("restored", { name: nameOf(row), collection: collection.name }) });
      onRestored();
    } catch (fault) {
      toast({ kind: "failed", text: d("failed", { reason: faultOf(fault).message }) });
    }
    setBusy(null);
    await refetch();
  };
  return (
    <section aria-label={d("title", { collection: collection.name })} ref={dock} className="flex max-h-[274px] min-h-24 shrink-0 flex-col border-t border-line bg-bg-sunk">
      <header className="flex h-8 shrink-0 items-center gap-2 px-3">
        <h2 className="font-semibold">{d("title", { collection: collection.name })}</h2>
        <span className="min-w-0 flex-1 truncate text-second text-ink-3">
          {data === undefined ? "" : data.length >= LISTED ? d("first", { count: LISTED }) : d("count", { count: data.length })}
          {data && data.length > 0 ? ` · ${refusal ?? (trashDays === null ? d("kept") : d("kept.days", { count: trashDays }))}` : ""}
        </span>
        <IconButton small icon={X} label={d("close")} keys="Escape" onClick={onClose} />
      </header>
      {error ? (
        <ErrorBand title={d("unread", { reason: faultOf(error).message })} details={faultText(error)} />
      ) : data === undefined ? (
        <Loading what={d("title", { collection: collection.name })} className="px-3" />
      ) : data.length === 0 ? (
        <div className="px-3 pb-3">
          <p className="font-medium">{d("empty")}</p>
          <p className="text-second text-ink-2">{d("empty.body")}</p>
        </div>
      ) : (
        <div className="min-h-0 flex-1 overflow-auto pb-2">
          <table className="border-collapse text-left">
            <thead className="sticky top-0 bg-bg-sunk text-second text-ink-3">
              <tr>
                <th className="px-3 py-1 font-normal">{d("row")}</th>
                <th className="px-3 py-1 font-normal">{d("key")}</th>
                <th className="px-3 py-1 font-normal">{d("at")}</th>
                {trashDays === null ? null : <th className="px-3 py-1 font-normal">{d("until")}</th>}
                <th aria-label={d("restore")} />
              </tr>
            </thead>
            <tbody>
              {data.map((row) => {
                const at = deletedAt ? show(deletedAt.type, fromWire(deletedAt.type, row["deletedAt"])) : { text: "" };
                return (
                  <tr key={keyOf(row)} className="border-t border-line-2">
                    <th scope="row" className="max-w-72 truncate px-3 py-1 font-medium">
                      {nameOf(row)}
                    </th>
                    <td className="max-w-48 truncate px-3 py-1 text-ink-3">{keyOf(row)}</td>
                    <td className="px-3 py-1 whitespace-nowrap">
                      {at.text} <span className="text-ink-3">{at.after}</span>
                    </td>
                    {trashDays === null ? null : <td className="px-3 py-1 whitespace-nowrap">{endOf(at.text, trashDays)}</td>}
                    <td className="px-3 py-1">
                      <Button
                        size="small"
                        icon={ArchiveRestore}
                        aria-label={d("restore.row", { name: nameOf(row) })}
                        busy={busy === keyOf(row)}
                        disabled={refusal !== undefined}
                        title={refusal}
                        onClick={() => void restore(row)}
                      >
                        {d("restore")}
                      </Button>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** The day on which a row that came at this moment leaves the trash. */
function endOf(at: string, days: number): string {
  const day = parsePlainDate(at.slice(0, 10));
  return day.ok ? addDays(day.v, days) : "";
}
