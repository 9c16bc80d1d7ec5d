import { act, fireEvent, render, screen, within } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { useRegistry } from "@/kit/commands";
import { readCollection } from "@/lib/fields";
import { setLocale } from "@/messages/catalogue";
import { Palette } from "./Palette";
import { useUi } from "./ui-state";

beforeEach(() => {
  setLocale("en");
  Element.prototype.scrollIntoView = vi.fn();
});

it("puts what acts here first, and a search of rows right behind what bears the name", () => {
  const run = vi.fn();
  useRegistry.getState().put("test", [
    { id: "area", label: "Schema", group: "Areas", run },
    { id: "data.newRow", label: "New row", group: "Data", run },
    { id: "data.commit", label: "Commit 3 rows", group: "Pending", run },
  ]);
  const onRows = vi.fn();
  const orders = readCollection("orders", { fields: { id: { type: "Integer", primaryKey: true } } });
  render(<Palette scope="orders" collections={[orders]} onCollection={run} onField={run} onRows={onRows} />);
  act(() => useUi.setState({ palette: true }));
  const list = screen.getByRole("listbox");
  const shown = (): string[] => within(list).getAllByRole("option").map((option) => option.textContent);
  expect(shown().map((text) => /^(Commit 3 rows|New row|orders|Schema)/.exec(text)?.[0])).toEqual(["Commit 3 rows", "New row", "orders", "Schema"]);
  const box = screen.getByRole("combobox");
  fireEvent.change(box, { target: { value: "schema" } });
  expect(shown()[0]).toMatch(/^Schema/);
  expect(shown()[1]).toContain("schema");
  fireEvent.change(box, { target: { value: "no such thing" } });
  fireEvent.keyDown(box, { key: "Enter" });
  expect(onRows).toHaveBeenCalledExactlyOnceWith("orders", "no such thing");
});
