import { AuthByMail } from './auth-mail.js';
import { begin, type Sent } from './begin.js';
import type { ProviderList, SignInProvider, SocialBody } from './generated/wire.js';
import type { Transport } from './transport.js';
import type { AuthResponse, IdTokenEntry, OAuthOptions, ProviderSession, User } from './types/auth.js';
import type { CallOptions } from './types/common.js';

/** Signing in at another provider. */
export class AuthByProvider extends AuthByMail {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    super(http);
    this.#http = http;
  }

  /**
   * The providers that the project has set up, for the buttons of a page that signs in.
   *
   * @example
   * ```ts
   * for (const { id, name } of await plinth.auth.providers()) console.log(`Continue with ${name}`, id);
   * ```
   */
  async providers(options?: CallOptions): Promise<SignInProvider[]> {
    const { data } = await this.#http.get<ProviderList>('/auth/providers', { ...options, skipAuth: true });
    return data;
  }

  /**
   * The address that leads a browser to a provider and back to a page of the project, with `token`
   * in its query, or with `error` (a code) and `error_description`. An account with a second factor
   * comes back with `requiresTotp` and the `challenge` for {@link Auth.verifyTotp} instead.
   *
   * @example
   * ```ts
   * const url = plinth.auth.getOAuthUrl({
   *   provider: 'google',
   *   redirectUrl: 'https://myapp.com/auth/callback',
   * });
   * window.location.href = url;
   * ```
   */
  getOAuthUrl({ provider, redirectUrl, scopes, state, inviteToken }: OAuthOptions): string {
    const asked = new URLSearchParams({ redirect_url: redirectUrl });
    if (scopes !== undefined && scopes.length > 0) asked.set('scopes', scopes.join(','));
    if (state !== undefined) asked.set('state', state);
    if (inviteToken !== undefined) asked.set('inviteToken', inviteToken);
    return `${this.#http.origin}/auth/signin/${encodeURIComponent(provider)}?${asked.toString()}`;
  }

  /**
   * Signs in with the token that a page was given by {@link getOAuthUrl}. In cookie mode it is
   * exchanged for the cookies of the session.
   *
   * @example
   * ```ts
   * const token = new URLSearchParams(location.search).get('token');
   * if (token !== null) {
   *   const { user } = await plinth.auth.handleOAuthCallback(token);
   *   console.log('Logged in as:', user.email);
   * }
   * ```
   */
  async handleOAuthCallback(token: string, options?: CallOptions): Promise<ProviderSession> {
    const { session } = this.#http;
    const headers = { ...options?.headers, Authorization: `Bearer ${token}` };
    const call = { ...options, headers, skipAuth: true };
    const { user } = await this.#http.get<{ user: User }>('/auth/me', call);
    if (session.mode === 'cookie') await this.#http.post('/auth/refresh', { authMode: 'cookie' }, call);
    await session.adopt({ token, user });
    this.#http.emit('SIGNED_IN', user);
    return { token, user };
  }

  /**
   * Signs in with an ID token that an app got from its provider by itself, as mobile apps do.
   *
   * @example
   * ```ts
   * const { user } = await plinth.auth.signInWithIdToken({ provider: 'apple', idToken: 'of-the-device', nonce: 'asked-with' });
   * console.log(user.email);
   * ```
   */
  signInWithIdToken(entry: IdTokenEntry, options?: CallOptions): Promise<AuthResponse> {
    const { provider, idToken, nonce, authMode, authType } = entry;
    const told = nonce === undefined ? { token: idToken } : { token: idToken, nonce };
    const body: Sent<SocialBody> = {
      provider,
      idToken: told,
      authType,
      ...(authMode === undefined ? {} : { authMode }),
      callbackURL: undefined,
      scopes: undefined,
      inviteToken: undefined,
    };
    return begin(this.#http, '/auth/social/signin', body, options);
  }
}
