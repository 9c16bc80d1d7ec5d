import { expect, test } from "vitest";
import { courseOf, roundUp } from "./course";

const even = Array.from({ length: 11 }, (_, at) => ({ ms: at * 100, rows: at * 500 }));

test("an even course is a level line with no dip", () => {
  const course = courseOf(even);
  expect(course?.ms).toBe(1000);
  expect(course?.rates.every((rate) => Math.abs(rate - 5000) < 1e-6)).toBe(true);
  expect(course?.dip).toBeNull();
  expect(course?.top).toBe(5000);
});

test("a stretch without rows is pointed at where it stood", () => {
  const halted = even.map(({ ms, rows }) => ({ ms: ms > 400 ? ms + 200 : ms, rows }));
  const course = courseOf(halted);
  expect(course?.dip).toBeGreaterThan(400);
  expect(course?.dip).toBeLessThan(700);
});

test("moments are not even, yet every row is counted once", () => {
  const pace = [{ ms: 0, rows: 0 }, { ms: 30, rows: 500 }, { ms: 400, rows: 1000 }, { ms: 410, rows: 1500 }, { ms: 900, rows: 2000 }];
  const course = courseOf(pace);
  const rows = (course?.rates ?? []).reduce((sum, rate) => sum + (rate * 900) / 4 / 1000, 0);
  expect(Math.round(rows)).toBe(2000);
});

test("too few moments are no course, and the axis ends at a round number", () => {
  expect(courseOf(even.slice(0, 3))).toBeNull();
  expect(courseOf([])).toBeNull();
  expect([1, 7, 12_345, 99_999].map(roundUp)).toEqual([1, 8, 20_000, 100_000]);
});
