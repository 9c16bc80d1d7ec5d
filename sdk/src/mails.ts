import { segment, type Transport } from './transport.js';
import type { Answer, LoggedMail, MailList } from './generated/wire.js';
import type { CallOptions } from './types/common.js';
import type { MailListOptions } from './types/mails.js';

/** Mails that went out, wait, or were caught because no mail server is named (administrators). */
export class Mails {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * The log of mails, the newest first; without what stands in them.
   *
   * @example
   * ```ts
   * const { data, totalCount } = await plinth.mails.list({ status: 'error', limit: 20 });
   * console.log(totalCount, data.map((mail) => `${mail.email}: ${mail.errorMessage ?? ''}`));
   * ```
   */
  list({ status, page, limit, ...options }: MailListOptions = {}): Promise<MailList> {
    return this.#http.get('/mails', { ...options, params: { status, page, limit } });
  }

  /**
   * One mail; with its content if it was caught less than a day ago.
   *
   * @example
   * ```ts
   * const { data } = await plinth.mails.list({ status: 'caught' });
   * for (const { id } of data) console.log((await plinth.mails.get(id)).content?.text);
   * ```
   */
  async get(id: string, options?: CallOptions): Promise<LoggedMail> {
    return (await this.#http.get<Answer<LoggedMail>>(`/mails/${segment(id, 'The id of a mail')}`, options)).data;
  }

  /**
   * Tries a mail anew that was given up. One that was not rejects with 409 `CONFLICT`.
   *
   * @example
   * ```ts
   * const { data } = await plinth.mails.list({ status: 'error' });
   * for (const { id } of data) await plinth.mails.retry(id);
   * ```
   */
  async retry(id: string, options?: CallOptions): Promise<void> {
    await this.#http.post(`/mails/${segment(id, 'The id of a mail')}/retry`, undefined, options);
  }

  /**
   * Takes the caught mails away.
   *
   * @example
   * ```ts
   * await plinth.mails.forgetCaught();
   * ```
   */
  async forgetCaught(options?: CallOptions): Promise<void> {
    await this.#http.delete('/mails', undefined, options);
  }
}
