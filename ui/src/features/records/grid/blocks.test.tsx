import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { NULL, value, type Value } from "@/lib/values";
import { cell, focused, open, press } from "../tests/screen";
import { TYPED } from "./clipboard";

const carrier = (given: Readonly<Record<string, string>> = {}) => {
  const kept = new Map(Object.entries(given));
  return { getData: (type: string) => kept.get(type) ?? "", setData: (type: string, text: string) => void kept.set(type, text), kept };
};
const staged = (pending: ReturnType<typeof open>["pending"]) =>
  pending.opsOf("records").map((op) => [...op.target.path.slice(1), (op.after as Value).s === "value" ? (op.after as { v: string }).v : (op.after as Value).s ?? op.after]);

/** Presses on one cell and lets go on another, passing over it. */
async function sweep(from: HTMLElement, to: HTMLElement, more: object = {}) {
  fireEvent.pointerDown(from, { button: 0 });
  await act(async () => void fireEvent.pointerMove(to, { buttons: 1, ...more }));
  await act(async () => void fireEvent.pointerUp(to, { button: 0, ...more }));
}

describe("a block of cells", () => {
  it("is drawn by the pointer and by Shift with the arrows, and copied in three forms", async () => {
    open();
    await sweep(await cell("r:1", "total"), await cell("r:2", "note"));
    const grid = screen.getByRole("grid");
    expect(within(grid).getAllByRole("gridcell", { selected: true })).toHaveLength(4);
    const clipboardData = carrier();
    fireEvent.copy(focused(), { clipboardData });
    expect(clipboardData.kept.get("text/plain")).toBe("1.50\t\n2.50\t");
    expect(clipboardData.kept.get("text/html")).toBe("<table><tr><td>1.50</td><td></td></tr><tr><td>2.50</td><td></td></tr></table>");
    expect(JSON.parse(clipboardData.kept.get(TYPED) ?? "{}")).toMatchObject({ cells: [[{ value: value("1.50") }, { value: { s: "empty" } }], [{}, { value: NULL }]] });
    await press(focused(), "Escape");
    await press(focused(), "ArrowDown", { shiftKey: true });
    await press(focused(), "ArrowLeft", { shiftKey: true });
    await waitFor(() => expect(within(grid).getAllByRole("gridcell", { selected: true })).toHaveLength(4));
  });

  it("comes from a sheet as one step, and says of each cell that was left out why", async () => {
    const { pending } = open();
    const total = await cell("r:0", "total");
    fireEvent.pointerDown(total);
    fireEvent.paste(total, { clipboardData: carrier({ "text/plain": '7.25\t"two\nlines"\tpaid\n8.x\t\tlost\n' }) });
    expect(staged(pending)).toEqual([
      ["1000", "total", "7.25"],
      ["1000", "note", "two\nlines"],
      ["1000", "status", "paid"],
    ]);
    const report = await screen.findByRole("region", { name: "2 cells were not pasted" });
    expect(within(report).getByRole("status").textContent).toBe("3 other cells are staged");
    expect(report.textContent).toContain("8.x is not a number");
    expect(report.textContent).toContain("lost is none of draft, paid");
    act(() => void pending.undo());
    expect(pending.opsOf("records")).toHaveLength(0);
    fireEvent.click(within(report).getByRole("button", { name: "Mend total of row 1001" }));
    const input = await screen.findByLabelText<HTMLInputElement>("total of row 1001");
    expect(input.value).toBe("8.x");
  });

  it("fills a larger block with what was copied, NULL and empty text told apart", async () => {
    const { pending } = open();
    fireEvent.pointerDown(await cell("r:3", "note"));
    await press(focused(), "ArrowDown", { shiftKey: true });
    await press(focused(), "ArrowDown", { shiftKey: true });
    const typed = JSON.stringify({ version: 1, cells: [[{ text: "", kind: "text", value: { s: "null" } }]] });
    fireEvent.paste(focused(), { clipboardData: carrier({ "text/plain": "", [TYPED]: typed }) });
    await waitFor(() => expect(staged(pending)).toEqual([["1003", "note", "null"], ["1004", "note", "null"], ["1005", "note", "null"]]));
    expect(screen.queryByRole("region", { name: /not pasted/ })).toBeNull();
    act(() => void pending.undo());
    expect(pending.opsOf("records")).toHaveLength(0);
  });

  it("is cut: copied, and cleared as one step", async () => {
    const { pending } = open();
    await sweep(await cell("r:3", "total"), await cell("r:4", "note"));
    const clipboardData = carrier();
    fireEvent.cut(focused(), { clipboardData });
    expect(clipboardData.kept.get("text/plain")).toBe("3.50\tnote 3\n4.50\tnote 4");
    expect(staged(pending)).toEqual([["1003", "total", "null"], ["1003", "note", "null"], ["1004", "total", "null"], ["1004", "note", "null"]]);
    act(() => void pending.undo());
    expect(pending.opsOf("records")).toHaveLength(0);
  });

  it("is emptied, set to NULL and to its default, each as far as a field takes it", async () => {
    const { pending } = open();
    await sweep(await cell("r:3", "status"), await cell("r:4", "paid"));
    await press(focused(), "Backspace", { altKey: true });
    expect(pending.opsOf("records")).toHaveLength(2);
    expect(staged(pending)).toEqual([["1003", "status", "null"], ["1004", "status", "null"]]);
    act(() => void pending.undo());
    fireEvent.pointerDown(await cell("r:3", "placed_at"));
    await press(focused(), "Backspace", { altKey: true });
    expect((await screen.findByRole("alert")).textContent).toBe("placed_at has no default that a stored row can take");
    fireEvent.pointerDown(await cell("r:3", "total"));
    await press(focused(), "ArrowRight", { shiftKey: true });
    await press(focused(), "Backspace");
    expect(staged(pending)).toEqual([["1003", "note", "empty"]]);
    const report = await screen.findByRole("region", { name: "1 cell was not cleared" });
    expect(report.textContent).toContain("total has no empty value. Use NULL.");
    await press(await cell("b:1003", "note"), "Escape");
  });

  it("is filled by its corner: a series goes on, and Ctrl repeats it", async () => {
    const { pending } = open();
    const carry = async (more: object = {}) => {
      await sweep(await cell("r:1", "total"), await cell("r:2", "total"));
      const handle = document.querySelector<HTMLElement>("[data-fill]");
      if (!handle) throw new Error("no handle");
      await sweep(handle, await cell("r:4", "total"), more);
    };
    await carry();
    expect(staged(pending)).toEqual([]);
    act(() => void pending.undo());
    await carry({ ctrlKey: true });
    expect(staged(pending)).toEqual([["1003", "total", "1.50"], ["1004", "total", "2.50"]]);
  });

  it("is filled down and to the right by keys, value by value", async () => {
    const { pending } = open();
    await sweep(await cell("r:5", "total"), await cell("r:7", "note"));
    await press(focused(), "d", { ctrlKey: true });
    expect(staged(pending)).toEqual([["1006", "total", "5.50"], ["1007", "total", "5.50"], ["1006", "note", "note 5"], ["1007", "note", "note 5"]]);
    act(() => void pending.undo());
    await sweep(await cell("r:8", "total"), await cell("r:8", "note"));
    await press(focused(), "r", { altKey: true });
    expect(staged(pending)).toEqual([["1008", "note", "8.50"]]);
    act(() => void pending.undo());
    fireEvent.pointerDown(await cell("r:2", "status"));
    await press(focused(), "d", { ctrlKey: true });
    expect(pending.opsOf("records")).toEqual([]);
  });

  it("reads the rows again by Ctrl R, whatever is chosen, and changes nothing of what is staged", async () => {
    const { pending, asked } = open();
    const reads = () => asked.filter((request) => request.path === "/items/orders").length;
    const again = async (key: string, more: object = {}) => {
      const before = reads();
      expect(fireEvent.keyDown(focused(), { key, ...more })).toBe(false);
      await waitFor(() => expect(reads()).toBeGreaterThan(before));
    };
    await sweep(await cell("r:8", "total"), await cell("r:9", "note"));
    await again("r", { ctrlKey: true });
    expect(pending.opsOf("records")).toEqual([]);
    fireEvent.pointerDown(await cell("r:3", "note"));
    await press(focused(), "Backspace");
    const kept = staged(pending);
    expect(kept).toEqual([["1003", "note", "empty"]]);
    await again("r", { ctrlKey: true });
    await again("F5");
    expect(staged(pending)).toEqual(kept);
  });

  it("takes in rows that are not on screen", async () => {
    const { pending, asked } = open();
    fireEvent.pointerDown(await cell("r:0", "note"));
    const before = asked.length;
    fireEvent.paste(focused(), { clipboardData: carrier({ "text/plain": Array.from({ length: 230 }, (_, n) => `line ${String(n)}`).join("\n") }) });
    await waitFor(() => expect(pending.opsOf("records")).toHaveLength(230));
    expect(asked.slice(before).filter((request) => request.path === "/items/orders").length).toBeGreaterThan(0);
    expect(staged(pending)[229]).toEqual(["1229", "note", "line 229"]);
  });

  it("copies the picked rows whole", async () => {
    const written = vi.fn();
    Object.defineProperty(navigator, "clipboard", { configurable: true, value: { writeText: written } });
    vi.stubGlobal("ClipboardItem", undefined);
    open(undefined, { columns: "id,total" });
    fireEvent.pointerDown(await cell("r:0", "id"));
    await press(focused(), "a", { ctrlKey: true });
    await screen.findByText("All ≈ 9,000 rows of this filter");
    fireEvent.copy(focused(), { clipboardData: carrier() });
    await waitFor(() => expect(written).toHaveBeenCalled());
    expect((written.mock.calls[0]?.[0] as string).split("\n").slice(0, 2)).toEqual(["1000\t0.50", "1001\t1.50"]);
    vi.unstubAllGlobals();
  });
});

describe("conditions within conditions", () => {
  it("are built by hand and by keys, and asked as one filter that stands in the address", async () => {
    const { asked, onSearch } = open(undefined, { filter: '[["status","eq","paid"]]' });
    await cell("r:0", "total");
    fireEvent.click(screen.getByRole("button", { name: "Conditions within conditions" }));
    const tree = await screen.findByRole("region", { name: "Conditions of orders" });
    fireEvent.click(within(tree).getByRole("button", { name: "Condition" }));
    const second = within(tree).getAllByRole("group").at(-1);
    if (!second) throw new Error("no condition was added");
    fireEvent.click(within(second).getByRole("button", { name: /^Field of the condition/ }));
    const box = await screen.findByRole("combobox", { name: "Field of the condition" });
    fireEvent.change(box, { target: { value: "tot" } });
    fireEvent.keyDown(box, { key: "Enter" });
    const amount = await within(tree).findByLabelText("Value of total");
    fireEvent.change(amount, { target: { value: "5oo" } });
    expect(within(tree).getByText("Character 2 is the letter O, not a zero")).toBeTruthy();
    expect(within(tree).getByText("1 condition is not complete and would not be applied")).toBeTruthy();
    fireEvent.change(amount, { target: { value: "500" } });
    await press(amount, "ArrowRight", { altKey: true });
    expect(within(tree).getByRole("group", { name: "any of these holds" })).toBeTruthy();
    fireEvent.click(within(tree).getByRole("button", { name: "JSON" }));
    expect(within(tree).getByRole("region", { name: "The filter as it is sent" }).textContent).toContain("OR");
    await press(within(tree).getByLabelText("Value of total"), "Enter", { ctrlKey: true });
    await waitFor(() => expect(onSearch).toHaveBeenLastCalledWith({ filter: '[{"OR":[["status","eq","paid"],["total","eq","500"]]}]' }));
    await waitFor(() =>
      expect(asked.some((request) => JSON.stringify(request.params?.["filter"]) === '{"OR":[{"status":{"eq":"paid"}},{"total":{"eq":"500"}}]}')).toBe(true),
    );
    expect(await screen.findByRole("button", { name: "any of 2 conditions" })).toBeTruthy();
  });
});
