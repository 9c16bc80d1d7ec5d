// Written by `cargo xtask types` from the server's own structs. Do not edit by hand.

/** Every field type, in its canonical spelling. */
export type FieldType =
  | 'String'
  | 'Text'
  | 'HTML'
  | 'CiText'
  | 'Integer'
  | 'BigInt'
  | 'Decimal'
  | 'Float'
  | 'Real'
  | 'Double'
  | 'Boolean'
  | 'Date'
  | 'DateTime'
  | 'DateTime_NO_TZ'
  | 'Time'
  | 'Time_NO_TZ'
  | 'UUID'
  | 'SUID'
  | 'TOKEN'
  | 'JSON'
  | 'JSONB'
  | 'Enum'
  | 'Array'
  | 'Array_Integer'
  | 'Array_String'
  | 'Array_Double'
  | 'Array_Decimal'
  | 'Array_DateTime'
  | 'Array_DateTime_NO_TZ'
  | 'Array_Date'
  | 'Array_Time'
  | 'Array_Time_NO_TZ'
  | 'Array_UUID'
  | 'Array_Boolean'
  | 'Range_Integer'
  | 'Range_Double'
  | 'Range_Decimal'
  | 'Range_Date'
  | 'Range_DateTime'
  | 'Range_DateTime_NO_TZ'
  | 'Range_Time'
  | 'Range_Time_NO_TZ'
  | 'Point'
  | 'LineString'
  | 'Polygon'
  | 'MultiPoint'
  | 'MultiLineString'
  | 'MultiPolygon'
  | 'GeometryCollection'
  | 'Geometry'
  | 'Geography'
  | 'Binary'
  | 'VIRTUAL';

/** How an index is built. */
export type IndexType =
  | 'btree'
  | 'hash'
  | 'gin'
  | 'gist'
  | 'fulltext';

/** The kinds of relations, by their short names and by those of stored definitions. */
export type RelationWord =
  | 'M2O'
  | 'BelongsTo'
  | 'O2M'
  | 'HasMany'
  | 'O2O'
  | 'HasOne'
  | 'M2M'
  | 'BelongsToMany'
  | 'M2A';

/** Defaults that the server makes. */
export type DefaultName =
  | 'UUIDV4'
  | 'SUID'
  | 'NOW'
  | 'AUTOINCREMENT'
  | 'CURRENT_USER'
  | 'CURRENT_TENANT';

/** The value a field gets when none is given: a literal, or one the server makes. */
export type DefaultValue =
  | string
  | number
  | boolean
  | null
  | readonly unknown[]
  | { type: DefaultName }
  | { type: 'SQL'; value: string }
  | { value: unknown };

/** The definition of a collection. */
export type SchemaDefinition = {
  /** A name for people. */
  name?: string,
  /** `createdAt` and `updatedAt`; on unless `false`. */
  timestamps?: boolean,
  /** Soft delete: rows get `deletedAt` instead of being removed. */
  paranoid?: boolean,
  /** A `sort` column for manual order. */
  sortEnabled?: boolean,
  /** `userCreated_Id` and `userUpdated_Id`. */
  usertrack?: boolean,
  /** For how many days the history of its records is kept; 0 keeps none, without a number it is the project's own (`history_days`). */
  historyDays?: number | null,
  /** After how many days a record in the trash is removed for good; without a number, never. */
  trashDays?: number | null,
  /** It holds the pairs of a relation of many to many. */
  isJunction?: boolean,
  /** Its table was there before the collection and is kept as it was made. */
  adopted?: boolean,
  /** Its table is one of SQLite's `WITHOUT ROWID`. */
  withoutRowNumbers?: boolean,
  /** The fields by their names. */
  fields: Record<string, FieldDefinition>,
  /** The indexes. */
  indexes?: readonly IndexDefinition[],
  /** Stable identity: a collection that changes its name keeps it. */
  schemaId?: string,
};

/** One field of a collection: a column, a relation, or a column that is also a relation. */
export type FieldDefinition = {
  /** Stable identity: the same id under another name is a rename, not a drop and an add. */
  fieldId?: string,
  /** What the column holds; a relation without a column has none. */
  type?: FieldType,
  /** The column is the key. */
  primaryKey?: boolean,
  /** NULL may be stored; yes unless `false`. */
  allowNull?: boolean,
  /** Each value may stand once only. */
  unique?: boolean,
  /** The value when none is given. */
  defaultValue?: DefaultValue,
  /** Options of the type; for an Enum also its words alone. */
  values?: FieldValues | readonly string[],
  /** Rules checked on every write. */
  validate?: ValidationRules,
  /** A remark for developers. */
  comment?: string,
  /** A remark for people. */
  description?: string,
  /** Never leaves the server. */
  hidden?: boolean,
  /** Computed by the table itself: what is sent for it is passed over. */
  readOnly?: boolean,
  /** Its column was there before it and holds more than the type tells, or values of other kinds. */
  loose?: boolean,
  /** Made by a flag or a relation. */
  SystemGenerated?: boolean | string,
  /** SQL of a `VIRTUAL` field. */
  calculated?: string,
  /** The type of what a `VIRTUAL` field holds: told by the server, and passed over when sent. */
  resultType?: string,
  /** Which kind of relation it is. */
  relType?: RelationType,
  /** The collection at the far end. */
  target?: string,
  /** Name of the relation. */
  as?: string,
  /** The column that holds the far key. */
  foreignKey?: string,
  /** The far column it points to; the far key unless given. */
  targetKey?: string,
  /** The junction of a relation of many to many. */
  through?: string,
  /** The column of the junction that points to the far end. */
  otherKey?: string,
  /** What happens to this row when the far one goes. */
  onDelete?: ReferentialAction,
  /** Kept for older clients: keys do not change. */
  onUpdate?: ReferentialAction,
  /** The relation leads to several collections. */
  polymorphic?: boolean,
  /** Which ones. */
  tables?: readonly string[],
  /** `false` keeps the store from enforcing it. */
  constraints?: boolean,
  /** For studios: how a far row is shown. */
  showAs?: unknown,
  /** For studios: how a value is shown. */
  displayFormat?: unknown,
  /** For studios. */
  displayOptions?: unknown,
  /** Far rows count only when these columns of theirs have these values. */
  scope?: unknown,
};

/** Which kind of relation a field is. */
export type RelationType = "BelongsTo" | "HasMany" | "HasOne" | "BelongsToMany";

/** What happens to a row when the one it points to goes. */
export type ReferentialAction = "CASCADE" | "RESTRICT" | "SET NULL" | "NO ACTION";

/** Options of a type: length of a String, digits of a Decimal, words of an Enum, and so on. */
export type FieldValues = {
  /** Longest String. */
  length?: number | `${number}`,
  /** Another name of `length`. */
  stringLength?: number | `${number}`,
  /** Digits of a Decimal in all. */
  precision?: number | `${number}`,
  /** Digits of a Decimal after the point. */
  scale?: number | `${number}`,
  /** Words of an Enum. */
  values?: readonly string[],
  /** Element type of an `Array`. */
  type?: string,
  /** Reference system of a geometry: 4326 (WGS 84). */
  srid?: number,
};

/** Rules checked on every write of a field. */
export type ValidationRules = {
  /** Smallest number. */
  min?: number | string,
  /** Largest number. */
  max?: number | string,
  /** Whole numbers only. */
  isInt?: boolean,
  /** No empty text and no empty list. */
  notEmpty?: boolean,
  /** Shortest and longest text. */
  len?: readonly [number, number],
  /** An e-mail address. */
  isEmail?: boolean,
  /** An absolute address. */
  isUrl?: boolean,
  /** An IP address. */
  isIP?: boolean,
  /** A UUID. */
  isUUID?: boolean,
  /** A regular expression; `matches` and `regex` are other names of the same rule. */
  is?: string,
  /** As `is`. */
  matches?: string,
  /** As `is`. */
  regex?: string,
};

/** An index of a collection. */
export type IndexDefinition = {
  /** `<collection>_<fields>_idx` unless given. */
  name?: string,
  /** The columns, in their order. */
  fields: readonly string[],
  /** Each combination may stand once only. */
  unique?: boolean,
  /** NULLs count as equal to each other. */
  nullsNotDistinct?: boolean,
  /** How it is built; a search whose fields are all in a `fulltext` index asks that first. */
  type?: IndexType,
};
