import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { tellLeaving } from "@/kit/leave";
import { stageCell } from "@/lib/record-ops";
import { NULL, value, type Value } from "@/lib/values";
import { setLocale } from "@/messages/catalogue";
import { CellEditor, type EditorProps } from "./CellEditor";
import { CellView } from "./CellView";
import { m } from "./messages";
import { cell, focused, open, orders, press } from "./tests/screen";
import { problemText } from "./words";

const field = (name: string) => {
  const found = orders.fields.find((f) => f.name === name);
  if (!found) throw new Error(name);
  return found;
};

describe("words", () => {
  it("has a sentence for every problem a value can have, with its slots filled", () => {
    const codes = /code:\s*((?:\s*\|\s*"[a-z-]+")+)/.exec(readFileSync("src/lib/values.ts", "utf8"))?.[1]?.match(/[a-z][a-z-]+/g) ?? [];
    expect(codes.length).toBeGreaterThan(25);
    const args = Object.fromEntries(
      ["value", "low", "high", "at", "suggestion", "scale", "digits", "room", "line", "column", "index", "type", "limit", "size", "options", "field"].map((slot) => [slot, "X"]),
    );
    for (const code of codes) {
      const said = problemText({ code: code as "uuid", args });
      expect(said).not.toContain("problem.");
      expect(said).not.toMatch(/undefined|\{/);
    }
  });

  it("shows nothing untranslated in the pseudo-locale", () => {
    setLocale("pseudo");
    expect(m("newRow")).not.toBe("New row");
  });
});

describe("cells", () => {
  const text = (name: string, shown: Value, more: object = {}) => render(<CellView field={field(name)} value={shown} {...more} />).container.textContent;

  it("tells NULL, empty, default and a value apart", () => {
    expect(text("note", NULL)).toBe("NULL");
    expect(text("note", { s: "empty" })).toBe("empty");
    expect(text("placed_at", { s: "default" })).toBe("default: now()");
    expect(text("id", { s: "default" })).toBe("auto");
    expect(text("total", value("1284500.00"))).toBe("1,284,500.00");
    expect(text("placed_at", value("2026-11-20T19:42:07.000Z"))).toBe("2026-11-20 19:42:07 +00:00");
    expect(text("total", value("2"), { was: value("1"), roomy: true })).toBe("12");
  });

  it("draws markup in a value as text", () => {
    const { container } = render(<CellView field={field("note")} value={value("<img src=x onerror=alert(1)>")} />);
    expect(container.querySelector("img")).toBeNull();
  });
});

describe("the cell editor", () => {
  function edit(name: string, shown: Value, more: Partial<EditorProps> = {}) {
    const staged = vi.fn();
    const cancelled = vi.fn();
    const invalid = vi.fn();
    render(
      <CellEditor field={field(name)} value={shown} label={name} target={undefined} canDefault={false} onStage={staged} onInvalid={invalid} onCancel={cancelled} {...more} />,
    );
    return { staged, cancelled, invalid, input: screen.getByLabelText<HTMLInputElement>(name) };
  }

  it("stages the very value it opened with when nothing was typed", () => {
    for (const shown of [value("12.10"), NULL, { s: "default" } as const]) {
      const { staged, input } = edit("total", shown);
      fireEvent.keyDown(input, { key: "Enter" });
      expect(staged).toHaveBeenCalledWith(shown, "down");
      document.body.innerHTML = "";
    }
  });

  it("refuses a wrong number in words, stays open, and lets a minus be typed", () => {
    const { staged, input } = edit("total", value("12.10"));
    fireEvent.change(input, { target: { value: "-" } });
    fireEvent.change(input, { target: { value: "12.5O" } });
    fireEvent.keyDown(input, { key: "Tab" });
    expect(staged).not.toHaveBeenCalled();
    expect(screen.getByRole("alert").textContent).toBe("Character 5 is the letter O, not a zero");
    fireEvent.change(input, { target: { value: "-12.50" } });
    fireEvent.keyDown(input, { key: "Tab", shiftKey: true });
    expect(staged).toHaveBeenCalledWith(value("-12.50"), "previous");
  });

  it("keeps an unreadable text when it is left, and drops it on Esc", () => {
    const first = edit("total", value("1"));
    fireEvent.change(first.input, { target: { value: "x" } });
    fireEvent.blur(first.input);
    expect(first.invalid).toHaveBeenCalledWith("x", expect.objectContaining({ code: "not-number" }));
    document.body.innerHTML = "";
    const second = edit("total", value("1"));
    fireEvent.change(second.input, { target: { value: "x" } });
    fireEvent.keyDown(second.input, { key: "Escape" });
    expect(second.cancelled).toHaveBeenCalled();
    expect(second.invalid).not.toHaveBeenCalled();
  });

  it("opens a text of several lines where its lines are kept", async () => {
    const staged = vi.fn();
    render(<CellEditor field={field("note")} value={value("first\nsecond")} label="note" target={undefined} canDefault={false} onStage={staged} onInvalid={vi.fn()} onCancel={vi.fn()} />);
    const area = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "note" });
    expect(area.value).toBe("first\nsecond");
    fireEvent.change(area, { target: { value: "first\nsecond!" } });
    fireEvent.keyDown(area, { key: "Enter", ctrlKey: true });
    expect(staged.mock.calls[0]?.[0]).toEqual(value("first\nsecond!"));
  });

  it("sets NULL by key where the field allows it", () => {
    const { staged, input } = edit("total", value("1"));
    fireEvent.keyDown(input, { key: "Backspace", ctrlKey: true });
    expect(staged).toHaveBeenCalledWith(NULL, "stay");
  });
});

describe("the Data screen", () => {
  it("asks for one page by cursor with an estimate, and draws only what is seen", async () => {
    const { asked } = open();
    expect((await cell("r:0", "total")).textContent).toBe("0.50");
    const pages = asked.filter((request) => request.path === "/items/orders");
    expect(pages[0]?.params).toMatchObject({ after: "", count: "estimate", limit: 200, sort: ["id"] });
    expect(pages).toHaveLength(1);
    const grid = screen.getByRole("grid");
    expect(grid.getAttribute("aria-rowcount")).toBe("-1");
    expect(within(grid).getAllByRole("row").length).toBeLessThan(40);
  });

  it("moves by arrows, edits by Enter, stages by Tab, and commits with what stood there", async () => {
    const { asked, pending } = open((request) =>
      request.path === "/items/batch" ? { data: [{ op: "update", collection: "orders", id: 1000 }] } : undefined,
    );
    const first = await cell("r:0", "total");
    act(() => first.focus());
    fireEvent.pointerDown(first);
    press(first, "Enter");
    const input = screen.getByLabelText<HTMLInputElement>("total of row 1000");
    fireEvent.change(input, { target: { value: "99.90" } });
    press(input, "Tab");
    // The row moved into the band, and editing went on in its next cell.
    expect(screen.getByLabelText("note of row 1000")).toBe(focused());
    press(focused(), "Escape");
    expect(pending.opsOf("records")).toHaveLength(1);
    expect((await cell("b:1000", "total")).textContent).toContain("99.90");
    expect(screen.getByText("1 row changed")).toBeTruthy();
    press(document.body, "s", { ctrlKey: true });
    await waitFor(() => expect(pending.opsOf("records")).toHaveLength(0));
    expect(asked.find((request) => request.path === "/items/batch")?.body?.operations).toEqual([
      { op: "update", collection: "orders", id: "1000", data: { total: "99.90" }, expect: { total: "0.50" } },
    ]);
  });

  it("empties with Backspace, sets NULL with Ctrl Backspace, toggles with Space, restores with Esc", async () => {
    const { pending } = open();
    const note = await cell("r:0", "note");
    fireEvent.pointerDown(note);
    press(note, "Backspace");
    expect(pending.opsOf("records")[0]?.after).toEqual({ s: "empty" });
    press(await cell("b:1000", "note"), "Backspace", { ctrlKey: true });
    expect(pending.opsOf("records")[0]?.after).toEqual(NULL);
    press(await cell("b:1000", "note"), "Escape");
    expect(pending.opsOf("records")).toHaveLength(0);
    const paid = await cell("r:0", "paid");
    fireEvent.pointerDown(paid);
    press(paid, " ");
    expect(pending.opsOf("records")[0]?.after).toEqual(value("true"));
    const total = await cell("r:1", "total");
    fireEvent.pointerDown(total);
    press(total, "Backspace");
    expect(screen.getByRole("alert").textContent).toBe("total has no empty value. Use NULL.");
  });

  it("goes down a column while its rows go into the band", async () => {
    const { pending } = open();
    fireEvent.pointerDown(await cell("r:0", "total"));
    for (const [row, typed] of [["1000", "1.00"], ["1001", "2.00"]] as const) {
      press(focused(), typed.charAt(0));
      const input = await screen.findByLabelText<HTMLInputElement>(`total of row ${row}`);
      fireEvent.change(input, { target: { value: typed } });
      press(input, "Enter");
    }
    expect(pending.opsOf("records").map((op) => [op.target.path[1], op.after])).toEqual([["1000", value("1.00")], ["1001", value("2.00")]]);
    expect(await cell("r:2", "total")).toBe(focused());
    // A key that stages leaves the cell under the hands; the next arrow goes on below it.
    press(focused(), "Backspace", { ctrlKey: true });
    expect(await cell("b:1002", "total")).toBe(focused());
    press(focused(), "ArrowDown");
    expect(await cell("r:3", "total")).toBe(focused());
    press(focused(), "Backspace", { ctrlKey: true });
    press(focused(), "ArrowUp");
    expect(pending.opsOf("records")).toHaveLength(4);
    expect(await cell("b:1002", "total")).toBe(focused());
  });

  it("walks the band from a row of it that was chosen there, wherever the focus was when it came", async () => {
    const { pending } = open();
    fireEvent.pointerDown(await cell("r:0", "total"));
    // Rows come into the band by other ways than an edit under the hands.
    act(() => pending.stage(["1000", "1001", "1002"].map((id) => stageCell("orders", id, field("status"), value("draft"), value("paid")))));
    fireEvent.pointerDown(await cell("b:1000", "total"));
    for (const [row, typed] of [["1000", "1.00"], ["1001", "2.00"], ["1002", "3.00"]] as const) {
      press(focused(), typed.charAt(0));
      const input = await screen.findByLabelText<HTMLInputElement>(`total of row ${row}`);
      fireEvent.change(input, { target: { value: typed } });
      press(input, "Enter");
    }
    expect(pending.opsOf("records").filter((op) => op.target.path[2] === "total").map((op) => [op.target.path[1], op.after])).toEqual([
      ["1000", value("1.00")],
      ["1001", value("2.00")],
      ["1002", value("3.00")],
    ]);
    expect(await cell("r:3", "total")).toBe(focused());
  });

  it("keeps a text that is no choice of the list, with its reason", async () => {
    const { pending } = open();
    fireEvent.pointerDown(await cell("r:0", "status"));
    press(focused(), "p");
    const box = await screen.findByRole<HTMLInputElement>("combobox", { name: "status of row 1000" });
    fireEvent.change(box, { target: { value: "payed" } });
    press(box, "Tab");
    expect(pending.opsOf("records")).toHaveLength(0);
    const kept = await cell("r:0", "status");
    expect(kept.textContent).toContain("payed");
    expect(within(kept).getByTitle(/payed/)).toBeTruthy();
    press(kept, "Enter");
    const again = await screen.findByRole<HTMLInputElement>("combobox", { name: "status of row 1000" });
    expect(again.value).toBe("payed");
    fireEvent.change(again, { target: { value: "paid" } });
    press(again, "Tab");
    expect(pending.opsOf("records").map((op) => op.after)).toEqual([value("paid")]);
  });

  it("stages the row that is named on the card of a relation when one goes elsewhere, and keeps any other text with its reason", async () => {
    const { pending } = open(undefined, {}, {}, { parent_Id: { type: "BigInt" }, parent: { relType: "BelongsTo", target: "orders", foreignKey: "parent_Id", as: "parent" } });
    for (const [row, typed] of [["r:0", "1005"], ["r:1", "nobody"]] as const) {
      fireEvent.pointerDown(await cell(row, "parent_Id"));
      press(focused(), typed.charAt(0));
      const box = await screen.findByRole<HTMLInputElement>("combobox", { name: /^parent_Id of row/ });
      fireEvent.change(box, { target: { value: typed } });
      await waitFor(() => expect(screen.getAllByRole("option").length).toBeGreaterThan(5));
      act(tellLeaving);
      expect(screen.queryByRole("combobox", { name: /^parent_Id of row/ })).toBeNull();
    }
    expect(pending.opsOf("records").map((op) => [op.target.path[1], op.after])).toEqual([["1000", value("1005")]]);
    const kept = await cell("r:1", "parent_Id");
    expect(within(kept).getByTitle("nobody is no row of the list. Choose one.")).toBeTruthy();
  });

  it("writes a sort and a filter into the address", async () => {
    const { onSearch } = open();
    const total = await cell("r:3", "total");
    press(total, "ArrowUp", { ctrlKey: true });
    fireEvent.click(await screen.findByRole("columnheader", { name: /^total/ }));
    expect(onSearch).toHaveBeenLastCalledWith({ sort: "total" });
    const note = await cell("r:2", "note");
    fireEvent.pointerDown(note);
    press(note, "f", { altKey: true });
    expect(onSearch).toHaveBeenLastCalledWith({ filter: '[["note","isNull"]]', sort: "total" });
  });

  it("keeps a pill that is no condition, says why, and does not ask with it", async () => {
    const { asked } = open(undefined, { filter: '[["total","gte","5oo"]]' });
    await cell("r:0", "total");
    expect(screen.getByText("Character 2 is the letter O, not a zero, not applied")).toBeTruthy();
    expect(asked.find((request) => request.path === "/items/orders")?.params?.["filter"]).toBeUndefined();
  });

  it("says what went wrong with a read, in place, and reads again", async () => {
    let broken = true;
    open((request) =>
      request.path === "/items/orders" && broken ? Object.assign(new Error("no such operator"), { status: 400, code: "UNKNOWN_OPERATOR", details: [] }) : undefined,
    );
    expect(await screen.findByText("The rows were not read: no such operator")).toBeTruthy();
    broken = false;
    fireEvent.click(screen.getByRole("button", { name: /Read again/ }));
    expect((await cell("r:0", "total")).textContent).toBe("0.50");
    expect(screen.queryByText(/were not read/)).toBeNull();
  });

  it("puts a new row into the band, and says which value it still needs", async () => {
    const { pending, asked } = open((request) =>
      request.path === "/items/batch" ? { data: [{ op: "create", collection: "orders", id: 7 }] } : undefined,
    );
    await cell("r:0", "total");
    press(document.body, "n");
    await waitFor(() => expect(pending.opsOf("records")).toHaveLength(1));
    const input = await screen.findByLabelText<HTMLInputElement>("total of row new");
    fireEvent.change(input, { target: { value: "5" } });
    press(input, "Enter");
    press(document.body, "s", { ctrlKey: true });
    await waitFor(() => expect(pending.opsOf("records")).toHaveLength(0));
    expect(asked.find((request) => request.path === "/items/batch")?.body?.operations).toEqual([
      { op: "create", collection: "orders", data: { total: "5" } },
    ]);
  });

  it("commits what is still being typed", async () => {
    const { asked } = open((request) => (request.path === "/items/batch" ? { data: [{ op: "create", collection: "orders", id: 7 }] } : undefined));
    await cell("r:0", "total");
    press(document.body, "n");
    const input = await screen.findByLabelText<HTMLInputElement>("total of row new");
    fireEvent.change(input, { target: { value: "5" } });
    press(input, "s", { ctrlKey: true });
    await waitFor(() => expect(asked.some((request) => request.path === "/items/batch")).toBe(true));
    expect(asked.find((request) => request.path === "/items/batch")?.body?.operations).toEqual([
      { op: "create", collection: "orders", data: { total: "5" } },
    ]);
  });

  it("begins an edit with what is typed, whatever letter it is, and keeps the commands behind other keys", async () => {
    const { pending } = open((request) => (request.path === "/items/orders/1000/history" ? { data: [], totalCount: 0 } : undefined));
    const note = await cell("r:0", "note");
    fireEvent.pointerDown(note);
    for (const key of ["n", "f", "h", "e", "N", "ü", "/", "7"]) {
      press(focused(), key, key === "N" ? { shiftKey: true } : {});
      expect(screen.getByLabelText<HTMLInputElement>("note of row 1000").value).toBe(key);
      press(focused(), "Escape");
      expect(focused()).toBe(note);
    }
    expect(pending.opsOf("records")).toHaveLength(0);
    // What cannot be edited says why, and takes a letter for no command either.
    fireEvent.pointerDown(await cell("r:0", "id"));
    press(focused(), "n");
    expect(screen.getByRole("alert").textContent).toBe("The key of a stored row does not change");
    expect(pending.opsOf("records")).toHaveLength(0);
    press(focused(), "n", { altKey: true });
    await waitFor(() => expect(screen.getByLabelText("total of row new")).toBe(focused()));
  });

  it.each([
    ["values out of sight", {}, { secret: { type: "String", hidden: true } }, "Values that are out of sight here are lost: undo brings back what can be seen."],
    ["fields one may not read", { read: { fields: ["id", "note"], conditional: false } }, {}, "Values that are out of sight here are lost: undo brings back what can be seen."],
    ["no right to make rows", { create: false }, {}, "Your role may not create such rows in orders, so undo cannot bring back what is deleted."],
    ["no right to write a key", { create: { fields: ["note"], conditional: false } }, {}, "Your role may not create such rows in orders, so undo cannot bring back what is deleted."],
  ])("asks before it deletes a row that undo could not bring back whole: %s", async (_, rights, fields, words) => {
    const all = { fields: ["*"], conditional: false };
    const { asked } = open((request) => (request.path === "/items/batch" ? { data: [] } : request.path === "/items/orders/1000" ? { data: { id: 1000, note: "x" } } : undefined), { columns: "id,note" }, { orders: { create: all, read: all, update: all, delete: all, ...rights } }, fields);
    fireEvent.pointerDown(await cell("r:0", "note"));
    press(focused(), "Delete");
    expect(await screen.findByText(words)).toBeTruthy();
    expect(asked.some((request) => request.path === "/items/batch")).toBe(false);
    fireEvent.click(screen.getByRole("button", { name: "Delete" }));
    const written = () => asked.filter((request) => request.path === "/items/batch").flatMap((request) => request.body?.operations ?? []);
    await waitFor(() => expect(written()).toHaveLength(1));
    await act(async () => await Promise.resolve());
    press(document.body, "z", { ctrlKey: true });
    const undone = "create" in rights ? [] : [expect.objectContaining({ op: "create", data: { id: "1000", note: "x" } })];
    await waitFor(() => expect(written().slice(1)).toEqual(undone));
  });

  it("takes letters as commands where no cell of the row can be edited", async () => {
    const all = { fields: ["*"], conditional: false };
    open(undefined, {}, { orders: { create: false, read: all, update: false, delete: false } });
    fireEvent.pointerDown(await cell("r:0", "note"));
    press(focused(), "x");
    expect(screen.queryByRole("alert")).toBeNull();
    press(focused(), "h");
    expect(await screen.findByRole("region", { name: /^History of/ })).toBeTruthy();
  });

  it("loses nothing that is typed while a large editor is still being loaded", async () => {
    const { pending } = open(undefined, {}, {}, { note: { type: "Text" } });
    fireEvent.pointerDown(await cell("r:0", "note"));
    const at = focused();
    for (const key of ["n", "e", "w", " ", "f"]) press(at, key);
    expect((await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "note of row 1000" })).value).toBe("new f");
    expect(pending.opsOf("records")).toHaveLength(0);
  });

  // Of one row alone the server counts none.
  it.each([
    ["counted", { index: 0, field: "total", expected: "0.50", current: "7.00" }],
    ["not counted", { field: "total", expected: "0.50" }],
  ])("shows both values of a conflict that is %s, and commits only after a choice", async (_, detail) => {
    const conflict = Object.assign(new Error("changed"), { status: 409, code: "CONFLICT", details: [detail] });
    let first = true;
    const { pending } = open((request) => {
      if (request.params?.["filter"]) return { data: [{ id: 1000, total: "7.00" }] };
      if (request.path !== "/items/batch") return undefined;
      if (!first) return { data: [{ op: "update", collection: "orders", id: 1000 }] };
      first = false;
      return conflict;
    });
    const total = await cell("r:0", "total");
    fireEvent.pointerDown(total);
    press(total, "9");
    const input = screen.getByLabelText<HTMLInputElement>("total of row 1000");
    expect(input.value).toBe("9");
    press(input, "Enter");
    press(document.body, "s", { ctrlKey: true });
    const panel = await screen.findByRole("region", { name: "Changed by somebody else since you read it" });
    expect(panel.textContent).toContain("0.507.009");
    expect(screen.getByRole<HTMLButtonElement>("button", { name: /^Commit 1 row/ }).disabled).toBe(true);
    fireEvent.click(within(panel).getByRole("button", { name: "Use mine" }));
    press(document.body, "s", { ctrlKey: true });
    await waitFor(() => expect(pending.opsOf("records")).toHaveLength(0));
  });

  it("shows what somebody else stored once it is kept", async () => {
    const conflict = Object.assign(new Error("changed"), { status: 409, code: "CONFLICT", details: [{ index: 0, field: "total" }] });
    const { asked } = open((request) => (request.path === "/items/batch" ? conflict : request.params?.["filter"] ? { data: [{ id: 1000, total: "7.00" }] } : undefined));
    const total = await cell("r:0", "total");
    fireEvent.pointerDown(total);
    press(total, "9");
    press(screen.getByLabelText("total of row 1000"), "Enter");
    press(document.body, "s", { ctrlKey: true });
    const keep = await screen.findByRole("button", { name: "Keep theirs" });
    const reads = () => asked.filter((request) => request.path === "/items/orders" && request.params?.["filter"] === undefined && request.params?.["limit"] !== 0).length;
    const before = reads();
    fireEvent.click(keep);
    await waitFor(() => expect(reads()).toBeGreaterThan(before));
  });
});

describe("columns and saved views", () => {
  const all = { fields: ["*"], conditional: false };
  const everything = { create: all, read: all, update: all, delete: all };
  const headers = () => screen.getAllByRole("columnheader").flatMap((node) => (node.dataset["col"] === undefined ? [] : [node.querySelector(".truncate")?.textContent ?? ""]));

  it("pins, moves, widens and hides a column by keys, and writes the order into the address", async () => {
    const { asked, onSearch } = open();
    const first = await cell("r:0", "id");
    const reads = () => asked.filter(({ path }) => path === "/items/orders").length;
    const read = reads();
    act(() => first.focus());
    await press(focused(), "ArrowUp");
    await press(focused(), "ArrowRight");
    await press(focused(), "ArrowRight");
    await waitFor(() => expect(focused().textContent).toContain("note"));
    await press(focused(), "p", { altKey: true });
    expect(headers()[0]).toBe("note");
    expect(onSearch).toHaveBeenLastCalledWith(expect.objectContaining({ pinned: "note" }));
    // The same rows in another order of columns: nothing is asked for again.
    expect(reads()).toBe(read);
    const total = screen.getByRole("columnheader", { name: /^total/ });
    const before = total.style.width;
    act(() => total.focus());
    fireEvent.pointerDown(total, { button: 0 });
    fireEvent.pointerUp(window);
    await press(total, "ArrowRight", { altKey: true });
    await waitFor(() => expect(screen.getByRole("columnheader", { name: /^total/ }).style.width).not.toBe(before));
    await press(focused(), "h", { altKey: true });
    await waitFor(() => expect(headers()).not.toContain("total"));
    expect(onSearch).toHaveBeenLastCalledWith(expect.objectContaining({ columns: "note,id,status,paid,placed_at", pinned: "note" }));
  });

  it("saves what is shown under a name, and opens a saved view from its id alone", async () => {
    const stored = { id: "v1", name: "Unpaid", userId: null, preferenceData: { filter: '[["paid","eq","false"]]', sort: "-total", columns: "total,id", pinned: "total", widths: { total: 200, id: 9 }, nonsense: "<script>" } };
    const { asked } = open(
      (request) => {
        if (request.path === "/items/baasix_UserPreference") return { data: [stored] };
        if (request.path === "/items/batch") return { data: [{ op: "create", collection: "baasix_UserPreference", id: "v2" }] };
        return undefined;
      },
      { view: "v1" },
      { baasix_UserPreference: everything },
    );
    await screen.findByRole("button", { name: "View: Unpaid" });
    expect(headers()).toEqual(["total", "id"]);
    expect(screen.getByRole("columnheader", { name: /^total/ }).style.width).toBe("200px");
    const read = asked.find((request) => request.path === "/items/orders" && request.params?.["sort"] !== undefined);
    expect(read?.params).toMatchObject({ filter: { paid: { eq: false } }, sort: ["-total", "-id"] });
    fireEvent.click(screen.getByRole("button", { name: "View: Unpaid" }));
    fireEvent.click(await screen.findByRole("menuitem", { name: "Save as a view" }));
    fireEvent.change(await screen.findByLabelText("Name of the view"), { target: { value: "Unpaid" } });
    expect(screen.getByRole("alert").textContent).toBe("A view is called Unpaid already");
    fireEvent.change(screen.getByLabelText("Name of the view"), { target: { value: "Open bills" } });
    fireEvent.click(screen.getByRole("button", { name: "Save view" }));
    await waitFor(() => expect(asked.some((request) => request.path === "/items/batch")).toBe(true));
    expect(asked.find((request) => request.path === "/items/batch")?.body?.operations).toEqual([
      {
        op: "create",
        collection: "baasix_UserPreference",
        data: {
          collectionName: "orders",
          preferenceType: "columns",
          preferenceData: { filter: '[["paid","eq","false"]]', sort: "-total", columns: "total,id", pinned: "total", widths: { total: 200 } },
          isDefault: false,
          name: "Open bills",
          // The view it came from is everybody's; a new one is for its maker until it is shared.
          userId: "u1",
        },
      },
    ]);
  });
});

describe("rows picked together", () => {
  it("edits one field of a range as one step that one undo takes back", async () => {
    const { pending } = open((request) => (request.params?.["filter"] ? { data: [1001, 1002, 1003].map((id) => ({ id, total: id === 1002 ? "7.50" : "1.50" })) } : undefined), { columns: "id,total" });
    await cell("r:1", "total");
    const number = (row: number) => document.querySelector(`[data-pick="r:${String(row)}"]`) ?? document.body;
    fireEvent.pointerDown(number(1), { button: 0 });
    fireEvent.pointerDown(number(3), { button: 0, shiftKey: true });
    await screen.findByText("3 rows selected");
    await press(focused(), "e", { altKey: true });
    const field = await screen.findByRole("combobox", { name: "Field" });
    fireEvent.click(field);
    fireEvent.click(await screen.findByRole("option", { name: /^total/ }));
    fireEvent.change(await screen.findByLabelText("New value of total"), { target: { value: "7.5O" } });
    expect(screen.getByText("Character 4 is the letter O, not a zero")).toBeTruthy();
    fireEvent.change(screen.getByLabelText("New value of total"), { target: { value: "7.50" } });
    expect(await screen.findByText(/2 rows change\. 1 row has this value already\./)).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: /Stage 2 changes/ }));
    await waitFor(() => expect(pending.opsOf("records", ["orders"]).map((op) => op.target.path[1])).toEqual(["1001", "1003"]));
    expect(screen.queryByText("3 rows selected")).toBeNull();
    act(() => void pending.undo());
    expect(pending.opsOf("records", ["orders"])).toEqual([]);
  });

  it("takes what is staged on a row for what the row holds", async () => {
    const { pending } = open((request) => (request.params?.["filter"] ? { data: [1001, 1002, 1003].map((id) => ({ id, total: id === 1002 ? "7.50" : "1.50" })) } : undefined), { columns: "id,total" });
    await cell("r:1", "total");
    act(() => pending.stage(stageCell("orders", "1002", field("total"), value("7.50"), value("3.00"))));
    const number = (row: number) => document.querySelector(`[data-pick="r:${String(row)}"]`) ?? document.body;
    fireEvent.pointerDown(number(1), { button: 0 });
    fireEvent.pointerDown(number(3), { button: 0, shiftKey: true });
    await screen.findByText("3 rows selected");
    await press(focused(), "e", { altKey: true });
    fireEvent.click(await screen.findByRole("combobox", { name: "Field" }));
    fireEvent.click(await screen.findByRole("option", { name: /^total/ }));
    fireEvent.change(await screen.findByLabelText("New value of total"), { target: { value: "7.50" } });
    expect(await screen.findByText("3 rows change.")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: /Stage 3 changes/ }));
    // Each of the three will hold it: the one that does so as it stands has nothing staged any more.
    await waitFor(() => expect(pending.opsOf("records", ["orders"]).map((op) => [op.target.path[1], op.after])).toEqual([["1001", value("7.50")], ["1003", value("7.50")]]));
  });

  it("takes every row of the filter with Ctrl A, and asks before it deletes them", async () => {
    const { asked } = open((request) => (request.path === "/items/batch" ? { data: [] } : undefined), { columns: "id,note" });
    const first = await cell("r:0", "id");
    act(() => first.focus());
    await press(focused(), "a", { ctrlKey: true });
    await screen.findByText("All ≈ 9,000 rows of this filter");
    fireEvent.click(screen.getByRole("button", { name: /^Delete ≈ 9,000/ }));
    expect(await screen.findByText("Delete 450 rows from orders?")).toBeTruthy();
    expect(asked.some((request) => request.path === "/items/batch")).toBe(false);
    fireEvent.click(screen.getByRole("button", { name: "Delete" }));
    await waitFor(() => expect(asked.find((request) => request.path === "/items/batch")?.body?.operations).toHaveLength(450));
  });
});
