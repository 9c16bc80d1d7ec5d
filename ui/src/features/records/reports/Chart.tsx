import { useEffect, useRef, useState, type RefObject } from "react";
import { SWATCHES } from "@/kit/GridCell";
import { groupDigits } from "@/lib/values";
import { along, coursesOf, ring, scaleOf, slices, stretches, thinned } from "./shapes";
import { exactTitle } from "./exact";
import { r } from "./messages";
import { valueText, type Look, type Point } from "./report";

/** Groups joined in one label. */
export const labelOf = (point: Point): string => point.label.join(" · ");

const KIND = { bar: "look.bar", line: "look.line", pie: "look.pie", number: "look.number", table: "look.table" } as const;

function useWidth(): [RefObject<HTMLDivElement | null>, number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const watch = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return [ref, width];
}

/** What a chart says, in a sentence, for who cannot see it. The table beside it has every value. */
function said(look: Look, points: readonly Point[], cut: string | null): string {
  const whole = r("chart.said", { kind: r(KIND[look]), count: points.length });
  const all = cut === null ? whole : r("chart.cut", { said: whole, cut });
  const most = points.reduce<Point | null>((best, point) => (point.amount !== null && point.amount > (best?.amount ?? -Infinity) ? point : best), null);
  return most ? r("chart.most", { said: all, label: labelOf(most), value: valueText(most) }) : all;
}

interface Drawing {
  readonly points: readonly Point[];
  /** Which of all groups these are, if they are not all. */
  readonly cut: string | null;
}

export function Chart({ look, ...drawing }: Drawing & { look: Look }) {
  if (look === "bar") return <Bars {...drawing} />;
  if (look === "line") return <Line {...drawing} />;
  return <Ring {...drawing} />;
}

/** What has no value is at no place. */
const amounts = (points: readonly Point[]): readonly number[] => points.flatMap(({ amount }) => amount ?? []);

const share = (value: number): string => `${String(Math.max(0, value))}%`;

function Bars({ points, cut }: Drawing) {
  const scale = scaleOf(amounts(points));
  const zero = along(scale, 0, 100);
  return (
    <div role="img" aria-label={said("bar", points, cut)} className="grid grid-cols-[minmax(40px,max-content)_minmax(0,1fr)_max-content] items-center gap-x-3">
      {points.map((point, index) => {
        const end = point.amount === null ? zero : along(scale, point.amount, 100);
        return (
          <div key={index} className="col-span-3 grid h-6 grid-cols-subgrid items-center">
            <span data-cell="" className="max-w-40 truncate text-ink-2" title={labelOf(point)}>
              {labelOf(point)}
            </span>
            <svg className="h-2.5 w-full">
              <line x1={share(zero)} x2={share(zero)} y1="0" y2="10" stroke="var(--line-strong)" />
              <rect x={share(Math.min(zero, end))} width={share(Math.max(Math.abs(end - zero), (point.amount ?? 0) === 0 ? 0 : 0.5))} height="10" rx="1" fill="var(--ink-3)" />
            </svg>
            <span data-cell="" data-exact={point.text} title={exactTitle(point)} className="text-right">
              {valueText(point)}
            </span>
          </div>
        );
      })}
    </div>
  );
}

const HEIGHT = 168;
const FOOT = 22;
const HEAD = 8;
/** Width of a letter of the axis below, and the room between two labels, in px. */
const LETTER = 6.5;
const APART = 16;

function Line({ points, cut }: Drawing) {
  const [ref, width] = useWidth();
  const { along: labels, courses } = coursesOf(points);
  const shown = courses.slice(0, SWATCHES.length);
  const scale = scaleOf(amounts(points));
  const left = 12 + Math.max(...scale.ticks.map((tick) => groupDigits(String(tick)).length)) * 7;
  const room = Math.max(0, width - left - 24);
  const x = (index: number): number => left + (labels.length === 1 ? room / 2 : (index / (labels.length - 1)) * room);
  const y = (value: number): number => HEAD + (HEIGHT - HEAD - FOOT) - along(scale, value, HEIGHT - HEAD - FOOT);
  const longest = Math.max(...labels.map((label) => label.length));
  const written = thinned(labels.length, Math.floor(room / (longest * LETTER + APART)));
  // One line needs no colour to be told from others.
  const colour = (course: number): string => (courses.length === 1 ? "var(--ink-2)" : (SWATCHES[course] ?? "var(--ink-2)"));
  return (
    <div ref={ref}>
      {width === 0 ? null : (
        <svg role="img" aria-label={said("line", points, cut)} width={width} height={HEIGHT} className="block overflow-visible">
          {scale.ticks.map((tick) => (
            <g key={tick}>
              <line x1={left} x2={width} y1={y(tick)} y2={y(tick)} stroke={tick === 0 ? "var(--line-strong)" : "var(--line-2)"} />
              <text x={left - 6} y={y(tick) + 4} textAnchor="end" fill="var(--ink-3)" fontSize="11">
                {groupDigits(String(tick))}
              </text>
            </g>
          ))}
          {labels.map((label, index) =>
            written(index) ? (
              <text key={index} x={x(index)} y={HEIGHT - 6} textAnchor="middle" fill="var(--ink-3)" fontSize="11">
                {label}
              </text>
            ) : null,
          )}
          {shown.map((course, which) => (
            <g key={which} stroke={colour(which)} strokeWidth="1.5">
              {stretches(course.at.map((point) => point?.amount ?? null)).map((stretch) => (
                <polyline key={stretch[0]} points={stretch.map((index) => `${String(x(index))},${String(y(course.at[index]?.amount ?? 0))}`).join(" ")} fill="none" strokeLinejoin="round" />
              ))}
              {course.at.map((point, index) =>
                point === null || point.amount === null ? null : (
                  <g key={index}>
                    <circle cx={x(index)} cy={y(point.amount)} r="2.5" fill="var(--bg-page)" />
                    <circle cx={x(index)} cy={y(point.amount)} r="9" fill="transparent" stroke="none">
                      <title>{`${labelOf(point)}: ${valueText(point)}`}</title>
                    </circle>
                  </g>
                ),
              )}
            </g>
          ))}
        </svg>
      )}
      {courses.length === 1 ? null : (
        <ol aria-hidden className="mt-2 flex flex-wrap gap-x-4 gap-y-1">
          {shown.map((course, which) => (
            <li key={which} className="flex h-5 items-center gap-2 text-second text-ink-2">
              <span className="size-[7px] shrink-0" style={{ background: colour(which) }} />
              <span data-cell="" className="max-w-40 truncate" title={course.name}>
                {course.name}
              </span>
            </li>
          ))}
          {courses.length > shown.length ? <li className="flex h-5 items-center text-second text-ink-3">{r("lines.others", { count: courses.length - shown.length })}</li> : null}
        </ol>
      )}
    </div>
  );
}

/** As many parts as there are colours; the rest is one more, and says how many it is. */
function parted(points: readonly Point[]): readonly Point[] {
  if (points.length <= SWATCHES.length) return points;
  const rest = points.slice(SWATCHES.length - 1);
  const amount = rest.reduce((sum, point) => sum + Math.max(0, point.amount ?? 0), 0);
  return [...points.slice(0, SWATCHES.length - 1), { label: [r("others", { count: rest.length })], text: `≈ ${groupDigits(String(Number(amount.toPrecision(6))))}`, amount }];
}

/** Of the whole; what is there at all is not told as nothing. */
function percent(share: number): string {
  return share > 0 && share < 0.005 ? "< 1%" : `${String(Math.round(share * 100))}%`;
}

function Ring({ points, cut }: Drawing) {
  const shown = parted(points);
  const all = slices(shown.map((point) => point.amount ?? 0));
  return (
    <div role="img" aria-label={said("pie", points, cut)} className="flex flex-wrap items-center gap-5">
      <svg aria-hidden viewBox="-60 -60 120 120" className="size-32 shrink-0">
        {all.map((slice, index) => (slice.share === 0 ? null : <path key={index} d={ring(slice, 58, 36)} fill={SWATCHES[index % SWATCHES.length]} stroke="var(--bg-page)" strokeWidth="1.5" />))}
      </svg>
      <ol aria-hidden className="max-w-80 min-w-40 flex-1">
        {shown.map((point, index) => (
          <li key={index} className="flex h-6 items-center gap-2">
            <span className="size-[7px] shrink-0" style={{ background: SWATCHES[index % SWATCHES.length] }} />
            <span data-cell="" className="min-w-0 flex-1 truncate text-ink-2" title={labelOf(point)}>
              {labelOf(point)}
            </span>
            <span data-cell="" data-exact={point.text} title={exactTitle(point)}>
              {valueText(point)}
            </span>
            <span className="w-10 text-right text-second text-ink-3">{point.amount === null ? "" : percent(all[index]?.share ?? 0)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
