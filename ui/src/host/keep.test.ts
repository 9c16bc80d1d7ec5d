import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { journal } from "./journal";
import { keep } from "./keep";

const written: string[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  written.length = 0;
  vi.spyOn(journal, "write").mockImplementation((key, text) => {
    written.push(`${key}=${text}`);
    return Promise.resolve();
  });
});

afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("the first is written at once, and of many the last", () => {
  for (const text of ["1", "2", "3"]) keep("width", text);
  keep("place", "a");
  expect(written).toEqual(["width=1", "place=a"]);
  vi.runAllTimers();
  expect(written).toEqual(["width=1", "place=a", "width=3"]);
  keep("width", "4");
  expect(written.at(-1)).toBe("width=4");
});

test("a page that is closed has kept what came last", () => {
  for (const text of ["1", "2"]) keep("width", text);
  window.dispatchEvent(new Event("pagehide"));
  expect(written).toEqual(["width=1", "width=2"]);
  vi.runAllTimers();
  expect(written).toHaveLength(2);
});
