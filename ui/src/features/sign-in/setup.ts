/** The one-time link that a fresh server prints: `/studio/?setup=<token>`. */
import type { Client } from "@/host/session";

export function setupToken(): string | null {
  const inHash = location.hash.includes("?") ? location.hash.slice(location.hash.indexOf("?")) : "";
  return new URLSearchParams(location.search).get("setup") ?? new URLSearchParams(inHash).get("setup");
}

/** The token is spent: it leaves the address, so that a reload asks to sign in. */
export function forgetSetupToken(): void {
  const url = new URL(location.href);
  url.searchParams.delete("setup");
  url.hash = url.hash.replace(/([?&])setup=[^&]*&?/, "$1").replace(/[?&]$/, "");
  history.replaceState(history.state, "", url);
}

export interface FirstOwner {
  readonly token: string;
  readonly email: string;
  readonly password: string;
  readonly firstName: string;
}

/** No application makes owners; only this screen does, once, with the link the server printed. */
export async function makeFirstOwner(client: Client, owner: FirstOwner): Promise<void> {
  await client.http.post("/auth/setup", owner, { skipAuth: true });
}
