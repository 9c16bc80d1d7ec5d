/** How a query, its times and sizes read. */
import type { QueryMeasurement, SlowQuery, SlowQueryShape } from "@plinth/sdk";
import { count } from "@/messages/catalogue";
import { t } from "./messages";

/** 0.42 ms, 12.4 ms, 1.24 s: three digits are what a time is worth. */
export function time(ms: number): string {
  if (ms >= 1000) return `${digits(ms / 1000)} s`;
  return ms > 0 && ms < 0.1 ? `${digits(ms * 1000)} µs` : `${digits(ms)} ms`;
}

function digits(value: number): string {
  return value >= 100 ? count(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2);
}

/** Which records, in signs. */
export function condition({ filter, search }: SlowQueryShape): string {
  return filter ?? (search ? t("search") : t("every"));
}

/** What comes back of them, in words. */
export function rest(shape: SlowQueryShape): string {
  const { sort, groupBy, aggregates, embeds, page, limit, counted, withDeleted, search, filter } = shape;
  const sorted = sort.map((key) => (key.startsWith("-") ? t("descending", { field: key.slice(1) }) : key));
  const grouped = groupBy.length > 0 || aggregates.length > 0;
  const amount = limit ?? 0;
  return [
    ...(search && filter !== null ? [t("search")] : []),
    ...(groupBy.length > 0 ? [t("grouped", { keys: groupBy.join(", ") })] : aggregates.length > 0 ? [t("computed", { aggregates: aggregates.join(", ") })] : []),
    ...(sorted.length > 0 && !grouped ? [t("sorted", { sort: sorted.join(", ") })] : []),
    ...(groupBy.length > 0 && aggregates.length > 0 ? [aggregates.join(", ")] : []),
    ...(page === "all" || limit === null ? (grouped ? [] : [t("page.all")]) : amount === 0 ? [t(grouped ? "page.noGroup" : "page.none")] : [t(`page.${page}`, { count: amount })]),
    ...(counted && !grouped ? [t("counted")] : []),
    ...(embeds.length > 0 ? [t("with", { relations: embeds.join(", ") })] : []),
    ...(withDeleted ? [t("deleted")] : []),
  ].join(", ");
}

/** Below this a difference is the machine's mood. */
export const FASTER = 1.15;
/** Milliseconds: what is answered within this is no wait of anybody's, and an index makes every write dearer. */
const QUICK_MS = 10;
/** Milliseconds of the median that an index must spare to be worth its writes. */
const SPARED_MS = 1;

/** What is known of an index that does not stand yet: only a measured gain is called a help. */
export function worthOf({ p95Ms }: Pick<SlowQuery, "p95Ms">, measured: QueryMeasurement | undefined): "helps" | "same" | "try" | "quick" {
  if (measured) {
    const spared = measured.before.medianMs - measured.after.medianMs;
    return measured.used && measured.gain >= FASTER && spared >= SPARED_MS ? "helps" : "same";
  }
  return p95Ms >= QUICK_MS ? "try" : "quick";
}

export interface QueryGroup {
  readonly collection: string;
  readonly totalMs: number;
  readonly queries: readonly SlowQuery[];
}

const SYSTEM = /^baasix_/;

export const isSystem = (collection: string): boolean => SYSTEM.test(collection);

/** The studio calls collections of the system without their prefix. */
export const bare = (collection: string): string => collection.replace(SYSTEM, "");

/** Queries by collection, those of the system last. Else the list's own order stands: a group is where its first query is. */
export function grouped(queries: readonly SlowQuery[]): readonly QueryGroup[] {
  const groups = new Map<string, SlowQuery[]>();
  for (const query of queries) {
    const { collection } = query.shape;
    const known = groups.get(collection);
    if (known) known.push(query);
    else groups.set(collection, [query]);
  }
  const found = [...groups];
  return [...found.filter(([name]) => !isSystem(name)), ...found.filter(([name]) => isSystem(name))].map(([collection, list]) => ({
    collection,
    queries: list,
    totalMs: list.reduce((sum, query) => sum + query.totalMs, 0),
  }));
}
