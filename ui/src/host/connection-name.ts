import { t } from "@/messages/en";
import type { Project } from "./host";

/**
 * What a connection is called on its chip and by everything that writes to it: which of the connections
 * that bear the project's name, which stands beside it.
 */
export function connectionName({ kind, environment }: Pick<Project, "kind" | "environment">): string {
  return kind === "remote" && environment === "local" ? t("connection.remote") : environment;
}
