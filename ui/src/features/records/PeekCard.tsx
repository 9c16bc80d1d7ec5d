import { useQueries, useQuery } from "@tanstack/react-query";
import { Loading } from "@/kit/states";
import { formatKeys } from "@/kit/keys";
import { keys } from "@/lib/client";
import { leadingTo, type CollectionInfo, type FieldInfo } from "@/lib/fields";
import { prettyJson, parseJson } from "@/lib/exact-json";
import { show, type Value } from "@/lib/values";
import { fromWire } from "@/lib/wire";
import { CellView, plain } from "./CellView";
import { Floating, type Anchor } from "./Floating";
import { m } from "./messages";
import { displayField } from "./RelationPicker";
import { useConnection } from "./session";
import { about } from "./words";

const FIELDS = 7;

/** The related row, hung on the cell that names it: its first fields, and what points back at it. */
export function RelationPeek({
  anchor,
  field,
  id,
  target,
  find,
  onClose,
  canChange,
}: {
  anchor: Anchor;
  field: FieldInfo;
  id: string;
  target: CollectionInfo;
  find: (name: string) => CollectionInfo | undefined;
  onClose: () => void;
  canChange: boolean;
}) {
  const connection = useConnection();
  const display = displayField(target, field.relation?.showAs);
  const fields = target.fields
    .filter((f) => !f.primaryKey && !f.hidden && f.name !== display?.name && f.type.kind !== "binary")
    .slice(0, FIELDS);
  const related = fields.flatMap((f) => {
    const other = f.relation && find(f.relation.target);
    const shown = other && displayField(other, f.relation?.showAs);
    return f.relation && other && shown ? [{ field: f, path: `${f.relation.name}.${shown.name}`, name: f.relation.name, shown }] : [];
  });
  const row = useQuery({
    queryKey: keys.row(connection, target.name, id),
    queryFn: ({ signal }) => connection.one(target.name, id, ["*", ...related.map((r) => r.path)], signal),
    staleTime: 5_000,
  });
  const back = target.toMany
    .flatMap((relation) => {
      const from = find(relation.target);
      return from ? [{ ...relation, from }] : [];
    })
    .slice(0, 4);
  const counts = useQueries({
    queries: back.map(({ from, ...relation }) => ({
      queryKey: [...keys.count(connection, relation.target), target.name, relation.foreignKey, id],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        connection.estimate({ collection: relation.target, filter: leadingTo(from, target, relation, [id]) }, signal),
      staleTime: 15_000,
    })),
  });
  const name = row.data && display ? plain(display, fromWire(display.type, row.data[display.name])) : "";
  return (
    <Floating passive anchor={anchor} label={m("peek", { collection: target.name, name })} onClose={onClose} className="w-[354px]">
      <div data-peek="" className="flex flex-col">
        <div className="flex items-baseline gap-2 border-b border-line px-3 py-2">
          <span className="text-second text-ink-3">{target.name}</span>
          <span className="min-w-0 flex-1 truncate text-title font-semibold">{name}</span>
          <span className="max-w-24 truncate text-second text-ink-3">{`#${id}`}</span>
        </div>
        {row.data ? (
          <dl className="flex flex-col px-3 py-2">
            {fields.map((f) => {
              const link = related.find((r) => r.field === f);
              const nested = link ? (row.data[link.name] as Readonly<Record<string, unknown>> | null | undefined) : undefined;
              const label = link && nested ? plain(link.shown, fromWire(link.shown.type, nested[link.shown.name])) : undefined;
              return (
                <div key={f.name} className="flex h-[22px] items-center gap-3 text-second">
                  <dt className="w-[92px] shrink-0 truncate text-ink-3">{f.name}</dt>
                  <dd className="flex min-w-0 flex-1 items-center gap-1">
                    <CellView field={f} value={fromWire(f.type, row.data[f.name])} label={label} />
                    {f.relation && row.data[f.name] != null ? <span className="shrink-0 text-ink-3">{`→ ${f.relation.target}`}</span> : null}
                  </dd>
                </div>
              );
            })}
          </dl>
        ) : row.error ? (
          <p className="px-3 py-2 text-second text-ink-2">{m("peek.gone")}</p>
        ) : (
          <Loading what={m("grid.reading", { collection: target.name })} className="p-3" />
        )}
        {back.length > 0 && row.data ? (
          <div className="flex flex-col border-t border-line px-3 py-1.5">
            {back.map((relation, index) => {
              const answer = counts[index]?.data;
              return (
                <div key={`${relation.target}.${relation.foreignKey}`} className="flex h-[22px] items-center gap-3 text-second">
                  <span className="min-w-0 flex-1 truncate">{relation.target}</span>
                  <span className="text-ink-3">{m("peek.by", { field: relation.foreignKey })}</span>
                  <span className="min-w-9 text-right">{answer ? about(answer.rows, answer.exact) : ""}</span>
                </div>
              );
            })}
          </div>
        ) : null}
        <div className="flex gap-4 border-t border-line bg-bg-sunk px-3 py-2 text-hint text-ink-3">
          <Hint word={m("peek.open")} keys="Mod+Enter" />
          {canChange ? <Hint word={m("peek.change")} keys="Enter" /> : null}
          <Hint word={m("peek.filter")} keys="Alt+F" />
        </div>
      </div>
    </Floating>
  );
}

function Hint({ word, keys: combination }: { word: string; keys: string }) {
  return (
    <span>
      <span className="text-ink-2">{word}</span> {formatKeys(combination)}
    </span>
  );
}

/** A value too long for its cell, whole and selectable. */
export function ValuePeek({ anchor, field, value, onClose }: { anchor: Anchor; field: FieldInfo; value: Value; onClose: () => void }) {
  return (
    <Floating passive anchor={anchor} label={m("peek.value", { field: field.name })} onClose={onClose} className="w-[420px]">
      {field.expression === undefined ? null : (
        <p className="border-b border-line px-3 py-2 font-mono text-code break-words text-ink-3">{field.expression}</p>
      )}
      <pre data-peek="" className={whole(field) ? "p-3 font-mono text-code whitespace-pre-wrap" : "p-3 font-sans text-base whitespace-pre-wrap"}>
        {longText(field, value)}
      </pre>
    </Floating>
  );
}

function whole(field: FieldInfo): boolean {
  const { kind } = field.type;
  return kind === "json" || kind === "array" || kind === "geo" || kind === "binary" || kind === "uuid";
}

/** Above this the card shows the beginning; the editor opens the whole. */
const PEEKED = 100_000;

function longText(field: FieldInfo, value: Value): string {
  if (value.s !== "value") return plain(field, value);
  if ((field.type.kind === "json" || field.type.kind === "geo") && value.v.length <= PEEKED) {
    const parsed = parseJson(value.v);
    if (parsed.ok) return prettyJson(parsed.node);
  }
  const shown = show(field.type, value);
  const text = shown.after ? `${shown.text} ${shown.after}` : shown.text;
  return text.length > PEEKED ? `${text.slice(0, PEEKED)}…` : text;
}
