// `plinth generate` and `npx plinth generate`: what they write is one text, compiles, and carries
// the printed program of the public document.
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { FieldDefinition, SchemaDefinition } from "../../../sdk/dist/esm/index.js";
import { lines, mourn, present, section } from "../../../sdk/test/document.js";
import { ended } from "../harness/server";
import { PRODUCT } from "./collections";
import { onEveryStore, type Project } from "./stores";
import { Workspace } from "./workspace";

const TYPES = [
  "String", "Text", "HTML", "CiText", "Integer", "BigInt", "Decimal", "Float", "Real", "Double", "Boolean",
  "Date", "DateTime", "DateTime_NO_TZ", "Time", "Time_NO_TZ", "UUID", "SUID", "TOKEN", "JSON", "JSONB",
  "Array_Integer", "Array_String", "Array_Double", "Array_Decimal", "Array_DateTime", "Array_Date", "Array_Time",
  "Array_UUID", "Array_Boolean", "Range_Integer", "Range_Date", "Point", "Polygon", "Geometry", "Binary",
] as const;

/** Every type, words that need quotes, names that clash, and every kind of relation. */
async function makeMuch({ admin }: Project): Promise<void> {
  const fields = Object.fromEntries(TYPES.map((type) => [`a_${type}`, { type }])) as Record<string, FieldDefinition>;
  const words = { values: ["plain", "it's", 'a "word"', "back\\slash", "*/", ...Array.from({ length: 9 }, (_, n) => `long word ${String(n)}`)] };
  const everything: SchemaDefinition = {
    usertrack: true,
    paranoid: true,
    fields: {
      ...fields,
      word: { type: "Enum", values: words },
      code: { type: "String", description: "Ends a comment: */", validate: { matches: "^[*]/.*$", isEmail: false } },
      full: { type: "VIRTUAL", calculated: `"code" || 'x'` },
    },
  };
  await admin.schemas.create("everything", everything);
  for (const name of ["record", "records", "collection_name", "_2024_sales", "people"]) {
    await admin.schemas.create(name, { fields: { name: { type: "String" } } });
  }
  const relations = [
    { type: "M2O", target: "people", name: "owner", alias: "owned" },
    { type: "O2O", target: "people", name: "card", alias: "card_of" },
    { type: "M2M", target: "records", name: "many", alias: "back" },
    { type: "M2A", name: "any", tables: ["people", "records"] },
    { type: "M2O", target: "everything", name: "parent", alias: "parts" },
  ] as const;
  for (const relation of relations) await admin.schemas.createRelationship("everything", relation);
}

mourn("Its printed command did NOT run, and its typed program was NOT compiled.");

onEveryStore("generated types", (project) => {
  let user: Workspace;
  beforeAll(async () => {
    user = await Workspace.make();
    await project.admin.schemas.create("products", PRODUCT);
    await project.admin.schemas.create("categories", { fields: { name: { type: "String", allowNull: false } } });
    await project.admin.schemas.createRelationship("products", {
      type: "M2O",
      target: "categories",
      name: "category",
      alias: "products",
    });
  });
  afterAll(() => user.remove());

  it.skipIf(!present)("the printed command writes a file on which the printed program compiles", async () => {
    const document = lines();
    const printed = document.map((line) => /^npx baasix (.*?)Then use/.exec(line)?.[1]).find((found) => found !== undefined);
    const args = (printed ?? "").split(" ").map((word) => (word.startsWith("http://") ? project.url : word));
    const said = await user.npx(args);
    expect(said).toMatchObject({ code: 0, out: "src/types/baasix.d.ts: written\n" });
    const program = section(document, "Then use the generated types with the SDK:", "See the CLI Guide for more details on type generation.");
    await user.write("src/app.ts", `${program}\nconst typed: Product[] = data;\nconsole.log(typed);\n`);
    expect(await user.complaints("src/app.ts")).toBe("");
  });

  it("what the types know is checked, and what they do not know is refused", async () => {
    const args = ["generate", "--url", project.url, "--output", "src/types/baasix.d.ts"];
    expect(await user.plinth(args)).toMatchObject({ code: 0 });
    const checked = `
      import { createBaasix } from '@plinth/sdk';
      import type { BaasixCollections, Categories, Category, CollectionName, Product } from './types/baasix';
      const baasix = createBaasix<BaasixCollections>({ url: 'https://api.example.com' });
      const products = baasix.items('products');
      const id: string = await products.create({ name: 'Lamp', price: 29.99, category: { name: 'Lights' } });
      const { data } = await products.find({
        filter: { price: { gte: 10 }, 'category.name': { eq: 'x' }, category: { name: { startsWith: 'L' } } },
        fields: ['*', 'category.*'],
        sort: { createdAt: 'desc' },
      });
      const category: Category | null | undefined = data[0]?.category;
      const back: Product[] | null | undefined = category?.products;
      const same: Categories | null | undefined = category;
      const report = await baasix.reports.generate('products', { groupBy: 'status', filter: { quantity: { gt: 1 } } });
      const statuses: (string | null | undefined)[] = await baasix.reports.distinct('products', 'status');
      const name: CollectionName = 'categories';
      await products.upsert({ sku: { eq: 'W-1' } }, { name: 'Widget' });
      console.log(id, back, same, report.totalCount, statuses, name);
      // @ts-expect-error no such field
      await products.find({ filter: { prize: { gte: 10 } } });
      // @ts-expect-error no such collection
      baasix.items('product');
      // @ts-expect-error not a number
      await products.create({ price: true });
      // @ts-expect-error never null
      const none: Category = { id: null, name: 'x' };
      console.log(none);
    `;
    await user.write("src/checked.ts", checked);
    expect(await user.complaints("src/checked.ts")).toBe("");
  });

  it("every type, name and relation compiles, for every target, and both programs write the same", async () => {
    await makeMuch(project);
    for (const [target, file] of [["types", "baasix.d.ts"], ["sdk-types", "baasix.ts"], ["schema-json", "schemas.json"]] as const) {
      for (const numbers of ["exact", "number"]) {
        const args = ["generate", "-t", target, "--url", project.url, "--numbers", numbers];
        expect(await user.npx([...args, "-o", `ours/${file}`]), target).toMatchObject({ code: 0 });
        expect(await user.plinth([...args, "-o", `theirs/${file}`]), target).toMatchObject({ code: 0 });
        const text = await user.read(`ours/${file}`);
        expect(await user.read(`theirs/${file}`), target).toBe(text);
        if (file.endsWith(".ts")) {
          expect(text).toContain("parts?: Everything[] | null;");
          expect(text).toMatch(/any\?: \w+\[\] \| null;/);
          expect(text).toContain("userCreated?: BaasixUser | null;");
          expect(text).toContain("export type Person = People;");
          expect(await user.complaints(`ours/${file}`), target).toBe("");
        } else {
          const names = (JSON.parse(text) as { collectionName: string }[]).map((one) => one.collectionName);
          expect(names).toEqual(expect.arrayContaining(["everything", "products", "baasix_User"]));
        }
      }
    }
    await user.write(
      "typed.ts",
      `import { createTypedBaasix } from './ours/baasix.js';
       const { data } = await createTypedBaasix({ url: 'http://x' }).items('everything').find();
       export const word: 'plain' | "it's" | null | undefined = data[0]?.word === 'plain' ? data[0].word : null;
       export const point: number[] | undefined = data[0]?.a_Point?.type === 'Point' ? data[0].a_Point.coordinates : undefined;`,
    );
    expect(await user.complaints("typed.ts")).toBe("");
  });

  it("says what is wrong, and how to put it right", async () => {
    const nobody = { PLINTH_EMAIL: "", PLINTH_PASSWORD: "" };
    for (const program of ["npx", "plinth"] as const) {
      const told = await user[program](["generate", "--url", project.url], nobody);
      expect(told.code, program).toBe(1);
      expect(told.err, program).toContain("set PLINTH_EMAIL and PLINTH_PASSWORD, or PLINTH_TOKEN");
      const away = await user[program](["generate", "--url", "http://127.0.0.1:1"]);
      expect(away.code, program).toBe(1);
      expect(away.err, program).toContain("http://127.0.0.1:1");
    }
  });

  it("a .env with the names of the original will do, and the environment wins over it", async () => {
    await user.write(".env", `BAASIX_URL=${project.url}\nBAASIX_EMAIL="nobody@example.com" # not this one\nBAASIX_PASSWORD=x\n`);
    const token = (await project.admin.auth.getToken()) ?? "";
    for (const program of ["npx", "plinth"] as const) {
      expect((await user[program](["types"], { PLINTH_EMAIL: "", PLINTH_PASSWORD: "" })).code, program).toBe(1);
      expect(await user[program](["types"], { PLINTH_TOKEN: token }), program).toMatchObject({ code: 0 });
      expect(await user[program](["types"]), program).toMatchObject({ code: 0, out: "baasix.d.ts: already so\n" });
    }
    await user.write(".env", "");
  });

  it("--watch writes again when a collection changes", async () => {
    const child = user.start("node_modules/.bin/plinth", ["generate", "--watch", "--url", project.url, "-o", "watched.d.ts"]);
    try {
      if (child.stdout === null) throw new Error("its output is not heard");
      const heard = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      expect((await heard.next()).value).toBe("watched.d.ts: written");
      await project.admin.schemas.create("invoices", { fields: { no: { type: "String" } } });
      expect((await heard.next()).value).toBe("watched.d.ts: written");
      expect(await user.read("watched.d.ts")).toContain("export type Invoice = Invoices;");
    } finally {
      await ended(child);
    }
  });
});
