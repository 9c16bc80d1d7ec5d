// Checked by `tsc`, never run: what the types let through and what they refuse.
import type * as Document from '../src/generated/document.js';
import type * as Wire from '../src/generated/wire.js';
import {
  createBaasix,
  createPlinth,
  FILTER_OPERATORS,
  PlinthError,
  type AccessReport,
  type AggregateRow,
  type ExactAggregateRow,
  type BatchResult,
  type DeepPartial,
  type ErrorCode,
  type Filter,
  type FilterOperator,
  type GeoJSONPoint,
  type HealthReport,
  type ImportJob,
  type ImportState,
  type ItemId,
  type Items,
  type NumberForm,
  type PermissionAction,
  type Plinth,
  type PlinthOptions,
  type QueryParams,
  type ReadResult,
  type SchemaDefinition,
  type SchemaInfo,
  type SchemaList,
  type SchemaPlan,
  type UncountedResult,
} from '../src/index.js';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Check<T extends true> = T;

type Fits<From, To> = [From] extends [To] ? true : false;

// What the server sends fits the names that programs use.
export type ServerFits = [
  Check<Fits<Wire.SchemaInfo, SchemaInfo>>,
  Check<Fits<Wire.SchemaList, SchemaList>>,
  Check<Fits<Wire.SchemaPlan, SchemaPlan>>,
  Check<Fits<Document.SchemaDefinition, SchemaDefinition>>,
  Check<Fits<Wire.ImportJob, ImportJob>>,
  Check<Fits<Wire.BatchResult, BatchResult>>,
  Check<Fits<Wire.AccessReport, AccessReport>>,
  Check<Fits<Wire.HealthReport, HealthReport>>,
  Check<Fits<Wire.PageFacts & { data: Product[]; totalCount: number }, ReadResult<Product>>>,
];
export type ActionsAreFour = Check<Equal<PermissionAction, 'create' | 'read' | 'update' | 'delete'>>;
export type JobsCanBeUndone = Check<Fits<'undoing' | 'undone', ImportState>>;

/** A switch over the server's codes is checked, and codes of newer servers still pass. */
export function advice(error: PlinthError): string {
  const code: ErrorCode = 'PLAN_STALE';
  // @ts-expect-error a code that does not exist
  const wrong: ErrorCode = 'PLAN_STAEL';
  void wrong;
  switch (error.code) {
    case code:
      return 'ask for a new plan';
    case 'NETWORK_ERROR':
    case 'A_CODE_OF_TOMORROW':
      return 'try again';
    default:
      return error.code.toLowerCase();
  }
}

interface Category {
  id: number;
  name: string;
  products: Product[];
}

interface Product {
  id: string;
  name: string;
  price: number;
  status: 'active' | 'inactive';
  inStock: boolean;
  tags: string[];
  attributes: { colour: string; sizes: number[] } | null;
  place: GeoJSONPoint | null;
  category_id: number | null;
  category: Category | null;
  createdAt: string;
}

interface Collections {
  products: Product;
  categories: Category;
}

// All 76 operators are listed, each once: the 74 of the original and two of ours.
export type OperatorsAreAll = Check<Equal<(typeof FILTER_OPERATORS)[number], FilterOperator>>;
export const operatorsAreSeventySix: (typeof FILTER_OPERATORS)['length'] = 76;

export async function generics(): Promise<void> {
  const plinth = createBaasix<Collections>({ url: 'http://x' });

  // The item type comes from the map …
  const { data, totalCount } = await plinth.items('products').find({ filter: { price: { gte: 10 } } });
  const rows: Product[] = data;
  const count: number = totalCount;
  const id: string = await plinth.items('products').create({ name: 'Lamp', price: 1 });
  const number: number = await plinth.items('categories').create({ name: 'Light' });
  // @ts-expect-error a name that is not in the map
  plinth.items('prodcts');
  // … or is named.
  const named: Items<Category> = plinth.items<Category>('anything');

  // Without a map every name is allowed and values are unknown.
  const untyped = createPlinth({ url: 'http://x' });
  const item: Record<string, unknown> = await untyped.items('anything').findOne(1);
  const key: ItemId = await untyped.items('anything').create({ any: 'thing' });
  const typed: Product = await untyped.items<Product>('products').findOne('p');

  // A page that was not counted has no count.
  const uncounted = await plinth.items('products').find({ count: 'none', limit: 5 });
  // @ts-expect-error there is no totalCount
  void uncounted.totalCount;

  void [rows, count, id, number, named, item, key, typed];
}

export function filters(): void {
  const ok: Filter<Product>[] = [
    { status: { eq: 'active' } },
    { status: 'active' },
    { status: { in: ['active', 'inactive'] } },
    { price: { between: [10, '100.5'] } },
    { price: { gt: '$COL(cost)' } },
    { createdAt: { gte: '$NOW-DAYS_30', cast: 'date' } },
    { name: { startsWith: 'L', endsWith: 'p' } },
    { inStock: true, category_id: null },
    // A key under its other name, as the public documentation writes it.
    { category_Id: { eq: 3 } },
    { category: { products: { category_Id: null } } },
    { tags: { arraycontains: ['new'], arraylength: { gte: 2 } } },
    { attributes: { jsonbKeyEquals: { key: 'colour', value: 'red' } } },
    { place: { dwithin: { geometry: { type: 'Point', coordinates: [13.4, 52.5] }, distance: 100 } } },
    { category: { name: { eq: 'Light' }, products: { price: { gt: 1 } } } },
    { 'category.name': { ilike: '%l%' } },
    { '$category.name$': { eq: 'x' } },
    { AND: [{ status: 'active' }, { OR: [{ price: 1 }, { NOT: { name: 'x' } }] }] },
    { deletedAt: { isNull: true }, updatedAt: { lt: '$NOW' } },
    {},
  ];
  // @ts-expect-error the other name of a key that does not exist
  void ({ shop_Id: 3 } satisfies Filter<Product>);
  // @ts-expect-error a value the key cannot have
  void ({ category_Id: { eq: true } } satisfies Filter<Product>);
  // @ts-expect-error a column that does not exist
  ok.push({ stauts: { eq: 'active' } });
  // @ts-expect-error a value the column cannot have
  ok.push({ status: { eq: 'archived' } });
  // @ts-expect-error an operator that does not exist
  ok.push({ price: { greater: 1 } });
  // @ts-expect-error the wrong type of operand
  ok.push({ price: { gt: true } });
  // @ts-expect-error `between` takes two values
  ok.push({ price: { between: [1] } });
  // @ts-expect-error `in` takes a list
  ok.push({ price: { in: 1 } });
  // @ts-expect-error inside a logical key as well
  ok.push({ AND: [{ nmae: 'x' }] });
  // @ts-expect-error inside a relation as well
  ok.push({ category: { nmae: { eq: 'x' } } });
  // @ts-expect-error a cast that does not exist
  ok.push({ price: { eq: 1, cast: 'money' } });

  const untyped: Filter = { AND: [{ status: { eq: 'active' } }, { 'a.b': 1 }], author: { name: { eq: 'x' } } };
  void untyped;
}

export async function queries(): Promise<void> {
  const products = createPlinth<Collections>({ url: 'http://x' }).items('products');

  const page: ReadResult<Product> = await products.find({
    fields: ['*', 'category.*', '-tags', 'createdAt'],
    sort: { price: 'desc', 'category.name': 'asc' },
    relConditions: { category: { name: 'Light' } },
    after: '',
  });
  // @ts-expect-error a field that does not exist
  await products.find({ fields: ['nmae'] });
  // @ts-expect-error a direction that does not exist
  await products.find({ sort: { price: 'down' } });
  // @ts-expect-error a column that does not exist
  await products.find({ sort: { pirce: 'asc' } });
  // @ts-expect-error a key that does not exist
  await products.find({ where: { price: 1 } });

  const rows = await products.aggregate({
    aggregate: {
      n: { function: 'count', field: '*' },
      total: { function: 'sum', field: 'price' },
      cheapest: { function: 'min', field: 'price' },
      names: { function: 'array_agg', field: 'name' },
    },
  });
  const row = rows[0];
  if (row !== undefined) {
    const n: number = row.n;
    const total: number | null = row.total;
    const cheapest: string | null = row.cheapest;
    const names: unknown[] = row.names;
    void [n, total, cheapest, names];
  }
  // @ts-expect-error a function that does not exist
  await products.aggregate({ aggregate: { n: { function: 'median', field: 'price' } } });

  const first: Product | null = await products.query().select('name', 'category.*').where({ price: 1 }).first();
  // @ts-expect-error checked in the builder as well
  products.query().filter({ price: { eq: 'cheap' } });
  for await (const product of products.iterate({ filter: { status: 'active' } })) void product.price;

  const any: AggregateRow = { n: 1 };
  const params: QueryParams<Product> = {};
  const uncounted: UncountedResult<Product> = { data: [] };
  void [page, first, any, params, uncounted];
}

/** Sums and averages are what the client's option `numbers` makes of them, without a cast. */
export async function aggregates(options: PlinthOptions): Promise<void> {
  const ASKED = {
    aggregate: {
      n: { function: 'count', field: '*' },
      total: { function: 'sum', field: 'price' },
      mean: { function: 'avg', field: 'price' },
      most: { function: 'max', field: 'price' },
    },
  } as const;
  type Rounded = { n: number; total: number | null; mean: number | null; most: string | null };
  type Exact = { n: number; total: number | string | null; mean: number | string | null; most: string | null };

  const exact = createPlinth<Collections>({ url: 'http://x', numbers: 'exact' });
  const rounded = createPlinth<Collections>({ url: 'http://x', numbers: 'number' });
  const silent = createPlinth<Collections>({ url: 'http://x' });
  const either = createBaasix<Collections>(options);
  const untyped = createBaasix({ url: 'http://x', numbers: 'exact' });

  const rows = {
    exact: await exact.items('products').aggregate(ASKED),
    named: await exact.items<Product>('anything').aggregate(ASKED),
    untyped: await untyped.items('anything').aggregate(ASKED),
    either: await either.items('products').aggregate(ASKED),
    rounded: await rounded.items('products').aggregate(ASKED),
    silent: await silent.items('products').aggregate(ASKED),
  };
  const reports = {
    generate: await exact.reports.generate('products', ASKED),
    query: await exact.reports.query('products', ASKED),
    aggregate: await exact.reports.aggregate('products', ASKED),
    rounded: await silent.reports.aggregate('products', ASKED),
  };
  type Read<Row> = { [K in keyof Exact]: K extends keyof Row ? Row[K] : never };
  type Of<Rows extends readonly unknown[]> = Read<Rows[number]>;
  const same: [
    Check<Equal<Of<typeof rows.exact>, Exact>>,
    Check<Equal<Of<typeof rows.named>, Exact>>,
    Check<Equal<Of<typeof rows.untyped>, Exact>>,
    Check<Equal<Of<typeof rows.either>, Exact>>,
    Check<Equal<Of<typeof rows.rounded>, Rounded>>,
    Check<Equal<Of<typeof rows.silent>, Rounded>>,
    Check<Equal<Of<typeof reports.generate.data>, Exact>>,
    Check<Equal<Of<typeof reports.query.data>, Exact>>,
    Check<Equal<Of<typeof reports.aggregate>, Exact>>,
    Check<Equal<Of<typeof reports.rounded>, Rounded>>,
  ] = [true, true, true, true, true, true, true, true, true, true];

  const row: ExactAggregateRow<typeof ASKED.aggregate> | undefined = rows.exact[0];
  // What takes either kind of client takes them all.
  const both: Plinth<Collections, NumberForm>[] = [exact, rounded, silent, either];
  void [same, row, both];
}

export async function writes(): Promise<void> {
  const products = createPlinth<Collections>({ url: 'http://x' }).items('products');
  await products.create({ name: 'Lamp', price: '29.99', category: { name: 'Light' } });
  await products.create({ category: 3, tags: ['a'] });
  await products.update('p', { category: { id: 3, products: ['p', { name: 'Shade' }] } });
  await products.update('p', { category: null }, { ifMatch: '"v1"' });
  await products.create({ name: 'Lamp', category_Id: 3 });
  await products.update('p', { category_Id: null });
  // @ts-expect-error the other name of a key that does not exist
  await products.create({ shop_Id: 3 });
  // @ts-expect-error a value the key cannot have
  await products.update('p', { category_Id: true });
  // @ts-expect-error a column that does not exist
  await products.create({ nmae: 'Lamp' });
  // @ts-expect-error a value the column cannot have
  await products.update('p', { status: 'archived' });
  // @ts-expect-error null in a column that has none
  await products.update('p', { name: null });

  const preview = await products.batch([{ op: 'create', data: {} }], { dryRun: true });
  const results = await products.batch([{ op: 'delete', id: 'p' }]);
  void [preview.statements, results[0]?.id];
  // @ts-expect-error an update names the item
  await products.batch([{ op: 'update', data: {} }]);
}

export type Partially = Check<
  Equal<DeepPartial<{ a: { b: number }; c: { d: string }[] }>, { a?: { b?: number }; c?: { d?: string }[] }>
>;
