import type { Items } from './records.js';
import type { CallOptions, Item } from './types/common.js';
import type { Filter, RelationFilter } from './types/filter.js';
import type { AggregateConfig, FieldSelector, QueryParams, ReadResult, Sort } from './types/query.js';

/**
 * A query put together step by step. Each step changes the builder and returns it; `get`, `first`
 * and `count` send it and leave it as it is, so that it can be sent again.
 */
export class QueryBuilder<T extends object = Item> {
  readonly #items: Pick<Items<T>, 'find'>;
  readonly #params: QueryParams<T> = {};

  /** @internal */
  constructor(items: Pick<Items<T>, 'find'>) {
    this.#items = items;
  }

  /**
   * Which fields come back: columns, `*`, relation paths, `-name` to leave one out.
   *
   * @example
   * ```ts
   * const posts = await plinth.items('posts').query().select('title', 'author.*', 'comments.*').get();
   * console.log(posts.data);
   * ```
   */
  select(...fields: FieldSelector<T>[] | [readonly FieldSelector<T>[]]): this {
    this.#params.fields = fields.flat() as FieldSelector<T>[];
    return this;
  }

  /**
   * The same as {@link select}.
   *
   * @example
   * ```ts
   * await plinth.items('posts').query().fields('id', 'title').get();
   * ```
   */
  fields(...fields: FieldSelector<T>[] | [readonly FieldSelector<T>[]]): this {
    return this.select(...fields);
  }

  /**
   * Which rows come back. Called again it narrows further: all filters must hold.
   *
   * @example
   * ```ts
   * const query = plinth.items('posts').query().filter({ status: { eq: 'published' } });
   * query.filter({ views: { gt: 1000 } });
   * console.log(await query.count());
   * ```
   */
  filter(filter: Filter<T>): this {
    const before = this.#params.filter;
    this.#params.filter = before === undefined ? filter : ({ AND: [before, filter] } as Filter<T>);
    return this;
  }

  /**
   * The same as {@link filter}.
   *
   * @example
   * ```ts
   * await plinth.items('posts').query().where({ slug: { eq: 'my-post' } }).first();
   * ```
   */
  where(filter: Filter<T>): this {
    return this.filter(filter);
  }

  /**
   * The order of the rows.
   *
   * @example
   * ```ts
   * await plinth.items('posts').query().sort({ pinned: 'desc', createdAt: 'desc' }).get();
   * ```
   */
  sort(sort: Sort<T>): this {
    this.#params.sort = sort;
    return this;
  }

  /**
   * The same as {@link sort}.
   *
   * @example
   * ```ts
   * await plinth.items('posts').query().orderBy('-createdAt').get();
   * ```
   */
  orderBy(sort: Sort<T>): this {
    return this.sort(sort);
  }

  /**
   * At most this many rows; `-1` for all.
   *
   * @example
   * ```ts
   * await plinth.items('posts').query().limit(10).get();
   * ```
   */
  limit(limit: number): this {
    this.#params.limit = limit;
    return this;
  }

  /**
   * The page, from 1. It wins over {@link offset}.
   *
   * @example
   * ```ts
   * await plinth.items('posts').query().limit(10).page(2).get();
   * ```
   */
  page(page: number): this {
    this.#params.page = page;
    return this;
  }

  /**
   * Leaves out this many rows at the start.
   *
   * @example
   * ```ts
   * await plinth.items('posts').query().sort('title').offset(20).limit(10).get();
   * ```
   */
  offset(offset: number): this {
    this.#params.offset = offset;
    return this;
  }

  /**
   * Keyset paging: `''` for the first page, then the `cursor` of the page before.
   *
   * @example
   * ```ts
   * const query = plinth.items('events').query().sort('createdAt').limit(200);
   * const first = await query.after('').get();
   * const second = first.cursor ? await query.after(first.cursor).get() : undefined;
   * console.log(first.data.length, second?.data.length);
   * ```
   */
  after(cursor: string): this {
    this.#params.after = cursor;
    return this;
  }

  /**
   * Full-text search, in these fields or in all text of the collection.
   *
   * @example
   * ```ts
   * await plinth.items('posts').query().search('javascript', ['title', 'content']).get();
   * ```
   */
  search(text: string, fields?: readonly string[]): this {
    this.#params.search = text;
    this.#params.searchFields = fields;
    return this;
  }

  /**
   * Shows soft-deleted rows as well.
   *
   * @example
   * ```ts
   * await plinth.items('posts').query().withDeleted().get();
   * ```
   */
  withDeleted(): this {
    this.#params.paranoid = false;
    return this;
  }

  /**
   * Which rows appear inside a relation. The relation must be selected; the outer rows all stay.
   *
   * @example
   * ```ts
   * await plinth
   *   .items('posts')
   *   .query()
   *   .select('*', 'comments.*')
   *   .relFilter({ comments: { approved: { eq: true } } })
   *   .get();
   * ```
   */
  relFilter(conditions: RelationFilter<T>): this {
    this.#params.relConditions = conditions;
    return this;
  }

  /**
   * Aggregates instead of rows.
   *
   * @example
   * ```ts
   * const sums = await plinth
   *   .items('orders')
   *   .query()
   *   .aggregate({ total: { function: 'sum', field: 'amount' } })
   *   .groupBy('status')
   *   .get();
   * console.log(sums.data);
   * ```
   */
  aggregate(aggregate: AggregateConfig): this {
    this.#params.aggregate = aggregate;
    return this;
  }

  /**
   * One row per value of these fields; without an aggregate, their distinct values.
   *
   * @example
   * ```ts
   * await plinth.items('products').query().select('category').groupBy('category').get();
   * ```
   */
  groupBy(...fields: string[] | [readonly string[]]): this {
    this.#params.groupBy = fields.flat();
    return this;
  }

  /**
   * Sends the query.
   *
   * @example
   * ```ts
   * const { data, totalCount } = await plinth.items('posts').query().limit(10).get();
   * console.log(data.length, totalCount);
   * ```
   */
  get(options?: CallOptions): Promise<ReadResult<T>> {
    return this.#items.find({ ...this.#params }, options);
  }

  /**
   * The first row, or `null`.
   *
   * @example
   * ```ts
   * const post = await plinth.items('posts').query().filter({ slug: { eq: 'my-post' } }).first();
   * console.log(post?.['title']);
   * ```
   */
  async first(options?: CallOptions): Promise<T | null> {
    const { data } = await this.#items.find({ ...this.#params, limit: 1 }, options);
    return data[0] ?? null;
  }

  /**
   * How many rows match; none is read.
   *
   * @example
   * ```ts
   * console.log(await plinth.items('posts').query().filter({ status: { eq: 'published' } }).count());
   * ```
   */
  async count(options?: CallOptions): Promise<number> {
    const { totalCount } = await this.#items.find({ ...this.#params, limit: 0 }, options);
    return totalCount;
  }
}
