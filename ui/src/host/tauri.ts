/** The desktop window. The only file that speaks to the shell; loaded only inside it. */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { getCurrentWindow } from "@tauri-apps/api/window";
import { open as openDialog } from "@tauri-apps/plugin-dialog";
import {
  HostError,
  type ConnectionReport,
  type Host,
  type PostgresReport,
  type Project,
  type ProjectSession,
  type ProjectsHost,
  type SecretKeeping,
  type Suggestion,
} from "./host";

/** A command of ours rejects with `{code, message, hint?}`, or with plain text from the shell. */
async function call<Answer>(command: string, args?: Record<string, unknown> | Blob, headers?: Record<string, string>): Promise<Answer> {
  try {
    const payload = args instanceof Blob ? new Uint8Array(await args.arrayBuffer()) : args;
    return await invoke<Answer>(command, payload, headers ? { headers } : undefined);
  } catch (fault) {
    if (typeof fault === "object" && fault !== null && "message" in fault) {
      const code = "code" in fault ? String(fault.code) : "INTERNAL";
      const hint = "hint" in fault && typeof fault.hint === "string" ? fault.hint : undefined;
      throw new HostError(String(fault.message), code, hint);
    }
    throw new HostError(String(fault), "INTERNAL", undefined);
  }
}

async function pickFolder(): Promise<string | null> {
  return await openDialog({ directory: true, multiple: false });
}

async function pickFile(): Promise<string | null> {
  return await openDialog({
    multiple: false,
    filters: [
      { name: "SQLite", extensions: ["db", "sqlite", "sqlite3", "db3"] },
      { name: "*", extensions: ["*"] },
    ],
  });
}

const projects: ProjectsHost = {
  list: () => call<Project[]>("projects_list"),
  create: (project) => call<Project>("project_new", { project }),
  open: async (place, besideExisting = false) => {
    const path = place ?? (await pickFolder());
    return path === null ? null : await call<Project>("project_open", { path, besideExisting });
  },
  connect: (connection) => call<Project>("connection_add", { connection }),
  testConnection: (url, token) => call<ConnectionReport>("connection_test", { url, token }),
  editConnection: (id, connection) => call<Project>("connection_edit", { id, connection }),
  suggest: (name) => call<Suggestion>("project_suggest", { name }),
  start: (id, password) => call<Project>("project_start", { id, password }),
  stop: (id) => call<Project>("project_stop", { id }),
  rename: (id, name) => call<Project>("project_rename", { id, name }),
  duplicate: (id) => call<Project>("project_duplicate", { id }),
  remove: (id, deleteFiles) => call("project_remove", { id, deleteFiles }),
  reveal: (id) => call("project_reveal", { id }),
  logs: (id, lines) => call<string[]>("project_log_tail", { id, lines }),
  testPostgres: (url) => call<PostgresReport>("postgres_test", { url }),
  session: (id) => call<ProjectSession>("project_session", { id }),
  opened: async (id) => {
    await call("project_opened", { id });
  },
  watch: (onChange) => {
    const stop = listen("projects-changed", onChange);
    return () => void stop.then((off) => off());
  },
};

export const tauriHost: Host = {
  kind: "desktop",
  projects,
  layout: {
    get: (key) => call<unknown>("layout_get", { key }),
    set: (key, value) => call("layout_set", { key, value }),
  },
  window: {
    minimize: () => void getCurrentWindow().minimize(),
    toggleMaximize: () => void getCurrentWindow().toggleMaximize(),
    close: () => void getCurrentWindow().close(),
    quit: () => void call("quit"),
    about: () => void call("about"),
    menu: {
      open: (lines, { x, y }, byKey, look) => void call("menu_open", { ask: { lines, x, y, byKey, look } }),
      fillBar: (lines) => void call("menu_bar", { lines }),
      watch: (onChosen) => {
        const stop = listen<string>("menu-chosen", ({ payload }) => onChosen(payload));
        return () => void stop.then((off) => off());
      },
    },
  },
  notify: (title, body) => void call("notice", { title, body }),
  secrets: {
    state: () => call<SecretKeeping>("secrets_state"),
    unlock: (password) => call<SecretKeeping>("secrets_unlock", { password }),
  },
  pickFolder,
  pickFile,
  // The shell shows the dialog and writes: this window never names a file.
  saveFile: (name, content) => call<boolean>("file_save", content, { "file-name": encodeURIComponent(name) }),
};
