import { segment, type Transport } from './transport.js';
import type { Answer, ApiToken, ApiTokenMade } from './generated/wire.js';
import type { CallOptions } from './types/common.js';
import type { ApiTokenInput, ApiTokenListOptions } from './types/tokens.js';

/**
 * API tokens: what signs in programs. One acts as the person it belongs to, within its scopes, and
 * never keeps accounts: a password, a session or another token takes a person who is signed in.
 */
export class ApiTokens {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * The API tokens of the signed-in user, the newest first; those of `userId` for administrators.
   *
   * @example
   * ```ts
   * const tokens = await plinth.tokens.list();
   * console.log(tokens.map((token) => `${token.prefix ?? ''}… ${token.name}`));
   * ```
   */
  async list({ userId, ...options }: ApiTokenListOptions = {}): Promise<ApiToken[]> {
    return (await this.#http.get<Answer<ApiToken[]>>('/auth/tokens', { ...options, params: { userId } })).data;
  }

  /**
   * Makes an API token. Its `token` is told this once; a client is given it as `token`. It ends in a
   * year unless `expiresAt` says otherwise (`null` for never).
   *
   * @example
   * ```ts
   * import { createPlinth } from '@plinth/sdk';
   *
   * const { token } = await plinth.tokens.create({ name: 'Nightly report', scopes: ['read:products'] });
   * const report = createPlinth({ url: 'http://localhost:8056', token });
   * console.log((await report.items('products').find()).data.length);
   * ```
   */
  async create(input: ApiTokenInput, options?: CallOptions): Promise<ApiTokenMade> {
    const { name, scopes, expiresAt, userId, roleId, tenantId } = input;
    const until = expiresAt instanceof Date ? expiresAt.toISOString() : expiresAt;
    const body = { name, scopes, expiresAt: until, userId, role_Id: roleId, tenant_Id: tenantId };
    return (await this.#http.post<Answer<ApiTokenMade>>('/auth/tokens', body, options)).data;
  }

  /**
   * Ends an API token at once; an administrator anybody's. An unknown key rejects with 403
   * `ITEM_NOT_FOUND`.
   *
   * @example
   * ```ts
   * const unused = (await plinth.tokens.list()).filter((token) => token.lastUsedAt === null);
   * for (const { id } of unused) await plinth.tokens.revoke(id);
   * ```
   */
  async revoke(id: string, options?: CallOptions): Promise<void> {
    await this.#http.delete(`/auth/tokens/${segment(id, 'The id of an API token')}`, undefined, options);
  }
}
