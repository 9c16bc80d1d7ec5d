/**
 * One connection: who is asked, how carefully, and the few calls the studio makes of it.
 *
 * Everything goes through the SDK and the public routes; there is no private door.
 */
import type { ImportJob } from "@plinth/sdk";
import { queryOptions } from "@tanstack/react-query";
import { exactRow, JsonText, parseJson } from "./exact-json";
import type { Page, PageRequest, RawRow } from "./rows";

/** How writes are treated. The server enforces it too; here it decides what is offered. */
export type Guard = "open" | "confirm" | "readonly";

export type Environment = "local" | "staging" | "production";

export interface ConnectionInfo {
  readonly id: string;
  /** As people call it, and as the commit button says it: `local`, `prod-eu`. */
  readonly name: string;
  readonly environment: Environment;
  readonly guard: Guard;
  /** The address, for the status bar and for curl. */
  readonly url: string;
}

interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly params?: object | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly timeout?: number | undefined;
}

/** What the studio needs of the SDK's `http`. */
export interface Http {
  request<T>(request: HttpRequest): Promise<T>;
  /** The reply unread. */
  stream(request: HttpRequest): Promise<Response>;
}

/** The part of the SDK instance this file uses; `createPlinth` returns more than it. */
export interface Sdk {
  readonly http: Http;
  items(collection: string): { export(query: object): Promise<Response> };
  readonly imports: { rejects(id: string): Promise<Response> };
}

export interface BatchOperation {
  readonly op: "create" | "update" | "delete";
  readonly collection: string;
  readonly id?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  /** What must still stand there, field by field. */
  readonly expect?: Readonly<Record<string, unknown>>;
}

export interface BatchDone {
  readonly op: BatchOperation["op"];
  readonly collection: string;
  readonly id: string;
}

export interface Query {
  readonly collection: string;
  readonly fields?: readonly string[];
  readonly filter?: Readonly<Record<string, unknown>> | undefined;
  readonly sort?: readonly string[];
  readonly search?: string;
}

/** What may be done with one collection. `fields` is `["*"]` or names; `conditional`: only some rows. */
export interface Grant {
  readonly fields: readonly string[];
  readonly conditional: boolean;
}

export interface CollectionRights {
  readonly create: Grant | false;
  readonly read: Grant | false;
  readonly update: Grant | false;
  readonly delete: Grant | false;
}

export interface Capability {
  readonly role: string;
  readonly roleId: string | null;
  readonly administrator: boolean;
  of(collection: string): CollectionRights;
  may(collection: string, action: keyof CollectionRights, field?: string): boolean;
}

export type { ImportJob };

export interface ImportRequest {
  readonly file: File;
  readonly collection: string;
  readonly format: "csv" | "json" | "ndjson";
  readonly mapping: Readonly<Record<string, string | null>>;
  readonly delimiter?: string;
  readonly nullText?: string;
  readonly dryRun: boolean;
  readonly mode: "all" | "valid";
}

export type ExportFormat = "csv" | "json" | "ndjson" | "sql";

/** A write that was held back before it left this window. */
export class GuardError extends Error {
  constructor(readonly connection: string) {
    super(`${connection} is open for reading only`);
    this.name = "GuardError";
  }
}

/** What went wrong, as far as anybody can say. */
export interface Fault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly details: readonly Readonly<Record<string, unknown>>[];
}

export function faultOf(error: unknown): Fault {
  if (typeof error === "object" && error !== null) {
    const e = error as { status?: unknown; code?: unknown; message?: unknown; hint?: unknown; details?: unknown };
    return {
      status: typeof e.status === "number" ? e.status : 0,
      code: typeof e.code === "string" ? e.code : error instanceof GuardError ? "READ_ONLY" : "UNKNOWN",
      message: typeof e.message === "string" ? e.message : "unknown fault",
      hint: typeof e.hint === "string" ? e.hint : null,
      details: Array.isArray(e.details) ? (e.details as Readonly<Record<string, unknown>>[]) : [],
    };
  }
  return { status: 0, code: "UNKNOWN", message: String(error), hint: null, details: [] };
}

/** A whole fault as text, for "Copy details". */
export function faultText(error: unknown): string {
  const fault = faultOf(error);
  return JSON.stringify({ ...fault }, null, 2);
}

/** The reply came from nobody: the network, or a server that is not there. */
export function isUnreachable(error: unknown): boolean {
  const { status, code } = faultOf(error);
  return status === 0 && (code === "NETWORK_ERROR" || code === "TIMEOUT" || code === "UNKNOWN");
}

export interface Connection {
  readonly info: ConnectionInfo;
  readonly http: Http;
  page(query: Query, request: PageRequest): Promise<Page>;
  /** Exact, and possibly slow. */
  count(query: Query, signal?: AbortSignal): Promise<number>;
  /** An estimate where the store has one. */
  estimate(query: Query, signal?: AbortSignal): Promise<{ rows: number; exact: boolean }>;
  one(collection: string, id: string, fields: readonly string[], signal?: AbortSignal): Promise<RawRow>;
  /** Rows in the trash, the last deleted first. */
  deleted(collection: string, fields: readonly string[], limit: number, signal?: AbortSignal): Promise<readonly RawRow[]>;
  /** What a row was, newest first; `after` goes on behind the page before. */
  history(collection: string, id: string, after: string | null, signal?: AbortSignal): Promise<History>;
  batch(operations: readonly BatchOperation[]): Promise<readonly BatchDone[]>;
  plan(operations: readonly BatchOperation[]): Promise<{ statements: readonly string[]; operations: number }>;
  startImport(request: ImportRequest): Promise<ImportJob>;
  importJob(id: string, signal?: AbortSignal): Promise<ImportJob>;
  importJobs(signal?: AbortSignal): Promise<readonly ImportJob[]>;
  /** Refused with `CONSENT_REQUIRED` where rows were changed since, unless `consent` is given. */
  undoImport(id: string, consent?: boolean): Promise<unknown>;
  cancelImport(id: string): Promise<unknown>;
  /** The refused rows as a CSV file with a column for the reason. */
  rejects(id: string): Promise<Blob>;
  /** Streams from the server, so nothing the grid shortened can get into the file. */
  exported(query: Query, format: ExportFormat, signal?: AbortSignal): Promise<Blob>;
}

/** One change of a row. A side that was not there, or is out of sight, is null. */
export interface Revision {
  readonly id: string;
  readonly action: "create" | "update" | "delete" | "restore";
  readonly at: string;
  /** Null for the server itself, and for people out of sight. */
  readonly actor: string | null;
  readonly origin: string | null;
  readonly changed: readonly string[];
  readonly before: RawRow | null;
  readonly after: RawRow | null;
}

export interface History {
  readonly revisions: readonly Revision[];
  readonly cursor: string | null;
  /** 0: the collection keeps no history. */
  readonly keepDays: number;
}

function revisionOf(raw: RawRow): Revision {
  const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
  const row = (value: unknown): RawRow | null => (typeof value === "object" && value !== null ? (value as RawRow) : null);
  const actor = row(raw["actor"]);
  const changed = raw["changed"];
  return {
    id: text(raw["id"]) ?? "",
    action: raw["action"] as Revision["action"],
    at: text(raw["at"]) ?? "",
    actor: actor && (text(actor["name"]) ?? text(actor["email"])),
    origin: text(raw["origin"]),
    // Lists of a reply stay text, as the lists inside rows do.
    changed: changed instanceof JsonText ? (JSON.parse(changed.text) as string[]) : [],
    before: row(raw["before"]),
    after: row(raw["after"]),
  };
}

interface ListReply {
  readonly data: readonly RawRow[];
  readonly totalCount?: number;
  readonly totalCountEstimated?: boolean;
  readonly cursor?: string | null;
}

const NOTHING: CollectionRights = { create: false, read: false, update: false, delete: false };

export function createConnection(info: ConnectionInfo, sdk: Sdk): Connection {
  const { http } = sdk;

  function writing(): void {
    if (info.guard === "readonly") throw new GuardError(info.name);
  }

  function params(query: Query): Record<string, unknown> {
    return {
      fields: query.fields,
      filter: query.filter,
      sort: query.sort && query.sort.length > 0 ? query.sort : undefined,
      search: query.search === "" ? undefined : query.search,
    };
  }

  /** Rows as the server wrote them: a parser of numbers would round what stands inside documents. */
  async function rowsOf<T>(request: HttpRequest, fields: readonly string[] | undefined): Promise<T> {
    const text = await (await http.stream(request)).text();
    const parsed = parseJson(text);
    if (!parsed.ok || parsed.node.t !== "object") return JSON.parse(text) as T;
    const nested = new Set((fields ?? []).flatMap((field) => (field.includes(".") ? [field.slice(0, field.indexOf("."))] : [])));
    const reply = parsed.node.v.map(([key, node]): [string, unknown] => [
      key,
      key !== "data" ? exactRow(node, nested) : node.t === "array" ? node.v.map((row) => exactRow(row, nested)) : exactRow(node, nested),
    ]);
    return Object.fromEntries(reply) as T;
  }

  const path = (collection: string): string => `/items/${encodeURIComponent(collection)}`;

  return {
    info,
    http,

    async page(query, request) {
      const reply = await rowsOf<ListReply>(
        {
          method: "GET",
          path: path(query.collection),
          params: {
            ...params(query),
            limit: request.limit,
            count: request.count,
            ...(request.after === undefined ? { offset: request.offset } : { after: request.after }),
          },
          signal: request.signal,
        },
        query.fields,
      );
      return {
        rows: reply.data,
        ...(reply.cursor === undefined ? {} : { cursor: reply.cursor }),
        ...(request.count === "estimate" && reply.totalCount !== undefined
          ? { total: reply.totalCount, estimated: reply.totalCountEstimated === true }
          : {}),
      };
    },

    async count(query, signal) {
      const { filter, search } = params(query);
      const reply = await http.request<ListReply>({
        method: "GET",
        path: path(query.collection),
        params: { filter, search, limit: 0, count: "exact" },
        signal,
      });
      return reply.totalCount ?? 0;
    },

    async estimate(query, signal) {
      const { filter, search } = params(query);
      const reply = await http.request<ListReply>({
        method: "GET",
        path: path(query.collection),
        params: { filter, search, limit: 0, count: "estimate" },
        signal,
      });
      return { rows: reply.totalCount ?? 0, exact: reply.totalCountEstimated !== true };
    },

    async one(collection, id, fields, signal) {
      const reply = await rowsOf<{ data: RawRow }>(
        { method: "GET", path: `${path(collection)}/${encodeURIComponent(id)}`, params: { fields }, signal },
        fields,
      );
      return reply.data;
    },

    async deleted(collection, fields, limit, signal) {
      const params = { fields, filter: { deletedAt: { isNotNull: true } }, sort: ["-deletedAt"], limit, count: "none", paranoid: "false" };
      return (await rowsOf<ListReply>({ method: "GET", path: path(collection), params, signal }, fields)).data;
    },

    async history(collection, id, after, signal) {
      const params = after === null ? {} : { after };
      const reply = await rowsOf<{ data: readonly RawRow[]; cursor: string | null; keepDays: number }>(
        { method: "GET", path: `${path(collection)}/${encodeURIComponent(id)}/history`, params, signal },
        ["actor.*", "before.*", "after.*"],
      );
      return { revisions: reply.data.map(revisionOf), cursor: reply.cursor, keepDays: reply.keepDays };
    },

    async batch(operations) {
      writing();
      const reply = await http.request<{ data: readonly { op: BatchOperation["op"]; collection: string; id: unknown }[] }>({
        method: "POST",
        path: "/items/batch",
        body: { operations },
      });
      return reply.data.map((done) => ({ op: done.op, collection: done.collection, id: String(done.id) }));
    },

    async plan(operations) {
      const reply = await http.request<{ data: { statements: readonly { sql: string }[]; operations: number } }>({
        method: "POST",
        path: "/items/batch",
        body: { operations, dryRun: true },
      });
      return { statements: reply.data.statements.map((s) => s.sql), operations: reply.data.operations };
    },

    async startImport(request) {
      if (!request.dryRun) writing();
      const form = new FormData();
      form.set("collection", request.collection);
      form.set("format", request.format);
      form.set("mapping", JSON.stringify(request.mapping));
      if (request.delimiter !== undefined) form.set("delimiter", request.delimiter);
      if (request.nullText !== undefined) form.set("nullText", request.nullText);
      form.set("dryRun", String(request.dryRun));
      form.set("mode", request.mode);
      // Last, so that the server knows what to do with the bytes before they come.
      form.set("file", request.file, request.file.name);
      const reply = await http.request<{ data: ImportJob }>({ method: "POST", path: "/imports", body: form });
      return reply.data;
    },

    async importJob(id, signal) {
      const reply = await http.request<{ data: ImportJob }>({ method: "GET", path: `/imports/${encodeURIComponent(id)}`, signal });
      return reply.data;
    },

    async importJobs(signal) {
      const reply = await http.request<{ data: readonly ImportJob[] }>({ method: "GET", path: "/imports", signal });
      return reply.data;
    },

    undoImport(id, consent = false) {
      writing();
      return http.request({ method: "POST", path: `/imports/${encodeURIComponent(id)}/undo`, ...(consent ? { body: { consent } } : {}) });
    },

    cancelImport(id) {
      return http.request({ method: "POST", path: `/imports/${encodeURIComponent(id)}/cancel` });
    },

    async rejects(id) {
      return (await sdk.imports.rejects(id)).blob();
    },

    async exported(query, format, signal) {
      const { collection } = query;
      return (await sdk.items(collection).export({ ...params(query), format, signal })).blob();
    },
  };
}

export function capabilityOf(data: {
  readonly role: unknown;
  readonly collections: Readonly<Record<string, CollectionRights>>;
}): Capability {
  const told = typeof data.role === "object" && data.role !== null ? (data.role as { id?: unknown; name?: unknown; administrator?: unknown }) : {};
  const role = typeof data.role === "string" ? data.role : typeof told.name === "string" ? told.name : "";
  const of = (collection: string): CollectionRights => data.collections[collection] ?? NOTHING;
  return {
    role,
    roleId: typeof told.id === "string" ? told.id : null,
    administrator: told.administrator === true,
    of,
    may(collection, action, field) {
      const grant = of(collection)[action];
      if (grant === false) return false;
      return field === undefined || grant.fields.includes("*") || grant.fields.includes(field);
    },
  };
}

/** The keys under which answers are cached. All begin with the connection, so a switch shares nothing. */
export const keys = {
  /** Everything that was counted of a collection, here or beside its name in the sidebar. */
  allCounts: (connection: Connection) => ["count", connection.info.id] as const,
  counts: (connection: Connection, name: string) => ["count", connection.info.id, name] as const,
  count: (connection: Connection, name: string) => ["count", connection.info.id, name, "rows"] as const,
  histories: (connection: Connection, name: string) => ["history", connection.info.id, name] as const,
  history: (connection: Connection, name: string, id: string) => ["history", connection.info.id, name, id] as const,
  row: (connection: Connection, name: string, id: string) => ["row", connection.info.id, name, id] as const,
  search: (connection: Connection, name: string, text: string) => ["search", connection.info.id, name, text] as const,
  imports: (connection: Connection) => ["imports", connection.info.id] as const,
  importJob: (connection: Connection, id: string) => ["imports", connection.info.id, id] as const,
};

/** The number beside a collection's name: the store's estimate, never a full count. */
export function countQuery(connection: Connection, collection: string) {
  return queryOptions({
    queryKey: keys.count(connection, collection),
    queryFn: ({ signal }) => connection.estimate({ collection }, signal),
    staleTime: 15_000,
  });
}

export function importsQuery(connection: Connection) {
  return queryOptions({
    queryKey: keys.imports(connection),
    queryFn: ({ signal }) => connection.importJobs(signal),
  });
}
