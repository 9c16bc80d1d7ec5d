import { fireEvent, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { readCollection } from "@/lib/fields";
import { alignOf } from "./CellView";
import { cell, focused, open, press } from "./tests/screen";

const fields = {
  twice: { type: "VIRTUAL", calculated: "total * 2", resultType: "Decimal" },
  loud: { type: "VIRTUAL", calculated: "upper(note)", resultType: "Text" },
};
const shown = () => open(({ path, params }) => (path === "/items/orders" && params?.["limit"] !== 1 ? { data: [{ id: 1000, total: null, note: "a", status: "draft", paid: false, placed_at: null, twice: null, loud: "A" }], cursor: null, totalCount: 1 } : undefined), {}, {}, fields);

describe("a column that is worked out", () => {
  it("stands as what it holds, says in its header what it is, and is read only", async () => {
    shown();
    const head = await screen.findByRole("columnheader", { name: /^twice/ });
    expect(head.textContent).toContain("computed decimal");
    expect(within(head).getByRole("img", { name: "worked out by the server" })).toBeTruthy();
    expect(head.title).toBe("total * 2");
    const at = await cell("r:0", "twice");
    expect(at.getAttribute("aria-readonly")).toBe("true");
    expect(at.textContent).toBe("NULL");
    expect((await cell("r:0", "total")).getAttribute("aria-readonly")).toBeNull();
    const [, loud] = readCollection("c", { timestamps: false, fields }).fields;
    expect(loud && alignOf(loud)).toBe("left");
    expect(alignOf(readCollection("c", { timestamps: false, fields: { twice: fields.twice } }).fields[0] ?? never())).toBe("right");
  });

  it("offers no editor to any key and says what it is worked out from", async () => {
    const { pending } = shown();
    for (const [key, more] of [["Enter", {}], ["F2", {}], ["7", {}], ["Backspace", {}], ["Backspace", { ctrlKey: true }]] as const) {
      fireEvent.pointerDown(await cell("r:0", "twice"));
      await press(focused(), key, more);
      expect((await screen.findByRole("alert")).textContent).toBe("twice is worked out: total * 2");
      expect(screen.queryByRole("textbox", { name: /^twice of/ })).toBeNull();
    }
    expect(pending.opsOf("records")).toEqual([]);
  });

  it("has no value yet in a new row, and no NULL either", async () => {
    shown();
    fireEvent.pointerDown(await cell("r:0", "note"));
    await press(focused(), "n", { altKey: true });
    const fresh = await screen.findAllByText("worked out");
    expect(fresh).toHaveLength(2);
  });
});

function never(): never {
  throw new Error("no field");
}
