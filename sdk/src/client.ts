import { Auth } from './auth.js';
import { Imports } from './imports.js';
import type { PlinthOptions } from './options.js';
import { Permissions } from './permissions.js';
import { Queries } from './queries.js';
import { Items, sendBatch } from './records.js';
import { Reports } from './reports.js';
import { Schemas } from './schemas.js';
import { Access, Server } from './server.js';
import { ProjectSettings } from './settings.js';
import { Invites } from './invites.js';
import { Mails } from './mails.js';
import { Templates } from './templates.js';
import { ApiTokens } from './tokens.js';
import { Transport, type Http } from './transport.js';
import type { AnyCollections, CallOptions, NumberForm } from './types/common.js';
import type { BatchOperation, BatchPreview, BatchResult, WriteInput } from './types/write.js';
import { Roles, Users } from './users.js';
import { Variables } from './variables.js';

/** Stands for "no item type was named": then the collection's name must be a known one. */
declare const unnamed: unique symbol;
interface Unnamed {
  readonly [unnamed]: never;
}

/**
 * A client of one server, made by {@link createPlinth}. `Numbers` is its option `numbers`: sums and
 * averages of an `exact` client may be text. `Plinth<Collections, NumberForm>` is either kind.
 */
export class Plinth<
  Collections extends { [K in keyof Collections]: object } = AnyCollections,
  Numbers extends NumberForm = 'number',
> {
  /** Signing in and out, and who is signed in. */
  readonly auth: Auth;
  /** The collections and how they are built. */
  readonly schemas: Schemas;
  /** The users of the project. */
  readonly users: Users;
  /** The roles of the project. */
  readonly roles: Roles;
  /** What each role may do. */
  readonly permissions: Permissions;
  /** Imports of large files, as jobs. */
  readonly imports: Imports;
  /** Sums, counts and groups over collections. */
  readonly reports: Reports<Collections, Numbers>;
  /** Which queries ran and how long they took. */
  readonly queries: Queries;
  /** What the caller may do. */
  readonly access: Access;
  /** The name, the looks and the ways of the project. */
  readonly settings: ProjectSettings;
  /** Mails that went out, wait, or were caught. */
  readonly mails: Mails;
  /** The mails that the server sends. */
  readonly templates: Templates;
  /** Who is invited. */
  readonly invites: Invites;
  /** What signs in programs. */
  readonly tokens: ApiTokens;
  /** Variables of the project, and the providers that they set up. */
  readonly variables: Variables;
  /** The server itself. */
  readonly server: Server;
  /** Requests on routes that have no method of their own, sent as the signed-in user. */
  readonly http: Http;
  readonly #http: Transport;

  /** @internal */
  constructor(options: PlinthOptions) {
    const http = new Transport(options);
    this.#http = http;
    this.http = http;
    this.auth = new Auth(http);
    this.schemas = new Schemas(http);
    this.users = new Users(http);
    this.roles = new Roles(http);
    this.permissions = new Permissions(http, this.roles);
    this.imports = new Imports(http);
    this.reports = new Reports(http);
    this.queries = new Queries(http);
    this.access = new Access(http);
    this.settings = new ProjectSettings(http);
    this.mails = new Mails(http);
    this.templates = new Templates(http);
    this.invites = new Invites(http);
    this.tokens = new ApiTokens(http);
    this.variables = new Variables(http);
    this.server = new Server(http);
  }

  /**
   * The items of a collection. Their type comes from the client's `Collections`, or is named here.
   *
   * @example
   * ```ts
   * interface Product {
   *   id: string;
   *   name: string;
   *   status: 'active' | 'inactive';
   * }
   *
   * const { data } = await plinth.items<Product>('products').find({
   *   filter: { status: { eq: 'active' } },
   * });
   * console.log(data.map((product) => product.name));
   * ```
   */
  items<K extends keyof Collections & string>(
    collection: K,
  ): Items<Collections[K], WriteInput<Collections[K]>, Numbers>;
  items<T extends object = Unnamed>(
    collection: [T] extends [Unnamed] ? keyof Collections & string : string,
  ): Items<T, WriteInput<T>, Numbers>;
  items(collection: unknown): unknown {
    return new Items(this.#http, collection as string);
  }

  /**
   * Writes several things to any collections, all or none. With `dryRun` nothing is written, and
   * the SQL it would take comes back.
   *
   * @example
   * ```ts
   * const results = await plinth.batch([
   *   { op: 'create', collection: 'orders', data: { total: 30 } },
   *   { op: 'update', collection: 'products', id: 'uuid-1', data: { stock: 4 }, expect: { stock: 5 } },
   * ]);
   * console.log(results.map(({ collection, id }) => `${collection} ${id}`));
   * ```
   */
  batch(operations: readonly BatchOperation[], options: CallOptions & { dryRun: true }): Promise<BatchPreview>;
  batch(
    operations: readonly BatchOperation[],
    options?: CallOptions & { dryRun?: false },
  ): Promise<BatchResult[]>;
  batch(
    operations: readonly BatchOperation[],
    options: CallOptions & { dryRun?: boolean } = {},
  ): Promise<BatchResult[] | BatchPreview> {
    return sendBatch(this.#http, operations, options);
  }
}

/**
 * Makes a client of the server at `options.url`.
 *
 * @example
 * ```ts
 * import { createPlinth } from '@plinth/sdk';
 *
 * interface Collections {
 *   products: { id: string; name: string; price: number };
 * }
 *
 * const plinth = createPlinth<Collections>({ url: 'http://localhost:8056' });
 * await plinth.auth.login({ email: 'user@example.com', password: 'password123' });
 * const { data } = await plinth.items('products').find({ filter: { price: { gte: 10 } } });
 * console.log(data[0]?.name);
 * ```
 */
export function createPlinth<Collections extends { [K in keyof Collections]: object } = AnyCollections>(
  options: PlinthOptions & { numbers: 'exact' },
): Plinth<Collections, 'exact'>;
export function createPlinth<Collections extends { [K in keyof Collections]: object } = AnyCollections>(
  options: PlinthOptions & { numbers?: 'number' | undefined },
): Plinth<Collections>;
export function createPlinth<Collections extends { [K in keyof Collections]: object } = AnyCollections>(
  options: PlinthOptions,
): Plinth<Collections, NumberForm>;
export function createPlinth<Collections extends { [K in keyof Collections]: object } = AnyCollections>(
  options: PlinthOptions,
): Plinth<Collections, NumberForm> {
  return new Plinth<Collections, NumberForm>(options);
}
