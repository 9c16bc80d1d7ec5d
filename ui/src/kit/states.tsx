/** What a region shows when it has no content: nothing yet, not yet, or not at all. */
import { CircleAlert, Copy } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { t } from "@/messages/en";
import { Button } from "./Button";
import { cx } from "./cx";

/** Left-aligned, in the place where the content will be. Title: what is absent. Then: how it would come. */
export function Empty({
  title,
  children,
  actions,
  className,
}: {
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  className?: string | undefined;
}) {
  return (
    <div className={cx("max-w-[560px] p-5", className)}>
      <h2 className="text-base leading-5 font-semibold">{title}</h2>
      {children ? <div className="leading-[18px] text-ink-2">{children}</div> : null}
      {actions ? <div className="mt-2 flex flex-wrap items-center gap-2">{actions}</div> : null}
    </div>
  );
}

/** Seconds since mount, from the moment they are worth saying. */
function useElapsed(): number {
  const [ms, setMs] = useState(0);
  useEffect(() => {
    const from = performance.now();
    const timer = setInterval(() => setMs(performance.now() - from), 100);
    return () => clearInterval(timer);
  }, []);
  return ms;
}

/** Nothing for 150 ms, then bars in the true column widths, after 600 ms a line with the time. */
export function Loading({
  what,
  columns = [60, 120, 40],
  rows = 3,
  stoppable = false,
  className,
}: {
  /** "Reading 50,214 rows" */
  what: string;
  columns?: readonly number[];
  rows?: number;
  stoppable?: boolean;
  className?: string | undefined;
}) {
  const ms = useElapsed();
  if (ms < 150) return <div aria-busy className={className} />;
  return (
    <div aria-busy role="status" aria-label={what} className={className}>
      <LoadingBars columns={columns} rows={rows} />
      {ms > 600 ? <LoadingLine what={what} seconds={ms / 1000} stoppable={stoppable} /> : null}
    </div>
  );
}

export function LoadingBars({ columns, rows }: { columns: readonly number[]; rows: number }) {
  return (
    <div aria-hidden className="border border-line">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex h-row items-center gap-10 border-b border-line px-2.5 last:border-b-0">
          {columns.map((width, column) => (
            <span
              key={column}
              className="h-2 shrink-0 bg-bg-active"
              style={{ width: column === 1 ? width * [1, 0.7, 1.17][row % 3]! : width }}
            />
          ))}
        </div>
      ))}
    </div>
  );
}

export function LoadingLine({ what, seconds, stoppable }: { what: string; seconds: number; stoppable: boolean }) {
  return (
    <div className="flex items-center justify-between pt-1 text-second text-ink-3">
      <span>{t("loading.long", { what, seconds: seconds.toFixed(1) })}</span>
      {stoppable ? <span>{t("loading.stop")}</span> : null}
    </div>
  );
}

/** A band in place: what happened, what still stands, one way on. Never a dialog, never only a toast. */
export function ErrorBand({
  title,
  children,
  action,
  details,
  className,
}: {
  title: ReactNode;
  /** What still stands, or what to do. */
  children?: ReactNode;
  action?: ReactNode;
  /** Raw text for "Copy details". */
  details?: string | undefined;
  className?: string | undefined;
}) {
  const [copied, setCopied] = useState(false);
  return (
    <div
      role="alert"
      className={cx("flex flex-wrap items-start gap-2 border-l-2 border-bad bg-bad-tint py-2 pr-2.5 pl-2.5", className)}
    >
      <CircleAlert aria-hidden size={15} className="mt-px text-bad" />
      <div className="min-w-0 flex-1 basis-44">
        <div className="font-medium text-ink">{title}</div>
        {children ? <div className="text-second text-ink-2">{children}</div> : null}
      </div>
      {details ? (
        <Button
          size="small"
          kind="ghost"
          icon={Copy}
          onClick={() => {
            void navigator.clipboard.writeText(details).then(() => setCopied(true));
          }}
        >
          {copied ? t("copied") : t("copyDetails")}
        </Button>
      ) : null}
      {action}
    </div>
  );
}

/** A note in warn: the thing works, and this is what to know first. */
export function Note({ kind = "draft", children, className }: { kind?: "draft" | "warn"; children: ReactNode; className?: string }) {
  return (
    <div
      className={cx(
        "border-l-2 px-3 py-2 text-second text-ink-2",
        kind === "draft" ? "border-draft bg-draft-tint" : "border-warn bg-warn-tint",
        className,
      )}
    >
      {children}
    </div>
  );
}
