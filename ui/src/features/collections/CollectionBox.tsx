import { Handle, Position, useStore, useUpdateNodeInternals, type Node, type NodeProps } from "@xyflow/react";
import { KeyRound, Link2, SquareFunction } from "lucide-react";
import { Fragment, memo, useEffect, useRef, useState, type CSSProperties } from "react";
import { cx } from "@/kit/cx";
import { DiagramField, DiagramNode } from "@/kit/DiagramNode";
import { SWATCHES } from "@/kit/GridCell";
import { isChanged, isComputed, relationOf, type Entry } from "./draft";
import { t } from "./messages";
import { RowCount } from "./queries";
import { HEAD, NODE_WIDTH, ROW, type Row } from "./rows";
import { parts } from "./search";

export type CollectionNode = Node<
  {
    readonly entry: Entry;
    readonly rows: readonly Row[];
    readonly more: number;
    readonly height: number;
    readonly gone: boolean;
    /** Beside what one looks at: only its name stands. */
    readonly dim: boolean;
    readonly current: boolean;
    readonly field: string | undefined;
    /** What is looked for; its letters are marked. */
    readonly looked: string;
    /** The colour of its group. */
    readonly colour: number | undefined;
    /** It was walked to, and takes the focus. */
    readonly grab: boolean;
    readonly onField: (collection: string, field: string) => void;
  },
  "collection"
>;

/** Below this scale rows are no longer read: a box is its name then. */
export const FAR = 0.5;

/** Sides of the head where a line may end. */
const SIDES = [
  ["l", Position.Left],
  ["r", Position.Right],
] as const;

/** The middle of a row from the top of its node; that of the head for a row that is not shown. */
export const rowHeight = (index: number): number => (index < 0 ? HEAD / 2 : HEAD + 1 + index * ROW + ROW / 2);

const DOT = "before:absolute before:size-2 before:rounded-full before:border before:border-line-control before:bg-bg-page hover:before:border-ink hover:before:bg-ink";

/** The head carries its box: a line from the whole collection begins at its edges. */
function HeadPorts() {
  return SIDES.map(([side, position]) => (
    <Handle
      key={side}
      id={`head:${side}`}
      type="source"
      position={position}
      className={cx("size-4! min-h-0! min-w-0! border-0! bg-transparent! before:inset-1", DOT)}
      style={{ top: rowHeight(-1) }}
    />
  ));
}

/** The whole row of a field draws a line; what it looks like are its two ends. */
function RowPort({ id }: { id: string }) {
  return (
    <Handle
      id={id}
      type="source"
      position={Position.Right}
      className={cx(
        "inset-y-0! -inset-x-2! h-auto! min-h-0! w-auto! min-w-0! transform-none! rounded-none! border-0! bg-transparent!",
        "before:top-[7px] before:left-1 after:absolute after:top-[7px] after:right-1 after:size-2 after:rounded-full after:border after:border-line-control after:bg-bg-page hover:after:border-ink hover:after:bg-ink",
        DOT,
      )}
    />
  );
}

const WIDE = { "--wide": `${String(NODE_WIDTH)}px` } as CSSProperties;

/** A name in the parts between which it may break: after an underscore, before a capital. */
export const nameParts = (name: string): readonly string[] => name.split(/(?<=_)|(?<=[a-z0-9])(?=[A-Z])/);

/** What stands beside a name in its box, and how wide a letter is beside its height. */
const BESIDE = 20;
const LETTER = 0.62;

/** The largest letters at which no part of a name is wider than its box. */
export function fitting(name: string): number {
  const longest = Math.max(...nameParts(name).map((part) => part.length), 1);
  return Math.min(44, Math.floor((NODE_WIDTH - BESIDE) / (longest * LETTER)));
}

function Broken({ name }: { name: string }) {
  return nameParts(name).map((part, index) => (
    <Fragment key={index}>
      {index > 0 ? <wbr /> : null}
      {part}
    </Fragment>
  ));
}

/** The word with what is looked for in it underlined and heavier, not coloured. */
function Marked({ word, looked }: { word: string; looked: string }) {
  const found = parts(word, looked);
  if (!found) return word;
  return (
    <>
      {found[0]}
      <b className="font-semibold underline underline-offset-2">{found[1]}</b>
      {found[2]}
    </>
  );
}

export const CollectionBox = memo(function CollectionBox({ data }: NodeProps<CollectionNode>) {
  const { entry, rows, more, height, gone, dim, current, field, looked, colour, grab, onField } = data;
  const { base, draft } = entry;
  const far = useStore((state) => state.transform[2] < FAR);
  const box = useRef<HTMLDivElement>(null);
  // Ends of lines are there for the hand that is near: two for each row of each box would be thousands.
  const [near, setNear] = useState(false);
  const relates = useStore((state) => state.nodesConnectable);
  const ports = near && relates;
  const tell = useUpdateNodeInternals();
  useEffect(() => {
    if (ports) tell(entry.id);
  }, [ports, entry.id, rows, tell]);
  useEffect(() => {
    if (grab) box.current?.closest<HTMLElement>(".react-flow__node")?.focus({ preventScroll: true });
  }, [grab]);
  const swatch = colour === undefined ? undefined : SWATCHES[colour];
  const mark = swatch === undefined ? null : <span aria-hidden className="size-[7px] shrink-0" style={{ background: swatch }} />;
  const edge = current ? "border-ink outline-1 outline-ink outline-solid" : base === undefined ? "border-dashed border-draft" : gone ? "border-bad" : dim ? "border-line" : "border-line-strong";
  if (far || dim) {
    return (
      <div
        ref={box}
        className={cx("edge-at-scale flex overflow-hidden rounded-control px-2", edge, dim ? "bg-bg-sunk text-ink-2" : "bg-bg-page text-ink", far ? "items-center justify-center" : "items-start")}
        style={{
          ...WIDE,
          height: `calc(${String(height)}px + 2 * (var(--edge) - 1px))`,
          ...(swatch === undefined || dim ? {} : { background: `color-mix(in srgb, ${swatch} 14%, var(--bg-page))` }),
        }}
      >
        {far ? (
          <span className={cx("line-clamp-2 max-w-full text-center leading-tight", !dim && "font-semibold", gone && "text-bad line-through")} style={{ fontSize: `min(calc(11px / var(--zoom, 1)), ${String(fitting(draft.name))}px)` }}>
            <Broken name={draft.name} />
          </span>
        ) : (
          <span className="flex h-7 min-w-0 items-center gap-2">
            {mark}
            <span className={cx("truncate", gone && "line-through")} style={{ fontSize: "clamp(1em, calc(11px / var(--zoom, 1)), 20px)" }}>
              {draft.name}
            </span>
          </span>
        )}
      </div>
    );
  }
  return (
    <div ref={box} onPointerEnter={() => setNear(true)} onPointerLeave={() => setNear(false)}>
      <DiagramNode
        name={
          <>
            <Marked word={draft.name} looked={looked} />
            {base && base.name !== draft.name ? <s className="ml-1.5 font-normal text-ink-3">{base.name}</s> : null}
          </>
        }
        mark={mark}
        count={base && !gone ? <RowCount collection={entry.id} /> : undefined}
        selected={current}
        changed={base !== undefined && !gone && isChanged(entry)}
        fresh={base === undefined}
        dropped={gone}
      >
        {rows.map((row) => (
          <div
            key={row.field.id}
            role="button"
            tabIndex={-1}
            data-field={row.field.id}
            className={cx("relating-target relative", relates && "nodrag")}
            onClick={(event) => {
              event.stopPropagation();
              onField(entry.id, row.field.id);
            }}
          >
            <DiagramField
              icon={row.field.def["primaryKey"] === true ? KeyRound : relationOf(row.field) ? Link2 : isComputed(row.field) ? SquareFunction : undefined}
              name={<Marked word={row.field.name} looked={looked} />}
              type={row.type}
              state={gone ? "dropped" : base === undefined ? undefined : row.state}
              selected={current && field === row.field.id}
            />
            {ports ? <RowPort id={row.field.id} /> : null}
          </div>
        ))}
        {more > 0 ? <div className="flex h-[22px] items-center px-2 pl-[26px] text-ink-3">{t("node.more", { count: more })}</div> : null}
      </DiagramNode>
      {ports ? <HeadPorts /> : null}
    </div>
  );
});
