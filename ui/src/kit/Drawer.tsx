import { X } from "lucide-react";
import { useRef, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { t } from "@/messages/en";
import { IconButton } from "./Button";
import { cx } from "./cx";

/**
 * The inspector region at the right: never a floating sheet over data one must compare with.
 * Its left edge drags and takes the arrow keys; the caller keeps the width per kind.
 */
export function Drawer({
  title,
  actions,
  onClose,
  children,
  foot,
  width,
  onWidth,
  label,
  className,
}: {
  title: ReactNode;
  actions?: ReactNode;
  onClose?: (() => void) | undefined;
  children: ReactNode;
  foot?: ReactNode;
  width: number;
  onWidth?: ((width: number) => void) | undefined;
  /** Names the region for people who cannot see it. */
  label: string;
  className?: string | undefined;
}) {
  const start = useRef({ x: 0, width });
  const clamp = (next: number) => Math.min(720, Math.max(280, next));
  const down = (event: PointerEvent<HTMLDivElement>) => {
    start.current = { x: event.clientX, width };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    onWidth?.(clamp(start.current.width + start.current.x - event.clientX));
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === "ArrowLeft") onWidth?.(clamp(width + 16));
    else if (event.key === "ArrowRight") onWidth?.(clamp(width - 16));
    else return;
    event.preventDefault();
  };
  return (
    <aside
      aria-label={label}
      data-drawer=""
      className={cx(
        "relative flex h-full max-w-[92vw] shrink-0 flex-col border-l border-line bg-bg-sunk max-[1100px]:absolute max-[1100px]:inset-y-0 max-[1100px]:right-0 max-[1100px]:z-30 max-[1100px]:shadow-float",
        className,
      )}
      style={{ width }}
    >
      {onWidth ? (
        <div
          role="separator"
          aria-orientation="vertical"
          aria-label={label}
          aria-valuenow={width}
          aria-valuemin={280}
          aria-valuemax={720}
          tabIndex={0}
          onPointerDown={down}
          onPointerMove={drag}
          onKeyDown={key}
          className="absolute inset-y-0 -left-1 z-10 w-2 cursor-col-resize"
        />
      ) : null}
      <header className="flex h-10 shrink-0 items-center gap-2 border-b border-line px-4">
        <div className="flex min-w-0 flex-1 items-center gap-2 text-title font-semibold">{title}</div>
        {actions}
        {onClose ? <IconButton icon={X} label={t("close")} keys="Escape" onClick={onClose} className="-mr-1" /> : null}
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
      {foot}
    </aside>
  );
}

/** A block of a drawer: title and quiet words in one line, then its content; hairline below. */
export function DrawerSection({
  title,
  note,
  actions,
  children,
}: {
  title?: ReactNode;
  note?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="border-b border-line px-4 py-4 last:border-b-0">
      {title ? (
        <div className="mb-2 flex items-center gap-2">
          <h3 className="text-base font-semibold">{title}</h3>
          {note ? <span className="min-w-0 flex-1 truncate text-second text-ink-3">{note}</span> : <span className="flex-1" />}
          {actions}
        </div>
      ) : null}
      {children}
    </section>
  );
}
