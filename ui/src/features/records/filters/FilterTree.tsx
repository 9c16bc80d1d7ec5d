import { Braces, GripVertical, Plus, Trash2, Variable, X } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { Button, IconButton } from "@/kit/Button";
import { CodeView } from "@/kit/CodeView";
import { Input } from "@/kit/Field";
import { Menu } from "@/kit/Menu";
import { Select } from "@/kit/Select";
import type { Capability } from "@/lib/client";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import { BARE, choicesOf, conditionOf, fieldAt, isGroup, readPill, type FilterGroup, type FilterNode, type Operator, type Pill } from "@/lib/filters";
import { VARIABLES } from "@/lib/operands";
import { allOperatorsFor, operatorsFor } from "@/lib/operators";
import { anchorOf, Floating, type Anchor } from "../Floating";
import { ListBox } from "../ListBox";
import { operatorText, pillFaultText } from "../words";
import { f } from "./messages";
import { fieldPaths } from "./paths";
import { added, indented, leaves, moved, outdented, removed, replaced, treeOf, viewOf, type Edited, type Path } from "./tree";

type Find = (name: string) => CollectionInfo | undefined;

export interface FilterTreeProps {
  readonly collection: CollectionInfo;
  readonly find: Find;
  readonly capability: Capability | null;
  readonly pills: readonly Pill[];
  readonly groups: readonly FilterGroup[];
  readonly onApply: (pills: readonly Pill[], groups: readonly FilterGroup[]) => void;
  readonly onClose: () => void;
}

/**
 * Conditions within conditions, as a tree between the bar and the rows. Nothing is asked before it
 * is applied, and what is applied is the same filter the pills are.
 */
export function FilterTree({ collection, find, capability, pills, groups, onApply, onClose }: FilterTreeProps) {
  const [root, setRoot] = useState<FilterGroup>(() => treeOf(pills, groups));
  const [json, setJson] = useState(false);
  const [choosing, setChoosing] = useState<{ path: Path; anchor: Anchor } | null>(null);
  const panel = useRef<HTMLElement>(null);
  /** Where the keyboard goes when the tree is drawn anew. */
  const goal = useRef<string | null>(null);
  useEffect(() => {
    if (goal.current === null) return;
    const row = panel.current?.querySelector<HTMLElement>(`[data-path="${goal.current}"]`);
    goal.current = null;
    row?.querySelector<HTMLElement>("button, input")?.focus();
  }, [root]);
  const began = useRef(false);
  useEffect(() => {
    if (began.current) return;
    began.current = true;
    panel.current?.querySelector<HTMLElement>("[data-path] button, [data-add] button")?.focus();
  }, []);

  const take = ({ root: next, at }: Edited): void => {
    goal.current = at.join(".");
    setRoot(next);
  };
  const change = (path: Path, node: FilterNode): void => setRoot((now) => replaced(now, path, node));
  const left = useMemo(() => leaves(root).filter(({ pill }) => !readPill(collection, pill, find).ok).length, [root, collection, find]);
  const sent = useMemo(() => conditionOf(collection, root, find), [root, collection, find]);
  const firstField = collection.fields.find((field) => !field.hidden && operatorsFor(field).length > 0);
  const fresh = (): Pill => ({ field: firstField?.name ?? collection.primaryKey, op: (firstField && operatorsFor(firstField)[0]) ?? "eq", text: "" });
  const apply = (): void => {
    const view = viewOf(root);
    onApply(view.pills, view.groups);
  };

  const keys = (path: Path) => (event: KeyboardEvent) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const steps = { ArrowUp: () => moved(root, path, -1), ArrowDown: () => moved(root, path, 1), ArrowRight: () => indented(root, path), ArrowLeft: () => outdented(root, path) } as const;
    const step = Object.hasOwn(steps, event.key) ? steps[event.key as keyof typeof steps] : undefined;
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    take(step());
  };

  function drawGroup(group: FilterGroup, path: Path): ReactNode {
    const inside = path.length > 0;
    return (
      <div role="group" aria-label={f(`join.${group.join}${inside ? ".inside" : ""}`)} className={inside ? "border-l border-line-strong pl-3" : ""}>
        <div data-path={path.join(".")} onKeyDown={inside ? keys(path) : undefined} className="flex h-8 items-center gap-2">
          {inside ? null : <span className="shrink-0 text-ink-2">{f("tree.of")}</span>}
          <div className={inside ? "w-44 shrink-0" : "w-32 shrink-0"}>
            <Select
              aria-label={f("tree.join")}
              value={group.join}
              onChange={(join) => change(path, { ...group, join })}
              options={(["all", "any", "none"] as const).map((join) => ({ value: join, label: f(`join.${join}${inside ? ".inside" : ""}`) }))}
            />
          </div>
          <span data-add="" className="inline-flex gap-1">
            <Button size="small" kind="ghost" icon={Plus} onClick={() => take(added(root, path, fresh()))}>
              {f("tree.add")}
            </Button>
            <Button
              size="small"
              kind="ghost"
              icon={Plus}
              onClick={() => {
                const made = added(root, path, { join: group.join === "any" ? "all" : "any", items: [fresh()] });
                take({ root: made.root, at: [...made.at, 0] });
              }}
            >
              {f("tree.addGroup")}
            </Button>
          </span>
          {inside ? (
            <>
              <span className="flex-1" />
              {moveMenu(path, f(`join.${group.join}.inside`))}
              <IconButton small icon={Trash2} label={f("tree.removeGroup")} onClick={() => take(removed(root, path))} />
            </>
          ) : null}
        </div>
        {group.items.length === 0 && !inside ? <p className="py-1 text-second text-ink-3">{f("tree.empty")}</p> : null}
        {group.items.map((item, index) => (
          <div key={index}>{isGroup(item) ? drawGroup(item, [...path, index]) : drawPill(item, [...path, index])}</div>
        ))}
      </div>
    );
  }

  function moveMenu(path: Path, name: string): ReactNode {
    return (
      <Menu
        align="end"
        trigger={<IconButton small icon={GripVertical} label={f("tree.move", { name })} />}
        entries={[
          { label: f("tree.up"), keys: "Alt+↑", onSelect: () => take(moved(root, path, -1)) },
          { label: f("tree.down"), keys: "Alt+↓", onSelect: () => take(moved(root, path, 1)) },
          { label: f("tree.in"), keys: "Alt+→", onSelect: () => take(indented(root, path)) },
          { label: f("tree.out"), keys: "Alt+←", onSelect: () => take(outdented(root, path)) },
        ]}
      />
    );
  }

  function drawPill(pill: Pill, path: Path): ReactNode {
    const field = fieldAt(collection, pill.field, find);
    const read = readPill(collection, pill, find);
    const offered = field ? allOperatorsFor(field) : [];
    return (
      <div role="group" aria-label={`${pill.field} ${operatorText(pill.op, field)} ${pill.text}`} data-path={path.join(".")} onKeyDown={keys(path)} className="flex min-h-8 items-center gap-2 py-0.5">
        <Button
          className="w-52 justify-start! overflow-hidden"
          aria-label={`${f("tree.field")}: ${pill.field}`}
          onClick={(event) => setChoosing({ path, anchor: anchorOf(event.currentTarget) })}
        >
          <span className="truncate">{pill.field}</span>
        </Button>
        <div className="w-56 shrink-0">
          <Select<Operator>
            aria-label={f("tree.operator", { field: pill.field })}
            value={offered.includes(pill.op) ? pill.op : null}
            invalid={field !== undefined && !offered.includes(pill.op)}
            onChange={(op) => change(path, { ...pill, op, text: BARE.has(op) ? "" : pill.text })}
            options={offered.map((op) => ({ value: op, label: operatorText(op, field) }))}
          />
        </div>
        <div className="flex min-w-0 flex-1 items-center gap-1.5">
          {BARE.has(pill.op) ? null : valueInput(pill, field, path)}
          {read.ok || (pill.text === "" && !BARE.has(pill.op)) ? null : <span className="truncate text-second text-warn">{pillFaultText(read.fault)}</span>}
        </div>
        {moveMenu(path, pill.field)}
        <IconButton small icon={X} label={f("tree.remove", { name: pill.field })} onClick={() => take(removed(root, path))} />
      </div>
    );
  }

  function valueInput(pill: Pill, field: FieldInfo | undefined, path: Path): ReactNode {
    const label = f("tree.value", { field: pill.field });
    const choices = field && (pill.op === "eq" || pill.op === "ne") ? choicesOf(field) : null;
    const set = (text: string): void => change(path, { ...pill, text });
    if (choices && !pill.text.startsWith("$")) {
      return (
        <div className="w-64 shrink-0">
          <Select aria-label={label} value={pill.text === "" ? null : pill.text} onChange={set} options={choices.map((choice) => ({ value: choice, label: choice }))} />
        </div>
      );
    }
    const times = field && (field.type.kind === "instant" || field.type.kind === "datetime" || field.type.kind === "date");
    const words = VARIABLES.filter((word) => word.startsWith("$NOW") === (times === true));
    return (
      <>
        <div className="w-64 shrink-0">
          <Input
            aria-label={label}
            value={pill.text}
            invalid={pill.text !== "" && !readPill(collection, pill, find).ok}
            onChange={(event) => set(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              apply();
            }}
          />
        </div>
        {field && (times || field.type.kind === "uuid" || field.type.kind === "text" || field.type.kind === "int") && pill.op !== "last" ? (
          <Menu
            trigger={<IconButton small icon={Variable} label={f("tree.variable")} />}
            entries={words.map((word) => ({ label: word, detail: f(`variable.${word}`), onSelect: () => set(word) }))}
          />
        ) : null}
      </>
    );
  }

  return (
    <section
      ref={panel}
      aria-label={f("tree", { collection: collection.name })}
      className="flex max-h-[46vh] shrink-0 flex-col border-b border-line bg-bg-sunk"
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) {
          event.preventDefault();
          event.stopPropagation();
          onClose();
        } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          event.stopPropagation();
          apply();
        }
      }}
    >
      <div className="min-h-0 flex-1 overflow-auto px-3 py-1.5">{drawGroup(root, [])}</div>
      {json ? <CodeView className="max-h-40 shrink-0 border-t border-line px-3 py-2" label={f("tree.json.label")} language="json" code={JSON.stringify(sent ?? {}, null, 2)} /> : null}
      <footer className="flex h-10 shrink-0 items-center gap-2 border-t border-line px-3">
        <Button size="small" kind="ghost" icon={Braces} aria-pressed={json} onClick={() => setJson(!json)}>
          {f("tree.json")}
        </Button>
        <span role="status" className="min-w-0 flex-1 truncate text-second text-warn">
          {left > 0 ? f("tree.left", { count: left }) : ""}
        </span>
        <Button kind="ghost" keys="Escape" onClick={onClose}>
          {f("tree.cancel")}
        </Button>
        <Button keys="Mod+Enter" onClick={apply}>
          {f("tree.apply")}
        </Button>
      </footer>
      {choosing ? (
        <Floating anchor={choosing.anchor} label={f("tree.field")} onClose={() => setChoosing(null)}>
          <PathPicker
            collection={collection}
            find={find}
            capability={capability}
            onChoose={(path) => {
              const field = fieldAt(collection, path, find);
              const now = root;
              const node = leaves(now).find((leaf) => leaf.path.join(".") === choosing.path.join("."))?.pill;
              setChoosing(null);
              if (!field || !node) return;
              const offered = allOperatorsFor(field);
              const op = offered.includes(node.op) ? node.op : (operatorsFor(field)[0] ?? offered[0] ?? "eq");
              goal.current = choosing.path.join(".");
              change(choosing.path, { field: path, op, text: offered.includes(node.op) ? node.text : "" });
            }}
          />
        </Floating>
      ) : null}
    </section>
  );
}

/** A field by its name or by the way there over relations. */
function PathPicker({ collection, find, capability, onChoose }: { collection: CollectionInfo; find: Find; capability: Capability | null; onChoose: (path: string) => void }) {
  const [text, setText] = useState("");
  const listed = useMemo(
    () => fieldPaths(collection, find, (name, field) => capability?.may(name, "read", field.name) ?? true, text),
    [collection, find, capability, text],
  );
  return (
    <ListBox
      label={f("tree.field")}
      placeholder={f("tree.field.find")}
      onText={setText}
      choices={listed.map((entry) => ({ value: entry.path, label: entry.path, text: entry.path, detail: entry.detail }))}
      empty={f("tree.field.find")}
      // A relation that was chosen stands in the box, and its fields are listed.
      onChoose={(path) => (path.endsWith(".") ? path : onChoose(path))}
    />
  );
}
