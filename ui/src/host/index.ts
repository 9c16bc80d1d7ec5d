import type { Host } from "./host";

/** Id of the instance that serves this page, in a browser. */
export const HERE = "here";

let chosen: Host | null = null;

/** Called once before the first render; the desktop half is a chunk that browsers never load. */
export async function chooseHost(): Promise<Host> {
  chosen =
    "__TAURI_INTERNALS__" in window
      ? (await import("./tauri")).tauriHost
      : (await import("./browser")).browserHost;
  return chosen;
}

export function host(): Host {
  if (!chosen) throw new Error("the host is chosen in start.tsx before anything renders");
  return chosen;
}
