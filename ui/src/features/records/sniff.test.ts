import { describe, expect, it } from "vitest";
import { readCollection } from "@/lib/fields";
import { cellSpans, formatOf, mappingFlaws, propose, readCsv, recordColumns, sniff, sniffFile } from "./sniff";

const rates = readCollection("rates", {
  timestamps: true,
  fields: {
    id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } },
    lane: { type: "String", allowNull: false },
    price: { type: "Decimal", values: { precision: 10, scale: 2 } },
    valid_from: { type: "Date" },
    carrier: { relType: "BelongsTo", target: "carriers", foreignKey: "carrier_id", as: "carrier" },
    carrier_id: { type: "Integer" },
    remark: { type: "Text" },
  },
});

describe("reading the beginning of a file", () => {
  it("finds separator, columns, first values and the word for NULL", () => {
    const text = '\uFEFFlane;Preis;"gültig; ab"\r\nA-B;12,40;"say ""x"""\r\n\r\nB-C;NULL;\r\n';
    expect(sniff("csv", text, false)).toEqual({
      format: "csv",
      delimiter: ";",
      columns: ["lane", "Preis", "gültig; ab"],
      samples: [["A-B", "B-C"], ["12,40", "NULL"], ['say "x"', ""]],
      nullWord: "NULL",
    });
  });

  it("keeps line ends inside quotes and drops the half record at the cut", () => {
    expect(readCsv('a,b\n"1\n2",3\n4,', ",", 10)).toEqual([["a", "b"], ["1\n2", "3"], ["4", ""]]);
    expect(sniff("csv", "a,b\n1,2\n3,", true).samples).toEqual([["1"], ["2"]]);
    expect(sniff("csv", "", false).columns).toEqual([]);
    expect(sniff("csv", "a|b\n1|2", false).delimiter).toBe("|");
    expect(sniff("csv", "a,b;c\n1,2;3", false, ";").columns).toEqual(["a,b", "c"]);
  });

  it("reads lists and lines of objects without rounding a number", () => {
    const list = '[ {"id": 9007199254740993, "name":"a [x] {y}", "tags":["q"]}, {"id":2,"more":null} ';
    expect(sniff("json", list, true)).toMatchObject({
      columns: ["id", "name", "tags", "more"],
      samples: [["9007199254740993", "2"], ["a [x] {y}"], ['["q"]'], ["null"]],
    });
    expect(sniff("ndjson", '{"a":1.10}\nnot json\n{"a":2,"b":true}\n', false)).toMatchObject({ columns: ["a", "b"], samples: [["1.10", "2"], ["true"]] });
    expect(sniff("json", "{}", false).columns).toEqual([]);
  });

  it("tells formats by name", async () => {
    expect(["a.CSV", "a.tsv", "a.json", "a.jsonl", "a.xlsx"].map(formatOf)).toEqual(["csv", "csv", "json", "ndjson", null]);
    expect(await sniffFile(new File(["x"], "a.png"))).toBeNull();
    expect((await sniffFile(new File(["a,b\n1,2"], "a.csv")))?.columns).toEqual(["a", "b"]);
  });
});

describe("mapping", () => {
  it("goes by name, in any spelling, and gives no field twice", () => {
    expect(propose(rates, ["Lane", "PRICE", "Valid From", "carrier", "Bemerkung", "lane "])).toEqual({
      Lane: "lane",
      PRICE: "price",
      "Valid From": "valid_from",
      carrier: "carrier_id",
      Bemerkung: null,
      "lane ": null,
    });
    expect(propose(rates, ["unit_price"])).toEqual({ unit_price: "price" });
  });

  it("sends documents to the relation whose records they are, and its key needs nothing more", () => {
    const parcels = readCollection("parcels", {
      timestamps: false,
      fields: {
        id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } },
        extra: { type: "JSON" },
        carrier: { relType: "BelongsTo", target: "carriers", foreignKey: "carrier_id" },
        carrier_id: { type: "Integer", allowNull: false },
        stops: { relType: "HasMany", target: "stops", foreignKey: "parcel_id" },
      },
    });
    const sniffed = sniff("json", '[{"carrier":{"name":"A"},"stops":[{"town":"B"}],"extra":{"a":1}}]', false);
    const mapping = propose(parcels, sniffed.columns, recordColumns(sniffed));
    expect(mapping).toEqual({ carrier: "carrier", stops: "stops", extra: "extra" });
    expect(mappingFlaws(parcels, mapping)).toEqual({ missing: [], twice: [] });
    // A key of a record that is there stays the key.
    const keys = sniff("json", '[{"carrier":7}]', false);
    expect(propose(parcels, keys.columns, recordColumns(keys))).toEqual({ carrier: "carrier_id" });
  });

  it("finds the cells of a line, quoted ones whole", () => {
    const cells = (line: string) => cellSpans(line, ";").map(([from, to]) => line.slice(from, to));
    expect(cells('a;"b;""c""";;d')).toEqual(["a", '"b;""c"""', "", "d"]);
    expect(cells("")).toEqual([""]);
  });

  it("names what is missing and what is given twice", () => {
    expect(mappingFlaws(rates, { a: null })).toEqual({ missing: ["lane"], twice: [] });
    expect(mappingFlaws(rates, { a: "lane", b: "price", c: "price" })).toEqual({ missing: [], twice: ["price"] });
  });
});
