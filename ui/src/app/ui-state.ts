import { create } from "zustand";
import { host } from "@/host";

/** A document of the tab strip. Two tabs with one key are the same document. */
export interface DocumentTab {
  readonly key: string;
  readonly kind: "data" | "schema" | "access" | "api" | "reports" | "queries" | "users" | "mail" | "settings";
  /** The collection, for documents that are one. */
  readonly collection?: string | undefined;
}

interface UiState {
  readonly sidebar: boolean;
  readonly palette: boolean;
  readonly sheet: boolean;
  readonly settings: boolean;
  readonly sessions: boolean;
  readonly factor: boolean;
  /** Open documents, by person and project (`personOn`). */
  readonly tabs: Readonly<Record<string, readonly DocumentTab[]>>;
  readonly closedFolders: ReadonlySet<string>;
}

export const useUi = create<UiState>(() => ({
  sidebar: true,
  palette: false,
  sheet: false,
  settings: false,
  sessions: false,
  factor: false,
  tabs: {},
  closedFolders: new Set(["system"]),
}));

/** Under which the layout of the window is kept. */
const KEPT = "studio";

type Layout = Pick<UiState, "sidebar" | "tabs" | "closedFolders">;

const isTab = (tab: unknown): tab is DocumentTab =>
  typeof tab === "object" && tab !== null && "key" in tab && typeof tab.key === "string" && "kind" in tab && typeof tab.kind === "string" && Object.hasOwn(KINDS, tab.kind);
const KINDS: Readonly<Record<DocumentTab["kind"], true>> = { data: true, schema: true, access: true, api: true, reports: true, queries: true, users: true, mail: true, settings: true };

/** What was kept, as far as it is what we keep: another version may have written it. */
function layoutOf(kept: unknown): Partial<Layout> {
  if (typeof kept !== "object" || kept === null) return {};
  const { sidebar, tabs, closedFolders } = kept as Readonly<Record<string, unknown>>;
  return {
    ...(typeof sidebar === "boolean" ? { sidebar } : {}),
    ...(Array.isArray(closedFolders) ? { closedFolders: new Set(closedFolders.filter((id) => typeof id === "string")) } : {}),
    ...(typeof tabs === "object" && tabs !== null
      ? { tabs: Object.fromEntries(Object.entries(tabs).map(([person, open]) => [person, Array.isArray(open) ? open.filter(isTab) : []])) }
      : {}),
  };
}

/** Before the first render: the window as it was left. From then on every change of it is kept. */
export async function recallLayout(): Promise<void> {
  const { layout } = host();
  // A layout that cannot be read or kept costs its memory and nothing else.
  useUi.setState(layoutOf(await layout.get(KEPT).catch(() => null)));
  useUi.subscribe(({ sidebar, tabs, closedFolders }, before) => {
    if (sidebar === before.sidebar && tabs === before.tabs && closedFolders === before.closedFolders) return;
    layout.set(KEPT, { sidebar, tabs, closedFolders: [...closedFolders] }).catch(() => undefined);
  });
}

export function openTab(person: string, tab: DocumentTab): void {
  useUi.setState((state) => {
    const open = state.tabs[person] ?? [];
    if (open.some((entry) => entry.key === tab.key)) return state;
    return { tabs: { ...state.tabs, [person]: [...open, tab] } };
  });
}

/** Closes a tab and tells which one to show instead when it was the current one. */
export function closeTab(person: string, key: string): DocumentTab | null {
  const open = useUi.getState().tabs[person] ?? [];
  const at = open.findIndex((entry) => entry.key === key);
  const rest = open.filter((entry) => entry.key !== key);
  useUi.setState((state) => ({ tabs: { ...state.tabs, [person]: rest } }));
  return rest[Math.min(at, rest.length - 1)] ?? null;
}

export function toggleFolder(id: string): void {
  useUi.setState((state) => {
    const next = new Set(state.closedFolders);
    if (!next.delete(id)) next.add(id);
    return { closedFolders: next };
  });
}
