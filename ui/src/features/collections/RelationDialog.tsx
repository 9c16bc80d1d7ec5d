import { useState, type FormEvent } from "react";
import { Button } from "@/kit/Button";
import { Checkbox } from "@/kit/Checkbox";
import { Dialog } from "@/kit/Dialog";
import { Field, Input } from "@/kit/Field";
import { Radio, RadioGroup } from "@/kit/Radio";
import { Select } from "@/kit/Select";
import { d } from "./diagram-messages";
import { isJunction, type Draft, type Drafts, type Edits } from "./draft";
import { columnsFor, nameFrom } from "./ends";
import { t } from "./messages";
import { free, plural, singular } from "./names";
import { relate, suggested, type OnDelete, type RelationKind } from "./relate";
import { TableList } from "./TableList";
import { either, relationNameFault, unreserved } from "./words";

const EMPTY: Draft = { name: "", fields: [], indexes: [], rest: {} };
/** The choice of making one; no field has such an id. */
const NEW_COLUMN = "new";
const KINDS: readonly RelationKind[] = ["M2O", "O2M", "O2O", "M2M", "M2A"];

/** The same for rows of any: one name for them here, and one that is free on all of them. */
function suggestedOfAny(drafts: Drafts, source: string, targets: readonly string[]): { name: string; alias: string } {
  const fieldsOf = (id: string): readonly string[] => drafts.get(id)?.draft.fields.map((field) => field.name) ?? [];
  const name = free("items", fieldsOf(source));
  const taken = [...targets.flatMap(fieldsOf), ...targets.map((id) => drafts.get(id)?.draft.name ?? id), ...(targets.includes(source) ? [name] : [])];
  return { name, alias: free(unreserved(plural(drafts.get(source)?.draft.name ?? source)), taken) };
}

export function RelationDialog({
  drafts, names, source, target, column, onStage, onClose,
}: {
  drafts: Drafts;
  /** The collections one may choose: ids, in order. */
  names: readonly string[];
  source: string;
  target: string | undefined;
  /** A field of the source that one began with; it holds the key if it can. */
  column: string | undefined;
  onStage: (edits: Edits, collection: string, field: string) => void;
  onClose: () => void;
}) {
  const [from, setFrom] = useState(source);
  const [to, setTo] = useState<string>(target ?? names.find((id) => id !== source) ?? source);
  const [kind, setKind] = useState<RelationKind>("M2O");
  const [tables, setTables] = useState<readonly string[] | null>(null);
  const [given, setGiven] = useState<{ name?: string; alias?: string }>({});
  const [onDelete, setOnDelete] = useState<OnDelete>("SET NULL");
  const [required, setRequired] = useState(false);
  const [holding, setHolding] = useState(column);

  const here = drafts.get(from);
  const there = drafts.get(to);
  const any = kind === "M2A";
  const pair = any || kind === "M2M";
  const targets = tables ?? [to];
  // Columns that stand on the side of the key and have its type; one of them may hold it.
  const columns = pair ? [] : kind === "O2M" ? columnsFor(drafts, to, from) : columnsFor(drafts, from, to);
  const standing = columns.find((field) => field.id === holding);
  const stem = nameFrom(kind === "O2M" ? there : here, standing?.id);
  const first = any ? suggestedOfAny(drafts, from, targets) : suggested(drafts, kind, from, to);
  const guess = stem === undefined ? first : kind === "O2M" ? { ...first, alias: stem } : { ...first, name: stem };
  const name = given.name ?? guess.name;
  const alias = given.alias ?? guess.alias;
  const hereName = here?.draft.name ?? from;
  const thereName = there?.draft.name ?? to;
  const words = { one: singular(hereName), ones: plural(hereName), other: singular(thereName), others: plural(thereName) };
  const list = either(targets.map((id) => plural(drafts.get(id)?.draft.name ?? id)));
  const holdsKey = kind === "O2M" ? there : here;
  const fault = here ? relationNameFault(here, name) : null;
  const aliasFault = any ? aliasFaultOfAny() :
    alias === "" ? (kind === "O2M" ? t("rel.alias.needed") : null) : from === to && alias === name ? t("name.taken", { name: alias }) : there ? relationNameFault(there, alias) : null;
  function aliasFaultOfAny(): string | null {
    if (alias === "") return null;
    if (targets.includes(from) && alias === name) return t("name.taken", { name: alias });
    const faults = targets.map((id) => drafts.get(id)).flatMap((entry) => (entry ? [relationNameFault(entry, alias)] : []));
    return faults.find((found) => found !== null) ?? null;
  }
  const must = !pair && (standing ? standing.def["allowNull"] === false : required);
  const choices: readonly OnDelete[] = pair ? ["CASCADE", "RESTRICT"] : must ? ["RESTRICT", "CASCADE"] : ["SET NULL", "RESTRICT", "CASCADE"];
  const chosen = choices.includes(onDelete) ? onDelete : (choices[0] ?? "RESTRICT");
  // Whose rows hold the key is whose rows are kept, refused or deleted along.
  const held = kind === "O2M" ? { ones: words.others, name: alias, one: words.other, gone: words.one } : { ones: words.ones, name, one: words.one, gone: words.other };
  const consequence = (choice: OnDelete): string =>
    pair
      ? t(choice === "RESTRICT" ? "rel.delete.RESTRICT.pair" : "rel.delete.CASCADE.pair")
      : choice === "SET NULL"
        ? t("rel.delete.SET NULL", held)
        : choice === "RESTRICT"
          ? t("rel.delete.RESTRICT", held)
          : t("rel.delete.CASCADE", held);

  const stuck = fault !== null || aliasFault !== null || (any && targets.length === 0);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (stuck) return;
    const edits = relate(drafts, { kind, source: from, target: to, ...(any ? { targets } : {}), name, alias, onDelete: chosen, required: must, column: standing?.id });
    onClose();
    // The dialog is gone before the canvas is laid out anew: each is a task of its own.
    setTimeout(() => onStage(edits, from, name), 0);
  };
  const options = names.map((id) => ({ value: id, label: drafts.get(id)?.draft.name ?? id }));
  return (
    <Dialog
      open
      onClose={onClose}
      width={520}
      title={t("rel.title")}
      lead={t("rel.lead")}
      actions={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" form="new-relation" disabled={stuck}>
            {t("rel.stage")}
          </Button>
        </>
      }
    >
      <form id="new-relation" onSubmit={submit} className="flex flex-col gap-3">
        <div className="grid grid-cols-2 gap-2">
          <Field label={t("rel.source")}>{(ids) => <Select {...ids} value={from} onChange={setFrom} options={options} />}</Field>
          {any ? null : <Field label={t("rel.target")}>{(ids) => <Select {...ids} value={to} onChange={setTo} options={options} />}</Field>}
        </div>
        <RadioGroup aria-label={t("rel.kind")} value={kind} onChange={setKind} className="flex flex-col gap-1.5">
          {KINDS.map((word) => (
            <Radio key={word} value={word}>
              {word === "M2A" ? t("rel.M2A", { ...words, list }) : t(`rel.${word}`, words)}
            </Radio>
          ))}
        </RadioGroup>
        {any ? <TableList drafts={drafts} names={names.filter((id) => !id.startsWith("baasix_") && !isJunction(drafts.get(id)?.draft ?? EMPTY))} value={targets} onChange={setTables} /> : null}
        <div className="grid grid-cols-2 gap-2">
          <Field label={t("rel.name", { collection: hereName })} error={fault ?? undefined} note={t("rel.name.note", { path: `${hereName}.${name}` })}>
            {(ids) => <Input {...ids} value={name} invalid={fault !== null} onChange={(event) => setGiven({ ...given, name: event.target.value.trim() })} />}
          </Field>
          <Field
            label={any ? t("rel.aliases") : t("rel.alias", { collection: thereName })}
            error={aliasFault ?? undefined}
            note={alias === "" ? t("rel.alias.none") : t("rel.name.note", { path: `${any ? (drafts.get(targets[0] ?? "")?.draft.name ?? "") : thereName}.${alias}` })}
          >
            {(ids) => <Input {...ids} value={alias} invalid={aliasFault !== null} onChange={(event) => setGiven({ ...given, alias: event.target.value.trim() })} />}
          </Field>
        </div>
        {columns.length === 0 ? null : (
          <Field label={d("rel.column")}>
            {(ids) => (
              <Select
                {...ids}
                value={standing?.id ?? NEW_COLUMN}
                onChange={setHolding}
                options={[
                  { value: NEW_COLUMN, label: d("rel.column.new") },
                  ...columns.map((field) => ({ value: field.id, label: `${holdsKey?.draft.name ?? ""}.${field.name}` })),
                ]}
              />
            )}
          </Field>
        )}
        {pair || standing ? null : (
          <Checkbox checked={required} onChange={setRequired}>
            {t("rel.required", { one: held.one })}
          </Checkbox>
        )}
        {must && !standing && holdsKey?.base ? <p className="text-hint text-ink-3">{t("rel.required.rows")}</p> : null}
        <Field label={pair ? t("rel.delete.pair") : t("rel.delete", { other: held.gone })}>
          {(ids) => <Select {...ids} value={chosen} onChange={setOnDelete} options={choices.map((choice) => ({ value: choice, label: consequence(choice) }))} />}
        </Field>
        <p className="text-second text-ink-3">
          {pair
            ? t("rel.junction", { name: any ? `${hereName}_${name}_junction` : `${hereName}_${thereName}_${name}_junction` })
            : standing
              ? d("rel.column.stands", { column: `${holdsKey?.draft.name ?? ""}.${standing.name}` })
              : t("rel.column", { collection: holdsKey?.draft.name ?? "", column: `${kind === "O2M" ? alias : name}_id` })}
        </p>
      </form>
    </Dialog>
  );
}
