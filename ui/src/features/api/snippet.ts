/** The request of the screen as text for elsewhere: a shell, a program, the wire itself. */
import { parseJson, plainNumber, type JsonNode } from "@/lib/exact-json";
import { hasBody, JSON_PARAMS, LIST_PARAMS, listOf, target, usedHeaders, wireValue, type ApiRequest } from "./request";

/** The token stands in the environment, never in the snippet. */
export const TOKEN_VARIABLE = "PLINTH_TOKEN";

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const carries = (request: ApiRequest): boolean => hasBody(request.method) && request.body.trim() !== "";

export function asCurl(request: ApiRequest, url: string): string {
  // Brackets and braces in an address are a pattern to curl unless it is told otherwise.
  const address = url + target(request);
  const lines = [`curl ${/[[\]{}]/.test(address) ? "--globoff " : ""}${request.method === "GET" ? "" : `-X ${request.method} `}${quote(address)}`];
  lines.push(`-H "Authorization: Bearer $${TOKEN_VARIABLE}"`);
  for (const header of usedHeaders(request)) lines.push(`-H ${quote(`${header.name}: ${header.value}`)}`);
  if (carries(request)) lines.push(`-H 'content-type: application/json'`, `--data ${quote(request.body)}`);
  return lines.join(" \\\n  ");
}

export function asHttp(request: ApiRequest, url: string): string {
  const { host } = new URL(url);
  return [
    `${request.method} ${target(request)} HTTP/1.1`,
    `host: ${host}`,
    `authorization: Bearer {token}`,
    ...usedHeaders(request).map((header) => `${header.name}: ${header.value}`),
    ...(carries(request) ? ["content-type: application/json", "", request.body] : []),
  ].join("\n");
}

/** Lists up to this length stand in one line. */
const LINE = 48;

const isName = (key: string): boolean => /^[A-Za-z_$][\w$]*$/.test(key);

/** JSON as TypeScript. A number that a double cannot hold becomes text, which the server takes as well. */
function literal(node: JsonNode, indent = ""): string {
  const inner = `${indent}  `;
  switch (node.t) {
    case "null":
      return "null";
    case "bool":
      return String(node.v);
    case "string":
      return JSON.stringify(node.v);
    case "number":
      return plainNumber(String(Number(node.v))) === plainNumber(node.v) ? node.v : JSON.stringify(node.v);
    case "array": {
      const line = `[${node.v.map((item) => literal(item)).join(", ")}]`;
      if (line.length <= LINE && !line.includes("\n")) return line;
      return `[\n${node.v.map((item) => `${inner}${literal(item, inner)}`).join(",\n")},\n${indent}]`;
    }
    case "object": {
      const lines = node.v.map(([key, item]) => `${inner}${isName(key) ? key : JSON.stringify(key)}: ${literal(item, inner)}`);
      return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")},\n${indent}}`;
    }
  }
}

const text = (value: string): JsonNode => ({ t: "string", v: value });

function nodeOf(source: string): JsonNode {
  const read = parseJson(source);
  return read.ok ? read.node : text(source);
}

/** Parameters whose value is a number or a switch; every other one is text, digits or not. */
const PLAIN = new Set(["limit", "page", "offset", "paranoid", "sortByRelevance"]);

function valueOf(name: string, wire: string): JsonNode {
  if (LIST_PARAMS.has(name)) {
    const node = /^[[{]/.test(wire) ? nodeOf(wire) : null;
    return node ?? { t: "array", v: listOf(wire).map(text) };
  }
  return JSON_PARAMS.has(name) || (PLAIN.has(name) && /^(-?\d+|true|false)$/.test(wire)) ? nodeOf(wire) : text(wire);
}

type Ask = readonly (readonly [string, JsonNode])[];

/** What each method of the SDK takes; a request with more goes through `http`. */
const FIND = ["fields", "filter", "sort", "limit", "page", "offset", "search", "searchFields", "sortByRelevance", "paranoid", "relConditions", "count", "after"];
const AGGREGATE = ["aggregate", "groupBy", "filter", "sort", "limit", "page", "offset", "search", "searchFields"];
const ONE = ["fields", "paranoid"];
const EXPORT = ["format", "formulas", "filter", "sort", "fields"];

interface Call {
  readonly code: string;
  /** Every word of the request is in it. */
  readonly whole: boolean;
}

const only = (ask: Ask, known: readonly string[]): boolean => ask.every(([name]) => known.includes(name));

function call(request: ApiRequest, ask: Ask, options: Ask, match: Ask): Call | null {
  const { method, path } = request;
  const said = (...parts: readonly (string | null)[]): string => {
    const last = parts.findLastIndex((part) => part !== null);
    return parts.slice(0, last + 1).map((part) => part ?? "{}").join(", ");
  };
  const object = (entries: Ask): string | null => (entries.length === 0 ? null : literal({ t: "object", v: entries }));
  const more = object(options);
  const bare = ask.length === 0 && match.length === 0;
  const GET = method === "GET" && match.length === 0;
  if (GET && bare && path === "/auth/me") return { code: `const user = await plinth.auth.me(${said(more)});`, whole: true };
  if (GET && bare && path === "/access/me") return { code: `const access = await plinth.access.me(${said(more)});`, whole: true };
  if (GET && bare && path === "/health") return { code: `const health = await plinth.server.health(${said(more)});`, whole: true };
  const schema = /^\/schemas\/([^/?]+)$/.exec(path)?.[1];
  if (GET && bare && schema !== undefined) return { code: `const schema = await plinth.schemas.findOne(${said(named(schema), more)});`, whole: true };

  const [, collection, id] = /^\/items\/([^/?]+)(?:\/([^/?]+))?$/.exec(path) ?? [];
  if (collection === undefined) return null;
  const own = `const items = plinth.items(${named(collection)});\n`;
  if (GET && id === "export") {
    return { code: `${own}const file = await items.export(${said(object([...ask, ...options]))});\nconsole.log(await file.text());`, whole: only(ask, EXPORT) };
  }
  if (GET && id === undefined && ask.some(([name]) => name === "aggregate")) {
    return { code: `${own}const rows = await items.aggregate(${said(object(ask), more)});`, whole: only(ask, AGGREGATE) };
  }
  if (GET && id === undefined) {
    const counted = !ask.some(([name, value]) => name === "count" && value.t === "string" && value.v === "none");
    return { code: `${own}const { data${counted ? ", totalCount" : ""} } = await items.find(${said(object(ask), more)});`, whole: only(ask, FIND) };
  }
  if (GET && id !== undefined) return { code: `${own}const row = await items.findOne(${said(named(id), object(ask), more)});`, whole: only(ask, ONE) };
  const body = nodeOf(request.body.trim() === "" ? "{}" : request.body);
  const whole = ask.length === 0 && body.t === "object";
  if (method === "POST" && id === undefined) return { code: `${own}const id = await items.create(${said(literal(body), more)});`, whole: whole && match.length === 0 };
  if (id === undefined) return null;
  const careful = object([...match, ...options]);
  if (method === "PATCH") return { code: `${own}const id = await items.update(${said(named(id), literal(body), careful)});`, whole };
  if (method === "DELETE") return { code: `${own}await items.delete(${said(named(id), careful)});`, whole: ask.length === 0 };
  return null;
}

/** A part of a path as the SDK takes it: it encodes for itself. */
function named(part: string): string {
  try {
    return JSON.stringify(decodeURIComponent(part));
  } catch {
    return JSON.stringify(part);
  }
}

/** The call of the SDK that does the same; a route without a method goes through `http`. */
export function asTypeScript(request: ApiRequest, url: string, notes: { numbers: string; strict: string; token: string }): string {
  const headers = usedHeaders(request).map((header) => [header.name.trim().toLowerCase(), header.value] as const);
  const exact = headers.some(([name, value]) => name === "accept-numbers" && value === "string");
  const strict = headers.some(([name, value]) => name === "x-plinth-strict" && value === "1");
  const match = headers.flatMap(([name, value]) => (name === "if-match" ? [["ifMatch", text(value)] as const] : []));
  const others = headers.filter(([name, value]) => !(name === "accept-numbers" && value === "string") && !(name === "x-plinth-strict" && value === "1") && name !== "if-match");
  const options: Ask = others.length === 0 ? [] : [["headers", { t: "object", v: others.map(([name, value]) => [name, text(value)] as const) }]];
  const ask: Ask = request.params.flatMap((entry) => (entry.on && entry.name.trim() !== "" ? [[entry.name.trim(), valueOf(entry.name.trim(), wireValue(entry))] as const] : []));

  const head = [
    `import { createPlinth } from "@plinth/sdk";`,
    ``,
    `const plinth = createPlinth({`,
    `  url: ${JSON.stringify(url)},`,
    `  token: process.env.${TOKEN_VARIABLE}, // ${notes.token}`,
    ...(exact ? [`  numbers: "exact", // ${notes.numbers}`] : []),
    ...(strict ? [`  strict: true, // ${notes.strict}`] : []),
    `});`,
    ``,
  ];
  const own = call(request, ask, options, match);
  if (own?.whole) return [...head, own.code].join("\n");
  const all = [...others, ...headers.filter(([name]) => name === "if-match")];
  const parts: Ask = [
    ["method", text(request.method)],
    ["path", text(request.path)],
    ...(ask.length === 0 ? [] : [["params", { t: "object", v: ask } as const] as const]),
    ...(carries(request) ? [["body", nodeOf(request.body)] as const] : []),
    ...(all.length === 0 ? [] : [["headers", { t: "object", v: all.map(([name, value]) => [name, text(value)] as const) } as const] as const]),
  ];
  return [...head, `const answer = await plinth.http.request(${literal({ t: "object", v: parts })});`].join("\n");
}
