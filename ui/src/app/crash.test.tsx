import { render, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { Boundary } from "./Root";

describe("a screen that throws", () => {
  function crash(error: Error) {
    // React tells every error that a boundary takes.
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    function Broken(): null {
      throw error;
    }
    render(
      <Boundary resetKey="here">
        <Broken />
      </Boundary>,
    );
  }

  it.each(["Failed to fetch dynamically imported module: http://x/part.js", "Importing a module script failed.", "error loading dynamically imported module"])(
    "is loaded anew where the code of a part did not come: %s",
    (message) => {
      crash(new TypeError(message));
      expect(screen.getByText("A part of this screen did not load")).toBeTruthy();
      expect(screen.getByRole("button", { name: "Reload" })).toBeTruthy();
      expect(screen.queryByRole("button", { name: "Open it again" })).toBeNull();
    },
  );

  it("is opened again where it broke by itself", () => {
    crash(new TypeError("undefined is no function"));
    expect(screen.getByText("This screen stopped working")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Open it again" })).toBeTruthy();
  });
});
