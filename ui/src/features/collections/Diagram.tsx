import "@xyflow/react/dist/base.css";
import { ConnectionMode, Handle, Position, ReactFlow, ReactFlowProvider, useReactFlow, useViewport, type Node, type NodeProps } from "@xyflow/react";
import { KeyRound, Link2, Maximize, Minus, Plus } from "lucide-react";
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { IconButton } from "@/kit/Button";
import { cx } from "@/kit/cx";
import { DiagramField, DiagramNode } from "@/kit/DiagramNode";
import { Keys } from "@/kit/keys";
import { endedFields, isChanged, primaryKey, relationOf, sameDraft, type Drafts, type Entry } from "./draft";
import { arrange, roomFor, spread, type Box, type Line, type Positions } from "./layout";
import { t } from "./messages";
import { RowCount } from "./queries";
import { RelationLine, type RelationEdge } from "./RelationLine";
import { laneOf, route } from "./route";
import { HEAD, heightOf, NODE_WIDTH, ROW, rowsOf, type Row } from "./rows";
import { useSight, type Sight } from "./sight";

type CollectionNode = Node<
  {
    readonly entry: Entry;
    readonly rows: readonly Row[];
    readonly more: number;
    readonly gone: boolean;
    readonly dim: boolean;
    readonly current: boolean;
    readonly field: string | undefined;
    readonly onField: (field: string) => void;
  },
  "collection"
>;
/** Sides of a row where a line may end. */
const SIDES = [
  ["l", Position.Left],
  ["r", Position.Right],
] as const;

function Ports({ id, at }: { id: string; at: number }) {
  return SIDES.map(([side, position]) => (
    <Handle
      key={side}
      id={`${id}:${side}`}
      type="source"
      position={position}
      className="size-2! min-h-0! min-w-0! rounded-full! border! border-line-control! bg-bg-page! opacity-0 transition-opacity duration-80 group-hover/node:opacity-100"
      style={{ top: at }}
    />
  ));
}

const CollectionBox = memo(function CollectionBox({ data }: NodeProps<CollectionNode>) {
  const { entry, rows, more, gone, dim, current, field, onField } = data;
  const { base, draft } = entry;
  return (
    <div className={cx("group/node", dim && "opacity-35")}>
      <DiagramNode
        name={
          <>
            {draft.name}
            {base && base.name !== draft.name ? <s className="ml-1.5 font-normal text-ink-3">{base.name}</s> : null}
          </>
        }
        count={base && !gone ? <RowCount collection={entry.id} /> : undefined}
        selected={current}
        changed={base !== undefined && !gone && isChanged(entry)}
        fresh={base === undefined}
        dropped={gone}
      >
        {rows.map((row) => (
          <button
            key={row.field.id}
            type="button"
            tabIndex={-1}
            className="block w-full text-left"
            onClick={(event) => {
              event.stopPropagation();
              onField(row.field.id);
            }}
          >
            <DiagramField
              icon={row.field.def["primaryKey"] === true ? KeyRound : relationOf(row.field) ? Link2 : undefined}
              name={row.field.name}
              type={row.type}
              state={gone ? "dropped" : base === undefined ? undefined : row.state}
              selected={current && field === row.field.id}
            />
          </button>
        ))}
        {more > 0 ? <div className="flex h-[22px] items-center px-2 pl-[26px] text-ink-3">{t("node.more", { count: more })}</div> : null}
      </DiagramNode>
      <Ports id="head" at={rowHeight(-1)} />
      {rows.map((row, index) => (
        <Ports key={row.field.id} id={row.field.id} at={rowHeight(index)} />
      ))}
    </div>
  );
});

/** The middle of a row from the top of its node; that of the head for a row that is not shown. */
const rowHeight = (index: number): number => (index < 0 ? HEAD / 2 : HEAD + 1 + index * ROW + ROW / 2);

const NODE_TYPES = { collection: CollectionBox };
const EDGE_TYPES = { relation: RelationLine };

export interface DiagramProps {
  readonly drafts: Drafts;
  readonly shown: readonly Entry[];
  readonly gone: ReadonlySet<string>;
  /** Collections that the search names; `null` when nobody searches. */
  readonly hits: ReadonlySet<string> | null;
  readonly selected: string | undefined;
  readonly field: string | undefined;
  readonly positions: Positions;
  readonly onPositions: (positions: Positions) => void;
  readonly onSelect: (collection: string | undefined, field?: string) => void;
  readonly onRelate: (source: string, target: string) => void;
  /** Counted up to lay everything out again. */
  readonly round: number;
  /** Whether there is room for the hints at the foot. */
  readonly hints: boolean;
}

export function Diagram(props: DiagramProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({ drafts, shown, gone, hits, selected, field, positions, onPositions, onSelect, onRelate, round, hints }: DiagramProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [dragged, setDragged] = useState<Positions | null>(null);
  const select = useRef(onSelect);
  useEffect(() => {
    select.current = onSelect;
  });

  const pictures = useMemo(
    () =>
      shown.map((entry) => {
        const ended = endedFields(entry.draft, gone);
        const picture = rowsOf(drafts, entry, ended);
        return { entry, ended, ...picture, height: heightOf(picture) };
      }),
    [shown, drafts, gone],
  );
  const relations = useMemo(() => {
    const visible = new Map(pictures.map((picture) => [picture.entry.id, picture]));
    return pictures.flatMap(({ entry, rows }) => {
      const pointing = rows.filter((row) => relationOf(row.field)).map((row) => row.field.id);
      return rows.flatMap(({ field: own, state, was }) => {
        const relation = relationOf(own);
        const target = relation ? visible.get(relation.target) : undefined;
        if (!relation || !target) return [];
        const key = target.entry.draft.fields.find((known) => known.id === primaryKey(target.entry.draft)?.id);
        const port = target.rows.findIndex((row) => row.field.id === key?.id);
        const staged = entry.base === undefined || was === undefined || !sameDraft(relationOf(was), relation);
        return [
          {
            id: `${entry.id} ${own.id}`,
            source: entry.id,
            target: target.entry.id,
            own,
            height: rowHeight(rows.findIndex((row) => row.field.id === own.id)),
            port,
            portId: target.rows[port]?.field.id ?? "head",
            many: own.def["unique"] !== true,
            lane: laneOf(pointing.indexOf(own.id)),
            dropped: state === "dropped" || gone.has(entry.id),
            staged,
          },
        ];
      });
    });
  }, [pictures, gone]);

  const boxes = useMemo(() => pictures.map(({ entry, height }): Box => ({ id: entry.id, width: NODE_WIDTH, height })), [pictures]);
  const lines = useMemo(() => relations.map(({ source, target }): Line => ({ from: target, to: source })), [relations]);

  const sight = useSight({ frame, boxes, positions, selected });

  // New collections get a place of their own; with none placed yet, all of them are laid out.
  const known = useRef({ boxes, lines, positions, onPositions });
  useEffect(() => {
    known.current = { boxes, lines, positions, onPositions };
  });
  const unplaced = boxes.filter((box) => positions[box.id] === undefined).map((box) => box.id).join("\n");
  useEffect(() => {
    if (unplaced === "") return;
    const now = known.current;
    const missing = now.boxes.filter((box) => now.positions[box.id] === undefined);
    if (missing.length === now.boxes.length) {
      now.onPositions({ ...now.positions, ...arrange(now.boxes, now.lines) });
    } else {
      const placed = now.boxes.flatMap((box) => {
        const point = now.positions[box.id];
        return point ? [{ ...box, ...point }] : [];
      });
      const next: Record<string, { x: number; y: number }> = { ...now.positions };
      for (const box of missing) {
        const near = new Set(now.lines.flatMap((line) => (line.from === box.id ? [line.to] : line.to === box.id ? [line.from] : [])));
        const point = roomFor(box, placed, near);
        placed.push({ ...box, ...point });
        next[box.id] = point;
      }
      now.onPositions(next);
    }
    // One more is brought into sight by being selected; several want the whole picture.
    if (missing.length > 1) sight.all("placed");
  }, [unplaced, sight]);

  const heights = boxes.map((box) => `${box.id} ${String(box.height)}`).join("\n");
  const held = useRef(heights);
  useEffect(() => {
    if (held.current === heights) return;
    held.current = heights;
    const now = known.current;
    const next = spread(now.boxes, now.positions);
    if (next !== now.positions) now.onPositions(next);
  }, [heights]);

  const first = useRef(round);
  useEffect(() => {
    if (first.current === round) return;
    first.current = round;
    const now = known.current;
    now.onPositions({ ...now.positions, ...arrange(now.boxes, now.lines) });
    sight.all("placed");
  }, [round, sight]);

  const nodes = useMemo(
    () =>
      pictures.flatMap(({ entry, rows, more, height }): CollectionNode[] => {
        const point = dragged?.[entry.id] ?? positions[entry.id];
        if (!point) return [];
        const sides = (id: string, at: number) =>
          SIDES.map(([side, position]) => ({
            id: `${id}:${side}`,
            type: "source" as const,
            position,
            x: side === "l" ? -4 : NODE_WIDTH - 4,
            y: at - 4,
            width: 8,
            height: 8,
          }));
        return [
          {
            id: entry.id,
            type: "collection",
            position: point,
            measured: { width: NODE_WIDTH, height },
            handles: [...sides("head", rowHeight(-1)), ...rows.flatMap((row, index) => sides(row.field.id, rowHeight(index)))],
            ariaLabel: t("node", { name: entry.draft.name, fields: rows.length + more }),
            selected: selected === entry.id,
            data: {
              entry,
              rows,
              more,
              gone: gone.has(entry.id),
              dim: hits !== null && !hits.has(entry.id),
              current: selected === entry.id,
              field,
              onField: (id) => select.current(entry.id, id),
            },
          },
        ];
      }),
    [pictures, positions, dragged, gone, hits, selected, field],
  );

  const routes = useMemo(() => {
    const placed = new Map(
      boxes.flatMap((box) => {
        const point = dragged?.[box.id] ?? positions[box.id];
        return point ? [[box.id, { ...box, ...point }] as const] : [];
      }),
    );
    return new Map(
      relations.flatMap(({ id, source, target, height, port, lane }) => {
        const [box, end] = [placed.get(source), placed.get(target)];
        if (!box || !end) return [];
        const others = [...placed.values()].filter((other) => other !== box && other !== end);
        return [[id, route({ box, y: box.y + height }, { box: end, y: end.y + rowHeight(port) }, others, lane, dragged === null)] as const];
      }),
    );
  }, [relations, boxes, positions, dragged]);

  const edges = useMemo(() => {
    const nameOf = (id: string): string => drafts.get(id)?.draft.name ?? id;
    return relations.flatMap(({ id, source, target, own, portId, many, dropped, staged }): RelationEdge[] => {
      const line = routes.get(id);
      if (!line) return [];
      return [
        {
          id,
          type: "relation",
          source,
          target,
          sourceHandle: `${own.id}:${line.from}`,
          targetHandle: `${portId}:${line.to}`,
          focusable: false,
          ariaLabel: t("edge", { from: nameOf(source), name: own.name, target: nameOf(target) }),
          data: { many, route: line, tone: dropped ? "bad" : staged ? "draft" : selected === source || selected === target ? "lit" : "plain" },
        },
      ];
    });
  }, [relations, routes, selected, drafts]);

  return (
    <div ref={frame} role="group" aria-label={t("canvas")} data-region="" className="canvas-dots relative min-h-0 min-w-0 flex-1">
      <ReactFlow<CollectionNode, RelationEdge>
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        connectionMode={ConnectionMode.Loose}
        connectionLineStyle={{ stroke: "var(--draft)", strokeWidth: 1.75, strokeDasharray: "4 3" }}
        onInit={sight.follow}
        minZoom={0.1}
        maxZoom={2}
        panOnScroll
        // A hand moves with an event, this file without one.
        onMoveStart={(event) => (event === null ? undefined : sight.moved())}
        zoomOnDoubleClick={false}
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={null}
        edgesFocusable={false}
        proOptions={{ hideAttribution: true }}
        onNodesChange={(changes) => {
          const moved: Record<string, { x: number; y: number }> = { ...(dragged ?? {}) };
          let ended = false;
          let any = false;
          for (const change of changes) {
            if (change.type === "position" && change.position) {
              moved[change.id] = change.position;
              any = true;
              if (change.dragging !== true) ended = true;
            } else if (change.type === "position" && change.dragging === false) ended = true;
            else if (change.type === "select" && change.selected && change.id !== selected) onSelect(change.id);
          }
          if (ended) {
            setDragged(null);
            if (Object.keys(moved).length > 0) onPositions({ ...positions, ...moved });
          } else if (any) setDragged(moved);
        }}
        onPaneClick={() => onSelect(undefined)}
        onConnectEnd={(event, state) => {
          const point = "changedTouches" in event ? event.changedTouches[0] : event;
          const under = point ? document.elementFromPoint(point.clientX, point.clientY) : null;
          const target = under?.closest<HTMLElement>(".react-flow__node")?.dataset["id"];
          if (state.fromNode && target !== undefined) onRelate(state.fromNode.id, target);
        }}
      />
      {hints ? (
        <p className="pointer-events-none absolute bottom-3 left-3 flex gap-3 rounded-control bg-bg-sunk px-1.5 py-1 text-second text-ink-2 max-[1100px]:hidden">
          <span>{t("canvas.hint")}</span>
          <span>
            <Keys keys="L" className="font-medium text-ink" /> {t("canvas.layout")}
          </span>
          <span>
            <Keys keys="/" className="font-medium text-ink" /> {t("canvas.find")}
          </span>
        </p>
      ) : null}
      <ZoomBox sight={sight} />
    </div>
  );
}

function ZoomBox({ sight }: { sight: Sight }) {
  const flow = useReactFlow();
  const { zoom } = useViewport();
  const byHand = (zoomed: () => Promise<boolean>) => {
    sight.moved();
    void zoomed();
  };
  return (
    <div role="group" aria-label={t("zoom")} className="absolute right-3 bottom-3 flex items-center rounded-control border border-line-strong bg-bg-page">
      <IconButton icon={Minus} iconSize={14} label={t("zoom.out")} onClick={() => byHand(() => flow.zoomOut())} />
      <span className="w-10 text-center text-ink-2">{`${String(Math.round(zoom * 100))}%`}</span>
      <IconButton icon={Plus} iconSize={14} label={t("zoom.in")} onClick={() => byHand(() => flow.zoomIn())} />
      <span aria-hidden className="h-[26px] w-px bg-line-strong" />
      <IconButton icon={Maximize} iconSize={14} label={t("zoom.fit")} onClick={() => sight.all("now")} />
    </div>
  );
}
