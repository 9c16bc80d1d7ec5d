import { expect, test } from "vitest";
import type { ImportJob } from "@/lib/client";
import { notesOf, reasonsOf, refusalsOf } from "./reasons";

const fault = (field: string | null, message: string, more: object = {}) => ({ line: 7, column: field, field, value: "x", message, code: "UNIQUE_VIOLATION", ...more });

test("a value that is taken is said with its field, and with the line that took it", () => {
  expect(reasonsOf([fault("code", "is taken already")])).toEqual(["code is taken already"]);
  expect(reasonsOf([fault("code", "is taken already, in line 2")])).toEqual(["code is taken already, by line 2"]);
});

test("fields of one index are taken together", () => {
  expect(reasonsOf([fault("row", "is taken already"), fault("seat", "is taken already")])).toEqual(["row and seat are taken already, together"]);
  expect(reasonsOf([fault("a", "is taken already, in line 5"), fault("b", "is taken already, in line 5"), fault("c", "is taken already, in line 5")])).toEqual([
    "a, b and c are taken already, together, by line 5",
  ]);
});

test("a line of the small file of mended rows is said as the line it was", () => {
  expect(reasonsOf([fault("code", "is taken already, in line 2")], (line) => [12, 40][line - 2] ?? line)).toEqual(["code is taken already, by line 12"]);
});

test("other reasons name their field once, and those of a whole row none", () => {
  expect(reasonsOf([fault("price", "Value must be a number"), fault("lane", "is required")])).toEqual(["price: Value must be a number", "lane is required"]);
  expect(reasonsOf([fault("price", "price must be at least 1")])).toEqual(["price must be at least 1"]);
  expect(reasonsOf([fault(null, "the row has 3 cells and the header 2")])).toEqual(["The row has 3 cells and the header 2"]);
});

test("what a dry run could not compare is a note and no refused row", () => {
  const note = fault(null, "rows from here on are compared with records and not with each other", { code: "PAYLOAD_TOO_LARGE", line: 1_000_001 });
  const job = { dryRun: true, errors: [fault("code", "is taken already"), note] } as unknown as ImportJob;
  expect(refusalsOf(job)).toHaveLength(1);
  expect(notesOf(job)).toEqual(["From line 1,000,001 on, rows are compared with records and not with each other."]);
  // A file that is refused for its size is refused.
  expect(refusalsOf({ ...job, dryRun: false })).toHaveLength(2);
});
