import type { LoggedMail } from '../generated/wire.js';
import type { CallOptions } from './common.js';

export type { LoggedMail, MailContent, MailList } from '../generated/wire.js';

/** Which mails are listed. */
export interface MailListOptions extends CallOptions {
  /** Only those of which this became. */
  status?: LoggedMail['status'] | undefined;
  /** From 1. */
  page?: number | undefined;
  /** On a page, at most 200; 50 unless given. */
  limit?: number | undefined;
}
