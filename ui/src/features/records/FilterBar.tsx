import { Filter as FilterIcon, ListTree, Plus, X } from "lucide-react";
import { useImperativeHandle, useRef, useState, type Ref } from "react";
import { Button, IconButton } from "@/kit/Button";
import { Input } from "@/kit/Field";
import { Pill as PillView } from "@/kit/Pill";
import { typeLabel, type CollectionInfo, type FieldInfo } from "@/lib/fields";
import { BARE, choicesOf, fieldAt, operatorsFor, readPill, type FilterGroup, type Operator, type Pill } from "@/lib/filters";
import { f as words } from "./filters/messages";
import { anchorOf, Floating, type Anchor } from "./Floating";
import { ListBox } from "./ListBox";
import { m } from "./messages";
import { groupText, operatorText, pillFaultText } from "./words";

type Part = "field" | "operator" | "value";

export interface FilterBarHandle {
  /** Opens the list of fields, or goes straight to the value of one. */
  add(field?: string): void;
}

/** The filters as pills. A pill that is no condition yet stays, in warn, and says why. */
export function FilterBar({
  collection,
  find,
  fields,
  pills,
  groups,
  advanced,
  onPills,
  onGroups,
  onAdvanced,
  handle,
}: {
  collection: CollectionInfo;
  find: (name: string) => CollectionInfo | undefined;
  fields: readonly FieldInfo[];
  pills: readonly Pill[];
  /** Groups of conditions, each as one pill. */
  groups: readonly FilterGroup[];
  /** The tree is open. */
  advanced: boolean;
  onGroups: (groups: readonly FilterGroup[]) => void;
  onAdvanced: () => void;
  onPills: (pills: readonly Pill[]) => void;
  handle: Ref<FilterBarHandle>;
}) {
  const bar = useRef<HTMLDivElement>(null);
  /** `index` of the pill that is being edited; its length means a new one. */
  const [open, setOpen] = useState<{ index: number; part: Part; anchor: Anchor } | null>(null);

  const anchorFor = (index: number, part: Part): Anchor | null => {
    const holder = bar.current?.querySelector(`[data-pill="${String(index)}"]`) ?? bar.current?.querySelector("[data-add]");
    const nth = part === "field" ? 0 : part === "operator" ? 1 : 2;
    const button = holder?.querySelectorAll("button")[nth];
    return button ? anchorOf(button) : holder ? anchorOf(holder) : null;
  };
  const edit = (index: number, part: Part): void => {
    const anchor = anchorFor(index, part);
    if (anchor) setOpen({ index, part, anchor });
  };
  const replace = (index: number, pill: Pill | null): void => {
    const next = [...pills];
    if (pill === null) next.splice(index, 1);
    else next[index] = pill;
    onPills(next);
  };
  const start = (name: string): void => {
    const field = fields.find((f) => f.name === name);
    const op = field && operatorsFor(field)[0];
    if (!field || !op) return;
    const index = pills.length;
    onPills([...pills, { field: name, op, text: "" }]);
    // The new pill is not drawn yet; its value opens where it will stand.
    requestAnimationFrame(() => (BARE.has(op) ? setOpen(null) : edit(index, "value")));
  };
  useImperativeHandle(handle, () => ({
    add: (name) => (name === undefined ? edit(pills.length, "field") : start(name)),
  }));

  const pill = open ? pills[open.index] : undefined;
  const field = pill && fieldAt(collection, pill.field, find);

  return (
    <div ref={bar} className="flex min-w-0 flex-wrap items-center gap-2">
      {pills.map((entry, index) => {
        const known = fieldAt(collection, entry.field, find);
        const read = readPill(collection, entry, find);
        const editing = open?.index === index && open.part === "value";
        return (
          <span key={`${entry.field}.${String(index)}`} data-pill={index} className="inline-flex">
            <PillView
              field={entry.field}
              operator={operatorText(entry.op, known)}
              value={BARE.has(entry.op) ? "" : entry.text === "" ? "…" : entry.text}
              onField={() => edit(index, "field")}
              onOperator={() => edit(index, "operator")}
              onValue={() => edit(index, BARE.has(entry.op) ? "operator" : "value")}
              onRemove={() => replace(index, null)}
              invalid={read.ok || editing ? undefined : m("filter.notApplied", { reason: pillFaultText(read.fault) })}
            />
          </span>
        );
      })}
      {groups.map((group, index) => (
        <span key={index} className="inline-flex h-6 items-center overflow-hidden rounded-control border border-line-strong">
          <button type="button" className="flex h-full items-center gap-1.5 px-2 font-medium hover:bg-bg-hover" onClick={onAdvanced}>
            <ListTree aria-hidden size={12} className="text-ink-2" />
            {groupText(group)}
          </button>
          <button type="button" aria-label={words("group.remove")} className="flex h-full items-center border-l border-line px-1.5 text-ink-2 hover:bg-bg-hover" onClick={() => onGroups(groups.filter((other) => other !== group))}>
            <X aria-hidden size={12} />
          </button>
        </span>
      ))}
      <span data-add="" className="inline-flex">
        <Button kind="ghost" icon={pills.length === 0 ? FilterIcon : Plus} command="data.filter" onClick={() => edit(pills.length, "field")}>
          {m("filter")}
        </Button>
      </span>
      <IconButton icon={ListTree} iconSize={14} label={words("advanced.open")} command="data.tree" on={advanced} onClick={onAdvanced} />
      {open?.part === "field" ? (
        <Floating anchor={open.anchor} label={m("filter.add")} onClose={() => setOpen(null)}>
          <ListBox
            label={m("filter.field")}
            placeholder={m("filter.add")}
            choices={fields.map((f) => ({ value: f.name, label: f.name, text: f.name, detail: typeLabel(f) }))}
            current={pill?.field}
            empty={m("filter.none")}
            onChoose={(name) => {
              if (!pill) {
                setOpen(null);
                start(name);
                return;
              }
              const chosen = fields.find((f) => f.name === name);
              const allowed = chosen ? operatorsFor(chosen) : [];
              const op = allowed.includes(pill.op) ? pill.op : allowed[0];
              if (op) replace(open.index, { field: name, op, text: name === pill.field ? pill.text : "" });
              setOpen({ ...open, part: "value" });
            }}
          />
        </Floating>
      ) : null}
      {open?.part === "operator" && pill && field ? (
        <Floating anchor={open.anchor} label={m("filter.operator")} onClose={() => setOpen(null)}>
          <ListBox<Operator>
            label={m("filter.operator")}
            placeholder={m("filter.operator")}
            choices={operatorsFor(field).map((op) => ({ value: op, label: operatorText(op, field), text: operatorText(op, field) }))}
            current={pill.op}
            empty={m("filter.none")}
            onChoose={(op) => {
              replace(open.index, { ...pill, op, text: BARE.has(op) ? "" : pill.text });
              if (BARE.has(op) || pill.text !== "") setOpen(null);
              else edit(open.index, "value");
            }}
          />
        </Floating>
      ) : null}
      {open?.part === "value" && pill && field ? (
        <Floating anchor={open.anchor} label={m("filter.value", { field: pill.field })} onClose={() => setOpen(null)}>
          <ValuePart
            key={`${pill.field} ${pill.op}`}
            field={field}
            pill={pill}
            onApply={(text) => {
              replace(open.index, { ...pill, text });
              setOpen(null);
            }}
          />
        </Floating>
      ) : null}
    </div>
  );
}

function ValuePart({ field, pill, onApply }: { field: FieldInfo; pill: Pill; onApply: (text: string) => void }) {
  const [text, setText] = useState(pill.text);
  const choices = pill.op === "eq" || pill.op === "ne" ? choicesOf(field) : null;
  if (choices) {
    return (
      <ListBox
        label={m("filter.value", { field: field.name })}
        placeholder={m("edit.choose")}
        choices={choices.map((choice) => ({ value: choice, label: choice, text: choice }))}
        current={pill.text}
        empty={m("edit.noChoice")}
        onChoose={onApply}
      />
    );
  }
  const hint = pill.op === "in" ? m("filter.in.hint") : pill.op === "last" ? m("filter.last.hint") : null;
  return (
    <form
      className="flex w-64 flex-col gap-1 p-2"
      onSubmit={(event) => {
        event.preventDefault();
        onApply(text);
      }}
    >
      <div className="flex gap-1.5">
        <Input autoFocus aria-label={m("filter.value", { field: field.name })} value={text} onChange={(event) => setText(event.target.value)} />
        <Button type="submit" keys="Enter">
          {m("filter.apply")}
        </Button>
      </div>
      {hint ? <span className="text-hint text-ink-3">{hint}</span> : null}
    </form>
  );
}
