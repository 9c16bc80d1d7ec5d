import type { PageFacts } from '../generated/wire.js';
import type { Item, NumberForm } from './common.js';
import type { Filter, RelationFilter } from './filter.js';
import type { GeoJSONGeometry } from './geo.js';

/** A name to select: a column, `*`, a relation path (`author.*`) or an exclusion (`-body`). */
export type FieldSelector<T = Item> = string extends keyof T
  ? string
  : (keyof T & string) | '*' | 'createdAt' | 'updatedAt' | 'deletedAt' | `${string}.${string}` | `-${string}`;

export type SortDirection = 'asc' | 'desc' | 'ASC' | 'DESC';

/** Nearest first, from a point `[longitude, latitude]` or another geometry to a geometry column. */
export interface DistanceSort {
  target: readonly [number, number] | GeoJSONGeometry;
  column: string;
  direction?: SortDirection;
}

type SortKeys<T> = {
  [K in (keyof T & string) | 'createdAt' | 'updatedAt' | 'deletedAt']?: SortDirection;
} & {
  [path: `${string}.${string}`]: SortDirection;
  _distance?: DistanceSort;
};

/**
 * The order of rows: `{ createdAt: 'desc', name: 'asc' }` (key order is priority), `'-createdAt'`,
 * `'createdAt:desc,name'`, a list of either text form, or a list of `{ field, order }`.
 */
export type Sort<T = Item> =
  | string
  | readonly string[]
  | (string extends keyof T ? { readonly [field: string]: SortDirection | DistanceSort } : SortKeys<T>)
  | readonly { column: string; order: SortDirection }[]
  | readonly { field: string; order: SortDirection }[];

export type AggregateFunction = 'count' | 'sum' | 'avg' | 'min' | 'max' | 'distinct' | 'array_agg';

/** One aggregate: a function over a column, a relation path, or (`count` only) `*`. */
export interface AggregateSpec {
  function: AggregateFunction;
  field: string;
}

/** Aggregates by the name they get in the result rows. */
export type AggregateConfig = Readonly<Record<string, AggregateSpec>>;

type AggregateValue<F, Numbers> = F extends 'count' | 'distinct'
  ? number
  : F extends 'sum' | 'avg'
    ? ('exact' extends Numbers ? number | string | null : number | null)
    : F extends 'min' | 'max'
      ? string | null
      : F extends 'array_agg'
        ? unknown[]
        : unknown;

/**
 * One row of an aggregate: the named aggregates, typed by their function, and the group keys.
 * `min` and `max` arrive as text. With `numbers: 'exact'` a `sum` over whole numbers or decimals, and
 * an `avg` over a Decimal or BigInt column, arrive as text, too.
 */
export type AggregateRow<
  A extends AggregateConfig = AggregateConfig,
  Numbers extends NumberForm = 'number',
> = {
  [K in keyof A]: AggregateValue<A[K]['function'], Numbers>;
} & Record<string, unknown>;

/**
 * One row of an aggregate as a client with `numbers: 'exact'` gets it.
 *
 * @example
 * ```ts
 * import { createPlinth, type ExactAggregateRow } from '@plinth/sdk';
 *
 * const exact = createPlinth({ url: 'http://localhost:8056', numbers: 'exact' });
 * const aggregate = { total: { function: 'sum', field: 'price' } } as const;
 * const rows: ExactAggregateRow<typeof aggregate>[] = await exact.items('products').aggregate({ aggregate });
 * console.log(String(rows[0]?.total));
 * ```
 */
export type ExactAggregateRow<A extends AggregateConfig = AggregateConfig> = AggregateRow<A, 'exact'>;

/** What `find` and the query builder may ask. */
export interface QueryParams<T = Item> {
  fields?: readonly FieldSelector<T>[] | undefined;
  filter?: Filter<T> | undefined;
  sort?: Sort<T> | undefined;
  /** Rows per page; absent or `-1` means all, up to the server's `page_size_max`. `0` only counts. */
  limit?: number | undefined;
  /** From 1; wins over `offset`. */
  page?: number | undefined;
  offset?: number | undefined;
  search?: string | undefined;
  searchFields?: readonly string[] | undefined;
  sortByRelevance?: boolean | undefined;
  aggregate?: AggregateConfig | undefined;
  groupBy?: readonly string[] | undefined;
  /** `false` shows soft-deleted rows as well. */
  paranoid?: boolean | undefined;
  relConditions?: RelationFilter<T> | undefined;
  /** How `totalCount` is found: counted (default), estimated by the store, or not at all. */
  count?: 'exact' | 'estimate' | 'none' | undefined;
  /** Keyset paging: `''` for the first page, then the `cursor` of the page before. */
  after?: string | undefined;
}

/** Query keys of a single item. */
export interface FindOneParams<T = Item> {
  fields?: readonly FieldSelector<T>[] | undefined;
  /** `false` finds a soft-deleted item as well. */
  paranoid?: boolean | undefined;
}

/** Page numbers a list may carry beside its rows. */
export interface PaginationMetadata {
  page?: number;
  limit?: number;
  totalPages?: number;
}

/** A page of rows. */
export interface PaginatedResponse<T = Item> extends PaginationMetadata, PageFacts {
  data: T[];
  /** Rows that match, whatever the limit. */
  totalCount: number;
}

/** What a read of several rows resolves to. */
export type ReadResult<T = Item> = PaginatedResponse<T>;

/** A page read with `count: 'none'`. */
export type UncountedResult<T = Item> = Omit<PaginatedResponse<T>, 'totalCount' | 'totalCountEstimated'>;

/** A report over one collection. */
export interface ReportQuery<T = Item> {
  /** With `groupBy`, paths such as `category.name`: what the records of a group point at. */
  fields?: readonly FieldSelector<T>[] | undefined;
  filter?: Filter<T> | undefined;
  sort?: Sort<T> | undefined;
  limit?: number | undefined;
  page?: number | undefined;
  aggregate?: AggregateConfig | undefined;
  /** Fields, relation paths, or parts of a date: `date:month:createdAt`. */
  groupBy?: string | readonly string[] | undefined;
  /** Both ends count. `field` is `createdAt` unless named; a day alone as `end` is the whole day. */
  dateRange?: { start?: string; end?: string; field?: string } | undefined;
}

/** What a report resolves to: groups with their aggregates, or rows. */
export interface ReportResult<T = Item> extends PageFacts {
  data: T[];
  /** How many groups or rows there are, whatever the limit. */
  totalCount: number;
}

/** One named entry of a request for several statistics. */
export interface StatsQuery<T = Item> {
  name: string;
  collection: string;
  query: ReportQuery<T>;
}

/** The report of each entry, by its name. */
export type StatsResult<Name extends string = string> = Record<Name, ReportResult>;
