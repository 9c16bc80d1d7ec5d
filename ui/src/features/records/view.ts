import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { CollectionInfo } from "@/lib/fields";
import { readPill, readView, writeView, type Pill, type View } from "@/lib/filters";

export interface ShownView {
  readonly view: View;
  /** Pills that are conditions; the others stay on screen and out of the request. */
  readonly applied: readonly Pill[];
  readonly show: (next: View) => void;
}

/** What is shown: what the address says, and pills that are no condition yet. */
export function useView(
  collection: CollectionInfo,
  find: (name: string) => CollectionInfo | undefined,
  search: Readonly<Record<string, unknown>>,
  onSearch: (search: Record<string, unknown>) => void,
): ShownView {
  const [view, setView] = useState<View>(() => readView(search));
  const written = JSON.stringify(writeView(readView(search)));
  const applied = useMemo(() => view.pills.filter((pill) => readPill(collection, pill, find).ok), [collection, find, view.pills]);
  const lastWritten = useRef(written);
  const seen = useRef(written);
  useEffect(() => {
    // Back and forward change the address under the screen; its own changes come back unchanged.
    if (written === seen.current) return;
    seen.current = written;
    if (written === lastWritten.current) return;
    lastWritten.current = written;
    setView(readView(JSON.parse(written) as Record<string, unknown>));
  }, [written]);
  const show = useCallback(
    (next: View) => {
      setView(next);
      const params = writeView({ ...next, pills: next.pills.filter((pill) => readPill(collection, pill, find).ok) });
      const text = JSON.stringify(params);
      if (text === lastWritten.current) return;
      lastWritten.current = text;
      onSearch({ ...params });
    },
    [collection, find, onSearch],
  );
  return { view, applied, show };
}
