import { describe, expect, it, vi } from "vitest";
import { guardHere } from "./asking";

const house = vi.hoisted(() => ({ kind: "browser" }));
vi.mock("./index", () => ({ host: () => house }));

describe("who asks before a write", () => {
  it("is the window, unless the desktop asks on the way to a remote instance", () => {
    house.kind = "browser";
    expect(guardHere({ kind: "remote", guard: "confirm" })).toBe("confirm");
    house.kind = "desktop";
    expect(guardHere({ kind: "remote", guard: "confirm" })).toBe("open");
    // Nobody else would ask.
    expect(guardHere({ kind: "local", guard: "confirm" })).toBe("confirm");
    for (const guard of ["open", "readonly"] as const) expect(guardHere({ kind: "remote", guard })).toBe(guard);
  });
});
