import { ChevronDown, ChevronRight } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { cx } from "@/kit/cx";
import { parseJson, printJson, type JsonNode } from "@/lib/exact-json";
import { addedTo, childrenOf, linesOf, nameOf, removedAt, renamedAt, replacedAt, type Line, type Steps } from "./json-edit";
import { e } from "./messages";

const TONE: Readonly<Record<JsonNode["t"], string>> = { null: "text-ink-3 italic", bool: "text-draft", number: "text-warn", string: "text-ok", array: "text-ink-3", object: "text-ink-3" };
/** More than this of a text is never put on one line. */
const SHOWN = 400;

/** A document as a tree one walks and changes in place. */
export function JsonTree({ root, label, onChange }: { root: JsonNode; label: string; onChange: (next: JsonNode) => void }) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(() => new Set());
  const [at, setAt] = useState("");
  const [edit, setEdit] = useState<{ key: string; part: "name" | "value"; text: string; bad: boolean } | null>(null);
  const tree = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => linesOf(root, (steps) => !closed.has(JSON.stringify(steps))), [root, closed]);
  const keyOf = (steps: Steps): string => JSON.stringify(steps);
  const index = Math.max(lines.findIndex((line) => keyOf(line.steps) === at), 0);
  const focus = (to: number): void => {
    const line = lines[Math.max(0, Math.min(to, lines.length - 1))];
    if (line) setAt(keyOf(line.steps));
  };
  const wants = useRef(true);
  useEffect(() => {
    if (wants.current && !edit) tree.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: false });
    wants.current = false;
  }, [at, edit, lines]);
  const go = (to: number): void => {
    wants.current = true;
    focus(to);
  };
  const fold = (line: Line, open: boolean): void => {
    wants.current = true;
    setClosed((now) => {
      const next = new Set(now);
      if (open) next.delete(keyOf(line.steps));
      else next.add(keyOf(line.steps));
      return next;
    });
  };
  const begin = (line: Line, part: "name" | "value"): void => {
    const name = line.steps.at(-1);
    if (part === "name" && typeof name === "string") setEdit({ key: keyOf(line.steps), part, text: name, bad: false });
    if (part === "value" && childrenOf(line.node).length === 0) setEdit({ key: keyOf(line.steps), part, text: printJson(line.node), bad: false });
  };
  const settle = (line: Line): void => {
    if (!edit) return;
    wants.current = true;
    if (edit.part === "name") {
      const next = renamedAt(root, line.steps, edit.text);
      if (!next) {
        setEdit({ ...edit, bad: true });
        return;
      }
      setEdit(null);
      setAt(keyOf([...line.steps.slice(0, -1), edit.text]));
      onChange(next);
      return;
    }
    const parsed = parseJson(edit.text);
    if (!parsed.ok) {
      setEdit({ ...edit, bad: true });
      return;
    }
    setEdit(null);
    onChange(replacedAt(root, line.steps, parsed.node));
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const line = lines[index];
    if (!line || edit || event.ctrlKey || event.metaKey) return;
    const take = (act: () => void): void => {
      event.preventDefault();
      event.stopPropagation();
      act();
    };
    switch (event.key) {
      case "ArrowDown":
        return take(() => go(index + 1));
      case "ArrowUp":
        return take(() => go(index - 1));
      case "Home":
        return take(() => go(0));
      case "End":
        return take(() => go(lines.length - 1));
      case "ArrowRight":
        return take(() => (line.opens && !line.isOpen ? fold(line, true) : go(index + 1)));
      case "ArrowLeft":
        return take(() => {
          if (line.isOpen) fold(line, false);
          else if (line.steps.length > 0) go(lines.findIndex((other) => keyOf(other.steps) === keyOf(line.steps.slice(0, -1))));
        });
      case "Enter":
        return take(() => (line.opens ? fold(line, !line.isOpen) : begin(line, "value")));
      case "F2":
        return take(() => begin(line, "name"));
      case "Delete":
        return take(() => {
          if (line.steps.length === 0) return;
          go(index - 1);
          onChange(removedAt(root, line.steps));
        });
      case "Insert":
      case "+":
        return take(() => {
          const target = line.node.t === "array" || line.node.t === "object" ? line.steps : line.steps.slice(0, -1);
          const added = addedTo(root, target, { t: "null" });
          if (!added) return;
          fold({ ...line, steps: target }, true);
          setAt(keyOf(added.at));
          onChange(added.node);
          setEdit({ key: keyOf(added.at), part: typeof added.at.at(-1) === "string" ? "name" : "value", text: typeof added.at.at(-1) === "string" ? String(added.at.at(-1)) : "null", bad: false });
        });
      default:
        return undefined;
    }
  };

  const input = (line: Line, name: string) => (
    <input
      autoFocus
      aria-label={name}
      aria-invalid={edit?.bad || undefined}
      title={edit?.bad ? e("json.notJson") : undefined}
      value={edit?.text ?? ""}
      spellCheck={false}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setEdit((now) => now && { ...now, text: event.target.value, bad: false })}
      onBlur={() => settle(line)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") settle(line);
        else if (event.key === "Escape") {
          event.preventDefault();
          wants.current = true;
          setEdit(null);
        }
      }}
      className={cx("h-5 min-w-24 flex-1 rounded-tag border bg-bg-page px-1 font-mono text-code outline-none", edit?.bad ? "border-bad text-bad" : "border-line-control")}
    />
  );

  return (
    <div ref={tree} role="tree" aria-label={label} onKeyDown={onKeyDown} className="h-64 overflow-auto rounded-control border border-line-control bg-bg-page py-1 font-mono text-code">
      {lines.map((line, place) => {
        const key = keyOf(line.steps);
        const name = line.steps.at(-1);
        const inside = childrenOf(line.node).length;
        const word = line.node.t === "array" ? e("json.items", { count: inside }) : line.node.t === "object" ? e("json.keys", { count: inside }) : printJson(line.node).slice(0, SHOWN);
        return (
          <div
            key={key}
            role="treeitem"
            aria-level={line.depth + 1}
            aria-expanded={line.opens ? line.isOpen : undefined}
            aria-selected={place === index}
            tabIndex={place === index ? 0 : -1}
            onFocus={() => setAt(key)}
            onDoubleClick={() => begin(line, "value")}
            onClick={() => line.opens && fold(line, !line.isOpen)}
            className="ring-cell flex h-[22px] items-center gap-1.5 pr-2 whitespace-nowrap hover:bg-bg-hover"
            style={{ paddingLeft: 6 + line.depth * 16 }}
          >
            {line.opens ? line.isOpen ? <ChevronDown aria-hidden size={12} className="shrink-0" /> : <ChevronRight aria-hidden size={12} className="shrink-0" /> : <span className="w-3 shrink-0" />}
            {name === undefined ? null : edit?.key === key && edit.part === "name" ? (
              input(line, e("json.key"))
            ) : (
              <span className={typeof name === "number" ? "text-ink-3" : "text-ink"}>{`${String(name)}:`}</span>
            )}
            {edit?.key === key && edit.part === "value" ? input(line, e("json.value", { path: nameOf(line.steps) })) : <span className={cx("truncate", TONE[line.node.t])}>{word}</span>}
            {line.more > 0 ? <span className="text-ink-3">{e("json.more", { count: line.more })}</span> : null}
          </div>
        );
      })}
    </div>
  );
}
