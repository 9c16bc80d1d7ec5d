import { createContext, useContext, useSyncExternalStore } from "react";
import type { Connection } from "./client";
import type { Pending, PendingState } from "./pending";

/** The connection of this window and its open work. The shell provides it; every screen reads it. */
export interface Session {
  readonly connection: Connection;
  readonly pending: Pending;
}

const SessionContext = createContext<Session | null>(null);

export const SessionProvider = SessionContext.Provider;

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("no connection is open here; wrap the screen in SessionProvider");
  return session;
}

export function useConnection(): Connection {
  return useSession().connection;
}

/** The open changes, re-read whenever one is staged, undone or committed. */
export function usePending(): { readonly pending: Pending; readonly state: PendingState } {
  const { pending } = useSession();
  const state = useSyncExternalStore(pending.store.subscribe, pending.store.getState);
  return { pending, state };
}
