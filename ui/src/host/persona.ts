/**
 * Seeing a project as somebody else. The server holds the view and enforces it; here is only which one is
 * open, in this window and nowhere else: it is kept in no address and on no disk.
 */
import { createPlinth, MemoryAdapter, type PersonaOpened } from "@plinth/sdk";
import { create } from "zustand";
import type { Client, Connection } from "./session";

export const PERSONA_HEADER = "X-Plinth-Persona";

export interface Persona {
  readonly project: string;
  readonly opened: PersonaOpened;
}

interface PersonaState {
  readonly persona: Persona | null;
  /** Whether it is asked as whom. */
  readonly asking: boolean;
}

export const usePersona = create<PersonaState>(() => ({ persona: null, asking: false }));

/** The connection with the eyes of somebody else: another client, whose every request shows the view. */
export function seenThrough(connection: Connection, token: string): Connection {
  const client: Client = createPlinth({
    url: connection.url,
    numbers: "exact",
    strict: true,
    headers: { "X-Plinth-Source": "studio", [PERSONA_HEADER]: token },
    storage: new MemoryAdapter(),
    ...(connection.token === undefined ? { authMode: "cookie", credentials: "include" } : { token: connection.token }),
  });
  return { ...connection, client, persona: token };
}
