import type {
  FieldDefinition as StoredField,
  FieldType as CanonicalType,
  ReferentialAction,
  RelationWord,
  SchemaDefinition as StoredSchema,
} from '../generated/document.js';
import type { CallOptions, NumberForm } from './common.js';
import type { SchemaInfo as StoredInfo, SchemaList as StoredList } from '../generated/wire.js';

export type {
  DefaultValue,
  FieldValues,
  IndexDefinition,
  ReferentialAction,
  ValidationRules,
} from '../generated/document.js';
export type {
  AdoptionPlan,
  ExistingTable,
  ExistingTables,
  FailingRow,
  PlanExample,
  PlanMention,
  PlanOperation,
  PlanReference,
  PlanStep,
  Rehearsal,
  RehearsalClone,
  RehearsalFault,
  RehearsedStep,
  RestoredPart,
  SchemaChangeDetail,
  SchemaChangeEntry,
  SchemaChanges,
  SchemaHistory,
  SchemaPagination,
  SchemaPlan,
  SchemaUndone,
  StepLock,
  TableColumn,
  TableFinding,
  TableRelation,
  UndoPlan,
} from '../generated/wire.js';

/**
 * Every field type of a collection. The server takes them in any case and stores them in this
 * spelling; `ENUM` is what older definitions say.
 */
export type FieldType = CanonicalType | 'ENUM';

/** The kinds of relations, by their short names and by the names of the stored definition. */
export type RelationshipType = RelationWord;

/** One field of a collection: a column, a relation, or a column that is also a relation. */
export interface FieldDefinition extends Omit<StoredField, 'type'> {
  type?: FieldType;
}

/** The definition of a collection as it is stored. */
export interface SchemaDefinition extends Omit<StoredSchema, 'fields'> {
  fields: Record<string, FieldDefinition>;
  realtime?: boolean | Record<string, unknown>;
}

/** A collection with its definition. */
export interface SchemaInfo extends Omit<StoredInfo, 'schema'> {
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

/** The collections that were asked for. */
export interface SchemaList extends Omit<StoredList, 'data'> {
  data: SchemaInfo[];
}

/** Collections as they shall be; what is not named stays as it is. */
export interface SchemaChange {
  collections: readonly {
    collectionName: string;
    schema: SchemaDefinition;
    /** The name it has now, when it is to be renamed. */
    was?: string;
  }[];
  /** Collections to drop, with their rows. Tables that were there before their collections stay. */
  drop: readonly string[];
  /** Those of `drop` whose table ends although it was there before its collection. */
  dropTables?: readonly string[];
  /** Fields that end, as `collection.field`, whose column ends although it was there before them. */
  dropColumns?: readonly string[];
  /** Whether saved views and lists of permissions that name what changes are updated with it. */
  updateReferences?: boolean;
}

/** What `schemas.types` writes: the types, with a function that makes the client, or the definitions. */
export type TypesTarget = 'types' | 'sdk-types' | 'schema-json';

/** Options of `schemas.types`. */
export interface TypesOptions extends CallOptions {
  target?: TypesTarget | undefined;
  /** As the client's option `numbers`: with `exact`, Decimal and BigInt fields are text. */
  numbers?: NumberForm | undefined;
  /** The etag of an earlier answer. */
  ifNoneMatch?: string | undefined;
}

/** Generated text, and the etag by which a change of it is known. */
export interface TypesText {
  text: string;
  etag: string;
}
