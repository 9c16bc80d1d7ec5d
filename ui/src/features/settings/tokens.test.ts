import { expect, test } from "vitest";
import { endOf, scopesOf } from "./tokens";

test("each scope is sent once, as it is read by the server", () => {
  const rows = [
    { action: "read", collection: "*" },
    { action: "write", collection: "posts" },
    { action: "read", collection: "*" },
  ] as const;
  expect(scopesOf(rows)).toEqual(["read:*", "write:posts"]);
});

test("a token ends after so many days, or never", () => {
  const now = Date.UTC(2026, 0, 31);
  expect(endOf("30", now)?.toISOString()).toBe("2026-03-02T00:00:00.000Z");
  expect(endOf("365", now)?.toISOString()).toBe("2027-01-31T00:00:00.000Z");
  expect(endOf("never", now)).toBeNull();
});
