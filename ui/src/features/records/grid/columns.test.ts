import { renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { readType, type FieldInfo } from "@/lib/fields";
import { widthOf } from "../widths";
import { firstWidths, useResize } from "./columns";

const field = (name: string, type: string, length?: number): FieldInfo => ({
  name, type: readType(type, length === undefined ? undefined : { length }), primaryKey: false, nullable: true, unique: false, indexed: false, defaultText: null, computed: false, hidden: false, description: null, relation: null,
});
const FIELDS = [field("id", "UUID"), field("name", "String"), field("email", "String"), field("code", "String", 3)];
const PLAIN = FIELDS.map(widthOf);
const SUM = PLAIN.reduce((sum, width) => sum + width, 0);

test("columns of words take the room that is left, up to a limit, and others never", () => {
  const grown = (room: number) => firstWidths(FIELDS, {}, room).map((width, at) => width - (PLAIN[at] ?? 0));
  expect(grown(SUM + 101)).toEqual([0, 50, 50, 0]);
  expect(grown(SUM + 5_000)).toEqual([0, 120, 120, 0]);
  expect(grown(SUM - 1)).toEqual([0, 0, 0, 0]);
  // What somebody chose stays chosen.
  expect(firstWidths(FIELDS, { name: 90 }, SUM)[1]).toBe(90);
});

test("a column is drawn from where it stands, while what the others grew by is kept", () => {
  const kept: Record<string, number> = {};
  const onResize = (one: FieldInfo, by: number) => {
    kept[one.name] = (kept[one.name] ?? widthOf(one)) + by;
  };
  const widths = firstWidths(FIELDS, {}, SUM + 100);
  const [, name = 0, email = 0] = widths;
  const { result } = renderHook(() => useResize(FIELDS, widths, {}, onResize));
  const [, second] = FIELDS as unknown as [FieldInfo, FieldInfo];
  // Two moves of one drag, before anything is drawn anew.
  result.current(second, 10);
  result.current(second, -3);
  expect(kept).toEqual({ name: name + 7, email });
});
