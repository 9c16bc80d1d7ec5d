import { create } from "zustand";

/** A document of the tab strip. Two tabs with one key are the same document. */
export interface DocumentTab {
  readonly key: string;
  readonly kind: "data" | "schema" | "access" | "api";
  /** The collection, for documents that are one. */
  readonly collection?: string | undefined;
}

interface UiState {
  readonly sidebar: boolean;
  readonly palette: boolean;
  readonly sheet: boolean;
  readonly settings: boolean;
  /** Open documents, by project. */
  readonly tabs: Readonly<Record<string, readonly DocumentTab[]>>;
  readonly closedFolders: ReadonlySet<string>;
}

export const useUi = create<UiState>(() => ({
  sidebar: true,
  palette: false,
  sheet: false,
  settings: false,
  tabs: {},
  closedFolders: new Set(["system"]),
}));

export function openTab(project: string, tab: DocumentTab): void {
  useUi.setState((state) => {
    const open = state.tabs[project] ?? [];
    if (open.some((entry) => entry.key === tab.key)) return state;
    return { tabs: { ...state.tabs, [project]: [...open, tab] } };
  });
}

/** Closes a tab and tells which one to show instead when it was the current one. */
export function closeTab(project: string, key: string): DocumentTab | null {
  const open = useUi.getState().tabs[project] ?? [];
  const at = open.findIndex((entry) => entry.key === key);
  const rest = open.filter((entry) => entry.key !== key);
  useUi.setState((state) => ({ tabs: { ...state.tabs, [project]: rest } }));
  return rest[Math.min(at, rest.length - 1)] ?? null;
}

export function toggleFolder(id: string): void {
  useUi.setState((state) => {
    const next = new Set(state.closedFolders);
    if (!next.delete(id)) next.add(id);
    return { closedFolders: next };
  });
}
