import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { act, fireEvent, render, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { CellEditor } from "@/features/records/CellEditor";
import { orders } from "@/features/records/tests/screen";
import { StagedInput } from "@/features/collections/inputs";
import { readCollection, type FieldInfo } from "@/lib/fields";
import { value } from "@/lib/values";
import { leaveBeforeGoing } from "./leave";

const total = orders.fields.find((field) => field.name === "total");

describe("what is typed when the address changes", () => {
  async function open(field: FieldInfo | undefined = total) {
    const named = vi.fn();
    const staged = vi.fn();
    const invalid = vi.fn();
    if (!field) throw new Error("a field");
    const root = createRootRoute();
    const form = createRoute({
      getParentRoute: () => root,
      path: "/form",
      component: () => (
        <>
          <StagedInput label="Name" value="label" onStage={named} />
          <CellEditor field={field} value={value("1.00")} label={field.name} target={undefined} canDefault={false} onStage={staged} onInvalid={invalid} onCancel={vi.fn()} />
        </>
      ),
    });
    const other = createRoute({ getParentRoute: () => root, path: "/other", component: () => <p>other</p> });
    const router = createRouter({ routeTree: root.addChildren([form, other]), history: createMemoryHistory({ initialEntries: ["/other", "/form"] }) });
    const end = leaveBeforeGoing(router);
    render(<RouterProvider router={router as never} />);
    await screen.findByLabelText("Name");
    const type = (label: string, text: string) => {
      const input = screen.getByLabelText<HTMLInputElement>(label);
      act(() => input.focus());
      fireEvent.change(input, { target: { value: text } });
    };
    const go = async () => {
      await act(() => router.navigate({ to: "/other" as never }));
      await screen.findByText("other");
    };
    const back = async () => {
      act(() => router.history.back());
      await screen.findByText("other");
    };
    return { named, staged, invalid, type, go, back, end };
  }

  it("stages a name of a form, by an address and by the way back", async () => {
    for (const way of ["go", "back"] as const) {
      const form = await open();
      form.type("Name", "title");
      await form[way]();
      expect(form.named).toHaveBeenCalledExactlyOnceWith("title");
      form.end();
      document.body.innerHTML = "";
    }
  });

  it("stages the value of a cell, and keeps what is no value with its reason", async () => {
    const good = await open();
    good.type("total", "2.50");
    await good.go();
    expect(good.staged).toHaveBeenCalledExactlyOnceWith(value("2.50"), "stay");
    document.body.innerHTML = "";
    const bad = await open();
    bad.type("total", "x");
    await bad.back();
    expect(bad.invalid).toHaveBeenCalledExactlyOnceWith("x", expect.objectContaining({ code: "not-number" }));
    expect(bad.staged).not.toHaveBeenCalled();
  });

  it("stages what is typed on a card, and keeps what is no value with its reason", async () => {
    const { fields } = readCollection("posts", {
      fields: {
        id: { type: "Integer", primaryKey: true },
        body: { type: "Text" },
        spot: { type: "Point" },
        status: { type: "Enum", values: ["draft", "paid"] },
      },
    });
    const cases = [
      { name: "body", typed: "# Long", staged: value("# Long") },
      { name: "spot", typed: "nowhere", code: "geo" },
      { name: "status", typed: "paid", staged: value("paid") },
      { name: "status", typed: "payed", code: "enum" },
    ];
    for (const { name, typed, staged, code } of cases) {
      const form = await open(fields.find((field) => field.name === name));
      const box = await screen.findByRole(name === "status" ? "combobox" : "textbox", { name });
      fireEvent.change(box, { target: { value: typed } });
      await form.go();
      if (staged) expect(form.staged).toHaveBeenCalledExactlyOnceWith(staged, "stay");
      else expect(form.invalid).toHaveBeenCalledExactlyOnceWith(typed, expect.objectContaining({ code }));
      expect(form.staged.mock.calls.length + form.invalid.mock.calls.length).toBe(1);
      form.end();
      document.body.innerHTML = "";
    }
  });
});
