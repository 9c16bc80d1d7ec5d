/** The course of a writing as a curve: rows per second over equal stretches of time. */
import type { ImportJob } from "@plinth/sdk";

export type Moment = ImportJob["pace"][number];

export interface Course {
  /** Rows per second of each stretch, in order. */
  readonly rates: readonly number[];
  /** The whole time. */
  readonly ms: number;
  /** The round number at or above the fastest stretch. */
  readonly top: number;
  readonly slowest: number;
  readonly fastest: number;
  /** The middle of the stretch that fell far behind the others, in milliseconds. */
  readonly dip: number | null;
}

const STRETCHES = 28;
/** Fewer moments are no course. */
const MOMENTS_MIN = 4;
/** A stretch this far below the usual one is worth pointing at. */
const DIP = 0.6;

function rowsAt(pace: readonly Moment[], ms: number): number {
  const next = pace.findIndex((moment) => moment.ms >= ms);
  const [a, b] = [pace[next - 1], pace[next]];
  if (!b) return pace.at(-1)?.rows ?? 0;
  if (!a || b.ms === a.ms) return b.rows;
  return a.rows + ((b.rows - a.rows) * (ms - a.ms)) / (b.ms - a.ms);
}

/** 1, 2, 3, 4, 5, 6, 8 or 10 times a power of ten. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value) ?? 10;
  return step * power;
}

export function courseOf(pace: readonly Moment[]): Course | null {
  const ms = pace.at(-1)?.ms ?? 0;
  if (pace.length < MOMENTS_MIN || ms <= 0) return null;
  const stretches = Math.min(STRETCHES, pace.length - 1);
  const long = ms / stretches;
  const rates = Array.from({ length: stretches }, (_, at) => ((rowsAt(pace, (at + 1) * long) - rowsAt(pace, at * long)) / long) * 1000);
  const usual = [...rates].sort((a, b) => a - b)[Math.floor(stretches / 2)] ?? 0;
  const [slowest, fastest] = [Math.min(...rates), Math.max(...rates)];
  const dip = slowest < usual * DIP ? (rates.indexOf(slowest) + 0.5) * long : null;
  return { rates, ms, top: roundUp(fastest), slowest, fastest, dip };
}
