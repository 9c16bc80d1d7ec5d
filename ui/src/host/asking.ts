/** Who asks a person before a write. */
import type { Guard, Project } from "./host";
import { host } from "./index";

/**
 * The guard as the screens keep it. On the way to a remote instance the desktop asks by a dialog of the
 * system, where no page reaches; a second question in the window would be the same one twice.
 */
export function guardHere({ guard, kind }: Pick<Project, "guard" | "kind">): Guard {
  return guard === "confirm" && kind === "remote" && host().kind === "desktop" ? "open" : guard;
}
