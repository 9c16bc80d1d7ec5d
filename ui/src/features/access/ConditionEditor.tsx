import { Plus, X } from "lucide-react";
import { useMemo, useState } from "react";
import { Button, IconButton } from "@/kit/Button";
import { CodeEditor } from "@/kit/CodeEditor";
import { Input } from "@/kit/Field";
import { Select } from "@/kit/Select";
import { Note } from "@/kit/states";
import type { CollectionInfo } from "@/lib/fields";
import {
  asksValue,
  fieldAt,
  fieldPaths,
  lacksValue,
  ME,
  operatorsOf,
  readCondition,
  writeCondition,
  type Branch,
  type ConditionOperator,
  type Leaf,
  type Node,
} from "./conditions";
import { t } from "./messages";
import type { Conditions } from "./rule";

type Find = (name: string) => CollectionInfo | undefined;

/** A condition as a form, or as text where the form has no shape for it. */
export function ConditionEditor({
  collection,
  find,
  value,
  onChange,
}: {
  collection: CollectionInfo;
  find: Find;
  value: Conditions;
  onChange: (next: Conditions) => void;
}) {
  const stored = useMemo(() => readCondition(value), [value]);
  // What is typed may for a while be no condition yet; the form holds it, the rule holds what counts.
  const [draft, setDraft] = useState<{ of: Conditions; tree: Branch } | null>(null);
  const [asText, setAsText] = useState(false);
  const tree = draft && draft.of === value ? draft.tree : stored;
  const text = asText || tree === null;

  const change = (next: Branch) => {
    const written = writeCondition(next, collection, find) ?? {};
    setDraft({ of: written, tree: next });
    onChange(written);
  };
  return (
    <div>
      {text ? (
        <TextCondition value={value} onChange={onChange} unreadable={tree === null} />
      ) : (
        <BranchEditor branch={tree} collection={collection} find={find} onChange={change} onRemove={null} />
      )}
      <div className="mt-1 flex justify-end">
        <Button kind="ghost" size="small" disabled={tree === null} onClick={() => setAsText(!text)}>
          {text ? t("asForm") : t("asText")}
        </Button>
      </div>
    </div>
  );
}

function TextCondition({ value, onChange, unreadable }: { value: Conditions; onChange: (next: Conditions) => void; unreadable: boolean }) {
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const [why, setWhy] = useState<string | null>(null);
  return (
    <>
      {unreadable ? <Note className="mb-2">{t("text.shape")}</Note> : null}
      <CodeEditor
        language="json"
        label={t("text.label")}
        value={text}
        invalid={why !== null}
        className="min-h-30"
        onChange={(next) => {
          setText(next);
          try {
            const read: unknown = JSON.parse(next);
            if (typeof read !== "object" || read === null || Array.isArray(read)) throw new Error("{ … }");
            setWhy(null);
            onChange(read as Conditions);
          } catch (fault) {
            setWhy(fault instanceof Error ? fault.message : String(fault));
          }
        }}
      />
      {why === null ? null : <p className="mt-1 text-hint text-bad">{t("text.bad", { why })}</p>}
    </>
  );
}

function BranchEditor({
  branch,
  collection,
  find,
  onChange,
  onRemove,
}: {
  branch: Branch;
  collection: CollectionInfo;
  find: Find;
  onChange: (next: Branch) => void;
  onRemove: (() => void) | null;
}) {
  const paths = useMemo(() => fieldPaths(collection, find), [collection, find]);
  const set = (index: number, next: Node | null) =>
    onChange({
      ...branch,
      parts: next === null ? branch.parts.filter((_, at) => at !== index) : branch.parts.map((part, at) => (at === index ? next : part)),
    });
  const leaf = (): Leaf => {
    const field = paths.find((path) => path !== collection.primaryKey) ?? collection.primaryKey;
    return { kind: "leaf", field, op: operatorsOf(fieldAt(collection, field, find))[0] ?? "eq", text: "" };
  };
  return (
    <div role="group" aria-label={branch.join === "AND" ? t("all") : t("any")} className="border-l border-line-strong pl-3">
      <div className="flex h-7 items-center">
        <button
          type="button"
          title={t("switch")}
          onClick={() => onChange({ ...branch, join: branch.join === "AND" ? "OR" : "AND" })}
          className="rounded-control text-second text-ink-2 underline decoration-line-strong underline-offset-2 hover:text-ink"
        >
          {branch.join === "AND" ? t("all") : t("any")}
        </button>
        <span className="flex-1" />
        {onRemove ? <IconButton small icon={X} iconSize={12} label={t("group.remove")} onClick={onRemove} /> : null}
      </div>
      {branch.parts.length === 0 ? <p className="pb-1 text-hint text-warn">{t("empty.condition")}</p> : null}
      {branch.parts.map((part, index) =>
        part.kind === "branch" ? (
          <BranchEditor key={index} branch={part} collection={collection} find={find} onChange={(next) => set(index, next)} onRemove={() => set(index, null)} />
        ) : (
          <LeafEditor key={index} leaf={part} paths={paths} collection={collection} find={find} onChange={(next) => set(index, next)} onRemove={() => set(index, null)} />
        ),
      )}
      <div className="-ml-1.5 flex gap-1 pb-1">
        <Button kind="ghost" size="small" icon={Plus} onClick={() => onChange({ ...branch, parts: [...branch.parts, leaf()] })}>
          {t("condition")}
        </Button>
        <Button
          kind="ghost"
          size="small"
          icon={Plus}
          onClick={() => onChange({ ...branch, parts: [...branch.parts, { kind: "branch", join: branch.join === "AND" ? "OR" : "AND", parts: [leaf()] }] })}
        >
          {t("group")}
        </Button>
      </div>
    </div>
  );
}

function LeafEditor({
  leaf,
  paths,
  collection,
  find,
  onChange,
  onRemove,
}: {
  leaf: Leaf;
  paths: readonly string[];
  collection: CollectionInfo;
  find: Find;
  onChange: (next: Leaf) => void;
  onRemove: () => void;
}) {
  const field = fieldAt(collection, leaf.field, find);
  const operators = operatorsOf(field);
  const known = operators.includes(leaf.op) ? operators : [leaf.op, ...operators];
  const choices =
    field?.type.kind === "bool"
      ? [
          { value: "true", label: t("bool.true") },
          { value: "false", label: t("bool.false") },
        ]
      : field?.type.kind === "enum" && (leaf.op === "eq" || leaf.op === "ne")
        ? (field.type.options ?? []).map((value) => ({ value, label: value }))
        : null;
  const lacks = lacksValue(leaf, field);
  const person = field?.type.kind === "uuid" || field?.relation?.target === "baasix_User" || (field === undefined && leaf.text === ME);
  return (
    <div className="mb-1 grid grid-cols-[minmax(0,1.1fr)_88px_minmax(0,1.4fr)_20px] items-center gap-1">
      <Select
        aria-label={t("condition.field")}
        value={leaf.field}
        onChange={(name) => {
          const next = fieldAt(collection, name, find);
          const fits = operatorsOf(next);
          onChange({ ...leaf, field: name, op: fits.includes(leaf.op) ? leaf.op : (fits[0] ?? "eq"), text: next?.type.kind === field?.type.kind ? leaf.text : "" });
        }}
        options={(paths.includes(leaf.field) ? paths : [leaf.field, ...paths]).map((path) => ({ value: path, label: path }))}
      />
      <Select
        aria-label={t("condition.operator")}
        value={leaf.op}
        onChange={(op: ConditionOperator) => onChange({ ...leaf, op })}
        options={known.map((op) => ({ value: op, label: t(`op.${op}`) }))}
      />
      {!asksValue(leaf.op) ? (
        <span />
      ) : choices ? (
        <Select aria-label={t("condition.value", { field: leaf.field })} invalid={lacks} placeholder={t("value.needed")} value={leaf.text === "" ? null : leaf.text} onChange={(text) => onChange({ ...leaf, text })} options={choices} />
      ) : leaf.text === ME ? (
        <span className="flex h-control items-center gap-1.5 rounded-control border border-line-control bg-bg-page pr-1 pl-1.5">
          <code className="rounded-tag bg-bg-active px-1 text-[11px] leading-4">{"$me"}</code>
          <span className="min-w-0 flex-1 truncate text-second text-ink-3">{t("me")}</span>
          <IconButton small icon={X} iconSize={12} label={t("condition.value", { field: leaf.field })} onClick={() => onChange({ ...leaf, text: "" })} />
        </span>
      ) : (
        <span className="flex min-w-0 gap-1">
          <Input
            aria-label={t("condition.value", { field: leaf.field })}
            value={leaf.text}
            invalid={lacks}
            placeholder={leaf.op === "in" || leaf.op === "notIn" ? t("value.list") : lacks ? t("value.needed") : ""}
            onChange={(event) => onChange({ ...leaf, text: event.target.value === "$me" ? ME : event.target.value })}
          />
          {person && leaf.text === "" ? (
            <Button size="regular" className="px-1.5!" aria-label={t("me")} title={t("me")} onClick={() => onChange({ ...leaf, text: ME })}>
              {"$me"}
            </Button>
          ) : null}
        </span>
      )}
      <IconButton small icon={X} iconSize={12} label={t("condition.remove", { field: leaf.field })} onClick={onRemove} />
    </div>
  );
}
