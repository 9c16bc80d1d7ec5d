import { useMemo } from "react";
import type { ImportJob } from "@/lib/client";
import { count } from "@/messages/catalogue";
import { m } from "../messages";
import { courseOf } from "./course";
import { duration } from "./job";

/** The drawing's own units; it stretches to the width it gets. */
const WIDTH = 448;
const HEIGHT = 112;
const EDGE = 0.2;

/** How fast the rows went in: a curve, its scale in words, and where it halted. */
export function Speed({ job }: { job: ImportJob }) {
  const course = useMemo(() => courseOf(job.pace), [job.pace]);
  if (!course) return null;
  const { rates, ms, top, slowest, fastest, dip } = course;
  const y = (rate: number): number => HEIGHT - (rate / top) * HEIGHT;
  const points = rates.map((rate, at): [number, number] => [((at + 0.5) / rates.length) * WIDTH, y(rate)]);
  const [head, tail] = [points[0], points.at(-1)];
  const line = [...(head ? [[0, head[1]]] : []), ...points, ...(tail ? [[WIDTH, tail[1]]] : [])].map((point) => point.join(",")).join(" ");
  const told = m("imp.speed.told", { time: duration(ms), slowest: Math.round(slowest), fastest: Math.round(fastest) });
  // At the edges it is the beginning or the end that is slow, and there is no room for words.
  const at = dip !== null && dip > ms * EDGE && dip < ms * (1 - EDGE) ? dip / ms : null;
  return (
    <section aria-label={m("imp.speed")} className="border-t border-line px-4 py-3">
      <div className="mb-2 flex items-baseline gap-2">
        <h2 className="flex-1 font-semibold">{m("imp.speed")}</h2>
        <span className="text-second text-ink-3">{m("imp.speed.scale", { top: count(top) })}</span>
      </div>
      <svg role="img" aria-label={told} viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`} preserveAspectRatio="none" className="block h-28 w-full overflow-visible">
        {[0, HEIGHT / 2, HEIGHT].map((level) => (
          <line key={level} x1={0} x2={WIDTH} y1={level} y2={level} stroke="var(--line)" vectorEffect="non-scaling-stroke" />
        ))}
        {at === null ? null : (
          <line x1={at * WIDTH} x2={at * WIDTH} y1={0} y2={HEIGHT} stroke="var(--ink-3)" strokeDasharray="2 3" vectorEffect="non-scaling-stroke" />
        )}
        <polyline points={line} fill="none" stroke="var(--ink-2)" strokeWidth={1.25} strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
      </svg>
      <div className="relative mt-1 flex h-4 justify-between text-second text-ink-2">
        <span>{duration(0)}</span>
        {dip !== null && at !== null ? (
          <span className="absolute -translate-x-1/2" style={{ left: `${String(at * 100)}%` }}>
            {m("imp.speed.dip", { time: duration(dip), rate: Math.round(slowest) })}
          </span>
        ) : null}
        <span>{duration(ms)}</span>
      </div>
    </section>
  );
}
