import type { Project } from "./host";

/** A page of the studio that the server of a project shows, for a link in a mail. */
export function studioPage(project: Pick<Project, "kind" | "place">, url: string, hash: `#/${string}`): string {
  // A remote is reached through the gateway of this window, which nobody else can follow a link to.
  const base = project.kind === "remote" ? project.place : url;
  return new URL(`studio/${hash}`, base.endsWith("/") ? base : `${base}/`).href;
}
