import { inviteBody } from './auth-mail.js';
import type { InviteSent, SentInvite } from './generated/wire.js';
import type { InviteRecord } from './generated/records.js';
import { Items } from './records.js';
import { segment, type Transport } from './transport.js';
import type { Invitation } from './types/auth.js';
import type { CallOptions } from './types/common.js';

/** An invitation as it is kept; its token is in the mail alone. */
export type Invite = InviteRecord;

/** Invitations, for those who send them (collection `baasix_Invite`). */
export class Invites extends Items<Invite> {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    super(http, 'baasix_Invite');
    this.#http = http;
  }

  /**
   * Invites somebody by mail, also into a project without tenants (administrators).
   *
   * @example
   * ```ts
   * await plinth.invites.send({ email: 'newuser@example.com', roleId: 'editor-role-uuid' });
   * ```
   */
  async send(invitation: Invitation, options?: CallOptions): Promise<SentInvite> {
    return (await this.#http.post<InviteSent>('/auth/admin/invite', inviteBody(invitation), options)).invite;
  }

  /**
   * Sends an unanswered invitation again. The mail of before leads nowhere from then on.
   *
   * @example
   * ```ts
   * await plinth.invites.resend('invite-uuid', 'https://myapp.com/accept-invite');
   * ```
   */
  async resend(id: string, redirectUrl?: string, options?: CallOptions): Promise<SentInvite> {
    const path = `/auth/invites/${segment(id, 'The id of an invitation')}/resend`;
    return (await this.#http.post<InviteSent>(path, { link: redirectUrl }, options)).invite;
  }

  /**
   * Takes an unanswered invitation back.
   *
   * @example
   * ```ts
   * await plinth.invites.revoke('invite-uuid');
   * ```
   */
  async revoke(id: string, options?: CallOptions): Promise<void> {
    await this.#http.delete(`/auth/invites/${segment(id, 'The id of an invitation')}`, undefined, options);
  }
}
