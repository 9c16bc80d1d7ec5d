import { closeBrackets } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { sql } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { Annotation, EditorState, Prec, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import type { CodeEditorProps } from "./CodeEditor";

/** Marks a text that was put here from outside, which nobody needs to be told of. */
const placed = Annotation.define<boolean>();

/** Far more than are typed between two drawings. */
const REPORTED_MAX = 64;

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.propertyName, tags.bool, tags.null], color: "var(--draft)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
  { tag: tags.number, color: "var(--warn)" },
  { tag: tags.comment, color: "var(--ink-3)" },
]);

const look = EditorView.theme({
  "&": { backgroundColor: "transparent", color: "var(--ink)", fontSize: "11.5px", height: "100%" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "18px" },
  ".cm-content": { padding: "6px 0", caretColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--ink-3)", border: "none" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--bg-active) !important" },
  ".cm-matchingBracket": { backgroundColor: "var(--bg-active)", outline: "none" },
});

function grammar(language: CodeEditorProps["language"]): Extension {
  switch (language) {
    case "json":
      return json();
    case "sql":
      return sql();
    case "js":
      return javascript();
    case "text":
      // Prose has lines of any length, which nobody should have to push to and fro.
      return EditorView.lineWrapping;
  }
}

export function CodeMirror({ value, onChange, language, label, readOnly, autoFocus, caretAtEnd, onRun }: Omit<CodeEditorProps, "className" | "invalid">) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ onChange, onRun });
  useEffect(() => {
    latest.current = { onChange, onRun };
  });
  const initial = useRef(value);
  const end = useRef(caretAtEnd);
  // Texts that were reported and have not come back as a value yet, the oldest first.
  const reported = useRef<string[]>([]);

  useEffect(() => {
    if (!host.current) return;
    // After Escape the next Tab moves on; any other key takes that back.
    let leaving = false;
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: initial.current,
        ...(end.current === true ? { selection: { anchor: initial.current.length } } : {}),
        extensions: [
          Prec.highest(
            keymap.of([
              {
                key: "Mod-Enter",
                run: () => {
                  latest.current.onRun?.();
                  return latest.current.onRun !== undefined;
                },
              },
              {
                key: "Escape",
                run: () => {
                  leaving = true;
                  return false;
                },
              },
            ]),
          ),
          EditorView.domEventHandlers({
            keydown: (event) => {
              if (event.key === "Tab" && leaving) {
                // Not handled here, so that the browser moves the focus.
                event.stopPropagation();
                return true;
              }
              if (event.key !== "Escape") leaving = false;
              return false;
            },
          }),
          history(),
          drawSelection(),
          lineNumbers(),
          bracketMatching(),
          closeBrackets(),
          keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
          grammar(language),
          syntaxHighlighting(colours),
          look,
          EditorState.readOnly.of(readOnly === true),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged || update.transactions.some((one) => one.annotation(placed))) return;
            const text = update.state.doc.toString();
            reported.current.push(text);
            if (reported.current.length > REPORTED_MAX) reported.current.shift();
            latest.current.onChange?.(text);
          }),
        ],
      }),
    });
    view.current = editor;
    if (autoFocus) editor.focus();
    return () => editor.destroy();
  }, [language, label, readOnly, autoFocus]);

  useEffect(() => {
    initial.current = value;
    const editor = view.current;
    const at = reported.current.indexOf(value);
    // What was typed comes back after more has been typed: the later text stays.
    reported.current = at < 0 ? [] : reported.current.slice(at + 1);
    if (!editor || at >= 0 || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value }, annotations: placed.of(true) });
  }, [value]);

  return <div ref={host} className="h-full" />;
}
