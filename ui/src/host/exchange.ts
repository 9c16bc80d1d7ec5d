/** One request as it goes over the wire, answer and all: what the API screen shows. */
import type { Connection } from "./session";

export interface Exchange {
  readonly method: string;
  /** With its query, from the root: `/items/orders?limit=3`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface ExchangeAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly ms: number;
  readonly bytes: number;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** As it came, before anybody parsed a number in it. */
  readonly text: string;
}

/** Sent with the credential of this session: its cookie, or the token of this launch. */
export async function exchange(connection: Connection, request: Exchange, signal: AbortSignal): Promise<ExchangeAnswer> {
  const headers = new Headers({ ...request.headers });
  if (connection.token !== undefined && !headers.has("authorization")) {
    headers.set("authorization", `Bearer ${connection.token}`);
  }
  if (connection.persona !== undefined) headers.set("x-plinth-persona", connection.persona);
  if (request.body !== undefined && !headers.has("content-type")) headers.set("content-type", "application/json");
  const from = performance.now();
  const answer = await fetch(new URL(request.path, connection.url), {
    method: request.method,
    headers,
    credentials: connection.token === undefined ? "include" : "omit",
    signal,
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  const bytes = await answer.arrayBuffer();
  return {
    status: answer.status,
    statusText: answer.statusText,
    ms: performance.now() - from,
    bytes: bytes.byteLength,
    headers: [...answer.headers.entries()],
    text: new TextDecoder().decode(bytes),
  };
}
