import { segment, type Transport } from './transport.js';
import type { Answer, Message } from './generated/wire.js';
import type { CallOptions } from './types/common.js';
import type { QueryMeasurement, SlowQueryList, SlowQueryOptions } from './types/queries.js';

/** Which queries ran and how long they took, for administrators. */
export class Queries {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * The shapes of queries that ran since the server started, those that took longest in all first,
   * each with the index that would help it. The server keeps shapes and times, never a value that
   * was asked for.
   *
   * @example
   * ```ts
   * const { data } = await plinth.queries.slow({ collection: 'orders', sort: 'p95', limit: 10 });
   * for (const { shape, p95Ms, index } of data) {
   *   console.log(shape.filter, p95Ms, index?.fields.join(', ') ?? 'no index would help');
   * }
   * ```
   */
  slow(options: CallOptions & SlowQueryOptions = {}): Promise<SlowQueryList> {
    const { collection, sort, page, limit, ...rest } = options;
    return this.#http.get(`/queries/slow${asked({ collection, sort, page, limit })}`, rest);
  }

  /**
   * Tries the index that a query asks for, on a copy that nobody sees and that is gone afterwards,
   * and tells what it would bring and cost. A large copy is made with `consent` only; it may take
   * minutes, so give the call a `timeout` that lets it.
   *
   * @example
   * ```ts
   * const [worst] = (await plinth.queries.slow({ limit: 1 })).data;
   * if (worst?.index) {
   *   const { before, after, gain } = await plinth.queries.measure(worst.id, { timeout: 120_000 });
   *   console.log(`${before.medianMs} ms become ${after.medianMs} ms: ${gain} times as fast`);
   * }
   * ```
   */
  async measure(id: string, options: CallOptions & { readonly consent?: boolean | undefined } = {}): Promise<QueryMeasurement> {
    const { consent, ...rest } = options;
    const path = `/queries/slow/${segment(id, 'query')}/measure`;
    const body = consent === undefined ? {} : { consent };
    return (await this.#http.post<Answer<QueryMeasurement>>(path, body, rest)).data;
  }

  /**
   * Forgets what is recorded, of one collection or of all, so that what follows stands alone.
   *
   * @example
   * ```ts
   * await plinth.queries.forget({ collection: 'orders' });
   * ```
   */
  async forget(options: CallOptions & { readonly collection?: string | undefined } = {}): Promise<void> {
    const { collection, ...rest } = options;
    await this.#http.delete<Message>(`/queries/slow${asked({ collection })}`, undefined, rest);
  }
}

function asked(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
  );
  return given.length === 0 ? '' : `?${given.join('&')}`;
}
