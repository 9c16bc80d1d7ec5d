import { describe, expect, it } from "vitest";
import { parseJson, printJson } from "@/lib/exact-json";
import type { PlainDate } from "@/lib/plain-time";
import { addMonths, dayIn, nowAs, stepped, storedAs, weeksOf, withDay } from "./calendar";
import { boxOf, degrees, movedSpot, netOf, readGeometry, sheetOf, spotsOf } from "./geometry";
import { addedTo, linesOf, removedAt, renamedAt, replacedAt } from "./json-edit";
import { readInline, readMarkdown, safeLink } from "./markdown";

describe("the calendar", () => {
  it("shows six weeks from a Monday", () => {
    const weeks = weeksOf({ year: 2026, month: 3 });
    expect(weeks).toHaveLength(6);
    expect(weeks[0]?.map((day) => day.date)).toEqual(["2026-02-23", "2026-02-24", "2026-02-25", "2026-02-26", "2026-02-27", "2026-02-28", "2026-03-01"]);
    expect(weeks.flat().filter((day) => day.own)).toHaveLength(31);
    expect(weeksOf({ year: 1, month: 1 })[0]?.[0]?.date).toBe("0001-01-01");
  });

  it("moves by days, months and hours in the text as it is written, the zone with it", () => {
    expect(stepped("date", "2026-02-28", "ArrowUp", false)).toBe("2026-03-01");
    expect(stepped("date", "2026-01-31", "PageUp", false)).toBe("2026-02-28");
    expect(addMonths("0099-01-01" as PlainDate, -1)).toBe("0098-12-01");
    expect(stepped("datetime", "2026-03-29 02:30", "ArrowDown", false)).toBe("2026-03-28 02:30");
    expect(stepped("instant", "2026-03-29 23:30:00 +13:00", "ArrowUp", true)).toBe("2026-03-30 00:30:00 +13:00");
    expect(stepped("datetime", "2026-03-01 00:15", "ArrowDown", true)).toBe("2026-02-28 23:15");
    expect(stepped("instant", "soon", "ArrowUp", false)).toBeNull();
    expect(stepped("date", "9999-12-31", "ArrowUp", false)).toBe("9999-12-31");
  });

  it("puts a day into a text and asks for nothing that is not written", () => {
    expect(withDay("datetime", "2026-03-29 02:30", "2026-04-01" as PlainDate)).toBe("2026-04-01 02:30");
    expect(withDay("instant", "", "2026-04-01" as PlainDate)).toBe("2026-04-01 00:00:00 +00:00");
    expect(withDay("date", "x", "2026-04-01" as PlainDate)).toBe("2026-04-01");
    expect(dayIn("instant", "2026-02-30 10:00Z")).toBeNull();
  });

  it("tells how an instant will stand, and what the clock says without a zone of its own", () => {
    expect(storedAs("instant", "2026-03-29 02:30 +02:00")).toBe("2026-03-29 00:30:00 +00:00");
    expect(storedAs("instant", "2026-03-29 00:30:00 +00:00")).toBeNull();
    expect(storedAs("date", "2026-03-29")).toBeNull();
    expect(nowAs("date", 1_774_740_600_000, 120)).toBe("2026-03-29");
    expect(nowAs("instant", 1_774_740_600_000, 120)).toBe("2026-03-28 23:30:00 +00:00");
    expect(nowAs("datetime", 1_774_740_600_000, 120)).toBe("2026-03-29 01:30:00");
  });
});

describe("a document as a tree", () => {
  const read = (text: string) => {
    const parsed = parseJson(text);
    if (!parsed.ok) throw new Error(text);
    return parsed.node;
  };
  const doc = read('{"n":9007199254740993,"list":[1.10,{"a":null}],"empty":{}}');

  it("is walked line by line, and what is closed is not listed", () => {
    expect(linesOf(doc, () => true).map((line) => line.steps.join("."))).toEqual(["", "n", "list", "list.0", "list.1", "list.1.a", "empty"]);
    expect(linesOf(doc, (steps) => steps.length === 0).map((line) => line.steps.join("."))).toEqual(["", "n", "list", "empty"]);
    expect(linesOf(read(`[${"1,".repeat(249)}1]`), () => true)[0]?.more).toBe(50);
  });

  it("is changed at one place, and every other digit stays", () => {
    expect(printJson(replacedAt(doc, ["list", 1, "a"], read("true")))).toBe('{"n":9007199254740993,"list":[1.10,{"a":true}],"empty":{}}');
    expect(printJson(removedAt(doc, ["list", 0]))).toBe('{"n":9007199254740993,"list":[{"a":null}],"empty":{}}');
    expect(addedTo(doc, ["list"], read("2"))?.at).toEqual(["list", 2]);
    expect(printJson(addedTo(doc, ["empty"], read("2"))?.node ?? doc)).toContain('"empty":{"key1":2}');
    expect(addedTo(doc, ["n"], read("2"))).toBeNull();
    expect(printJson(renamedAt(doc, ["n"], "m") ?? doc)).toMatch(/^\{"m":9007199254740993,/);
    expect(renamedAt(doc, ["n"], "list")).toBeNull();
  });
});

describe("Markdown", () => {
  it("is read into parts", () => {
    expect(readMarkdown("# Title #\n\nOne *two* **three** `four`\nfive").map((part) => part.t)).toEqual(["heading", "paragraph"]);
    expect(readInline("One *two* **three** `a*b` ~~x~~ snake_case_name")).toEqual([
      { t: "text", v: "One " },
      { t: "em", v: [{ t: "text", v: "two" }] },
      { t: "text", v: " " },
      { t: "strong", v: [{ t: "text", v: "three" }] },
      { t: "text", v: " " },
      { t: "code", v: "a*b" },
      { t: "text", v: " " },
      { t: "strike", v: [{ t: "text", v: "x" }] },
      { t: "text", v: " snake_case_name" },
    ]);
    const [list] = readMarkdown("3. a\n   - b\n   - c\n4. d\n");
    expect(list).toMatchObject({ t: "list", ordered: true, start: 3, v: [[{ t: "paragraph" }, { t: "list", ordered: false, v: [{}, {}] }], [{ t: "paragraph" }]] });
    expect(readMarkdown("```\n# no title\n```\n> quoted\n---\n| a | b |\n|---|---|\n| 1 | 2 |").map((part) => part.t)).toEqual(["code", "quote", "rule", "table"]);
  });

  it("has no way to become markup of a page", () => {
    expect(readInline("<script>alert(1)</script>")).toEqual([{ t: "text", v: "<script>alert(1)</script>" }]);
    expect(readInline("[x](javascript:alert(1))").some((part) => part.t === "link")).toBe(false);
    expect(readInline("[x](data:text/html,y)").some((part) => part.t === "link")).toBe(false);
    expect(readInline("![x](https://example.com/p.png)")).toEqual([{ t: "image", alt: "x" }]);
    expect(safeLink("https://example.com/a?b=c")).toBe("https://example.com/a?b=c");
    for (const href of ["javascript:1", "JAVASCRIPT:1", " https://x", 'https://x"onload="', "//x", "file:///etc"]) expect(safeLink(href)).toBeNull();
  });

  it("ends for every text, however it is nested", () => {
    for (const text of ["> ".repeat(500) + "x", "- ".repeat(500) + "x", "*".repeat(5000), "[".repeat(2000), "`".repeat(2000), "_a".repeat(2000)]) {
      expect(readMarkdown(text).length).toBeGreaterThan(0);
    }
  });
});

describe("a place", () => {
  const ring = '{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,1],[0,0]]]}';

  it("is read into shapes, whatever it is made of", () => {
    expect(readGeometry('{"type":"Point","coordinates":[18.07,59.33,12]}')?.shapes).toEqual([{ kind: "point", spots: [{ lon: 18.07, lat: 59.33, path: ["coordinates"] }] }]);
    expect(readGeometry(ring)?.shapes[0]?.spots).toHaveLength(4);
    expect(readGeometry(`{"type":"GeometryCollection","geometries":[${ring},{"type":"MultiPoint","coordinates":[[1,1],[2,2]]}]}`)?.shapes.map((shape) => shape.kind)).toEqual(["area", "point", "point"]);
    for (const text of ["", "{", "[]", '{"type":"Circle"}', '{"type":"Point","coordinates":["a",1]}', "POINT (1 2)"]) expect(readGeometry(text)).toBeNull();
  });

  it("lies on a sheet of degrees and comes back from it", () => {
    const spots = spotsOf(readGeometry(ring) ?? { type: "", shapes: [] });
    expect(boxOf(spots)).toEqual({ west: -0.5, east: 2.5, south: -0.5, north: 1.5 });
    const sheet = sheetOf(boxOf(spots), 400, 300);
    expect(sheet.lon(sheet.x(1.25))).toBeCloseTo(1.25);
    expect(sheet.lat(sheet.y(0.75))).toBeCloseTo(0.75);
    expect(netOf(-0.5, 1.6, 0.5).map(degrees)).toEqual(["-0.5", "0", "0.5", "1", "1.5"]);
  });

  it("is moved by a point, and a ring stays closed", () => {
    const drawing = readGeometry(ring);
    const [first, second] = drawing?.shapes[0]?.spots ?? [];
    if (!drawing || !first || !second) throw new Error("no ring");
    expect(movedSpot(ring, drawing, second, 3, 0.5)).toBe('{"type":"Polygon","coordinates":[[[0,0],[3,0.5],[2,1],[0,0]]]}');
    expect(movedSpot(ring, drawing, first, -200, 1)).toBe('{"type":"Polygon","coordinates":[[[-180,1],[2,0],[2,1],[-180,1]]]}');
    const high = '{"type":"Point","coordinates":[1,2,30.50]}';
    const point = readGeometry(high);
    const spot = point?.shapes[0]?.spots[0];
    expect(point && spot && movedSpot(high, point, spot, 4, 5)).toBe('{"type":"Point","coordinates":[4,5,30.50]}');
  });
});
