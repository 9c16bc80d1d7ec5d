/** CodeMirror, loaded when the first editor opens. Esc then Tab leaves it. */
import { lazy, Suspense } from "react";
import { cx } from "./cx";

export interface CodeEditorProps {
  value: string;
  onChange?: ((value: string) => void) | undefined;
  language: "json" | "sql" | "js" | "text";
  label: string;
  readOnly?: boolean | undefined;
  autoFocus?: boolean | undefined;
  /** Goes on behind the text instead of before it. */
  caretAtEnd?: boolean | undefined;
  invalid?: boolean | undefined;
  /** Ctrl Enter. */
  onRun?: (() => void) | undefined;
  className?: string | undefined;
}

const Editor = lazy(async () => ({ default: (await import("./CodeMirror")).CodeMirror }));

export function CodeEditor({ className, invalid, ...rest }: CodeEditorProps) {
  return (
    <div
      data-text-surface=""
      className={cx(
        "ring-field min-h-16 overflow-clip rounded-control border bg-bg-page",
        invalid ? "border-bad" : "border-line-control",
        className,
      )}
    >
      <Suspense fallback={<pre className="p-2 font-mono text-code text-ink-2">{rest.value}</pre>}>
        <Editor {...rest} />
      </Suspense>
    </div>
  );
}
