// Written by `cargo xtask types` from the server's own structs. Do not edit by hand.
import type { SchemaDefinition } from './document.js';
import type { PermissionRecord, RoleRecord, TenantRecord, UserRecord } from './records.js';

/** What the server calls the kinds of errors. */
export type ErrorCode =
  | 'COLLECTION_NOT_FOUND'
  | 'ITEM_NOT_FOUND'
  | 'SCHEMA_NOT_FOUND'
  | 'NOT_FOUND'
  | 'FORBIDDEN'
  | 'FIELD_FORBIDDEN'
  | 'TOTP_INVALID'
  | 'TOKEN_SCOPE'
  | 'TENANT_ACCESS_DENIED'
  | 'TENANT_CONTEXT_REQUIRED'
  | 'MULTI_TENANT_DISABLED'
  | 'TENANT_REQUIRED'
  | 'TENANT_MISMATCH'
  | 'INVALID_QUERY'
  | 'INVALID_BODY'
  | 'INVALID_ID'
  | 'UNKNOWN_FIELD'
  | 'UNKNOWN_OPERATOR'
  | 'VALIDATION_ERROR'
  | 'RELATION_INVALID'
  | 'REQUIRED_FIELD_MISSING'
  | 'UNIQUE_VIOLATION'
  | 'FOREIGN_KEY_VIOLATION'
  | 'SOFT_DELETE_DISABLED'
  | 'SCHEMA_INVALID'
  | 'SCHEMA_EXISTS'
  | 'PLAN_STALE'
  | 'CONSENT_REQUIRED'
  | 'FEATURE_UNAVAILABLE'
  | 'NO_FILE'
  | 'IMPORT_FAILED'
  | 'LAST_ADMINISTRATOR'
  | 'PRECONDITION_FAILED'
  | 'CONFLICT'
  | 'UNAUTHENTICATED'
  | 'TOKEN_EXPIRED'
  | 'SESSION_REVOKED'
  | 'REFRESH_INVALID'
  | 'INVALID_CREDENTIALS'
  | 'ACCOUNT_INACTIVE'
  | 'EMAIL_NOT_VERIFIED'
  | 'PASSWORD_POLICY'
  | 'CURRENT_PASSWORD_INVALID'
  | 'EMAIL_TAKEN'
  | 'SESSION_TYPE_INVALID'
  | 'SESSION_LIMIT'
  | 'REGISTRATION_DISABLED'
  | 'ROLE_NOT_ALLOWED'
  | 'TOKEN_INVALID'
  | 'INVITE_INVALID'
  | 'INVITE_EXISTS'
  | 'INVITE_EMAIL_MISMATCH'
  | 'OAUTH_STATE_INVALID'
  | 'OAUTH_PROVIDER_UNKNOWN'
  | 'OAUTH_DENIED'
  | 'PERSONA_ENDED'
  | 'PERSONA_READ_ONLY'
  | 'SECRET_UNREADABLE'
  | 'MAIL_FAILED'
  | 'RATE_LIMITED'
  | 'PAYLOAD_TOO_LARGE'
  | 'METHOD_NOT_ALLOWED'
  | 'TIMEOUT'
  | 'UNAVAILABLE'
  | 'CONFIG_INVALID'
  | 'DATA_NEWER'
  | 'INTERNAL';

/** An answer that carries one thing. */
export type Answer<T> = {
  /** What was asked for. */
  data: T,
};

/** An answer that carries everything there is, uncut. */
export type Listed<T> = {
  /** All of them. */
  data: Array<T>,
  /** How many. */
  totalCount: number,
};

/** An answer that carries nothing but a sentence. */
export type Message = {
  /** The sentence. */
  message: string,
};

/** A sentence and what it is about. */
export type Done<T> = {
  /** The sentence. */
  message: string,
  /** What there is now. */
  data: T,
};

/** The body of a reply that is a refusal. */
export type ErrorBody = {
  /** The sentence for a person. */
  message: string,
  /** What a program switches on. */
  error: ErrorFacts,
  /** The single faults, for instance one per field. */
  details: Array<ErrorDetail>,
};

/** What went wrong, for programs. */
export type ErrorFacts = {
  /** The same sentence. */
  message: string,
  /** The kind of error. */
  code: ErrorCode,
  /** The faults in the form that older readers know. */
  details: ErrorReport | null,
  /** The HTTP status. */
  statusCode: number,
  /** What would make it work. */
  hint?: string,
  /** Where in the request the fault lies, as a dotted path. */
  at?: string,
};

/** The faults in the form that older readers know, which depends on the kind of error. */
export type ErrorReport = {
  /** `VALIDATION_ERROR`. */
  code: ErrorCode,
  /** One per broken rule. */
  errors: Array<BrokenRule>, } | {
  /** What the import came to. */
  results: ImportResult, } | Array<ErrorDetail>;

/** A value that broke a rule of its field. */
export type BrokenRule = {
  /** The field, dotted for nested ones. */
  field: string | null,
  /** The sentence for a person. */
  message: string,
  /** The refused value, when it may be shown. */
  value: unknown,
  /** The rule, such as `min`. */
  rule: string,
};

/** One thing that was wrong with a request. */
export type ErrorDetail = {
  /** Place in the request's list, from 0, when it was a list. */
  index?: number,
  /** The rule or code that was broken, such as `min` or `UNIQUE_VIOLATION`. */
  code: string,
  /** The field as the caller wrote it, dotted for nested ones. */
  field?: string,
  /** The sentence for a person. */
  message: string,
  /** The same sentence, beside `index`. */
  error?: string,
  /** The value that was expected or refused. */
  expected?: unknown,
  /** The value that is stored (409 `CONFLICT`). */
  current?: unknown,
};

/** What a page tells beside its rows. */
export type PageFacts = {
  /** Rows that match, whatever the limit; absent when they were not to be counted. */
  totalCount?: number,
  /** `true` when `totalCount` is the store's estimate. */
  totalCountEstimated?: boolean,
  /** `true` when the server's `page_size_max` cut the list. */
  truncated?: boolean,
  /** Keyset paging: the place after the last row, `null` at the end. */
  cursor?: string | null,
};

/** What a write answers. */
export type Written<T> = {
  /** The key, the keys, or what each step did. */
  data: T,
  /** What was left out of the write, and why. */
  warnings?: Array<WriteWarning>,
};

/** Something that was left out of a write. */
export type WriteWarning = {
  /** The kind, such as `UNKNOWN_FIELD`. */
  code: string,
  /** The key that was left out. */
  field: string | null,
  /** The sentence for a person. */
  message: string,
  /** The known name nearest to it. */
  nearest: string | null,
};

/** The key of a written record. */
export type WrittenKey = {
  /** A number or a text, as the collection's key is. */
  id: string | number,
};

/** What a step of a batch does. */
export type BatchVerb = "create" | "update" | "delete";

/** What one step of a batch did. */
export type BatchResult = {
  /** What it was. */
  op: BatchVerb,
  /** The collection it was about. */
  collection: string,
  /** The key of the record. */
  id: string | number,
};

/** What a batch would do: the statements, in order, and how many operations they stand for. */
export type BatchPreview = {
  /** Shown to administrators; empty for everybody else. */
  statements: Array<BatchStatement>,
  /** How many steps were judged. */
  operations: number,
};

/** One statement. */
export type BatchStatement = {
  /** Its text, with placeholders for the values. */
  sql: string,
};

/** Where a moved record stands now. */
export type SortedItem = {
  /** The key of the record that was moved. */
  item: string | number,
  /** Its collection. */
  collection: string,
  /** The value of its `sort` column. */
  newSort: number,
};

/** A page of revisions, newest first. */
export type HistoryPage = {
  /** The revisions. */
  data: Array<Revision>,
  /** The `after` of the next page; `null` at the end. */
  cursor: string | null,
  /** For how many days revisions are kept; 0 where the collection keeps none. */
  keepDays: number,
};

/** One change of an item. */
export type Revision = {
  /** The key of this revision. */
  id: string,
  /** What happened to the item. */
  action: RevisionAction,
  /** When, an ISO 8601 instant. */
  at: string,
  /** Who; `null` for the server itself, for nobody signed in, and for people out of sight. */
  actor: RevisionActor | null,
  /** What the client called itself; `import:` and its job for an import. */
  origin: string | null,
  /** The address it came from; `null` unless an administrator asks. */
  ip: string | null,
  /** The fields in which the two sides differ. */
  changed: Array<string>,
  /** The item before; `null` where there was none, or none in sight. */
  before: Record<string, unknown> | null,
  /** The item after; `null` where there was none, or none in sight. */
  after: Record<string, unknown> | null,
};

/** What happened to an item. */
export type RevisionAction = "create" | "update" | "delete" | "restore";

/** Who made a revision, as far as the asker may know. */
export type RevisionActor = {
  /** The key of the user. */
  id: string,
  /** First and last name. */
  name: string | null,
  /** The e-mail address. */
  email: string | null,
};

/** What is taken back from a revision. */
export type RevertBody = {
  /** The key of the revision. */
  revision: string,
  /** The fields; without them all that it changed and the caller may write; the rest is told. */
  fields?: readonly string[],
  /** As the item was before the revision (unless given), or as it was after it. */
  to?: RevertSide,
};

/** Which side of a revision. */
export type RevertSide = "before" | "after";

/** How a file is written. */
export type ImportFormat = "csv" | "json" | "ndjson";

/** What refused rows mean for the others. */
export type ImportMode = "all" | "valid";

/** The words of the form that starts an import; its file comes last, as `file`. */
export type ImportForm = {
  /** Into which collection. */
  collection: string,
  /** How the file is written; else its name tells. */
  format?: ImportFormat,
  /** Which column goes to which field, as JSON; `null` leaves a column out. */
  mapping?: Readonly<Record<string, string | null>>,
  /** CSV: the separator, `,` unless given; `tab` is one as well. */
  delimiter?: string,
  /** CSV: the text that stands for NULL. */
  nullText?: string,
  /** Check every row and write none. */
  dryRun?: boolean,
  /** `all` (unless given) writes everything or nothing; `valid` writes the rows that pass. */
  mode?: ImportMode,
  /** Import although the same file was imported before. */
  again?: boolean,
};

/** Where an import stands. */
export type ImportPhase = "parsing" | "checking" | "writing" | "done" | "failed" | "cancelled" | "undoing" | "undone";

/** One value an import refused. */
export type ImportReject = {
  /** Line of the file where the row begins, from 1; in JSON the place of the object, from 1. */
  line: number,
  /** Column of the file, when the fault is about one. */
  column: string | null,
  /** Field of the collection. */
  field: string | null,
  /** The refused text. */
  value: string | null,
  /** The sentence for a person. */
  message: string,
  /** The code of the refusal. */
  code: string,
};

/** Why an undo left a record: others point at it, it was changed since, or it was forbidden. */
export type ImportStays = "referenced" | "changed" | "forbidden";

/** A record that an undo left. */
export type ImportLeft = {
  /** In which collection. */
  collection: string,
  /** Its key. */
  id: string,
  /** Why. */
  why: ImportStays,
};

/** How far the writing of an import was at one moment. */
export type ImportPace = {
  /** Milliseconds since the writing began. */
  ms: number,
  /** Rows written by then. */
  rows: number,
};

/** An import that runs on the server. */
export type ImportJob = {
  /** Its id. */
  id: string,
  /** Key of the user who asked. */
  owner: string | null,
  /** Into which collection. */
  collection: string,
  /** Name of the file. */
  fileName: string,
  /** How the file is written. */
  format: ImportFormat,
  /** Where it stands. */
  state: ImportPhase,
  /** Whether rows are only judged. */
  dryRun: boolean,
  /** What refused rows mean for the others. */
  mode: ImportMode,
  /** Column to field as asked; `null` leaves a column out. */
  mapping: Record<string, string | null>,
  /** Rows parsed. */
  rowsRead: number,
  /** Rows that would be accepted. */
  rowsValid: number,
  /** Rows refused. */
  rowsRejected: number,
  /** Rows written. */
  rowsWritten: number,
  /** Rows removed again. */
  rowsRemoved: number,
  /** Records that nested objects made besides the rows, and that an undo took out with them. */
  relatedRemoved: number,
  /** Records that the import did not make, or that others changed since, and that went along by consent. */
  othersRemoved: number,
  /** Records that an undo left, rows among them. */
  relatedLeft: number,
  /** The first hundred of these. */
  left: Array<ImportLeft>,
  /** Bytes of the file behind the last row. */
  bytesRead: number,
  /** Bytes of the file. */
  bytesTotal: number,
  /** SHA-256 of the file, in hex. */
  hash: string,
  /** The same import was done before; this is that one. */
  alreadyImported: boolean,
  /** When it was asked for. */
  startedAt: string,
  /** When it ended. */
  endedAt: string | null,
  /** Why it failed. */
  error: string | null,
  /** The first refused values. */
  errors: Array<ImportReject>,
  /** Rows per second so far. */
  rowsPerSecond: number,
  /** Rows of the collection before the first was written, as far as its owner may read them. */
  rowsBefore: number | null,
  /** The same when the last had been written. */
  rowsAfter: number | null,
  /** Key of the first row written. */
  firstKey: string | null,
  /** Key of the last row written. */
  lastKey: string | null,
  /** The course of the writing, in at most 120 moments; none in a list of imports. */
  pace: Array<ImportPace>,
};

/** What an import in one request answers. */
export type Imported = {
  /** `true`; a refusal has the envelope of errors. */
  success: boolean,
  /** The sentence for a person. */
  message: string,
  /** What it came to. */
  results: ImportResult,
  /** What was left out of its rows and why, each column once. */
  warnings?: Array<WriteWarning>,
};

/** What an import in one request came to. */
export type ImportResult = {
  /** Rows that were, or would have been, written. */
  imported: number,
  /** Rows that were refused. */
  failed: number,
  /** Why, one per refused row. */
  errors: Array<ImportRowError>,
};

/** One row an import in one request refused. */
export type ImportRowError = {
  /** Row of a CSV file, from 1, its header not counted. */
  row: number,
  /** Place in a JSON list, from 1: the same number. */
  item: number,
  /** The row as it was read. */
  data: Record<string, unknown> | null,
  /** The sentence for a person. */
  error: string,
  /** The field at fault, when it is one. */
  field: string | null,
  /** The code of the refusal. */
  code: string,
};

/** What an answer to several questions tells beside `data`, which holds a page by each name. */
export type StatsFacts = {
  /** How many were asked. */
  totalStats: number,
  /** How many were answered: all of them, since one refusal refuses the request. */
  successfulStats: number,
};

/** The queries that ran, by their shapes. */
export type SlowQueryList = {
  /** Those of this page. */
  data: Array<SlowQuery>,
  /** How many there are. */
  totalCount: number,
  /** Since when they are recorded, an ISO 8601 instant. */
  since: string,
  /** Reads that were not recorded, because their part of the record was in use. */
  missed: number,
  /** Shapes that were forgotten for newer ones. */
  forgotten: number,
};

/** One shape of queries and how it fared. No value of any query is kept. */
export type SlowQuery = {
  /** By which it is spoken of while it is remembered. */
  id: string,
  /** What was asked. */
  shape: SlowQueryShape,
  /** How often it ran. */
  count: number,
  /** How often it ended unanswered: out of time, refused, or left by its caller. */
  ended: number,
  /** All of it together, in milliseconds. */
  totalMs: number,
  /** On average. */
  meanMs: number,
  /** Half were within this, to within an eighth. */
  p50Ms: number,
  /** All but a twentieth were within this, to within an eighth. */
  p95Ms: number,
  /** The longest. */
  maxMs: number,
  /** Records or groups answered in all. */
  rows: number,
  /** When it ran last, an ISO 8601 instant. */
  lastSeen: string,
  /** Names of the roles that asked. */
  roles: Array<string>,
  /** The index that would help; `null` when there is none. */
  index: ProposedIndex | null,
  /** The fields of the index that serves it already; `null` when none does. */
  servedBy: Array<string> | null,
};

/** What queries ask, without the values they ask with. */
export type SlowQueryShape = {
  /** The collection. */
  collection: string,
  /** The condition, with `?` for each value; the rules of the asking role included. */
  filter: string | null,
  /** Sort keys; `-` puts the largest value first, `distance(field)` is metres from a place. */
  sort: Array<string>,
  /** What is grouped by. */
  groupBy: Array<string>,
  /** What is computed of each group. */
  aggregates: Array<string>,
  /** Relations that are embedded. */
  embeds: Array<string>,
  /** Whether words are searched. */
  search: boolean,
  /** Which part of the result: all of it, its beginning, or what is behind a number of records or behind a certain one. */
  page: 'all' | 'first' | 'offset' | 'cursor',
  /** Records on the latest page; `null` for all. */
  limit: number | null,
  /** Whether all matching records are counted. */
  counted: boolean,
  /** Whether softly deleted records show. */
  withDeleted: boolean,
};

/** An index that would help. */
export type ProposedIndex = {
  /** The collection it would belong to. */
  collection: string,
  /** Its fields in order. */
  fields: Array<string>,
  /** What it would be called. */
  name: string,
};

/** What an index was found to bring, on a copy that is gone again. */
export type QueryMeasurement = {
  /** The index. */
  index: ProposedIndex,
  /** Records in the queried collection, about. */
  records: number,
  /** The query without it. */
  before: QueryTiming,
  /** The query with it. */
  after: QueryTiming,
  /** How many times as fast it is; below 1 it is slower. */
  gain: number,
  /** Whether the database used the index. */
  used: boolean,
  /** How long making the index took, in milliseconds. */
  buildMs: number,
  /** Its size. */
  indexBytes: number,
  /** What writing one record took without it, in microseconds; `null` of an empty collection. */
  writeBeforeUs: number | null,
  /** What writing one record takes with it. */
  writeAfterUs: number | null,
  /** Bytes that were copied for it. */
  copiedBytes: number,
  /** Parts of the condition that were left out, because no value of the collection stands for theirs. */
  leftOut: Array<string>,
};

/** Reads that were timed. */
export type QueryTiming = {
  /** The median. */
  medianMs: number,
  /** Of how many. */
  runs: number,
  /** The database's own words for how it finds the rows. */
  plan: Array<string>,
};

/** A collection with its definition. */
export type SchemaInfo = {
  /** Its name. */
  collectionName: string,
  /** Its definition as it is stored. */
  schema: SchemaDefinition,
};

/** The collections that were asked for. */
export type SchemaList = {
  /** The collections of this page, or all. */
  data: Array<SchemaInfo>,
  /** How many match. */
  totalCount: number,
  /** Present when `page` or `limit` was given. */
  pagination?: SchemaPagination,
};

/** Where a page of collections stands among the others. */
export type SchemaPagination = {
  /** From 1. */
  currentPage: number,
  /** At least 1. */
  totalPages: number,
  /** Collections on a page. */
  limit: number,
  /** Whether there is a page after this one. */
  hasNextPage: boolean,
  /** Whether there is a page before this one. */
  hasPrevPage: boolean,
  /** Its number. */
  nextPage: number | null,
  /** Its number. */
  prevPage: number | null,
};

/** What a change would do; `token` binds `apply` to exactly this. */
export type SchemaPlan = {
  /** Sent back with the same change to have it done. */
  token: string,
  /** The store that the statements are for. */
  store: 'sqlite' | 'postgres',
  /** In the order in which they are done. */
  steps: Array<PlanStep>,
  /** What else names the things that change. */
  references: Array<PlanReference>,
};

/** What a change did. */
export type SchemaApplied = {
  /** In the order in which they were done. */
  steps: Array<PlanStep>,
};

/** What a step does. */
export type PlanOperation = "create_collection" | "rename_collection" | "drop_collection" | "forget_collection" | "adopt_collection" | "add_field" | "rename_field" | "drop_field" | "forget_field" | "remember_field" | "alter_field" | "add_index" | "drop_index" | "add_relation" | "drop_relation";

/** One step of a plan, in words and in the SQL of this store. */
export type PlanStep = {
  /** What it does. */
  op: PlanOperation,
  /** The collection, as it is named afterwards (or was, if it ends). */
  collection: string,
  /** The field, the index, or the column of a relation. */
  field?: string,
  /** What it was. */
  from?: string,
  /** What it will be. */
  to?: string,
  /** A sentence for a person. */
  summary: string,
  /** The statements. Where SQLite rebuilds a table for several steps at once, they stand with the first of them. */
  sql: Array<string>,
  /** Whether stored values are lost or stand in the way. */
  lossy: boolean,
  /** How many stored values the step touches. */
  values?: PlanValues,
  /** The first records whose values the step touches. A plan shows them, the history does not. */
  examples: Array<PlanExample>,
};

/** How many stored values a step touches. */
export type PlanValues = {
  /** Values at stake. */
  affected: number,
  /** Of how many. */
  total: number,
};

/** A record whose value a step touches. */
export type PlanExample = {
  /** The record's key, as text. */
  key: string,
  /** The beginning of the value, as text; `null` where there is none, or it is hidden. */
  value: string | null,
};

/** Something that names a field which is renamed or ends. */
export type PlanReference = {
  /** What it is. */
  kind: 'permission' | 'view' | 'computed' | 'index',
  /** The collection that it is about, as it is named now. */
  collection: string,
  /** Its key, or its name where it has none. */
  id: string,
  /** For a person: the role and action, or the view's name. */
  name: string,
  /** The names in it that mean something else afterwards. */
  mentions: Array<PlanMention>,
  /** It follows by itself, it is updated with `updateReferences`, or a person has to look at it. */
  outcome: 'follows' | 'offered' | 'breaks',
};

/** A name that something mentions. */
export type PlanMention = {
  /** As it is now. */
  name: string,
  /** As it will be; `null` if it ends. */
  becomes: string | null,
};

/** What a plan takes when it is done for real: on a clone of the file, or in a transaction that was taken back. */
export type Rehearsal = {
  /** The plan's. */
  token: string,
  /** The store it was tried on. */
  store: 'sqlite' | 'postgres',
  /** Whether it can be applied as the data are now. */
  passed: boolean,
  /** Time of all statements, in milliseconds. */
  tookMs: number,
  /** The clone it was tried on; absent where it was a transaction. */
  clone?: RehearsalClone,
  /** One for each step of the plan, in its order. */
  steps: Array<RehearsedStep>,
  /** What stops it. */
  fault?: RehearsalFault,
  /** Records that stand in its way: the first of each step. */
  failing: Array<FailingRow>,
};

/** The clone of a file. */
export type RehearsalClone = {
  /** What making it took, in milliseconds. */
  tookMs: number,
  /** Its size. */
  bytes: number,
};

/** What one step took. */
export type RehearsedStep = {
  /** In milliseconds; `null` if its statements were not reached, or an earlier step's did its work. */
  tookMs: number | null,
  /** The locks it takes on tables that others use. */
  locks: Array<StepLock>,
};

/** A lock on a table. */
export type StepLock = {
  /** The collection. */
  collection: string,
  /** In the words of the store. */
  mode: string,
  /** Who waits for it. */
  blocks: 'everybody' | 'writers' | 'changes',
};

/** What stops a plan. */
export type RehearsalFault = {
  /** The step, from 0; absent if no single one does. */
  step?: number,
  /** What went wrong, for programs. */
  code: ErrorCode,
  /** The sentence for a person. */
  message: string,
  /** What to do about it. */
  hint?: string,
};

/** A record that stands in a step's way. */
export type FailingRow = {
  /** The step, from 0. */
  step: number,
  /** The collection as it is named now. */
  collection: string,
  /** The field as it is named now; absent for indexes. */
  field?: string,
  /** What is wrong with it: its value cannot become the new type, is missing, is another record's too, or leads nowhere. */
  why: 'misfit' | 'missing' | 'twin' | 'orphan',
  /** The record's key, as text. */
  key: string,
  /** The beginning of the value, as text; `null` where there is none, or it is hidden. */
  value: string | null,
};

/** A page of the history, newest first. */
export type SchemaHistory = {
  /** The changes of this page. */
  data: Array<SchemaChangeEntry>,
  /** How many changes there are. */
  totalCount: number,
};

/** One change of the schema. */
export type SchemaChangeEntry = {
  /** The version of the schema that it made; the change's name. */
  version: number,
  /** When, an ISO 8601 instant. */
  at: string,
  /** The e-mail address of who did it; `null` for the server itself and for users who are gone. */
  actor: string | null,
  /** The change that it undid. */
  undoes?: number,
  /** The change that undid it, if that stands. */
  undoneBy?: number,
  /** Whether it can be undone: not if it was already, if a later one changed the same collections or did it again, or if what it took away is gone by now. */
  standing: 'undoable' | 'undone' | 'changed' | 'expired',
  /** Until when the values that it took away can come back; absent if it took none. */
  keptUntil?: string,
  /** Its steps, as its plan told them, without example values. */
  steps: Array<PlanStep>,
};

/** One change of the schema with the definitions that it changed. */
export type SchemaChangeDetail = {
  /** What it changed, as it was. */
  before: Array<SchemaInfo>,
  /** The same as it was afterwards. */
  after: Array<SchemaInfo>,
  /** The version of the schema that it made; the change's name. */
  version: number,
  /** When, an ISO 8601 instant. */
  at: string,
  /** The e-mail address of who did it; `null` for the server itself and for users who are gone. */
  actor: string | null,
  /** The change that it undid. */
  undoes?: number,
  /** The change that undid it, if that stands. */
  undoneBy?: number,
  /** Whether it can be undone: not if it was already, if a later one changed the same collections or did it again, or if what it took away is gone by now. */
  standing: 'undoable' | 'undone' | 'changed' | 'expired',
  /** Until when the values that it took away can come back; absent if it took none. */
  keptUntil?: string,
  /** Its steps, as its plan told them, without example values. */
  steps: Array<PlanStep>,
};

/** What undoing a change would do; `token` binds the undo to exactly this. */
export type UndoPlan = {
  /** Sent back to have it done. */
  token: string,
  /** The store that the statements are for. */
  store: 'sqlite' | 'postgres',
  /** In the order in which they are done. */
  steps: Array<PlanStep>,
  /** What comes back, and what cannot. */
  restores: Array<RestoredPart>,
  /** What else names the things that change, but for what comes back as it was. */
  references: Array<PlanReference>,
};

/** What an undo did. */
export type SchemaUndone = {
  /** In the order in which they were done. */
  steps: Array<PlanStep>,
  /** What came back, and what could not. */
  restores: Array<RestoredPart>,
};

/** What comes back of one collection or field. */
export type RestoredPart = {
  /** The collection, as it will be named. */
  collection: string,
  /** The field; absent for whole records. */
  field?: string,
  /** Records or values that come back. */
  back: number,
  /** Values whose record was removed since, and records that led to one which was. */
  gone: number,
  /** Values that were changed since and stay as they are. */
  changed: number,
  /** References that come back empty, because the record they led to was removed since. */
  emptied: number,
  /** Records made since that have no value, so that the field stays optional. */
  missing: number,
};

/** The tables of the database that are no collections. */
export type ExistingTables = {
  /** Their names, in order. */
  names: Array<string>,
  /** What they hold and would become; empty when only their names were asked for. */
  tables: Array<ExistingTable>,
};

/** A table that is no collection: what it would become, or why it cannot become one. */
export type ExistingTable = {
  /** Its name, which the collection keeps. */
  name: string,
  /** What it is. */
  kind: 'table' | 'view' | 'part' | 'virtual',
  /** Whether it can be taken over. */
  adoptable: boolean,
  /** How many rows it holds; counting ends behind a million. */
  rows?: number,
  /** In the order of the table. */
  columns: Array<TableColumn>,
  /** What its foreign keys become, where the tables at both ends are taken over. */
  relations: Array<TableRelation>,
  /** Why it cannot be taken over; empty where it can. */
  reasons: Array<TableFinding>,
  /** What is good to know before it is taken over. */
  notes: Array<TableFinding>,
};

/** A column of such a table. */
export type TableColumn = {
  /** Its name, which the field keeps. */
  name: string,
  /** Its type in the words of the database. */
  declared: string,
  /** The type of the field; absent where the column stays in the table and is not shown. */
  type?: string,
  /** Whether it is the key. */
  primaryKey: boolean,
  /** Whether the table computes it. */
  readOnly: boolean,
  /** How it is unlike its declaration, or why it is not shown. */
  note?: string,
};

/** A relation that a foreign key becomes. */
export type TableRelation = {
  /** Its name. */
  name: string,
  /** Its kind, seen from this table. */
  type: 'M2O' | 'O2M' | 'O2O' | 'M2M',
  /** Where it leads. */
  target: string,
  /** The column that points, or the junction. */
  by: string,
};

/** Something to know about a table. */
export type TableFinding = {
  /** A word for programs. */
  code: string,
  /** The column it is about. */
  field?: string,
  /** The sentence for a person. */
  message: string,
};

/** What taking tables over does; `token` binds it to exactly this. */
export type AdoptionPlan = {
  /** Sent back with the same tables to have it done. */
  token: string,
  /** The store. */
  store: 'sqlite' | 'postgres',
  /** The tables that are taken over. */
  tables: Array<ExistingTable>,
  /** One for each collection and each relation. None has SQL: no table is touched. */
  steps: Array<PlanStep>,
  /** Rows of these tables, all of which stay as they are. */
  untouchedRows: number,
};

/** What an import of schemas answers. */
export type SchemasImported = {
  /** The sentence for a person. */
  message: string,
  /** What it did. */
  changes: SchemaChanges,
  /** The same. */
  data: SchemaChanges,
};

/** What an import of schemas did, by the names of collections. */
export type SchemaChanges = {
  /** New ones. */
  created: Array<string>,
  /** Changed ones. */
  updated: Array<string>,
  /** Those that were as asked already. */
  unchanged: Array<string>,
  /** Always empty: an import ends none. */
  deleted: Array<string>,
  /** Always empty: a fault refuses the whole import. */
  errors: Array<string>,
};

/** Every collection, as a file. */
export type SchemaFile = {
  /** The form of the file. */
  version: string,
  /** When it was written. */
  timestamp: string,
  /** The collections, by name. */
  schemas: Array<SchemaFileEntry>,
};

/** One collection of a file. */
export type SchemaFileEntry = {
  /** Its name. */
  collectionName: string,
  /** Its definition as it is stored. */
  schema: SchemaDefinition,
  /** When it was made. */
  createdAt: string | null,
  /** When it was changed last. */
  updatedAt: string | null,
};

/** What taking a file would do: its own facts, and the changes. */
export type FilePreview<T> = {
  /** The form of the file, if it says one. */
  importVersion: string | null,
  /** When the file was written, if it says so. */
  importTimestamp: string | null,
  /** What would be done. */
  changes: T,
};

/** What a file of schemas would do. */
export type SchemaPreview = {
  /** Collections that would be new. */
  new: Array<NewSchema>,
  /** Collections that would change. */
  modified: Array<ModifiedSchema>,
  /** Collections that the file does not name. An import leaves them. */
  deleted: Array<string>,
  /** Collections that are as in the file. */
  unchanged: Array<string>,
};

/** A collection that would be made. */
export type NewSchema = {
  /** Its name. */
  collectionName: string,
  /** Its definition as it would be stored. */
  details: SchemaDefinition,
};

/** A collection that would be changed. */
export type ModifiedSchema = {
  /** Its name. */
  collectionName: string,
  /** The keys of what differs; of fields, `fields.<name>`. */
  differences: Array<string>,
};

/** What bringing the indexes up to date did. */
export type IndexesMigrated = {
  /** Indexes that were missing, by name. */
  created: Array<string>,
  /** Indexes that had another form. */
  rebuilt: Array<string>,
  /** How many were as they should be. */
  unchanged: number,
};

/** Every role with its permissions, as a file. */
export type RoleFile = {
  /** The form of the file. */
  version: string,
  /** When it was written. */
  timestamp: string,
  /** The roles, by name. */
  roles: Array<RoleFileEntry>,
};

/** One role of a file. */
export type RoleFileEntry = {
  /** Its name. */
  name: string,
  /** What it is for. */
  description: string | null,
  /** Its permissions, without ids. */
  permissions: PermissionRecord[],
};

/** Every permission, each with the id and the name of its role. */
export type PermissionExport = {
  /** The permissions. */
  permissions: (PermissionRecord & { role: string })[],
  /** When this was written. */
  exportedAt: string,
  /** The form of this. */
  version: string,
};

/** What a permission is about. */
export type GrantName = {
  /** Name of the role. */
  role: string,
  /** The collection. */
  collection: string,
  /** `create`, `read`, `update` or `delete`. */
  action: string,
};

/** What a file of roles would do to permissions. */
export type RolesPreview = {
  /** Permissions that would be new. */
  new: Array<GrantName>,
  /** Permissions that would say something else. */
  modified: Array<GrantName>,
  /** Permissions of a named role that the file does not name. */
  deleted: Array<GrantName>,
  /** Permissions that are as in the file. */
  unchanged: Array<GrantName>,
};

/** What taking a file of roles answers. */
export type RolesImported = {
  /** The sentence for a person. */
  message: string,
  /** What it did. */
  changes: RolesTaken,
};

/** What a file of roles did to permissions. */
export type RolesTaken = {
  /** New ones. */
  created: Array<GrantName>,
  /** Those that say something else now. */
  updated: Array<GrantName>,
  /** Those that the file does not name. */
  deleted: Array<GrantName>,
  /** Always empty: a fault refuses the whole file. */
  errors: Array<string>,
};

/** What taking a list of permissions did. */
export type PermissionsTaken = {
  /** Rows written. */
  imported: number,
  /** Rows left alone, because there is one about the same. */
  skipped: number,
  /** Rows that cannot be taken. */
  errors: Array<PermissionRefused>,
};

/** A permission that cannot be taken. */
export type PermissionRefused = {
  /** The row as it was sent. */
  permission: unknown,
  /** Why. */
  error: string,
};

/** What the caller may do, judged by the server. */
export type AccessReport = {
  /** The active role. */
  role: AccessRole,
  /** The id of the signed-in user; `null` for nobody. */
  user: string | null,
  /** The collections the role may touch. */
  collections: Record<string, AccessGrants>,
};

/** The active role. */
export type AccessRole = {
  /** Its key. */
  id: string | null,
  /** Its name; `public` without a user. */
  name: string,
  /** Whether no permission binds it. */
  administrator: boolean,
};

/** What the role may do with one collection. */
export type AccessGrants = { create: AccessGrant, read: AccessGrant, update: AccessGrant, delete: AccessGrant, };

/** What the role may do with one action of a collection. */
export type AccessGrant = false | {
  /** Field patterns; `['*']` is every direct column. */
  fields: Array<string>,
  /** `true` when the grant holds only for rows that meet a condition. */
  conditional: boolean,
};

/** What is asked about. With neither `user_Id` nor `role_Id` it is whoever is not signed in. */
export type ExplainBody = {
  /** Through the eyes of this person. */
  user_Id?: string,
  /** Through the eyes of this role, with nobody in it. */
  role_Id?: string,
  /** In this tenant. */
  tenant_Id?: string,
  /** The collection. */
  collection: string,
  /** `read` (unless given), `update` or `delete`. */
  action: 'read' | 'update' | 'delete',
  /** The key of the record. */
  id: string | number,
};

/** A verdict, and everything that it came from. */
export type Explanation = {
  /** Whether the record may be touched. */
  allowed: boolean,
  /** How it came to that. */
  because: 'administrator' | 'granted' | 'noPermission' | 'broken' | 'noTenant' | 'conditions' | 'absent',
  /** The role that counts. */
  role: ExplainedRole,
  /** Key of the tenant that it was asked in. */
  tenant: string | null,
  /** The permission row that governs, as it is stored. */
  permission: PermissionRecord | null,
  /** What is demanded of the record; nothing where there is no such record. */
  clauses: Array<ExplainedClause>,
  /** Every field that is not hidden from everybody. */
  fields: Array<ExplainedField>,
};

/** A role, by its key and its name. */
export type ExplainedRole = {
  /** The key. */
  id: string | null,
  /** The name. */
  name: string,
};

/** One demand, and whether the record meets it. */
export type ExplainedClause = {
  /** Who demands it: the role's permission, or the tenant. */
  from: 'permission' | 'tenant',
  /** As it is stored, with its variables. */
  filter: Record<string, unknown>,
  /** Whether it holds; null where a null keeps it from being said, which does not open either. */
  holds: boolean | null,
  /** What the record has at the paths that it names; of several far records the first ones. */
  values: Record<string, unknown>,
};

/** A field, and whether it is among those that the permission names. */
export type ExplainedField = {
  /** The name. */
  name: string,
  /** Whether it may be touched. */
  allowed: boolean,
};

/** What makes an API token. */
export type NewApiTokenBody = {
  /** What it is for; 1 to 100 characters. */
  name: string,
  /** What it may be used for at most, `action:collection` each: the action is `read`, `create`, `update`, `delete`, `write` (all but reading) or `*`; the collection a name, or `*` for all that are not the system's. Left out: all that its role may. */
  scopes?: Array<string>,
  /** When it ends, an instant; in a year unless said, `null` for never. */
  expiresAt?: string | null,
  /** Whose it is, where that is somebody else (administrators). */
  userId?: string,
  /** Holds it to one of the user's roles. */
  role_Id?: string,
  /** The tenant that it works in; the session's unless said. */
  tenant_Id?: string,
};

/** An API token, without the token itself. */
export type ApiToken = {
  /** The key. */
  id: string,
  /** What it is for. */
  name: string,
  /** How it begins. */
  prefix: string | null,
  /** What it may be used for at most; `null` for all that its role may. */
  scopes: Array<string> | null,
  /** Key of the user it acts as. */
  userId: string,
  /** Key of the role that it is held to. */
  roleId: string | null,
  /** Key of the tenant that it works in. */
  tenantId: string | null,
  /** When it was made. */
  createdAt: string | null,
  /** When it was used last, to a quarter of an hour. */
  lastUsedAt: string | null,
  /** When it ends; `null` for never. */
  expiresAt: string | null,
};

/** A new API token: the only time that it is told. */
export type ApiTokenMade = {
  /** The token: to be sent as `Authorization: Bearer …`. */
  token: string,
  /** The key. */
  id: string,
  /** What it is for. */
  name: string,
  /** How it begins. */
  prefix: string | null,
  /** What it may be used for at most; `null` for all that its role may. */
  scopes: Array<string> | null,
  /** Key of the user it acts as. */
  userId: string,
  /** Key of the role that it is held to. */
  roleId: string | null,
  /** Key of the tenant that it works in. */
  tenantId: string | null,
  /** When it was made. */
  createdAt: string | null,
  /** When it was used last, to a quarter of an hour. */
  lastUsedAt: string | null,
  /** When it ends; `null` for never. */
  expiresAt: string | null,
};

/** The reply of a way in that asks for the second factor: no session began. */
export type SecondFactorAsked = {
  /** Empty. */
  token: string,
  /** `true` where a code of the second factor is asked for. */
  requiresTotp?: boolean,
  /** `true` where the role demands a second factor and none is set up. */
  requiresTotpSetup?: boolean,
  /** To be sent along with the code. */
  challenge: string,
  /** Seconds that the challenge holds. */
  expiresIn: number,
  /** How the tokens will travel. */
  authMode: AuthMode,
  /** A sentence for a person. */
  message: string,
};

/** How it stands with one's second factor. */
export type SecondFactorState = {
  /** Whether it is asked for. */
  enabled: boolean,
  /** Since when. */
  since: string | null,
  /** Recovery codes that are left. */
  recoveryCodes: number,
  /** Whether the role demands one. */
  demanded: boolean,
};

/** What an authenticator app is set up with; told this once. */
export type SecondFactorBegun = {
  /** To be typed in where nothing can be scanned. */
  secret: string,
  /** The `otpauth:` address. */
  url: string,
  /** The address as a QR code. */
  qr: QrPicture,
};

/** A QR code. */
export type QrPicture = {
  /** Squares of a side: an SVG of the view box `0 0 size size`, with an empty margin of four. */
  size: number,
  /** The dark squares, as the path of that SVG. */
  path: string,
};

/** What lets one in once each without the app; told this once. */
export type RecoveryCodes = {
  /** The codes. */
  recoveryCodes: Array<string>,
};

/** A session that began with the set-up of a second factor. */
export type SecondFactorConfirmed = {
  /** What lets one in once each without the app; told this once. */
  recoveryCodes: Array<string>,
  /** The access token. */
  token: string,
  /** Exchanged for a new session when the access token has expired. */
  refreshToken: string,
  /** Seconds until the access token expires. */
  expiresIn: number,
  /** How the tokens travel. */
  authMode: AuthMode,
  /** Who is signed in. */
  user: SessionUser,
  /** The active role. */
  role: RoleRecord | null,
  /** What the role may. */
  permissions: Array<PermissionRecord>,
  /** The tenant of the session. */
  tenant: TenantRecord | null,
  /** A sentence for a person. */
  message?: string,
};

/** How the tokens travel. */
export type AuthMode = "jwt" | "cookie";

/** What signs in. */
export type SignInBody = {
  /** How the tokens shall travel. */
  authMode?: AuthMode,
  /** The address that signs in. */
  email: string,
  /** The password. */
  password: string,
  /** Sign in to this tenant (multi-tenant projects). */
  tenant_Id?: string,
  /** The kind of session; the server may limit how many a user has of one kind. */
  authType?: string,
};

/** What makes the first owner of a new project. */
export type SetupBody = {
  /** How the tokens shall travel. */
  authMode?: AuthMode,
  /** From the one-time link the server printed. */
  token: string,
  /** The address that will sign in. */
  email: string,
  /** The password. */
  password: string,
  /** Given name; `Owner` unless given. */
  firstName?: string,
};

/** What gives the signed-in user a new password. */
export type PasswordBody = {
  /** The one that holds now. */
  currentPassword: string,
  /** The one that shall hold. */
  newPassword: string,
};

/** The reply of every call that starts or renews a session. */
export type SessionStarted = {
  /** The access token. */
  token: string,
  /** Exchanged for a new session when the access token has expired. */
  refreshToken: string,
  /** Seconds until the access token expires. */
  expiresIn: number,
  /** How the tokens travel. */
  authMode: AuthMode,
  /** Who is signed in. */
  user: SessionUser,
  /** The active role. */
  role: RoleRecord | null,
  /** What the role may. */
  permissions: Array<PermissionRecord>,
  /** The tenant of the session. */
  tenant: TenantRecord | null,
  /** A sentence for a person. */
  message?: string,
};

/** The user of a session, in brief. */
export type SessionUser = {
  /** The key. */
  id: string,
  /** The address that signs in. */
  email: string | null,
  /** Given name. */
  firstName: string | null,
  /** Family name. */
  lastName: string | null,
};

/** The reply of `/auth/me`. */
export type SessionReport = {
  /** The row of the user, with `role_Id` and `tenant_Id` of the session. */
  user: UserRecord & { role_Id: string, tenant_Id: string | null },
  /** The active role. */
  role: SessionRole | null,
  /** What the role may. */
  permissions: Array<SessionPermission>,
  /** Key of the tenant. */
  tenant: string | null,
  /** The row of the tenant. */
  tenantInfo: TenantRecord | null,
};

/** The active role, in brief. */
export type SessionRole = {
  /** The key. */
  id: string,
  /** The name. */
  name: string,
  /** Whether it holds in one tenant only. */
  isTenantSpecific: boolean | null,
};

/** A permission of the active role, in brief. */
export type SessionPermission = {
  /** What may be done. */
  action: string,
  /** With which collection. */
  collection: string,
  /** Field patterns. */
  fields: unknown,
  /** Which rows. */
  conditions: unknown,
};

/** The reply of `/auth/check` for a living session. */
export type SessionValid = {
  /** `true`. */
  valid: boolean,
  /** Whose it is. */
  user: SessionKey,
};

/** The user of a session by key alone. */
export type SessionKey = { id: string, };

/** The reply of `/auth/check` when there is no living session: the envelope, and the answer. */
export type SessionInvalid = {
  /** `false`. */
  valid: boolean,
  /** The sentence for a person. */
  message: string,
  /** What a program switches on. */
  error: ErrorFacts,
  /** The single faults, for instance one per field. */
  details: Array<ErrorDetail>,
};

/** A living session of the caller. Times are ISO 8601 in UTC. */
export type OpenSession = {
  /** The key. */
  id: string,
  /** `default`, `mobile` or `web`. */
  type: string,
  /** Address that it was opened from. */
  ipAddress: string | null,
  /** How the opener called itself. */
  userAgent: string | null,
  /** Key of the tenant that it works in. */
  tenant_Id: string | null,
  /** When it was opened. */
  createdAt: string | null,
  /** When its tokens were last exchanged; null if they never were. */
  refreshedAt: string | null,
  /** When it ends unless it is refreshed. */
  expiresAt: string | null,
  /** Whether the question came with a token of this session. */
  current: boolean,
};

/** The reply of a registration whose address must be confirmed first: no session began, and the tokens are empty. */
export type RegistrationWaits = {
  /** `true`. */
  requiresEmailVerification: boolean,
  /** The access token. */
  token: string,
  /** Exchanged for a new session when the access token has expired. */
  refreshToken: string,
  /** Seconds until the access token expires. */
  expiresIn: number,
  /** How the tokens travel. */
  authMode: AuthMode,
  /** Who is signed in. */
  user: SessionUser,
  /** The active role. */
  role: RoleRecord | null,
  /** What the role may. */
  permissions: Array<PermissionRecord>,
  /** The tenant of the session. */
  tenant: TenantRecord | null,
  /** A sentence for a person. */
  message?: string,
};

/** What invites somebody. */
export type InviteBody = {
  /** The address of whom it is for. */
  email: string,
  /** The role that it gives. */
  role_Id: string,
  /** The tenant; the inviter's own unless given. */
  tenant_Id?: string,
  /** The page that the mail leads to; the application's own unless given. */
  link?: string,
};

/** The reply of an invitation that was sent. */
export type InviteSent = {
  /** A sentence for a person. */
  message: string,
  /** The invitation. */
  invite: SentInvite,
};

/** An invitation that was sent, without the token, which is in the mail alone. */
export type SentInvite = {
  /** The key. */
  id: string,
  /** Whom it is for. */
  email: string,
  /** `pending`. */
  status: string,
  /** When it ends, ISO 8601 in UTC. */
  expiresAt: string,
};

/** What an invitation is, to whoever holds its token. */
export type InviteShown = {
  /** `true`. */
  valid: boolean,
  /** Whom it is for. */
  email: string,
  /** Whether that address has an account already. */
  userExists: boolean,
  /** The tenant; null where there are none. */
  tenant: InvitePlace | null,
  /** The role. */
  role: InvitePlace,
  /** Key of the tenant. */
  tenantId: string | null,
  /** Key of the role. */
  roleId: string,
  /** Where to go on, of the page that was named. */
  acceptUrl?: string,
};

/** A tenant or a role, by its key and its name. */
export type InvitePlace = {
  /** The key. */
  id: string,
  /** The name. */
  name: string,
};

/** What accepts an invitation. */
export type AcceptBody = {
  /** The token of the mail. */
  inviteToken: string,
  /** How the tokens shall travel. */
  authMode?: AuthMode,
  /** The kind of session; the server may limit how many a user has of one kind. */
  authType?: string,
};

/** As whom. With neither `user_Id` nor `role_Id` it is whoever is not signed in. */
export type PersonaBody = {
  /** As this person. */
  user_Id?: string,
  /** As this role, with nobody in it. */
  role_Id?: string,
  /** In this tenant. */
  tenant_Id?: string,
};

/** A view that was opened. */
export type PersonaOpened = {
  /** What requests show in `X-Plinth-Persona`, beside what their sender proves itself with. Told this once; of no use to anybody else. */
  token: string,
  /** When it is over. */
  expiresAt: string,
  /** The person; `null` for a role with nobody in it. */
  user: Record<string, unknown> | null,
  /** The role that counts. */
  role: ExplainedRole,
  /** Key of the tenant that is looked into. */
  tenant: string | null,
};

/** Permissions as they would be. */
export type ImpactBody = {
  /** At most 50. Those of one role are judged together. */
  changes: Array<ImpactChange>,
  /** To this person, of the role that is changed; to the role with nobody in it unless given. */
  user_Id?: string,
  /** In this tenant. */
  tenant_Id?: string,
};

/** One permission as it would be. */
export type ImpactChange = {
  /** Key of the role. */
  role_Id: string,
  /** The collection. */
  collection: string,
  /** The action. */
  action: 'create' | 'read' | 'update' | 'delete',
  /** Its fields and conditions as they would be stored; `null` where it is taken away. */
  permission: Record<string, unknown> | null,
};

/** What a change would do to one action of a role on a collection. */
export type PermissionImpact = {
  /** The role. */
  role: ExplainedRole,
  /** The collection. */
  collection: string,
  /** The action. */
  action: 'create' | 'read' | 'update' | 'delete',
  /** Which records are in reach; `null` for making new ones, and for changing and removing what is the house's own, where more than permissions decides. */
  records: RecordsInReach | null,
  /** Fields that would be among those named, and are not. */
  fieldsGained: Array<string>,
  /** The other way round. */
  fieldsLost: Array<string>,
};

/** Which records are in reach, before and after. */
export type RecordsInReach = {
  /** How many are. */
  before: number,
  /** How many would be. */
  after: number,
  /** How many would be that are not. */
  gained: number,
  /** How many are that would not be. */
  lost: number,
  /** A few of those gained, without what is hidden from everybody. */
  gainedSample: Record<string, unknown>[],
  /** A few of those lost. */
  lostSample: Record<string, unknown>[],
};

/** What signs in at another provider from a program, which leads the person there by itself. */
export type SocialBody = {
  /** Id of the provider. */
  provider: string,
  /** The page that the provider leads back to, instead of the server's own address. */
  callbackURL?: string,
  /** Asked for besides the usual ones. */
  scopes?: Array<string>,
  /** How the tokens shall travel. */
  authMode?: AuthMode,
  /** `default`, `mobile` or `web`. */
  authType?: string,
  /** The token of an invitation, which a new account is made by. */
  inviteToken?: string,
  /** An ID token that an app got from the provider by itself, and what it asked with. */
  idToken?: IdTokenBody,
};

/** An ID token; the text of the token alone is taken, too. */
export type IdTokenBody = {
  /** The token. */
  token: string,
  /** The nonce that the app asked with. */
  nonce?: string,
};

/** Where to go on. */
export type SocialBegun = {
  /** `true`. */
  redirect: boolean,
  /** The address at which the person agrees. */
  url: string,
};

/** The providers that are set up. */
export type ProviderList = {
  /** In the order that they are shown. */
  data: Array<SignInProvider>,
};

/** A provider to sign in at. */
export type SignInProvider = {
  /** Stands in addresses. */
  id: string,
  /** For people. */
  name: string,
};

/** What becomes of a variable; what is left out stays. */
export type VariableBody = {
  /** Its value; a new one needs it. */
  value?: string,
  /** Whether its value is told to nobody; a new one is a secret unless it is said. */
  isSecret?: boolean,
  /** What it is for. */
  description?: string | null,
};

/** A variable. */
export type ProjectVariable = {
  /** As the environment would have it. */
  name: string,
  /** `null` where it is a secret. */
  value: string | null,
  /** Whether its value is told to nobody. */
  isSecret: boolean,
  /** What it is for. */
  description: string | null,
  /** When it was written last, ISO 8601 in UTC. */
  updatedAt: string | null,
  /** Whether the environment of the server says otherwise, which counts. */
  overridden: boolean,
};

/** A provider as its keepers see it, set up or not. */
export type KeptProvider = {
  /** Stands in addresses. */
  id: string,
  /** For people. */
  name: string,
  /** Whether it is one that the project lists in `OPENID_PROVIDERS`. */
  listed: boolean,
  /** Whether one can sign in at it. */
  works: boolean,
  /** Why not, where it is set up in part. */
  fault: string | null,
  /** Where it leads back to, to be told to the provider. */
  callback: string | null,
  /** What sets it up. */
  variables: Array<KeptVariable>,
};

/** A variable that sets a provider up. */
export type KeptVariable = {
  /** Its name. */
  name: string,
  /** Whether its value is a secret. */
  secret: boolean,
  /** Whether nothing works without it. */
  required: boolean,
  /** `environment`, `project`, or `null` where nobody says it. */
  saidBy: 'environment' | 'project' | null,
};

/** The refusal of an account whose address is not confirmed. */
export type AddressUnconfirmed = {
  /** `true`. */
  requiresEmailVerification: boolean,
  /** The sentence for a person. */
  message: string,
  /** What a program switches on. */
  error: ErrorFacts,
  /** The single faults, for instance one per field. */
  details: Array<ErrorDetail>,
};

/** What asks for a way in by mail. */
export type MagicLinkBody = {
  /** The address of the account. */
  email: string,
  /** The page that the mail leads to; the application's own unless given. */
  link?: string,
  /** `link` (unless given) or `code`. */
  mode: 'link' | 'code',
};

/** What asks for a mail to an account: a new password, or a confirmation. */
export type MailAskedBody = {
  /** The address of the account. */
  email?: string,
  /** The page that the mail leads to; the application's own unless given. */
  link?: string,
};

/** What a mail brought, sent back to sign in. */
export type MagicVerifyBody = {
  /** The token of a link, or a code. */
  token: string,
  /** The address that a code was sent to. */
  email?: string,
  /** How the tokens shall travel. */
  authMode?: AuthMode,
  /** The kind of session; the server may limit how many a user has of one kind. */
  authType?: string,
};

/** What sets a new password with the link of a mail. */
export type ResetBody = {
  /** The one that shall hold. */
  password: string,
};

/** The reply of a confirmed address. */
export type AddressConfirmed = {
  /** A sentence for a person. */
  message: string,
  /** Whose it is. */
  user: ConfirmedUser,
};

/** An account, and its address that was confirmed. */
export type ConfirmedUser = {
  /** The key. */
  id: string,
  /** The address that signs in. */
  email: string,
  /** `true`. */
  emailVerified: boolean,
};

/** How many sessions were ended. */
export type SessionsEnded = {
  /** A sentence for a person. */
  message: string,
  /** The number. */
  ended: number,
};

/** What goes to another tenant. */
export type SwitchBody = {
  /** How the tokens shall travel. */
  authMode?: AuthMode,
  /** The tenant to work in. */
  tenant_Id: string,
  /** The kind of session; the server may limit how many a user has of one kind. */
  authType?: string,
};

/** Where somebody may work. */
export type TenantChoices = {
  /** The tenants, by name. */
  tenants: Array<TenantChoice>,
};

/** A tenant, and the role there. */
export type TenantChoice = {
  /** The key. */
  id: string,
  /** The name. */
  name: string,
  /** The role that one has there. */
  role: TenantRole,
};

/** A role, by its key and its name. */
export type TenantRole = {
  /** The key. */
  id: string,
  /** The name. */
  name: string,
};

/** The reply of `/health`; all but `status` is told to signed-in callers only. */
export type HealthReport = {
  /** `ok`. */
  status: string,
  /** Version of the program. */
  version?: string,
  /** Name of the project. */
  project?: string,
  /** Where the records live. */
  store?: 'sqlite' | 'postgres',
  /** The version of that database. */
  storeVersion?: string,
  /** Size of the records, in bytes. */
  sizeBytes?: number,
  /** Milliseconds since the start. */
  uptime_ms?: number,
};

/** A page of the log of mails. */
export type MailList = {
  /** Those of this page, the newest first. */
  data: Array<LoggedMail>,
  /** How many there are. */
  totalCount: number,
};

/** A mail, and what became of it. */
export type LoggedMail = {
  /** The key. */
  id: string,
  /** `queued`, `sending`, `sent`, `caught` or `error`. */
  status: 'queued' | 'sending' | 'sent' | 'caught' | 'error',
  /** For whom it is. */
  email: string,
  /** One line. */
  subject: string,
  /** The type of template that it was made of. */
  templateName: string | null,
  /** The server that took it. */
  sender: string | null,
  /** The id that it has there. */
  messageId: string | null,
  /** Why it did not go out, the last time it was tried. */
  errorMessage: string | null,
  /** How often it was tried. */
  attempts: number,
  /** When it is tried next, an ISO 8601 instant. */
  nextAttemptAt: string | null,
  /** When it went out, an ISO 8601 instant. */
  sentAt: string | null,
  /** When it was queued, an ISO 8601 instant. */
  createdAt: string,
  /** The tenant that it is sent from. */
  tenant_Id: string | null,
  /** What stands in it; of one mail that was caught less than a day ago, and of no other. */
  content?: MailContent,
};

/** What stands in a mail. */
export type MailContent = {
  /** The page. */
  html: string,
  /** The same as plain text. */
  text: string,
};

/** What became of a mail that was sent to try the way. */
export type TestMail = {
  /** Whether it went out, or was caught. */
  success: boolean,
  /** What the server said. */
  message: string,
};

/** How a project or a tenant looks, for pages and mails. */
export type Branding = {
  /** What it is called. */
  project_name: string | null,
  /** Its title. */
  title: string | null,
  /** Where it lives. */
  project_url: string | null,
  /** Where its application lives. */
  app_url: string | null,
  /** What it is. */
  description: string | null,
  /** Words it is found by. */
  keywords: string | null,
  /** Its colour. */
  project_color: string | null,
  /** The colour beside it. */
  secondary_color: string | null,
  /** The time zone people are told times in. */
  timezone: string | null,
  /** The language people are spoken to in. */
  language: string | null,
  /** How dates are written. */
  date_format: string | null,
  /** The currency of sums. */
  currency: string | null,
  /** Address of the picture in its mails; `null` without a picture or without `project_url`. */
  logo_url: string | null,
  /** The same address. */
  logo: string | null,
  /** The same as `project_color`. */
  primaryColor: string | null,
  /** The same as `secondary_color`. */
  secondaryColor: string | null,
};

/** What a server is, for machines (`GET /`). */
export type ServerInfo = {
  /** The project. */
  project: ProjectInfo,
  /** Version of the program. */
  version: string,
};

/** A project as a server tells of it. */
export type ProjectInfo = {
  /** What it is called. */
  name: string | null,
  /** Its title. */
  title: string | null,
  /** Where it lives. */
  url: string | null,
  /** Where its application lives. */
  app_url: string | null,
  /** Its colour. */
  color: string | null,
  /** The colour beside it. */
  secondary_color: string | null,
  /** What it is. */
  description: string | null,
  /** Words it is found by. */
  keywords: string | null,
  /** Its pictures. */
  branding: ProjectPictures,
  /** How it speaks to people. */
  localization: Localization,
  /** Whether it sends mail by a server of its own. */
  smtp_enabled: boolean,
  /** Whether it holds tenants. */
  multitenant: boolean,
  /** What the application keeps of it; for who is signed in. */
  metadata: unknown,
  /** The parts of the application that are switched on; for who is signed in. */
  modules: unknown,
};

/** The pictures of a project, by the ids of their files. */
export type ProjectPictures = {
  /** For light grounds. */
  "logo-light": string | null,
  /** For dark grounds. */
  "logo-dark": string | null,
  /** With its name. */
  "logo-full": string | null,
  /** Without a ground. */
  "logo-transparent": string | null,
  /** For the tab of a browser. */
  favicon: string | null,
  /** For the screen of a telephone. */
  icon: string | null,
  /** For mails. */
  "email-icon": string | null,
};

/** How a project speaks to people. */
export type Localization = {
  /** The time zone people are told times in. */
  timezone: string | null,
  /** The language people are spoken to in. */
  language: string | null,
  /** How dates are written. */
  date_format: string | null,
  /** The currency of sums. */
  currency: string | null,
};

/** A mail that the house sends (`GET /templates/types`). */
export type TemplateType = {
  /** What the mail is for, as `type` of `baasix_Template`. */
  type: string,
  /** The same for people. */
  label: string,
  /** When it is sent. */
  description: string,
  /** The names of what it is told beside what every mail knows. */
  variables: Array<string>,
};

/** All mails that the house sends. */
export type TemplateTypes = {
  /** Each by its type. */
  types: Array<TemplateType>,
  /** The names of what every mail knows. */
  commonVariables: Array<string>,
};

/** A mail as the house writes it where nobody wrote another. */
export type TemplateDefault = {
  /** What the mail is for, as `type` of `baasix_Template`. */
  type: string,
  /** The same for people. */
  label: string,
  /** Its subject, in Liquid. */
  subject: string,
  /** Its body, a piece of a page in Liquid. */
  body: string,
  /** When it is sent. */
  description: string,
  /** The names of what it is told beside what every mail knows. */
  variables: Array<string>,
  /** The names of what every mail knows. */
  commonVariables: Array<string>,
};

/** All mails as the house writes them. */
export type TemplateDefaults = {
  /** Each by its type. */
  templates: Array<TemplateDefault>,
  /** The names of what every mail knows. */
  commonVariables: Array<string>,
};

/** A mail as it would be sent. */
export type TemplatePreview = {
  /** One line. */
  subject: string,
  /** A whole page. */
  html: string,
  /** What the page says, without marks. */
  text: string,
  /** Variables that the template asks for and is never told. */
  unknown: Array<string>,
};

/** One entry of the journal. */
export type JournalEntry = {
  /** The last moment of it, an ISO 8601 instant. */
  at: string,
  /** What was done, to records or to the schema. */
  kind: 'create' | 'update' | 'delete' | 'schema',
  /** The collection; `null` for the schema. */
  collection: string | null,
  /** How many records, or which version of the schema. */
  count: number,
  /** Whether there were more than were counted. */
  more: boolean,
  /** The e-mail address of who did it; `null` for the server itself. */
  actor: string | null,
  /** What the client called itself; `import:` and its job for an import. */
  source: string | null,
};
