import { useCallback, useLayoutEffect, useMemo, useRef } from "react";
import type { FieldInfo } from "@/lib/fields";
import type { View } from "@/lib/filters";
import { widthOf } from "./widths";
import { isStampName } from "./deletion";
import { within, type Layout } from "./layout";

export interface Arrangement {
  /** The columns that are shown, the pinned ones first. */
  readonly fields: readonly FieldInfo[];
  /** So many of them stand still. */
  readonly still: number;
  /** As the address or the memory has them; null shows the usual ones. */
  readonly columns: readonly string[] | null;
  readonly pinned: readonly string[];
  readonly arrange: (columns: readonly string[] | null, pinned: readonly string[]) => void;
  readonly onHide: (field: string) => void;
  /** Puts a column before another one; among the pinned ones it becomes one of them. */
  readonly onPlace: (field: string, index: number) => void;
  readonly onMove: (field: string, by: number) => void;
  readonly onPin: (field: string) => void;
  readonly onResize: (field: FieldInfo, by: number) => void;
}

const namesOf = (fields: readonly FieldInfo[]): string[] => fields.map((field) => field.name);

/** Which columns in which order, and everything that changes it. */
export function useArrangement({
  readable,
  view,
  layout,
  show,
  onLayout,
}: {
  readonly readable: readonly FieldInfo[];
  readonly view: View;
  readonly layout: Layout;
  readonly show: (next: View) => void;
  readonly onLayout: (part: (now: Layout) => Partial<Layout>) => void;
}): Arrangement {
  // What the address says comes before what is remembered.
  const arranged = view.columns !== null || view.pinned.length > 0 ? view : layout;
  const { columns, pinned } = arranged;
  const fields = useMemo(() => {
    // When a row was made and changed is on demand: it would push what the row says out of sight.
    const usual = readable.filter((field) => !isStampName(field.name));
    const chosen = columns?.flatMap((column) => readable.filter((field) => field.name === column)) ?? [];
    const shown = chosen.length > 0 ? chosen : columns !== null || usual.length === 0 ? readable : usual;
    return [...shown.filter((field) => pinned.includes(field.name)), ...shown.filter((field) => !pinned.includes(field.name))];
  }, [readable, columns, pinned]);
  const still = fields.filter((field) => pinned.includes(field.name)).length;
  const arrange = useCallback(
    (next: readonly string[] | null, standing: readonly string[]) => {
      show({ ...view, columns: next, pinned: standing });
      onLayout(() => ({ columns: next, pinned: standing }));
    },
    [show, view, onLayout],
  );
  // The headers are told once what they can do: a column that is carried draws no other anew.
  const now = useRef({ fields, still, pinned, arrange });
  useLayoutEffect(() => {
    now.current = { fields, still, pinned, arrange };
  }, [fields, still, pinned, arrange]);
  const onHide = useCallback((field: string) => {
    const { fields, pinned, arrange } = now.current;
    const left = namesOf(fields).filter((entry) => entry !== field);
    if (left.length > 0) arrange(left, pinned.filter((entry) => entry !== field));
  }, []);
  const onPlace = useCallback((field: string, index: number) => {
    const { fields, still, pinned, arrange } = now.current;
    const from = namesOf(fields).indexOf(field);
    if (from < 0) return;
    const next = namesOf(fields).filter((entry) => entry !== field);
    next.splice(index > from ? index - 1 : index, 0, field);
    const stands = from < still ? index <= still : index < still;
    const rest = pinned.filter((entry) => entry !== field);
    arrange(next, stands ? [...rest, field] : rest);
  }, []);
  const onMove = useCallback((field: string, by: number) => {
    const { fields, still, pinned, arrange } = now.current;
    const next = namesOf(fields);
    const from = next.indexOf(field);
    const to = from + by;
    // A key moves within the pinned columns, or within the others.
    if (from < 0 || to < 0 || to >= next.length || from < still !== to < still) return;
    next.splice(to, 0, ...next.splice(from, 1));
    arrange(next, pinned);
  }, []);
  const onPin = useCallback((field: string) => {
    const { fields, pinned, arrange } = now.current;
    arrange(namesOf(fields), pinned.includes(field) ? pinned.filter((entry) => entry !== field) : [...pinned, field]);
  }, []);
  const onResize = useCallback(
    (field: FieldInfo, by: number) =>
      onLayout((now) => ({ widths: { ...now.widths, [field.name]: within((now.widths[field.name] ?? widthOf(field)) + by) } })),
    [onLayout],
  );
  return { fields, still, columns, pinned, arrange, onHide, onPlace, onMove, onPin, onResize };
}
