import { describe, expect, it } from "vitest";
import { readType, type FieldInfo } from "@/lib/fields";
import { DEFAULT, EMPTY, NULL, value, type Value } from "@/lib/values";
import { aimOf, blockOf, coverOf, holds, union } from "./block";
import { keepTyped, readClip, readLines, readTyped, writeLines, writeTable, writeTyped, type Clip } from "./clipboard";
import { filled } from "./fill";
import { take } from "./take";

const field = (type: string, more: Partial<FieldInfo> = {}): FieldInfo => ({
  name: "f",
  type: readType(type, type === "Decimal" ? { precision: 12, scale: 2 } : undefined),
  primaryKey: false,
  nullable: true,
  unique: false,
  indexed: false,
  defaultText: null,
  computed: false,
  hidden: false,
  description: null,
  relation: null,
  ...more,
});
const texts = (list: readonly Value[]) => list.map((entry) => (entry.s === "value" ? entry.v : entry.s));
const words = (clip: Clip) => clip.map((line) => line.map((cell) => cell.text));

describe("a block", () => {
  const block = { top: 2, bottom: 4, left: 1, right: 2 };

  it("is the same from whichever corners it is drawn", () => {
    expect(blockOf({ row: 4, col: 1 }, { row: 2, col: 2 })).toEqual(block);
    expect(blockOf({ row: 2, col: 1 }, { row: 4, col: 2 })).toEqual(block);
    expect(holds(block, { row: 3, col: 2 })).toBe(true);
    expect(holds(block, { row: 3, col: 3 })).toBe(false);
    expect(union(block, { top: 5, bottom: 9, left: 1, right: 2 })).toEqual({ ...block, bottom: 9 });
  });

  it("is filled along the axis its handle was carried farther on, and nowhere while it is inside", () => {
    expect(aimOf(block, { row: 3, col: 2 })).toBeNull();
    expect(aimOf(block, { row: 8, col: 3 })).toEqual({ way: "down", block: { top: 5, bottom: 8, left: 1, right: 2 } });
    expect(aimOf(block, { row: 0, col: 1 })).toEqual({ way: "up", block: { top: 0, bottom: 1, left: 1, right: 2 } });
    expect(aimOf(block, { row: 4, col: 6 })).toEqual({ way: "right", block: { top: 2, bottom: 4, left: 3, right: 6 } });
    expect(aimOf(block, { row: 2, col: 0 })).toEqual({ way: "left", block: { top: 2, bottom: 4, left: 0, right: 0 } });
  });

  it("takes a sheet as often as it goes in whole, and as the sheet is otherwise", () => {
    expect(coverOf({ row: 2, col: 1 }, block, 1, 1)).toEqual(block);
    expect(coverOf({ row: 2, col: 1 }, block, 2, 2)).toEqual({ ...block, bottom: 3 });
    expect(coverOf({ row: 7, col: 0 }, null, 3, 2)).toEqual({ top: 7, bottom: 9, left: 0, right: 1 });
  });
});

describe("the clipboard", () => {
  const clip: Clip = [
    [{ text: "7.25", kind: "decimal", value: value("7.25") }, { text: "", kind: "text", value: NULL }],
    [{ text: 'say "hi"\nthere', kind: "text", value: value('say "hi"\nthere') }, { text: "", kind: "text", value: EMPTY }],
  ];

  it("writes lines a sheet reads back cell for cell", () => {
    expect(writeLines(clip)).toBe('7.25\t\n"say ""hi""\nthere"\t');
    expect(words(readLines(writeLines(clip), 100))).toEqual([["7.25", ""], ['say "hi"\nthere', ""]]);
    expect(writeLines([[{ text: 'a "b"' }]])).toBe('a "b"');
  });

  it("keeps empty cells and empty lines of a sheet in their places", () => {
    expect(words(readLines("a\r\n\r\nb\tc\r\n", 100))).toEqual([["a"], [""], ["b", "c"]]);
    expect(words(readLines('5" pipe\t"x"y\n', 100))).toEqual([['5" pipe', '"x"y']]);
    expect(readLines("", 100)).toEqual([]);
    expect(readLines("a\nb\nc", 2)).toHaveLength(2);
  });

  it("writes a table in which no value is markup", () => {
    expect(writeTable([[{ text: "<script>&\n" }]])).toBe("<table><tr><td>&lt;script&gt;&amp;<br></td></tr></table>");
  });

  it("keeps NULL, empty text and names apart between grids, and believes no stranger", () => {
    expect(readTyped(writeTyped(clip), 100)).toEqual(clip);
    for (const text of ["", "{", "[]", '{"version":2,"cells":[]}', '{"version":1,"cells":[[1]]}']) expect(readTyped(text, 100)).toBeNull();
    expect(readTyped('{"version":1,"cells":[[{"text":"a","kind":"text","value":{"s":"value"}}]]}', 9)).toEqual([[{ text: "a", kind: "text" }]]);
  });

  it("prefers the values, then the lines, then a table", () => {
    const html = "<table><tr><td>1<br>2</td><th>x</th></tr></table>";
    expect(readClip({ typed: writeTyped(clip), text: "a", html }, 9)).toEqual(clip);
    expect(words(readClip({ typed: "{", text: "a\tb", html }, 9))).toEqual([["a", "b"]]);
    expect(words(readClip({ typed: "", text: "", html }, 9))).toEqual([["1\n2", "x"]]);
  });

  it("knows its own values again where the clipboard takes text and a table only", () => {
    const none: Clip = [[{ text: "", kind: "text", value: NULL }]];
    keepTyped(none);
    expect(readClip({ typed: "", text: "", html: writeTable(none) }, 9)).toEqual(none);
    expect(readClip({ typed: "", text: "", html: "" }, 9)).toEqual([]);
    const lines: Clip = [[{ text: "one\ntwo", kind: "text", value: value("one\ntwo") }]];
    keepTyped(lines);
    // Written with the ends of lines of another system.
    expect(readClip({ typed: "", text: "one\r\ntwo", html: writeTable(lines) }, 9)).toEqual(lines);
    expect(words(readClip({ typed: "", text: "one\nthree", html: "" }, 9))).toEqual([["one"], ["three"]]);
  });
});

describe("what a field takes", () => {
  const read = (into: FieldInfo, cell: Parameters<typeof take>[1], isNew = false) => {
    const taken = take(into, cell, isNew);
    return taken.ok ? taken.value : taken.problem.code;
  };

  it("reads text by the field's type and says why it cannot", () => {
    expect(read(field("Integer"), { text: "12" })).toEqual(value("12"));
    expect(read(field("Integer"), { text: "1,200" })).toEqual(value("1200"));
    expect(read(field("Decimal"), { text: "12,5" })).toBe("comma");
    expect(read(field("Decimal"), { text: "1.234" })).toBe("scale");
    expect(read(field("Date"), { text: "2026-02-30" })).toBe("no-such-day");
  });

  it("tells NULL from empty as far as the source can tell them", () => {
    expect(read(field("Integer"), { text: "" })).toEqual(NULL);
    expect(read(field("String"), { text: "" })).toEqual(EMPTY);
    expect(read(field("String"), { text: "", kind: "text", value: NULL })).toEqual(NULL);
    expect(read(field("Integer", { nullable: false }), { text: "", kind: "int", value: NULL })).toBe("empty-not-text");
    expect(read(field("String"), { text: "", kind: "text", value: DEFAULT }, true)).toEqual(DEFAULT);
    expect(read(field("String"), { text: "", kind: "text", value: DEFAULT })).toEqual(EMPTY);
  });

  it("checks a value of its own kind too, and reads one of another kind as text", () => {
    expect(read(field("Decimal"), { text: "1.005", kind: "decimal", value: value("1.005") })).toBe("scale");
    expect(read(field("Integer"), { text: "2026-01-01", kind: "date", value: value("2026-01-01") })).toBe("not-integer");
    expect(read(field("String"), { text: "7", kind: "int", value: value("7") })).toEqual(value("7"));
  });
});

describe("a fill", () => {
  const fill = (type: string, source: readonly string[], count: number, options: object = {}) =>
    texts(filled(field(type).type, source.map(value), count, options));

  it("goes on by the step of the numbers, to the last digit", () => {
    expect(fill("Integer", ["1", "2"], 3)).toEqual(["3", "4", "5"]);
    expect(fill("BigInt", ["9007199254740992", "9007199254740993"], 2)).toEqual(["9007199254740994", "9007199254740995"]);
    expect(fill("Decimal", ["0.10", "0.2"], 2)).toEqual(["0.30", "0.40"]);
    expect(fill("Integer", ["10", "8"], 6)).toEqual(["6", "4", "2", "0", "-2", "-4"]);
    expect(fill("Integer", ["3", "4"], 2, { backwards: true })).toEqual(["2", "1"]);
  });

  it("goes on by days, and by months where the day is the same", () => {
    expect(fill("Date", ["2026-02-27", "2026-02-28"], 2)).toEqual(["2026-03-01", "2026-03-02"]);
    expect(fill("Date", ["2026-11-01", "2026-12-01"], 2)).toEqual(["2027-01-01", "2027-02-01"]);
    expect(fill("String", ["Row 08", "Row 09"], 2)).toEqual(["Row 10", "Row 11"]);
  });

  it("repeats what is no series, one value, or what shall be repeated", () => {
    expect(fill("Integer", ["1", "2", "4"], 4)).toEqual(["1", "2", "4", "1"]);
    expect(fill("Integer", ["7"], 2)).toEqual(["7", "7"]);
    expect(fill("Integer", ["1", "2"], 3, { repeat: true })).toEqual(["1", "2", "1"]);
    expect(texts(filled(field("Integer").type, [value("1"), NULL], 3))).toEqual(["1", "null", "1"]);
    expect(fill("Integer", ["2147483646", "2147483647"], 2)).toEqual(["2147483646", "2147483647"]);
  });
});
