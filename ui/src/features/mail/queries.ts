import type { BatchOperation } from "@plinth/sdk";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Session } from "@/host/session";
import { keyOf, type Adapter, type Conflict, type Op } from "@/lib/pending";
import { PAGE, type Status } from "./log";
import { builtInOf, ownOf, placeOf, PROJECT, rowOf, sameText, type Row, type Written } from "./templates";

type Asks = Pick<Session, "client" | "project">;

export function logQuery({ client, project }: Asks, status: Status | undefined, page: number) {
  return queryOptions({
    queryKey: ["mails", project.id, status, page],
    queryFn: ({ signal }) => client.mails.list({ status, page, limit: PAGE, signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

/** `status` as the list has it: what stands in a mail is told by what became of it, so that it is asked for anew. */
export function mailQuery({ client, project }: Asks, id: string, status: Status | undefined) {
  return queryOptions({
    queryKey: ["mail", project.id, id, status],
    queryFn: ({ signal }) => client.mails.get(id, { signal }),
    retry: false,
    staleTime: 0,
  });
}

/** What the house sends, and how: it changes with the version of the server alone. */
export function builtInQuery({ client, project }: Asks) {
  return queryOptions({
    queryKey: ["mail-defaults", project.id],
    queryFn: ({ signal }) => client.templates.defaults({ signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Tenants to choose from. One that is searched for among more than these is found by nobody in a list. */
const TENANTS_MAX = 200;

export function tenantsQuery({ client, project }: Asks) {
  return queryOptions({
    queryKey: ["mail-tenants", project.id],
    queryFn: async ({ signal }): Promise<readonly { readonly id: string; readonly name: string }[]> => {
      const { data } = await client.items("baasix_Tenant").find({ fields: ["id", "name"], sort: ["name"], limit: TENANTS_MAX }, { signal });
      return data.map((row) => ({ id: String(row["id"]), name: String(row["name"]) }));
    },
    retry: false,
    staleTime: 60_000,
  });
}

/** The texts of the project and of these tenants. */
async function readRows({ client }: Asks, tenants: readonly string[], signal?: AbortSignal): Promise<readonly Row[]> {
  const own = { tenant_Id: { isNull: true } };
  const named = tenants.filter((tenant) => tenant !== PROJECT);
  const { data } = await client.items("baasix_Template").find(
    {
      fields: ["id", "type", "subject", "body", "tenant_Id", "isActive"],
      filter: named.length === 0 ? own : { OR: [own, { tenant_Id: { in: named } }] },
      limit: -1,
    },
    signal ? { signal } : {},
  );
  return data.map((row) => ({
    id: String(row["id"]),
    type: String(row["type"]),
    tenant: typeof row["tenant_Id"] === "string" ? row["tenant_Id"] : PROJECT,
    subject: String(row["subject"]),
    body: typeof row["body"] === "string" ? row["body"] : null,
    active: row["isActive"] === true,
  }));
}

export function rowsQuery(session: Asks, tenant: string) {
  return queryOptions({
    queryKey: ["mail-templates", session.project.id, tenant],
    queryFn: ({ signal }) => readRows(session, [tenant], signal),
  });
}

export interface Shown extends Written {
  readonly type: string;
  readonly tenant: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Asked under what it shows: an older answer is never shown for a newer text. */
export function previewQuery({ client, project }: Asks, shown: Shown) {
  const { type, tenant, subject, body, variables } = shown;
  return queryOptions({
    queryKey: ["mail-preview", project.id, type, tenant, subject, body, variables],
    queryFn: ({ signal }) => client.templates.preview({ type, subject, body, variables }, { signal, ...(tenant === PROJECT ? {} : { tenantId: tenant }) }),
    retry: false,
    gcTime: 30_000,
  });
}

interface Wanted {
  readonly tenant: string;
  readonly type: string;
  readonly text: Written | undefined;
}

function operationOf({ tenant, type, text }: Wanted, rows: readonly Row[]): BatchOperation | null {
  const collection = "baasix_Template";
  const row = rowOf(rows, tenant, type);
  if (!row) {
    return text === undefined ? null : { op: "create", collection, data: { type, ...text, isActive: true, tenant_Id: tenant === PROJECT ? null : tenant } };
  }
  // Compared once more by the server: somebody may write between our look and our write.
  const expect = { subject: row.subject, body: row.body };
  if (text !== undefined) return { op: "update", collection, id: row.id, data: { ...text, isActive: true }, expect };
  return row.active ? { op: "delete", collection, id: row.id, expect } : null;
}

const after = (op: Op): Wanted => ({ ...placeOf(op), text: op.after as Written | undefined });
const before = (op: Op): Wanted => ({ ...placeOf(op), text: op.before as Written | undefined });

/**
 * How staged texts compare, read as statements, and reach the server: all of them or none. They are staged and not
 * saved at once because a text that holds is sent to people: it is looked at whole first, together with the others
 * of the same change, and a text of somebody else is never written over unseen.
 */
export function templatesAdapter(session: Asks, afterCommit: () => Promise<void>): Adapter {
  const { client } = session;
  const look = async (ops: readonly Op[]) => {
    const tenants = [...new Set(ops.map((op) => placeOf(op).tenant))];
    const [{ templates }, rows] = await Promise.all([client.templates.defaults(), readRows(session, tenants)]);
    const now = (op: Op): Written | undefined => {
      const { tenant, type } = placeOf(op);
      return ownOf(rows, tenant, type, builtInOf(templates, type));
    };
    return { rows, now };
  };
  const operations = (wanted: readonly Wanted[], rows: readonly Row[]): BatchOperation[] => wanted.flatMap((one) => operationOf(one, rows) ?? []);
  const write = async (list: BatchOperation[]): Promise<void> => {
    if (list.length > 0) await client.batch(list);
    await afterCommit();
  };
  return {
    same: (a, b) => sameText(a as Written | undefined, b as Written | undefined),
    preview: async (ops) => {
      const { rows } = await look(ops);
      const list = operations(ops.map(after), rows);
      if (list.length === 0) return { statements: [], operations: 0 };
      const preview = await client.batch(list, { dryRun: true });
      return { statements: preview.statements.map((statement) => statement.sql), operations: preview.operations };
    },
    commit: async (ops) => {
      const { rows, now } = await look(ops);
      const conflicts = ops.flatMap((op): Conflict[] => {
        const theirs = now(op);
        if (sameText(theirs, op.before as Written | undefined) || sameText(theirs, op.after as Written | undefined)) return [];
        return [{ key: keyOf(op.target), base: op.before, theirs, mine: op.after }];
      });
      if (conflicts.length > 0) return { ok: false, conflicts };
      await write(operations(ops.map(after), rows));
      const undo = async (): Promise<void> => {
        const { rows, now } = await look(ops);
        const moved = ops.find((op) => !sameText(now(op), op.after as Written | undefined));
        if (moved) throw new MovedError(placeOf(moved).type);
        await write(operations(ops.map(before), rows));
      };
      return { ok: true, undo };
    },
  };
}

/** Somebody changed a text since, so that it is not put back. */
export class MovedError extends Error {
  constructor(readonly type: string) {
    super(`${type} was changed since`);
  }
}
