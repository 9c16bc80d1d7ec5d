import { useMemo } from "react";
import { Button } from "@/kit/Button";
import { Field } from "@/kit/Field";
import { Select } from "@/kit/Select";
import { ErrorBand } from "@/kit/states";
import { typeLabel, type CollectionInfo } from "@/lib/fields";
import { m } from "../messages";
import { DELIMITERS, mappingFlaws, recordColumns, recordTargets, type Delimiter, type Mapping, type Sniffed } from "../sniff";

const NOWHERE = "\u0000";

const DELIMITER_NAMES: Readonly<Record<Delimiter, () => string>> = {
  ",": () => m("imp.delimiter.comma"),
  ";": () => m("imp.delimiter.semicolon"),
  "\t": () => m("imp.delimiter.tab"),
  "|": () => m("imp.delimiter.pipe"),
};

export function MapPart({
  collection,
  file,
  sniffed,
  mapping,
  onMapping,
  nullText,
  onNullText,
  onDelimiter,
  busy,
  onDryRun,
  onOther,
}: {
  collection: CollectionInfo;
  file: File;
  sniffed: Sniffed;
  mapping: Mapping;
  onMapping: (mapping: Mapping) => void;
  nullText: string;
  onNullText: (text: string) => void;
  onDelimiter: (delimiter: Delimiter) => void;
  busy: boolean;
  onDryRun: () => void;
  onOther: () => void;
}) {
  const flaws = useMemo(() => mappingFlaws(collection, mapping), [collection, mapping]);
  const used = Object.values(mapping).filter((field) => field !== null).length;
  const options = [
    { value: NOWHERE, label: <span className="text-ink-3">{m("imp.map.nowhere")}</span> },
    ...collection.fields.filter((field) => !field.computed).map((field) => ({ value: field.name, label: field.name, detail: typeLabel(field) })),
    ...(recordColumns(sniffed).size > 0 ? recordTargets(collection).map(({ name, target }) => ({ value: name, label: name, detail: m("imp.map.records", { target }) })) : []),
  ];
  const blocked = flaws.missing.length > 0 || flaws.twice.length > 0 || used === 0;
  return (
    <>
      <header>
        <h2 className="text-verdict font-semibold">{m("imp.map.title")}</h2>
        <p className="text-ink-2">{m("imp.map.body")}</p>
      </header>
      {sniffed.columns.length === 0 ? <ErrorBand title={m("imp.noColumns", { name: file.name })} /> : null}
      {sniffed.format === "csv" ? (
        <div className="flex gap-4">
          <Field label={m("imp.map.delimiter")} className="w-40">
            {(ids) => (
              <Select
                {...ids}
                value={sniffed.delimiter}
                onChange={onDelimiter}
                options={DELIMITERS.map((value) => ({ value, label: DELIMITER_NAMES[value]() }))}
              />
            )}
          </Field>
          <Field label={m("imp.map.null")} note={m(nullText === "" ? "imp.map.null.empty" : "imp.map.null.note")} className="w-72">
            {(ids) => (
              <input
                {...ids}
                value={nullText}
                placeholder={m("imp.map.null.none")}
                onChange={(event) => onNullText(event.target.value)}
                className="ring-field h-control w-40 rounded-control border border-line-control bg-bg-page px-2"
              />
            )}
          </Field>
        </div>
      ) : null}
      <table className="w-full border-collapse text-left">
        <thead>
          <tr className="border-b-2 border-ink text-second text-ink-3">
            <th scope="col" className="py-1.5 pr-3 font-normal">{m("imp.map.column")}</th>
            <th scope="col" className="py-1.5 pr-3 font-normal">{m("imp.map.sample")}</th>
            <th scope="col" className="w-60 py-1.5 font-normal">{m("imp.map.field", { collection: collection.name })}</th>
          </tr>
        </thead>
        <tbody>
          {sniffed.columns.map((column, index) => (
            <tr key={`${column} ${String(index)}`} className="border-b border-line">
              <th scope="row" className="max-w-44 truncate py-1.5 pr-3 font-medium">{column}</th>
              <td className="max-w-64 truncate py-1.5 pr-3 font-mono text-code text-ink-2">{sniffed.samples[index]?.map((sample) => (sample === "" ? "''" : sample)).join(" · ")}</td>
              <td className="py-1">
                <Select
                  aria-label={column}
                  value={mapping[column] ?? NOWHERE}
                  invalid={mapping[column] !== null && flaws.twice.includes(mapping[column] ?? "")}
                  onChange={(next) => onMapping({ ...mapping, [column]: next === NOWHERE ? null : next })}
                  options={options}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="flex items-center gap-2">
        <Button data-next="" kind="filled" busy={busy} disabled={blocked} onClick={onDryRun}>
          {busy ? m("imp.dryRunning") : m("imp.dryRun")}
        </Button>
        <Button kind="ghost" onClick={onOther}>
          {m("imp.another")}
        </Button>
        <span className="min-w-0 text-second text-bad" role={blocked ? "status" : undefined}>
          {flaws.twice[0] !== undefined
            ? m("imp.map.twice", { field: flaws.twice[0] })
            : flaws.missing[0] !== undefined
              ? m("imp.map.required", { field: flaws.missing[0] })
              : ""}
        </span>
      </div>
    </>
  );
}
