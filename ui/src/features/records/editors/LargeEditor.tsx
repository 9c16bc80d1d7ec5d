import { useLayoutEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { Button } from "@/kit/Button";
import { useLeaving } from "@/kit/leave";
import { CodeEditor } from "@/kit/CodeEditor";
import { Textarea } from "@/kit/Field";
import { Segmented } from "@/kit/Segmented";
import { parseJson, prettyJson } from "@/lib/exact-json";
import type { FieldInfo } from "@/lib/fields";
import { fromBase64, toHex } from "@/lib/bytes";
import { editText, NULL, parse, type Problem } from "@/lib/values";
import { NoValue, type EditorProps, type Move } from "../CellEditor";
import { Floating, type Anchor } from "../Floating";
import { m } from "../messages";
import { problemText } from "../words";
import { GeoMap } from "./GeoMap";
import { JsonTree } from "./JsonTree";
import { MarkdownView } from "./MarkdownView";
import { e } from "./messages";

/** A larger text opens as it is: laying it out would stall, and a tree of it is not walked by hand. */
const LAID_OUT_MAX = 1_000_000;

type Shown = "text" | "tree" | "preview" | "hex";

/** Long text, JSON, places and bytes: a card with room, and the reason under it when it is no value. */
export function LargeEditor({ field, value, typed, invalidText, label, canDefault, onStage, onInvalid, onCancel, anchor }: EditorProps & { anchor: Anchor }) {
  const { kind } = field.type;
  const stored = value.s === "value" || value.s === "json-null" ? editText(field.type, value) : "";
  const first = pretty(field, stored);
  const [text, setText] = useState(invalidText ?? typed ?? first);
  // Whoever types on while this is being loaded finds it here.
  const [taken, setTaken] = useState(typed);
  if (typed !== undefined && typed !== taken) {
    setTaken(typed);
    setText(text + typed.slice(taken?.length ?? 0));
  }
  const [shown, setShown] = useState<Shown>("text");
  const [problem, setProblem] = useState<Problem | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  /** Esc was pressed once in the code: the next Tab leaves it, and another Esc restores the cell. */
  const leaving = useRef(false);
  useLayoutEffect(() => {
    area.current?.focus({ preventScroll: true });
    if (typed !== undefined) area.current?.setSelectionRange(typed.length, typed.length);
  }, [typed]);
  const changed = invalidText !== undefined || text !== first;
  const unseen = value.s !== "value" && value.s !== "json-null";
  const huge = text.length > LAID_OUT_MAX;
  const code = kind === "json" && !huge;
  const node = useMemo(() => {
    if (shown !== "tree" || huge) return null;
    const parsed = parseJson(text === "" ? "null" : text);
    return parsed.ok ? parsed.node : null;
  }, [shown, huge, text]);

  function put(next: string): void {
    setText(next);
    setProblem(null);
  }

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

  useLeaving(leave);

  function show(next: Shown): void {
    if (kind === "binary") {
      const result = parse(field.type, text);
      const base64 = result.ok && result.value.s === "value" ? result.value.v : "";
      put(next === "hex" ? toHex(fromBase64(base64)) : base64);
    }
    setShown(next);
  }

  const choices = choicesOf(field);
  const body: ReactNode =
    shown === "tree" ? (
      node ? (
        <JsonTree root={node} label={e("json.tree", { field: field.name })} onChange={(next) => put(prettyJson(next))} />
      ) : (
        <p className="py-6 text-second text-ink-3">{huge ? e("tooLarge.tree") : e("json.bad")}</p>
      )
    ) : shown === "preview" ? (
      <MarkdownView text={text} label={e("md.preview", { field: field.name })} className="h-56 rounded-control border border-line-control bg-bg-page p-3" />
    ) : code ? (
      <CodeEditor className="h-64" language="json" label={label} value={text} autoFocus caretAtEnd={typed !== undefined} invalid={problem !== null} onChange={put} />
    ) : (
      <Textarea
        ref={area}
        aria-label={label}
        rows={kind === "geo" ? 4 : 10}
        mono={kind !== "text"}
        invalid={problem !== null}
        value={text}
        onChange={(event) => put(event.target.value)}
      />
    );

  return (
    <Floating anchor={{ ...anchor, bottom: anchor.top - 4 }} label={label} onClose={leave} className="w-[480px]">
      <div
        className="flex flex-col gap-2 p-2"
        onKeyDownCapture={(event) => {
          const mod = event.ctrlKey || event.metaKey;
          if (event.key === "Escape") {
            const inside = event.target instanceof Element && event.target.closest("[data-text-surface], [role=treeitem] input") !== null;
            if (inside && changed && !leaving.current) {
              leaving.current = true;
              return;
            }
            event.preventDefault();
            event.stopPropagation();
            onCancel();
            return;
          }
          leaving.current = false;
          if (event.key === "Enter" && mod) {
            event.preventDefault();
            stage("down");
          } else if (event.key.toLowerCase() === "s" && mod) {
            if (!flushSync(() => stage("stay"))) event.preventDefault();
          } else if (event.key === "Backspace" && mod && event.shiftKey && field.nullable) {
            event.preventDefault();
            onStage(NULL, "stay");
          }
        }}
        onKeyDown={(event) => {
          // The first Esc in the code is about leaving it; the card stays.
          if (event.key === "Escape") event.stopPropagation();
        }}
      >
        <div className="flex items-center gap-2">
          <span className="min-w-0 flex-1 truncate font-medium">{m("edit.large", { field: field.name })}</span>
          {unseen ? <span className="text-second text-ink-3 italic">{value.s === "null" ? m("edit.null.is") : ""}</span> : null}
          {choices.length > 0 ? <Segmented aria-label={e("view", { field: field.name })} value={shown} onChange={show} options={choices} /> : null}
        </div>
        {kind === "geo" ? <GeoMap text={text} label={e("geo.map", { field: field.name })} onText={put} /> : null}
        {body}
        {problem ? (
          <p role="alert" className="text-hint text-bad">
            {problemText(problem)}
          </p>
        ) : shown === "tree" && node ? (
          <p className="text-hint text-ink-3">{e("json.hint")}</p>
        ) : code && changed ? (
          <p className="text-hint text-ink-3">{e("leave")}</p>
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

function choicesOf({ type }: FieldInfo): readonly { value: Shown; label: string }[] {
  if (type.kind === "json") return [{ value: "text", label: e("view.text") }, { value: "tree", label: e("view.tree") }];
  if (type.kind === "binary") return [{ value: "text", label: m("edit.as.base64") }, { value: "hex", label: m("edit.as.hex") }];
  // HTML is shown as the text it is: drawing it would run what somebody else wrote.
  if (type.kind === "text" && type.name !== "HTML") return [{ value: "text", label: e("view.write") }, { value: "preview", label: e("view.preview") }];
  return [];
}

/** JSON opens indented. */
function pretty(field: FieldInfo, text: string): string {
  if (field.type.kind !== "json" || text.length > LAID_OUT_MAX) return text;
  const parsed = parseJson(text);
  return parsed.ok ? prettyJson(parsed.node) : text;
}
