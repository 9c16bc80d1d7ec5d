import { useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { Button } from "@/kit/Button";
import { cx } from "@/kit/cx";
import { Textarea } from "@/kit/Field";
import { Segmented } from "@/kit/Segmented";
import { parseJson, prettyJson } from "@/lib/exact-json";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import { choicesOf } from "@/lib/filters";
import { addDays, parsePlainDate } from "@/lib/plain-time";
import { DEFAULT, editText, fromBase64, NULL, parse, toHex, value as asValue, type Problem, type Value } from "@/lib/values";
import { Floating, anchorOf, type Anchor } from "./Floating";
import { ListBox } from "./ListBox";
import { m } from "./messages";
import { RelationPicker } from "./RelationPicker";
import { problemText } from "./words";

export type Move = "stay" | "next" | "previous" | "down";

export interface EditorProps {
  readonly field: FieldInfo;
  readonly value: Value;
  /** Opened by typing: the editor starts with this instead of the value. */
  readonly typed?: string | undefined;
  /** A text that was no value; editing goes on from it. */
  readonly invalidText?: string | undefined;
  readonly label: string;
  readonly target: CollectionInfo | undefined;
  readonly canDefault: boolean;
  readonly onStage: (value: Value, move: Move, label?: string) => void;
  /** Left with a text that is no value. */
  readonly onInvalid: (text: string, problem: Problem) => void;
  readonly onCancel: () => void;
}

/** The editor for a field, in its cell or on a card that hangs on it. */
export function CellEditor(props: EditorProps) {
  const { field } = props;
  if (field.relation && props.target) return <Carded {...props} as="relation" />;
  if (choicesOf(field)) return <Carded {...props} as="choice" />;
  if (field.type.kind === "json" || field.type.kind === "geo" || field.type.kind === "binary" || field.type.long === true) {
    return <Carded {...props} as="large" />;
  }
  return <LineEditor {...props} />;
}

function LineEditor({ field, value, typed, invalidText, label, canDefault, onStage, onInvalid, onCancel }: EditorProps) {
  const first = invalidText ?? (value.s === "value" || value.s === "json-null" ? editText(field.type, value) : "");
  const [text, setText] = useState(typed ?? first);
  const [problem, setProblem] = useState<Problem | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const left = useRef(false);
  useLayoutEffect(() => {
    input.current?.focus({ preventScroll: true });
    if (typed === undefined) input.current?.select();
  }, [typed]);

  /** Nothing typed means nothing changed, whatever state the value was in. */
  const read = () => (text === first && invalidText === undefined ? ({ ok: true, value } as const) : parse(field.type, text));

  function stage(move: Move): boolean {
    const result = read();
    if (!result.ok) {
      setProblem(result.problem);
      return false;
    }
    left.current = true;
    onStage(result.value, move);
    return true;
  }

  function leave(): void {
    if (left.current) return;
    left.current = true;
    const result = read();
    if (result.ok) onStage(result.value, "stay");
    else onInvalid(text, result.problem);
  }

  return (
    <>
      <input
        ref={input}
        aria-label={label}
        aria-invalid={problem !== null || undefined}
        autoComplete="off"
        spellCheck={false}
        value={text}
        inputMode={field.type.kind === "int" || field.type.kind === "decimal" || field.type.kind === "float" ? "decimal" : "text"}
        placeholder={value.s === "null" ? "NULL" : value.s === "default" ? (field.defaultText ?? "NULL") : ""}
        onChange={(event) => {
          setText(event.target.value);
          setProblem(null);
        }}
        onBlur={leave}
        onKeyDown={(event) => {
          const mod = event.ctrlKey || event.metaKey;
          if (event.key === "Escape") {
            event.preventDefault();
            event.stopPropagation();
            left.current = true;
            onCancel();
          } else if (event.key === "Enter") {
            event.preventDefault();
            stage("down");
          } else if (event.key === "Tab") {
            event.preventDefault();
            stage(event.shiftKey ? "previous" : "next");
          } else if (event.key === "Backspace" && mod && field.nullable) {
            event.preventDefault();
            left.current = true;
            onStage(NULL, "stay");
          } else if (event.key === "Backspace" && mod && canDefault) {
            event.preventDefault();
            left.current = true;
            onStage(DEFAULT, "stay");
          } else if (field.type.kind === "date" && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
            const date = parsePlainDate(text);
            if (date.ok) {
              event.preventDefault();
              setText(addDays(date.v, event.key === "ArrowUp" ? 1 : -1));
            }
          } else if (mod && event.key.toLowerCase() === "s") {
            // The commit this key means comes after, and must see what is typed here; what is no
            // value holds it back.
            if (!flushSync(() => stage("stay"))) event.preventDefault();
          }
        }}
        className={cx(
          "absolute inset-0 z-1 w-full bg-bg-page px-2 outline-2 -outline-offset-2 outline-solid",
          problem ? "text-bad outline-bad" : "outline-ink",
          (field.type.kind === "int" || field.type.kind === "decimal" || field.type.kind === "float") && "text-right",
          (field.type.kind === "array" || field.type.kind === "range" || field.type.kind === "uuid") && "font-mono text-[11px]",
        )}
      />
      {problem && input.current ? (
        <Floating passive anchor={anchorOf(input.current)} label={problemText(problem)} onClose={() => setProblem(null)} className="border-l-2 border-bad px-2.5 py-1.5 text-second text-bad">
          <span role="alert">{problemText(problem)}</span>
        </Floating>
      ) : null}
    </>
  );
}

function Carded(props: EditorProps & { as: "relation" | "choice" | "large" }) {
  const cell = useRef<HTMLSpanElement>(null);
  const [anchor, setAnchor] = useState<Anchor | null>(null);
  useLayoutEffect(() => {
    const host = cell.current?.parentElement;
    if (host) setAnchor(anchorOf(host));
  }, []);
  return (
    <>
      <span ref={cell} className="pointer-events-none absolute inset-0 outline-2 -outline-offset-2 outline-ink outline-solid" />
      {anchor ? (
        props.as === "relation" ? (
          <Floating anchor={anchor} label={props.label} onClose={props.onCancel}>
            <RelationPicker {...props} />
          </Floating>
        ) : props.as === "choice" ? (
          <Floating anchor={anchor} label={props.label} onClose={props.onCancel}>
            <ChoiceEditor {...props} />
          </Floating>
        ) : (
          <LargeEditor {...props} anchor={anchor} />
        )
      ) : null}
    </>
  );
}

/** The two ways out of having a value, below every list. */
export function NoValue({ field, canDefault, onStage }: Pick<EditorProps, "field" | "canDefault" | "onStage">) {
  if (!field.nullable && !canDefault) return null;
  return (
    <div className="flex items-center gap-1">
      {field.nullable ? (
        <Button size="small" kind="ghost" keys="Mod+Backspace" onClick={() => onStage(NULL, "stay")}>
          {m("edit.null")}
        </Button>
      ) : null}
      {canDefault && field.defaultText !== null ? (
        <Button size="small" kind="ghost" onClick={() => onStage(DEFAULT, "stay")}>
          {m("edit.default")}
        </Button>
      ) : null}
    </div>
  );
}

function ChoiceEditor(props: EditorProps) {
  const { field, value, typed, onStage, label } = props;
  const choices = choicesOf(field) ?? [];
  return (
    <div
      onKeyDown={(event) => {
        if (event.key === "Backspace" && (event.ctrlKey || event.metaKey) && field.nullable) {
          event.preventDefault();
          onStage(NULL, "stay");
        } else if (event.key === "Tab") {
          event.preventDefault();
          props.onCancel();
        }
      }}
    >
      <ListBox
        label={label}
        placeholder={m("edit.choose")}
        initialText={typed ?? ""}
        current={value.s === "value" ? value.v : undefined}
        choices={choices.map((choice) => ({ value: choice, label: choice, text: choice }))}
        onChoose={(chosen) => onStage(asValue(chosen), "stay")}
        empty={m("edit.noChoice")}
        footer={field.nullable || props.canDefault ? <NoValue {...props} /> : undefined}
      />
    </div>
  );
}

type ByteView = "base64" | "hex";

/** Long text, JSON, places and bytes: a card with room, and the reason under it when it is no value. */
function LargeEditor({ field, value, typed, invalidText, label, canDefault, onStage, onInvalid, onCancel, anchor }: EditorProps & { anchor: Anchor }) {
  const stored = value.s === "value" || value.s === "json-null" ? editText(field.type, value) : "";
  const first = pretty(field, stored);
  const [text, setText] = useState(invalidText ?? typed ?? first);
  const [view, setView] = useState<ByteView>("base64");
  const [problem, setProblem] = useState<Problem | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    area.current?.focus({ preventScroll: true });
  }, []);
  const changed = invalidText !== undefined || text !== first;
  const unseen = value.s !== "value" && value.s !== "json-null";

  function stage(move: Move): boolean {
    if (!changed) {
      onCancel();
      return true;
    }
    const result = parse(field.type, text);
    if (result.ok) onStage(result.value, move);
    else setProblem(result.problem);
    return result.ok;
  }

  /** A press outside stages, as in a cell; Esc restores. */
  function leave(): void {
    if (!changed) {
      onCancel();
      return;
    }
    const result = parse(field.type, text);
    if (result.ok) onStage(result.value, "stay");
    else onInvalid(text, result.problem);
  }

  function switchView(next: ByteView): void {
    const result = parse(field.type, text);
    const base64 = result.ok && result.value.s === "value" ? result.value.v : "";
    setText(next === "hex" ? toHex(fromBase64(base64)) : base64);
    setView(next);
  }

  return (
    <Floating anchor={{ ...anchor, bottom: anchor.top - 4 }} label={label} onClose={leave} className="w-[480px]">
      <div
        className="flex flex-col gap-2 p-2"
        onKeyDownCapture={(event) => {
          if (event.key === "Escape") {
            event.preventDefault();
            event.stopPropagation();
            onCancel();
          } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            stage("down");
          } else if (event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey)) {
            if (!flushSync(() => stage("stay"))) event.preventDefault();
          } else if (event.key === "Backspace" && (event.ctrlKey || event.metaKey) && event.shiftKey && field.nullable) {
            event.preventDefault();
            onStage(NULL, "stay");
          }
        }}
      >
        <div className="flex items-center gap-2">
          <span className="min-w-0 flex-1 truncate font-medium">{m("edit.large", { field: field.name })}</span>
          {unseen ? <span className="text-second text-ink-3 italic">{value.s === "null" ? m("edit.null.is") : ""}</span> : null}
          {field.type.kind === "binary" ? (
            <Segmented
              aria-label={m("edit.large", { field: field.name })}
              value={view}
              onChange={switchView}
              options={[
                { value: "base64", label: m("edit.as.base64") },
                { value: "hex", label: m("edit.as.hex") },
              ]}
            />
          ) : null}
        </div>
        <Textarea
          ref={area}
          aria-label={label}
          rows={field.type.kind === "text" ? 6 : 10}
          mono={field.type.kind !== "text"}
          invalid={problem !== null}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setProblem(null);
          }}
        />
        {problem ? (
          <p role="alert" className="text-hint text-bad">
            {problemText(problem)}
          </p>
        ) : null}
        <div className="flex flex-wrap items-center gap-2">
          <NoValue field={field} canDefault={canDefault} onStage={onStage} />
          <span className="flex-1" />
          <Button size="small" kind="ghost" keys="Escape" onClick={onCancel}>
            {m("cmd.restore")}
          </Button>
          <Button size="small" keys="Mod+Enter" onClick={() => stage("stay")}>
            {m("edit.stage")}
          </Button>
        </div>
      </div>
    </Floating>
  );
}

/** JSON opens indented; a text over a megabyte opens as it is, because laying it out would stall. */
function pretty(field: FieldInfo, text: string): string {
  if (field.type.kind !== "json" && field.type.kind !== "geo") return text;
  if (text.length > 1_000_000) return text;
  const parsed = parseJson(text);
  return parsed.ok ? prettyJson(parsed.node) : text;
}

