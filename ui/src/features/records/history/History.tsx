import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Undo2, X } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { Badge } from "@/kit/Badge";
import { Button, IconButton } from "@/kit/Button";
import { isFocusLost } from "@/kit/focus";
import { ErrorBand, Loading } from "@/kit/states";
import { faultOf, faultText, keys, type Capability, type Connection, type Revision } from "@/lib/client";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import type { RawRow } from "@/lib/rows";
import { equal, show, type Value } from "@/lib/values";
import { fromWire } from "@/lib/wire";
import { CellView, plain } from "../CellView";
import { isStampName } from "../deletion";
import { m } from "../messages";
import { computedText } from "../words";
import { h } from "./messages";

/** A field, and what it shall hold again. */
export interface Taken {
  readonly field: FieldInfo;
  readonly value: Value;
}

/** What a row was, change by change, with a way back for each field of each. */
export function History({
  collection,
  connection,
  capability,
  id,
  name,
  stagedOf,
  onTake,
  onClose,
}: {
  collection: CollectionInfo;
  connection: Connection;
  capability: Capability | null;
  id: string;
  name: string;
  /** What is staged for a field of this row, if anything is. */
  stagedOf: (field: string) => Value | undefined;
  /** Stages fields as they were over the row as it stands. */
  onTake: (row: RawRow, taken: readonly Taken[]) => void;
  onClose: () => void;
}) {
  const pages = useInfiniteQuery({
    queryKey: keys.history(connection, collection.name, id),
    queryFn: ({ pageParam, signal }) => connection.history(collection.name, id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.cursor,
    // What was changed a moment ago has to be in it.
    staleTime: 0,
    gcTime: 0,
  });
  const row = useQuery({
    queryKey: [...keys.history(connection, collection.name, id), "now"],
    queryFn: ({ signal }) => connection.one(collection.name, id, ["*"], signal),
    staleTime: 0,
    gcTime: 0,
  });
  const error = pages.error ?? row.error;
  const revisions = pages.data?.pages.flatMap((page) => page.revisions);
  const keepDays = pages.data?.pages[0]?.keepDays;
  const isReady = revisions !== undefined && row.data !== undefined;

  // One walks the changes by the arrows: the list is one stop of Tab, and what a change offers the next ones.
  const list = useRef<HTMLOListElement>(null);
  const [at, setAt] = useState(0);
  const entries = (): readonly HTMLElement[] => [...(list.current?.querySelectorAll<HTMLElement>("[data-entry]") ?? [])];
  const before = useRef(document.activeElement);
  useEffect(() => {
    if (!isReady) return;
    // Who has gone elsewhere while it was read stays there.
    if (isFocusLost() || document.activeElement === before.current) list.current?.querySelector<HTMLElement>("[data-entry]")?.focus({ preventScroll: true });
  }, [isReady]);
  const older = async (): Promise<void> => {
    const first = entries().length;
    await pages.fetchNextPage();
    setAt(first);
    requestAnimationFrame(() => entries()[first]?.focus());
  };
  const walk = (event: KeyboardEvent): void => {
    const all = entries();
    const here = all.findIndex((entry) => entry.contains(event.target as Node));
    const last = all.length - 1;
    const to = event.key === "ArrowDown" ? here + 1 : event.key === "ArrowUp" ? here - 1 : event.key === "Home" ? 0 : event.key === "End" ? last : null;
    if (to === null || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (to > last && here >= 0 && pages.hasNextPage) {
      if (!pages.isFetchingNextPage) void older();
      return;
    }
    const next = all[here < 0 ? last : Math.max(0, Math.min(to, last))];
    next?.focus();
  };

  /** Why a field cannot be taken back; null when it can. */
  const refusalOf = (field: FieldInfo): string | null => {
    if (connection.info.guard === "readonly") return m("refuse.readOnlyConnection", { connection: connection.info.name });
    if (field.computed) return computedText(field);
    if (field.primaryKey) return m("refuse.key");
    return capability?.may(collection.name, "update", field.name) === true ? null : m("refuse.field", { field: field.name });
  };
  return (
    <section
      aria-label={h("title", { name })}
      className="flex max-h-[320px] min-h-24 shrink-0 flex-col border-t border-line bg-bg-sunk"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      <header className="flex h-8 shrink-0 items-center gap-2 px-3">
        <h2 className="min-w-0 truncate font-semibold">{h("title", { name })}</h2>
        <span className="min-w-0 flex-1 truncate text-second text-ink-3">
          {keepDays === undefined ? "" : keepDays === 0 ? h("kept.none", { collection: collection.name }) : h("kept", { count: keepDays })}
        </span>
        <IconButton small icon={X} label={h("close")} keys="Escape" onClick={onClose} />
      </header>
      {error ? (
        <ErrorBand title={h("unread", { reason: faultOf(error).message })} details={faultText(error)} />
      ) : revisions === undefined || row.data === undefined ? (
        <Loading what={h("title", { name })} className="px-3" />
      ) : revisions.length === 0 ? (
        <div className="px-3 pb-3">
          <p className="font-medium">{h("empty")}</p>
          <p className="text-second text-ink-2">{h("empty.body")}</p>
        </div>
      ) : (
        <ol ref={list} aria-label={h("list")} onKeyDown={walk} className="min-h-0 flex-1 overflow-auto border-t border-line-2">
          {revisions.map((revision, index) => (
            <Entry
              key={revision.id}
              revision={revision}
              isStop={index === at}
              onReach={() => setAt(index)}
              stagedOf={stagedOf}
              collection={collection}
              row={row.data}
              refusalOf={refusalOf}
              onTake={(taken) => onTake(row.data, taken)}
            />
          ))}
          {pages.hasNextPage ? (
            <li className="px-3 py-2">
              <Button size="small" busy={pages.isFetchingNextPage} onClick={() => void older()}>
                {h("more")}
              </Button>
            </li>
          ) : null}
        </ol>
      )}
    </section>
  );
}

function originText(origin: string | null): string | null {
  if (origin === null) return null;
  if (origin === "studio") return h("origin.studio");
  if (origin === "trash") return h("origin.trash");
  return origin.startsWith("import:") ? h("origin.import") : origin;
}

function Entry({
  revision,
  isStop,
  onReach,
  stagedOf,
  collection,
  row,
  refusalOf,
  onTake,
}: {
  revision: Revision;
  /** Where Tab comes to in the list. */
  isStop: boolean;
  onReach: () => void;
  stagedOf: (field: string) => Value | undefined;
  collection: CollectionInfo;
  row: RawRow;
  refusalOf: (field: FieldInfo) => string | null;
  onTake: (taken: readonly Taken[]) => void;
}) {
  const { before, after } = revision;
  const told = collection.fields.filter((field) => !isStampName(field.name) && revision.changed.includes(field.name));
  // A row that was made, deleted or restored was so as a whole: its fields are told by their number.
  const differing = before !== null && after !== null ? told : [];
  const back = differing.map((field) => ({ field, value: fromWire(field.type, before?.[field.name]) }));
  const stands = ({ field, value }: Taken): boolean => equal(field.type, value, fromWire(field.type, row[field.name]));
  const isStaged = ({ field, value }: Taken): boolean => {
    const staged = stagedOf(field.name);
    return staged !== undefined && equal(field.type, value, staged);
  };
  const open = back.filter((taken) => refusalOf(taken.field) === null && !stands(taken) && !isStaged(taken));
  const node = useRef<HTMLLIElement>(null);
  const take = (taken: readonly Taken[]): void => {
    // The button goes with what it offered.
    node.current?.focus({ preventScroll: true });
    onTake(taken);
  };
  const at = show({ kind: "instant", name: "DateTime" }, fromWire({ kind: "instant", name: "DateTime" }, revision.at));
  const origin = originText(revision.origin);
  return (
    <li ref={node} data-entry="" tabIndex={isStop ? 0 : -1} onFocus={onReach} className="ring-cell scroll-my-1 border-b border-line-2 px-3 py-2 last:border-b-0">
      <div className="flex min-h-[22px] items-center gap-2 text-second">
        <span className="w-16 shrink-0 font-medium text-ink">{h(`action.${revision.action}`)}</span>
        <span className="whitespace-nowrap">
          {at.text} <span className="text-ink-3">{at.after}</span>
        </span>
        <span className="min-w-0 truncate text-ink-2">{revision.actor === null ? h("by.server") : h("by", { actor: revision.actor })}</span>
        {origin === null ? null : <span className="min-w-0 truncate rounded-sm border border-line px-1 text-ink-3">{origin}</span>}
        <span className="min-w-0 flex-1 truncate text-ink-3">
          {differing.length > 0 ? "" : told.length > 0 ? h("fields", { count: told.length }) : revision.action === "update" ? h("stamps") : ""}
        </span>
        {open.length > 1 ? (
          <Button size="small" icon={Undo2} onClick={() => take(open)}>
            {h("take.all", { count: open.length })}
          </Button>
        ) : null}
      </div>
      {differing.length > 0 ? (
        <table className="mt-1 w-full max-w-[760px] table-fixed border-collapse text-left">
          <colgroup>
            <col className="w-36" />
            <col />
            <col />
            <col className="w-44" />
          </colgroup>
          <thead className="sr-only">
            <tr>
              <th scope="col">{h("field")}</th>
              <th scope="col">{h("was")}</th>
              <th scope="col">{h("became")}</th>
              <th scope="col">{h("take")}</th>
            </tr>
          </thead>
          <tbody>
            {back.map((taken) => {
              const { field, value } = taken;
              const refusal = refusalOf(field) ?? (stands(taken) ? h("same") : null);
              return (
                <tr key={field.name} className="h-[26px]">
                  <th scope="row" className="truncate pr-3 text-second font-normal text-ink-3">
                    {field.name}
                  </th>
                  <td className="truncate pr-3 text-ink-2 line-through decoration-ink-3">
                    <CellView field={field} value={value} />
                  </td>
                  <td className="truncate pr-3">
                    <CellView field={field} value={fromWire(field.type, after?.[field.name])} />
                  </td>
                  <td className="text-right">
                    {refusal !== null ? (
                      <span className="block truncate text-second text-ink-3" title={refusal}>
                        {field.expression === undefined ? refusal : m("grid.workedOut")}
                      </span>
                    ) : isStaged(taken) ? (
                      <Badge kind="staged">{h("take.staged")}</Badge>
                    ) : (
                      <Button
                        size="small"
                        kind="ghost"
                        icon={Undo2}
                        aria-label={h("take.field", { field: field.name, value: plain(field, value).slice(0, 60) })}
                        onClick={() => take([taken])}
                      >
                        {h("take")}
                      </Button>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      ) : null}
    </li>
  );
}
