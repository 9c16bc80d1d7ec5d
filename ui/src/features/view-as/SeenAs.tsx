import type { User } from "@plinth/sdk";
import { QueryClient, QueryClientProvider, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import type { Project } from "@/host/host";
import { seenThrough, usePersona, type Persona } from "@/host/persona";
import { SessionContext, type Connection } from "@/host/session";
import { toast } from "@/kit/toast";
import { createPending } from "@/lib/pending";
import { v } from "./messages";

/** The longest wait that a timer of a browser takes. */
const TIMER_MAX = 2 ** 31 - 1;

/**
 * The whole project with the eyes of somebody else: a client, a cache and open work of its own, so that
 * nothing that the viewer has read is shown, and nothing that is read now stays behind.
 */
export function SeenAs({ persona, connection, project, viewer, children }: { persona: Persona; connection: Connection; project: Project; viewer: User; children: ReactNode }) {
  const { token, expiresAt, user } = persona.opened;
  const own = useQueryClient();
  const [seen] = useState(() => ({
    queries: new QueryClient({ defaultOptions: own.getDefaultOptions() }),
    connection: seenThrough(connection, token),
    pending: createPending(),
  }));
  useEffect(() => {
    const end = () => {
      usePersona.setState({ persona: null });
      toast({ kind: "done", text: v("over") });
    };
    const timer = setTimeout(end, Math.min(TIMER_MAX, Math.max(0, Date.parse(expiresAt) - Date.now())));
    return () => clearTimeout(timer);
  }, [expiresAt]);
  useEffect(() => () => seen.queries.clear(), [seen]);
  const session = {
    ...seen.connection,
    // The server refuses every write; the screens say so before one is begun.
    project: { ...project, guard: "readonly" as const },
    user: user === null ? { ...viewer, id: `view:${token}` } : (user as unknown as User),
    pending: seen.pending,
    viewer: connection,
  };
  return (
    <QueryClientProvider client={seen.queries}>
      <SessionContext value={session}>{children}</SessionContext>
    </QueryClientProvider>
  );
}
