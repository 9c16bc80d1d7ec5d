import { PlinthError } from "@plinth/sdk";
import { t } from "./messages";

export interface Fault {
  readonly title: string;
  readonly body: string;
}

/** The server's words begin small, as errors do. */
export function sentence(text: string): string {
  const end = /[.!?]$/u.test(text) ? "" : ".";
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${end}`;
}

/** What went wrong on the way in, in words. */
export function faultOf(fault: unknown, title: string): Fault {
  if (fault instanceof PlinthError) {
    if (fault.code === "INVALID_CREDENTIALS") return { title: t("wrong"), body: t("wrong.body") };
    if (fault.code === "CURRENT_PASSWORD_INVALID") return { title, body: t("password.wrong") };
    return { title, body: [fault.message, fault.hint ?? ""].filter((part) => part !== "").map(sentence).join(" ") };
  }
  return { title, body: fault instanceof Error ? fault.message : String(fault) };
}
