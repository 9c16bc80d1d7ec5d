import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { RECORDS } from "@/lib/record-ops";
import { cell, focused, open, press, type Asked } from "./tests/screen";

const row = { id: "1000", total: "1.50", note: "now", status: "draft", paid: true, placed_at: "2026-11-20T19:42:07.000Z" };
const revision = (id: string, action: string, more: object) => ({ id, action, at: "2026-11-19T10:00:00.000Z", actor: null, origin: null, ip: null, changed: [], before: null, after: null, ...more });
const changed = revision("r2", "update", {
  actor: { id: "u", name: "Ada Lovelace", email: null },
  origin: "studio",
  changed: ["total", "note", "paid"],
  before: { ...row, total: "12345678901234567890.10", note: null, paid: true },
  after: { ...row, total: "1.50", note: "now", paid: false },
});
const made = revision("r1", "create", { changed: ["id", "total"], after: row });

function answer({ path, params }: Asked): unknown {
  if (path === "/items/orders/1000/history") {
    return params?.["after"] === "7" ? { data: [made], cursor: null, keepDays: 90 } : { data: [changed], cursor: "7", keepDays: 90 };
  }
  return path === "/items/orders/1000" ? { data: row } : undefined;
}

async function opened() {
  const screenOf = open(answer);
  const first = await cell("r:0", "note");
  act(() => first.focus());
  press(focused(), "h", { ctrlKey: true, shiftKey: true });
  return { ...screenOf, past: within(await screen.findByRole("region", { name: /^History of/ })) };
}

describe("the history of a row", () => {
  it("tells who changed what from where, and older changes when asked", async () => {
    const { past } = await opened();
    expect((await past.findByRole("row", { name: /^note/ })).textContent).toContain("now");
    const entry = past.getAllByRole("listitem")[0]?.textContent ?? "";
    for (const word of ["Changed", "by Ada Lovelace", "studio", "2026-11-19 10:00:00"]) expect(entry).toContain(word);
    expect(past.getByText("Kept for 90 days")).toBeTruthy();
    fireEvent.click(past.getByRole("button", { name: "Older changes" }));
    await waitFor(() => expect(past.getByText("Created")).toBeTruthy());
    expect(past.queryByRole("button", { name: "Older changes" })).toBeNull();
  });

  it("stages one field as it was, every digit of it, and nothing else", async () => {
    const { past, pending } = await opened();
    fireEvent.click(await past.findByRole("button", { name: /^Take back total/ }));
    const ops = pending.opsOf(RECORDS, ["orders"]);
    expect(ops.map((op) => [op.target.path[2], op.after])).toEqual([["total", { s: "value", v: "12345678901234567890.10" }]]);
    expect(ops[0]?.before).toEqual({ s: "value", v: "1.50" });
  });

  it("takes all of a change back in one step, without what stands so now", async () => {
    const { past, pending } = await opened();
    // `paid` is as it was before the change already.
    expect((await past.findByRole("row", { name: /^paid/ })).textContent).toContain("It holds this now");
    expect(past.queryByRole("button", { name: /^Take back paid/ })).toBeNull();
    fireEvent.click(past.getByRole("button", { name: "Take all 2 back" }));
    expect(pending.opsOf(RECORDS, ["orders"]).map((op) => op.target.path[2]).sort()).toEqual(["note", "total"]);
    act(() => void pending.undo());
    expect(pending.opsOf(RECORDS, ["orders"])).toEqual([]);
  });

  it("says of a field that is staged so that it is, until it is taken back itself", async () => {
    const { past, pending } = await opened();
    fireEvent.click(await past.findByRole("button", { name: /^Take back total/ }));
    const row = past.getByRole("row", { name: /^total/ });
    await waitFor(() => expect(row.textContent).toContain("staged"));
    // Nothing is left to press; one goes on from the change itself.
    expect(past.queryByRole("button", { name: /^Take back total/ })).toBeNull();
    expect(focused().hasAttribute("data-entry")).toBe(true);
    act(() => void pending.undo());
    expect(await past.findByRole("button", { name: /^Take back total/ })).toBeTruthy();
  });

  it("is walked by the arrows, page after page", async () => {
    const { past } = await opened();
    await past.findByRole("row", { name: /^note/ });
    const [first] = past.getAllByRole("listitem");
    await waitFor(() => expect(focused()).toBe(first));
    press(focused(), "ArrowDown");
    await waitFor(() => expect(focused().textContent).toContain("Created"));
    press(focused(), "ArrowDown");
    expect(focused().textContent).toContain("Created");
    press(focused(), "ArrowUp");
    expect(focused()).toBe(first);
    // One stop of Tab: the change one was at.
    expect(past.getAllByRole("listitem").map((entry) => entry.tabIndex)).toEqual([0, -1]);
  });

  it("closes on Escape", async () => {
    const { past } = await opened();
    press(await past.findByRole("button", { name: "Close the history" }), "Escape");
    expect(screen.queryByRole("region", { name: /^History of/ })).toBeNull();
  });

  it("closes on Escape from among the rows, too", async () => {
    await opened();
    const here = await cell("r:0", "id");
    act(() => here.focus());
    press(here, "Escape");
    await waitFor(() => expect(screen.queryByRole("region", { name: /^History of/ })).toBeNull());
    expect(focused().closest("[role=grid]")).not.toBeNull();
  });
});
