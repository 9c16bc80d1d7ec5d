import { useQuery } from "@tanstack/react-query";
import { Status } from "@/kit/status";
import { countQuery, type Connection } from "@/lib/client";
import type { Rows } from "@/lib/rows";
import { m } from "./messages";
import { about } from "./words";

/** What the status bar says of the rows. */
export function Facts({
  snapshot,
  counting,
  connection,
  name,
  filtered,
  sort,
  onCount,
  slowSort,
}: {
  snapshot: ReturnType<Rows["snapshot"]>;
  counting: boolean;
  connection: Connection;
  name: string;
  filtered: boolean;
  sort: string;
  onCount: () => void;
  slowSort: string | undefined;
}) {
  const { total } = snapshot;
  const all = useStoreCount(connection, name, filtered);
  return (
    <>
      {total ? (
        <Status>
          {counting ? (
            m("status.counting")
          ) : total.exact ? (
            rowsText(total, all)
          ) : (
            <button type="button" title={m("status.count")} className="hover:text-ink" onClick={onCount}>
              {rowsText(total, all)}
            </button>
          )}
        </Status>
      ) : null}
      {sort ? <Status>{m("status.sort", { sort })}</Status> : null}
      {slowSort ? (
        <Status>
          <span className="text-warn">{m("grid.sort.slow", { field: slowSort })}</span>
        </Status>
      ) : null}
      {snapshot.took === null ? null : <Status>{m("status.took", { ms: Math.round(snapshot.took) })}</Status>}
      <Status side="right">{m("status.times")}</Status>
    </>
  );
}

function rowsText(total: { rows: number; exact: boolean }, all: { rows: number; exact: boolean } | undefined): string {
  const shown = about(total.rows, total.exact);
  return all ? m("status.rowsOf", { rows: shown, total: about(all.rows, all.exact) }) : m("status.rows", { rows: shown });
}

export function useStoreCount(connection: Connection, name: string, wanted: boolean): { rows: number; exact: boolean } | undefined {
  const { data } = useQuery({ ...countQuery(connection, name), enabled: wanted });
  return wanted ? data : undefined;
}
