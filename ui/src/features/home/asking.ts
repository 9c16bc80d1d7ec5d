import { HostError, type Project } from "@/host/host";

/** What is asked right now about a project, or about none. */
export type Asking =
  | { kind: "connect"; project?: Project }
  | { kind: "rename"; project: Project }
  | { kind: "remove"; project: Project }
  | { kind: "delete"; project: Project }
  | { kind: "secret"; project: Project }
  | { kind: "unlock"; fresh: boolean; then?: Project }
  | { kind: "beside"; file: string; holds: string }
  | null;

/** What a refused start asks of the person, if an answer can help. */
export function questionOf(fault: unknown, project: Project): Asking {
  const code = fault instanceof HostError ? fault.code : "";
  if (code === "SECRET_NEEDED") return { kind: "secret", project };
  return code === "SECRETS_LOCKED" ? { kind: "unlock", fresh: false, then: project } : null;
}
