import { expect, test } from "vitest";
import { readType, typeText } from "@/lib/fields";
import { definition, rowCount, seed, TEMPLATES } from "./templates";
import type { Client } from "@/host/session";

test("templates are three related collections each, with every relation named at both ends", () => {
  expect(TEMPLATES.map((template) => [template.id, template.collections.length, rowCount(template)])).toEqual([
    ["shop", 3, 60],
    ["blog", 3, 24],
    ["crm", 3, 45],
  ]);
  for (const template of TEMPLATES) {
    for (const collection of template.collections) {
      for (const relation of collection.relations) {
        const own = definition(template, collection.name).fields;
        const other = definition(template, relation.target).fields;
        expect(own[relation.name]).toMatchObject({ relType: "BelongsTo", target: relation.target });
        expect(own[`${relation.name}_id`]).toMatchObject({ type: "UUID" });
        expect(other[relation.back]).toMatchObject({ relType: "HasMany", target: collection.name });
      }
    }
  }
});

test("rows are written lowest first and point at rows of the same batch", async () => {
  for (const template of TEMPLATES) {
    const sent: { collection: string; data: Record<string, unknown> }[] = [];
    const client = {
      schemas: { plan: async () => ({ token: "t" }), apply: async () => undefined },
      batch: async (operations: typeof sent) => void sent.push(...operations),
    } as unknown as Client;
    await seed(client, template);
    const known = new Set<unknown>();
    for (const { data } of sent) {
      for (const [key, value] of Object.entries(data)) {
        if (key.endsWith("_id")) expect(known.has(value)).toBe(true);
      }
      known.add(data["id"]);
    }
    expect(sent).toHaveLength(rowCount(template));
    const emails = sent.flatMap(({ collection, data }) => (data["email"] ? [`${collection} ${String(data["email"])}`] : []));
    expect(new Set(emails).size).toBe(emails.length);
  }
});

test("a template says its types as every screen will once it is made", () => {
  const said = TEMPLATES.flatMap(({ collections }) => collections.flatMap(({ columns }) => columns.map(([, label, def]) => [label, typeText(readType(def.type, def.values))])));
  expect(said.length).toBeGreaterThan(10);
  expect(said.filter(([label, is]) => label !== is)).toEqual([]);
});
