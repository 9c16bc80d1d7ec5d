import { describe, expect, it } from "vitest";
import { capabilityOf, createConnection, faultOf, GuardError, type ConnectionInfo, type Http } from "./client";
import { readCollection } from "./fields";
import { createPending } from "./pending";
import { factsOf, newRowId, recordAdapter, rowChanges, RECORDS, stageCell, stageNewRow } from "./record-ops";
import { DEFAULT, EMPTY, NULL, value } from "./values";
import { fromWire } from "./wire";

const orders = readCollection("orders", {
  timestamps: false,
  fields: {
    id: { type: "BigInt", primaryKey: true },
    total: { type: "Decimal" },
    note: { type: "Text" },
    meta: { type: "JSON" },
    api_token: { type: "String" },
  },
});
const field = (name: string) => {
  const found = orders.fields.find((f) => f.name === name);
  if (!found) throw new Error(name);
  return found;
};
const info: ConnectionInfo = { id: "c", name: "prod-eu", environment: "production", guard: "open", url: "http://x" };

function setup(answers: unknown[], guard: ConnectionInfo["guard"] = "open", rawText?: string) {
  const sent: { method: string; path: string; params?: object | undefined; body?: unknown }[] = [];
  const http: Http = {
    stream: async (request) => new Response(rawText ?? JSON.stringify(await http.request(request))),
    request: <T,>(request: { method: string; path: string; params?: object | undefined; body?: unknown }) => {
      sent.push(request);
      const answer = answers.shift();
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as T);
    },
  };
  const connection = createConnection(
    { ...info, guard },
    {
      http,
      items: () => ({ export: () => Promise.resolve(new Response("id\n1\n")) }),
      imports: { rejects: () => Promise.resolve(new Response("line,reason\n")) },
    },
  );
  const changed: (readonly string[])[] = [];
  const pending = createPending();
  pending.register(RECORDS, recordAdapter(connection, (name) => (name === "orders" ? orders : undefined), (names) => changed.push(names)));
  return { connection, pending, sent, changed };
}

describe("record changes", () => {
  it("become one batch that expects what stood there", async () => {
    const { pending, sent, changed } = setup([
      { data: [{ op: "create", collection: "orders", id: "8" }, { op: "update", collection: "orders", id: 7 }] },
      { data: [] },
    ]);
    const fresh = newRowId();
    pending.stage([
      stageCell("orders", "7", field("total"), value("12.10"), value("9.50")),
      stageCell("orders", "7", field("note"), NULL, EMPTY),
      stageCell("orders", "7", field("meta"), value('{"b":1,"a":2}'), value('{"n":9007199254740993}')),
    ]);
    pending.stage([stageNewRow("orders", fresh), stageCell("orders", fresh, field("note"), DEFAULT, value("x"))]);
    expect(factsOf(rowChanges(pending.opsOf(RECORDS)))).toEqual({ rows: 2, inserts: 1, updates: 1, cells: 4 });
    const answer = await pending.commit(RECORDS);
    expect(sent[0]).toMatchObject({ method: "POST", path: "/items/batch" });
    expect(sent[0]?.body).toEqual({
      operations: [
        { op: "create", collection: "orders", data: { note: "x" } },
        {
          op: "update",
          collection: "orders",
          id: "7",
          data: { total: "9.50", note: "", meta: '{"n":9007199254740993}' },
          expect: { total: "12.10", note: null, meta: '{"b":1,"a":2}' },
        },
      ],
    });
    expect(changed).toEqual([["orders"]]);
    expect(pending.statusOf(RECORDS)).toBe("clean");
    if (!answer.ok) throw new Error("refused");
    await answer.undo?.();
    expect(sent[1]?.body).toMatchObject({
      operations: [
        { op: "update", id: "7", data: { total: "12.10", note: null }, expect: { total: "9.50", note: "" } },
        { op: "delete", id: "8" },
      ],
    });
  });

  it("stages nothing for an editor that was opened and left", () => {
    const { pending } = setup([]);
    pending.stage(stageCell("orders", "7", field("total"), value("12.10"), value("12.1")));
    pending.stage(stageCell("orders", "7", field("meta"), value('{"a":1}'), value('{ "a": 1 }')));
    expect(pending.opsOf(RECORDS)).toEqual([]);
  });

  it("reads a refusal as base, theirs and mine, every digit of what stands there now", async () => {
    const conflict = Object.assign(new Error("changed"), {
      status: 409,
      code: "CONFLICT",
      // As a parser of numbers reads what the refusal says.
      details: [{ index: 0, field: "total", expected: "12.10", current: 9007199254740996 }],
    });
    const { pending, sent } = setup([conflict, { data: [{ id: 7, total: "9007199254740995.00" }] }, { data: [{ op: "update", collection: "orders", id: 7 }] }]);
    pending.stage(stageCell("orders", "7", field("total"), value("12.10"), value("9.50")));
    await pending.commit(RECORDS);
    expect(sent[1]).toMatchObject({ method: "GET", path: "/items/orders", params: { fields: ["id", "total"], filter: { id: { in: ["7"] } } } });
    const [found] = pending.store.getState().conflicts.values();
    expect(found).toMatchObject({ base: value("12.10"), theirs: value("9007199254740995.00"), mine: value("9.50") });
    pending.resolve(found?.key ?? "", "mine");
    await pending.commit(RECORDS);
    expect(sent[2]?.body).toMatchObject({ operations: [{ expect: { total: "9007199254740995.00" }, data: { total: "9.50" } }] });
  });

  it("throws any other refusal and keeps the changes", async () => {
    const broken = Object.assign(new Error("Unique constraint violation"), { status: 409, code: "UNIQUE_VIOLATION", details: [] });
    const { pending } = setup([broken]);
    pending.stage(stageCell("orders", "7", field("note"), NULL, value("x")));
    await expect(pending.commit(RECORDS)).rejects.toBe(broken);
    expect(pending.statusOf(RECORDS)).toBe("failed");
  });

  it("marks values that no draft may hold", () => {
    expect(stageCell("users", "1", field("api_token"), NULL, value("x")).secret).toBe(true);
    expect(stageCell("users", "1", field("note"), NULL, value("x")).secret).toBeUndefined();
  });
});

describe("connection", () => {
  it("asks for pages by cursor or place and tells estimates apart", async () => {
    const { connection, sent } = setup([
      { data: [{ id: "1" }], totalCount: 900_000, totalCountEstimated: true, cursor: "abc" },
      { data: [], cursor: null },
      { data: [], totalCount: 3 },
    ]);
    const signal = new AbortController().signal;
    const query = { collection: "orders", fields: ["*"], sort: ["-total", "-id"], filter: { total: { gt: "1" } } };
    expect(await connection.page(query, { page: 0, after: "", limit: 200, count: "estimate", signal })).toEqual({
      rows: [{ id: "1" }],
      cursor: "abc",
      total: 900_000,
      estimated: true,
    });
    expect(await connection.page(query, { page: 5, offset: 1000, limit: 200, count: "none", signal })).toEqual({ rows: [], cursor: null });
    expect(sent[0]?.params).toMatchObject({ after: "", count: "estimate", limit: 200, sort: ["-total", "-id"] });
    expect(sent[1]?.params).toMatchObject({ offset: 1000, count: "none" });
    expect(sent[1]?.params).not.toHaveProperty("after");
    expect(await connection.count({ collection: "orders" })).toBe(3);
  });

  it("reads what a double cannot hold as it was written", async () => {
    const text = '{"data":[{"id":9007199254740993,"ratio":-0.0,"meta":{"n":9007199254740993,"d":1.10},"customer":{"id":5,"name":"x"}}],"totalCount":1,"cursor":null}';
    const { connection } = setup([], "open", text);
    const page = await connection.page(
      { collection: "orders", fields: ["*", "customer.id"] },
      { page: 0, after: "", limit: 200, count: "estimate", signal: new AbortController().signal },
    );
    const [row] = page.rows;
    expect(page).toMatchObject({ total: 1, cursor: null });
    expect(fromWire({ kind: "int", name: "BigInt" }, row?.["id"])).toEqual(value("9007199254740993"));
    expect(fromWire({ kind: "float", name: "Double" }, row?.["ratio"])).toEqual(value("-0.0"));
    expect(fromWire({ kind: "json", name: "JSON" }, row?.["meta"])).toEqual(value('{"n":9007199254740993,"d":1.10}'));
    expect(row?.["customer"]).toEqual({ id: 5, name: "x" });
  });

  it("holds every write back on a connection for reading", async () => {
    const { connection, sent } = setup([], "readonly");
    await expect(connection.batch([])).rejects.toBeInstanceOf(GuardError);
    expect(() => connection.undoImport("1")).toThrow(GuardError);
    const file = new File(["a"], "a.csv");
    const request = { file, collection: "orders", format: "csv", mapping: {}, mode: "valid" } as const;
    await expect(connection.startImport({ ...request, dryRun: false })).rejects.toThrow("reading only");
    expect(sent).toEqual([]);
  });

  it("sends an import as a form with the file last", async () => {
    const { connection, sent } = setup([{ data: { id: "imp_1" } }]);
    await connection.startImport({
      file: new File(["a;b"], "a.csv"), collection: "orders", format: "csv", mapping: { a: "note", b: null },
      delimiter: ";", nullText: "NULL", dryRun: true, mode: "valid",
    });
    const form = sent[0]?.body as FormData;
    expect([...form.keys()].at(-1)).toBe("file");
    expect(form.get("mapping")).toBe('{"a":"note","b":null}');
    expect(form.get("dryRun")).toBe("true");
  });

  it("answers what one may do, and no to what it was not told", () => {
    const able = capabilityOf({
      role: { name: "editor" },
      collections: { orders: { create: false, read: { fields: ["*"], conditional: true }, update: { fields: ["note"], conditional: false }, delete: false } },
    });
    expect(able.role).toBe("editor");
    expect(able.may("orders", "update", "note")).toBe(true);
    expect(able.may("orders", "update", "total")).toBe(false);
    expect(able.may("orders", "create")).toBe(false);
    expect(able.may("nothing", "read")).toBe(false);
  });

  it("makes a fault of anything", () => {
    expect(faultOf("x")).toMatchObject({ status: 0, message: "x" });
    expect(faultOf(new GuardError("prod-eu")).code).toBe("READ_ONLY");
  });
});
