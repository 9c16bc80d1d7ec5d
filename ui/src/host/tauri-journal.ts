/** Drafts in the data folder of the desktop program: they outlive the webview's own storage. */
import { invoke } from "@tauri-apps/api/core";
import type { Journal } from "@/lib/pending";

export const folderJournal: Journal = {
  read: async (key) => await invoke<string | null>("draft_read", { key }),
  write: async (key, text) => await invoke("draft_write", { key, text }),
  remove: async (key) => await invoke("draft_remove", { key }),
};
