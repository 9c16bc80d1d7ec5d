import { lazy, Suspense, useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { Button } from "@/kit/Button";
import { cx } from "@/kit/cx";
import { useLeaving } from "@/kit/leave";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import { choicesOf } from "@/lib/filters";
import { DEFAULT, editText, NULL, parse, validate, value as asValue, type Problem, type Value } from "@/lib/values";
import { stepped, type Clocked } from "./editors/calendar";
import { Floating, anchorOf, type Anchor } from "./Floating";
import { ListBox } from "./ListBox";
import { m } from "./messages";
import { RelationPicker } from "./RelationPicker";
import { problemText } from "./words";

const LargeEditor = lazy(() => import("./editors/LargeEditor").then((module) => ({ default: module.LargeEditor })));
const DateCard = lazy(() => import("./editors/DateCard").then((module) => ({ default: module.DateCard })));

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
  if (field.type.kind === "json" || field.type.kind === "geo" || field.type.kind === "binary" || field.type.long === true || hasLines(props)) {
    return <Carded {...props} as="large" />;
  }
  return <LineEditor {...props} />;
}

/** A line cannot hold the ends of lines: it would drop them with the first key. */
function hasLines({ value, typed, invalidText }: EditorProps): boolean {
  return typed === undefined && /[\n\r]/.test(invalidText ?? (value.s === "value" ? value.v : ""));
}

function LineEditor({ field, value, typed, invalidText, label, canDefault, onStage, onInvalid, onCancel }: EditorProps) {
  const first = invalidText ?? (value.s === "value" || value.s === "json-null" ? editText(field.type, value) : "");
  const [text, setText] = useState(typed ?? first);
  const [problem, setProblem] = useState<Problem | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const left = useRef(false);
  const clocked = clockedOf(field);
  const [anchor, setAnchor] = useState<Anchor | null>(null);
  useLayoutEffect(() => {
    if (input.current) setAnchor(anchorOf(input.current));
  }, []);
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
        data-staged-on-leave=""
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
          } else if (clocked && !mod && /^(?:Arrow|Page)(?:Up|Down)$/.test(event.key)) {
            event.preventDefault();
            const next = stepped(clocked, text, event.key, event.altKey);
            if (next !== null) setText(next);
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
      {clocked && anchor ? (
        <Suspense fallback={null}>
          <DateCard
            anchor={anchor}
            field={field}
            kind={clocked}
            text={text}
            problem={problem ? problemText(problem) : null}
            onText={(next) => {
              setText(next);
              setProblem(null);
              input.current?.focus({ preventScroll: true });
            }}
          />
        </Suspense>
      ) : problem && anchor ? (
        <Floating passive anchor={anchor} label={problemText(problem)} onClose={() => setProblem(null)} className="border-l-2 border-bad px-2.5 py-1.5 text-second text-bad">
          <span role="alert">{problemText(problem)}</span>
        </Floating>
      ) : null}
    </>
  );
}

function clockedOf({ type: { kind } }: FieldInfo): Clocked | null {
  return kind === "date" || kind === "datetime" || kind === "instant" ? kind : null;
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
          <RelationPicker {...props} anchor={anchor} />
        ) : props.as === "choice" ? (
          <ChoiceEditor {...props} anchor={anchor} />
        ) : (
          <Suspense fallback={null}>
            <LargeEditor {...props} anchor={anchor} />
          </Suspense>
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

function ChoiceEditor(props: EditorProps & { anchor: Anchor }) {
  const { field, value, typed, onStage, label } = props;
  const choices = choicesOf(field) ?? [];
  const first = typed ?? props.invalidText ?? "";
  const text = useRef(first);
  /** What is typed is no search that may be forgotten: it is staged, or it stays with its reason. */
  function leave(move: Move): void {
    const wanted = text.current.trim();
    // Opened on what stood there and left as it was.
    if (wanted === "" || (typed === undefined && text.current === first)) {
      props.onCancel();
      return;
    }
    const read = parse(field.type, wanted);
    const problem = read.ok ? validate(field, read.value) : read.problem;
    if (read.ok && problem === null) onStage(read.value, move);
    else if (problem) props.onInvalid(wanted, problem);
  }
  useLeaving(() => leave("stay"));
  return (
    <Floating anchor={props.anchor} label={label} onClose={() => leave("stay")}>
      <div
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.preventDefault();
            event.stopPropagation();
            props.onCancel();
          } else if (event.key === "Backspace" && (event.ctrlKey || event.metaKey) && field.nullable) {
            event.preventDefault();
            onStage(NULL, "stay");
          } else if (event.key === "Tab") {
            event.preventDefault();
            leave(event.shiftKey ? "previous" : "next");
          }
        }}
      >
        <ListBox
          label={label}
          placeholder={m("edit.choose")}
          initialText={first}
          onTyped={(next) => {
            text.current = next;
          }}
          current={value.s === "value" ? value.v : undefined}
          choices={choices.map((choice) => ({ value: choice, label: choice, text: choice }))}
          onChoose={(chosen) => onStage(asValue(chosen), "stay")}
          empty={m("edit.noChoice")}
          footer={field.nullable || props.canDefault ? <NoValue {...props} /> : undefined}
        />
      </div>
    </Floating>
  );
}
