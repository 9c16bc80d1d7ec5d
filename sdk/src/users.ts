import { Items } from './records.js';
import { segment, type Transport } from './transport.js';
import type { Role, User, UserInput } from './types/auth.js';
import type { CallOptions, ItemId } from './types/common.js';

/** The users of the project: the items of `baasix_User`. */
export class Users extends Items<User, UserInput> {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    super(http, 'baasix_User');
    this.#http = http;
  }

  /**
   * The user with this e-mail address, or `null`.
   *
   * @example
   * ```ts
   * const user = await plinth.users.findByEmail('user@example.com');
   * console.log(user?.id);
   * ```
   */
  findByEmail(email: string, options?: CallOptions): Promise<User | null> {
    return this.query().filter({ email: { eq: email } }).first(options);
  }

  /**
   * Keeps a user from signing in and ends the sessions.
   *
   * @example
   * ```ts
   * await plinth.users.suspend('user-uuid');
   * ```
   */
  async suspend(id: ItemId, options?: CallOptions): Promise<void> {
    await this.update(id, { status: 'suspended' }, options);
  }

  /**
   * Lets a user sign in again.
   *
   * @example
   * ```ts
   * await plinth.users.activate('user-uuid');
   * ```
   */
  async activate(id: ItemId, options?: CallOptions): Promise<void> {
    await this.update(id, { status: 'active' }, options);
  }

  /**
   * Takes the second factor of a user away who lost it (administrators).
   *
   * @example
   * ```ts
   * await plinth.users.resetTotp('user-uuid');
   * ```
   */
  async resetTotp(id: ItemId, options?: CallOptions): Promise<void> {
    await this.#http.delete(`/auth/admin/totp/${segment(id, 'The id of a user')}`, undefined, options);
  }

  /**
   * Gives a user a new password (administrators).
   *
   * @example
   * ```ts
   * await plinth.users.changePassword('user-uuid', 'newPassword');
   * ```
   */
  async changePassword(id: ItemId, password: string, options?: CallOptions): Promise<void> {
    await this.#http.post('/auth/admin/change-password', { userId: id, password }, options);
  }
}

/** The roles of the project: the items of `baasix_Role`. */
export class Roles extends Items<Role> {
  /** @internal */
  constructor(http: Transport) {
    super(http, 'baasix_Role');
  }

  /**
   * The role of this name, or `null`.
   *
   * @example
   * ```ts
   * const editor = await plinth.roles.findByName('Editor');
   * console.log(editor?.id);
   * ```
   */
  findByName(name: string, options?: CallOptions): Promise<Role | null> {
    return this.query().filter({ name: { eq: name } }).first(options);
  }
}
