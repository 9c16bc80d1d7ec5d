import { expect, test } from "vitest";
import { remember, seen } from "./seen";

test("tables are new until they were looked at, and another one is new again", () => {
  expect(seen("shop", ["orders"])).toBe(false);
  remember("shop", ["orders", "notes"]);
  expect(seen("shop", ["orders"])).toBe(true);
  expect(seen("shop", ["orders", "invoices"])).toBe(false);
  expect(seen("press", ["orders"])).toBe(false);
});
