import { useCallback, useMemo, useState } from "react";
import { useCatalog } from "@/host/session";
import { toast } from "@/kit/toast";
import { faultOf, type Capability, type Connection, type Guard, type Query } from "@/lib/client";
import { leadingTo, type CollectionInfo } from "@/lib/fields";
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

/** What undo cannot do for a deleted row: bring back values that are not seen here, or bring it back at all. */
type Short = "unseen" | "final";

interface Losing extends Along {
  readonly ids: readonly string[];
  readonly name: string;
  readonly short: Short | null;
}

export interface Deletion {
  /** Rows whose deletion is asked about, until that is answered. */
  readonly losing: Losing | null;
  readonly keep: () => void;
  readonly remove: (ids: readonly string[], label: string) => Promise<void>;
  /** Many rows are always asked about, with what goes along. */
  readonly onDeletePicked: (picks: Picks, query: Query) => void;
  readonly onDelete: (id: string, raw: RawRow | undefined, label: string) => void;
}

/** Deleting a row at once, with the way back; asked before only where undo cannot bring all back. */
export function useDeletion({
  collection,
  connection,
  capability,
  pending,
  refresh,
  offerUndo,
  dropUndo,
}: {
  readonly collection: CollectionInfo;
  readonly connection: Connection;
  readonly capability: Capability | null;
  readonly pending: Pending;
  readonly refresh: () => void;
  readonly offerUndo: (undo: () => void) => void;
  readonly dropUndo: () => void;
}): Deletion {
  const { name } = collection;
  const { collections } = useCatalog();
  const [losing, setLosing] = useState<Losing | null>(null);
  const short = useMemo(() => shortOf(collection, capability), [collection, capability]);
  const remove = useCallback(
    async (ids: readonly string[], label: string) => {
      setLosing(null);
      try {
        // What undo writes back, read before it is gone.
        const whole = short === "final" || collection.paranoid ? [] : await wholeRows(connection, collection, ids);
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
        if (short !== "final") offerUndo(undo);
        const closed = toast({
          kind: "done",
          text: collection.paranoid ? d("done", { name: label, collection: name }) : m("delete.done", { name: label, collection: name }),
          ...(short === "final" ? {} : { action: { label: m("cmd.takeBack"), keys: "Mod+Z", run: undo } }),
        });
      } catch (error) {
        toast({ kind: "failed", text: m("delete.failed", { reason: faultOf(error).message }) });
      }
    },
    [connection, name, pending, refresh, collection, short, offerUndo, dropUndo],
  );
  const onDelete = useCallback(
    (id: string, _raw: RawRow | undefined, label: string) => {
      void (async () => {
        // Rows that hang on this one go with it, and undo cannot bring those back; of a trash they
        // stay and point at nothing for a while. Either is told before.
        const along = await dependants(connection, collection, collections, [id]);
        if (along.gone.length + along.left.length > 0 || short !== null || connection.info.guard === "confirm") setLosing({ ids: [id], name: label, ...along, short });
        else await remove([id], label);
      })();
    },
    [collection, connection, collections, short, remove],
  );
  const onDeletePicked = useCallback(
    (picks: Picks, query: Query) => {
      pickedRows(connection, query, collection.primaryKey, picks, [collection.primaryKey]).then(
        async (rows) => {
          const ids = rows.map((row) => String(row[collection.primaryKey] as string | number));
          const along = await dependants(connection, collection, collections, ids);
          if (ids.length > 0) setLosing({ ids, name: m("pick.rows", { count: ids.length }), ...along, short });
        },
        (error: unknown) => toast({ kind: "failed", text: m("delete.failed", { reason: faultOf(error).message }) }),
      );
    },
    [connection, collection, collections, short],
  );
  const keep = useCallback(() => setLosing(null), []);
  return { losing, keep, remove, onDelete, onDeletePicked };
}

/** What is asked before a deletion: what goes along, and what undo cannot bring back. */
export function lossText({ gone, left, short }: Losing, { name, paranoid }: CollectionInfo, guard: Guard): string {
  if (paranoid) {
    const parts = [...gone, ...left];
    const kept = parts.length > 0 ? d("ask.body", { parts: parts.join(", ") }) : short === "final" ? "" : d("ask.body.alone");
    return [kept, ...(short === "final" ? [d("ask.final", { collection: name })] : [])].join(" ").trim();
  }
  const said = [
    ...(gone.length > 0 ? [m(short === "final" ? "delete.body.along" : "delete.body.one", { parts: gone.join(", ") })] : []),
    ...(left.length > 0 ? [m(short === "final" ? "delete.body.loose" : "delete.body.left", { parts: left.join(", ") })] : []),
    ...(short === "final" ? [m("delete.body.final", { collection: name })] : short === "unseen" ? [m("delete.body.unseen")] : []),
  ];
  if (said.length > 0) return said.join(" ");
  return guard === "confirm" ? m("delete.body.confirm") : m("delete.body.many");
}

/** Undo makes a row of what can be read here, key and all; whoever may do less gets back less, or nothing. */
function shortOf(collection: CollectionInfo, capability: Capability | null): Short | null {
  if (!capability) return null;
  const { name, fields } = collection;
  const { create, read, update } = capability.of(name);
  if (collection.paranoid) return update === false ? "final" : null;
  const sent = fields.filter((field) => !field.computed && !field.hidden && !isStampName(field.name) && capability.may(name, "read", field.name));
  if (create === false || sent.some((field) => !capability.may(name, "create", field.name))) return "final";
  const seesAll = read !== false && read.fields.includes("*") && !fields.some((field) => field.hidden);
  return seesAll ? null : "unseen";
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

/** What a deletion does beside itself, each part in words. */
interface Along {
  /** Rows that go with it. */
  readonly gone: readonly string[];
  /** Rows that stay and lead nowhere. */
  readonly left: readonly string[];
}

/** Rows that lead to these ones, by every relation of every collection, whether it has a name at this end or not. */
async function dependants(
  connection: Connection,
  collection: CollectionInfo,
  collections: readonly CollectionInfo[],
  ids: readonly string[],
): Promise<Along> {
  const some = ids.slice(0, COUNTED_MAX);
  const leading = collections.flatMap((from) =>
    [...from.fields.flatMap((field) => field.relation ?? []), ...from.toAny]
      // Where they hold the row, the server refuses with its own words.
      .filter(({ target, onDelete }) => target === collection.name && (collection.paranoid || onDelete === "CASCADE" || onDelete === "SET NULL"))
      .map((relation) => ({ from, relation })),
  );
  const counted = await Promise.all(
    leading.map(async ({ from, relation }) => {
      const lead = leadingTo(from, collection, relation, some);
      try {
        const { rows } = await connection.estimate({ collection: from.name, filter: from.name === collection.name ? { AND: [lead, { [collection.primaryKey]: { notIn: some } }] } : lead });
        if (rows === 0) return [];
        const word = ids.length > COUNTED_MAX ? m("delete.part.some", { collection: from.name }) : m("delete.part", { count: rows, collection: from.name });
        return [{ word, gone: relation.onDelete !== "SET NULL" }];
      } catch {
        // Not readable for this role: the server decides at the delete itself.
        return [];
      }
    }),
  );
  const parts = counted.flat();
  return { gone: parts.filter((part) => part.gone).map(({ word }) => word), left: parts.filter((part) => !part.gone).map(({ word }) => word) };
}
