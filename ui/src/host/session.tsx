/**
 * One open project: its client, its pending changes, and who is signed in. Features reach the
 * backend through `useSession()` and nothing else.
 */
import { createPlinth, MemoryAdapter, type AccessReport, type AnyCollections, type Plinth, type SchemaInfo, type User } from "@plinth/sdk";
import { queryOptions, useQuery, type QueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { readCollection, type CollectionInfo } from "@/lib/fields";
import { createPending, type Pending } from "@/lib/pending";
import type { Project } from "./host";
import { host } from "./index";
import { drafts } from "./journal";

/** Of every number the digits that are stored. */
export type Client = Plinth<AnyCollections, "exact">;

export interface Connection {
  readonly url: string;
  readonly client: Client;
  /** The desktop proves itself with a token; a page with the cookie of its session. */
  readonly token: string | undefined;
  /** What shows the view of somebody else with every request, where one is open. */
  readonly persona?: string | undefined;
}

export interface Session extends Connection {
  readonly project: Project;
  readonly user: User | null;
  /** Open work of this person alone. */
  readonly pending: Pending;
  /** The viewer's own connection, while somebody else's eyes are borrowed. */
  readonly viewer?: Connection | undefined;
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession() stands outside an open project");
  return session;
}

const connections = new Map<string, { token: string | undefined; connection: Connection }>();

/** The same connection for the whole life of the window. */
export async function connectionOf(project: Project): Promise<Connection> {
  const { url, token } = await host().projects.session(project.id);
  const known = connections.get(project.id);
  if (known && known.token === token && known.connection.url === url) return known.connection;
  const client = createPlinth({
    url,
    numbers: "exact",
    strict: true,
    // How the history of a row names who wrote.
    headers: { "X-Plinth-Source": "studio" },
    storage: new MemoryAdapter(),
    // A token of the desktop is good for one launch; a page keeps none and relies on its cookie.
    ...(token === undefined ? { authMode: "cookie", credentials: "include" } : { token }),
  });
  const connection: Connection = { url, token, client };
  connections.set(project.id, { token, connection });
  return connection;
}

/**
 * One person on one project: what the window keeps of their work is kept under it, so that who signs
 * in next in the same window is shown none of it.
 */
export function personOn(project: string, user: string | undefined): string {
  return `${project}:${user ?? ""}`;
}

const works = new Map<string, Pending>();

/**
 * The open work of one person on a project, which outlives screens. It holds values as that person
 * read them, so whoever signs in next in the same window has work, and a draft, of their own.
 */
export function workOf(project: string, user: string): Pending {
  const key = `pending:${personOn(project, user)}`;
  const known = works.get(key);
  if (known) return known;
  const made = createPending({ journal: drafts, journalKey: key });
  works.set(key, made);
  return made;
}

/** Whether this browser was signed in here before: then a spent cookie is worth a renewal. */
const SEEN = "plinth.signed-in";

function seen(): boolean {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch {
    return false;
  }
}

/** Kept or forgotten with each sign-in and sign-out; it holds no secret, only that there was one. */
export function rememberSignIn(signedIn: boolean): void {
  try {
    if (signedIn) localStorage.setItem(SEEN, "1");
    else localStorage.removeItem(SEEN);
  } catch {
    return;
  }
}

/**
 * Who is signed in; `null` when nobody is. A first visit asks `/health`, which tells its details to
 * signed-in callers only, so that nobody meets a refused request just for opening the page.
 */
export async function whoAmI({ client, token }: Connection): Promise<User | null> {
  if (token === undefined && !seen() && (await client.server.health()).version === undefined) return null;
  const user = await client.auth.me();
  rememberSignIn(user !== null);
  return user;
}

/** All collections with their fields, as this person may see them. One key for every screen. */
export function catalogQuery(session: Pick<Session, "client" | "project">) {
  return queryOptions({
    queryKey: ["catalog", session.project.id],
    queryFn: async (): Promise<readonly SchemaInfo[]> => (await session.client.schemas.find()).data,
    staleTime: 30_000,
  });
}

export function useCatalog(): {
  readonly collections: readonly CollectionInfo[];
  readonly schemas: readonly SchemaInfo[];
  readonly isLoading: boolean;
  readonly error: Error | null;
  readonly refetch: () => void;
} {
  const session = useSession();
  const query = useQuery(catalogQuery(session));
  const schemas = query.data ?? NO_SCHEMAS;
  return {
    schemas,
    collections: readAll(schemas),
    isLoading: query.isPending,
    error: query.error,
    refetch: () => void query.refetch(),
  };
}

const NO_SCHEMAS: readonly SchemaInfo[] = [];
const read = new WeakMap<readonly SchemaInfo[], readonly CollectionInfo[]>();

function readAll(schemas: readonly SchemaInfo[]): readonly CollectionInfo[] {
  let collections = read.get(schemas);
  if (!collections) {
    collections = schemas
      .map(({ collectionName, schema }) => readCollection(collectionName, schema))
      .sort((a, b) => a.name.localeCompare(b.name));
    read.set(schemas, collections);
  }
  return collections;
}

/** What the server says this person may do. The studio asks; it never works a rule out itself. */
export function accessQuery(session: Pick<Session, "client" | "project">) {
  return queryOptions({
    queryKey: ["access", session.project.id],
    queryFn: async (): Promise<AccessReport> => await session.client.access.me(),
    staleTime: 30_000,
  });
}

/** What keeps this person from changing the schema here: the role, or the guard of the connection. */
export function useSchemaStop(): "role" | "guard" | undefined {
  const session = useSession();
  const administrator = useQuery(accessQuery(session)).data?.role.administrator;
  if (administrator === false) return "role";
  return session.project.guard === "readonly" ? "guard" : undefined;
}

/** After a change of schema or rules: what everyone knows about the project is asked again. */
export async function forgetCatalog(queries: QueryClient, projectId: string): Promise<void> {
  await Promise.all([
    queries.invalidateQueries({ queryKey: ["catalog", projectId] }),
    queries.invalidateQueries({ queryKey: ["access", projectId] }),
    queries.invalidateQueries({ queryKey: ["count", projectId] }),
  ]);
}
