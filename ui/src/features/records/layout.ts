/**
 * Which columns in which order, which of them stand still, and how wide each is. Remembered by
 * collection on this computer without being asked; a saved view brings its own.
 */
import { useCallback, useEffect } from "react";
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import { journal } from "@/host/journal";
import { keep } from "@/host/keep";

export interface Layout {
  /** Field names in order; null shows the usual ones. */
  readonly columns: readonly string[] | null;
  readonly pinned: readonly string[];
  readonly widths: Readonly<Record<string, number>>;
}

export const PLAIN_LAYOUT: Layout = { columns: null, pinned: [], widths: {} };

const WIDTH_MIN = 40;
const WIDTH_MAX = 800;

const layouts = createStore<ReadonlyMap<string, Layout>>(() => new Map());

function put(key: string, layout: Layout): void {
  layouts.setState(new Map(layouts.getState()).set(key, layout), true);
}

/** A width as a drag or a key leaves it. */
export function within(width: number): number {
  return Math.round(Math.max(WIDTH_MIN, Math.min(width, WIDTH_MAX)));
}

/** Whatever was stored, in the shape of a layout; what is no layout is none. */
export function readLayout(raw: unknown): Layout {
  if (typeof raw !== "object" || raw === null) return PLAIN_LAYOUT;
  const { columns, pinned, widths } = raw as Record<string, unknown>;
  const names = (list: unknown): string[] => (Array.isArray(list) ? list.filter((name): name is string => typeof name === "string") : []);
  const wide = typeof widths === "object" && widths !== null ? Object.entries(widths) : [];
  return {
    columns: names(columns).length > 0 ? names(columns) : null,
    pinned: names(pinned),
    widths: Object.fromEntries(
      wide.flatMap(([field, width]) => {
        const px = Math.round(Number(width));
        return px >= WIDTH_MIN && px <= WIDTH_MAX ? [[field, px]] : [];
      }),
    ),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/**
 * The layout of a collection, `null` for the moment it is fetched. With a saved view it begins as
 * that view says, and is not remembered beyond the window.
 */
export function useLayout(
  project: string,
  collection: string,
  saved: { readonly id: string; readonly layout: Layout } | null,
): { readonly layout: Layout | null; readonly change: (part: (now: Layout) => Partial<Layout>) => void } {
  const own = `layout:${project}:${collection}`;
  const key = saved ? `${own}:${saved.id}` : own;
  const layout = useStore(layouts, (all) => all.get(key));
  useEffect(() => {
    if (layouts.getState().has(key)) return undefined;
    if (saved) {
      put(key, saved.layout);
      return undefined;
    }
    let gone = false;
    const take = (text: string | null): void => {
      if (!gone && !layouts.getState().has(key)) put(key, text === null ? PLAIN_LAYOUT : readLayout(parsed(text)));
    };
    journal.read(key).then(take, () => take(null));
    return () => {
      gone = true;
    };
  }, [key, saved]);
  const remembered = saved === null;
  const change = useCallback(
    (part: (now: Layout) => Partial<Layout>) => {
      const now = layouts.getState().get(key) ?? PLAIN_LAYOUT;
      const next = { ...now, ...part(now) };
      put(key, next);
      if (remembered) keep(key, JSON.stringify(next));
    },
    [key, remembered],
  );
  return { layout: layout ?? saved?.layout ?? null, change };
}
