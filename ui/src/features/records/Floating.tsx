import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { createPortal } from "react-dom";
import { cx } from "@/kit/cx";
import { useWayBack } from "@/kit/focus";

export interface Anchor {
  readonly left: number;
  readonly top: number;
  readonly bottom: number;
  readonly width: number;
}

export function anchorOf(element: Element): Anchor {
  const { left, top, bottom, width } = element.getBoundingClientRect();
  return { left, top, bottom, width };
}

/**
 * A card that hangs on what it belongs to: a cell, a pill, a button. Esc and a press outside close
 * it, and the focus goes back to where it was.
 */
export function Floating({
  anchor,
  label,
  onClose,
  children,
  className,
  passive = false,
}: {
  anchor: Anchor;
  label: string;
  onClose: () => void;
  children: ReactNode;
  className?: string | undefined;
  /** Only shows: takes no focus, and a press outside is none of its business. */
  passive?: boolean;
}) {
  useWayBack(!passive);
  const card = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  });
  // Asked while rendering: by the first effect the card has taken the focus already.
  const [before] = useState(() => document.activeElement);
  const [place, setPlace] = useState<{ left: number; top: number } | null>(null);
  const { left, top, bottom } = anchor;

  useLayoutEffect(() => {
    const node = card.current;
    if (!node) return undefined;
    const fit = () => {
      const { offsetWidth: width, offsetHeight: height } = node;
      const below = bottom + 4;
      const room = window.innerHeight - below - 8;
      setPlace({
        left: Math.max(8, Math.min(left, window.innerWidth - width - 8)),
        top: height <= room || top < height + 12 ? Math.min(below, Math.max(8, window.innerHeight - height - 8)) : top - height - 4,
      });
    };
    fit();
    const observer = new ResizeObserver(fit);
    observer.observe(node);
    return () => observer.disconnect();
  }, [left, top, bottom]);

  useEffect(() => {
    if (passive) return undefined;
    const down = (event: PointerEvent) => {
      const target = event.target as Element | null;
      // Menus opened from inside live in their own layer and belong to the card.
      if (!card.current?.contains(target) && !target?.closest("[role=listbox],[role=menu]")) close.current();
    };
    document.addEventListener("pointerdown", down, true);
    return () => {
      document.removeEventListener("pointerdown", down, true);
      if (before instanceof HTMLElement && (document.activeElement === document.body || document.activeElement === null)) {
        before.focus({ preventScroll: true });
      }
    };
  }, [passive, before]);

  return createPortal(
    <div
      ref={card}
      role="dialog"
      aria-label={label}
      onKeyDown={(event) => {
        // Single keys belong to the card; what Ctrl means, it means everywhere.
        if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
        if (event.key === "Escape") {
          event.preventDefault();
          close.current();
        }
      }}
      className={cx(
        "fixed z-40 max-h-[70vh] max-w-[calc(100vw-16px)] overflow-auto rounded-float bg-bg-float shadow-float outline-none",
        className,
      )}
      style={place ?? { left, top: bottom + 4, opacity: 0 }}
    >
      {children}
    </div>,
    document.body,
  );
}
