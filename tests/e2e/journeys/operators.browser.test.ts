/** What the tree of conditions offers, the server understands: every operator of every type, on each store. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCollection } from "../../../ui/src/lib/fields";
import { readPill } from "../../../ui/src/lib/filters";
import { allOperatorsFor, shapeOf, type Operator } from "../../../ui/src/lib/operators";
import { Api } from "../harness/api";
import { Database } from "../harness/postgres";
import { RunningServer } from "../harness/server";

const stores = ["SQLite", ...((process.env["TEST_POSTGRES_URL"] ?? "") === "" ? [] : ["Postgres"])];

const FIELDS: Readonly<Record<string, { definition: object; text: string }>> = {
  id: { definition: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } }, text: "1" },
  words: { definition: { type: "String" }, text: "a" },
  long: { definition: { type: "Text" }, text: "a" },
  choice: { definition: { type: "Enum", values: ["a", "b"] }, text: "a" },
  whole: { definition: { type: "BigInt" }, text: "9007199254740993" },
  exact: { definition: { type: "Decimal", values: { precision: 12, scale: 2 } }, text: "1.50" },
  real: { definition: { type: "Double" }, text: "1.5" },
  yes: { definition: { type: "Boolean" }, text: "true" },
  day: { definition: { type: "Date" }, text: "2026-01-02" },
  moment: { definition: { type: "DateTime" }, text: "2026-01-02 03:04 +05:00" },
  wall: { definition: { type: "DateTime_NO_TZ" }, text: "2026-01-02 03:04" },
  clock: { definition: { type: "Time_NO_TZ" }, text: "03:04:05" },
  key: { definition: { type: "UUID" }, text: "11111111-2222-4333-8444-555555555555" },
  doc: { definition: { type: "JSON" }, text: '{"a":1}' },
  list: { definition: { type: "Array", values: { type: "String" } }, text: "a" },
  place: { definition: { type: "Point" }, text: "" },
  span: { definition: { type: "Range_Integer" }, text: "[1,3)" },
};

/** What is written at the right of an operator, by what it asks for. */
function written(op: Operator, text: string): string {
  switch (shapeOf(op)) {
    case "list":
    case "pair":
      return JSON.stringify([text, text]);
    case "keyValue":
      return "a = 1";
    case "keyValues":
      return "a = 1, 2";
    case "keyPattern":
      return "a = %x%";
    case "path":
      return "a.b = 1";
    case "count":
      return ">= 1";
    case "type":
      return "object";
    case "duration":
      return "30 d";
    case "word":
      return op === "jsonbPathExists" ? "$.a" : op === "jsonbPathMatch" ? "$.a == 1" : "a";
    case "words":
    case "elements":
      return "a, b";
    case "part":
      return "2";
    case "json":
      return '{"a":1}';
    case "geo":
      return '{"type":"Point","coordinates":[1,2]}';
    case "near":
      return "1 2; 500";
    case "none":
    case "one":
    case "text":
    case "element":
      return text;
  }
}

describe.each(stores)("on %s", (store) => {
  let database: Database | null = null;
  let server: RunningServer;
  let api: Api;
  const schema = { timestamps: false, fields: Object.fromEntries(Object.entries(FIELDS).map(([name, { definition }]) => [name, definition])) };

  beforeAll(async () => {
    database = store === "Postgres" ? await Database.create() : null;
    server = await RunningServer.start(database?.url);
    api = await Api.signIn(server.url);
    await api.call("POST", "/schemas", { collectionName: "kinds", schema });
    await api.call("POST", "/items/kinds", { words: "a" });
  });

  afterAll(async () => {
    await server.stop();
    await database?.drop();
  });

  test("every operator the studio offers for a type is answered", async () => {
    const collection = readCollection("kinds", schema);
    const wrongs: string[] = [];
    let asked = 0;
    for (const field of collection.fields) {
      for (const op of allOperatorsFor(field)) {
        const read = readPill(collection, { field: field.name, op, text: written(op, FIELDS[field.name]?.text ?? "") });
        if (!read.ok) {
          wrongs.push(`${field.name} ${op}: the studio itself refuses it, ${read.fault.kind}`);
          continue;
        }
        asked += 1;
        await api.count("kinds", read.condition).catch((error: unknown) => {
          // A server without the functions of geometry says so in as many words.
          if (field.name === "place" && String(error).includes("FEATURE_UNAVAILABLE")) return;
          wrongs.push(`${field.name} ${op} ${JSON.stringify(read.condition)}: ${String(error).slice(0, 400)}`);
        });
      }
    }
    expect(wrongs).toEqual([]);
    expect(asked).toBeGreaterThan(150);
  });
});
