/** A request as the screen holds it, and the same request as an address and as code. */
import type { CollectionInfo, FieldInfo } from "@/lib/fields";

export type Method = "GET" | "POST" | "PATCH" | "DELETE";
export const METHODS: readonly Method[] = ["GET", "POST", "PATCH", "DELETE"];

export interface Param {
  readonly name: string;
  readonly value: string;
  readonly on: boolean;
  /** Cannot be renamed or removed: the server knows it. */
  readonly known: boolean;
}

export interface ApiRequest {
  readonly method: Method;
  readonly path: string;
  readonly params: readonly Param[];
  readonly headers: readonly Param[];
  readonly body: string;
}

export type OpId =
  | "list" | "one" | "create" | "update" | "delete" | "aggregate" | "export" | "schema"
  | "me" | "access" | "openapi" | "health";

/** Parameters whose value is JSON on the wire. */
export const JSON_PARAMS = new Set(["filter", "aggregate", "groupBy", "relConditions"]);
/** Parameters that people write as a comma list and the wire wants as a JSON list. */
export const LIST_PARAMS = new Set(["fields", "sort", "searchFields"]);

export function whyNotJson(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (fault) {
    return fault instanceof Error ? fault.message : String(fault);
  }
}

export function paramFault(param: Param): string | null {
  return param.on && param.value.trim() !== "" && JSON_PARAMS.has(param.name) ? whyNotJson(param.value) : null;
}

export function wireValue(param: Param): string {
  const value = param.value.trim();
  if (!LIST_PARAMS.has(param.name) || value.startsWith("[") || value.startsWith("{")) return value;
  return listOf(value).join(",");
}

export function listOf(value: string): string[] {
  return value.split(",").map((part) => part.trim()).filter((part) => part !== "");
}

/** Percent-encoded where it must be; signs that are safe in a query stay readable. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/%2C/g, ",").replace(/%3A/g, ":").replace(/%24/g, "$");
}

export function target(request: ApiRequest): string {
  const text = request.params
    .filter((entry) => entry.on && entry.name.trim() !== "")
    .map((entry) => `${encode(entry.name.trim())}=${encode(wireValue(entry))}`)
    .join("&");
  if (text === "") return request.path;
  return `${request.path}${request.path.includes("?") ? "&" : "?"}${text}`;
}

export function hasBody(method: Method): boolean {
  return method === "POST" || method === "PATCH";
}

/** Headers that are sent. */
export const usedHeaders = (request: ApiRequest): readonly Param[] => request.headers.filter((header) => header.on && header.name.trim() !== "");

const param = (name: string, value: string, on = true): Param => ({ name, value, on, known: true });

const EXACT: readonly Param[] = [
  { name: "accept-numbers", value: "string", on: true, known: true },
  { name: "x-plinth-strict", value: "1", on: true, known: true },
];

/** A value of the right shape to begin from. */
function sample(field: FieldInfo): unknown {
  switch (field.type.kind) {
    case "int":
      return field.type.bits === 64 ? "1" : 1;
    case "decimal":
      return "1.00";
    case "float":
      return 1;
    case "bool":
      return true;
    case "date":
      return "2026-11-20";
    case "instant":
      return "2026-11-20T09:30:00Z";
    case "datetime":
      return "2026-11-20T09:30:00";
    case "enum":
      return field.type.options?.[0] ?? "";
    case "json":
      return {};
    case "array":
      return [];
    case "text":
    case "uuid":
    case "time":
    case "timetz":
    case "range":
    case "geo":
    case "binary":
    case "unknown":
      return "";
  }
}

function writable(collection: CollectionInfo): readonly FieldInfo[] {
  return collection.fields.filter(
    (field) => !field.computed && !field.hidden && !field.primaryKey && field.relation === null && !["createdAt", "updatedAt", "deletedAt"].includes(field.name),
  );
}

/** Own columns, and of each to-one relation the field that names its row. */
export function listFields(collection: CollectionInfo, find: (name: string) => CollectionInfo | undefined): string {
  const relations = collection.fields.flatMap((field) =>
    field.relation ? [`${field.relation.name}.${find(field.relation.target)?.display ?? "*"}`] : [],
  );
  return ["*", ...relations].join(", ");
}

/** The request an entry of the list stands for. */
export function requestOf(op: OpId, collection: CollectionInfo, find: (name: string) => CollectionInfo | undefined): ApiRequest {
  const items = `/items/${collection.name}`;
  const body = (fields: readonly FieldInfo[]): string =>
    JSON.stringify(Object.fromEntries(fields.map((field) => [field.name, sample(field)])), null, 2);
  const plain = (path: string, method: Method = "GET"): ApiRequest => ({ method, path, params: [], headers: [], body: "" });
  const own = writable(collection);
  const stamp = collection.fields.find((field) => field.name === "createdAt");
  const sum = collection.fields.find((field) => field.type.kind === "decimal" || (field.type.kind === "int" && !field.primaryKey));
  switch (op) {
    case "list":
      return {
        method: "GET",
        path: items,
        params: [
          param("fields", listFields(collection, find)),
          param("filter", `{"${collection.primaryKey}": {"isNotNull": true}}`, false),
          param("sort", stamp ? "-createdAt" : collection.primaryKey),
          param("limit", "3"),
          param("page", "1", false),
          param("search", "", false),
          param("count", "exact", false),
          param("after", "", false),
        ],
        headers: EXACT,
        body: "",
      };
    case "one":
      return { method: "GET", path: `${items}/{id}`, params: [param("fields", listFields(collection, find))], headers: EXACT, body: "" };
    case "create":
      return { method: "POST", path: items, params: [], headers: EXACT, body: body(own) };
    case "update":
      return { method: "PATCH", path: `${items}/{id}`, params: [], headers: [...EXACT, { name: "if-match", value: "", on: false, known: true }], body: body(own.slice(0, 1)) };
    case "delete":
      return { method: "DELETE", path: `${items}/{id}`, params: [], headers: [{ name: "if-match", value: "", on: false, known: true }], body: "" };
    case "aggregate":
      return {
        method: "GET",
        path: items,
        params: [
          param(
            "aggregate",
            JSON.stringify({ rows: { function: "count", field: "*" }, ...(sum ? { sum: { function: "sum", field: sum.name } } : {}) }),
          ),
          param("groupBy", "[]", false),
          param("filter", "{}", false),
        ],
        headers: EXACT,
        body: "",
      };
    case "export":
      return { method: "GET", path: `${items}/export`, params: [param("format", "csv"), param("fields", "*", false), param("filter", "{}", false)], headers: [], body: "" };
    case "schema":
      return plain(`/schemas/${collection.name}`);
    case "me":
      return plain("/auth/me");
    case "access":
      return plain("/access/me");
    case "openapi":
      return plain("/openapi");
    case "health":
      return plain("/health");
  }
}

export const COLLECTION_OPS: ReadonlyArray<{ id: OpId; method: Method }> = [
  { id: "list", method: "GET" },
  { id: "one", method: "GET" },
  { id: "create", method: "POST" },
  { id: "update", method: "PATCH" },
  { id: "delete", method: "DELETE" },
  { id: "aggregate", method: "GET" },
  { id: "export", method: "GET" },
  { id: "schema", method: "GET" },
];
export const PROJECT_OPS: ReadonlyArray<{ id: OpId; method: Method }> = [
  { id: "me", method: "GET" },
  { id: "access", method: "GET" },
  { id: "openapi", method: "GET" },
  { id: "health", method: "GET" },
];

/** How many rows an answer shows of how many. */
export function rowsOf(text: string): { shown: number; total: number | null; estimated: boolean } | null {
  let body: unknown;
  try {
    body = JSON.parse(text) as unknown;
  } catch {
    return null;
  }
  if (typeof body !== "object" || body === null || !("data" in body) || !Array.isArray(body.data)) return null;
  const total = "totalCount" in body && typeof body.totalCount === "number" ? body.totalCount : null;
  return { shown: body.data.length, total, estimated: "totalCountEstimated" in body && body.totalCountEstimated === true };
}
