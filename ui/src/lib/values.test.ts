import { describe, expect, it } from "vitest";
import { parseJson, plainNumber, prettyJson, printJson } from "./exact-json";
import { leadingTo, readCollection, readType, typeLabel, type FieldInfo, type TypeInfo } from "./fields";
import { fieldAt } from "./filters";
import { addDays, civil, dayNumber, parseInstant, type PlainDate } from "./plain-time";
import { fromBase64, toBase64, toHex } from "./bytes";
import {
  compare,
  DEFAULT,
  editText,
  EMPTY,
  emptyOf,
  equal,
  groupDigits,
  JSON_NULL,
  NULL,
  parse,
  show,
  validate,
  value,
  type Value,
} from "./values";
import { fromWire, toWire } from "./wire";

const T = {
  string: readType("String", { length: 5 }),
  text: readType("Text"),
  int: readType("Integer"),
  big: readType("BigInt"),
  money: readType("Decimal", { precision: 12, scale: 2 }),
  decimal: readType("Decimal"),
  double: readType("Double"),
  bool: readType("Boolean"),
  date: readType("Date"),
  instant: readType("DateTime"),
  wall: readType("DateTime_NO_TZ"),
  time: readType("Time_NO_TZ"),
  timetz: readType("Time"),
  uuid: readType("UUID"),
  json: readType("JSON"),
  status: readType("Enum", { values: ["draft", "paid"] }),
  ints: readType("Array_Integer"),
  texts: readType("Array_String"),
  decimals: readType("Array_Decimal"),
  span: readType("Range_Integer"),
  dates: readType("Range_Date"),
  point: readType("Point"),
  binary: readType("Binary"),
};

function read(type: TypeInfo, text: string): Value {
  const parsed = parse(type, text);
  if (!parsed.ok) throw new Error(`${type.name} ${text}: ${parsed.problem.code}`);
  return parsed.value;
}

function refused(type: TypeInfo, text: string): string {
  const parsed = parse(type, text);
  return parsed.ok ? "accepted" : parsed.problem.code;
}

describe("round trips", () => {
  const wire: [TypeInfo, unknown][] = [
    [T.big, "9223372036854775807"],
    [T.big, "-9223372036854775808"],
    [T.decimal, "0.30000000000000000000000000000000000001"],
    [T.decimal, "99999999999999999999999999999999999999"],
    [T.money, "12.10"],
    [T.text, ""],
    [T.text, null],
    [T.text, "null"],
    [T.text, "\u0001\u001f emoji 👩🏽‍🚀 \t\n<script>alert(1)</script>"],
    [T.bool, true],
    [T.bool, false],
    [T.date, "0099-01-01"],
    [T.instant, "2026-03-29T02:30:00.000Z"],
    [T.instant, "0001-01-01T00:00:00.000Z"],
    [T.instant, "9999-12-31T23:59:59.999Z"],
    [T.wall, "2026-03-29T02:30:00.000Z"],
    [T.time, "10:11:12"],
    [T.timetz, "10:11:12+05:30"],
    [T.uuid, "01890a5d-ac96-774b-bcce-b302099a8057"],
    [T.texts, ["b,c", 'say "x"', "", null]],
    [T.span, { lower: 1, upper: 10, lowerInclusive: true, upperInclusive: false }],
    [T.binary, toBase64(Uint8Array.from({ length: 1024 }, (_, i) => (i * 89) & 255))],
    [T.status, "paid"],
  ];

  it.each(wire)("%o keeps %j from the wire through the editor and back", (type, raw) => {
    const first = fromWire(type, raw);
    if (first.s === "value") {
      const again = read(type, editText(type, first));
      // Opening an editor and leaving it stages nothing.
      expect(equal(type, first, again)).toBe(true);
      expect(again).toEqual(first);
    }
    expect(fromWire(type, toWire(type, first))).toEqual(first);
  });

  it("tells five states apart in every type", () => {
    for (const type of Object.values(T)) {
      const states: Value[] = [DEFAULT, NULL, EMPTY, JSON_NULL, value("x")];
      for (const [i, a] of states.entries()) {
        for (const [j, b] of states.entries()) expect(equal(type, a, b)).toBe(i === j);
      }
    }
    expect(toWire(T.text, DEFAULT)).toBeUndefined();
    expect(toWire(T.text, NULL)).toBeNull();
    expect(toWire(T.text, EMPTY)).toBe("");
  });

  it("sends a date and a decimal as text, never as a number or a moved time", () => {
    expect(toWire(T.money, value("18240.00"))).toBe("18240.00");
    expect(toWire(T.wall, value("2026-03-29T02:30:00.000"))).toBe("2026-03-29T02:30:00.000Z");
    expect(toWire(T.json, value('{"n":9007199254740993}'))).toBe('{"n":9007199254740993}');
    expect(toWire(T.json, value("12"))).toBe(12);
    expect(toWire(T.decimals, value("[1.10,2]"))).toEqual(["1.10", "2"]);
    expect(toWire(T.ints, value("[1,2]"))).toEqual([1, 2]);
  });

  it("keeps the sign of a floating zero and only there", () => {
    expect(fromWire(T.double, -0)).toEqual(value("-0"));
    expect(toWire(T.double, value("-0"))).toBe("-0");
    expect(equal(T.double, value("-0"), value("0"))).toBe(false);
    expect(read(T.decimal, "-0")).toEqual(value("0"));
  });
});

describe("numbers", () => {
  it("keeps typed zeros and compares by amount", () => {
    expect(read(T.decimal, "12.10")).toEqual(value("12.10"));
    expect(equal(T.decimal, value("12.10"), value("12.1"))).toBe(true);
    expect(equal(T.decimal, value("0.1"), value("0.10000000000000000000000000000000000001"))).toBe(false);
    expect(read(T.decimal, "+007.5")).toEqual(value("7.5"));
    expect(read(T.decimal, ".5")).toEqual(value("0.5"));
    expect(equal(T.double, value("1e3"), value("1000"))).toBe(true);
  });

  it("refuses what the column would round or overflow", () => {
    expect(refused(T.money, "1.234")).toBe("scale");
    expect(refused(T.money, "1.230")).toBe("accepted");
    expect(refused(T.money, "12345678901.00")).toBe("precision");
    expect(refused(T.int, "2147483648")).toBe("integer-range");
    expect(refused(T.big, "9223372036854775808")).toBe("integer-range");
    expect(refused(T.int, "1.5")).toBe("not-integer");
    expect(refused(T.int, "-")).toBe("not-integer");
  });

  it("says which character is wrong", () => {
    expect(refused(T.money, "12.5O")).toBe("letter-o");
    expect(refused(T.money, "12,5O")).toBe("letter-o");
    expect(refused(T.money, "l2.50")).toBe("letter-l");
    expect(parse(T.money, "12,50")).toEqual({
      ok: false,
      problem: { code: "comma", args: { suggestion: "12.50" } },
    });
  });

  it("orders without rounding", () => {
    expect(compare(T.decimal, "0.1", "0.10000000000000000000001")).toBe(-1);
    expect(compare(T.big, "9223372036854775807", "9223372036854775806")).toBe(1);
    expect(compare(T.double, "-2e3", "1")).toBe(-1);
    expect(plainNumber("-0.00")).toBe("0");
  });

  it("groups digits without changing one", () => {
    expect(groupDigits("1284500.00")).toBe("1,284,500.00");
    expect(groupDigits("-99999")).toBe("-99,999");
    expect(groupDigits("0.12345")).toBe("0.12345");
    expect(show(T.big, value("48230")).text).toBe("48230");
  });
});

describe("times", () => {
  it("never moves a wall clock and turns an offset by arithmetic", () => {
    expect(read(T.wall, "2026-03-29 02:30")).toEqual(value("2026-03-29T02:30:00.000"));
    expect(read(T.instant, "2026-11-21 03:15:52 +09:00")).toEqual(value("2026-11-20T18:15:52.000Z"));
    expect(read(T.instant, "2024-02-29 23:30 -03:30")).toEqual(value("2024-03-01T03:00:00.000Z"));
    expect(show(T.instant, value("2026-11-20T19:42:07.500Z"))).toEqual({ text: "2026-11-20 19:42:07.5", after: "+00:00" });
    expect(show(T.wall, value("2026-11-21T06:30:00.000")).text).toBe("2026-11-21 06:30");
  });

  it("refuses what would be guessed", () => {
    expect(refused(T.instant, "2026-11-20 19:42")).toBe("zone-missing");
    expect(refused(T.wall, "2026-11-20 19:42Z")).toBe("zone-unwanted");
    expect(refused(T.date, "2026-02-29")).toBe("no-such-day");
    expect(refused(T.date, "2026-13-01")).toBe("no-such-month");
    expect(refused(T.date, "20.11.2026")).toBe("date-shape");
    expect(refused(T.instant, "2026-11-20 24:00Z")).toBe("no-such-hour");
    expect(refused(T.instant, "2026-11-20 19:42:07.1234Z")).toBe("too-fine");
    expect(refused(T.time, "10:00+02")).toBe("zone-unwanted");
    expect([refused(T.time, "10:11:12.1230"), refused(T.time, "10:11:12.1234"), refused(T.timetz, "10:11:12.1234Z")]).toEqual(["accepted", "too-fine", "too-fine"]);
  });

  it("counts days like the calendar over ten thousand years", () => {
    expect(dayNumber(1970, 1, 1)).toBe(0);
    expect(dayNumber(2000, 3, 1)).toBe(11017);
    for (let day = -719162; day < 2932896; day += 9973) {
      const date = civil(day);
      expect(dayNumber(date.year, date.month, date.day)).toBe(day);
    }
    expect(addDays("2026-12-31" as PlainDate, 1)).toBe("2027-01-01");
    expect(addDays("9999-12-31" as PlainDate, 1)).toBe("9999-12-31");
    expect(parseInstant("0001-01-01 00:00 +01:00").ok).toBe(false);
  });
});

describe("structured values", () => {
  it("keeps big numbers inside JSON and finds the fault by line", () => {
    expect(read(T.json, '{ "n": 9007199254740993, "d": 1.10 }')).toEqual(value('{"n":9007199254740993,"d":1.10}'));
    expect(read(T.json, "null")).toEqual(JSON_NULL);
    expect(parse(T.json, '{\n "a": tru }')).toEqual({ ok: false, problem: { code: "json", args: { line: "2", column: "7" } } });
    expect(equal(T.json, value('{"a":1,"b":[1.0]}'), value('{"b":[1.00],"a":1}'))).toBe(true);
    expect(equal(T.json, value('{"a":9007199254740993}'), value('{"a":9007199254740992}'))).toBe(false);
  });

  it.each(["", "{", "[1,]", '{"a"}', "01", "1.", '"\n"', "[1] 2", "nul", '{"a":1,}', "-"])("refuses %j as JSON", (text) => {
    expect(parseJson(text).ok).toBe(false);
  });

  it("refuses endless nesting instead of falling over", () => {
    const parsed = parseJson("[".repeat(100_000));
    expect(parsed).toMatchObject({ ok: false, fault: { reason: "deep" } });
  });

  it("prints for reading and for storing", () => {
    const parsed = parseJson('{"a":[1,2],"b":{},"c":"é"}');
    if (!parsed.ok) throw new Error("refused");
    expect(printJson(parsed.node)).toBe('{"a":[1,2],"b":{},"c":"é"}');
    expect(prettyJson(parsed.node)).toBe('{\n  "a": [\n    1,\n    2\n  ],\n  "b": {},\n  "c": "é"\n}');
  });

  it("checks arrays item by item and ranges end by end", () => {
    expect(read(T.ints, "[1, 2]")).toEqual(value("[1,2]"));
    expect(parse(T.ints, '[1, "x"]')).toMatchObject({ problem: { code: "array-item", args: { index: "2" } } });
    expect(refused(T.ints, "1,2")).toBe("array");
    expect(read(T.span, "[1, 10)")).toEqual(value("[1,10)"));
    expect(toWire(T.span, value("[1,10)"))).toEqual({ lower: "1", upper: "10", lowerInclusive: true, upperInclusive: false });
    expect(toWire(T.dates, value("[2026-01-01,]"))).toMatchObject({ lower: "2026-01-01", upper: null });
    expect(refused(T.span, "[10,1)")).toBe("range-order");
    expect(refused(T.span, "1..2")).toBe("range");
    expect(refused(T.span, "[1,x]")).toBe("not-integer");
  });

  it("reads places as GeoJSON, WKT or a pair", () => {
    expect(read(T.point, "11.5, 48.1")).toEqual(value('{"type":"Point","coordinates":[11.5,48.1]}'));
    expect(read(T.point, "POINT(1 2)")).toEqual(value("POINT(1 2)"));
    expect(refused(T.point, "somewhere")).toBe("geo");
  });

  it("moves bytes through base64 and hex", () => {
    const bytes = Uint8Array.from([0, 255, 16, 128, 7]);
    expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    expect(toHex(bytes)).toBe("\\x00ff108007");
    expect(read(T.binary, "\\x00ff108007")).toEqual(value("AP8QgAc="));
    expect(refused(T.binary, "abc")).toBe("binary");
  });

  it("checks enums, lengths and keys", () => {
    expect(refused(T.status, "lost")).toBe("enum");
    expect(refused(T.string, "sixsix")).toBe("too-long");
    expect(refused(T.string, "👩🏽‍🚀x")).toBe("accepted");
    expect(read(T.uuid, " 01890A5D-AC96-774B-BCCE-B302099A8057 ").s).toBe("value");
    expect(refused(T.uuid, "1")).toBe("uuid");
    expect(emptyOf(T.text)).toEqual(EMPTY);
    expect(emptyOf(T.int)).toBeNull();
    expect(refused(T.int, "")).toBe("empty-not-text");
    expect(fromWire(readType("Mystery"), { a: 1 })).toEqual(value('{"a":1}'));
  });
});

describe("collections", () => {
  const orders = readCollection("orders", {
    name: "orders",
    timestamps: true,
    indexes: [{ name: "i", fields: ["status"] }],
    fields: {
      total: { type: "Decimal", values: { precision: 12, scale: 2 }, allowNull: false, defaultValue: 0 },
      id: { type: "BigInt", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } },
      customer: { relType: "BelongsTo", target: "customers", foreignKey: "customer_id", as: "customer" },
      customer_id: { type: "UUID", allowNull: true, SystemGenerated: true },
      origin: { type: "String", relType: "BelongsTo", target: "airports", foreignKey: "origin", as: "origin_airport" },
      items: { relType: "HasMany", target: "order_items", foreignKey: "order_id", as: "items" },
      status: { type: "Enum", values: ["draft", "paid"] },
      placed_at: { type: "DateTime", defaultValue: { type: "NOW" } },
      label: { type: "VIRTUAL", calculated: "x", resultType: "Text" },
      note: { type: "String" },
    },
  });
  const by = (name: string): FieldInfo => {
    const field = orders.fields.find((f) => f.name === name);
    if (!field) throw new Error(name);
    return field;
  };

  it("puts the key first, the stamps last and relations on their key", () => {
    expect(orders.primaryKey).toBe("id");
    expect(orders.fields.map((f) => f.name)).toEqual(
      ["id", "total", "customer_id", "origin", "status", "placed_at", "label", "note", "createdAt", "updatedAt"],
    );
    expect(by("customer_id").relation).toMatchObject({ name: "customer", target: "customers" });
    expect(by("origin").relation).toMatchObject({ name: "origin_airport", target: "airports" });
    expect(orders.toMany).toEqual([{ name: "items", target: "order_items", many: true, foreignKey: "order_id" }]);
    expect(orders.display).toBe("label");
    expect(readCollection("c", { fields: { id: { type: "Integer", primaryKey: true }, ccy: { type: "String", values: { length: 3 } } } }).display).toBe("id");
    expect(by("status").indexed).toBe(true);
  });

  it("says of a column that leads to several collections that it leads to none by itself", () => {
    const links = readCollection("links", {
      fields: {
        id: { type: "Integer", primaryKey: true },
        things_id: { type: "Integer", allowNull: false },
        things: { relType: "BelongsTo", target: "things", foreignKey: "things_id", as: "things" },
        item_id: { type: "Integer", allowNull: false },
        collection: { type: "String", allowNull: false },
        orders: { relType: "BelongsTo", target: "orders", foreignKey: "item_id", as: "orders", constraints: false },
        people: { relType: "BelongsTo", target: "customers", foreignKey: "item_id", as: "people", constraints: false },
      },
    });
    expect(links.fields.find((field) => field.name === "item_id")?.relation).toBeNull();
    expect(links.fields.find((field) => field.name === "things_id")?.relation).toMatchObject({ name: "things", onDelete: "CASCADE" });
    expect(links.toAny.map(({ name, target }) => [name, target])).toEqual([["orders", "orders"], ["people", "customers"]]);
    // A key alone would count the rows of the other collections that have it, too.
    const customers = readCollection("customers", { fields: { id: { type: "Integer", primaryKey: true } } });
    expect(leadingTo(links, customers, { foreignKey: "item_id" }, ["4"])).toEqual({ "people.id": { in: ["4"] } });
    expect(leadingTo(links, customers, { foreignKey: "things_id" }, ["4"])).toEqual({ things_id: { in: ["4"] } });
    expect(fieldAt(links, "people.id", () => customers)).toMatchObject({ name: "id", nullable: true });
  });

  it("labels types and defaults for the header and the new row", () => {
    expect(orders.fields.map(typeLabel)).toEqual(
      ["int64", "decimal(12,2)", "→ customers", "→ airports", "enum", "timestamptz", "computed", "string", "timestamptz", "timestamptz"],
    );
    const told = (resultType: string): string =>
      readCollection("c", { fields: { x: { type: "VIRTUAL", calculated: "y", resultType } } }).fields.map(typeLabel)[0] ?? "";
    expect(["Decimal", "BigInt", "Double", "Boolean", "Date"].map(told)).toEqual(
      ["computed decimal", "computed int64", "computed double", "computed bool", "computed date"],
    );
    expect(by("placed_at").defaultText).toBe("now()");
    expect(by("total").defaultText).toBe("0");
  });

  it("validates beyond shape", () => {
    expect(validate(by("total"), NULL)?.code).toBe("required");
    expect(validate(by("total"), DEFAULT)).toBeNull();
    expect(validate(by("customer_id"), NULL)).toBeNull();
    expect(validate(by("label"), value("x"))?.code).toBe("read-only");
    expect(validate(by("total"), value("1.239"))?.code).toBe("scale");
  });
});
