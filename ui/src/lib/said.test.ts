import { expect, test } from "vitest";
import { clock, clockOrMoment, clockSeconds, day, moment, momentSeconds } from "./moments";
import { sizeText } from "./sizes";

test("a time is said in 24 hours, midnight is 00, and the day stands before its month", () => {
  const at = new Date(2026, 10, 21, 0, 5, 7);
  expect([clock(at), clockSeconds(at), day(at), moment(at), momentSeconds(at)]).toEqual(["00:05", "00:05:07", "21 Nov 2026", "21 Nov 2026, 00:05", "21 Nov 2026, 00:05:07"]);
});

test("the day is said where it is not today", () => {
  const at = new Date(2026, 10, 21, 18, 52);
  expect(clockOrMoment(at, new Date(2026, 10, 21, 23, 59).getTime())).toBe("18:52");
  expect(clockOrMoment(at, new Date(2026, 10, 22, 0, 1).getTime())).toBe("21 Nov 2026, 18:52");
});

test("sizes have the digits they are worth", () => {
  expect([0, 999, 1000, 41_760, 99_960, 999_499, 999_600, 11_240_000_000].map(sizeText)).toEqual(["0 B", "999 B", "1.0 kB", "41.8 kB", "100 kB", "999 kB", "1.0 MB", "11.2 GB"]);
});
