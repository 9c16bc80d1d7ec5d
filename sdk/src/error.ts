import type { ErrorCode, ErrorDetail as WireDetail, SecondFactorAsked } from './generated/wire.js';

/** One thing that was wrong with a request. What lies between may answer too, so nothing is sure. */
export interface ErrorDetail extends Partial<WireDetail> {
  /** Facts of this kind of error. */
  [fact: string]: unknown;
}

/** Codes this client gives errors that no server sent. */
export type ClientErrorCode =
  | 'NETWORK_ERROR'
  | 'TIMEOUT'
  | 'INVALID_RESPONSE'
  | 'INVALID_ID'
  | 'NO_REFRESH_TOKEN'
  | 'TOTP_REQUIRED'
  | 'TOTP_SETUP_REQUIRED'
  | 'REFRESH_FAILED';

/**
 * The kinds of errors: those of the server, those of this client, and (as plain text) what a newer
 * server or something in between may say.
 */
export type AnyErrorCode = ErrorCode | ClientErrorCode | (string & {});

interface ErrorFacts {
  status: number;
  code: AnyErrorCode;
  details?: readonly ErrorDetail[] | undefined;
  hint?: string | undefined;
  retryAfter?: number | undefined;
  body?: unknown;
  cause?: unknown;
}

/**
 * What every failed call rejects with, except one the caller aborted: that rejects with the
 * `reason` of its signal, as `fetch` does.
 *
 * @example
 * ```ts
 * import { PlinthError } from '@plinth/sdk';
 *
 * try {
 *   await plinth.items('products').create({ name: '' });
 * } catch (error) {
 *   if (!(error instanceof PlinthError)) throw error;
 *   console.error(error.status, error.code, error.message);
 *   for (const detail of error.details) console.error(detail.field, detail.message);
 * }
 * ```
 */
export class PlinthError extends Error {
  /** `PlinthError`, under its alias too. */
  override readonly name = 'PlinthError';
  /** HTTP status; `0` when no reply came. */
  readonly status: number;
  /** Stable name of the kind of error, such as `VALIDATION_ERROR` or `NETWORK_ERROR`. */
  readonly code: AnyErrorCode;
  /** The single faults, for instance one per field. */
  readonly details: readonly ErrorDetail[];
  /** What would make it work, when the server knows. */
  readonly hint: string | undefined;
  /** Seconds the server asks to wait before the next try. */
  readonly retryAfter: number | undefined;
  /** The server's reply as it came: parsed JSON, or text. */
  readonly body: unknown;

  constructor(message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.status = facts.status;
    this.code = facts.code;
    this.details = facts.details ?? [];
    this.hint = facts.hint;
    this.retryAfter = facts.retryAfter;
    this.body = facts.body;
  }

  /**
   * Whether the same call may succeed later: the server failed (5xx), asked to wait (429), was not
   * reached, or did not answer in time (408). It does not promise that nothing was written.
   */
  get isRetryable(): boolean {
    const { status } = this;
    return status >= 500 || status === 429 || status === 408 || this.code === 'NETWORK_ERROR';
  }
}

/**
 * What a sign-in rejects with that is half done: the account has a second factor, or its role demands
 * one that is not set up (`setup`). `auth.verifyTotp` goes on, or `auth.setupTotp` and `confirmTotp`.
 *
 * @example
 * ```ts
 * import { SecondFactorError } from '@plinth/sdk';
 *
 * try {
 *   await plinth.auth.login({ email: 'user@example.com', password: 'password123' });
 * } catch (error) {
 *   if (!(error instanceof SecondFactorError) || error.setup) throw error;
 *   await plinth.auth.verifyTotp({ challenge: error.challenge, code: '123456' });
 * }
 * ```
 */
export class SecondFactorError extends PlinthError {
  /** To be sent along with the code; holds for some minutes. */
  readonly challenge: string;
  /** Whether the second factor must be set up first. */
  readonly setup: boolean;

  constructor(asked: SecondFactorAsked) {
    const setup = asked.requiresTotpSetup === true;
    super(asked.message, { status: 200, code: setup ? 'TOTP_SETUP_REQUIRED' : 'TOTP_REQUIRED', body: asked });
    this.challenge = asked.challenge;
    this.setup = setup;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The error a reply stands for, whichever of the envelope's keys are present. */
export function errorFromReply(response: Response, body: unknown): PlinthError {
  const { status, statusText, headers } = response;
  const wait = Number(headers.get('Retry-After') ?? undefined);
  const outer: Fields = isObject(body) ? body : {};
  const inner: Fields = isObject(outer['error']) ? outer['error'] : {};
  const details = [outer['details'], inner['details']].find(Array.isArray) as unknown[] | undefined;
  return new PlinthError(
    text(inner['message']) ?? text(outer['message']) ?? text(statusText) ?? `HTTP status ${status}`,
    {
      status,
      code: text(inner['code']) ?? text(outer['code']) ?? `HTTP_${status}`,
      details: details?.filter(isObject) ?? [],
      hint: text(inner['hint']) ?? text(outer['hint']),
      retryAfter: Number.isNaN(wait) ? undefined : wait,
      body,
    },
  );
}
