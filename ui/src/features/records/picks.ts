import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Connection, Query } from "@/lib/client";
import type { RawRow, Rows } from "@/lib/rows";

/** So many rows are edited or deleted at once; they are all held and shown before anything is sent. */
export const PICKED_MAX = 10_000;

export interface Picks {
  /** Every row of the filter, those too that were not read yet. */
  readonly all: boolean;
  readonly ids: ReadonlySet<string>;
  readonly count: number;
  readonly has: (id: string) => boolean;
  readonly toggle: (index: number) => void;
  /** From the row that was picked last to this one. */
  readonly reach: (index: number) => void;
  readonly pickAll: () => void;
  readonly clear: () => void;
}

const NONE: ReadonlySet<string> = new Set();

/** Rows that something is done with together. Another filter begins with none. */
export function usePicks(connection: Connection, query: Query, queryKey: string, rows: Rows, key: string, total: number): Picks {
  const [all, setAll] = useState(false);
  const [ids, setIds] = useState(NONE);
  const anchor = useRef<number | null>(null);
  const clear = useCallback(() => {
    anchor.current = null;
    setAll(false);
    setIds(NONE);
  }, []);
  useEffect(() => clear, [queryKey, clear]);

  const idAt = useCallback(
    (index: number): string | null => {
      const raw = rows.row(index);
      return raw ? idOf(raw, key) : null;
    },
    [rows, key],
  );
  const toggle = useCallback(
    (index: number) => {
      const id = idAt(index);
      if (id === null) return;
      anchor.current = index;
      setAll(false);
      setIds((now) => {
        const next = new Set(now);
        if (!next.delete(id)) next.add(id);
        return next;
      });
    },
    [idAt],
  );
  const reach = useCallback(
    (index: number) => {
      const first = Math.min(anchor.current ?? index, index);
      const last = Math.max(anchor.current ?? index, index);
      if (anchor.current === null) anchor.current = index;
      setAll(false);
      const add = (more: readonly string[]): void => setIds((now) => new Set([...now, ...more]));
      const held = Array.from({ length: last - first + 1 }, (_, at) => idAt(first + at));
      if (!held.includes(null)) {
        add(held.filter((id) => id !== null));
        return;
      }
      // Rows in between that were not read, or were let go of.
      const wanted = { ...query, fields: [key] };
      const limit = Math.min(last - first + 1, PICKED_MAX);
      connection.page(wanted, { page: 0, offset: first, limit, count: "none", signal: new AbortController().signal }).then(
        (page) => add(page.rows.map((raw) => idOf(raw, key))),
        // The grid's own reading tells of a server that does not answer.
        () => undefined,
      );
    },
    [idAt, connection, query, key],
  );
  const pickAll = useCallback(() => {
    setIds(NONE);
    setAll(true);
  }, []);
  const has = useCallback((id: string) => all || ids.has(id), [all, ids]);
  return useMemo(
    () => ({ all, ids, count: all ? total : ids.size, has, toggle, reach, pickAll, clear }),
    [all, ids, total, has, toggle, reach, pickAll, clear],
  );
}

function idOf(raw: RawRow, key: string): string {
  return String(raw[key] as string | number);
}

/** The picked rows themselves, whole as the grid shows them. */
export async function pickedRows(connection: Connection, query: Query, key: string, picks: Pick<Picks, "all" | "ids">, fields: readonly string[]): Promise<readonly RawRow[]> {
  const { signal } = new AbortController();
  if (picks.all) return (await connection.page({ ...query, fields }, { page: 0, offset: 0, limit: PICKED_MAX, count: "none", signal })).rows;
  const found: RawRow[] = [];
  const ids = [...picks.ids];
  // The filter stands in the address of the request, which has an end.
  for (let from = 0; from < ids.length; from += IDS_PER_READ) {
    const some = ids.slice(from, from + IDS_PER_READ);
    const asked: Query = { collection: query.collection, fields, filter: { [key]: { in: some } } };
    found.push(...(await connection.page(asked, { page: 0, offset: 0, limit: some.length, count: "none", signal })).rows);
  }
  return found;
}

const IDS_PER_READ = 200;
