import { expect, test } from "vitest";
import { readType, type FieldInfo } from "@/lib/fields";
import { widthOf } from "./widths";

const field = (name: string, type: string, values?: object): FieldInfo => ({
  name, type: readType(type, values), primaryKey: false, nullable: true, unique: false, indexed: false, defaultText: null, computed: false, hidden: false, description: null, relation: null,
});
/** Nothing is drawn in a test: every sign is as wide as the next. */
const SIGN = 7;

test("a column is as wide as the longest value of its type, and as its name", () => {
  expect(widthOf(field("n", "BigInt"))).toBeGreaterThan("-9223372036854775808".length * SIGN);
  expect(widthOf(field("n", "BigInt")) - widthOf(field("n", "Integer"))).toBe(("-9223372036854775808".length - "-2147483648".length) * SIGN);
  expect(widthOf(field("k", "UUID"))).toBeGreaterThan(36 * SIGN);
  expect(widthOf(field("s", "Enum", ["draft", "waiting for approval"]))).toBeGreaterThan("waiting for approval".length * SIGN);
  expect(widthOf(field("p", "Decimal", { precision: 12, scale: 2 }))).toBeGreaterThan("-0,000,000,000.00".length * SIGN);
  expect(widthOf(field("a_name_of_thirty_signs_and_more", "Date"))).toBeGreaterThan("a_name_of_thirty_signs_and_more".length * SIGN);
});

test("neither a name nor a type takes the screen", () => {
  expect(widthOf(field("n".repeat(200), "Date"))).toBe(280);
  expect(widthOf(field("p", "Decimal", { precision: 131_000, scale: 0 }))).toBe(320);
  expect(widthOf(field("s", "Enum", ["w".repeat(200)]))).toBe(200);
});
