import { useCallback, useState } from "react";
import { toast } from "@/kit/toast";
import { faultOf, type Connection, type Query } from "@/lib/client";
import type { CollectionInfo } from "@/lib/fields";
import { RECORDS } from "@/lib/record-ops";
import type { Pending } from "@/lib/pending";
import type { RawRow } from "@/lib/rows";
import { fromWire, toWire } from "@/lib/wire";
import { m } from "./messages";
import { pickedRows, type Picks } from "./picks";
import { d } from "./trash/messages";

export function isStampName(name: string): boolean {
  return name === "createdAt" || name === "updatedAt" || name === "deletedAt";
}

export interface Deletion {
  /** Rows whose deletion is asked about, until that is answered. */
  readonly losing: { readonly ids: readonly string[]; readonly name: string; readonly parts: readonly string[] } | null;
  readonly keep: () => void;
  readonly remove: (ids: readonly string[], label: string) => Promise<void>;
  /** Many rows are always asked about, with what goes along. */
  readonly onDeletePicked: (picks: Picks, query: Query) => void;
  readonly onDelete: (id: string, raw: RawRow | undefined, label: string) => void;
}

/** Deleting a row at once, with the way back; asked before only where undo cannot bring all back. */
export function useDeletion({
  collection,
  find,
  connection,
  pending,
  refresh,
  offerUndo,
  dropUndo,
}: {
  readonly collection: CollectionInfo;
  readonly find: (name: string) => CollectionInfo | undefined;
  readonly connection: Connection;
  readonly pending: Pending;
  readonly refresh: () => void;
  readonly offerUndo: (undo: () => void) => void;
  readonly dropUndo: () => void;
}): Deletion {
  const { name } = collection;
  const [losing, setLosing] = useState<Deletion["losing"]>(null);
  const remove = useCallback(
    async (ids: readonly string[], label: string) => {
      setLosing(null);
      try {
        // What undo writes back, read before it is gone.
        const whole = await wholeRows(connection, collection, ids);
        await connection.batch(ids.map((id) => ({ op: "delete" as const, collection: name, id })));
        for (const id of ids) pending.discard(RECORDS, [name, id]);
        refresh();
        const undo = (): void => {
          closed();
          dropUndo();
          const restore = collection.paranoid
            ? connection.batch(ids.map((id) => ({ op: "update" as const, collection: name, id, data: { deletedAt: null } })))
            : connection.batch(whole.map((row) => ({ op: "create" as const, collection: name, data: writable(collection, row) })));
          restore.then(
            () => {
              refresh();
              toast({ kind: "done", text: m("delete.undone", { name: label, collection: name }) });
            },
            (error: unknown) => toast({ kind: "failed", text: m("delete.undoFailed", { reason: faultOf(error).message }) }),
          );
        };
        offerUndo(undo);
        const closed = toast({
          kind: "done",
          text: collection.paranoid ? d("done", { name: label, collection: name }) : m("delete.done", { name: label, collection: name }),
          action: { label: m("cmd.takeBack"), keys: "Mod+Z", run: undo },
        });
      } catch (error) {
        toast({ kind: "failed", text: m("delete.failed", { reason: faultOf(error).message }) });
      }
    },
    [connection, name, pending, refresh, collection, offerUndo, dropUndo],
  );
  const onDelete = useCallback(
    (id: string, _raw: RawRow | undefined, label: string) => {
      void (async () => {
        // Rows that hang on this one go with it, and undo cannot bring those back; of a trash they
        // stay and point at nothing for a while. Either is told before.
        const parts = await dependants(connection, collection, find, [id]);
        if (parts.length > 0 || connection.info.guard === "confirm") setLosing({ ids: [id], name: label, parts });
        else await remove([id], label);
      })();
    },
    [collection, connection, find, remove],
  );
  const onDeletePicked = useCallback(
    (picks: Picks, query: Query) => {
      pickedRows(connection, query, collection.primaryKey, picks, [collection.primaryKey]).then(
        async (rows) => {
          const ids = rows.map((row) => String(row[collection.primaryKey] as string | number));
          const parts = await dependants(connection, collection, find, ids);
          if (ids.length > 0) setLosing({ ids, name: m("pick.rows", { count: ids.length }), parts });
        },
        (error: unknown) => toast({ kind: "failed", text: m("delete.failed", { reason: faultOf(error).message }) }),
      );
    },
    [connection, collection, find],
  );
  const keep = useCallback(() => setLosing(null), []);
  return { losing, keep, remove, onDelete, onDeletePicked };
}

/** The fields of a row that can be written again. */
function writable(collection: CollectionInfo, row: RawRow): RawRow {
  return Object.fromEntries(
    collection.fields
      .filter((field) => !field.computed && !isStampName(field.name) && row[field.name] !== undefined)
      .map((field) => [field.name, toWire(field.type, fromWire(field.type, row[field.name]))]),
  );
}

async function wholeRows(connection: Connection, collection: CollectionInfo, ids: readonly string[]): Promise<readonly RawRow[]> {
  const [only] = ids;
  if (ids.length === 1 && only !== undefined) return [await connection.one(collection.name, only, ["*"])];
  return pickedRows(connection, { collection: collection.name }, collection.primaryKey, { all: false, ids: new Set(ids) }, ["*"]);
}

/** More keys than this are not counted one by one; the sentence then names the collection alone. */
const COUNTED_MAX = 200;

async function dependants(
  connection: Connection,
  collection: CollectionInfo,
  find: (name: string) => CollectionInfo | undefined,
  ids: readonly string[],
): Promise<readonly string[]> {
  const counted = await Promise.all(
    collection.toMany
      .filter((relation) => find(relation.target)?.fields.some((field) => field.name === relation.foreignKey))
      .map(async (relation) => {
        try {
          const { rows } = await connection.estimate({ collection: relation.target, filter: { [relation.foreignKey]: { in: ids.slice(0, COUNTED_MAX) } } });
          return rows > 0 ? ids.length > COUNTED_MAX ? m("delete.part.some", { collection: relation.target }) : m("delete.part", { count: rows, collection: relation.target }) : null;
        } catch {
          // Not readable for this role: the server decides at the delete itself.
          return null;
        }
      }),
  );
  return counted.filter((part) => part !== null);
}
