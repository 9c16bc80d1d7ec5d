/** The page that a Plinth server serves: one instance, and addresses of others it remembers. */
import type { Environment } from "@/kit/TitleBar";
import { HERE } from "./index";
import { HostError, type Host, type LayoutHost, type NewConnection, type Project, type ProjectsHost } from "./host";

const REMEMBERED = "plinth.connections";

interface Remembered {
  id: string;
  name: string;
  url: string;
  environment: Environment;
}

function recall(): Remembered[] {
  try {
    const parsed: unknown = JSON.parse(localStorage.getItem(REMEMBERED) ?? "[]");
    return Array.isArray(parsed) ? (parsed as Remembered[]) : [];
  } catch {
    return [];
  }
}

function remember(connections: readonly Remembered[]): void {
  localStorage.setItem(REMEMBERED, JSON.stringify(connections));
}

/** What a page cannot do, said where it was asked. */
function desktopOnly(what: string): never {
  throw new HostError(`${what} needs the desktop app`, "DESKTOP_ONLY", "a browser page has no access to this computer");
}

async function here(): Promise<Project> {
  const base = {
    id: HERE,
    place: location.host,
    url: location.origin,
    port: Number(location.port || (location.protocol === "https:" ? 443 : 80)),
    kind: "local" as const,
    environment: "local" as const,
    guard: "open" as const,
  };
  try {
    const answer = await fetch("/health", { credentials: "include" });
    const body = (await answer.json()) as { store?: unknown; project?: unknown };
    const name =
      typeof body.project === "string"
        ? body.project
        : typeof body.project === "object" && body.project !== null && "name" in body.project
          ? String(body.project.name)
          : location.host;
    const store = body.store === "postgres" ? ("postgres" as const) : ("sqlite" as const);
    if (!answer.ok) {
      return { ...base, name, store, state: "failed", error: `GET /health answered ${String(answer.status)}` };
    }
    return { ...base, name, store, state: "running" };
  } catch {
    return { ...base, name: location.host, store: "sqlite", state: "failed", error: `no answer from ${location.host}` };
  }
}

function remote(entry: Remembered): Project {
  return {
    id: entry.id,
    name: entry.name,
    place: entry.url,
    url: entry.url,
    store: "sqlite",
    state: "stopped",
    kind: "remote",
    environment: entry.environment,
    guard: "open",
  };
}

const listeners = new Set<() => void>();
const changed = () => listeners.forEach((listener) => listener());

const projects: ProjectsHost = {
  list: async () => [await here(), ...recall().map(remote)],
  create: async () => desktopOnly("making a project"),
  open: async () => desktopOnly("opening a folder"),
  connect: async (connection: NewConnection) => {
    const url = new URL(connection.url).origin;
    const entry: Remembered = {
      id: url.replace(/[^a-z0-9]+/gi, "-"),
      name: connection.name,
      url,
      environment: connection.environment,
    };
    remember([...recall().filter((old) => old.id !== entry.id), entry]);
    changed();
    return remote(entry);
  },
  testConnection: async () => desktopOnly("testing a connection"),
  editConnection: async () => desktopOnly("changing a connection"),
  suggest: async () => null,
  start: async () => desktopOnly("starting a backend"),
  stop: async () => desktopOnly("stopping a backend"),
  rename: async (id, name) => {
    const entries = recall();
    const entry = entries.find((old) => old.id === id);
    if (!entry) return desktopOnly("renaming this instance");
    entry.name = name;
    remember(entries);
    changed();
    return remote(entry);
  },
  duplicate: async () => desktopOnly("duplicating a project"),
  remove: async (id) => {
    remember(recall().filter((old) => old.id !== id));
    changed();
  },
  reveal: async () => desktopOnly("showing a folder"),
  logs: async () => desktopOnly("reading the log"),
  testPostgres: async () => desktopOnly("trying a database"),
  session: async () => ({ url: location.origin }),
  opened: async () => undefined,
  watch: (onChange) => {
    listeners.add(onChange);
    return () => listeners.delete(onChange);
  },
};

const LAYOUT = "plinth.layout.";

const layout: LayoutHost = {
  get: async (key) => JSON.parse(localStorage.getItem(LAYOUT + key) ?? "null") as unknown,
  set: async (key, value) => localStorage.setItem(LAYOUT + key, JSON.stringify(value)),
};

export const browserHost: Host = { kind: "browser", projects, layout, window: null, secrets: null, notify: null, pickFolder: null, pickFile: null, saveFile: null };
