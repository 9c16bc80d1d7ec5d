/** The log of mails: what is shown of it, and when it is asked for again. */
import type { LoggedMail } from "@plinth/sdk";

export type Status = LoggedMail["status"];

export const STATES: readonly Status[] = ["queued", "sending", "sent", "caught", "error"];

export function isStatus(word: unknown): word is Status {
  return (STATES as readonly unknown[]).includes(word);
}

/** Mails on a page. */
export const PAGE = 50;

const SOON_MS = 3_000;
const LATER_MS = 60_000;
/** How many times in a row the log is asked for without anything having changed in it. */
const ASKED_MAX = 100;

/**
 * In how many ms the log is asked for again, or false. Only while a mail of it is on its way; seldom when the
 * next try of all of them is a while off; and not for ever, since a queue may stand still.
 */
export function askAgain(mails: readonly Pick<LoggedMail, "status" | "nextAttemptAt">[], now: number, asked: number): number | false {
  const waiting = mails.filter((mail) => mail.status === "queued" || mail.status === "sending");
  if (waiting.length === 0 || asked >= ASKED_MAX) return false;
  const soon = waiting.some((mail) => mail.status === "sending" || mail.nextAttemptAt === null || new Date(mail.nextAttemptAt).getTime() - now < LATER_MS);
  return soon ? SOON_MS : LATER_MS;
}

/** What tells one answer of the log from another. */
export function marksOf(mails: readonly Pick<LoggedMail, "id" | "status" | "attempts">[]): string {
  return mails.map(({ id, status, attempts }) => `${id} ${status} ${String(attempts)}`).join("\n");
}
