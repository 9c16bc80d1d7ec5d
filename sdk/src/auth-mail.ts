import { begin, goOn, type Sent } from './begin.js';
import type {
  AcceptBody,
  AddressConfirmed,
  InviteBody,
  InviteSent,
  MagicLinkBody,
  MagicVerifyBody,
  MailAskedBody,
  ResetBody,
  SentInvite,
} from './generated/wire.js';
import type { Transport } from './transport.js';
import type {
  AuthResponse,
  Invitation,
  InviteInfo,
  MagicLinkOptions,
  MagicLinkRequest,
  MailRequest,
  RegisterData,
  SwitchTenantOptions,
} from './types/auth.js';
import type { CallOptions } from './types/common.js';

/** An invitation as it is sent. */
export function inviteBody({ email, roleId, tenantId, redirectUrl }: Invitation): Sent<InviteBody> {
  return { email, role_Id: roleId, tenant_Id: tenantId, link: redirectUrl };
}

/** Ways that go through a mailbox: links and codes, new passwords, confirmed addresses, invitations. */
export class AuthByMail {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * Sends a mail with a link (or with `mode: 'code'` a code) that signs in. Whether there is such an
   * account is not told. `redirectUrl` is the page that the link leads to, with `token` in its query:
   * one that belongs to the project, or the `app_url` of its settings where none is given.
   *
   * @example
   * ```ts
   * await plinth.auth.sendMagicLink({
   *   email: 'user@example.com',
   *   redirectUrl: 'https://myapp.com/auth/verify',
   * });
   * ```
   */
  async sendMagicLink(asked: MagicLinkRequest, options?: CallOptions): Promise<void> {
    const { email, redirectUrl, mode } = asked;
    const body: Sent<MagicLinkBody> = { email, link: redirectUrl, mode: mode ?? 'link' };
    await this.#http.post('/auth/magiclink', body, { ...options, skipAuth: true });
  }

  /**
   * Signs in with what a mail brought: the token of its link, or its code. With the address that a
   * code was sent to, wrong guesses count against that account alone. Each is good once; what is
   * unknown, used or past its time rejects with 400 `TOKEN_INVALID`.
   *
   * @example
   * ```ts
   * const token = new URLSearchParams(location.search).get('token') ?? '';
   * const { user } = await plinth.auth.verifyMagicLink(token);
   * console.log('signed in as', user.email);
   * ```
   */
  verifyMagicLink(token: string, options: MagicLinkOptions = {}): Promise<AuthResponse> {
    const { email, authType, authMode, ...call } = options;
    const body: Sent<MagicVerifyBody> = { token, email, authType, ...(authMode === undefined ? {} : { authMode }) };
    return begin(this.#http, '/auth/magiclink/verify', body, call);
  }

  /**
   * Sends a mail with a link that sets a new password. Whether there is such an account is not told.
   *
   * @example
   * ```ts
   * await plinth.auth.forgotPassword({
   *   email: 'user@example.com',
   *   redirectUrl: 'https://myapp.com/reset-password',
   * });
   * ```
   */
  async forgotPassword(asked: MailRequest, options?: CallOptions): Promise<void> {
    const body: Sent<MailAskedBody> = { email: asked.email, link: asked.redirectUrl };
    await this.#http.post('/auth/password/reset', body, { ...options, skipAuth: true });
  }

  /**
   * Sets a new password with the token of a mail and ends every session of the account. A password
   * that may not be rejects with 400 `PASSWORD_POLICY` and leaves the token good.
   *
   * @example
   * ```ts
   * const token = new URLSearchParams(location.search).get('token') ?? '';
   * await plinth.auth.resetPassword(token, 'newSecurePassword');
   * ```
   */
  async resetPassword(token: string, password: string, options?: CallOptions): Promise<void> {
    const body: ResetBody = { password };
    const path = `/auth/password/reset/${encodeURIComponent(token)}`;
    await this.#http.post(path, body, { ...options, skipAuth: true });
  }

  /**
   * Sends a mail with a link that confirms the address of the signed-in user. Nothing is sent where
   * it is confirmed already.
   *
   * @example
   * ```ts
   * await plinth.auth.requestEmailVerification('https://myapp.com/verify-email');
   * ```
   */
  async requestEmailVerification(redirectUrl?: string, options?: CallOptions): Promise<void> {
    const body: Sent<MailAskedBody> = { email: undefined, link: redirectUrl };
    await this.#http.post('/auth/email/verify', body, options);
  }

  /**
   * Confirms an address with the token of a mail.
   *
   * @example
   * ```ts
   * const token = new URLSearchParams(location.search).get('token') ?? '';
   * const { user } = await plinth.auth.verifyEmail(token);
   * console.log(user.email, 'is confirmed');
   * ```
   */
  verifyEmail(token: string, options?: CallOptions): Promise<AddressConfirmed> {
    const path = `/auth/email/verify/${encodeURIComponent(token)}`;
    return this.#http.get<AddressConfirmed>(path, { ...options, skipAuth: true });
  }

  /**
   * Invites somebody into a tenant, by mail: an administrator, or whose role lists the role in
   * `canInviteRoleIds`, into its own. An address that has an unanswered invitation there rejects with
   * 400 `INVITE_EXISTS`. A project without tenants is invited to by {@link Invites.send}.
   *
   * @example
   * ```ts
   * const { id, expiresAt } = await plinth.auth.sendInvite({
   *   email: 'newuser@example.com',
   *   roleId: 'editor-role-uuid',
   *   tenantId: 'tenant-uuid',
   *   redirectUrl: 'https://myapp.com/accept-invite',
   * });
   * console.log(id, expiresAt);
   * ```
   */
  async sendInvite(invitation: Invitation, options?: CallOptions): Promise<SentInvite> {
    return (await this.#http.post<InviteSent>('/auth/invite', inviteBody(invitation), options)).invite;
  }

  /**
   * What an invitation is, by the token of its mail. One that is unknown, answered or past its time
   * rejects with 400 `INVITE_INVALID`. With the address of an application it says where to go on there.
   *
   * @example
   * ```ts
   * const { email, tenant, role, userExists } = await plinth.auth.verifyInvite('invite-token');
   * console.log(email, tenant?.name, role.name, userExists ? 'signs in' : 'registers');
   * ```
   */
  verifyInvite(token: string, link?: string, options?: CallOptions): Promise<InviteInfo> {
    const path = `/auth/verify-invite/${encodeURIComponent(token)}`;
    return this.#http.get<InviteInfo>(path, { ...options, params: { link }, skipAuth: true });
  }

  /**
   * Accepts an invitation for the signed-in user and goes on in its tenant. One that was sent to
   * another address rejects with 403 `INVITE_EMAIL_MISMATCH`.
   *
   * @example
   * ```ts
   * const { tenant, role } = await plinth.auth.acceptInvite('invite-token');
   * console.log(tenant?.name, role?.name);
   * ```
   */
  async acceptInvite(token: string, options: SwitchTenantOptions = {}): Promise<AuthResponse> {
    const { authMode, authType, ...call } = options;
    const body: Sent<AcceptBody> = { inviteToken: token, authType, authMode };
    return goOn(this.#http, '/auth/accept-invite', body, call);
  }

  /**
   * Makes an account with an invitation, which gives the role and the tenant, and signs it in.
   *
   * @example
   * ```ts
   * const { user } = await plinth.auth.registerWithInvite({
   *   email: 'newuser@example.com',
   *   password: 'password123',
   *   firstName: 'John',
   *   lastName: 'Doe',
   *   inviteToken: 'invite-token',
   * });
   * console.log(user.id);
   * ```
   */
  registerWithInvite(data: RegisterData & { inviteToken: string }, options?: CallOptions): Promise<AuthResponse> {
    return begin(this.#http, '/auth/register', data, options);
  }
}
