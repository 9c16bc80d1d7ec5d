/**
 * Calendar dates, wall-clock times and instants as checked text.
 *
 * Nothing here touches the runtime's own date object: it would read a wall-clock time in the zone
 * of this computer and move it. A value of one kind cannot be passed for another.
 */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `2026-11-20` */
export type PlainDate = Branded<"PlainDate">;
/** `2026-11-20T06:30:00.000`, what a clock on the wall shows. */
export type PlainDateTime = Branded<"PlainDateTime">;
/** `2026-11-20T06:30:00.000Z`, a point on the time line. */
export type Instant = Branded<"Instant">;
/** `06:30:00` */
export type PlainTime = Branded<"PlainTime">;

export type TimeFault =
  | "shape"
  | "month"
  | "day"
  | "hour"
  | "minute"
  | "second"
  | "zone-missing"
  | "zone-range"
  | "zone-unwanted"
  | "too-fine"
  | "year";

export type TimeParsed<T> = { readonly ok: true; readonly v: T } | { readonly ok: false; readonly fault: TimeFault };

function digits(text: string): number {
  let n = 0;
  for (let i = 0; i < text.length; i += 1) n = n * 10 + (text.charCodeAt(i) - 48);
  return n;
}

function pad(n: number, width: number): string {
  return String(n).padStart(width, "0");
}

export function leap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

export function monthLength(year: number, month: number): number {
  if (month === 2) return leap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar. */
export function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

/** The reverse of {@link dayNumber}. */
export function civil(days: number): { year: number; month: number; day: number } {
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const dayOfEra = z - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const mp = Math.floor((5 * dayOfYear + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * mp + 2) / 5) + 1 };
}

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** Exactly three digits. */
  milli: number;
  /** Minutes east of UTC; null when the text names no zone. */
  zone: number | null;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const STAMP =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ]|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?$/;
const TIME = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?$/;

function zoneMinutes(text: string | undefined): number | null | "bad" {
  if (text === undefined) return null;
  if (text === "Z" || text === "z") return 0;
  const hours = digits(text.slice(1, 3));
  const rest = text.slice(3).replace(":", "");
  const minutes = rest === "" ? 0 : digits(rest);
  if (hours > 18 || minutes > 59) return "bad";
  const total = hours * 60 + minutes;
  return text.startsWith("-") ? -total : total;
}

function checkDay(year: number, month: number, day: number): TimeFault | null {
  if (year < 1) return "year";
  if (month < 1 || month > 12) return "month";
  if (day < 1 || day > monthLength(year, month)) return "day";
  return null;
}

function checkClock(hour: number, minute: number, second: number): TimeFault | null {
  if (hour > 23) return "hour";
  if (minute > 59) return "minute";
  if (second > 59) return "second";
  return null;
}

function millis(fraction: string | undefined): number | null {
  if (fraction === undefined) return 0;
  if (/[1-9]/.test(fraction.slice(3))) return null;
  return digits(fraction.slice(0, 3).padEnd(3, "0"));
}

function stamp(text: string): TimeParsed<Parts> {
  const trimmed = text.trim();
  const dateOnly = DATE.exec(trimmed);
  if (dateOnly) {
    const [, y = "", m = "", d = ""] = dateOnly;
    const fault = checkDay(digits(y), digits(m), digits(d));
    if (fault) return { ok: false, fault };
    const parts = { year: digits(y), month: digits(m), day: digits(d), hour: 0, minute: 0, second: 0, milli: 0 };
    return { ok: true, v: { ...parts, zone: null } };
  }
  const found = STAMP.exec(trimmed);
  if (!found) return { ok: false, fault: "shape" };
  const [, y = "", mo = "", d = "", h = "", mi = "", s = "0", fraction, zoneText] = found;
  const year = digits(y);
  const month = digits(mo);
  const day = digits(d);
  const hour = digits(h);
  const minute = digits(mi);
  const second = digits(s);
  const fault = checkDay(year, month, day) ?? checkClock(hour, minute, second);
  if (fault) return { ok: false, fault };
  const milli = millis(fraction);
  if (milli === null) return { ok: false, fault: "too-fine" };
  const zone = zoneMinutes(zoneText);
  if (zone === "bad") return { ok: false, fault: "zone-range" };
  return { ok: true, v: { year, month, day, hour, minute, second, milli, zone } };
}

function isoDate(p: { year: number; month: number; day: number }): string {
  return `${pad(p.year, 4)}-${pad(p.month, 2)}-${pad(p.day, 2)}`;
}

function isoClock(p: Parts): string {
  return `${pad(p.hour, 2)}:${pad(p.minute, 2)}:${pad(p.second, 2)}.${pad(p.milli, 3)}`;
}

export function parsePlainDate(text: string): TimeParsed<PlainDate> {
  const found = DATE.exec(text.trim());
  if (!found) return { ok: false, fault: "shape" };
  const [, y = "", m = "", d = ""] = found;
  const fault = checkDay(digits(y), digits(m), digits(d));
  if (fault) return { ok: false, fault };
  return { ok: true, v: text.trim() as PlainDate };
}

/** A wall-clock time. A zone is refused, because keeping it is impossible and dropping it is a lie. */
export function parsePlainDateTime(text: string): TimeParsed<PlainDateTime> {
  const parsed = stamp(text);
  if (!parsed.ok) return parsed;
  if (parsed.v.zone !== null) return { ok: false, fault: "zone-unwanted" };
  return { ok: true, v: `${isoDate(parsed.v)}T${isoClock(parsed.v)}` as PlainDateTime };
}

/** An instant. A zone is demanded; the text is turned to UTC by arithmetic alone. */
export function parseInstant(text: string): TimeParsed<Instant> {
  const parsed = stamp(text);
  if (!parsed.ok) return parsed;
  const { zone } = parsed.v;
  if (zone === null) return { ok: false, fault: "zone-missing" };
  if (zone === 0) return { ok: true, v: `${isoDate(parsed.v)}T${isoClock(parsed.v)}Z` as Instant };
  const minutes = parsed.v.hour * 60 + parsed.v.minute - zone;
  const days = dayNumber(parsed.v.year, parsed.v.month, parsed.v.day) + Math.floor(minutes / 1440);
  const left = minutes - Math.floor(minutes / 1440) * 1440;
  const date = civil(days);
  if (date.year < 1 || date.year > 9999) return { ok: false, fault: "year" };
  const moved: Parts = { ...parsed.v, ...date, hour: Math.floor(left / 60), minute: left % 60, zone: 0 };
  return { ok: true, v: `${isoDate(moved)}T${isoClock(moved)}Z` as Instant };
}

function fractionOf(text: string): string {
  const milli = text.slice(20, 23);
  return milli === "" || milli === "000" ? "" : `.${milli.replace(/0+$/, "")}`;
}

/** Milliseconds between two instants. */
export function between(from: Instant, to: Instant): number {
  return epochOf(to) - epochOf(from);
}

/** Milliseconds since 1970, for comparing with a running clock. */
export function epochOf(instant: Instant): number {
  const part = (start: number, end: number): number => digits(instant.slice(start, end));
  const days = dayNumber(part(0, 4), part(5, 7), part(8, 10));
  return (((days * 24 + part(11, 13)) * 60 + part(14, 16)) * 60 + part(17, 19)) * 1000 + part(20, 23);
}

/** `2026-11-20 19:42:07` and, apart from it so that it can be drawn paler, `+00:00`. */
export function showInstant(value: Instant): { readonly local: string; readonly zone: string } {
  return { local: `${value.slice(0, 10)} ${value.slice(11, 19)}${fractionOf(value)}`, zone: "+00:00" };
}

/** `2026-11-21 06:30`; seconds only when there are any. */
export function showPlainDateTime(value: PlainDateTime): string {
  const seconds = value.slice(17, 19);
  const fraction = fractionOf(value);
  const tail = seconds === "00" && fraction === "" ? "" : `:${seconds}${fraction}`;
  return `${value.slice(0, 10)} ${value.slice(11, 16)}${tail}`;
}

/** A time of day to the millisecond, as the server keeps it, with or without a zone; `null` zone in the answer when none was written. */
export function parseTime(text: string): TimeParsed<{ readonly time: PlainTime; readonly zone: string | null }> {
  const found = TIME.exec(text.trim());
  if (!found) return { ok: false, fault: "shape" };
  const [, h = "", m = "", s = "0", fraction, zoneText] = found;
  const fault = checkClock(digits(h), digits(m), digits(s));
  if (fault) return { ok: false, fault };
  if (fraction !== undefined && /[1-9]/.test(fraction.slice(3))) return { ok: false, fault: "too-fine" };
  const zone = zoneMinutes(zoneText);
  if (zone === "bad") return { ok: false, fault: "zone-range" };
  const kept = (fraction ?? "").slice(0, 3).replace(/0+$/, "");
  const time = `${pad(digits(h), 2)}:${m}:${pad(digits(s), 2)}${kept === "" ? "" : `.${kept}`}` as PlainTime;
  if (zone === null) return { ok: true, v: { time, zone: null } };
  const sign = zone < 0 ? "-" : "+";
  const size = Math.abs(zone);
  const rest = size % 60 === 0 ? "" : `:${pad(size % 60, 2)}`;
  return { ok: true, v: { time, zone: `${sign}${pad(Math.floor(size / 60), 2)}${rest}` } };
}

/** A date moved by whole days, for the date editor's arrow keys. */
export function addDays(date: PlainDate, days: number): PlainDate {
  const next = civil(
    dayNumber(digits(date.slice(0, 4)), digits(date.slice(5, 7)), digits(date.slice(8, 10))) + days,
  );
  if (next.year < 1 || next.year > 9999) return date;
  return isoDate(next) as PlainDate;
}
