import { useQuery } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import { guardHere } from "@/host/asking";
import { connectionName } from "@/host/connection-name";
import { accessQuery, useCatalog, useSession } from "@/host/session";
import { capabilityOf, createConnection, type Capability, type Connection } from "@/lib/client";
import type { CollectionInfo } from "@/lib/fields";
import type { Pending, PendingState } from "@/lib/pending";

/** The connection as the Data screen uses it; one per project, so that caches and aborts are shared. */
export function useConnection(): Connection {
  const { project, client, url } = useSession();
  const { id, environment } = project;
  const guard = guardHere(project);
  // As the chip in the title bar says it: the place, not the project.
  const name = connectionName(project);
  return useMemo(
    () => createConnection({ id, name, environment, guard, url }, client),
    [id, name, environment, guard, url, client],
  );
}

/** What the server says may be done here; until it has answered, nothing is offered. */
export function useCapability(): Capability | null {
  const session = useSession();
  const { data } = useQuery(accessQuery(session));
  return useMemo(() => (data ? capabilityOf(data) : null), [data]);
}

export function usePending(): { readonly pending: Pending; readonly state: PendingState } {
  const { pending } = useSession();
  return { pending, state: useSyncExternalStore(pending.store.subscribe, pending.store.getState) };
}

export function useCollection(name: string): {
  readonly collection: CollectionInfo | undefined;
  readonly find: (name: string) => CollectionInfo | undefined;
  readonly isLoading: boolean;
  readonly error: Error | null;
  readonly refetch: () => void;
} {
  const { collections, isLoading, error, refetch } = useCatalog();
  return useMemo(() => {
    const byName = new Map(collections.map((entry) => [entry.name, entry]));
    const find = (wanted: string): CollectionInfo | undefined => byName.get(wanted);
    return { collection: find(name), find, isLoading, error, refetch };
  }, [collections, name, isLoading, error, refetch]);
}
