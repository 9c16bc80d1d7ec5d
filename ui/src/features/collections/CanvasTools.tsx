/** What lies on the canvas: groups at the top left, neighbours at the top right, map and zoom at the bottom right. */
import { MiniMap, useReactFlow, useViewport } from "@xyflow/react";
import { Map as MapIcon, Maximize, Minus, Pencil, Plus } from "lucide-react";
import { IconButton } from "@/kit/Button";
import { cx } from "@/kit/cx";
import { SWATCHES } from "@/kit/GridCell";
import { Segmented } from "@/kit/Segmented";
import type { Groups } from "@/lib/groups";
import type { CollectionNode } from "./CollectionBox";
import { d } from "./diagram-messages";
import type { Frame } from "./frames";
import { t } from "./messages";
import { MAP, type Sight } from "./sight";

/** Groups as switches: those that are on are shown alone. */
export function GroupChips({ groups, only, onOnly, onEdit, shown, all }: {
  groups: Groups;
  only: ReadonlySet<string>;
  onOnly: (only: ReadonlySet<string>) => void;
  onEdit: () => void;
  shown: number;
  all: number;
}) {
  if (groups.length === 0) return null;
  const toggle = (id: string) => {
    const next = new Set(only);
    if (!next.delete(id)) next.add(id);
    onOnly(next);
  };
  return (
    <div role="group" aria-label={d("groups")} className="pointer-events-none! flex min-w-0 flex-wrap items-center gap-1.5">
      {groups.map((group) => (
        <button
          key={group.id}
          type="button"
          aria-pressed={only.has(group.id)}
          aria-label={d("groups.only", { name: group.name })}
          onClick={() => toggle(group.id)}
          className={cx(
            "pointer-events-auto flex h-5 max-w-40 items-center gap-1.5 rounded-tag border px-1.5 text-second",
            only.has(group.id) ? "border-ink bg-bg-active font-medium text-ink" : "border-line-strong bg-bg-page text-ink-2 hover:bg-bg-hover",
          )}
        >
          <span aria-hidden className="size-[7px] shrink-0" style={{ background: SWATCHES[group.colour] }} />
          <span className="truncate" title={group.name}>{group.name}</span>
        </button>
      ))}
      <IconButton small icon={Pencil} iconSize={12} label={d("groups.edit")} command="diagram.group" onClick={onEdit} className="pointer-events-auto" />
      {only.size > 0 ? <span className="rounded-control bg-bg-sunk px-1 text-second text-ink-3">{d("of", { shown, count: all })}</span> : null}
    </div>
  );
}

export type Depth = 0 | 1 | 2;
const DEPTHS = ["0", "1", "2"] as const;

/** How far around the selected one the picture reaches. */
export function NearBar({ name, depth, onDepth }: { name: string; depth: Depth; onDepth: (depth: Depth) => void }) {
  return (
    <div className="ml-auto flex h-control shrink-0 items-center gap-2 rounded-control border border-line-strong bg-bg-page pl-2 max-[700px]:pl-0">
      <span aria-hidden className="text-second text-ink-2 max-[700px]:hidden">{d("near.word")}</span>
      <Segmented
        className="-my-px -mr-px rounded-l-none"
        aria-label={d("near", { name })}
        value={DEPTHS[depth]}
        onChange={(next) => onDepth(DEPTHS.indexOf(next) as Depth)}
        options={DEPTHS.map((value, index) => ({ value, label: index === 0 ? d("near.all") : index === 1 ? d("near.1") : d("near.2") }))}
      />
    </div>
  );
}

export function ZoomBox({ sight, map, onMap }: { sight: Sight; map: boolean; onMap: (map: boolean) => void }) {
  const flow = useReactFlow();
  const { zoom } = useViewport();
  const byHand = (zoomed: () => Promise<boolean>) => {
    sight.moved();
    void zoomed();
  };
  return (
    <div role="group" aria-label={t("zoom")} className="absolute right-3 bottom-3 z-10 flex items-center rounded-control border border-line-strong bg-bg-page">
      <IconButton icon={MapIcon} iconSize={14} label={d("map.show")} command="diagram.map" on={map} onClick={() => onMap(!map)} className="rounded-r-none" />
      <span aria-hidden className="h-[26px] w-px bg-line-strong" />
      <IconButton icon={Minus} iconSize={14} label={t("zoom.out")} command="diagram.out" onClick={() => byHand(() => flow.zoomOut())} />
      <span className="w-10 text-center text-ink-2">{`${String(Math.round(zoom * 100))}%`}</span>
      <IconButton icon={Plus} iconSize={14} label={t("zoom.in")} command="diagram.in" onClick={() => byHand(() => flow.zoomIn())} />
      <span aria-hidden className="h-[26px] w-px bg-line-strong" />
      <IconButton icon={Maximize} iconSize={14} label={t("zoom.fit")} command="diagram.fit" onClick={() => sight.all("now")} />
    </div>
  );
}

/** The whole picture, small; the part in sight is drawn on it and can be moved. */
export function SmallMap({ sight }: { sight: Sight }) {
  return (
    <MiniMap<CollectionNode>
      position="bottom-right"
      pannable
      zoomable
      ariaLabel={d("map")}
      nodeBorderRadius={12}
      nodeStrokeWidth={8}
      nodeStrokeColor={(node) => (node.data.current ? "var(--ink)" : "transparent")}
      nodeColor={(node) => (node.data.colour === undefined ? "var(--line-strong)" : (SWATCHES[node.data.colour] ?? "var(--line-control)"))}
      bgColor="var(--bg-page)"
      maskColor="color-mix(in srgb, var(--bg-sunk) 78%, transparent)"
      maskStrokeColor="var(--ink-3)"
      maskStrokeWidth={1.25}
      onClick={() => sight.moved()}
      style={{ width: MAP.width, height: MAP.height, margin: 0, right: 12, bottom: 48 }}
      className="overflow-hidden rounded-control border border-line-strong"
    />
  );
}

/** Behind the boxes: where each group lies, and what it is called. */
export function FrameBox({ frame }: { frame: Frame }) {
  const swatch = SWATCHES[frame.colour] ?? SWATCHES[0];
  return (
    <div
      aria-hidden
      data-group={frame.name}
      className="pointer-events-none absolute -z-10 rounded-float border"
      style={{
        transform: `translate(${String(frame.x)}px, ${String(frame.y)}px)`,
        width: frame.width,
        height: frame.height,
        borderColor: `color-mix(in srgb, ${swatch} 45%, var(--line))`,
        background: `color-mix(in srgb, ${swatch} 7%, transparent)`,
      }}
    >
      <span className="block max-w-full truncate px-3 pt-1.5 font-medium text-ink-2" style={{ fontSize: "min(max(12px, calc(11px / var(--zoom, 1))), 36px)", lineHeight: 1.3 }}>
        {frame.name}
      </span>
    </div>
  );
}
