/** The status bar of the shell, and the way a screen puts its facts into it. */
import { useEffect, useState, type ReactNode } from "react";
import { createPortal } from "react-dom";
import { create } from "zustand";

const useSlots = create<{ left: HTMLElement | null; right: HTMLElement | null }>(() => ({
  left: null,
  right: null,
}));

/** 24 px. Left: connection, scope, timing. Right: what is open, conventions, the shortcut sheet. */
export function StatusBar({ left, right }: { left: ReactNode; right: ReactNode }) {
  return (
    <footer className="flex h-6 shrink-0 items-center gap-4 border-t border-line bg-bg-window px-3 text-hint whitespace-nowrap text-ink-2">
      {left}
      <span className="flex min-w-0 flex-1 items-center gap-4 overflow-clip" ref={(node) => useSlots.setState({ left: node })} />
      <span className="flex items-center gap-4" ref={(node) => useSlots.setState({ right: node })} />
      {right}
    </footer>
  );
}

/** A fact of this screen, in the status bar while the screen stands. */
export function Status({ side = "left", children }: { side?: "left" | "right"; children: ReactNode }) {
  const slot = useSlots((state) => state[side]);
  const [mounted, setMounted] = useState(false);
  useEffect(() => setMounted(true), []);
  return mounted && slot ? createPortal(<span>{children}</span>, slot) : null;
}
