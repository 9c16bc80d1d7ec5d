import "@xyflow/react/dist/base.css";
import { ConnectionMode, ReactFlow, ReactFlowProvider, useOnViewportChange, useReactFlow, ViewportPortal } from "@xyflow/react";
import { Crosshair, Folder, FolderMinus, FolderPlus, LayoutGrid, Link2, Maximize, Plus, Table2, Trash2 } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useCommands } from "@/kit/commands";
import { ContextMenu } from "@/kit/ContextMenu";
import { Keys } from "@/kit/keys";
import type { MenuEntries } from "@/kit/Menu";
import { groupOf, put, type Groups } from "@/lib/groups";
import { FrameBox, GroupChips, NearBar, SmallMap, ZoomBox, type Depth } from "./CanvasTools";
import { CollectionBox, rowHeight, type CollectionNode } from "./CollectionBox";
import { d } from "./diagram-messages";
import { endedFields, isSystem, primaryKey, relationOf, sameDraft, type Drafts, type Entry } from "./draft";
import { useDrawn, type Ask } from "./draw";
import type { End } from "./ends";
import { framesOf } from "./frames";
import { arrangeInTurns, FRAME, settle, spread } from "./layout";
import { t } from "./messages";
import { firstOf, neighbourhood } from "./neighbours";
import { placedOf, type Box, type Line, type Point, type Positions } from "./place";
import { DrawnLine, RelationLines, type Relation } from "./RelationLine";
import { laneOf } from "./route";
import { heightOf, NODE_WIDTH, rowsOf } from "./rows";
import { SMALLEST, useSight } from "./sight";
import { boxOf, stepOf } from "./walk";

const NODE_TYPES = { collection: CollectionBox };
/** More boxes than this, and those out of sight are left out of the page. */
const ALL_DRAWN_MAX = 150;
/** More neighbours than this are not told one by one. */
const TOLD_MAX = 6;

export interface DiagramProps {
  readonly drafts: Drafts;
  /** Everything that has a place. */
  readonly everyone: readonly Entry[];
  readonly groups: Groups;
  readonly onGroups: (change: (groups: Groups) => Groups) => void;
  /** The groups that are shown alone; all collections when there are none. */
  readonly only: ReadonlySet<string>;
  readonly onOnly: (only: ReadonlySet<string>) => void;
  readonly onEditGroups: (collection?: string) => void;
  readonly gone: ReadonlySet<string>;
  /** What is looked for, and the collections that say it; `null` when nobody searches. */
  readonly looked: string;
  readonly hits: ReadonlySet<string> | null;
  readonly hitFields: ReadonlySet<string>;
  /** What shall be brought near: a new one for every time. */
  readonly jump: { readonly to: string } | null;
  readonly selected: string | undefined;
  readonly field: string | undefined;
  readonly depth: Depth;
  readonly onDepth: (depth: Depth) => void;
  readonly positions: Positions;
  readonly onPositions: (positions: Positions) => void;
  readonly map: boolean;
  readonly onMap: (map: boolean) => void;
  readonly readOnly: boolean;
  readonly onSelect: (collection: string | undefined, field?: string) => void;
  readonly onRelate: (from: End, to?: End) => void;
  readonly onRows: (collection: string) => void;
  readonly onNew: () => void;
  readonly onDrop: () => void;
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

/** Things made anew only when what they are made of has changed: whoever draws them knows them again. */
function useKept<Item>(): (id: string, of: readonly unknown[], make: () => Item) => Item {
  const [held] = useState(() => new Map<string, { readonly of: readonly unknown[]; readonly item: Item }>());
  return useCallback(
    (id, of, make) => {
      const old = held.get(id);
      if (old && old.of.length === of.length && old.of.every((part, index) => Object.is(part, of[index]))) return old.item;
      const item = make();
      held.set(id, { of, item });
      return item;
    },
    [held],
  );
}

const NO_FIELDS: ReadonlySet<string> = new Set();

function Canvas(props: DiagramProps) {
  const { drafts, everyone, groups, onGroups, only, gone, looked, hits, hitFields, jump, selected, field, depth, onDepth, positions, map, onSelect, onRelate, readOnly } = props;
  const frame = useRef<HTMLDivElement>(null);
  const flow = useReactFlow();
  const [dragged, setDragged] = useState<Positions | null>(null);
  const [grab, setGrab] = useState<string | null>(null);
  const [relating, setRelating] = useState(false);
  const [menuFor, setMenuFor] = useState<string | undefined>(undefined);
  const [round, setRound] = useState(0);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const onField = useCallback((collection: string, id: string) => latest.current.onSelect(collection, id), []);

  const picture = useKept<{ readonly ended: ReadonlySet<string>; readonly rows: ReturnType<typeof rowsOf>["rows"]; readonly more: number; readonly height: number }>();
  const pictures = useMemo(
    () =>
      everyone.map((entry) => {
        const wanted = entry.draft.fields.filter((known) => known.id === field || hitFields.has(known.id)).map((known) => known.id);
        const made = picture(entry.id, [entry, drafts, gone, wanted.join(" ")], () => {
          const ended = endedFields(entry.draft, gone);
          const shown = rowsOf(drafts, entry, ended, wanted.length === 0 ? NO_FIELDS : new Set(wanted));
          return { ended, ...shown, height: heightOf(shown) };
        });
        return { entry, ...made };
      }),
    [everyone, drafts, gone, field, hitFields, picture],
  );
  const relations = useMemo(() => {
    const visible = new Map(pictures.map((one) => [one.entry.id, one]));
    return pictures.flatMap(({ entry, rows }) => {
      const pointing = rows.filter((row) => relationOf(row.field)).map((row) => row.field.id);
      return rows.flatMap(({ field: own, state, was }) => {
        const relation = relationOf(own);
        const target = relation ? visible.get(relation.target) : undefined;
        if (!relation || !target) return [];
        const key = primaryKey(target.entry.draft)?.id;
        const port = target.rows.findIndex((row) => row.field.id === key);
        const staged = entry.base === undefined || was === undefined || !sameDraft(relationOf(was), relation);
        return [
          {
            id: `${entry.id} ${own.id}`,
            source: entry.id,
            target: target.entry.id,
            own,
            height: rowHeight(rows.findIndex((row) => row.field.id === own.id)),
            port,
            many: own.def["unique"] !== true,
            lane: laneOf(pointing.indexOf(own.id)),
            dropped: state === "dropped" || gone.has(entry.id),
            staged,
          },
        ];
      });
    });
  }, [pictures, gone]);

  // The same boxes while their heights are: search and selection change neither.
  const heights = pictures.map(({ entry, height }) => `${entry.id}\t${String(height)}`).join("\n");
  const boxes = useMemo(
    () =>
      heights.split("\n").flatMap((line): Box[] => {
        const [id, height] = line.split("\t");
        return id === undefined || id === "" ? [] : [{ id, width: NODE_WIDTH, height: Number(height) }];
      }),
    [heights],
  );
  const lines = useMemo(() => relations.map(({ source, target, port, height }): Line => ({ from: target, to: source, fromAt: rowHeight(port), toAt: height })), [relations]);
  const shown = useMemo(() => {
    const chosen = groups.filter((group) => only.has(group.id));
    if (chosen.length === 0) return boxes;
    const ids = new Set(chosen.flatMap((group) => group.members));
    return boxes.filter((box) => ids.has(box.id));
  }, [boxes, groups, only]);
  const near = useMemo(() => (depth > 0 && selected !== undefined ? neighbourhood(lines, selected, depth) : null), [lines, selected, depth]);

  const sight = useSight({ frame, boxes: shown, positions, selected, map, ...(groups.some((group) => group.members.length > 0) ? { around: FRAME } : {}) });

  const known = useRef({ boxes, lines, positions, groups, onPositions: props.onPositions });
  useEffect(() => {
    known.current = { boxes, lines, positions, groups, onPositions: props.onPositions };
  });
  const layOut = useCallback(
    (wanted: () => boolean) => {
      const now = known.current;
      void arrangeInTurns(now.boxes, now.lines, (id) => groupOf(now.groups, id)?.id, wanted).then((found) => {
        if (!found) return;
        sight.all("placed");
        known.current.onPositions(found);
      });
    },
    [sight],
  );
  // New collections get a place of their own; with none placed yet, all of them are laid out.
  const unplaced = boxes.filter((box) => positions[box.id] === undefined).map((box) => box.id).join("\n");
  useEffect(() => {
    if (unplaced === "") return undefined;
    const now = known.current;
    const missing = unplaced.split("\n").length;
    if (missing === now.boxes.length) {
      let here = true;
      layOut(() => here);
      return () => {
        here = false;
      };
    }
    // One more is brought into sight by being selected; several want the whole picture.
    if (missing > 1) sight.all("placed");
    now.onPositions(settle(now.boxes, now.lines, now.positions, (id) => groupOf(now.groups, id)?.id));
    return undefined;
  }, [unplaced, sight, layOut]);

  const held = useRef(heights);
  useEffect(() => {
    if (held.current === heights) return;
    held.current = heights;
    const now = known.current;
    const next = spread(now.boxes, now.positions);
    if (next !== now.positions) now.onPositions(next);
  }, [heights]);

  useEffect(() => {
    if (round === 0) return undefined;
    let here = true;
    layOut(() => here);
    return () => {
      here = false;
    };
  }, [round, layOut]);

  // Fewer collections, or more: the whole of them.
  const onlyThese = [...only].sort().join(" ");
  const wasOnly = useRef(onlyThese);
  useEffect(() => {
    if (wasOnly.current === onlyThese) return;
    wasOnly.current = onlyThese;
    sight.all("now");
  }, [onlyThese, sight]);
  const wasJump = useRef(jump);
  useEffect(() => {
    if (wasJump.current === jump) return;
    wasJump.current = jump;
    if (jump) sight.near(jump.to);
  }, [jump, sight]);
  const wasNear = useRef(near);
  useEffect(() => {
    const before = wasNear.current;
    wasNear.current = near;
    if (near && selected !== undefined && near !== before) sight.some(near, selected);
  }, [near, selected, sight]);

  const all = useMemo(() => placedOf(boxes, dragged ? { ...positions, ...dragged } : positions), [boxes, positions, dragged]);
  const visible = useMemo(() => new Set(shown.map((box) => box.id)), [shown]);
  const placed = useMemo(() => all.filter((box) => visible.has(box.id)), [all, visible]);
  const frames = useMemo(() => (dragged ? [] : framesOf(groups, placed)), [groups, placed, dragged]);
  const stop = selected !== undefined && visible.has(selected) ? selected : firstOf(placed);

  const nameOf = useCallback((id: string): string => drafts.get(id)?.draft.name ?? id, [drafts]);
  const keptNode = useKept<CollectionNode>();
  const nodes = useMemo(() => {
    const at = new Map(placed.map((box) => [box.id, box]));
    return pictures.flatMap(({ entry, rows, more, height }): CollectionNode[] => {
      const box = at.get(entry.id);
      if (!box) return [];
      const group = groupOf(groups, entry.id);
      const current = selected === entry.id;
      const dim = (hits !== null && !hits.has(entry.id) && !current) || (near !== null && !near.has(entry.id));
      const said = current
        ? [...neighbourhood(lines, entry.id, 1)].filter((id) => id !== entry.id)
        : [];
      const description = [
        ...(group ? [d("node.group", { group: group.name })] : []),
        ...(!current ? [] : said.length === 0 ? [d("node.alone")] : [d("node.leads", { names: said.slice(0, TOLD_MAX).map(nameOf).join(", ") + (said.length > TOLD_MAX ? ", …" : "") })]),
      ].join(" ");
      const mine = current ? field : undefined;
      const words = hits?.has(entry.id) ? looked : "";
      const parts = [entry, rows, more, box.x, box.y, height, gone.has(entry.id), dim, current, mine, words, group?.colour, grab === entry.id, stop === entry.id, description, drafts];
      return [
        keptNode(entry.id, parts, () => {
          return {
            id: entry.id,
            type: "collection",
            position: { x: box.x, y: box.y },
            measured: { width: NODE_WIDTH, height },
            ariaRole: "group",
            ariaLabel: t("node", { name: entry.draft.name, fields: rows.length + more }),
            domAttributes: {
              tabIndex: stop === entry.id ? 0 : -1,
              "aria-roledescription": d("node.type"),
              "aria-current": current || undefined,
              "aria-description": description === "" ? undefined : description,
            },
            selected: current,
            data: { entry, rows, more, height, gone: gone.has(entry.id), dim, current, field: mine, looked: words, colour: group?.colour, grab: grab === entry.id, onField },
          };
        }),
      ];
    });
  }, [pictures, placed, groups, lines, gone, hits, near, looked, selected, field, grab, stop, drafts, nameOf, onField, keptNode]);

  const asks = useMemo(() => {
    const at = new Map(placed.map((box) => [box.id, box]));
    return relations.flatMap(({ id, source, target, height, port, lane }): Ask[] => {
      const [box, end] = [at.get(source), at.get(target)];
      return box && end ? [{ id, from: { box, y: box.y + height }, to: { box: end, y: end.y + rowHeight(port) }, lane }] : [];
    });
  }, [relations, placed]);
  const routes = useDrawn(asks, placed, dragged !== null);

  const keptLine = useKept<Relation>();
  const drawn = useMemo(
    () =>
      relations.flatMap(({ id, source, target, own, many, dropped, staged }): Relation[] => {
        const line = routes.get(id);
        if (!line) return [];
        const out = near !== null && !(near.has(source) && near.has(target));
        const tone = out ? "dim" : dropped ? "bad" : staged ? "draft" : selected === source || selected === target ? "lit" : "plain";
        const said = t("edge", { from: nameOf(source), name: own.name, target: nameOf(target) });
        return [keptLine(id, [line, many, tone, said], () => ({ id, many, route: line, tone, said }))];
      }),
    [relations, routes, selected, near, nameOf, keptLine],
  );

  useOnViewportChange({ onChange: ({ zoom }) => frame.current?.style.setProperty("--zoom", String(zoom)) });

  const current = selected === undefined ? undefined : drafts.get(selected);
  const stored = current?.base !== undefined && !gone.has(current.id);
  const cycle = () => onDepth(((depth + 1) % 3) as Depth);
  const zoomed = (by: "in" | "out") => {
    sight.moved();
    void (by === "in" ? flow.zoomIn() : flow.zoomOut());
  };
  const group = t("cmd");
  useCommands([
    { id: "diagram.layout", label: t("cmd.layout"), keys: "L", group, icon: LayoutGrid, run: () => setRound(round + 1) },
    { id: "diagram.group", label: d("cmd.group"), keys: "G", group, icon: Folder, run: () => props.onEditGroups(selected) },
    { id: "diagram.map", label: d("cmd.map"), keys: "M", group, run: () => props.onMap(!map) },
    { id: "diagram.fit", label: d("cmd.fit"), keys: "0", group, run: () => sight.all("now") },
    { id: "diagram.in", label: d("cmd.in"), keys: "+", group, sheetOnly: true, run: () => zoomed("in") },
    { id: "diagram.out", label: d("cmd.out"), keys: "-", group, sheetOnly: true, run: () => zoomed("out") },
    { id: "diagram.walk", label: d("cmd.walk"), keys: ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"], group, sheetOnly: true },
    { id: "diagram.carry", label: d("cmd.carry"), keys: "Shift+ArrowRight", group, sheetOnly: true },
    { id: "diagram.into", label: d("cmd.into"), keys: "Enter", group, sheetOnly: true },
    ...(current ? [{ id: "diagram.near", label: d("cmd.near"), keys: "F", group, icon: Crosshair, run: cycle }] : []),
    ...(current && stored ? [{ id: "diagram.rows", label: d("cmd.rows"), keys: "Mod+Enter", group, icon: Table2, run: () => props.onRows(current.id) }] : []),
  ]);

  const target = menuFor === undefined ? undefined : drafts.get(menuFor);
  const home = target ? groupOf(groups, target.id) : undefined;
  const entries: MenuEntries = target
    ? [
        ...(target.base ? [{ label: d("rows"), icon: Table2, keys: "Mod+Enter", onSelect: () => props.onRows(target.id) }] : []),
        { label: d("near", { name: target.draft.name }), icon: Crosshair, keys: "F", onSelect: () => onDepth(1) },
        ...(readOnly ? [] : [{ label: t("cmd.relate"), icon: Link2, keys: "R", onSelect: () => onRelate({ collection: target.id }) }]),
        null,
        ...groups.filter((one) => one !== home).map((one) => ({ label: d("group.into", { group: one.name }), icon: Folder, onSelect: () => onGroups((held) => put(held, target.id, one.id)) })),
        ...(home ? [{ label: d("group.out", { group: home.name }), icon: FolderMinus, onSelect: () => onGroups((held) => put(held, target.id, undefined)) }] : []),
        { label: d("group.newFor", { name: target.draft.name }), icon: FolderPlus, keys: "G", onSelect: () => props.onEditGroups(target.id) },
        ...(readOnly || isSystem(target) ? [] : [null, { label: target.draft.dropped ? t("putBack.field", { name: target.draft.name }) : t("drop.collection", { name: target.draft.name }), icon: Trash2, keys: "Delete", destructive: target.draft.dropped !== true, onSelect: props.onDrop }]),
      ]
    : [
        ...(readOnly ? [] : [{ label: t("cmd.new"), icon: Plus, keys: "N", onSelect: props.onNew }]),
        { label: t("cmd.layout"), icon: LayoutGrid, keys: "L", onSelect: () => setRound(round + 1) },
        { label: t("zoom.fit"), icon: Maximize, keys: "0", onSelect: () => sight.all("now") },
        { label: d("groups.edit"), icon: Folder, keys: "G", onSelect: () => props.onEditGroups() },
      ];

  const carry = (id: string, to: Point) => props.onPositions({ ...positions, [id]: to });
  return (
    <ContextMenu entries={entries}>
      <div
        ref={frame}
        role="group"
        aria-label={t("canvas")}
        data-region=""
        data-relating={relating || undefined}
        className="canvas-dots relative min-h-0 min-w-0 flex-1"
        onContextMenuCapture={(event) => {
          const id = event.target instanceof Element ? event.target.closest<HTMLElement>(".react-flow__node")?.dataset["id"] : undefined;
          setMenuFor(id);
          if (id !== undefined && id !== selected) onSelect(id);
        }}
        onKeyDown={(event) => {
          const id = boxOf(event);
          const box = placed.find((one) => one.id === id);
          if (!box || event.altKey) return;
          const rows = pictures.find((one) => one.entry.id === box.id)?.rows.map((row) => row.field.id) ?? [];
          const step = stepOf({ key: event.key, shift: event.shiftKey, mod: event.ctrlKey || event.metaKey }, box, placed, rows, box.id === selected ? field : undefined);
          if (!step || step.kind === "rows") return;
          event.preventDefault();
          event.stopPropagation();
          if (step.kind === "walk") {
            setGrab(step.to);
            onSelect(step.to);
          } else if (step.kind === "field") onSelect(box.id, step.field);
          else if (step.kind === "leave") onSelect(box.id);
          else carry(box.id, step.to);
        }}
        onFocus={() => setGrab(null)}
      >
        <ReactFlow<CollectionNode>
          nodes={nodes}
          nodeTypes={NODE_TYPES}
          connectionMode={ConnectionMode.Loose}
          connectionLineComponent={DrawnLine}
          nodesConnectable={!readOnly}
          // A click selects; a line is drawn by dragging.
          connectOnClick={false}
          onInit={sight.follow}
          minZoom={SMALLEST}
          maxZoom={2}
          panOnScroll
          // A hand moves with an event, this file without one.
          onMoveStart={(event) => (event === null ? undefined : sight.moved())}
          zoomOnDoubleClick={false}
          deleteKeyCode={null}
          selectionKeyCode={null}
          multiSelectionKeyCode={null}
          nodesFocusable={false}
          disableKeyboardA11y
          onlyRenderVisibleElements={placed.length > ALL_DRAWN_MAX}
          proOptions={{ hideAttribution: true }}
          onNodesChange={(changes) => {
            const moved: Record<string, Point> = { ...(dragged ?? {}) };
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
              if (Object.keys(moved).length > 0) props.onPositions({ ...positions, ...moved });
            } else if (any) setDragged(moved);
          }}
          onNodeDoubleClick={(_, node) => (node.data.entry.base ? props.onRows(node.id) : undefined)}
          onPaneClick={() => onSelect(undefined)}
          onConnectStart={() => setRelating(true)}
          onConnectEnd={(event, state) => {
            setRelating(false);
            const point = "changedTouches" in event ? event.changedTouches[0] : event;
            const under = point ? document.elementFromPoint(point.clientX, point.clientY) : null;
            const end = under?.closest<HTMLElement>(".react-flow__node")?.dataset["id"];
            const start = state.fromHandle?.id?.replace(/:[lr]$/, "");
            const from: End = { collection: state.fromNode?.id ?? "", field: start === "head" ? undefined : start };
            const to: End = { collection: end ?? "", field: under?.closest<HTMLElement>("[data-field]")?.dataset["field"] };
            if (readOnly || !state.fromNode || end === undefined || (from.collection === to.collection && from.field === to.field)) return;
            onRelate(from, to);
          }}
        >
          <ViewportPortal>
            {frames.map((one, index) => (
              <FrameBox key={`${one.group} ${String(index)}`} frame={one} />
            ))}
            <RelationLines relations={drawn} />
          </ViewportPortal>
          {map ? <SmallMap sight={sight} /> : null}
        </ReactFlow>
        <div className="pointer-events-none absolute inset-x-3 top-2 z-10 flex items-start gap-3 *:pointer-events-auto">
          <GroupChips groups={groups} only={only} onOnly={props.onOnly} onEdit={() => props.onEditGroups(selected)} shown={shown.length} all={boxes.length} />
          {current ? <NearBar name={current.draft.name} depth={depth} onDepth={onDepth} /> : null}
        </div>
        {props.hints ? (
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
        <ZoomBox sight={sight} map={map} onMap={props.onMap} />
        <p aria-live="polite" className="sr-only">
          {near && current ? d("near.said", { name: current.draft.name, count: near.size - 1 }) : ""}
        </p>
      </div>
    </ContextMenu>
  );
}
