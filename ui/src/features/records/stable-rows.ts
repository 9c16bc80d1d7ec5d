import { useEffect, useRef, useState } from "react";
import type { Connection, Query } from "@/lib/client";
import { createRows, type Rows } from "@/lib/rows";

/** The rows of a query. A new query starts anew; the old rows stay on screen until its first answer. */
export function useStableRows(connection: Connection, query: Query, queryKey: string): { readonly rows: Rows; readonly waiting: boolean } {
  const [rows, setRows] = useState<Rows>(() => createRows({ load: (request) => connection.page(query, request) }));
  const [waiting, setWaiting] = useState(false);
  const shown = useRef(queryKey);
  const latest = useRef(query);
  useEffect(() => {
    latest.current = query;
  });
  useEffect(() => {
    if (shown.current === queryKey) return undefined;
    shown.current = queryKey;
    const asked = latest.current;
    const coming = createRows({ load: (request) => connection.page(asked, request) });
    let taken = false;
    const take = (): void => {
      const state = coming.snapshot();
      if (taken || (!state.ready && state.fault === null)) return;
      taken = true;
      setWaiting(false);
      setRows((old) => {
        old.stop();
        return coming;
      });
    };
    const unsubscribe = coming.subscribe(take);
    coming.want(0, 40);
    setWaiting(true);
    return () => {
      unsubscribe();
      setWaiting(false);
      // Overtaken by yet another query before it answered.
      if (!taken) coming.stop();
    };
  }, [queryKey, connection]);
  return { rows, waiting };
}
