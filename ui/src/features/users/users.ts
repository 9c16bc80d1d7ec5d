/** What people and roles are here, without a screen: names, filters, and what a form changes. */
import type { Invite, Role } from "@plinth/sdk";

/** The states an account can be in; with `active` alone one signs in. */
export const STATUSES = ["active", "inactive", "suspended", "invited", "pending", "deleted"] as const;
export type UserStatus = (typeof STATUSES)[number];

/** Roles that the server knows by their names. */
export const ADMINISTRATOR = "administrator";
const SYSTEM_ROLES: readonly string[] = [ADMINISTRATOR, "public"];

export const isSystemRole = (role: Pick<Role, "name">): boolean => SYSTEM_ROLES.includes(role.name);

export interface UserRow {
  readonly id: string;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly status?: UserStatus;
  readonly emailVerified?: boolean;
  readonly totpEnabled?: boolean;
  readonly lastAccess?: string | null;
  readonly createdAt?: string | null;
}

/** One role of one person, in one tenant or in none. */
export interface Assignment {
  readonly id: string;
  readonly user_Id: string;
  readonly role_Id: string;
  readonly tenant_Id?: string | null;
}

/** As people are called; by their address or key where nobody gave them a name. */
export function nameOf(user: UserRow): string {
  const name = [user.firstName, user.lastName].filter((part) => part !== null && part !== undefined && part.trim() !== "").join(" ");
  return name !== "" ? name : (user.email ?? user.id);
}

/** How an invitation stands. */
export type Standing = "pending" | "over" | "accepted" | "revoked";

export function standingOf(invite: Pick<Invite, "status" | "expiresAt">, now: number): Standing {
  if (invite.status === "accepted" || invite.status === "revoked") return invite.status;
  const ends = invite.expiresAt === undefined ? Number.NaN : Date.parse(invite.expiresAt);
  return invite.status === "expired" || ends <= now ? "over" : "pending";
}

/** What the list is narrowed to; an empty text narrows nothing. */
export interface Wanted {
  readonly search: string;
  readonly status: string;
  readonly role: string;
  readonly tenant: string;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** From the search of the address, where anything may stand. */
export function wantedOf(search: Readonly<Record<string, unknown>>): Wanted {
  const status = text(search["status"]);
  return {
    search: text(search["find"]),
    status: STATUSES.some((one) => one === status) ? status : "",
    role: text(search["role"]),
    tenant: text(search["tenant"]),
  };
}

/** Back into the address, without what says nothing. */
export function searchOf(wanted: Wanted): Record<string, string> {
  const { search: find, ...rest } = wanted;
  return Object.fromEntries(Object.entries({ find, ...rest }).filter(([, value]) => value !== ""));
}

/** The filter of the request; what is searched for goes beside it. */
export function filterOf({ status, role, tenant }: Wanted): Record<string, unknown> | undefined {
  const filter = {
    ...(status === "" ? {} : { status: { eq: status } }),
    ...(role === "" ? {} : { "userRoles.role_Id": { eq: role } }),
    ...(tenant === "" ? {} : { "userRoles.tenant_Id": { eq: tenant } }),
  };
  return Object.keys(filter).length === 0 ? undefined : filter;
}

export interface Change {
  readonly data: Readonly<Record<string, unknown>>;
  /** What stood in the same fields, so that nobody else's change is written over. */
  readonly expect: Readonly<Record<string, unknown>>;
}

/** What differs, with an empty text as none; null when nothing does. */
export function changeOf(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): Change | null {
  const plain = (value: unknown): unknown => (value === undefined || value === "" ? null : value);
  const names = Object.keys(after).filter((name) => JSON.stringify(plain(before[name])) !== JSON.stringify(plain(after[name])));
  if (names.length === 0) return null;
  return {
    data: Object.fromEntries(names.map((name) => [name, plain(after[name])])),
    expect: Object.fromEntries(names.map((name) => [name, before[name] ?? null])),
  };
}

/** By person, in the order they came. */
export function byPerson(assignments: readonly Assignment[]): ReadonlyMap<string, readonly Assignment[]> {
  const people = new Map<string, Assignment[]>();
  for (const one of assignments) {
    const own = people.get(one.user_Id);
    if (own) own.push(one);
    else people.set(one.user_Id, [one]);
  }
  return people;
}

/** The roles whose people may invite to this one; administrators invite to every role. */
export function invitersOf(roles: readonly Role[], id: string): readonly Role[] {
  return roles.filter((role) => role.name === ADMINISTRATOR || (role.canInviteRoleIds ?? []).includes(id));
}
