/** Every field type of a collection. Names are matched without regard to case. */
export type FieldType =
  | 'String' | 'Text' | 'HTML' | 'CiText'
  | 'Integer' | 'BigInt' | 'Decimal' | 'Float' | 'Real' | 'Double'
  | 'Boolean'
  | 'Date' | 'DateTime' | 'DateTime_NO_TZ' | 'Time' | 'Time_NO_TZ'
  | 'UUID' | 'SUID' | 'TOKEN'
  | 'JSON' | 'JSONB' | 'Enum' | 'ENUM' | 'Binary'
  | 'Array'
  | 'Array_Integer' | 'Array_String' | 'Array_Double' | 'Array_Decimal' | 'Array_DateTime'
  | 'Array_DateTime_NO_TZ' | 'Array_Date' | 'Array_Time' | 'Array_Time_NO_TZ' | 'Array_UUID'
  | 'Array_Boolean'
  | 'Range_Integer' | 'Range_Double' | 'Range_Decimal' | 'Range_Date' | 'Range_DateTime'
  | 'Range_DateTime_NO_TZ' | 'Range_Time' | 'Range_Time_NO_TZ'
  | 'Point' | 'LineString' | 'Polygon' | 'MultiPoint' | 'MultiLineString' | 'MultiPolygon'
  | 'GeometryCollection' | 'Geography' | 'Geometry'
  | 'VIRTUAL';

/** The value a field gets when none is given: a literal, or one the server makes. */
export type DefaultValue =
  | string
  | number
  | boolean
  | null
  | readonly unknown[]
  | { type: 'UUIDV4' | 'SUID' | 'NOW' | 'AUTOINCREMENT' | 'CURRENT_USER' | 'CURRENT_TENANT' }
  | { type: 'SQL'; value: string }
  | { value: unknown };

/** Options of a type: length of a String, digits of a Decimal, choices of an Enum, and so on. */
export interface FieldValues {
  length?: number;
  stringLength?: number;
  precision?: number;
  scale?: number;
  values?: readonly string[];
  /** Element type of an `Array`. */
  type?: string;
  srid?: number;
}

/** Rules checked on every write of the field. */
export interface ValidationRules {
  min?: number | string;
  max?: number | string;
  isInt?: boolean;
  notEmpty?: boolean;
  len?: readonly [number, number];
  isEmail?: boolean;
  isUrl?: boolean;
  isIP?: boolean;
  isUUID?: boolean;
  /** A regular expression; `matches` and `regex` are other names of the same rule. */
  is?: string;
  matches?: string;
  regex?: string;
}

/** The kinds of relations, by their short names and by the names of the stored definition. */
export type RelationshipType =
  | 'M2O' | 'O2M' | 'O2O' | 'M2M' | 'M2A'
  | 'BelongsTo' | 'HasMany' | 'HasOne' | 'BelongsToMany';

export type ReferentialAction = 'CASCADE' | 'RESTRICT' | 'SET NULL' | 'NO ACTION';

/** One field of a collection: a column, a relation, or a column that is also a relation. */
export interface FieldDefinition {
  /** Stable identity: the same id under another name is a rename, not a drop and an add. */
  fieldId?: string;
  type?: FieldType;
  primaryKey?: boolean;
  allowNull?: boolean;
  unique?: boolean;
  defaultValue?: DefaultValue;
  values?: FieldValues | readonly string[];
  validate?: ValidationRules;
  comment?: string;
  description?: string;
  /** Never leaves the server. */
  hidden?: boolean;
  SystemGenerated?: boolean | string;
  /** SQL of a `VIRTUAL` field. */
  calculated?: string;
  relType?: 'BelongsTo' | 'HasMany' | 'HasOne' | 'BelongsToMany';
  target?: string;
  as?: string;
  foreignKey?: string;
  targetKey?: string;
  through?: string;
  otherKey?: string;
  onDelete?: ReferentialAction;
  onUpdate?: ReferentialAction;
  polymorphic?: boolean;
  tables?: readonly string[];
  constraints?: boolean;
  showAs?: unknown;
  displayFormat?: unknown;
  displayOptions?: unknown;
  scope?: unknown;
}

export interface IndexDefinition {
  /** Default: `<collection>_<fields>_idx`. */
  name?: string;
  fields: readonly string[];
  unique?: boolean;
  nullsNotDistinct?: boolean;
  type?: 'btree' | 'hash' | 'gin' | 'gist';
}

/** The definition of a collection as it is stored. */
export interface SchemaDefinition {
  name?: string;
  fields: Record<string, FieldDefinition>;
  indexes?: readonly IndexDefinition[];
  /** `createdAt` and `updatedAt`; on unless `false`. */
  timestamps?: boolean;
  /** Soft delete: rows get `deletedAt` instead of being removed. */
  paranoid?: boolean;
  /** A `sort` column for manual order. */
  sortEnabled?: boolean;
  /** `userCreated_Id` and `userUpdated_Id`. */
  usertrack?: boolean;
  isJunction?: boolean;
  realtime?: boolean | Record<string, unknown>;
}

/** A collection with its definition. */
export interface SchemaInfo {
  collectionName: string;
  schema: SchemaDefinition;
}

/** A relation to add. */
export interface RelationshipDefinition {
  type: RelationshipType;
  /** The field it gets on this collection. */
  name: string;
  target?: string;
  /** The field it gets on the other collection. */
  alias?: string;
  description?: string;
  foreignKey?: string;
  through?: string;
  onDelete?: ReferentialAction;
  onUpdate?: ReferentialAction;
  /** The collections an M2A relation may point to. */
  tables?: readonly string[];
  showAs?: unknown;
}

/** What `schemas.find` may ask. */
export interface SchemaQuery {
  page?: number | undefined;
  limit?: number | undefined;
  sort?:
    | string
    | readonly string[]
    | Readonly<Record<string, 'asc' | 'desc'>>
    | readonly { field: string; order: 'asc' | 'desc' }[]
    | undefined;
  search?: string | undefined;
  filter?: Readonly<Record<string, unknown>> | undefined;
}

export interface SchemaPagination {
  currentPage: number;
  totalPages: number;
  limit: number;
  hasNextPage: boolean;
  hasPrevPage: boolean;
  nextPage: number | null;
  prevPage: number | null;
}

export interface SchemaList {
  data: SchemaInfo[];
  totalCount: number;
  /** Present when `page` or `limit` was given. */
  pagination?: SchemaPagination;
}

/** Collections as they shall be; what is not named stays as it is. */
export interface SchemaChange {
  collections: readonly {
    collectionName: string;
    schema: SchemaDefinition;
    /** The name it has now, when it is to be renamed. */
    was?: string;
  }[];
  /** Collections to drop, with their rows. */
  drop: readonly string[];
}

export type PlanOperation =
  | 'create_collection' | 'rename_collection' | 'drop_collection'
  | 'add_field' | 'rename_field' | 'drop_field' | 'alter_field'
  | 'add_index' | 'drop_index'
  | 'add_relation' | 'drop_relation';

/** One step of a plan, in words and in the SQL of this store. */
export interface PlanStep {
  op: PlanOperation;
  collection: string;
  field?: string;
  from?: unknown;
  to?: unknown;
  summary: string;
  sql: string[];
  /** Whether stored values can be lost or altered. */
  lossy: boolean;
  /** How many stored values the step touches. */
  values?: { affected: number; total: number };
}

/** What a change would do; `token` binds `apply` to exactly this. */
export interface SchemaPlan {
  token: string;
  store: 'sqlite' | 'postgres';
  steps: PlanStep[];
}
