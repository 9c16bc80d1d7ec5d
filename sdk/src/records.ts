import type { Answer, HistoryPage, Imported, RevertBody, Written } from './generated/wire.js';
import { QueryBuilder } from './query.js';
import { segment, type Transport } from './transport.js';
import { appendFile } from './upload.js';
import type {
  CallOptions,
  IdOf,
  Item,
  ItemId,
  NumberForm,
  UploadSource,
  WriteOptions,
} from './types/common.js';
import type { Filter } from './types/filter.js';
import type { HistoryParams } from './types/history.js';
import type { ExportOptions } from './types/imports.js';
import type {
  AggregateConfig,
  AggregateRow,
  FindOneParams,
  QueryParams,
  ReadResult,
  UncountedResult,
} from './types/query.js';
import type {
  BatchOperation,
  BatchPreview,
  BatchResult,
  BatchStep,
  ImportResult,
  WriteInput,
} from './types/write.js';

const PAGE_SIZE_OF_ITERATION = 200;

/** The items of one collection. `Numbers` is the client's option `numbers`. */
export class Items<
  T extends object = Item,
  Input extends object = WriteInput<T>,
  Numbers extends NumberForm = 'number',
> {
  readonly #http: Transport;
  readonly #collection: string;
  readonly #path: string;

  /** @internal */
  constructor(http: Transport, collection: string) {
    this.#http = http;
    this.#collection = collection;
    this.#path = `/items/${segment(collection, 'The name of the collection')}`;
  }

  /**
   * A page of items, and how many match in all.
   *
   * @example
   * ```ts
   * const { data, totalCount } = await plinth.items('products').find({
   *   filter: { status: { eq: 'active' } },
   *   sort: { createdAt: 'desc' },
   *   limit: 20,
   *   page: 1,
   * });
   * console.log(data.length, 'of', totalCount);
   * ```
   */
  find(params: QueryParams<T> & { count: 'none' }, options?: CallOptions): Promise<UncountedResult<T>>;
  find(params?: QueryParams<T>, options?: CallOptions): Promise<ReadResult<T>>;
  find(params?: QueryParams<T>, options?: CallOptions): Promise<ReadResult<T>> {
    return this.#http.get(this.#path, { ...options, params });
  }

  /**
   * The same as {@link find}.
   *
   * @example
   * ```ts
   * const { data } = await plinth.items('products').findMany({ limit: 5 });
   * console.log(data);
   * ```
   */
  findMany(params: QueryParams<T> & { count: 'none' }, options?: CallOptions): Promise<UncountedResult<T>>;
  findMany(params?: QueryParams<T>, options?: CallOptions): Promise<ReadResult<T>>;
  findMany(params?: QueryParams<T>, options?: CallOptions): Promise<ReadResult<T>> {
    return this.find(params, options);
  }

  /**
   * One item by its key. Rejects with 403 `ITEM_NOT_FOUND` when there is none that may be read.
   *
   * @example
   * ```ts
   * const product = await plinth.items('products').findOne('product-uuid', { fields: ['*', 'category.*'] });
   * console.log(product['name']);
   * ```
   */
  async findOne(id: ItemId, params?: FindOneParams<T>, options?: CallOptions): Promise<T> {
    return (await this.findOneWithEtag(id, params, options)).data;
  }

  /**
   * The same as {@link findOne}.
   *
   * @example
   * ```ts
   * console.log(await plinth.items('products').get('product-uuid'));
   * ```
   */
  get(id: ItemId, params?: FindOneParams<T>, options?: CallOptions): Promise<T> {
    return this.findOne(id, params, options);
  }

  /**
   * One item with the ETag of the state it was read in, for a write that must not overwrite what
   * somebody else wrote meanwhile.
   *
   * @example
   * ```ts
   * const products = plinth.items('products');
   * const { data, etag } = await products.findOneWithEtag('product-uuid');
   * await products.update('product-uuid', { price: Number(data['price']) + 1 }, { ifMatch: etag });
   * ```
   */
  async findOneWithEtag(
    id: ItemId,
    params?: FindOneParams<T>,
    options?: CallOptions,
  ): Promise<{ data: T; etag: string | undefined }> {
    const { body, headers } = await this.#http.exchange<Answer<T>>({
      ...options,
      method: 'GET',
      path: this.#item(id),
      params,
    });
    return { data: body.data, etag: headers.get('ETag') ?? undefined };
  }

  /**
   * Creates an item and resolves to its key.
   *
   * @example
   * ```ts
   * const id = await plinth.items('products').create({ name: 'New Product', price: 29.99 });
   * console.log(id);
   * ```
   */
  async create(data: Input, options?: CallOptions): Promise<IdOf<T>> {
    const reply = await this.#http.post<Written<{ id: IdOf<T> }>>(this.#path, data, options);
    return reply.data.id;
  }

  /**
   * The same as {@link create}.
   *
   * @example
   * ```ts
   * const id = await plinth.items('products').insert({ name: 'New Product' });
   * console.log(id);
   * ```
   */
  insert(data: Input, options?: CallOptions): Promise<IdOf<T>> {
    return this.create(data, options);
  }

  /**
   * Changes the given fields of an item and resolves to its key.
   *
   * @example
   * ```ts
   * await plinth.items('products').update('product-uuid', { price: 24.99 });
   * ```
   */
  async update(id: ItemId, data: Input, options?: WriteOptions): Promise<IdOf<T>> {
    const reply = await this.#http.patch<Written<{ id: IdOf<T> }>>(
      this.#item(id),
      data,
      conditional(options),
    );
    return reply.data.id;
  }

  /**
   * Deletes an item; where the collection has soft delete, it is hidden instead.
   *
   * @example
   * ```ts
   * await plinth.items('products').delete('product-uuid');
   * ```
   */
  async delete(id: ItemId, options?: WriteOptions): Promise<void> {
    await this.#http.delete(this.#item(id), undefined, conditional(options));
  }

  /**
   * Creates several items, all or none, and resolves to their keys in the same order.
   *
   * @example
   * ```ts
   * const ids = await plinth.items('products').createMany([
   *   { name: 'Product 1', price: 10 },
   *   { name: 'Product 2', price: 20 },
   * ]);
   * console.log(ids);
   * ```
   */
  async createMany(data: readonly Input[], options?: CallOptions): Promise<IdOf<T>[]> {
    return (await this.#http.post<Written<IdOf<T>[]>>(`${this.#path}/bulk`, data, options)).data;
  }

  /**
   * Gives several items the same new values, all or none.
   *
   * @example
   * ```ts
   * await plinth.items('products').updateMany(['uuid-1', 'uuid-2'], { status: 'archived' });
   * ```
   */
  async updateMany(ids: readonly ItemId[], data: Input, options?: CallOptions): Promise<IdOf<T>[]> {
    const entries = ids.map((id) => ({ id, data }));
    return (await this.#http.patch<Written<IdOf<T>[]>>(`${this.#path}/bulk`, entries, options)).data;
  }

  /**
   * Deletes several items, all or none.
   *
   * @example
   * ```ts
   * await plinth.items('products').deleteMany(['uuid-1', 'uuid-2']);
   * ```
   */
  async deleteMany(ids: readonly ItemId[], options?: CallOptions): Promise<void> {
    await this.#http.delete(`${this.#path}/bulk`, ids, options);
  }

  /**
   * Updates the first item the filter finds, or creates one, and resolves to its key. However many
   * do it with one filter at the same time, one of them creates and the others update, as long as
   * the data satisfies the filter: what it would not find is created each time. `create` knows no
   * filter and creates beside it; a value that must not occur twice wants a unique index.
   *
   * @example
   * ```ts
   * const id = await plinth.items('products').upsert(
   *   { sku: { eq: 'WIDGET-001' } },
   *   { name: 'Widget', price: 29.99, sku: 'WIDGET-001' },
   * );
   * console.log(id);
   * ```
   */
  async upsert(filter: Filter<T>, data: Input, options?: CallOptions): Promise<IdOf<T>> {
    const body = { filter, data };
    return (await this.#http.put<Written<{ id: IdOf<T> }>>(this.#path, body, options)).data.id;
  }

  /**
   * Hides an item of a collection with soft delete.
   *
   * @example
   * ```ts
   * await plinth.items('products').softDelete('product-uuid');
   * ```
   */
  async softDelete(id: ItemId, options?: CallOptions): Promise<void> {
    await this.#http.patch(this.#item(id), { deletedAt: new Date().toISOString() }, options);
  }

  /**
   * Brings a soft-deleted item back.
   *
   * @example
   * ```ts
   * await plinth.items('products').restore('product-uuid');
   * ```
   */
  async restore(id: ItemId, options?: CallOptions): Promise<void> {
    await this.#http.patch(this.#item(id), { deletedAt: null }, options);
  }

  /**
   * What an item was: its changes, newest first, a page at a time. Only what may be read of the item
   * is in it.
   *
   * @example
   * ```ts
   * const { data, cursor } = await plinth.items('products').history('product-uuid', { limit: 10 });
   * for (const revision of data) console.log(revision.at, revision.action, revision.changed);
   * console.log(cursor === null ? 'that was all' : 'there is more');
   * ```
   */
  history(id: ItemId, params?: HistoryParams, options?: CallOptions): Promise<HistoryPage> {
    return this.#http.get(`${this.#item(id)}/history`, { ...options, params });
  }

  /**
   * Takes fields of an item back to what they were before a revision (or after it), and resolves to
   * its key. It is a change like any other.
   *
   * @example
   * ```ts
   * const { data } = await plinth.items('products').history('product-uuid');
   * const [last] = data;
   * if (last) await plinth.items('products').revert('product-uuid', { revision: last.id, fields: ['price'] });
   * ```
   */
  async revert(id: ItemId, back: RevertBody, options?: WriteOptions): Promise<IdOf<T>> {
    const reply = await this.#http.post<Written<{ id: IdOf<T> }>>(
      `${this.#item(id)}/revert`,
      back,
      conditional(options),
    );
    return reply.data.id;
  }

  /**
   * Aggregates over the items that match, one row per group.
   *
   * @example
   * ```ts
   * const rows = await plinth.items('products').aggregate({
   *   aggregate: {
   *     total: { function: 'sum', field: 'price' },
   *     count: { function: 'count', field: 'id' },
   *   },
   *   groupBy: ['category', 'status'],
   *   filter: { createdAt: { gte: '$NOW-DAYS_30' } },
   * });
   * for (const row of rows) console.log(row['category'], row.count, row.total);
   * ```
   */
  async aggregate<const A extends AggregateConfig>(
    query: { aggregate: A } & Pick<
      QueryParams<T>,
      'groupBy' | 'filter' | 'sort' | 'limit' | 'page' | 'offset' | 'search' | 'searchFields'
    >,
    options?: CallOptions,
  ): Promise<AggregateRow<A, Numbers>[]> {
    const reply = await this.#http.get<Answer<AggregateRow<A, Numbers>[]>>(this.#path, {
      ...options,
      params: query,
    });
    return reply.data;
  }

  /**
   * Creates items from a CSV file with a header row, all or none.
   *
   * @example
   * ```ts
   * const file = new Blob(['name,price\nLamp,29.99\n'], { type: 'text/csv' });
   * const result = await plinth.items('products').importCSV(file);
   * console.log(`Imported ${result.imported} items`);
   * ```
   */
  importCSV(file: UploadSource, options?: CallOptions): Promise<ImportResult> {
    return this.#import('import-csv', 'csvFile', 'import.csv', file, options);
  }

  /**
   * Creates items from a JSON file that holds a list of objects, all or none.
   *
   * @example
   * ```ts
   * const file = new Blob(['[{"name":"Lamp"}]'], { type: 'application/json' });
   * const result = await plinth.items('products').importJSON(file);
   * console.log(`Imported ${result.imported} items`);
   * ```
   */
  importJSON(file: UploadSource, options?: CallOptions): Promise<ImportResult> {
    return this.#import('import-json', 'jsonFile', 'import.json', file, options);
  }

  /**
   * Every item that matches, as a file that streams. The reply is handed over as it is: read it with
   * `text()`, `blob()`, or piece by piece from `body`.
   *
   * @example
   * ```ts
   * const reply = await plinth.items('products').export({
   *   format: 'csv',
   *   filter: { status: { eq: 'active' } },
   *   fields: ['id', 'name', 'price'],
   * });
   * console.log(await reply.text());
   * ```
   */
  export(
    query: Pick<QueryParams<T>, 'filter' | 'sort' | 'fields' | 'search' | 'searchFields'> &
      ExportOptions = {},
  ): Promise<Response> {
    const { format = 'csv', formulas, filter, sort, fields, search, searchFields, ...options } =
      query;
    return this.#http.stream({
      ...options,
      method: 'GET',
      path: `${this.#path}/export`,
      params: { format, formulas, filter, sort, fields, search, searchFields },
    });
  }

  /**
   * Writes several things to this collection, all or none. With `expect`, a step is refused (409
   * `CONFLICT`) when the stored values are no longer those.
   *
   * @example
   * ```ts
   * const results = await plinth.items('products').batch([
   *   { op: 'create', data: { name: 'Lamp' } },
   *   { op: 'update', id: 'uuid-1', data: { price: 12 }, expect: { price: 10 } },
   *   { op: 'delete', id: 'uuid-2' },
   * ]);
   * console.log(results.map((result) => result.id));
   * ```
   */
  batch(steps: readonly BatchStep[], options: CallOptions & { dryRun: true }): Promise<BatchPreview>;
  batch(steps: readonly BatchStep[], options?: CallOptions & { dryRun?: false }): Promise<BatchResult[]>;
  batch(
    steps: readonly BatchStep[],
    options: CallOptions & { dryRun?: boolean } = {},
  ): Promise<BatchResult[] | BatchPreview> {
    const collection = this.#collection;
    return sendBatch(this.#http, steps.map((step) => ({ ...step, collection })), options);
  }

  /**
   * Every item that matches, read in keyset pages of `limit` (200 unless given), so that items
   * written meanwhile neither repeat nor hide others.
   *
   * @example
   * ```ts
   * for await (const event of plinth.items('events').iterate({ sort: 'createdAt' })) {
   *   console.log(event['id']);
   * }
   * ```
   */
  async *iterate(
    params: Omit<QueryParams<T>, 'page' | 'offset' | 'count' | 'after' | 'aggregate' | 'groupBy'> = {},
    options?: CallOptions,
  ): AsyncGenerator<T, void, undefined> {
    let after: string | null | undefined = '';
    while (typeof after === 'string') {
      const page: UncountedResult<T> = await this.find(
        { limit: PAGE_SIZE_OF_ITERATION, ...params, count: 'none', after },
        options,
      );
      yield* page.data;
      after = page.cursor;
    }
  }

  /**
   * Moves an item directly before or after another one (collections with `sortEnabled`).
   *
   * @example
   * ```ts
   * await plinth.items('products').sortItem('item1-uuid', 'item2-uuid', 'after');
   * ```
   */
  async sortItem(
    item: ItemId,
    to: ItemId,
    mode: 'before' | 'after' = 'before',
    options?: CallOptions,
  ): Promise<void> {
    const path = `/utils/sort/${segment(this.#collection, 'The name of the collection')}`;
    await this.#http.post(path, { item, to, mode }, options);
  }

  /**
   * Puts the items behind the first one in the given order, one request after the other.
   *
   * @example
   * ```ts
   * await plinth.items('products').reorder(['item3-uuid', 'item1-uuid', 'item2-uuid']);
   * ```
   */
  async reorder(ids: readonly ItemId[], options?: CallOptions): Promise<void> {
    let before: ItemId | undefined;
    for (const id of ids) {
      if (before !== undefined) await this.sortItem(id, before, 'after', options);
      before = id;
    }
  }

  /**
   * Begins a query that is put together step by step.
   *
   * @example
   * ```ts
   * const results = await plinth
   *   .items('posts')
   *   .query()
   *   .select('*', 'author.*')
   *   .filter({ status: { eq: 'published' } })
   *   .sort({ createdAt: 'desc' })
   *   .limit(10)
   *   .get();
   * console.log(results.data);
   * ```
   */
  query(): QueryBuilder<T> {
    return new QueryBuilder<T>(this);
  }

  #item(id: ItemId): string {
    return `${this.#path}/${segment(id, `The id of an item of "${this.#collection}"`)}`;
  }

  async #import(
    route: 'import-csv' | 'import-json',
    field: 'csvFile' | 'jsonFile',
    name: string,
    file: UploadSource,
    options: CallOptions | undefined,
  ): Promise<ImportResult> {
    const form = new FormData();
    appendFile(form, field, file, name);
    const reply = await this.#http.post<Imported>(`${this.#path}/${route}`, form, options);
    return reply.results;
  }
}

/** `POST /items/batch`. */
export async function sendBatch(
  http: Transport,
  operations: readonly BatchOperation[],
  { dryRun, ...options }: CallOptions & { dryRun?: boolean },
): Promise<BatchResult[] | BatchPreview> {
  const body = dryRun === undefined ? { operations } : { operations, dryRun };
  return (await http.post<Written<BatchResult[]> | Answer<BatchPreview>>('/items/batch', body, options)).data;
}

function conditional(options: WriteOptions | undefined): CallOptions | undefined {
  if (options?.ifMatch === undefined) return options;
  const { ifMatch, headers, ...rest } = options;
  return { ...rest, headers: { ...headers, 'If-Match': ifMatch } };
}
