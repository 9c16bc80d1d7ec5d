import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came over the socket. */
export interface Recorded {
  method: string;
  /** The request target, byte for byte. */
  target: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Reply {
  status?: number;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is, when there is no `json`. */
  text?: string;
  headers?: Record<string, string>;
  /** Cuts the connection after the first half of the body. */
  cut?: boolean;
}

type Handler = (request: Recorded) => Reply | Promise<Reply>;

/** The error envelope of the server. */
export function refusal(status: number, code: string, message: string, more: object = {}): Reply {
  return { status, json: { message, error: { message, code, details: null, statusCode: status, ...more } } };
}

/** A real HTTP server that writes down what it is asked and answers as it is told. */
export class Recorder {
  readonly requests: Recorded[] = [];
  readonly #handlers = new Map<string, Handler>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Recorder> {
    const server = createServer();
    const recorder = new Recorder(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const target = request.url ?? '';
        const recorded: Recorded = {
          method: request.method ?? '',
          target,
          path: target.split('?')[0] ?? '',
          headers: request.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        };
        void recorder.#answer(recorded).then((reply) => {
          const body = 'json' in reply ? JSON.stringify(reply.json) : (reply.text ?? '');
          response.writeHead(reply.status ?? 200, {
            'Access-Control-Allow-Origin': request.headers.origin ?? '*',
            'Access-Control-Allow-Credentials': 'true',
            'Access-Control-Allow-Headers':
              'authorization,content-type,x-tenant-id,accept-numbers,x-plinth-strict,if-match',
            'Access-Control-Allow-Methods': 'GET,POST,PUT,PATCH,DELETE',
            'Content-Type': 'json' in reply ? 'application/json; charset=utf-8' : 'text/plain',
            ...reply.headers,
          });
          if (reply.cut) {
            response.write(body.slice(0, body.length / 2), () => response.destroy());
          } else {
            response.end(body);
          }
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return recorder;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Answers `route`, written `GET /items/products`, from now on. */
  on(route: string, reply: Reply | Handler): this {
    this.#handlers.set(route, typeof reply === 'function' ? reply : () => reply);
    return this;
  }

  /** Forgets requests and answers. */
  reset(): void {
    this.requests.length = 0;
    this.#handlers.clear();
  }

  /** The request lines so far, decoded for reading. */
  get lines(): string[] {
    return this.requests.map(
      ({ method, target }) => `${method} ${decodeURIComponent(target.replaceAll('+', ' '))}`,
    );
  }

  get last(): Recorded {
    const last = this.requests.at(-1);
    if (last === undefined) throw new Error('the server was not asked anything');
    return last;
  }

  /** The JSON body of the last request. */
  get lastJson(): unknown {
    return JSON.parse(this.last.body);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(recorded: Recorded): Promise<Reply> {
    if (recorded.method === 'OPTIONS') return { status: 204 };
    this.requests.push(recorded);
    const handler = this.#handlers.get(`${recorded.method} ${recorded.path}`);
    if (handler === undefined) {
      return refusal(404, 'NOT_FOUND', `no answer is set for ${recorded.method} ${recorded.path}`);
    }
    return handler(recorded);
  }
}

/** A promise that is settled from outside: holds an answer back until the test says so. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Waits until `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited 5 s in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
