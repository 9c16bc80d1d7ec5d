import { segment, type Transport } from './transport.js';
import type { Answer } from './generated/wire.js';
import type { AnyCollections, CallOptions, Item, NumberForm } from './types/common.js';
import type { Filter } from './types/filter.js';
import type {
  AggregateConfig,
  AggregateRow,
  QueryParams,
  ReportQuery,
  ReportResult,
  StatsQuery,
  StatsResult,
} from './types/query.js';

type Names<Collections> = keyof Collections & string;

/** The values of a field: of its type where the name is known, else anything. */
type ValueOf<T, F> = F extends keyof T ? T[F] : unknown;

/** Sums, counts and groups over collections. `Numbers` is the client's option `numbers`. */
export class Reports<
  Collections extends { [K in keyof Collections]: object } = AnyCollections,
  Numbers extends NumberForm = 'number',
> {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * A report over one collection, asked in a body that may be long: one row per group, or the rows
   * themselves when nothing is grouped.
   *
   * @example
   * ```ts
   * const report = await plinth.reports.generate('orders', {
   *   aggregate: {
   *     revenue: { function: 'sum', field: 'total' },
   *     orders: { function: 'count', field: 'id' },
   *   },
   *   groupBy: ['category'],
   *   filter: { status: { eq: 'completed' } },
   *   dateRange: { start: '2025-01-01', end: '2025-12-31' },
   * });
   * for (const row of report.data) console.log(row['category'], row.revenue, row.orders);
   * ```
   */
  generate<K extends Names<Collections>, const A extends AggregateConfig>(
    collection: K,
    query: ReportQuery<Collections[K]> & { aggregate: A },
    options?: CallOptions,
  ): Promise<ReportResult<AggregateRow<A, Numbers>>>;
  generate<K extends Names<Collections>>(
    collection: K,
    query?: ReportQuery<Collections[K]>,
    options?: CallOptions,
  ): Promise<ReportResult>;
  async generate(collection: string, query: object = {}, options?: CallOptions): Promise<ReportResult> {
    return this.#http.post(reportPath(collection), query, options);
  }

  /**
   * The same as {@link generate}, asked in the address, as caches and links can hold it.
   *
   * @example
   * ```ts
   * const report = await plinth.reports.query('orders', {
   *   aggregate: { total: { function: 'sum', field: 'amount' } },
   *   groupBy: ['status'],
   * });
   * console.log(report.data[0]?.total);
   * ```
   */
  query<K extends Names<Collections>, const A extends AggregateConfig>(
    collection: K,
    query: ReportQuery<Collections[K]> & { aggregate: A },
    options?: CallOptions,
  ): Promise<ReportResult<AggregateRow<A, Numbers>>>;
  query<K extends Names<Collections>>(
    collection: K,
    query?: ReportQuery<Collections[K]>,
    options?: CallOptions,
  ): Promise<ReportResult>;
  async query(collection: string, query?: object, options?: CallOptions): Promise<ReportResult> {
    return this.#http.get(reportPath(collection), { ...options, params: query });
  }

  /**
   * Several reports in one request, each under its name. What the caller may not read of one
   * refuses them all.
   *
   * @example
   * ```ts
   * const stats = await plinth.reports.getStats([
   *   {
   *     name: 'total_products',
   *     collection: 'products',
   *     query: { aggregate: { count: { function: 'count', field: '*' } } },
   *   },
   * ]);
   * console.log(stats.total_products.data[0]?.['count']);
   * ```
   */
  async getStats<const Name extends string>(
    stats: readonly (StatsQuery & { name: Name })[],
    options?: CallOptions,
  ): Promise<StatsResult<Name>> {
    return (await this.#http.post<Answer<StatsResult<Name>>>('/reports/stats', { stats }, options)).data;
  }

  /**
   * Aggregates over the items that match, one row per group.
   *
   * @example
   * ```ts
   * const rows = await plinth.reports.aggregate('orders', {
   *   aggregate: { total: { function: 'sum', field: 'amount' } },
   *   groupBy: ['status'],
   * });
   * for (const row of rows) console.log(row['status'], row.total);
   * ```
   */
  async aggregate<K extends Names<Collections>, const A extends AggregateConfig>(
    collection: K,
    query: { aggregate: A } & Pick<QueryParams<Collections[K]>, 'groupBy' | 'filter' | 'sort'>,
    options?: CallOptions,
  ): Promise<AggregateRow<A, Numbers>[]> {
    const params = { ...query, limit: -1 };
    const reply = this.#http.get<Answer<AggregateRow<A, Numbers>[]>>(itemsPath(collection), { ...options, params });
    return (await reply).data;
  }

  /**
   * How many items match; none is read.
   *
   * @example
   * ```ts
   * const active = await plinth.reports.count('products', { status: { eq: 'active' } });
   * console.log(active);
   * ```
   */
  async count<K extends Names<Collections>>(
    collection: K,
    filter?: Filter<Collections[K]>,
    options?: CallOptions,
  ): Promise<number> {
    const params = { filter, limit: 0 };
    const reply = this.#http.get<ReportResult>(itemsPath(collection), { ...options, params });
    return (await reply).totalCount;
  }

  /**
   * The different values of a field, in their order.
   *
   * @example
   * ```ts
   * const categories = await plinth.reports.distinct('products', 'category');
   * console.log(categories);
   * ```
   */
  async distinct<
    K extends Names<Collections>,
    const F extends (keyof Collections[K] & string) | `${string}.${string}`,
  >(
    collection: K,
    field: F,
    filter?: Filter<Collections[K]>,
    options?: CallOptions,
  ): Promise<ValueOf<Collections[K], F>[]> {
    const params = { filter, fields: [field], groupBy: [field], limit: -1 };
    const reply = this.#http.get<Answer<Item[]>>(itemsPath(collection), { ...options, params });
    return (await reply).data.map((row) => row[field] as ValueOf<Collections[K], F>);
  }
}

function reportPath(collection: string): string {
  return `/reports/${segment(collection, 'The name of the collection')}`;
}

function itemsPath(collection: string): string {
  return `/items/${segment(collection, 'The name of the collection')}`;
}
