import { useEffect, useMemo, useState } from "react";
import { Button } from "@/kit/Button";
import { Checkbox } from "@/kit/Checkbox";
import { Field, Input } from "@/kit/Field";
import { Select } from "@/kit/Select";
import { ErrorBand, Loading } from "@/kit/states";
import { faultOf, type Capability, type Connection, type Query } from "@/lib/client";
import { typeLabel, type CollectionInfo, type FieldInfo } from "@/lib/fields";
import { choicesOf } from "@/lib/filters";
import type { RawRow } from "@/lib/rows";
import { equal, NULL, parse, validate, type Value } from "@/lib/values";
import { fromWire } from "@/lib/wire";
import { plain } from "./CellView";
import { m } from "./messages";
import { pickedRows, type Picks } from "./picks";
import { RelationPicker } from "./RelationPicker";
import { problemText } from "./words";

/** Rows of the preview; the band shows them all once they are staged. */
const SHOWN = 4;

export interface EditPickedProps {
  readonly collection: CollectionInfo;
  readonly find: (name: string) => CollectionInfo | undefined;
  readonly fields: readonly FieldInfo[];
  readonly connection: Connection;
  readonly capability: Capability | null;
  readonly query: Query;
  readonly picks: Picks;
  /** What is staged for a field of a row, if anything is. */
  readonly stagedOf: (row: string, field: string) => Value | undefined;
  readonly onStage: (field: FieldInfo, rows: readonly RawRow[], next: Value, label?: string) => void;
}

/** One field of many rows: what it becomes, in how many rows, seen before it is staged. */
export function EditPicked({ collection, find, fields, connection, capability, query, picks, stagedOf, onStage }: EditPickedProps) {
  const editable = fields.filter((field) => !field.primaryKey && !field.computed && capability?.may(collection.name, "update", field.name) === true);
  const [name, setName] = useState<string | null>(null);
  const [text, setText] = useState("");
  const [isNull, setIsNull] = useState(false);
  const [related, setRelated] = useState<{ value: Value; label: string | undefined } | null>(null);
  const [read, setRead] = useState<{ rows?: readonly RawRow[]; error?: unknown }>({});
  const field = editable.find((entry) => entry.name === name);
  const target = field?.relation ? find(field.relation.target) : undefined;
  const choices = field ? choicesOf(field) : null;

  useEffect(() => {
    let gone = false;
    setRead({});
    pickedRows(connection, query, collection.primaryKey, picks, query.fields ?? ["*"]).then(
      (rows) => gone || setRead({ rows }),
      (error: unknown) => gone || setRead({ error }),
    );
    return () => {
      gone = true;
    };
  }, [connection, query, collection.primaryKey, picks]);

  const next = useMemo((): { value: Value | null; problem: string | null } => {
    if (!field) return { value: null, problem: null };
    if (isNull) return { value: NULL, problem: null };
    if (target) return { value: related?.value ?? null, problem: null };
    if (text === "") return { value: null, problem: null };
    const result = parse(field.type, text);
    const problem = result.ok ? validate(field, result.value) : result.problem;
    return problem ? { value: null, problem: problemText(problem) } : { value: result.ok ? result.value : null, problem: null };
  }, [field, isNull, target, related, text]);

  const { value } = next;
  const idOf = (raw: RawRow): string => String(raw[collection.primaryKey] as string | number);
  // What is staged already is what the row will hold, so that is what changes.
  const holds = (raw: RawRow, of: FieldInfo): Value => stagedOf(idOf(raw), of.name) ?? fromWire(of.type, raw[of.name]);
  const changing = field && value && read.rows ? read.rows.filter((raw) => !equal(field.type, holds(raw, field), value)) : [];
  const same = (read.rows?.length ?? 0) - changing.length;

  if (read.error) return <ErrorBand className="w-96" title={m("error.read.refused", { reason: faultOf(read.error).message })} />;
  if (!read.rows) return <Loading what={m("bulk.reading", { count: picks.count })} className="w-96 p-3" rows={2} />;
  const rows = read.rows;
  return (
    <form
      className="flex w-96 flex-col gap-3 p-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (field && value && changing.length > 0) onStage(field, changing, value, related?.label);
      }}
    >
      <Field label={m("bulk.field")}>
        {(ids) => (
          <Select
            {...ids}
            value={name}
            placeholder={m("bulk.field.choose")}
            onChange={(chosen) => {
              setName(chosen);
              setText("");
              setIsNull(false);
              setRelated(null);
            }}
            options={editable.map((entry) => ({ value: entry.name, label: entry.name, detail: typeLabel(entry) }))}
          />
        )}
      </Field>
      {field ? (
        <>
          {isNull ? null : target && related ? (
            <div>
              <span className="mb-1 block text-second text-ink-2">{m("bulk.value", { field: field.name })}</span>
              <span className="flex items-center gap-2">
                <span className="min-w-0 flex-1 truncate">{plain(field, related.value, related.label)}</span>
                <Button size="small" onClick={() => setRelated(null)}>
                  {m("peek.change")}
                </Button>
              </span>
            </div>
          ) : target ? (
            <div>
              <span className="mb-1 block text-second text-ink-2">{m("bulk.value", { field: field.name })}</span>
              <div className="w-fit overflow-hidden rounded-control border border-line-control">
                <RelationPicker
                  field={field}
                  value={related?.value ?? NULL}
                  label={m("bulk.value", { field: field.name })}
                  target={target}
                  canDefault={false}
                  onStage={(chosen, _move, label) => setRelated({ value: chosen, label })}
                  onInvalid={() => undefined}
                  onCancel={() => undefined}
                />
              </div>
            </div>
          ) : (
            <Field label={m("bulk.value", { field: field.name })} error={next.problem ?? undefined}>
              {(ids) =>
                choices ? (
                  <Select {...ids} value={text === "" ? null : text} placeholder={m("edit.choose")} onChange={setText} options={choices.map((choice) => ({ value: choice, label: choice }))} />
                ) : (
                  <Input {...ids} autoFocus value={text} invalid={next.problem !== null} onChange={(event) => setText(event.target.value)} />
                )
              }
            </Field>
          )}
          {field.nullable && !target ? (
            <Checkbox checked={isNull} onChange={setIsNull}>
              {m("edit.null")}
            </Checkbox>
          ) : null}
        </>
      ) : null}
      {field && value ? (
        <div aria-live="polite" className="border-t border-line pt-2 text-second text-ink-2">
          <p>
            {m("bulk.changes", { count: changing.length })} {same > 0 ? m("bulk.same", { count: same }) : ""}
          </p>
          <ul className="mt-1">
            {changing.slice(0, SHOWN).map((raw) => {
              const id = idOf(raw);
              return (
                <li key={id} className="flex h-5 items-center gap-2">
                  <span className="w-16 shrink-0 truncate text-ink-3">{id}</span>
                  <s className="min-w-0 truncate text-ink-3">{plain(field, holds(raw, field))}</s>
                  <span aria-hidden className="text-ink-3">→</span>
                  <span className="min-w-0 truncate text-draft">{plain(field, value, related?.label)}</span>
                </li>
              );
            })}
          </ul>
          {changing.length > SHOWN ? <p className="text-hint text-ink-3">{m("bulk.more", { count: changing.length - SHOWN })}</p> : null}
        </div>
      ) : (
        <p className="text-hint text-ink-3">{m("bulk.note", { count: rows.length })}</p>
      )}
      <div className="flex justify-end">
        <Button type="submit" keys="Enter" disabled={!value || changing.length === 0}>
          {m("bulk.stage", { count: changing.length })}
        </Button>
      </div>
    </form>
  );
}
