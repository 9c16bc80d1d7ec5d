import { useEffect, useRef, useState } from "react";
import type { Connection, Query } from "@/lib/client";
import { createRows, type Rows } from "@/lib/rows";

/** The rows of a query. A new query starts anew; the old rows stay on screen until its first answer. */
export function useStableRows(connection: Connection, query: Query, queryKey: string): { readonly rows: Rows; readonly waiting: boolean } {
  const [shown, setShown] = useState<{ readonly rows: Rows; readonly key: string }>(() => ({
    rows: createRows({ load: (request) => connection.page(query, request) }),
    key: queryKey,
  }));
  const latest = useRef(query);
  useEffect(() => {
    latest.current = query;
  });
  useEffect(() => {
    // Back at the query whose rows still stand: what was asked in between is given up.
    if (shown.key === queryKey) return undefined;
    const asked = latest.current;
    const coming = createRows({ load: (request) => connection.page(asked, request) });
    let taken = false;
    const take = (): void => {
      const state = coming.snapshot();
      if (taken || (!state.ready && state.fault === null)) return;
      taken = true;
      shown.rows.stop();
      setShown({ rows: coming, key: queryKey });
    };
    const unsubscribe = coming.subscribe(take);
    coming.want(0, 40);
    return () => {
      unsubscribe();
      // Overtaken by yet another query before it answered.
      if (!taken) coming.stop();
    };
  }, [queryKey, connection, shown]);
  return { rows: shown.rows, waiting: shown.key !== queryKey };
}
