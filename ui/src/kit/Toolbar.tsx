import type { ReactNode } from "react";
import { cx } from "./cx";

/** 40 px: title, view and filters at the left; rare tools as icons; one outlined action at the right. */
export function Toolbar({ title, children, right, className }: { title?: ReactNode; children?: ReactNode; right?: ReactNode; className?: string }) {
  return (
    <div className={cx("flex min-h-10 shrink-0 flex-wrap items-center gap-2 border-b border-line bg-bg-page px-3 py-1", className)}>
      {title ? <h1 className="min-w-0 max-w-80 truncate text-title font-semibold">{title}</h1> : null}
      {children}
      <div className="ml-auto flex flex-wrap items-center justify-end gap-2">{right}</div>
    </div>
  );
}

/** A hairline between groups of tools. */
export function ToolbarRule({ className }: { className?: string }) {
  return <span aria-hidden className={cx("mx-1 h-4 w-px bg-line-strong", className)} />;
}
