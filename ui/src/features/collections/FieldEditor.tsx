import { useEffect, useRef, useState, type Ref } from "react";
import { Button } from "@/kit/Button";
import { Checkbox } from "@/kit/Checkbox";
import { Field } from "@/kit/Field";
import { Segmented } from "@/kit/Segmented";
import { Select } from "@/kit/Select";
import { Note } from "@/kit/states";
import { readType, typeText } from "@/lib/fields";
import {
  isAdopted, isColumn, isGenerated, isJunction, isSystem, ownerOf, patched, relationOf, tablesOf, text, throughJunction, type Definition, type DraftField, type Drafts, type Edits, type Entry, type Json,
} from "./draft";
import { renameField, setDefinition, setDropColumn } from "./edits";
import { StagedInput, TypeSelect } from "./inputs";
import { t } from "./messages";
import type { Misplaced } from "./misplaced";
import { plural, singular } from "./names";
import { collectionName } from "./rows";
import {
  canonicalType, defaultKind, defaultKinds, defaultText, enumWords, option, readDefault, rule, rulesOf, withExpression, withOption, withRule, withType,
  type DefaultKind, type RuleKey,
} from "./types";
import { TableList } from "./TableList";
import { either, fieldNameFault, hintText, relationNameFault } from "./words";

export interface FieldEditorProps {
  readonly drafts: Drafts;
  readonly entry: Entry;
  readonly field: DraftField;
  readonly ended: boolean;
  readonly was: DraftField | undefined;
  /** What the plan refuses of this field. */
  readonly misplaced: Misplaced | undefined;
  /** Rows of the collection, when they were counted. */
  readonly rows: number | null;
  readonly readOnly: boolean;
  readonly nameRef: Ref<HTMLInputElement>;
  /** What the field is told in a text takes the focus. */
  readonly writing: boolean;
  readonly onWritten: () => void;
  readonly onStage: (edits: Edits) => void;
  readonly onDrop: () => void;
  readonly onOpen: (collection: string) => void;
}

export function FieldEditor(props: FieldEditorProps) {
  const { drafts, entry, field, ended, was, rows, misplaced, readOnly, nameRef, writing, onWritten, onStage, onDrop } = props;
  const section = useRef<HTMLElement>(null);
  const written = useRef(onWritten);
  useEffect(() => {
    written.current = onWritten;
  });
  useEffect(() => {
    if (!writing) return;
    const node = section.current;
    (node?.querySelector<HTMLElement>("[aria-invalid=true]") ?? node?.querySelector<HTMLElement>("textarea"))?.focus();
    written.current();
  }, [writing]);
  const owner = ownerOf(entry.draft, field);
  const relation = relationOf(field);
  const key = field.def["primaryKey"] === true;
  const generated = isGenerated(field) && owner === undefined;
  const fixed = readOnly || ended || generated || owner !== undefined || (entry.id.startsWith("baasix_") && was !== undefined);
  // A new field that is required and fills itself with nothing: every row that stands would lack it.
  const lacking = was === undefined && entry.base !== undefined && isColumn(field) && !owner && !key && field.def["allowNull"] === false && defaultKind(field.def) === "none" && text(field.def, "type") !== "VIRTUAL" ? (rows ?? 0) : 0;
  const adopted = was !== undefined && entry.base !== undefined && isAdopted(entry.base) && isColumn(field) && text(field.def, "type") !== "VIRTUAL";
  const change = (def: Definition) => onStage(setDefinition(entry, field.id, def));
  return (
    <section ref={section} aria-label={field.name} className="flex flex-col gap-3.5 px-4 py-4">
      <div className={isColumn(field) ? "grid grid-cols-[minmax(0,1fr)_128px] gap-2" : ""}>
        <StagedInput
          key={`${field.id} name`}
          label={t("edit.name")}
          value={field.name}
          disabled={fixed}
          inputRef={nameRef}
          fault={(name) => (relation ? relationNameFault(entry, name, field.id) : fieldNameFault(entry, name, field.id))}
          onStage={(name) => onStage(renameField(drafts, entry, field.id, name))}
        />
        {isColumn(field) ? (
          <Field label={t("edit.type")}>
            {(ids) => (
              <TypeSelect
                {...ids}
                value={canonicalType(text(field.def, "type"))}
                disabled={fixed || key}
                onChange={(type) => change(withType(field.def, type))}
              />
            )}
          </Field>
        ) : null}
      </div>
      {ended ? (
        <>
          <Note kind="warn">{t(field.dropColumn ? "edit.columnDropped" : adopted ? "edit.forgotten" : "edit.dropped")}</Note>
          {adopted && field.dropped ? (
            <Checkbox checked={field.dropColumn === true} disabled={readOnly} aria-label={t("edit.dropColumn")} onChange={(on) => onStage(setDropColumn(entry, field.id, on))}>
              {t("edit.dropColumn")} <span className="ml-1 text-second text-ink-3">{t("edit.dropColumn.note")}</span>
            </Checkbox>
          ) : null}
        </>
      ) : was && was.name !== field.name ? (
        <Note>
          {rows === null || relation
            ? t.rich("edit.renamedPlain", { name: <b className="font-semibold text-ink">{was.name}</b> })
            : t.rich("edit.renamed", { name: <b className="font-semibold text-ink">{was.name}</b>, count: rows })}
        </Note>
      ) : null}
      {owner ? (
        <p className="text-second text-ink-2">
          {t("edit.foreign", { name: owner.name })}
          {". "}
          {t("edit.foreign.note")}
        </p>
      ) : ended ? null : relation && !isColumn(field) ? (
        <RelationEditor {...props} fixed={fixed} change={change} />
      ) : (
        <ColumnEditor field={field} was={was} fixed={fixed} isKey={key} misplaced={misplaced} change={change} />
      )}
      {lacking > 0 ? <Note kind="warn">{t("edit.required.rows", { count: lacking })}</Note> : null}
      <StagedInput
        key={`${field.id} description`}
        label={t("edit.description")}
        value={text(field.def, "description")}
        disabled={readOnly || ended}
        lines={2}
        onStage={(value) => change(patched(field.def, { description: value.trim() === "" ? undefined : value.trim() }))}
      />
      {readOnly ? null : key || generated ? (
        <p className="text-second text-ink-3">{key ? t("drop.key") : t("drop.generated")}</p>
      ) : owner || (entry.id.startsWith("baasix_") && was !== undefined) ? null : (
        <div>
          <Button kind={ended ? "outlined" : "destructive"} size="small" keys="Delete" onClick={onDrop}>
            {ended ? t("putBack.field", { name: field.name }) : t("drop.field", { name: field.name })}
          </Button>
        </div>
      )}
    </section>
  );
}

const whole = (value: string): string | null => (value === "" || /^\d{1,8}$/.test(value) ? null : t("edit.number.bad"));
const number = (value: string): string | null => (value === "" || Number.isFinite(Number(value)) ? null : t("edit.number.bad"));
const asNumber = (value: string): number | undefined => (value === "" ? undefined : Number(value));

/** What the plan refuses of a text, with what would make it work. */
function Refused({ misplaced }: { misplaced: Misplaced }) {
  return (
    <>
      <span className="block break-words">{misplaced.why}</span>
      {misplaced.hint === undefined ? null : <span className="mt-1 block break-words text-ink-3">{hintText(misplaced.hint)}</span>}
    </>
  );
}

interface ColumnEditorProps {
  readonly field: DraftField;
  readonly was: DraftField | undefined;
  readonly fixed: boolean;
  readonly isKey: boolean;
  readonly misplaced: Misplaced | undefined;
  readonly change: (def: Definition) => void;
}

function ColumnEditor({ field, was, fixed, isKey, misplaced, change }: ColumnEditorProps) {
  const { def, id } = field;
  const type = canonicalType(text(def, "type"));
  if (type === "VIRTUAL") {
    const expression = text(def, "calculated");
    const told = text(def, "resultType");
    return (
      <>
        <StagedInput
          key={`${id} calculated`}
          label={t("edit.calculated")}
          note={t(expression === "" ? "edit.calculated.empty" : "edit.calculated.note")}
          refused={misplaced?.key === "calculated" && expression !== "" ? <Refused misplaced={misplaced} /> : undefined}
          value={expression}
          mono
          lines={4}
          disabled={fixed}
          onStage={(value) => change(withExpression(def, value.trim(), was?.def))}
        />
        {expression === "" || misplaced ? null : (
          <dl className="flex items-baseline gap-2">
            <dt className="text-second text-ink-2">{t("edit.result")}</dt>
            <dd className={told === "" ? "text-second text-ink-3" : ""}>{told === "" ? t("edit.result.later") : typeText(readType(told))}</dd>
          </dl>
        )}
      </>
    );
  }
  return (
    <>
      <Options field={field} type={type} fixed={fixed} change={change} />
      {isKey ? null : (
        <>
          <div className="flex flex-col gap-2">
            <Tick label={t("edit.required")} note={t("edit.required.note")} on={def["allowNull"] === false} fixed={fixed} onChange={(on) => change(patched(def, { allowNull: on ? false : undefined }))} />
            <Tick label={t("edit.unique")} note={t("edit.unique.note")} on={def["unique"] === true} fixed={fixed} onChange={(on) => change(patched(def, { unique: on ? true : undefined }))} />
            <Tick label={t("edit.hidden")} note={t("edit.hidden.note")} on={def["hidden"] === true} fixed={fixed} onChange={(on) => change(patched(def, { hidden: on ? true : undefined }))} />
          </div>
          <DefaultEditor key={`${id} ${type}`} field={field} type={type} fixed={fixed} misplaced={misplaced} change={change} />
        </>
      )}
      <Rules field={field} type={type} fixed={fixed} change={change} />
    </>
  );
}

function Tick({ label, note, on, fixed, onChange }: { label: string; note: string; on: boolean; fixed: boolean; onChange: (on: boolean) => void }) {
  return (
    <Checkbox checked={on} disabled={fixed} onChange={onChange} aria-label={label}>
      {label} <span className="ml-1 text-second text-ink-3">{note}</span>
    </Checkbox>
  );
}

interface PartProps {
  readonly field: DraftField;
  readonly type: string;
  readonly fixed: boolean;
  readonly change: (def: Definition) => void;
}

const ELEMENTS = ["String", "Integer", "Double", "Decimal", "Boolean", "UUID", "Date", "DateTime", "DateTime_NO_TZ", "Time", "Time_NO_TZ"];

function Options({ field, type, fixed, change }: PartProps) {
  const { def, id } = field;
  if (type === "String") {
    return (
      <StagedInput
        key={`${id} length`}
        label={t("edit.length")}
        note={t("edit.length.note")}
        value={option(def, "length") || option(def, "stringLength")}
        disabled={fixed}
        fault={whole}
        onStage={(value) => change(withOption(withOption(def, "stringLength", undefined), "length", asNumber(value)))}
      />
    );
  }
  if (type === "Decimal") {
    return (
      <div className="flex flex-col">
        <div className="grid grid-cols-2 gap-2">
          <StagedInput key={`${id} precision`} label={t("edit.precision")} value={option(def, "precision")} disabled={fixed} fault={whole} onStage={(value) => change(withOption(def, "precision", asNumber(value)))} />
          <StagedInput key={`${id} scale`} label={t("edit.scale")} value={option(def, "scale")} disabled={fixed} fault={whole} onStage={(value) => change(withOption(def, "scale", asNumber(value)))} />
        </div>
        <p className="mt-1 text-hint text-ink-3">{t("edit.decimal.note")}</p>
      </div>
    );
  }
  if (type === "Enum") {
    const words = enumWords(def);
    return (
      <StagedInput
        key={`${id} words`}
        label={t("edit.words")}
        note={words.length === 0 ? <span className="text-bad">{t("edit.words.none")}</span> : t("edit.words.note")}
        value={words.join("\n")}
        lines={4}
        disabled={fixed}
        onStage={(value) => change(withOption(patched(def, { values: undefined }), "values", [...new Set(value.split("\n").map((word) => word.trim()).filter((word) => word !== ""))]))}
      />
    );
  }
  if (type === "Array") {
    return (
      <Field label={t("edit.element")}>
        {(ids) => <Select {...ids} value={option(def, "type") || "String"} disabled={fixed} onChange={(value) => change(withOption(def, "type", value))} options={ELEMENTS.map((value) => ({ value, label: value }))} />}
      </Field>
    );
  }
  return null;
}

type Without = "refuse" | "null" | "default";

/** What happens when a row comes without a value: refused, NULL, or a default. */
function DefaultEditor({ field, type, fixed, misplaced, change }: PartProps & { misplaced: Misplaced | undefined }) {
  const { def } = field;
  const kinds = defaultKinds(type);
  const kind = defaultKind(def);
  const [choosing, setChoosing] = useState(false);
  const required = def["allowNull"] === false;
  const without: Without = kind !== "none" || choosing ? "default" : required ? "refuse" : "null";
  const set = (value: Json | undefined) => change(patched(def, { defaultValue: value }));
  const pick = (next: DefaultKind) => {
    if (next === "value") {
      setChoosing(true);
      set(type === "Boolean" ? false : undefined);
    } else if (next === "SQL") set({ type: "SQL", value: "NULL" });
    else set({ type: next });
  };
  const literal = kind === "value" || kind === "none";
  const words = enumWords(def);
  return (
    <div className="flex flex-col gap-2">
      <span className="text-second text-ink-2">{t("edit.without")}</span>
      <Segmented<Without>
        aria-label={t("edit.without")}
        wide
        value={without}
        onChange={(next) => {
          setChoosing(next === "default");
          if (next === "refuse") change(patched(def, { allowNull: false, defaultValue: undefined }));
          else if (next === "null") change(patched(def, { allowNull: undefined, defaultValue: undefined }));
          else if (type === "Boolean") set(false);
        }}
        options={[
          { value: "refuse", label: t("edit.without.refuse"), disabled: fixed },
          { value: "null", label: t("edit.without.null"), disabled: fixed },
          { value: "default", label: t("edit.without.default"), disabled: fixed || kinds.length === 0 },
        ]}
      />
      {without === "default" ? (
        <div className="grid grid-cols-2 gap-2">
          <Select<DefaultKind>
            aria-label={t("edit.default")}
            value={kind === "none" ? "value" : kind}
            disabled={fixed}
            onChange={pick}
            options={kinds.map((value) => ({ value, label: value === "none" || value === "value" ? t("edit.default.value") : t(`edit.default.${value}`) }))}
          />
          {literal && type === "Boolean" ? (
            <Select aria-label={t("edit.default.text")} value={defaultText(def) || "false"} disabled={fixed} onChange={(value) => set(value === "true")} options={["true", "false"].map((value) => ({ value, label: value }))} />
          ) : literal && type === "Enum" && words.length > 0 ? (
            <Select aria-label={t("edit.default.text")} value={defaultText(def) || null} disabled={fixed} onChange={(value) => set(value)} options={words.map((value) => ({ value, label: value }))} />
          ) : null}
        </div>
      ) : null}
      {without === "default" && ((literal && type !== "Boolean" && !(type === "Enum" && words.length > 0)) || kind === "SQL") ? (
        <StagedInput
          key={kind}
          label={kind === "SQL" ? t("edit.default.SQL") : t("edit.default.text")}
          value={defaultText(def)}
          mono={kind === "SQL" || !["String", "Text", "HTML", "CiText"].includes(type)}
          disabled={fixed}
          refused={misplaced?.key === "defaultValue" ? <Refused misplaced={misplaced} /> : undefined}
          fault={(value) => (kind === "SQL" || value === "" || readDefault(type, value) !== undefined ? null : t("edit.default.bad", { type }))}
          onStage={(value) => set(kind === "SQL" ? { type: "SQL", value } : value === "" ? undefined : readDefault(type, value))}
        />
      ) : null}
    </div>
  );
}

function Rules({ field, type, fixed, change }: PartProps) {
  const { def, id } = field;
  const known = rulesOf(type);
  if (known.length === 0 || def["primaryKey"] === true) return null;
  const put = (key: RuleKey, value: Json | undefined) => change(withRule(def, key, value));
  const has = (key: RuleKey) => known.includes(key);
  const shown = (key: RuleKey): string => {
    const value = rule(def, key);
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  const length = rule(def, "len");
  const [from, to] = Array.isArray(length) ? (length as readonly Json[]).map(String) : ["", ""];
  const putLength = (low: string, high: string) => put("len", low === "" && high === "" ? undefined : [Number(low || "0"), Number(high || String(Math.max(Number(low || "0"), 1_000_000)))]);
  const ticks = (["notEmpty", "isInt", "isEmail", "isUrl"] as const).filter(has);
  return (
    <div role="group" aria-label={t("edit.rules")} className="flex flex-col gap-2">
      <span className="text-second text-ink-2">
        {t("edit.rules")} <span className="ml-1 text-hint text-ink-3">{t("edit.rules.note")}</span>
      </span>
      {has("matches") ? (
        <StagedInput key={`${id} matches`} label={t("rule.matches")} value={shown("matches")} mono disabled={fixed} fault={patternFault} onStage={(value) => put("matches", value === "" ? undefined : value)} />
      ) : null}
      {has("min") ? (
        <div className="grid grid-cols-2 gap-2">
          {(["min", "max"] as const).map((key) => (
            <StagedInput key={`${id} ${key}`} label={t(`rule.${key}`)} value={shown(key)} disabled={fixed} fault={number} onStage={(value) => put(key, asNumber(value))} />
          ))}
        </div>
      ) : null}
      {has("len") ? (
        <div className="grid grid-cols-2 gap-2">
          <StagedInput key={`${id} len from`} label={t("rule.len.from")} value={from ?? ""} disabled={fixed} fault={whole} onStage={(value) => putLength(value, to ?? "")} />
          <StagedInput key={`${id} len to`} label={t("rule.len.to")} value={to ?? ""} disabled={fixed} fault={whole} onStage={(value) => putLength(from ?? "", value)} />
        </div>
      ) : null}
      {ticks.length > 0 ? (
        <div className="grid grid-cols-2 gap-2">
          {ticks.map((key) => (
            <Checkbox key={key} checked={rule(def, key) === true} disabled={fixed} onChange={(on) => put(key, on ? true : undefined)}>
              {t(`rule.${key}`)}
            </Checkbox>
          ))}
        </div>
      ) : null}
    </div>
  );
}

function patternFault(value: string): string | null {
  try {
    new RegExp(value, "u");
    return null;
  } catch {
    return t("rule.matches.bad");
  }
}

const ACTIONS = ["SET NULL", "RESTRICT", "CASCADE", "NO ACTION"] as const;

/** A relation seen from one of its ends. The end that holds the key says how it holds. */
function RelationEditor({ drafts, entry, field, fixed, change, onStage, onOpen }: FieldEditorProps & { fixed: boolean; change: (def: Definition) => void }) {
  const relation = relationOf(field);
  if (!relation) return null;
  const here = entry.draft.name;
  const through = throughJunction(drafts, field);
  const tables = tablesOf(field.def);
  const far = through?.targets[0] ?? relation.target;
  const there = collectionName(drafts, far);
  const words = { one: singular(here), ones: plural(here), other: singular(there), others: plural(there) };
  const holds = relation.kind === "BelongsTo";
  const required = field.def["allowNull"] === false;
  const sentence =
    tables.length > 0
      ? t("rel.sentence.any", { one: words.one, list: either(tables.map((id) => plural(collectionName(drafts, id)))) })
      : holds && required ? t("rel.sentence.one", words) : holds || relation.kind === "HasOne" ? t("rel.sentence.maybe", words) : t("rel.sentence.many", words);
  const column = entry.draft.fields.find((other) => other.name === relation.foreignKey && other.id !== field.id);
  const require = (on: boolean) => {
    const fields = entry.draft.fields.map((other) => {
      if (other.id === field.id) {
        const onDelete = on && text(field.def, "onDelete") === "SET NULL" ? "RESTRICT" : field.def["onDelete"];
        return { ...other, def: patched(field.def, { allowNull: on ? false : undefined, onDelete }) };
      }
      return column && other.id === column.id ? { ...other, def: patched(other.def, { allowNull: !on }) } : other;
    });
    onStage(new Map([[entry.id, { ...entry.draft, fields }]]));
  };
  const stored = text(field.def, "onDelete").toUpperCase();
  const consequence = (action: (typeof ACTIONS)[number]): string =>
    action === "SET NULL" ? t("rel.delete.SET NULL", { ...words, name: field.name }) : action === "NO ACTION" ? t("rel.delete.NO ACTION") : t(`rel.delete.${action}`, words);
  const offered = ACTIONS.filter((action) => (action !== "NO ACTION" || stored === action) && !(action === "SET NULL" && required));
  return (
    <>
      <p className="font-medium">{sentence}</p>
      {holds ? (
        <>
          <Checkbox checked={required} disabled={fixed} onChange={require}>
            {t("rel.required", { one: words.one })}
          </Checkbox>
          <Field label={t("rel.delete", { other: words.other })}>
            {(ids) => (
              <Select
                {...ids}
                value={stored === "" ? "CASCADE" : stored}
                disabled={fixed}
                onChange={(action) => change(patched(field.def, { onDelete: action }))}
                options={offered.map((action) => ({ value: action as string, label: consequence(action) }))}
              />
            )}
          </Field>
        </>
      ) : (
        <p className="text-second text-ink-2">
          {through ? t("rel.through", { name: collectionName(drafts, through.junction) }) : t("rel.far", { name: `${there}.${relation.foreignKey}` })}
        </p>
      )}
      {tables.length > 0 ? (
        <TableList drafts={drafts} names={[...drafts.values()].filter((known) => !isSystem(known) && !isJunction(known.draft) && !known.draft.dropped).map((known) => known.id)} value={tables} fixed={fixed} onChange={(next) => change(patched(field.def, { tables: next }))} />
      ) : null}
      <div>
        <Button size="small" onClick={() => onOpen(far)}>
          {t("rel.open", { name: there })}
        </Button>
      </div>
    </>
  );
}
