import type { Project } from "@/host/host";

/** What a connection of a project is called. */
export function connectionWord(project: Project): string {
  return project.kind === "local" ? "local" : project.environment === "local" ? "remote" : project.environment;
}

/** Staging and production carry their colour wherever they are named. */
export const TONE: Readonly<Record<Project["environment"], string>> = { local: "", staging: "text-staging", production: "text-prod" };
