import { closeBrackets } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { sql } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorState, Prec, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import type { CodeEditorProps } from "./CodeEditor";

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
      return [];
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
          EditorView.contentAttributes.of({ "aria-label": label }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
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
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  return <div ref={host} className="h-full" />;
}
