import type { BatchOperation, Permission, Role } from "@plinth/sdk";
import { queryOptions } from "@tanstack/react-query";
import type { Session } from "@/host/session";
import { keyOf, type Adapter, type Conflict, type Op } from "@/lib/pending";
import { cellKey, cellOf, ruleOf, sameRule, type Conditions, type Rule } from "./rule";

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

/** How many rows a condition lets through, of how many. */
export function reachQuery({ client, project }: Asks, collection: string, conditions: Conditions | null) {
  return queryOptions({
    queryKey: ["reach", project.id, collection, conditions],
    queryFn: async ({ signal }): Promise<{ rows: number; total: number }> => {
      const ask = async (filter: Conditions | null): Promise<number> => {
        const answer = await client.http.get<{ totalCount: number }>(`/items/${encodeURIComponent(collection)}`, {
          params: { limit: 1, ...(filter ? { filter } : {}) },
          signal,
        });
        return answer.totalCount;
      };
      const total = await ask(null);
      return { rows: conditions ? await ask(conditions) : total, total };
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
