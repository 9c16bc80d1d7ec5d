import { useCallback, useState } from "react";
import { toast } from "@/kit/toast";
import { faultOf, type Connection } from "@/lib/client";
import type { CollectionInfo } from "@/lib/fields";
import { RECORDS } from "@/lib/record-ops";
import type { Pending } from "@/lib/pending";
import type { RawRow } from "@/lib/rows";
import { fromWire, toWire } from "@/lib/values";
import { m } from "./messages";

export function isStampName(name: string): boolean {
  return name === "createdAt" || name === "updatedAt" || name === "deletedAt";
}

export interface Deletion {
  /** A row whose deletion takes others along, until that is answered. */
  readonly losing: { readonly id: string; readonly name: string; readonly parts: readonly string[] } | null;
  readonly keep: () => void;
  readonly remove: (id: string, label: string) => Promise<void>;
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
  const [losing, setLosing] = useState<{ id: string; name: string; parts: readonly string[] } | null>(null);
  const remove = useCallback(
    async (id: string, label: string) => {
      setLosing(null);
      try {
        const whole = await connection.one(name, id, ["*"]);
        await connection.batch([{ op: "delete", collection: name, id }]);
        pending.discard(RECORDS, [name, id]);
        refresh();
        const undo = (): void => {
          dropUndo();
          const restore = collection.paranoid
            ? connection.batch([{ op: "update", collection: name, id, data: { deletedAt: null } }])
            : connection.batch([{ op: "create", collection: name, data: writable(collection, whole) }]);
          restore.then(
            () => {
              refresh();
              toast({ kind: "done", text: m("delete.undone", { name: label, collection: name }) });
            },
            (error: unknown) => toast({ kind: "failed", text: m("delete.undoFailed", { reason: faultOf(error).message }) }),
          );
        };
        offerUndo(undo);
        toast({
          kind: "done",
          text: m("delete.done", { name: label, collection: name }),
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
        // Rows that hang on this one go with it, and undo cannot bring those back: that is asked.
        const parts = collection.paranoid ? [] : await dependants(connection, collection, find, id);
        if (parts.length > 0 || connection.info.guard === "confirm") setLosing({ id, name: label, parts });
        else await remove(id, label);
      })();
    },
    [collection, connection, find, remove],
  );
  const keep = useCallback(() => setLosing(null), []);
  return { losing, keep, remove, onDelete };
}

/** The fields of a row that can be written again. */
function writable(collection: CollectionInfo, row: RawRow): RawRow {
  return Object.fromEntries(
    collection.fields
      .filter((field) => !field.computed && !isStampName(field.name) && row[field.name] !== undefined)
      .map((field) => [field.name, toWire(field.type, fromWire(field.type, row[field.name]))]),
  );
}

async function dependants(
  connection: Connection,
  collection: CollectionInfo,
  find: (name: string) => CollectionInfo | undefined,
  id: string,
): Promise<readonly string[]> {
  const counted = await Promise.all(
    collection.toMany
      .filter((relation) => find(relation.target)?.fields.some((field) => field.name === relation.foreignKey))
      .map(async (relation) => {
        try {
          const { rows } = await connection.estimate({ collection: relation.target, filter: { [relation.foreignKey]: { eq: id } } });
          return rows > 0 ? m("delete.part", { count: rows, collection: relation.target }) : null;
        } catch {
          // Not readable for this role: the server decides at the delete itself.
          return null;
        }
      }),
  );
  return counted.filter((part) => part !== null);
}
