/** Sizes and places of what a chart draws; nothing here knows a colour. */

export interface Scale {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
}

/** Round numbers around the values, zero among them. */
export function scaleOf(values: readonly number[], ticks = 4): Scale {
  const least = Math.min(0, ...values);
  const most = Math.max(0, ...values);
  const span = most - least || 1;
  const raw = span / ticks;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power;
  const [from, to] = [Math.floor(least / step), Math.ceil(most / step)];
  const all = Array.from({ length: to - from + 1 }, (_, index) => Number(((from + index) * step).toPrecision(12)));
  const shown = all.length === 1 ? [...all, step] : all;
  return { min: shown[0] ?? 0, max: shown.at(-1) ?? 1, ticks: shown };
}

/** Where a value stands between 0, at the least, and `length`. */
export function along(scale: Scale, value: number, length: number): number {
  return ((value - scale.min) / (scale.max - scale.min)) * length;
}

/** One line of a chart: what it is of, and what stands at each place along the chart. */
export interface Course<P> {
  readonly name: string;
  readonly at: readonly (P | null)[];
}

interface Grouped {
  readonly label: readonly string[];
  readonly amount: number | null;
}

/**
 * The lines of groups: along the first key, and a line for each value of the others, the largest
 * first. Where a group is missing or has no value there is a gap.
 */
export function coursesOf<P extends Grouped>(points: readonly P[]): { readonly along: readonly string[]; readonly courses: readonly Course<P>[] } {
  const along: string[] = [];
  const courses = new Map<string, Map<number, P>>();
  for (const point of points) {
    const [label = "", ...rest] = point.label;
    const name = rest.join(" · ");
    const course = courses.get(name) ?? new Map<number, P>();
    courses.set(name, course);
    // Two groups may read alike, as a text does that says what NULL is called: each has a place.
    let place = along.findIndex((known, index) => known === label && !course.has(index));
    if (place === -1) place = along.push(label) - 1;
    course.set(place, point);
  }
  const whole = [...courses].map(([name, course]) => ({ name, at: along.map((_, index) => course.get(index) ?? null) }));
  const size = ({ at }: Course<P>): number => at.reduce((sum, point) => sum + Math.abs(point?.amount ?? 0), 0);
  return { along, courses: whole.sort((a, b) => size(b) - size(a)) };
}

/** Stretches without a gap, each by the places of its values. */
export function stretches(values: readonly (number | null)[]): readonly (readonly number[])[] {
  const found: number[][] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    const last = found.at(-1);
    if (last?.at(-1) === index - 1) last.push(index);
    else found.push([index]);
  });
  return found;
}

export interface Slice {
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

/** Parts of a circle, in turns; what is not above nothing has none. */
export function slices(values: readonly number[]): readonly Slice[] {
  const sum = values.reduce((total, value) => total + Math.max(0, value), 0);
  let from = 0;
  return values.map((value) => {
    const share = sum === 0 ? 0 : Math.max(0, value) / sum;
    const slice = { from, to: from + share, share };
    from = slice.to;
    return slice;
  });
}

const at = (turn: number, radius: number): string => {
  const angle = (turn - 0.25) * 2 * Math.PI;
  return `${(Math.cos(angle) * radius).toFixed(3)},${(Math.sin(angle) * radius).toFixed(3)}`;
};

/** The outline of a part of a ring around the origin. */
export function ring({ from, to }: Pick<Slice, "from" | "to">, outer: number, inner: number): string {
  // A full turn begins where it ends, so it is drawn in two halves.
  if (to - from >= 0.9999) return `${ring({ from: 0, to: 0.5 }, outer, inner)} ${ring({ from: 0.5, to: 0.9998 }, outer, inner)}`;
  const long = to - from > 0.5 ? 1 : 0;
  return `M${at(from, outer)} A${String(outer)},${String(outer)} 0 ${String(long)} 1 ${at(to, outer)} L${at(to, inner)} A${String(inner)},${String(inner)} 0 ${String(long)} 0 ${at(from, inner)} Z`;
}

/** Which of so many labels are written when there is room for that many. */
export function thinned(count: number, room: number): (index: number) => boolean {
  const step = Math.max(1, Math.ceil(count / Math.max(1, room)));
  return (index) => index % step === 0;
}
