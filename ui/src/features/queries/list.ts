/** Which of the recorded queries are looked through. */
import type { SlowQuery, SlowQueryList } from "@plinth/sdk";
import { isSystem } from "./words";

/** Most that one request answers. */
const PAGE = 200;
/** As many as a person looks through; what is behind them took less. */
const SHOWN = 100;

/** All that is recorded, some 500 shapes at most: what is shown of it is chosen here, so that nothing pushes another out. */
export async function wholeList(read: (page: number, limit: number) => Promise<SlowQueryList>): Promise<SlowQueryList> {
  const first = await read(1, PAGE);
  const found = new Map(first.data.map((query) => [query.id, query]));
  for (let page = 2; (page - 1) * PAGE < first.totalCount; page += 1) {
    // Queries go on running while it is read and change places: one may be met twice.
    for (const query of (await read(page, PAGE)).data) if (!found.has(query.id)) found.set(query.id, query);
  }
  return { ...first, data: [...found.values()] };
}

/** The first of those that are wanted, and how many of their kind are behind them. */
export function shownOf(all: readonly SlowQuery[], system: boolean): { readonly data: readonly SlowQuery[]; readonly behind: number } {
  const wanted = system ? all : all.filter((one) => !isSystem(one.shape.collection));
  const data = wanted.slice(0, SHOWN);
  return { data, behind: wanted.length - data.length };
}
