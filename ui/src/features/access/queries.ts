import type { BatchOperation, Permission, PermissionImpact, Role } from "@plinth/sdk";
import { queryOptions } from "@tanstack/react-query";
import type { Session } from "@/host/session";
import { keyOf, type Adapter, type Conflict, type Op } from "@/lib/pending";
import { readImpacts, somebody, type Question, type Somebody, type UserOfRole } from "./impact";
import { cellKey, cellOf, ruleOf, sameRule, type Rule } from "./rule";

type Asks = Pick<Session, "client" | "project">;

export interface Rules {
  readonly roles: readonly Role[];
  readonly rules: ReadonlyMap<string, { readonly id: string; readonly rule: Rule }>;
}

async function readRules({ client }: Asks, signal?: AbortSignal): Promise<Rules> {
  const options = signal ? { signal } : {};
  const [roles, permissions] = await Promise.all([
    client.items<Role>("baasix_Role").find({ limit: -1, sort: ["name"] }, options),
    client.permissions.find({ limit: -1 }, options),
  ]);
  return { roles: roles.data, rules: byCell(permissions.data) };
}

function byCell(permissions: readonly Permission[]): Rules["rules"] {
  return new Map(
    permissions.map((permission) => [
      cellKey(permission.role_Id, permission.collection, permission.action),
      { id: permission.id, rule: ruleOf(permission) },
    ]),
  );
}

export function rulesQuery(session: Asks) {
  return queryOptions({
    queryKey: ["rules", session.project.id],
    queryFn: ({ signal }) => readRules(session, signal),
  });
}

/** How many people hold each role. Counted by the server; absent where it may not be asked. */
export function peopleQuery({ client, project }: Asks) {
  return queryOptions({
    queryKey: ["people", project.id],
    queryFn: async ({ signal }): Promise<ReadonlyMap<string, number>> => {
      const answer = await client.http.get<{ data: readonly { role_Id: string; people: number | string }[] }>("/items/baasix_UserRole", {
        params: { aggregate: { people: { function: "distinct", field: "user_Id" } }, groupBy: ["role_Id"], limit: -1 },
        signal,
      });
      return new Map(answer.data.map((row) => [row.role_Id, Number.parseInt(String(row.people), 10)]));
    },
    staleTime: 60_000,
  });
}

/** People a rule can be tried on, of one role, by name. As many as a list is read for. */
const PEOPLE = 50;

export function peopleOfRoleQuery({ client, project }: Asks, role: string) {
  return queryOptions({
    queryKey: ["people", project.id, "of", role],
    queryFn: async ({ signal }): Promise<readonly Somebody[]> => {
      const { data } = await client.http.get<{ data: readonly UserOfRole[] }>("/items/baasix_User", {
        params: {
          fields: ["id", "email", "firstName", "lastName", "userRoles.role_Id", "userRoles.tenant_Id"],
          // Who may not sign in reaches nothing.
          filter: { "userRoles.role_Id": { eq: role }, status: { eq: "active" } },
          sort: ["firstName", "lastName", "id"],
          limit: PEOPLE,
          count: "none",
        },
        signal,
      });
      return data.map((user) => somebody(user, role));
    },
    staleTime: 60_000,
  });
}

export interface Impact {
  readonly impacts: readonly PermissionImpact[];
  /** How long the answer took. */
  readonly ms: number;
}

/** What changes would do. `question`: the body, as JSON. `before`: what stood there, since the answer is of that too. */
export function impactQuery({ client, project }: Asks, question: string, before: string) {
  return queryOptions({
    queryKey: ["impact", project.id, question, before],
    queryFn: async ({ signal }): Promise<Impact> => {
      const began = performance.now();
      const body = JSON.parse(question) as Question;
      // Unread: the SDK reads numbers as JavaScript does, and the rows of a sample must keep their digits.
      const reply = await client.http.stream({ method: "POST", path: "/permissions/impact", body, signal });
      const impacts = readImpacts(await reply.text());
      return { impacts, ms: Math.max(1, Math.round(performance.now() - began)) };
    },
    staleTime: 10_000,
    gcTime: 60_000,
  });
}

function operationOf(op: Op, now: Rules): BatchOperation | null {
  const { role, collection, action } = cellOf(op);
  const stored = now.rules.get(cellKey(role, collection, action));
  const after = op.after as Rule | undefined;
  const where = { collection: "baasix_Permission" };
  if (!after) return stored ? { op: "delete", id: stored.id, ...where } : null;
  const data = {
    fields: after.fields,
    conditions: after.conditions,
    relConditions: after.relConditions,
    defaultValues: after.defaultValues,
  };
  return stored
    ? { op: "update", id: stored.id, data, ...where }
    : { op: "create", data: { role_Id: role, collection, action, ...data }, ...where };
}

/** How staged rules compare, read as statements, and reach the server: all of them or none. */
export function accessAdapter(session: Asks, afterCommit: () => Promise<void>): Adapter {
  const operations = (ops: readonly Op[], now: Rules): BatchOperation[] =>
    ops.flatMap((op) => operationOf(op, now) ?? []);
  return {
    same: (a, b) => sameRule(a as Rule | undefined, b as Rule | undefined),
    preview: async (ops) => {
      const preview = await session.client.batch(operations(ops, await readRules(session)), { dryRun: true });
      return { statements: preview.statements.map((statement) => statement.sql), operations: preview.operations };
    },
    commit: async (ops) => {
      const now = await readRules(session);
      const conflicts: Conflict[] = ops.flatMap((op) => {
        const { role, collection, action } = cellOf(op);
        const theirs = now.rules.get(cellKey(role, collection, action))?.rule;
        if (sameRule(theirs, op.before as Rule | undefined) || sameRule(theirs, op.after as Rule | undefined)) return [];
        return [{ key: keyOf(op.target), base: op.before, theirs, mine: op.after }];
      });
      if (conflicts.length > 0) return { ok: false, conflicts };
      await session.client.batch(operations(ops, now));
      await afterCommit();
      return { ok: true };
    },
  };
}
