import type { Sent } from './begin.js';
import { segment, type Transport } from './transport.js';
import type { Roles } from './users.js';
import type { Answer, ExplainBody, Explanation, ImpactBody, PermissionImpact, PersonaBody, PersonaOpened } from './generated/wire.js';
import type {
  ExplainQuestion,
  ImpactQuestion,
  Permission,
  PermissionAction,
  PermissionExport,
  PermissionGrant,
  PermissionImportResult,
  PermissionInput,
  Role,
  ViewAs,
} from './types/auth.js';
import type { CallOptions } from './types/common.js';
import type { ImportOptions } from './types/files.js';
import type { QueryParams, ReadResult } from './types/query.js';

const ACTIONS = ['create', 'read', 'update', 'delete'] as const satisfies readonly PermissionAction[];

/** What each role may do with each collection. */
export class Permissions {
  readonly #http: Transport;
  readonly #roles: Roles;

  /** @internal */
  constructor(http: Transport, roles: Roles) {
    this.#http = http;
    this.#roles = roles;
  }

  /**
   * A page of permissions.
   *
   * @example
   * ```ts
   * const { data } = await plinth.permissions.find({ filter: { action: { eq: 'delete' } } });
   * console.log(data.map((permission) => permission.collection));
   * ```
   */
  find(
    params?: Pick<QueryParams<Permission>, 'filter' | 'limit' | 'page' | 'sort' | 'fields'>,
    options?: CallOptions,
  ): Promise<ReadResult<Permission>> {
    return this.#http.get('/permissions', { ...options, params });
  }

  /**
   * Why somebody may or may not read, change or remove a record (administrators): the verdict, the
   * permission that governs, and of every condition whether it holds. `userId` or `roleId` say through
   * whose eyes; with neither it is whoever is not signed in.
   *
   * @example
   * ```ts
   * const { allowed, because, clauses } = await plinth.permissions.explain({
   *   userId: 'user-uuid',
   *   collection: 'products',
   *   id: 'product-uuid',
   * });
   * console.log(allowed, because, clauses.filter(({ holds }) => holds !== true));
   * ```
   */
  async explain({ userId, roleId, tenantId, ...asked }: ExplainQuestion, options?: CallOptions): Promise<Explanation> {
    const body: Sent<ExplainBody> = { ...asked, action: asked.action ?? 'read', user_Id: userId, role_Id: roleId, tenant_Id: tenantId };
    return (await this.#http.post<Answer<Explanation>>('/permissions/explain', body, options)).data;
  }

  /**
   * What changes of permissions would do, before they are made (administrators): how many records a
   * role reaches before and after, a few of those gained and lost, and the fields. Refused as a
   * permission is that is saved.
   *
   * @example
   * ```ts
   * const [impact] = await plinth.permissions.impact({
   *   changes: [{ roleId: 'role-uuid', collection: 'orders', action: 'read', permission: { fields: ['*'] } }],
   * });
   * console.log(impact?.records?.before, impact?.records?.after, impact?.fieldsGained);
   * ```
   */
  async impact({ changes, userId, tenantId }: ImpactQuestion, options?: CallOptions): Promise<PermissionImpact[]> {
    const body: Sent<ImpactBody> = {
      changes: changes.map(({ roleId, permission, ...change }) => ({ ...change, role_Id: roleId, permission: permission && { ...permission } })),
      user_Id: userId,
      tenant_Id: tenantId,
    };
    return (await this.#http.post<Answer<PermissionImpact[]>>('/permissions/impact', body, options)).data;
  }

  /**
   * Opens a view of the project through the eyes of somebody else, for an hour (administrators). What
   * is asked with its token in the header `X-Plinth-Persona`, beside what you are signed in with, is
   * answered as that person would be answered, and nothing is written.
   *
   * @example
   * ```ts
   * const { token, role } = await plinth.permissions.viewAs({ userId: 'user-uuid' });
   * const seen = await plinth.items('orders').find({}, { headers: { 'X-Plinth-Persona': token } });
   * console.log(`${role.name} sees ${seen.data.length}`);
   * await plinth.permissions.stopViewing(token);
   * ```
   */
  async viewAs({ userId, roleId, tenantId }: ViewAs, options?: CallOptions): Promise<PersonaOpened> {
    const body: Sent<PersonaBody> = { user_Id: userId, role_Id: roleId, tenant_Id: tenantId };
    return (await this.#http.post<Answer<PersonaOpened>>('/permissions/view-as', body, options)).data;
  }

  /**
   * Ends a view through the eyes of somebody else before its hour is over.
   *
   * @example
   * ```ts
   * await plinth.permissions.stopViewing('the token of the view');
   * ```
   */
  async stopViewing(token: string, options?: CallOptions): Promise<void> {
    const headers = { ...options?.headers, 'X-Plinth-Persona': token };
    await this.#http.delete('/permissions/view-as', undefined, { ...options, headers });
  }

  /**
   * All permissions of a role.
   *
   * @example
   * ```ts
   * const { data } = await plinth.permissions.findByRole('role-uuid');
   * console.log(data.length);
   * ```
   */
  findByRole(roleId: string, options?: CallOptions): Promise<ReadResult<Permission>> {
    return this.find({ filter: { role_Id: { eq: roleId } }, limit: -1 }, options);
  }

  /**
   * All permissions on a collection.
   *
   * @example
   * ```ts
   * const { data } = await plinth.permissions.findByCollection('products');
   * console.log(data.length);
   * ```
   */
  findByCollection(collection: string, options?: CallOptions): Promise<ReadResult<Permission>> {
    return this.find({ filter: { collection: { eq: collection } }, limit: -1 }, options);
  }

  /**
   * One permission by its key.
   *
   * @example
   * ```ts
   * console.log((await plinth.permissions.findOne('permission-uuid')).fields);
   * ```
   */
  async findOne(id: string, options?: CallOptions): Promise<Permission> {
    return (await this.#http.get<Answer<Permission>>(this.#one(id), options)).data;
  }

  /**
   * Grants an action. Unknown fields, relations and operators in it are refused.
   *
   * @example
   * ```ts
   * const permission = await plinth.permissions.create({
   *   role_Id: 'editor-role-uuid',
   *   collection: 'posts',
   *   action: 'update',
   *   fields: ['title', 'content', 'status'],
   *   conditions: { author_Id: { eq: '$CURRENT_USER' } },
   * });
   * console.log(permission.id);
   * ```
   */
  async create(data: PermissionInput, options?: CallOptions): Promise<Permission> {
    return (await this.#http.post<Answer<Permission>>('/permissions', data, options)).data;
  }

  /**
   * Changes a permission.
   *
   * @example
   * ```ts
   * await plinth.permissions.update('permission-uuid', { fields: ['*'], conditions: null });
   * ```
   */
  async update(id: string, data: Partial<PermissionInput>, options?: CallOptions): Promise<Permission> {
    return (await this.#http.patch<Answer<Permission>>(this.#one(id), data, options)).data;
  }

  /**
   * Takes a permission away.
   *
   * @example
   * ```ts
   * await plinth.permissions.delete('permission-uuid');
   * ```
   */
  async delete(id: string, options?: CallOptions): Promise<void> {
    await this.#http.delete(this.#one(id), undefined, options);
  }

  /**
   * Grants a role up to all four actions on a collection, one request each in the order create,
   * read, update, delete. An action that is not named is granted for all fields; `false` leaves it
   * out. When a request fails, the earlier ones stay.
   *
   * @example
   * ```ts
   * await plinth.permissions.createCrudPermissions('role-uuid', 'products', {
   *   create: { fields: ['name', 'price'] },
   *   read: { fields: ['*'] },
   *   update: { fields: ['name', 'price'] },
   *   delete: false,
   * });
   * ```
   */
  async createCrudPermissions(
    roleId: string,
    collection: string,
    grants: { readonly [A in PermissionAction]?: PermissionGrant | false } = {},
    options?: CallOptions,
  ): Promise<Permission[]> {
    const created: Permission[] = [];
    for (const action of ACTIONS) {
      const grant = grants[action] ?? {};
      if (grant === false) continue;
      const data = { role_Id: roleId, collection, action, fields: ['*'], ...grant };
      created.push(await this.create(data, options));
    }
    return created;
  }

  /**
   * Makes the server read its permissions again (administrators).
   *
   * @example
   * ```ts
   * await plinth.permissions.reloadCache();
   * ```
   */
  async reloadCache(options?: CallOptions): Promise<void> {
    await this.#http.post('/permissions/reload', undefined, options);
  }

  /**
   * All permissions, to be kept or taken to another project (administrators).
   *
   * @example
   * ```ts
   * const exported = await plinth.permissions.export();
   * console.log(exported.permissions.length);
   * ```
   */
  async export(options?: CallOptions): Promise<PermissionExport> {
    return (await this.#http.post<Answer<PermissionExport>>('/permissions-export', {}, options)).data;
  }

  /**
   * Adds exported permissions (administrators). What exists already is skipped, or replaced with
   * `overwrite`.
   *
   * @example
   * ```ts
   * const exported = await plinth.permissions.export();
   * const result = await plinth.permissions.import(exported, { overwrite: true });
   * console.log(`Imported: ${result.imported}`);
   * ```
   */
  async import(
    data: Pick<PermissionExport, 'permissions'>,
    { overwrite, ...options }: ImportOptions = {},
  ): Promise<PermissionImportResult> {
    const body = { permissions: data.permissions, overwrite };
    return (await this.#http.post<Answer<PermissionImportResult>>('/permissions-import', body, options)).data;
  }

  /**
   * The roles permissions can be given to.
   *
   * @example
   * ```ts
   * console.log((await plinth.permissions.getRoles()).data.map((role) => role.name));
   * ```
   */
  getRoles(options?: CallOptions): Promise<ReadResult<Role>> {
    return this.#roles.find({ limit: -1 }, options);
  }

  #one(id: string): string {
    return `/permissions/${segment(id, 'The id of a permission')}`;
  }
}
