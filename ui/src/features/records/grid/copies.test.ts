import { expect, test } from "vitest";
import { said } from "./copies";

const clip = [[{ text: "1" }, { text: "2" }], [{ text: "3" }, { text: "4" }], [{ text: "5" }, { text: "6" }]];

test("what is copied is told, and that it is not all where it is not", () => {
  expect(said([[{ text: "1" }]], null)).toEqual({ kind: "done", text: "Copied as stored" });
  expect(said(clip, null)).toEqual({ kind: "done", text: "6 cells of 3 rows copied as stored" });
  expect(said(clip, 3)).toEqual({ kind: "failed", text: "Only the first 3 rows are copied. Export takes all of them." });
  // More were estimated than there were.
  expect(said(clip, 4)).toEqual({ kind: "done", text: "6 cells of 3 rows copied as stored" });
});
