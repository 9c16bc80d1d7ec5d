import type { AdoptionPlan, Answer, ExistingTables, SchemaApplied } from './generated/wire.js';
import { segment, type Transport } from './transport.js';
import type { CallOptions, MessageResponse } from './types/common.js';
import type {
  FieldDefinition,
  IndexDefinition,
  Rehearsal,
  RelationshipDefinition,
  SchemaChange,
  SchemaChangeDetail,
  SchemaChanges,
  SchemaDefinition,
  SchemaHistory,
  SchemaInfo,
  SchemaList,
  SchemaPlan,
  SchemaQuery,
  SchemaUndone,
  TypesOptions,
  TypesText,
  UndoPlan,
} from './types/schema.js';

/** The collections of the project and how they are built. */
export class Schemas {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * The collections with their definitions.
   *
   * @example
   * ```ts
   * const schemas = await plinth.schemas.find();
   * for (const { collectionName, schema } of schemas.data) {
   *   console.log(collectionName, Object.keys(schema.fields));
   * }
   * ```
   */
  find(params?: SchemaQuery, options?: CallOptions): Promise<SchemaList> {
    const query = params === undefined ? undefined : { ...params, sort: sortText(params.sort) };
    return this.#http.get('/schemas', { ...options, params: query });
  }

  /**
   * One collection's definition.
   *
   * @example
   * ```ts
   * const { schema } = await plinth.schemas.findOne('products');
   * console.log(schema.fields['price']);
   * ```
   */
  async findOne(collection: string, options?: CallOptions): Promise<SchemaInfo> {
    return (await this.#http.get<Answer<SchemaInfo>>(this.#path(collection), options)).data;
  }

  /**
   * Creates a collection, given as name and definition or as one object.
   *
   * @example
   * ```ts
   * await plinth.schemas.create('products', {
   *   name: 'Product',
   *   fields: {
   *     id: { type: 'UUID', primaryKey: true, defaultValue: { type: 'UUIDV4' } },
   *     name: { type: 'String', allowNull: false, values: { length: 255 } },
   *   },
   * });
   * await plinth.schemas.create({
   *   collectionName: 'categories',
   *   schema: { fields: { name: { type: 'String' } } },
   * });
   * ```
   */
  create(collection: string, schema: SchemaDefinition, options?: CallOptions): Promise<SchemaInfo>;
  create(info: SchemaInfo, options?: CallOptions): Promise<SchemaInfo>;
  async create(
    first: string | SchemaInfo,
    second?: SchemaDefinition | CallOptions,
    third?: CallOptions,
  ): Promise<SchemaInfo> {
    const [body, options] =
      typeof first === 'string'
        ? [{ collectionName: first, schema: second as SchemaDefinition }, third]
        : [first, second as CallOptions | undefined];
    return (await this.#http.post<Answer<SchemaInfo>>('/schemas', body, options)).data;
  }

  /**
   * Changes a collection. `fields`, when given, is the whole set: a field that is not in it is
   * dropped, and the same `fieldId` under another name is a rename. Other keys are merged.
   *
   * @example
   * ```ts
   * await plinth.schemas.update('products', { schema: { paranoid: true } });
   * ```
   *
   * @param change.dropColumns fields left out whose column ends, too, although it was there before them.
   */
  async update(
    collection: string,
    change: { schema: Partial<SchemaDefinition>; dropColumns?: readonly string[] },
    options?: CallOptions,
  ): Promise<SchemaInfo> {
    return (await this.#http.patch<Answer<SchemaInfo>>(this.#path(collection), change, options)).data;
  }

  /**
   * Drops a collection with its rows. A table that was there before its collection stays as it is,
   * unless `dropTable` asks for its end.
   *
   * @example
   * ```ts
   * await plinth.schemas.delete('products');
   * await plinth.schemas.delete('legacy_products', { dropTable: true });
   * ```
   */
  delete(collection: string, options?: CallOptions & { dropTable?: boolean }): Promise<MessageResponse> {
    const path = this.#path(collection);
    return this.#http.delete(options?.dropTable ? `${path}?dropTable=true` : path, undefined, options);
  }

  /**
   * Adds a field, or redefines the one of this name.
   *
   * @example
   * ```ts
   * await plinth.schemas.addField('products', 'weight', {
   *   type: 'Decimal',
   *   values: { precision: 8, scale: 3 },
   * });
   * ```
   */
  async addField(
    collection: string,
    field: string,
    definition: FieldDefinition,
    options?: CallOptions,
  ): Promise<SchemaInfo> {
    const { schema } = await this.findOne(collection, options);
    const fields = { ...schema.fields, [field]: definition };
    return this.update(collection, { schema: { ...schema, fields } }, options);
  }

  /**
   * Drops a field with its values.
   *
   * @example
   * ```ts
   * await plinth.schemas.removeField('products', 'weight');
   * ```
   */
  async removeField(collection: string, field: string, options?: CallOptions): Promise<SchemaInfo> {
    const { schema } = await this.findOne(collection, options);
    const { [field]: _removed, ...fields } = schema.fields;
    return this.update(collection, { schema: { ...schema, fields } }, options);
  }

  /**
   * Relates a collection to another one.
   *
   * @example
   * ```ts
   * await plinth.schemas.createRelationship('products', {
   *   type: 'M2O',
   *   target: 'categories',
   *   name: 'category',
   *   alias: 'products',
   * });
   * ```
   */
  createRelationship(
    collection: string,
    relationship: RelationshipDefinition,
    options?: CallOptions,
  ): Promise<MessageResponse> {
    return this.#http.post(`${this.#path(collection)}/relationships`, relationship, options);
  }

  /**
   * Changes a relation.
   *
   * @example
   * ```ts
   * await plinth.schemas.updateRelationship('products', 'category', { onDelete: 'SET NULL' });
   * ```
   */
  updateRelationship(
    collection: string,
    name: string,
    change: Partial<RelationshipDefinition>,
    options?: CallOptions,
  ): Promise<MessageResponse> {
    return this.#http.patch(this.#relationship(collection, name), change, options);
  }

  /**
   * Drops a relation with its foreign key or junction.
   *
   * @example
   * ```ts
   * await plinth.schemas.deleteRelationship('products', 'category');
   * ```
   */
  deleteRelationship(collection: string, name: string, options?: CallOptions): Promise<MessageResponse> {
    return this.#http.delete(this.#relationship(collection, name), undefined, options);
  }

  /**
   * Adds an index.
   *
   * @example
   * ```ts
   * await plinth.schemas.createIndex('products', { fields: ['sku'], unique: true });
   * ```
   */
  createIndex(collection: string, index: IndexDefinition, options?: CallOptions): Promise<MessageResponse> {
    return this.#http.post(`${this.#path(collection)}/indexes`, index, options);
  }

  /**
   * Drops an index.
   *
   * @example
   * ```ts
   * await plinth.schemas.deleteIndex('products', 'products_sku_idx');
   * ```
   */
  deleteIndex(collection: string, name: string, options?: CallOptions): Promise<MessageResponse> {
    const path = `${this.#path(collection)}/indexes/${segment(name, 'The name of the index')}`;
    return this.#http.delete(path, undefined, options);
  }

  /**
   * What a change would do, in words and in the SQL of this project's store; nothing is changed.
   *
   * @example
   * ```ts
   * const plan = await plinth.schemas.plan({
   *   collections: [{ collectionName: 'tags', schema: { fields: { name: { type: 'String' } } } }],
   *   drop: [],
   * });
   * for (const step of plan.steps) console.log(step.lossy ? '!' : ' ', step.summary, step.sql);
   * ```
   */
  async plan(change: SchemaChange, options?: CallOptions): Promise<SchemaPlan> {
    return (await this.#http.post<Answer<SchemaPlan>>('/schemas/plan', change, options)).data;
  }

  /**
   * Does what was planned, all or nothing. When the collections changed since the plan was made,
   * it rejects with 409 `PLAN_STALE` and nothing is done.
   *
   * @example
   * ```ts
   * const change = { collections: [], drop: ['tags'] };
   * const { token } = await plinth.schemas.plan(change);
   * const { steps } = await plinth.schemas.apply({ ...change, token });
   * console.log(`${steps.length} steps done`);
   * ```
   */
  async apply(
    change: SchemaChange & { token: string },
    options?: CallOptions,
  ): Promise<SchemaApplied> {
    return (await this.#http.post<Answer<SchemaApplied>>('/schemas/apply', change, options)).data;
  }

  /**
   * Tries a plan on the data as they are, with nothing left of it: on a clone of the file, or in a
   * transaction that is taken back. Tells what it takes and which records stand in its way. Where
   * it would hold others up for long it rejects with 409 `CONSENT_REQUIRED`, unless `consent` is
   * given (administrators).
   *
   * @example
   * ```ts
   * const change = { collections: [], drop: ['tags'] };
   * const { token } = await plinth.schemas.plan(change);
   * const { passed, tookMs, failing } = await plinth.schemas.rehearse({ ...change, token });
   * console.log(passed, tookMs, failing.map((row) => row.key));
   * ```
   */
  async rehearse(
    change: SchemaChange & { token: string; consent?: boolean },
    options?: CallOptions,
  ): Promise<Rehearsal> {
    return (await this.#http.post<Answer<Rehearsal>>('/schemas/rehearse', change, options)).data;
  }

  /**
   * What was changed in the schema, newest first (administrators). Pages count from 1.
   *
   * @example
   * ```ts
   * const { data, totalCount } = await plinth.schemas.history({ limit: 10 });
   * for (const { version, at, actor, standing } of data) console.log(version, at, actor, standing);
   * console.log(`of ${totalCount}`);
   * ```
   */
  history(page: { limit?: number; page?: number } = {}, options?: CallOptions): Promise<SchemaHistory> {
    return this.#http.get('/schemas/history', { ...options, params: { ...page } });
  }

  /**
   * One change of the schema, with the definitions before and after it (administrators).
   *
   * @example
   * ```ts
   * const { data } = await plinth.schemas.history({ limit: 1 });
   * const { before, after } = await plinth.schemas.change(data[0]!.version);
   * console.log(before, after);
   * ```
   */
  async change(version: number, options?: CallOptions): Promise<SchemaChangeDetail> {
    const path = `/schemas/history/${String(version)}`;
    return (await this.#http.get<Answer<SchemaChangeDetail>>(path, options)).data;
  }

  /**
   * What undoing a change would do, what comes back with it, and what else names the things that
   * change; nothing is changed (administrators).
   *
   * @example
   * ```ts
   * const { steps, restores } = await plinth.schemas.planUndo(12);
   * for (const { collection, field, back, gone } of restores) console.log(collection, field, back, gone);
   * console.log(steps.length);
   * ```
   */
  async planUndo(version: number, options?: CallOptions): Promise<UndoPlan> {
    const path = `/schemas/history/${String(version)}/plan`;
    return (await this.#http.post<Answer<UndoPlan>>(path, {}, options)).data;
  }

  /**
   * Undoes a change with its data, all or nothing, with the token of its plan (administrators).
   * Views and lists of permissions that name what ends are updated with `updateReferences` only.
   * When the collections changed since, it rejects with 409 `PLAN_STALE`.
   *
   * @example
   * ```ts
   * const { token } = await plinth.schemas.planUndo(12);
   * const { restores } = await plinth.schemas.undo(12, { token, updateReferences: true });
   * console.log(restores);
   * ```
   */
  async undo(
    version: number,
    plan: { token: string; updateReferences?: boolean },
    options?: CallOptions
  ): Promise<SchemaUndone> {
    const path = `/schemas/history/${String(version)}/undo`;
    const { token, updateReferences } = plan;
    const body = updateReferences === undefined ? { token } : { token, updateReferences };
    return (await this.#http.post<Answer<SchemaUndone>>(path, body, options)).data;
  }

  /**
   * The tables of the database that are no collections, with what each would become or why it
   * cannot become one (administrators). With `names`, their names only, which costs nothing.
   *
   * @example
   * ```ts
   * const { tables } = await plinth.schemas.existing();
   * for (const { name, adoptable, reasons } of tables) {
   *   console.log(name, adoptable ? 'can be taken over' : reasons[0]?.message);
   * }
   * ```
   */
  async existing(params?: { names?: boolean }, options?: CallOptions): Promise<ExistingTables> {
    const found = this.#http.get<Answer<ExistingTables>>('/schemas/existing', { ...options, params });
    return (await found).data;
  }

  /**
   * Takes tables over as collections without touching a row, after a dry run (administrators):
   * `dryRun` answers the plan, and its token does exactly that. Without `tables` it is every table
   * that can be.
   *
   * @example
   * ```ts
   * const tables = ['customers', 'orders'];
   * const { token, steps } = await plinth.schemas.adopt({ tables, dryRun: true });
   * for (const step of steps) console.log(step.summary);
   * await plinth.schemas.adopt({ tables, token });
   * ```
   */
  async adopt(
    ask: { tables?: readonly string[] } & ({ dryRun: true } | { token: string }),
    options?: CallOptions,
  ): Promise<AdoptionPlan> {
    return (await this.#http.post<Answer<AdoptionPlan>>('/schemas/adopt', ask, options)).data;
  }

  /**
   * Every collection with its definition, to be kept or taken to another project
   * (administrators).
   *
   * @example
   * ```ts
   * const all = await plinth.schemas.export();
   * console.log(JSON.stringify(all, null, 2));
   * ```
   */
  async export(options?: CallOptions): Promise<SchemaInfo[]> {
    return (await this.#http.get<Answer<SchemaInfo[]>>('/schemas/export', options)).data;
  }

  /**
   * Brings collections to these definitions, all or none: new ones are made, known ones changed,
   * none is dropped (administrators).
   *
   * @example
   * ```ts
   * const all = await plinth.schemas.export();
   * const own = all.filter(({ collectionName }) => !collectionName.startsWith('baasix_'));
   * const { created, updated } = await plinth.schemas.import(own);
   * console.log(created, updated);
   * ```
   */
  async import(schemas: readonly SchemaInfo[], options?: CallOptions): Promise<SchemaChanges> {
    return (await this.#http.post<Answer<SchemaChanges>>('/schemas/import', { schemas }, options)).data;
  }

  /**
   * The collections as TypeScript, as the caller may see them: what `plinth generate` writes. With
   * `ifNoneMatch`, the etag of an earlier answer, it resolves to `undefined` while nothing changed.
   *
   * @example
   * ```ts
   * const { text, etag } = await plinth.schemas.types({ target: 'types' });
   * console.log(text);
   * const changed = await plinth.schemas.types({ ifNoneMatch: etag });
   * console.log(changed === undefined ? 'as before' : changed.text);
   * ```
   */
  types(options?: TypesOptions & { ifNoneMatch?: undefined }): Promise<TypesText>;
  types(options?: TypesOptions): Promise<TypesText | undefined>;
  async types(options: TypesOptions = {}): Promise<TypesText | undefined> {
    const { target, numbers, ifNoneMatch, headers, ...rest } = options;
    const response = await this.#http.stream({
      ...rest,
      method: 'GET',
      path: '/types',
      params: { target, numbers },
      headers: { ...headers, ...(ifNoneMatch === undefined ? {} : { 'If-None-Match': ifNoneMatch }) },
    });
    const text = await response.text();
    if (response.status === 304) return undefined;
    return { text, etag: response.headers.get('ETag') ?? '' };
  }

  #path(collection: string): string {
    return `/schemas/${segment(collection, 'The name of the collection')}`;
  }

  #relationship(collection: string, name: string): string {
    return `${this.#path(collection)}/relationships/${segment(name, 'The name of the relation')}`;
  }
}

/** `field:direction,…`, the form the schema routes take. */
function sortText(sort: SchemaQuery['sort']): string | undefined {
  if (sort === undefined || typeof sort === 'string') return sort;
  const pairs = Array.isArray(sort)
    ? (sort as readonly (string | { field: string; order: string })[])
    : Object.entries(sort).map(([field, order]) => ({ field, order: String(order) }));
  return pairs
    .map((pair) => {
      if (typeof pair !== 'string') return `${pair.field}:${pair.order}`;
      if (pair.includes(':')) return pair;
      return pair.startsWith('-') ? `${pair.slice(1)}:desc` : `${pair}:asc`;
    })
    .join(',');
}
