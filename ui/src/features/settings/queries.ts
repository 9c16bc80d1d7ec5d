import type { Role } from "@plinth/sdk";
import { queryOptions } from "@tanstack/react-query";
import type { Session } from "@/host/session";
import { parseJson, prettyJson, type JsonNode } from "@/lib/exact-json";
import { keyOf, type Adapter, type Conflict, type Op } from "@/lib/pending";
import { held, MAIL_ROW, nameOf, nodeOf, sameSetting, type Held } from "./settings";

type Asks = Pick<Session, "client" | "project">;

/** The `data` of an answer, with the digits it came with. */
async function readData({ client }: Asks, path: string, params: object, signal?: AbortSignal): Promise<JsonNode> {
  const response = await client.http.stream({ method: "GET", path, params, ...(signal ? { signal } : {}) });
  const parsed = parseJson(await response.text());
  const data = parsed.ok && parsed.node.t === "object" ? new Map(parsed.node.v).get("data") : undefined;
  if (!data) throw new Error(`${path} answered what is no JSON of it`);
  return data;
}

/** `whole`: with how mail is sent, which administrators alone may read. */
async function readSettings(session: Asks, whole: boolean, signal?: AbortSignal): Promise<Held> {
  const [told, rows] = await Promise.all([
    readData(session, "/settings", {}, signal),
    whole ? readData(session, "/items/baasix_Settings", { fields: MAIL_ROW, filter: { tenant_Id: { isNull: true } }, limit: 1 }, signal) : null,
  ]);
  return held(told, rows?.t === "array" ? (rows.v[0] ?? null) : null);
}

export function settingsQuery(session: Asks, whole: boolean) {
  return queryOptions({
    queryKey: ["settings", session.project.id, whole],
    queryFn: ({ signal }) => readSettings(session, whole, signal),
  });
}

/** The roles by their keys, for who may read them. */
export function rolesQuery({ client, project }: Asks) {
  return queryOptions({
    queryKey: ["settings-roles", project.id],
    queryFn: async ({ signal }): Promise<readonly Role[]> => (await client.items<Role>("baasix_Role").find({ limit: -1, sort: ["name"] }, { signal })).data,
    retry: false,
  });
}

/** `JSON.rawJSON`, where the engine has it: the only way to send digits that no double holds. */
const raw = (JSON as { readonly rawJSON?: (text: string) => unknown }).rawJSON;

/** What `JSON.stringify` writes as this node stands. Throws where digits would be lost on the way. */
export function toSend(node: JsonNode): unknown {
  switch (node.t) {
    case "null":
      return null;
    case "bool":
    case "string":
      return node.v;
    case "number": {
      const number = Number(node.v);
      if (String(number) === node.v) return number;
      if (raw) return raw.call(JSON, node.v);
      throw new Error(`${node.v} cannot be sent from here without losing digits; write it as a text`);
    }
    case "array":
      return node.v.map(toSend);
    case "object":
      return Object.fromEntries(node.v.map(([key, item]) => [key, toSend(item)]));
  }
}

const SECRET_SHOWN: JsonNode = { t: "string", v: "••••••" };

/** What is sent for these changes; a free key is taken away by null. */
function bodyOf(ops: readonly Op[], side: "before" | "after" = "after"): readonly (readonly [string, JsonNode])[] {
  return ops.map((op) => [nameOf(op), nodeOf((op[side] as string | undefined) ?? "null")]);
}

function shownBody(ops: readonly Op[]): JsonNode {
  const secret = new Set(ops.filter((op) => op.secret === true && op.after !== "null").map(nameOf));
  return { t: "object", v: bodyOf(ops).map(([name, node]) => [name, secret.has(name) ? SECRET_SHOWN : node]) };
}

/** How staged settings compare, read as the request they become, and reach the server: only what changed, at once. */
export function settingsAdapter(session: Asks, afterCommit: () => Promise<void>): Adapter {
  const write = async (entries: readonly (readonly [string, JsonNode])[]): Promise<void> => {
    await session.client.http.patch("/settings", toSend({ t: "object", v: entries }));
  };
  /** Changes whose place says neither what it said nor what it shall say. What is never told cannot be compared. */
  const moved = async (ops: readonly Op[], stood: "before" | "after"): Promise<readonly Conflict[]> => {
    const { values } = await readSettings(session, true);
    return ops.flatMap((op) => {
      const name = nameOf(op);
      const theirs = values.get(name);
      const [base, mine] = stood === "before" ? [op.before, op.after] : [op.after, op.before];
      const fits = (text: unknown) => sameSetting(name, theirs, text as string | undefined);
      return op.secret === true || fits(base) || fits(mine) ? [] : [{ key: keyOf(op.target), base, theirs, mine }];
    });
  };
  return {
    same: (a, b, target) => sameSetting(target.path[1] ?? "", a as string | undefined, b as string | undefined),
    preview: (ops) => Promise.resolve({ statements: [`PATCH /settings\n\n${prettyJson(shownBody(ops))}`], operations: ops.length }),
    commit: async (ops) => {
      const conflicts = await moved(ops, "before");
      if (conflicts.length > 0) return { ok: false, conflicts };
      await write(bodyOf(ops));
      await afterCommit();
      // What stood in a secret's place is not known here, so that nothing could put it back.
      if (ops.some((op) => op.secret === true)) return { ok: true };
      const undo = async (): Promise<void> => {
        const [first] = await moved(ops, "after");
        if (first) throw new MovedError(nameOf(ops.find((op) => keyOf(op.target) === first.key) ?? { target: { scope: "", path: [] } }));
        await write(bodyOf(ops, "before"));
        await afterCommit();
      };
      return { ok: true, undo };
    },
  };
}

/** Somebody changed a setting since, so that it is not put back. */
export class MovedError extends Error {
  constructor(readonly setting: string) {
    super(`${setting} was changed since`);
  }
}
