import type { Item, OtherKeyName } from './common.js';
import type { GeoJSONGeometry } from './geo.js';

/** Casts the server knows; `cast` beside an operator applies one to the column. */
export type CastType =
  | 'text' | 'varchar' | 'char' | 'character'
  | 'integer' | 'int' | 'bigint' | 'smallint'
  | 'decimal' | 'numeric' | 'real' | 'double precision' | 'float'
  | 'boolean' | 'bool'
  | 'date' | 'timestamp' | 'timestamptz' | 'time' | 'timetz'
  | 'uuid' | 'json' | 'jsonb'
  | 'text[]' | 'varchar[]' | 'integer[]' | 'bigint[]' | 'uuid[]';

/**
 * A value the server works out for each request: `$CURRENT_USER`, `$CURRENT_ROLE.name`,
 * `$CURRENT_TENANT`, `$NOW`, `$NOW-DAYS_30`, or another column as `$COL(name)`.
 */
export type DynamicValue = `$${string}`;

/** What may stand on the right of an operator that compares with a value of type `V`. */
export type Operand<V> =
  | V
  | DynamicValue
  | (V extends number ? `${number}` : never)
  | (V extends boolean ? 'true' | 'false' : never);

type ElementOf<V> = V extends readonly (infer E)[] ? E : unknown;

/** Comparison inside `arraylength`, `jsonbArrayLength` and `jsonbDeepValue`. */
export type ComparisonOperator = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte';

type JsonKey = { key: string };
type JsonKeyNumber = JsonKey & { value: number | `${number}` };
type JsonScalar = string | number | boolean | null;

/** A range with its two ends; an open end is `null`. Both ends are included by default. */
export interface RangeValue<V = unknown> {
  lower: V | null;
  upper: V | null;
  lowerInclusive?: boolean;
  upperInclusive?: boolean;
}

/** The 74 operators of the original and two of ours, each with the operand it takes, for a column of type `V`. */
export interface FilterOperators<V = unknown> {
  // Equality; `null` means IS NULL, or IS NOT NULL in the negated forms.
  eq?: Operand<V> | null;
  ne?: Operand<V> | null;
  neq?: Operand<V> | null;
  is?: Operand<V> | null;
  not?: Operand<V> | null;
  // Order
  gt?: Operand<V>;
  gte?: Operand<V>;
  lt?: Operand<V>;
  lte?: Operand<V>;
  between?: readonly [Operand<V>, Operand<V>];
  notBetween?: readonly [Operand<V>, Operand<V>];
  nbetween?: readonly [Operand<V>, Operand<V>];
  // Membership
  in?: readonly Operand<V>[];
  notIn?: readonly Operand<V>[];
  nin?: readonly Operand<V>[];
  // Text; in the `like` family `%` and `_` are wildcards and the pattern matches anywhere.
  like?: string;
  notLike?: string;
  iLike?: string;
  notILike?: string;
  ilike?: string;
  /** Text: case-sensitive substring. Array, JSON, range, geometry: holds the given value. */
  contains?: unknown;
  icontains?: string;
  ncontains?: unknown;
  /** Case-insensitive; `startsWiths` is the case-sensitive one. */
  startsWith?: string;
  startsWiths?: string;
  endsWith?: string;
  endsWiths?: string;
  nstartsWith?: string;
  nstartsWiths?: string;
  nendsWith?: string;
  nendsWiths?: string;
  regex?: string;
  /** A pattern for the whole text, with `%` and `_`; `like` finds it anywhere. */
  matches?: string;
  /** The same without case. */
  imatches?: string;
  // Presence
  isNull?: boolean;
  isNotNull?: boolean;
  /** NULL, the empty text, `[]` or `{}`. */
  empty?: boolean;
  // Arrays
  arraycontains?: ElementOf<V> | readonly ElementOf<V>[];
  arraycontained?: readonly ElementOf<V>[];
  arraycontainsany?: readonly ElementOf<V>[];
  arrayoverlap?: readonly ElementOf<V>[];
  arraylength?:
    | number
    | { op: ComparisonOperator; value: number }
    | { [Op in ComparisonOperator]?: number };
  arrayempty?: boolean;
  // JSON
  jsonbContains?: unknown;
  jsoncontains?: unknown;
  jsonbContainedBy?: unknown;
  jsonbNotContains?: unknown;
  jsonbHasKey?: string;
  jsonhaskey?: string;
  jsonbHasAnyKeys?: readonly string[];
  jsonhasanykeys?: readonly string[];
  jsonbHasAllKeys?: readonly string[];
  jsonhasallkeys?: readonly string[];
  jsonbKeyEquals?: JsonKey & { value: JsonScalar };
  jsonbKeyNotEquals?: JsonKey & { value: JsonScalar };
  jsonbKeyGt?: JsonKeyNumber;
  jsonbKeyGte?: JsonKeyNumber;
  jsonbKeyLt?: JsonKeyNumber;
  jsonbKeyLte?: JsonKeyNumber;
  jsonbKeyIn?: JsonKey & { values: readonly JsonScalar[] };
  jsonbKeyNotIn?: JsonKey & { values: readonly JsonScalar[] };
  /** The pattern is taken as it is: write the `%` yourself. */
  jsonbKeyLike?: JsonKey & { pattern: string };
  jsonbKeyIsNull?: string;
  jsonbKeyIsNotNull?: string;
  jsonbPathExists?: string;
  jsonpath?: string;
  jsonbPathMatch?: string;
  jsonbDeepValue?: {
    path: string | readonly (string | number)[];
    value: JsonScalar;
    op?: ComparisonOperator | 'like' | 'ilike';
  };
  jsonbArrayLength?: {
    path?: string | readonly (string | number)[];
    op?: ComparisonOperator;
    value: number;
  };
  jsonbTypeOf?: {
    path?: string | readonly (string | number)[];
    type: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';
  };
  // Geometry; distances in metres on WGS 84
  within?: GeoJSONGeometry;
  containsGEO?: GeoJSONGeometry;
  intersects?: GeoJSONGeometry;
  nIntersects?: GeoJSONGeometry;
  dwithin?: { geometry: GeoJSONGeometry; distance: number; not?: boolean };
  /** Geometry, range or array: shares something with the given one. */
  overlaps?: GeoJSONGeometry | RangeValue | readonly unknown[];
}

/** The name of an operator. */
export type FilterOperator = keyof FilterOperators;

/** Every operator name, in the order of {@link FilterOperators}. */
export const FILTER_OPERATORS = [
  'eq', 'ne', 'neq', 'is', 'not',
  'gt', 'gte', 'lt', 'lte', 'between', 'notBetween', 'nbetween',
  'in', 'notIn', 'nin',
  'like', 'notLike', 'iLike', 'notILike', 'ilike', 'contains', 'icontains', 'ncontains',
  'startsWith', 'startsWiths', 'endsWith', 'endsWiths',
  'nstartsWith', 'nstartsWiths', 'nendsWith', 'nendsWiths', 'regex', 'matches', 'imatches',
  'isNull', 'isNotNull', 'empty',
  'arraycontains', 'arraycontained', 'arraycontainsany', 'arrayoverlap', 'arraylength', 'arrayempty',
  'jsonbContains', 'jsoncontains', 'jsonbContainedBy', 'jsonbNotContains',
  'jsonbHasKey', 'jsonhaskey', 'jsonbHasAnyKeys', 'jsonhasanykeys', 'jsonbHasAllKeys', 'jsonhasallkeys',
  'jsonbKeyEquals', 'jsonbKeyNotEquals', 'jsonbKeyGt', 'jsonbKeyGte', 'jsonbKeyLt', 'jsonbKeyLte',
  'jsonbKeyIn', 'jsonbKeyNotIn', 'jsonbKeyLike', 'jsonbKeyIsNull', 'jsonbKeyIsNotNull',
  'jsonbPathExists', 'jsonpath', 'jsonbPathMatch', 'jsonbDeepValue', 'jsonbArrayLength', 'jsonbTypeOf',
  'within', 'containsGEO', 'intersects', 'nIntersects', 'dwithin', 'overlaps',
] as const satisfies readonly FilterOperator[];

/** Operators on one column; several in one object are ANDed. */
export type FieldFilter<V = unknown> = FilterOperators<V> & { cast?: CastType };

/** What may stand under a column's name: a value (meaning `eq`), `null`, or operators. */
export type FieldCondition<V = unknown> = Operand<V> | null | FieldFilter<V>;

// A column that holds an object may be a relation, whose own columns can then be filtered.
type Condition<V> =
  | FieldCondition<V>
  | (V extends readonly (infer E)[]
      ? E extends object
        ? Filter<E>
        : never
      : V extends object
        ? Filter<V>
        : never);

// Every collection can be filtered by these, whether or not it has the columns.
interface SystemColumns {
  createdAt: string;
  updatedAt: string;
  deletedAt: string;
}

interface LogicalFilter<T> {
  AND?: readonly Filter<T>[] | Filter<T>;
  OR?: readonly Filter<T>[] | Filter<T>;
  NOT?: Filter<T>;
}

// Relation paths such as 'author.name' and the quoted form '$author.name$'.
interface PathFilter {
  [path: `${string}.${string}`]: FieldCondition;
  [quoted: `$${string}$`]: FieldCondition;
}

type ColumnFilter<T> = { [K in keyof T & string]?: Condition<NonNullable<T[K]>> | null } & {
  [K in keyof T & string as Exclude<OtherKeyName<K>, keyof T>]?: Condition<NonNullable<T[K]>> | null;
};
type SystemFilter<T> = {
  [K in Exclude<keyof SystemColumns, keyof T>]?: FieldCondition<SystemColumns[K]>;
};

/** A filter over columns whose names are not known. */
export interface UntypedFilter {
  [field: string]: UntypedCondition | readonly UntypedFilter[] | undefined;
}
type UntypedCondition = string | number | boolean | null | FieldFilter | UntypedFilter;

/**
 * Which rows. Keys at one level are ANDed. For a typed collection the columns, the operators and
 * the operands are checked.
 *
 * @example
 * ```ts
 * import type { Filter } from '@plinth/sdk';
 * interface Product { id: string; price: number; status: 'active' | 'archived' }
 *
 * const cheapAndActive: Filter<Product> = {
 *   AND: [{ status: { eq: 'active' } }, { price: { between: [10, 100] } }],
 * };
 * ```
 */
export type Filter<T = Item> = string extends keyof T
  ? UntypedFilter
  : ColumnFilter<T> & SystemFilter<T> & PathFilter & LogicalFilter<T>;

/** Conditions on what appears inside each relation; they do not restrict the rows themselves. */
export type RelationFilter<T = Item> = string extends keyof T
  ? { readonly [relation: string]: UntypedFilter }
  : {
      readonly [K in keyof T & string]?: NonNullable<T[K]> extends readonly (infer E)[]
        ? Filter<E>
        : Filter<NonNullable<T[K]>>;
    };
