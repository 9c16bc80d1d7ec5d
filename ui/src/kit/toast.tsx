import { Check, X } from "lucide-react";
import { useEffect } from "react";
import { create } from "zustand";
import { t } from "@/messages/en";
import { cx } from "./cx";
import { formatKeys } from "./keys";

export interface ToastSpec {
  kind: "done" | "failed";
  text: string;
  action?: { label: string; keys?: string | undefined; run: () => void } | undefined;
}
interface Toast extends ToastSpec {
  id: number;
}

const useToasts = create<{ toasts: readonly Toast[] }>(() => ({ toasts: [] }));
let next = 1;

/** Said after the server has answered, never before. An error also stands where it happened. */
export function toast(spec: ToastSpec): () => void {
  const id = next;
  next += 1;
  useToasts.setState((state) => ({ toasts: [...state.toasts, { ...spec, id }].slice(-2) }));
  return () => dismiss(id);
}

function dismiss(id: number): void {
  useToasts.setState((state) => ({ toasts: state.toasts.filter((entry) => entry.id !== id) }));
}

/** Ten seconds for what went well, so that undo can be reached; errors stay until closed. */
const DONE_MS = 10_000;

export function ToastCard({ spec, onClose }: { spec: ToastSpec; onClose?: (() => void) | undefined }) {
  const failed = spec.kind === "failed";
  const Icon = failed ? X : Check;
  return (
    <div
      role={failed ? "alert" : "status"}
      className="flex min-h-9 max-w-[520px] items-center gap-2 rounded-float bg-bg-float py-1.5 pr-3.5 pl-3.5 shadow-float"
    >
      <Icon aria-hidden size={14} className={cx("stroke-meaning", failed ? "text-bad" : "text-ok")} />
      <span className="min-w-0 flex-1">{spec.text}</span>
      {spec.action ? (
        <button
          type="button"
          className="ml-4 shrink-0 rounded-control px-1 text-second font-medium text-ink-2 hover:bg-bg-hover"
          onClick={() => {
            spec.action?.run();
            onClose?.();
          }}
        >
          {spec.action.label}
          {spec.action.keys ? (
            <span aria-hidden className="ml-2 text-hint font-normal text-ink-3">
              {formatKeys(spec.action.keys)}
            </span>
          ) : null}
        </button>
      ) : null}
      {failed && onClose ? (
        <button
          type="button"
          aria-label={t("close")}
          className="ml-1 shrink-0 rounded-control p-1 text-ink-2 hover:bg-bg-hover"
          onClick={onClose}
        >
          <X aria-hidden size={12} />
        </button>
      ) : null}
    </div>
  );
}

function Timed({ entry }: { entry: Toast }) {
  useEffect(() => {
    if (entry.kind === "failed") return;
    const timer = setTimeout(() => dismiss(entry.id), DONE_MS);
    return () => clearTimeout(timer);
  }, [entry]);
  return <ToastCard spec={entry} onClose={() => dismiss(entry.id)} />;
}

export function Toaster() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <div
      aria-label={t("toast.region")}
      role="region"
      className="toaster pointer-events-none fixed right-4 z-70 flex flex-col items-end gap-1.5 *:pointer-events-auto"
    >
      {toasts.map((entry) => (
        <Timed key={entry.id} entry={entry} />
      ))}
    </div>
  );
}
