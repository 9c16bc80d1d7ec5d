/** What a fill writes: a row of numbers or days goes on by its step, everything else repeats. */
import type { TypeInfo } from "@/lib/fields";
import { addDays, dayNumber, parsePlainDate, type PlainDate } from "@/lib/plain-time";
import { parse, value, type Value } from "@/lib/values";

/**
 * The values after `source`, as many as asked. `backwards`: the values before it, nearest first.
 * `repeat` keeps even a series as it is.
 */
export function filled(type: TypeInfo, source: readonly Value[], count: number, options: { readonly backwards?: boolean; readonly repeat?: boolean } = {}): readonly Value[] {
  if (source.length === 0) return [];
  const ordered = options.backwards === true ? [...source].reverse() : source;
  const next = options.repeat === true ? null : seriesOf(type, ordered);
  return Array.from({ length: count }, (_, at): Value => {
    const further = next?.(at + 1);
    // Past what the type can hold the series stops being one.
    if (further !== undefined && further !== "" && parse(type, further).ok) return value(further);
    const again = ordered[at % ordered.length];
    return again ?? { s: "null" };
  });
}

/** The n-th value after the last, when at least two values keep one step. */
function seriesOf(type: TypeInfo, source: readonly Value[]): ((n: number) => string) | null {
  const texts = source.flatMap((entry) => (entry.s === "value" ? [entry.v] : []));
  if (texts.length < 2 || texts.length < source.length) return null;
  switch (type.kind) {
    case "int":
      return arithmetic(texts, 0);
    case "decimal":
      return arithmetic(texts, Math.max(...texts.map((text) => (text.split(".")[1] ?? "").length)));
    case "date":
      return days(texts);
    case "text":
      return numbered(texts);
    case "float":
    case "enum":
    case "bool":
    case "instant":
    case "datetime":
    case "time":
    case "timetz":
    case "uuid":
    case "json":
    case "array":
    case "range":
    case "geo":
    case "binary":
    case "unknown":
      return null;
  }
}

function arithmetic(texts: readonly string[], scale: number): ((n: number) => string) | null {
  const numbers = texts.map((text) => scaled(text, scale));
  const step = stepOf(numbers, (a, b) => b - a);
  const last = numbers.at(-1);
  if (step === null || last === undefined) return null;
  return (n) => unscaled(last + step * BigInt(n), scale);
}

function scaled(text: string, scale: number): bigint {
  const [, sign = "", whole = "0", fraction = ""] = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text) ?? [];
  const size = BigInt(whole + fraction.padEnd(scale, "0"));
  return sign === "-" ? -size : size;
}

function unscaled(number: bigint, scale: number): string {
  const text = (number < 0n ? -number : number).toString().padStart(scale + 1, "0");
  const sign = number < 0n ? "-" : "";
  return scale === 0 ? sign + text : `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

function stepOf<T>(list: readonly T[], apart: (a: T, b: T) => bigint): bigint | null {
  let step: bigint | null = null;
  for (let at = 1; at < list.length; at += 1) {
    const [a, b] = [list[at - 1], list[at]];
    if (a === undefined || b === undefined) return null;
    const found = apart(a, b);
    if (step !== null && step !== found) return null;
    step = found;
  }
  return step === 0n ? null : step;
}

function dayOf(date: PlainDate): number {
  const [year = 1, month = 1, day = 1] = date.split("-").map((part) => parseInt(part, 10));
  return dayNumber(year, month, day);
}

/** Whole months when every date has the same day of the month, else days. */
function days(texts: readonly string[]): ((n: number) => string) | null {
  const dates = texts.flatMap((text) => {
    const read = parsePlainDate(text);
    return read.ok ? [read.v] : [];
  });
  const last = dates.at(-1);
  if (dates.length < texts.length || last === undefined) return null;
  const months = dates.map((date) => BigInt(parseInt(date.slice(0, 4), 10) * 12 + parseInt(date.slice(5, 7), 10) - 1));
  const sameDay = dates.every((date) => date.slice(8) === last.slice(8)) && parseInt(last.slice(8), 10) <= 28;
  const byMonth = sameDay ? stepOf(months, (a, b) => b - a) : null;
  const lastMonth = months.at(-1);
  if (byMonth !== null && lastMonth !== undefined) {
    return (n) => {
      const month = lastMonth + byMonth * BigInt(n);
      return `${(month / 12n).toString().padStart(4, "0")}-${((month % 12n) + 1n).toString().padStart(2, "0")}-${last.slice(8)}`;
    };
  }
  const step = stepOf(dates, (a, b) => BigInt(dayOf(b) - dayOf(a)));
  return step === null ? null : (n) => addDays(last, parseInt((step * BigInt(n)).toString(), 10));
}

/** `Row 1`, `Row 2`: the same words before a number that grows. */
function numbered(texts: readonly string[]): ((n: number) => string) | null {
  const parts = texts.map((text) => /^(.*?)(\d{1,15})$/s.exec(text));
  const first = parts[0];
  if (!first || parts.some((part) => part?.[1] !== first[1])) return null;
  const width = first[2]?.startsWith("0") === true ? first[2].length : 0;
  const next = arithmetic(parts.map((part) => part?.[2] ?? "0"), 0);
  return next && ((n) => {
    const number = next(n);
    return number.startsWith("-") ? "" : `${first[1] ?? ""}${number.padStart(width, "0")}`;
  });
}

