/** What stands on screen while rows are read, and where there are none. */
import { useQuery } from "@tanstack/react-query";
import { Plus, Upload } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { Button } from "@/kit/Button";
import { Empty, LoadingBars, LoadingLine } from "@/kit/states";
import { keys, type Connection } from "@/lib/client";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import { fieldAt, filterOf, isGroup, type FilterNode } from "@/lib/filters";
import { widthOf } from "./widths";
import { useStoreCount } from "./Facts";
import { m } from "./messages";
import { about, groupText, operatorText } from "./words";

/**
 * While a new query is under way and the old rows still stand: how long it takes, why, and the way
 * out. A query that is known to be dear says so at once.
 */
export function Waiting({ what, cost, onStop }: { what: string; cost: string | undefined; onStop: () => void }) {
  const [ms, setMs] = useState(0);
  useEffect(() => {
    const from = performance.now();
    const timer = setInterval(() => setMs(performance.now() - from), 100);
    return () => clearInterval(timer);
  }, []);
  if (ms < (cost === undefined ? 600 : 150)) return null;
  return (
    <div role="status" className="flex h-8 shrink-0 items-center gap-3 border-b border-line bg-bg-sunk px-3 text-second text-ink-3">
      <span className="tabular-nums">{m("waiting", { what, seconds: (ms / 1000).toFixed(1) })}</span>
      <span className="min-w-0 flex-1 truncate text-warn">{cost}</span>
      <Button size="small" keys="Escape" onClick={onStop}>
        {m("waiting.stop")}
      </Button>
    </div>
  );
}

export function EmptyRows({
  collection,
  find,
  connection,
  nodes,
  search,
  mayCreate,
  onRemove,
  onClear,
  onNew,
  onImport,
}: {
  collection: CollectionInfo;
  find: (name: string) => CollectionInfo | undefined;
  connection: Connection;
  /** The conditions that are applied. */
  nodes: readonly FilterNode[];
  search: string;
  mayCreate: boolean;
  onRemove: (node: FilterNode) => void;
  onClear: () => void;
  onNew: () => void;
  onImport: () => void;
}): ReactNode {
  const { name } = collection;
  const filtered = nodes.length > 0 || search !== "";
  const all = useStoreCount(connection, name, filtered);
  // The condition whose absence would show the most rows is the one worth naming.
  const without = useQuery({
    queryKey: [...keys.count(connection, name), "without", JSON.stringify(nodes), search],
    enabled: nodes.length > 0,
    queryFn: async ({ signal }) => {
      const counts = await Promise.all(
        nodes.map(async (node) => ({
          node,
          ...(await connection.estimate({ collection: name, filter: filterOf(collection, nodes.filter((other) => other !== node), find), search }, signal)),
        })),
      );
      return counts.filter((entry) => entry.rows > 0).sort((a, b) => b.rows - a.rows)[0] ?? null;
    },
  }).data;
  if (filtered) {
    return (
      <Empty
        title={all ? m("empty.filtered", { total: about(all.rows, all.exact), collection: name }) : m("empty.filtered.plain", { collection: name })}
        actions={
          <>
            {without ? <Button onClick={() => onRemove(without.node)}>{m("empty.removeThat")}</Button> : null}
            <Button kind="ghost" command="data.clearFilters" onClick={onClear}>
              {m("empty.clear")}
            </Button>
          </>
        }
      >
        {without
          ? m.rich("empty.without", {
              pill: <b className="font-semibold text-ink">{nodeText(collection, without.node, find)}</b>,
              count: about(without.rows, without.exact),
            })
          : null}
      </Empty>
    );
  }
  return (
    <Empty
      title={m("empty.title", { collection: name })}
      actions={
        mayCreate ? (
          <>
            <Button icon={Plus} command="data.newRow" onClick={onNew}>
              {m("newRow")}
            </Button>
            <Button icon={Upload} onClick={onImport}>
              {m("import")}
            </Button>
          </>
        ) : undefined
      }
    >
      {mayCreate ? m("empty.body") : m("empty.readOnly")}
    </Empty>
  );
}

function nodeText(collection: CollectionInfo, node: FilterNode, find: (name: string) => CollectionInfo | undefined): string {
  if (isGroup(node)) return groupText(node);
  return `${node.field} ${operatorText(node.op, fieldAt(collection, node.field, find))} ${node.text}`;
}

/** Nothing for 150 ms, then bars in the true column widths, then the time it takes. */
export function FirstRead({ collection, fields }: { collection: CollectionInfo; fields: readonly FieldInfo[] }) {
  const [ms, setMs] = useState(0);
  useEffect(() => {
    const from = performance.now();
    const timer = setInterval(() => setMs(performance.now() - from), 100);
    return () => clearInterval(timer);
  }, []);
  if (ms < 150) return null;
  const what = m("grid.reading", { collection: collection.name });
  return (
    <div role="status" aria-label={what}>
      <LoadingBars columns={fields.slice(0, 10).map((field) => widthOf(field) * 0.7)} rows={12} />
      {ms > 600 ? (
        <div className="px-3">
          <LoadingLine what={what} seconds={ms / 1000} stoppable />
        </div>
      ) : null}
    </div>
  );
}
