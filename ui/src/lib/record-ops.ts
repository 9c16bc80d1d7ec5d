/** Rows as pending changes: how cells are staged, and how they become one atomic batch. */
import { faultOf, type BatchOperation, type Connection } from "./client";
import type { CollectionInfo, FieldInfo } from "./fields";
import { keyOf, type Adapter, type CommitAnswer, type Conflict, type Op, type Target } from "./pending";
import { DEFAULT, equal, type Value } from "./values";
import type { RawRow } from "./rows";
import { fromWire, toWire } from "./wire";

export const RECORDS = "records";

/** New rows carry a made-up id until the server gives one. */
export function isNewId(id: string): boolean {
  return id.startsWith("new:");
}

let counter = 0;
/** The part after the colon orders rows staged in one window; the random part keeps drafts apart. */
export function newRowId(): string {
  counter += 1;
  const random = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return `new:${String(counter)}-${random.toString(36)}`;
}

/** The mark of a new row as such; its cells are staged beside it. */
const ROW = "";

export function cellTarget(collection: string, row: string, field: string): Target {
  return { scope: RECORDS, path: [collection, row, field] };
}

export function rowTarget(collection: string, row: string): Target {
  return cellTarget(collection, row, ROW);
}

export function isRowMark(target: Target): boolean {
  return target.path[2] === ROW;
}

export function stageCell(collection: string, row: string, field: FieldInfo, before: Value, after: Value): Op {
  const secret = field.hidden || /password|secret|token/i.test(field.name);
  return { target: cellTarget(collection, row, field.name), before, after, ...(secret ? { secret: true } : {}) };
}

export function stageNewRow(collection: string, row: string): Op {
  return { target: rowTarget(collection, row), before: null, after: "new" };
}

export interface RowChange {
  readonly collection: string;
  readonly row: string;
  readonly isNew: boolean;
  readonly cells: ReadonlyMap<string, Op>;
}

/** Changes gathered by row: new rows first, then in the order in which the rows were touched. */
export function rowChanges(ops: readonly Op[]): readonly RowChange[] {
  const rows = new Map<string, { collection: string; row: string; isNew: boolean; cells: Map<string, Op> }>();
  for (const op of ops) {
    const [collection = "", row = "", field = ""] = op.target.path;
    const key = JSON.stringify([collection, row]);
    const held = rows.get(key) ?? { collection, row, isNew: isNewId(row), cells: new Map<string, Op>() };
    if (field !== ROW) held.cells.set(field, op);
    rows.set(key, held);
  }
  const all = [...rows.values()];
  return [...all.filter((change) => change.isNew), ...all.filter((change) => !change.isNew)];
}

export interface Facts {
  readonly rows: number;
  readonly inserts: number;
  readonly updates: number;
  readonly cells: number;
}

export function factsOf(changes: readonly RowChange[]): Facts {
  const inserts = changes.filter((change) => change.isNew).length;
  return {
    rows: changes.length,
    inserts,
    updates: changes.length - inserts,
    cells: changes.reduce((sum, change) => sum + change.cells.size, 0),
  };
}

/** The batch for these changes, and which change each of its fields came from. */
export function batchOf(
  changes: readonly RowChange[],
  collectionOf: (name: string) => CollectionInfo | undefined,
): readonly BatchOperation[] {
  return changes.map((change) => {
    const collection = collectionOf(change.collection);
    const data: Record<string, unknown> = {};
    const expect: Record<string, unknown> = {};
    for (const [name, op] of change.cells) {
      const field = collection?.fields.find((f) => f.name === name);
      if (!field) continue;
      const sent = toWire(field.type, (op.after ?? DEFAULT) as Value);
      if (sent !== undefined) data[name] = sent;
      const stood = toWire(field.type, (op.before ?? DEFAULT) as Value);
      if (stood !== undefined) expect[name] = stood;
    }
    if (change.isNew) return { op: "create", collection: change.collection, data };
    return { op: "update", collection: change.collection, id: change.row, data, expect };
  });
}

/** The batch that takes a committed one back, as long as nobody changed the rows since. */
function reverse(
  changes: readonly RowChange[],
  done: readonly { readonly id: string }[],
  collectionOf: (name: string) => CollectionInfo | undefined,
): readonly BatchOperation[] {
  return changes
    .map((change, index): BatchOperation => {
      const id = done[index]?.id ?? change.row;
      if (change.isNew) return { op: "delete", collection: change.collection, id };
      const swapped: RowChange = {
        ...change,
        row: id,
        cells: new Map([...change.cells].map(([name, op]) => [name, { ...op, before: op.after, after: op.before }])),
      };
      return batchOf([swapped], collectionOf)[0] ?? { op: "update", collection: change.collection, id };
    })
    .reverse();
}

export function recordAdapter(
  connection: Connection,
  collectionOf: (name: string) => CollectionInfo | undefined,
  onChanged: (collections: readonly string[]) => void,
): Adapter {
  const typeOf = (target: Target) =>
    collectionOf(target.path[0] ?? "")?.fields.find((field) => field.name === target.path[2])?.type;

  return {
    same(a, b, target) {
      if (isRowMark(target)) return a === b;
      const type = typeOf(target);
      const [x, y] = [(a ?? DEFAULT) as Value, (b ?? DEFAULT) as Value];
      return type ? equal(type, x, y) : JSON.stringify(x) === JSON.stringify(y);
    },

    async preview(ops) {
      return connection.plan(batchOf(rowChanges(ops), collectionOf));
    },

    async commit(ops): Promise<CommitAnswer> {
      const changes = rowChanges(ops);
      const touched = [...new Set(changes.map((change) => change.collection))];
      let done;
      try {
        done = await connection.batch(batchOf(changes, collectionOf));
      } catch (error) {
        const conflicts = await conflictsOf(connection, error, changes, collectionOf);
        if (conflicts.length === 0) throw error;
        return { ok: false, conflicts };
      }
      onChanged(touched);
      const back = reverse(changes, done, collectionOf);
      return {
        ok: true,
        undo: async () => {
          await connection.batch(back);
          onChanged(touched);
        },
      };
    },
  };
}

/** So many rows are read in one request: their keys stand in its address, which has an end. */
const KEYS_PER_READ = 200;

/** 409 with `details:[{index, field}]`, read as base, theirs and mine. */
async function conflictsOf(
  connection: Connection,
  error: unknown,
  changes: readonly RowChange[],
  collectionOf: (name: string) => CollectionInfo | undefined,
): Promise<readonly Conflict[]> {
  const fault = faultOf(error);
  if (fault.status !== 409 || fault.code !== "CONFLICT") return [];
  const found = fault.details.flatMap((detail) => {
    // Where there is but one, none is counted.
    const change = changes[typeof detail["index"] === "number" ? detail["index"] : changes.length === 1 ? 0 : -1];
    const op = typeof detail["field"] === "string" ? change?.cells.get(detail["field"]) : undefined;
    const collection = change && collectionOf(change.collection);
    const field = collection?.fields.find((known) => known.name === detail["field"]);
    return change && op && collection && field ? [{ change, op, collection, field }] : [];
  });
  // What a refusal says stands there now went through a parser of numbers; a read keeps every digit.
  const stored = new Map<string, RawRow>();
  for (const collection of new Set(found.map((one) => one.collection))) {
    const own = found.filter((one) => one.collection === collection);
    const ids = [...new Set(own.map((one) => one.change.row))];
    const fields = [...new Set([collection.primaryKey, ...own.map((one) => one.field.name)])];
    for (let from = 0; from < ids.length; from += KEYS_PER_READ) {
      const some = ids.slice(from, from + KEYS_PER_READ);
      const { rows } = await connection.page(
        { collection: collection.name, fields, filter: { [collection.primaryKey]: { in: some } } },
        { page: 0, offset: 0, limit: some.length, count: "none", signal: new AbortController().signal },
      );
      for (const row of rows) stored.set(JSON.stringify([collection.name, String(row[collection.primaryKey] as string | number)]), row);
    }
  }
  return found.flatMap(({ change, op, collection, field }) => {
    const row = stored.get(JSON.stringify([collection.name, change.row]));
    return row ? [{ key: keyOf(op.target), base: op.before, theirs: fromWire(field.type, row[field.name]), mine: op.after }] : [];
  });
}
