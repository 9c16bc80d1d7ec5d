import { describe, expect, it, vi } from "vitest";
import { readCollection } from "./fields";
import { filterOf, operatorsFor, pillOfCell, PLAIN_VIEW, readDuration, readPill, readView, sortOf, writeView, type Pill, type View } from "./filters";
import { createRows, type Page, type PageRequest } from "./rows";
import { drawnHeight, drawnOf, isScaled, MAX_HEIGHT, reveal, scrolled, trueOf, visibleRows } from "./scroll";

const orders = readCollection("orders", {
  fields: {
    id: { type: "BigInt", primaryKey: true },
    total: { type: "Decimal", values: { precision: 12, scale: 2 } },
    status: { type: "Enum", values: ["draft", "paid"] },
    placed_at: { type: "DateTime" },
    note: { type: "Text" },
    tags: { type: "Array_String" },
    paid: { type: "Boolean", allowNull: false },
  },
  timestamps: false,
});

describe("filters", () => {
  it("turns pills into one filter and leaves out what cannot be applied", () => {
    const pills: Pill[] = [
      { field: "status", op: "ne", text: "draft" },
      { field: "total", op: "gte", text: "500.00" },
      { field: "total", op: "gte", text: "5oo" },
      { field: "placed_at", op: "last", text: "30 d" },
    ];
    expect(filterOf(orders, pills)).toEqual({
      AND: [{ status: { ne: "draft" } }, { total: { gte: "500.00" } }, { placed_at: { gte: "$NOW-DAYS_30" } }],
    });
    expect(filterOf(orders, [])).toBeUndefined();
    expect(readPill(orders, pills[2] ?? { field: "", op: "eq", text: "" })).toMatchObject({
      ok: false,
      fault: { kind: "value", problem: { code: "letter-o" } },
    });
  });

  it("says why a pill is not applied", () => {
    const fault = (field: string, op: Pill["op"], text: string) => {
      const read = readPill(orders, { field, op, text });
      return read.ok ? "applied" : read.fault.kind;
    };
    expect(fault("nope", "eq", "1")).toBe("unknown-field");
    expect(fault("status", "gte", "paid")).toBe("unknown-operator");
    expect(fault("total", "gte", " ")).toBe("no-value");
    expect(fault("placed_at", "last", "soon")).toBe("duration");
    expect(fault("note", "isEmpty", "")).toBe("applied");
    expect(fault("status", "in", "draft, lost")).toBe("value");
  });

  it("tells NULL from empty and offers only what the type can answer", () => {
    expect(filterOf(orders, [{ field: "note", op: "isNull", text: "" }])).toEqual({ note: { isNull: true } });
    expect(filterOf(orders, [{ field: "note", op: "isEmpty", text: "" }])).toEqual({ note: { eq: "" } });
    const paid = orders.fields.find((f) => f.name === "paid");
    expect(paid && operatorsFor(paid)).toEqual(["eq"]);
    const note = orders.fields.find((f) => f.name === "note");
    expect(note && pillOfCell(note, null)).toEqual({ field: "note", op: "isNull", text: "" });
    expect(note && pillOfCell(note, "")).toEqual({ field: "note", op: "isEmpty", text: "" });
    expect(note && pillOfCell(note, "x")).toEqual({ field: "note", op: "eq", text: "x" });
  });

  it("reads durations as the server's own dynamic time", () => {
    expect(["30 d", "12h", "2 weeks", "5 minutes"].map(readDuration)).toEqual(["$NOW-DAYS_30", "$NOW-HOURS_12", "$NOW-WEEKS_2", "$NOW-MINUTES_5"]);
    expect(["", "d", "3 months", "-1 d"].map(readDuration)).toEqual([null, null, null, null]);
  });

  it("keeps a view in the URL and survives nonsense there", () => {
    const view: View = {
      pills: [{ field: "note", op: "icontains", text: 'a "b", c' }, { field: "note", op: "isNull", text: "" }],
      groups: [],
      sort: [{ field: "total", direction: "desc" }],
      columns: ["id", "total"],
      pinned: ["id"],
      search: "lind",
      saved: null,
    };
    expect(readView({ ...writeView(view) })).toEqual(view);
    const named: View = { ...PLAIN_VIEW, saved: "v1" };
    expect(writeView(named)).toEqual({ view: "v1", filter: "[]" });
    expect(readView({ ...writeView(named) })).toEqual(named);
    expect(writeView(PLAIN_VIEW)).toEqual({});
    for (const filter of ["{", "[]", '[["a"]]', '[["a","drop"]]', 7, null]) expect(readView({ filter }).pills).toEqual([]);
    expect(sortOf(orders, view.sort)).toEqual(["-total", "-id"]);
    expect(sortOf(orders, [{ field: "gone", direction: "asc" }])).toEqual(["id"]);
  });
});

describe("scroll", () => {
  const space = (rows: number) => ({ rows, rowHeight: 28, viewport: 700 });

  it.each([1_000_000, 10_000_000, 100_000_000])("reaches the first and the last of %i rows", (rows) => {
    const s = space(rows);
    expect(isScaled(s)).toBe(true);
    expect(drawnHeight(s)).toBe(MAX_HEIGHT);
    const end = MAX_HEIGHT - 700;
    expect(trueOf(s, 0)).toBe(0);
    expect(visibleRows(s, trueOf(s, end)).last).toBe(rows - 1);
    expect(visibleRows(s, scrolled(s, 0, 0, end)).last).toBe(rows - 1);
    // Every row can be brought into view, and the thumb then stands where it belongs.
    for (const row of [0, 1, Math.floor(rows / 3), rows - 2, rows - 1]) {
      const offset = reveal(s, 0, row);
      const seen = visibleRows(s, offset, 0);
      expect(seen.first <= row && row <= seen.last).toBe(true);
      expect(Math.abs(trueOf(s, drawnOf(s, offset)) - offset)).toBeLessThan(1);
    }
  });

  it("moves by true pixels under the wheel, by proportion under the thumb", () => {
    const s = space(1_000_000);
    expect(scrolled(s, 140_000, 50_000, 50_100)).toBe(140_100);
    expect(scrolled(s, 140_000, 50_000, 5_000_000)).toBeCloseTo(trueOf(s, 5_000_000));
    expect(scrolled(s, 140_000, 100, 0)).toBe(0);
  });

  it("is plain arithmetic for what fits", () => {
    const s = space(1000);
    expect(drawnHeight(s)).toBe(28_000);
    expect(trueOf(s, 5600)).toBe(5600);
    expect(visibleRows(s, 5600, 0)).toEqual({ first: 200, last: 224 });
    expect(reveal(s, 5600, 210)).toBe(5600);
    expect(reveal(s, 5600, 100)).toBe(2800);
    expect(visibleRows(space(0), 0)).toEqual({ first: 0, last: -1 });
  });
});

describe("rows", () => {
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

  function server(count: number, estimate = count) {
    const asked: PageRequest[] = [];
    const load = (request: PageRequest): Promise<Page> => {
      asked.push(request);
      const start = request.offset ?? (request.after === "" ? 0 : Number(request.after));
      const end = Math.min(start + request.limit, count);
      return Promise.resolve({
        rows: Array.from({ length: Math.max(end - start, 0) }, (_, i) => ({ id: start + i })),
        cursor: end < count ? String(end) : null,
        ...(request.count === "estimate" ? { total: estimate, estimated: estimate !== count } : {}),
      });
    };
    return { asked, load };
  }

  it("walks by cursor, jumps by offset, and holds ten pages", async () => {
    const { asked, load } = server(1_000_000);
    const rows = createRows({ load });
    rows.want(0, 30);
    await settle();
    for (let page = 1; page < 20; page += 1) {
      rows.want(page * 200, page * 200 + 30);
      await settle();
    }
    expect(asked.every((r) => r.after !== undefined)).toBe(true);
    expect(asked.map((r) => r.count).slice(0, 3)).toEqual(["estimate", "none", "none"]);
    expect(rows.pagesHeld()).toBe(10);
    rows.want(999_960, 999_999);
    await settle();
    expect(asked.at(-1)).toMatchObject({ offset: 999_800 });
    expect(rows.row(999_999)).toEqual({ id: 999_999 });
    expect(rows.row(500)).toBeUndefined();
    expect(rows.snapshot().total).toEqual({ rows: 1_000_000, exact: true });
  });

  it("learns the end when the estimate was wrong, either way", async () => {
    const low = createRows({ load: server(450, 200).load });
    low.want(0, 30);
    await settle();
    expect(low.snapshot().total).toEqual({ rows: 201, exact: false });
    low.want(200, 220);
    await settle();
    low.want(400, 420);
    await settle();
    expect(low.snapshot().total).toEqual({ rows: 450, exact: true });
    const high = createRows({ load: server(450, 2000).load });
    high.want(0, 30);
    await settle();
    high.want(1800, 1830);
    await settle();
    expect(high.snapshot().total?.rows).toBeLessThan(2000);
    const none = createRows({ load: server(0).load });
    none.want(0, 30);
    await settle();
    expect(none.snapshot().total).toEqual({ rows: 0, exact: true });
  });

  it("finds the end after a jump, where the server tells no cursor", async () => {
    const jump = (count: number, told: number) =>
      createRows({
        load: (r) => {
          const start = r.offset ?? 0;
          const length = Math.max(Math.min(r.limit, count - start), 0);
          return Promise.resolve({ rows: Array.from({ length }, (_, i) => ({ id: start + i })), ...(r.count === "estimate" ? { total: told, estimated: true } : {}) });
        },
      });
    for (const [count, told] of [[1000, 1000], [1000, 900], [1100, 1000]] as const) {
      const rows = jump(count, told);
      rows.want(0, 30);
      await settle();
      rows.want(told - 30, told - 1);
      await settle();
      await settle();
      expect(rows.snapshot().total?.rows).toBe(count);
      expect(rows.snapshot().total?.exact).toBe(true);
    }
  });

  it("aborts what scrolled away and ignores a late answer", async () => {
    const release: ((page: Page) => void)[] = [];
    const signals: AbortSignal[] = [];
    const rows = createRows({
      load: (request) => {
        signals.push(request.signal);
        return request.page === 0 ? server(10_000).load(request) : new Promise((resolve) => release.push(resolve));
      },
    });
    rows.want(0, 30);
    await settle();
    rows.want(2000, 2030);
    rows.want(6000, 6030);
    expect(signals.map((s) => s.aborted)).toEqual([false, true, false]);
    release[0]?.({ rows: [{ id: "late" }], cursor: null });
    await settle();
    expect(rows.row(2000)).toBeUndefined();
    expect(rows.snapshot().total?.rows).toBe(10_000);
  });

  it("can be given up while it reads, and read again", async () => {
    let slow = true;
    const { load } = server(300);
    const rows = createRows({ load: (r) => (slow ? new Promise(() => undefined) : load(r)) });
    rows.cancel();
    expect(rows.snapshot().fault).toBeNull();
    rows.want(0, 30);
    rows.cancel();
    expect(rows.snapshot()).toMatchObject({ loading: false, ready: false });
    expect(rows.snapshot().fault).toMatchObject({ code: "STOPPED" });
    slow = false;
    rows.reload();
    await settle();
    expect(rows.row(0)).toEqual({ id: 0 });
  });

  it("keeps the rows on screen while it reloads and when that fails", async () => {
    let fail = false;
    const { load } = server(300);
    const rows = createRows({ load: (r) => (fail ? Promise.reject(new Error("gone")) : load(r)) });
    const heard = vi.fn();
    rows.subscribe(heard);
    rows.want(0, 30);
    await settle();
    fail = true;
    rows.reload();
    expect(rows.row(5)).toEqual({ id: 5 });
    await settle();
    expect(rows.snapshot().fault).toBeInstanceOf(Error);
    expect(rows.row(5)).toEqual({ id: 5 });
    fail = false;
    rows.reload();
    await settle();
    expect(rows.snapshot().fault).toBeNull();
    rows.patch((row) => row["id"] === 5, (row) => ({ ...row, total: "9" }));
    expect(rows.row(5)).toEqual({ id: 5, total: "9" });
    expect(heard).toHaveBeenCalled();
  });
});
