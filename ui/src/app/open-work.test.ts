import type { SchemaInfo } from "@plinth/sdk";
import { expect, it } from "vitest";
import type { Op } from "@/lib/pending";
import { draftPlaces } from "./open-work";

const op = (scope: string, ...path: string[]): Op => ({ target: { scope, path }, before: 1, after: 2 });

it("says of a draft in which areas and collections its changes stand", () => {
  const schemas = ["orders", "lines"].map((collectionName) => ({ collectionName })) as SchemaInfo[];
  const places = (...ops: Op[]) => draftPlaces({ savedAt: 0, ops }, schemas);
  expect(places(op("records", "orders", "1", "total"), op("records", "lines", "2", "label"), op("records", "orders", "3", "total"))).toBe("Data: orders, lines");
  expect(places(op("access", "public", "orders", "read"), op("schema", "new:1"))).toBe("Schema · Access: orders");
});
