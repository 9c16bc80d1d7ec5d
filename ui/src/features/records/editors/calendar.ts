/** The month a date stands in, and ways from one date to another. No zone is asked and none is guessed. */
import { addDays, civil, dayNumber, monthLength, parseInstant, parsePlainDate, parsePlainDateTime, showInstant, showPlainDateTime, type PlainDate } from "@/lib/plain-time";

export interface Month {
  readonly year: number;
  readonly month: number;
}

export interface Day {
  readonly date: PlainDate;
  readonly day: number;
  /** Of the month that is shown, not of its neighbours. */
  readonly own: boolean;
}

function pad(n: number, width: number): string {
  return String(n).padStart(width, "0");
}

function dateOf(year: number, month: number, day: number): PlainDate {
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}` as PlainDate;
}

function partsOf(date: PlainDate): { year: number; month: number; day: number } {
  const [year = 1, month = 1, day = 1] = date.split("-").map((part) => parseInt(part, 10));
  return { year, month, day };
}

export function monthOf(date: PlainDate): Month {
  const { year, month } = partsOf(date);
  return { year, month };
}

/** Six weeks from the Monday on or before the first. */
export function weeksOf({ year, month }: Month): readonly (readonly Day[])[] {
  const first = dayNumber(year, month, 1);
  // 1970-01-01 was a Thursday.
  const monday = first - ((((first + 3) % 7) + 7) % 7);
  return Array.from({ length: 6 }, (_, week) =>
    Array.from({ length: 7 }, (_, at): Day => {
      const day = civil(monday + week * 7 + at);
      return { date: dateOf(day.year, day.month, day.day), day: day.day, own: day.month === month && day.year === year };
    }),
  );
}

export function addMonths(date: PlainDate, by: number): PlainDate {
  const { year, month, day } = partsOf(date);
  const months = year * 12 + month - 1 + by;
  const next = { year: Math.floor(months / 12), month: (((months % 12) + 12) % 12) + 1 };
  if (next.year < 1 || next.year > 9999) return date;
  return dateOf(next.year, next.month, Math.min(day, monthLength(next.year, next.month)));
}

export type Clocked = "date" | "datetime" | "instant";

/** The day in a text, as far as it is one: the date itself, or that of a time of its kind. */
export function dayIn(kind: Clocked, text: string): PlainDate | null {
  if (kind === "date") {
    const read = parsePlainDate(text);
    return read.ok ? read.v : null;
  }
  const head = /^\s*(\d{4}-\d{2}-\d{2})/.exec(text)?.[1];
  const read = head === undefined ? null : parsePlainDate(head);
  return read?.ok === true ? read.v : null;
}

/** The text with another day in it; the clock and the zone stay as they were written. */
export function withDay(kind: Clocked, text: string, day: PlainDate): string {
  if (kind === "date") return day;
  const rest = /^\s*\d{4}-\d{2}-\d{2}(.*)$/s.exec(text)?.[1];
  if (rest !== undefined && rest.trim() !== "") return `${day}${rest}`;
  return kind === "instant" ? `${day} 00:00:00 +00:00` : `${day} 00:00`;
}

/** A key of the editor, as a step of the date that is typed there. */
export function stepped(kind: Clocked, text: string, key: string, alt: boolean): string | null {
  const day = dayIn(kind, text);
  if (day === null) return null;
  const sign = key === "ArrowUp" || key === "PageUp" ? 1 : -1;
  if (key === "PageUp" || key === "PageDown") return withDay(kind, text, addMonths(day, sign));
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  return alt && kind !== "date" ? hourLater(kind, text, sign) : withDay(kind, text, addDays(day, sign));
}

/** One hour on the clock that is written, the day with it when midnight is passed. */
function hourLater(kind: Clocked, text: string, sign: number): string | null {
  const valid = kind === "instant" ? parseInstant(text).ok : parsePlainDateTime(text).ok;
  const found = /^\s*(\d{4}-\d{2}-\d{2})([T ]\s*)(\d{1,2})(:.*)$/s.exec(text);
  const day = dayIn(kind, text);
  if (!valid || !found || day === null) return null;
  const hour = parseInt(found[3] ?? "0", 10) + sign;
  const next = hour < 0 ? addDays(day, -1) : hour > 23 ? addDays(day, 1) : day;
  return `${next}${found[2] ?? " "}${pad((hour + 24) % 24, 2)}${found[4] ?? ""}`;
}

/** What a running clock says, as a value of the kind; `epoch` in milliseconds. */
export function nowAs(kind: Clocked, epoch: number, offsetMinutes: number): string {
  const local = epoch + offsetMinutes * 60_000;
  const shown = kind === "instant" ? epoch : local;
  const days = Math.floor(shown / 86_400_000);
  const { year, month, day } = civil(days);
  const seconds = Math.floor((shown - days * 86_400_000) / 1000);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) => pad(part, 2)).join(":");
  if (kind === "date") return dateOf(year, month, day);
  return kind === "instant" ? `${dateOf(year, month, day)} ${clock} +00:00` : `${dateOf(year, month, day)} ${clock}`;
}

/** How an instant that was written in some zone will stand; `null` when that is what was written. */
export function storedAs(kind: Clocked, text: string): string | null {
  if (kind === "instant") {
    const read = parseInstant(text);
    if (!read.ok) return null;
    const shown = showInstant(read.v);
    const stored = `${shown.local} ${shown.zone}`;
    return stored === text.trim() ? null : stored;
  }
  const read = kind === "datetime" ? parsePlainDateTime(text) : null;
  if (read?.ok !== true) return null;
  const stored = showPlainDateTime(read.v);
  return stored === text.trim() ? null : stored;
}
