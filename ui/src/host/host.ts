/**
 * What the studio asks of the house it lives in: a desktop window, or a page in a browser.
 * Records never pass here; they go through the SDK over the public routes.
 */
import type { Environment } from "@/kit/TitleBar";

export type Store = "sqlite" | "postgres";
export type Guard = "open" | "confirm" | "readonly";
export type ProjectState = "stopped" | "starting" | "running" | "failed";

export interface Project {
  readonly id: string;
  readonly name: string;
  /** Folder, or address of a remote instance. */
  readonly place: string;
  readonly store: Store;
  readonly state: ProjectState;
  /** What a starting project does right now, in words. */
  readonly step?: string;
  readonly error?: string;
  readonly port?: number;
  readonly url?: string;
  readonly sizeBytes?: number;
  /** ISO 8601 instants. */
  readonly startedAt?: string;
  readonly lastOpenedAt?: string;
  readonly template?: string;
  readonly kind: "local" | "remote";
  readonly environment: Environment;
  readonly guard: Guard;
}

export type TemplateId = "nothing" | "shop" | "blog" | "crm";

export interface NewProject {
  readonly name: string;
  readonly template: TemplateId;
  /** A SQLite file in the project's folder, or a database that exists already. */
  readonly store: Store;
  readonly databaseUrl?: string;
  /** The person agreed that Plinth's tables are made beside those of somebody else. */
  readonly besideExisting?: boolean;
  /** Where the folder is made; the projects folder of this computer unless given. */
  readonly place?: string;
}

export interface NewConnection {
  readonly name: string;
  readonly url: string;
  readonly environment: Environment;
  readonly guard: Guard;
  /** An access token, kept in the system keychain and never in this window. */
  readonly token?: string;
}

/** What may change of a connection: its secret belongs to its address. */
export type ConnectionEdit = Pick<NewConnection, "name" | "environment" | "guard">;

/** What answers at an address; what is absent was not told. */
export interface ConnectionReport {
  readonly reachable: boolean;
  /** Whether it is a Plinth. */
  readonly ours: boolean;
  readonly version?: string;
  readonly project?: string;
  readonly store?: Store;
  /** Why it cannot be connected to as it was asked. */
  readonly message?: string;
}

export interface PostgresReport {
  readonly reachable: boolean;
  readonly version?: string;
  /** Whether this user may create tables. */
  readonly canCreate?: boolean;
  readonly contents?: "empty" | "project" | "other";
  readonly tables?: number;
  readonly message?: string;
}

/** Where a new project would lie and answer. */
export interface Suggestion {
  readonly folder: string;
  readonly port: number;
  readonly url: string;
}

/** Who keeps secrets: the keychain, a sealed file (open or locked), or nobody beyond this launch. */
export type SecretKeeping = "keychain" | "sealed" | "locked" | "nowhere";

/** What the host refused, with the code the studio may switch on. */
export class HostError extends Error {
  override readonly name = "HostError";
  constructor(
    message: string,
    readonly code: string,
    readonly hint: string | undefined,
  ) {
    super(hint === undefined ? message : `${message}; ${hint}`);
  }
}

/** How to reach an open project. The token, when there is one, lives in memory only. */
export interface ProjectSession {
  readonly url: string;
  readonly token?: string;
}

export interface ProjectsHost {
  list(): Promise<readonly Project[]>;
  create(project: NewProject): Promise<Project>;
  /**
   * Asks for a folder unless a folder or a SQLite file is given; `null` when the person changed their
   * mind. A file with tables of somebody else is refused (`TABLES_OF_ITS_OWN`) until the person
   * agreed that Plinth's tables are made beside them.
   */
  open(place?: string, besideExisting?: boolean): Promise<Project | null>;
  connect(connection: NewConnection): Promise<Project>;
  /** Asks what answers there, and keeps nothing. */
  testConnection(url: string, token?: string): Promise<ConnectionReport>;
  /** A lower guard is asked about by the desktop; a no refuses the change (`GUARD_NOT_LOWERED`). */
  editConnection(id: string, edit: ConnectionEdit): Promise<Project>;
  /** `null` where no project can be made. */
  suggest(name: string): Promise<Suggestion | null>;
  /** The password is asked for when nobody keeps it (`SECRET_NEEDED`). */
  start(id: string, password?: string): Promise<Project>;
  stop(id: string): Promise<Project>;
  rename(id: string, name: string): Promise<Project>;
  duplicate(id: string): Promise<Project>;
  /** Forgets the project, or deletes its folder as well. */
  remove(id: string, deleteFiles: boolean): Promise<void>;
  reveal(id: string): Promise<void>;
  logs(id: string, lines: number): Promise<readonly string[]>;
  testPostgres(url: string): Promise<PostgresReport>;
  session(id: string): Promise<ProjectSession>;
  /** The person has come into the project: from now it is the last one opened. */
  opened(id: string): Promise<void>;
  /** Called whenever the list may have changed. Returns how to stop. */
  watch(onChange: () => void): () => void;
}

export interface SecretsHost {
  state(): Promise<SecretKeeping>;
  /** Opens the sealed file, or makes it. */
  unlock(masterPassword: string): Promise<SecretKeeping>;
}

export interface WindowHost {
  minimize(): void;
  toggleMaximize(): void;
  close(): void;
  /** Ends the program, whatever runs. */
  quit(): void;
  /** What this program is, in a dialog of the system. */
  about(): void;
  readonly menu: MenuHost;
}

/** A line of the application's menu, which the system draws. */
export type MenuLine =
  | { readonly kind: "separator" }
  | { readonly kind: "submenu"; readonly label: string; readonly lines: readonly MenuLine[] }
  | {
      readonly kind: "command";
      readonly id: string;
      readonly label: string;
      readonly keys: string | undefined;
      readonly enabled: boolean;
      /** Of a choice: whether it is the one that holds. */
      readonly on: boolean | undefined;
    };

/** Colours of the window, as `#rrggbb`. */
export interface MenuLook {
  readonly paper: string;
  readonly edge: string;
  readonly ink: string;
  readonly quiet: string;
  readonly faint: string;
  readonly current: string;
}

export interface MenuHost {
  /** Opens it at a place of the page; by a key, its first line has the focus. */
  open(lines: readonly MenuLine[], at: { readonly x: number; readonly y: number }, byKey: boolean, look: MenuLook): void;
  /** Fills the bar that the system has for menus; elsewhere nothing. */
  fillBar(lines: readonly MenuLine[]): void;
  /** Called with the id of the command that was chosen. Returns how to stop. */
  watch(onChosen: (id: string) => void): () => void;
}

/** Small things about the window that outlive it: no record and no secret. */
export interface LayoutHost {
  /** What was kept under a key; nothing when nothing was. */
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
}

export interface Host {
  readonly kind: "desktop" | "browser";
  readonly projects: ProjectsHost;
  readonly layout: LayoutHost;
  /** Present when the window has no frame of its own. */
  readonly window: WindowHost | null;
  /** Present where this computer keeps secrets for the studio. */
  readonly secrets: SecretsHost | null;
  /** Tells news to a person who looks elsewhere, where the system has a way to. */
  readonly notify: ((title: string, body: string) => void) | null;
  readonly pickFolder: (() => Promise<string | null>) | null;
  /** Asks for a database file. */
  readonly pickFile: (() => Promise<string | null>) | null;
  /** Asks where a file goes and writes it there; `false` when the person changed their mind. */
  readonly saveFile: ((name: string, content: Blob) => Promise<boolean>) | null;
}
