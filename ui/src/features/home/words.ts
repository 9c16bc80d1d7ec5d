import type { Project, SecretKeeping } from "@/host/host";
import { t } from "./messages";

/** What a connection of a project is called. */
export function connectionWord(project: Project): string {
  return project.kind === "local" ? "local" : project.environment === "local" ? "remote" : project.environment;
}

/** Staging and production carry their colour wherever they are named. */
export const TONE: Readonly<Record<Project["environment"], string>> = { local: "", staging: "text-staging", production: "text-prod" };

/** A template by its name; one that another version made keeps the id it has. */
export function templateName(id: string): string {
  return id === "nothing" || id === "shop" || id === "blog" || id === "crm" ? t(`template.${id}`) : id;
}

/** Where the password of a database goes: to whoever keeps secrets on this computer. */
export function keepingNote(keeping: SecretKeeping | null | undefined): string {
  if (keeping === "sealed" || keeping === "locked") return t("url.note.sealed");
  return keeping === "nowhere" ? t("url.note.nowhere") : t("url.note");
}

export function tokenNote(keeping: SecretKeeping | null | undefined): string {
  if (keeping === "sealed" || keeping === "locked") return t("connect.token.note.sealed");
  return keeping === "nowhere" ? t("connect.token.note.nowhere") : t("connect.token.note");
}

/** An address as a person writes it: with nothing after the host when there is nothing. */
export function plainAddress(url: string): string {
  return url.replace(/\/$/, "");
}
