/**
 * How screens stand, kept in the journal: at once, but not with every pixel of a drag. A screen that
 * is left, or a page that is closed, has kept what it showed last.
 */
import { journal } from "./journal";

/** A write of one key is at least so far from the next. */
const PAUSE_MS = 300;

interface Turn {
  timer: ReturnType<typeof setTimeout>;
  /** What came meanwhile. */
  next: string | undefined;
}

const turns = new Map<string, Turn>();

/** What cannot be kept costs its memory and nothing else. */
const write = (key: string, text: string): void => void journal.write(key, text).catch(() => undefined);

function pause(key: string): void {
  const timer = setTimeout(() => {
    const next = turns.get(key)?.next;
    turns.delete(key);
    if (next !== undefined) keep(key, next);
  }, PAUSE_MS);
  turns.set(key, { timer, next: undefined });
}

export function keep(key: string, text: string): void {
  const turn = turns.get(key);
  if (turn) {
    turn.next = text;
    return;
  }
  write(key, text);
  pause(key);
}

function keepNow(): void {
  for (const [key, { timer, next }] of turns) {
    clearTimeout(timer);
    if (next !== undefined) write(key, next);
  }
  turns.clear();
}

if (typeof window !== "undefined") window.addEventListener("pagehide", keepNow);
