import type { Invite, Role } from "@plinth/sdk";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Session } from "@/host/session";
import type { Capability } from "@/lib/client";
import { filterOf, type Assignment, type UserRow, type Wanted } from "./users";

type Asks = Pick<Session, "client" | "project">;

/** How many people one request brings. */
const PAGE = 50;
/** How many of the rest a screen ever asks for at once. */
const MOST = 500;

const COLUMNS = ["id", "email", "phone", "firstName", "lastName", "status", "emailVerified", "totpEnabled", "lastAccess", "createdAt"];

interface ListReply<Row> {
  readonly data: readonly Row[];
  readonly totalCount?: number;
}

async function list<Row>({ client }: Asks, collection: string, params: object, signal: AbortSignal): Promise<ListReply<Row>> {
  return await client.http.get<ListReply<Row>>(`/items/${collection}`, { params, signal });
}

/** Every key of this area begins so. */
export const usersKey = (project: string, ...rest: readonly unknown[]) => ["users", project, ...rest] as const;

export interface PeoplePage {
  readonly people: readonly UserRow[];
  /** Their roles, where they may be read. */
  readonly assignments: readonly Assignment[];
  readonly total: number;
}

async function assignmentsOf(session: Asks, ids: readonly string[], signal: AbortSignal): Promise<readonly Assignment[]> {
  if (ids.length === 0) return [];
  const params = { fields: ["id", "user_Id", "role_Id", "tenant_Id"], filter: { user_Id: { in: ids } }, sort: ["createdAt", "id"], limit: MOST, count: "none" };
  return (await list<Assignment>(session, "baasix_UserRole", params, signal)).data;
}

/** People by name, a page at a time, with their roles by one more request for the whole page. */
export function peopleListQuery(session: Asks, may: Capability, wanted: Wanted) {
  const fields = COLUMNS.filter((name) => may.may("baasix_User", "read", name));
  const sort = ["firstName", "lastName"].filter((name) => fields.includes(name));
  return infiniteQueryOptions({
    queryKey: usersKey(session.project.id, "list", wanted),
    queryFn: async ({ pageParam, signal }): Promise<PeoplePage> => {
      const filter = filterOf(wanted);
      const search = wanted.search.trim();
      const params = { fields, sort: [...sort, "id"], limit: PAGE, offset: pageParam, count: "exact", ...(filter ? { filter } : {}), ...(search === "" ? {} : { search }) };
      const reply = await list<UserRow>(session, "baasix_User", params, signal);
      const assignments = may.may("baasix_UserRole", "read") ? await assignmentsOf(session, reply.data.map((user) => user.id), signal) : [];
      return { people: reply.data, assignments, total: reply.totalCount ?? reply.data.length };
    },
    initialPageParam: 0,
    getNextPageParam: (last, pages) => {
      const read = pages.reduce((sum, page) => sum + page.people.length, 0);
      return last.people.length === 0 || read >= last.total ? undefined : read;
    },
    placeholderData: keepPreviousData,
  });
}

export interface PersonRead {
  readonly user: UserRow;
  readonly assignments: readonly Assignment[];
}

export function personQuery(session: Asks, may: Capability, id: string) {
  return queryOptions({
    queryKey: usersKey(session.project.id, "person", id),
    queryFn: async ({ signal }): Promise<PersonRead> => {
      const fields = COLUMNS.filter((name) => may.may("baasix_User", "read", name));
      const [user, assignments] = await Promise.all([
        session.client.http.get<{ data: UserRow }>(`/items/baasix_User/${encodeURIComponent(id)}`, { params: { fields }, signal }),
        may.may("baasix_UserRole", "read") ? assignmentsOf(session, [id], signal) : [],
      ]);
      return { user: user.data, assignments };
    },
  });
}

export function rolesListQuery(session: Asks, enabled: boolean) {
  return queryOptions({
    queryKey: usersKey(session.project.id, "roles"),
    queryFn: async ({ signal }): Promise<readonly Role[]> => {
      const { data } = await list<Role>(session, "baasix_Role", { sort: ["name"], limit: MOST, count: "none" }, signal);
      // As people sort names: a store puts every capital first.
      return [...data].sort((a, b) => a.name.localeCompare(b.name));
    },
    enabled,
  });
}

export interface Tenant {
  readonly id: string;
  readonly name: string;
}

/** None where the project has none, or they may not be read. */
export function tenantsQuery(session: Asks, enabled: boolean) {
  return queryOptions({
    queryKey: usersKey(session.project.id, "tenants"),
    queryFn: async ({ signal }): Promise<readonly Tenant[]> =>
      (await list<Tenant>(session, "baasix_Tenant", { fields: ["id", "name"], sort: ["name"], limit: MOST, count: "none" }, signal)).data,
    enabled,
  });
}

/** The invitations that were sent last. */
export function invitationsQuery(session: Asks, enabled: boolean) {
  return queryOptions({
    queryKey: usersKey(session.project.id, "invitations"),
    queryFn: async ({ signal }): Promise<readonly Invite[]> =>
      (await list<Invite>(session, "baasix_Invite", { sort: ["-createdAt", "id"], limit: MOST, count: "none" }, signal)).data,
    enabled,
  });
}

/** Where the application of the project lives, if the settings say so. */
export function applicationQuery({ client, project }: Asks) {
  return queryOptions({
    queryKey: usersKey(project.id, "application"),
    queryFn: async ({ signal }): Promise<string | null> => {
      const { app_url } = await client.settings.get({ signal });
      return typeof app_url === "string" && app_url !== "" ? app_url : null;
    },
  });
}

/** How many people hold each role, counted by the server. */
export function holdersQuery({ client, project }: Asks, enabled: boolean) {
  return queryOptions({
    queryKey: usersKey(project.id, "holders"),
    queryFn: async ({ signal }): Promise<ReadonlyMap<string, number>> => {
      const params = { aggregate: { people: { function: "distinct", field: "user_Id" } }, groupBy: ["role_Id"], limit: MOST };
      const answer = await client.http.get<{ data: readonly { role_Id: string; people: number | string }[] }>("/items/baasix_UserRole", { params, signal });
      return new Map(answer.data.map((row) => [row.role_Id, Number.parseInt(String(row.people), 10)]));
    },
    enabled,
  });
}

export interface SessionRow {
  readonly id: string;
  readonly ipAddress?: string | null;
  readonly userAgent?: string | null;
  readonly createdAt?: string | null;
  readonly lastUsedAt?: string | null;
}

/** Where one person is signed in. An account has at most a hundred. */
export function sessionsOfQuery(session: Asks, may: Capability, user: string) {
  const fields = ["id", "ipAddress", "userAgent", "createdAt", "lastUsedAt"].filter((name) => may.may("baasix_Sessions", "read", name));
  return queryOptions({
    queryKey: usersKey(session.project.id, "sessions", user),
    queryFn: async ({ signal }): Promise<readonly SessionRow[]> =>
      (await list<SessionRow>(session, "baasix_Sessions", { fields, filter: { user_Id: { eq: user } }, sort: ["-createdAt"], limit: MOST, count: "none" }, signal)).data,
    staleTime: 0,
  });
}

export interface AuditRow {
  readonly id: string;
  readonly entity: string;
  readonly entityId?: string | null;
  readonly action: string;
  readonly ipaddress?: string | null;
  readonly createdAt?: string | null;
}

/** What one person did last. */
export function auditQuery(session: Asks, user: string) {
  return queryOptions({
    queryKey: usersKey(session.project.id, "audit", user),
    queryFn: async ({ signal }): Promise<readonly AuditRow[]> => {
      const params = { fields: ["id", "entity", "entityId", "action", "ipaddress", "createdAt"], filter: { userId: { eq: user } }, sort: ["-createdAt"], limit: 20, count: "none" };
      return (await list<AuditRow>(session, "baasix_AuditLog", params, signal)).data;
    },
    staleTime: 0,
  });
}
