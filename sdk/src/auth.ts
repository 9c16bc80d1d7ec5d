import { AuthByProvider } from './auth-provider.js';
import { begin, goOn, type Sent } from './begin.js';
import { PlinthError, SecondFactorError } from './error.js';
import type { Transport } from './transport.js';
import type {
  OpenSession,
  PasswordBody,
  RecoveryCodes,
  SecondFactorBegun,
  SecondFactorState,
  SessionsEnded,
  SessionValid,
  SetupBody,
  SignInBody,
  SwitchBody,
  TenantChoice,
  TenantChoices,
} from './generated/wire.js';
import type {
  AuthResponse,
  AuthState,
  AuthTokens,
  ChallengeProof,
  LoginCredentials,
  RegisterData,
  SetupData,
  SwitchTenantOptions,
  TotpConfirmation,
  TotpProof,
  TotpSetupProof,
  User,
} from './types/auth.js';
import type { CallOptions } from './types/common.js';

/** Signing in and out, and who is signed in. */
export class Auth extends AuthByProvider {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    super(http);
    this.#http = http;
  }

  /**
   * Signs in and keeps the session. A wrong address or password rejects with 400
   * `INVALID_CREDENTIALS`; an account with a second factor with a {@link SecondFactorError}.
   *
   * @example
   * ```ts
   * const { user, token } = await plinth.auth.login({
   *   email: 'user@example.com',
   *   password: 'password123',
   * });
   * console.log(user.email, token.length);
   * ```
   */
  login(credentials: LoginCredentials, options?: CallOptions): Promise<AuthResponse> {
    const { tenantId, ...rest } = credentials;
    const body: Sent<SignInBody> = { ...rest, tenant_Id: tenantId };
    return begin(this.#http, '/auth/login', body, options);
  }

  /**
   * Creates an account and, unless its e-mail address must be verified first, signs it in.
   *
   * @example
   * ```ts
   * const { user, requiresEmailVerification } = await plinth.auth.register({
   *   email: 'newuser@example.com',
   *   password: 'securepassword',
   *   firstName: 'John',
   *   lastName: 'Doe',
   * });
   * console.log(user.id, requiresEmailVerification ?? false);
   * ```
   */
  register(data: RegisterData, options?: CallOptions): Promise<AuthResponse> {
    return begin(this.#http, '/auth/register', data, options);
  }

  /**
   * Makes the first owner of a new project and signs in. The token stands in the one-time link the
   * server prints when it starts without an owner.
   *
   * @example
   * ```ts
   * await plinth.auth.setup({
   *   token: 'from-the-printed-link',
   *   email: 'owner@example.com',
   *   password: 'a long password',
   *   firstName: 'Ada',
   * });
   * ```
   */
  setup(data: SetupData, options?: CallOptions): Promise<AuthResponse> {
    const body: Sent<SetupBody> = data;
    return begin(this.#http, '/auth/setup', body, options);
  }

  /**
   * Gives the signed-in user a new password. All other sessions of the user end. A wrong current
   * password rejects with 400 `CURRENT_PASSWORD_INVALID`.
   *
   * @example
   * ```ts
   * await plinth.auth.changePassword('currentPassword', 'newPassword');
   * ```
   */
  async changePassword(currentPassword: string, newPassword: string, options?: CallOptions): Promise<void> {
    const body: PasswordBody = { currentPassword, newPassword };
    await this.#http.post('/auth/password/change', body, options);
  }

  /**
   * Where the signed-in user is signed in, the session that was used last first.
   *
   * @example
   * ```ts
   * const sessions = await plinth.auth.sessions();
   * console.log(sessions.find((session) => session.current)?.userAgent);
   * ```
   */
  async sessions(options?: CallOptions): Promise<OpenSession[]> {
    const { data } = await this.#http.get<{ data: OpenSession[] }>('/auth/sessions', options);
    return data;
  }

  /**
   * Ends one of the signed-in user's sessions; its tokens are dead at once. A key that is not
   * among them rejects with 403 `ITEM_NOT_FOUND`. {@link logout} ends the session of this client.
   *
   * @example
   * ```ts
   * const stale = (await plinth.auth.sessions()).filter((session) => !session.current);
   * for (const session of stale) await plinth.auth.endSession(session.id);
   * ```
   */
  async endSession(id: string, options?: CallOptions): Promise<void> {
    await this.#http.delete(`/auth/sessions/${encodeURIComponent(id)}`, undefined, options);
  }

  /**
   * Ends every session of the signed-in user but the one of this client, and says how many.
   *
   * @example
   * ```ts
   * console.log(await plinth.auth.endOtherSessions());
   * ```
   */
  async endOtherSessions(options?: CallOptions): Promise<number> {
    const { ended } = await this.#http.delete<SessionsEnded>('/auth/sessions', undefined, options);
    return ended;
  }

  /**
   * Goes on with a sign-in that rejected with a {@link SecondFactorError}. A wrong or used code rejects
   * with 400 `TOTP_INVALID`, a challenge past its time with 400 `TOKEN_INVALID`.
   *
   * @example
   * ```ts
   * const { user } = await plinth.auth.verifyTotp({ challenge: 'of-the-error', code: '123456' });
   * console.log(user.email);
   * ```
   */
  verifyTotp(proof: ChallengeProof, options?: CallOptions): Promise<AuthResponse> {
    return begin(this.#http, '/auth/totp/verify', proof, options);
  }

  /**
   * How it stands with one's second factor.
   *
   * @example
   * ```ts
   * const { enabled, recoveryCodes } = await plinth.auth.totpState();
   * console.log(enabled ? `on, ${recoveryCodes} recovery codes left` : 'off');
   * ```
   */
  async totpState(options?: CallOptions): Promise<SecondFactorState> {
    return (await this.#http.get<{ data: SecondFactorState }>('/auth/totp', options)).data;
  }

  /**
   * Begins to set a second factor up: what an authenticator app takes it from, told this once. With the
   * password of who is signed in, or with the `challenge` of a sign-in that demands one.
   *
   * @example
   * ```ts
   * const { secret, qr } = await plinth.auth.setupTotp({ password: 'password123' });
   * console.log(secret, `<svg viewBox="-4 -4 ${qr.size + 8} ${qr.size + 8}"><path d="${qr.path}"/></svg>`);
   * ```
   */
  async setupTotp(proof: TotpSetupProof = {}, options?: CallOptions): Promise<SecondFactorBegun> {
    const call = proof.challenge === undefined ? options : { ...options, skipAuth: true };
    return (await this.#http.post<{ data: SecondFactorBegun }>('/auth/totp/setup', proof, call)).data;
  }

  /**
   * Ends the set-up with a first code: from then on every sign-in asks for one. Answers the recovery
   * codes, each of which lets one in once without the app. With a `challenge` it signs in, too.
   *
   * @example
   * ```ts
   * const codes = await plinth.auth.confirmTotp({ code: '123456' });
   * console.log(codes.join('\n'));
   * ```
   */
  async confirmTotp(proof: TotpConfirmation, options?: CallOptions): Promise<string[]> {
    const path = '/auth/totp/confirm';
    if (proof.challenge === undefined) {
      return (await this.#http.post<{ data: RecoveryCodes }>(path, proof, options)).data.recoveryCodes;
    }
    const reply: AuthResponse & Partial<RecoveryCodes> = await begin(this.#http, path, proof, options);
    return reply.recoveryCodes ?? [];
  }

  /**
   * Takes one's second factor away, with the password and a code of it. Where the role demands one,
   * every session of the account ends, this one too.
   *
   * @example
   * ```ts
   * await plinth.auth.disableTotp({ password: 'password123', code: '123456' });
   * ```
   */
  async disableTotp(proof: TotpProof, options?: CallOptions): Promise<void> {
    await this.#http.post('/auth/totp/disable', proof, options);
  }

  /**
   * New recovery codes instead of those that are left.
   *
   * @example
   * ```ts
   * console.log((await plinth.auth.renewRecoveryCodes('123456')).length);
   * ```
   */
  async renewRecoveryCodes(code: string, options?: CallOptions): Promise<string[]> {
    const path = '/auth/totp/recovery-codes';
    return (await this.#http.post<{ data: RecoveryCodes }>(path, { code }, options)).data.recoveryCodes;
  }

  /**
   * Signs out. With a bearer token the session is forgotten here even when the server cannot be
   * reached; in cookie mode only the server can end it, so that the call then rejects. A `token`
   * given in the options stays in use.
   *
   * @example
   * ```ts
   * await plinth.auth.logout();
   * ```
   */
  async logout(options?: CallOptions): Promise<void> {
    const { session } = this.#http;
    const { token, epoch } = await session.credential();
    // First, so that a refresh that is on its way cannot bring the session back.
    const wasSignedIn = await session.end(epoch);
    const headers: Record<string, string> = { ...options?.headers };
    if (token !== undefined) headers['Authorization'] = `Bearer ${token}`;
    try {
      await this.#http.get('/auth/logout', { ...options, skipAuth: true, headers });
    } catch (error) {
      const answered = error instanceof PlinthError && !error.isRetryable;
      if (!answered && session.mode === 'cookie') throw error;
    } finally {
      if (wasSignedIn) this.#http.emit('SIGNED_OUT', null);
    }
  }

  /**
   * The signed-in user as the server knows it now, or `null` when nobody is.
   *
   * @example
   * ```ts
   * const user = await plinth.auth.getUser();
   * console.log(user?.email ?? 'nobody');
   * ```
   */
  async getUser(options?: CallOptions): Promise<User | null> {
    const { session } = this.#http;
    const { epoch } = await session.credential();
    try {
      const { user } = await this.#http.get<{ user: User }>('/auth/me', options);
      if (await session.remember(user, epoch)) this.#http.emit('USER_UPDATED', user);
      return user;
    } catch (error) {
      if (!(error instanceof PlinthError) || error.status !== 401) throw error;
      if (!session.isStatic) await this.#http.signOut(epoch);
      return null;
    }
  }

  /**
   * The same as {@link getUser}.
   *
   * @example
   * ```ts
   * console.log(await plinth.auth.me());
   * ```
   */
  me(options?: CallOptions): Promise<User | null> {
    return this.getUser(options);
  }

  /**
   * The user this client last heard of; no request is made.
   *
   * @example
   * ```ts
   * console.log((await plinth.auth.getCachedUser())?.firstName);
   * ```
   */
  getCachedUser(): Promise<User | null> {
    return this.#http.session.user();
  }

  /**
   * Whether there is a token, or in cookie mode a known user; no request is made.
   *
   * @example
   * ```ts
   * if (await plinth.auth.isAuthenticated()) console.log('signed in');
   * ```
   */
  async isAuthenticated(): Promise<boolean> {
    return (await this.getState()).isAuthenticated;
  }

  /**
   * The access token in use; `null` without one, and always in cookie mode.
   *
   * @example
   * ```ts
   * const token = await plinth.auth.getToken();
   * console.log(token === null ? 'anonymous' : 'has a token');
   * ```
   */
  async getToken(): Promise<string | null> {
    return (await this.#http.session.token()) ?? null;
  }

  /**
   * Uses this token from now on, for instance that of a service account. It is kept in the storage
   * and cannot be refreshed.
   *
   * @example
   * ```ts
   * await plinth.auth.setToken('your-api-token');
   * console.log(await plinth.auth.getUser());
   * ```
   */
  async setToken(token: string): Promise<void> {
    if (this.#http.session.mode === 'cookie') {
      throw new TypeError('auth.setToken: this client has authMode "cookie", which sends no token; use "jwt"');
    }
    await this.#http.session.adopt({ token });
  }

  /**
   * Renews the access token now. Calls do this by themselves, unless `autoRefresh` is off.
   *
   * @example
   * ```ts
   * const { token, expiresIn } = await plinth.auth.refreshToken();
   * console.log(token.length, expiresIn);
   * ```
   */
  refreshToken(): Promise<AuthTokens> {
    return this.#http.refresh();
  }

  /**
   * The state a former run left in the storage; call it when the program starts.
   *
   * @example
   * ```ts
   * const state = await plinth.auth.initialize();
   * console.log(state.isAuthenticated ? state.user?.email : 'please sign in');
   * ```
   */
  initialize(): Promise<AuthState> {
    return this.getState();
  }

  /**
   * Who is signed in, as far as this client knows; no request is made.
   *
   * @example
   * ```ts
   * const { user, isAuthenticated } = await plinth.auth.getState();
   * console.log(user, isAuthenticated);
   * ```
   */
  async getState(): Promise<AuthState> {
    const { session } = this.#http;
    const user = await session.user();
    const isAuthenticated = session.mode === 'cookie' ? user !== null : (await session.token()) !== undefined;
    return { user, isAuthenticated };
  }

  /**
   * Asks the server whether the session is still good. Rejects when the server cannot tell.
   *
   * @example
   * ```ts
   * console.log(await plinth.auth.checkSession());
   * ```
   */
  async checkSession(options?: CallOptions): Promise<boolean> {
    try {
      return (await this.#http.get<SessionValid>('/auth/check', options)).valid;
    } catch (error) {
      if (error instanceof PlinthError && error.status === 401) return false;
      throw error;
    }
  }

  /**
   * The tenants that the signed-in user may work in, by name, each with the role there; for an
   * administrator all of them. Rejects with 400 `MULTI_TENANT_DISABLED` where there are none.
   *
   * @example
   * ```ts
   * const tenants = await plinth.auth.getTenants();
   * console.log(tenants.map((tenant) => `${tenant.name}: ${tenant.role.name}`));
   * ```
   */
  async getTenants(options?: CallOptions): Promise<TenantChoice[]> {
    return (await this.#http.get<TenantChoices>('/auth/tenants', options)).tenants;
  }

  /**
   * Goes on in another tenant, in a session of its own; the one of before stays open on the server.
   * A tenant in which the user has no role rejects with 403 `TENANT_ACCESS_DENIED`, one in which the
   * role demands a second factor that is not set up with a {@link SecondFactorError}.
   *
   * @example
   * ```ts
   * const { user, token, tenant } = await plinth.auth.switchTenant('tenant-uuid');
   * console.log(user.email, token.length, tenant?.name);
   * ```
   */
  async switchTenant(tenantId: string, options: SwitchTenantOptions = {}): Promise<AuthResponse> {
    const { authMode, authType, ...call } = options;
    const body: Sent<SwitchBody> = { tenant_Id: tenantId, authType, authMode };
    return goOn(this.#http, '/auth/switch-tenant', body, call);
  }

  /**
   * Sends this tenant with every request from now on.
   *
   * @example
   * ```ts
   * await plinth.auth.setTenant('tenant-uuid');
   * ```
   */
  async setTenant(tenantId: string): Promise<void> {
    await this.#http.session.setTenant(tenantId);
    this.#http.emit('TENANT_SWITCHED', await this.getCachedUser());
  }

  /**
   * The tenant that is sent with every request.
   *
   * @example
   * ```ts
   * console.log(await plinth.auth.getTenant());
   * ```
   */
  async getTenant(): Promise<string | null> {
    return (await this.#http.session.tenant()) ?? null;
  }

  /**
   * Sends no tenant any more.
   *
   * @example
   * ```ts
   * await plinth.auth.clearTenant();
   * ```
   */
  async clearTenant(): Promise<void> {
    await this.#http.session.setTenant(undefined);
    this.#http.emit('TENANT_SWITCHED', await this.getCachedUser());
  }
}
