/** The one-time link that a fresh server prints: `/studio/#/setup?token=<token>`. */
import type { Client } from "@/host/session";

export interface FirstOwner {
  readonly token: string;
  readonly email: string;
  readonly password: string;
  readonly firstName: string;
}

/** It also signs the owner in, by cookie. */
export async function makeFirstOwner(client: Client, owner: FirstOwner): Promise<void> {
  await client.auth.setup({ ...owner, authMode: "cookie" });
}
