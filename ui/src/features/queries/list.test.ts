import type { SlowQuery, SlowQueryList } from "@plinth/sdk";
import { expect, test } from "vitest";
import { shownOf, wholeList } from "./list";

const query = (id: number, collection: string) => ({ id: String(id), shape: { collection } }) as SlowQuery;
/** What a server has recorded: that of the system took longest. */
const recorded = [...Array.from({ length: 230 }, (_, at) => query(at, "baasix_Role")), ...Array.from({ length: 130 }, (_, at) => query(230 + at, "orders"))];
const read = (page: number, limit: number): Promise<SlowQueryList> =>
  Promise.resolve({ data: recorded.slice((page - 1) * limit, page * limit), totalCount: recorded.length, since: "", missed: 0, forgotten: 0 });

test("queries of the system push no other out of sight, however many of them took longer", async () => {
  const { data: all } = await wholeList(read);
  expect(all).toHaveLength(360);
  const { data, behind } = shownOf(all, false);
  expect(data.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, at) => String(230 + at)));
  expect(behind).toBe(30);
  expect(shownOf(all, true)).toEqual({ data: recorded.slice(0, 100), behind: 260 });
});

test("a query that changed places while the list was read stands there once", async () => {
  const moved = (page: number, limit: number) => read(page, limit).then((list) => (page === 2 ? { ...list, data: [...recorded.slice(0, 1), ...list.data] } : list));
  const { data } = await wholeList(moved);
  expect(new Set(data.map(({ id }) => id)).size).toBe(data.length);
});
