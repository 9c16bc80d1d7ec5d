/**
 * What a new project may begin with. A template is ordinary collections and rows, sent over the
 * public routes like anybody's: one plan, applied at once, then one batch.
 */
import type { BatchOperation, FieldDefinition, SchemaDefinition } from "@plinth/sdk";
import type { TemplateId } from "@/host/host";
import type { Client } from "@/host/session";

type Column = readonly [name: string, type: string, definition: FieldDefinition];

interface TemplateCollection {
  readonly name: string;
  readonly columns: readonly Column[];
  /** To-one relations, and the name under which the other side lists these rows. */
  readonly relations: ReadonlyArray<{ readonly name: string; readonly target: string; readonly back: string }>;
  readonly rows: number;
  /** One row; `pick` gives the key of a row of another collection of this template. */
  readonly row: (index: number, pick: (collection: string, index: number) => string) => Readonly<Record<string, unknown>>;
  /** Where its node stands in the preview. */
  readonly at: readonly [x: number, y: number];
}

export interface Template {
  readonly id: Exclude<TemplateId, "nothing">;
  readonly collections: readonly TemplateCollection[];
  /** The collection named in the sample address. */
  readonly main: string;
}

const text = (name: string, more: FieldDefinition = {}): Column => [name, "string", { type: "String", ...more }];
const long = (name: string): Column => [name, "text", { type: "Text" }];
const money = (name: string): Column => [name, "decimal(12,2)", { type: "Decimal", values: { precision: 12, scale: 2 } }];
const instant = (name: string): Column => [name, "timestamptz", { type: "DateTime" }];
const choice = (name: string, values: readonly string[]): Column => [name, "enum", { type: "Enum", values: { values } }];
const whole = (name: string): Column => [name, "int32", { type: "Integer" }];

const DAY_MS = 86_400_000;
/** Sample instants end on a fixed day, so that a template is the same on every computer. */
const day = (back: number): string => new Date(Date.UTC(2026, 10, 20, 9, 30) - back * DAY_MS).toISOString();
const at = <Item>(items: readonly Item[], index: number): Item => items[index % items.length] as Item;
const slug = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

const PEOPLE = [
  "Nina Okafor", "Mateo Ruiz", "Ines Halloran", "Jonas Lindqvist", "Aiko Nakamura", "Samir Haddad",
  "Clara Dupont", "Oskar Weiß", "Leila Yıldız", "Tomás Ferreira", "Grace Hargreaves", "Ravi Sundaram",
  "Mia Kallio", "Dario Rossi", "Hanna Baltic", "Noah Cascade", "Zofia Nowak", "Emil Sørensen",
  "Ana Pereira", "Liam Byrne",
] as const;
const COMPANIES = [
  "Lindqvist & Åkerberg AB", "Cascadia Timber Co.", "Nakamura Optics", "Brasserie Dupont", "Ferreira Têxtil",
  "Hargreaves & Finch", "Sundaram Spice Exports", "Weiß Präzision", "Baltic Amber", "Aotearoa Wool Trust",
] as const;
const PRODUCTS = [
  "Oak desk", "Brass lamp", "Linen apron", "Walnut tray", "Wool blanket", "Stoneware mug",
  "Leather notebook", "Ash stool", "Copper kettle", "Canvas tote", "Glass carafe", "Cedar box",
] as const;
const POSTS = [
  "Why we moved to one database", "A field guide to slow queries", "Names that last", "What a rule costs",
  "Notes from a quiet release", "Counting without counting", "The case for boring tools", "Small plans, often",
] as const;
const REMARKS = [
  "This helped, thank you.", "Does it hold on Postgres too?", "We saw the same last spring.",
  "Could you share the numbers?", "A picture would help here.", "Second this.",
] as const;

const shop: Template = {
  id: "shop",
  main: "orders",
  collections: [
    {
      name: "customers",
      columns: [text("name", { allowNull: false }), text("email", { unique: true })],
      relations: [],
      rows: 20,
      at: [0, 0],
      row: (i) => ({ name: at(PEOPLE, i), email: `${slug(at(PEOPLE, i))}@shop.example` }),
    },
    {
      name: "orders",
      columns: [money("total"), choice("status", ["draft", "paid", "packed", "shipped"]), instant("placed_at")],
      relations: [
        { name: "customer", target: "customers", back: "orders" },
        { name: "product", target: "products", back: "orders" },
      ],
      rows: 28,
      at: [288, 176],
      row: (i, pick) => ({
        total: `${String(24 + ((i * 37) % 400))}.${String((i * 13) % 100).padStart(2, "0")}`,
        status: at(["paid", "packed", "shipped", "draft"], i),
        placed_at: day(i),
        customer_id: pick("customers", i * 7),
        product_id: pick("products", i * 5),
      }),
    },
    {
      name: "products",
      columns: [text("title", { allowNull: false }), money("price")],
      relations: [],
      rows: 12,
      at: [0, 380],
      row: (i) => ({ title: at(PRODUCTS, i), price: `${String(9 + ((i * 17) % 190))}.90` }),
    },
  ],
};

const blog: Template = {
  id: "blog",
  main: "posts",
  collections: [
    {
      name: "authors",
      columns: [text("name", { allowNull: false }), text("email", { unique: true })],
      relations: [],
      rows: 4,
      at: [0, 0],
      row: (i) => ({ name: at(PEOPLE, i), email: `${slug(at(PEOPLE, i))}@blog.example` }),
    },
    {
      name: "posts",
      columns: [text("title", { allowNull: false }), text("slug", { unique: true }), long("body"), choice("status", ["draft", "published"]), instant("published_at")],
      relations: [{ name: "author", target: "authors", back: "posts" }],
      rows: 8,
      at: [288, 132],
      row: (i, pick) => ({
        title: at(POSTS, i),
        slug: slug(at(POSTS, i)),
        body: `${at(POSTS, i)}.\n\nThe first paragraph stands here so that search has something to find.`,
        status: i === 7 ? "draft" : "published",
        published_at: i === 7 ? null : day(i * 9),
        author_id: pick("authors", i),
      }),
    },
    {
      name: "comments",
      columns: [text("by"), long("body")],
      relations: [{ name: "post", target: "posts", back: "comments" }],
      rows: 12,
      at: [0, 330],
      row: (i, pick) => ({ by: at(PEOPLE, i + 4), body: at(REMARKS, i), post_id: pick("posts", i * 3) }),
    },
  ],
};

const crm: Template = {
  id: "crm",
  main: "deals",
  collections: [
    {
      name: "companies",
      columns: [text("name", { allowNull: false }), text("website")],
      relations: [],
      rows: 10,
      at: [0, 0],
      row: (i) => ({ name: at(COMPANIES, i), website: `https://${slug(at(COMPANIES, i))}.example` }),
    },
    {
      name: "people",
      columns: [text("name", { allowNull: false }), text("email", { unique: true })],
      relations: [{ name: "company", target: "companies", back: "people" }],
      rows: 15,
      at: [288, 132],
      row: (i, pick) => ({ name: at(PEOPLE, i), email: `${slug(at(PEOPLE, i))}@crm.example`, company_id: pick("companies", i) }),
    },
    {
      name: "deals",
      columns: [text("title", { allowNull: false }), money("amount"), choice("stage", ["lead", "offer", "won", "lost"]), whole("chance")],
      relations: [
        { name: "company", target: "companies", back: "deals" },
        { name: "contact", target: "people", back: "deals" },
      ],
      rows: 20,
      at: [0, 330],
      row: (i, pick) => ({
        title: `${at(["Pilot", "Renewal", "Rollout", "Upgrade"], i)} ${String(2025 + (i % 2))}`,
        amount: `${String(1200 + ((i * 731) % 48_000))}.00`,
        stage: at(["lead", "offer", "won", "lead", "lost"], i),
        chance: at([20, 50, 100, 10, 0], i),
        company_id: pick("companies", i),
        contact_id: pick("people", i),
      }),
    },
  ],
};

export const TEMPLATES: readonly Template[] = [shop, blog, crm];

export function templateOf(id: TemplateId): Template | null {
  return TEMPLATES.find((template) => template.id === id) ?? null;
}

export function rowCount(template: Template): number {
  return template.collections.reduce((sum, collection) => sum + collection.rows, 0);
}

/** The stored definition of one collection, its own relations and the ways back to it. */
export function definition(template: Template, name: string): SchemaDefinition {
  const collection = template.collections.find((entry) => entry.name === name);
  if (!collection) throw new Error(`the template has no collection ${name}`);
  const fields: Record<string, FieldDefinition> = {
    id: { type: "UUID", primaryKey: true, defaultValue: { type: "UUIDV4" } },
  };
  for (const [column, , field] of collection.columns) fields[column] = field;
  for (const { name: relation, target } of collection.relations) {
    fields[`${relation}_id`] = { type: "UUID", allowNull: true, SystemGenerated: true };
    fields[relation] = { relType: "BelongsTo", target, foreignKey: `${relation}_id`, as: relation, onDelete: "SET NULL" };
  }
  for (const other of template.collections) {
    for (const relation of other.relations) {
      if (relation.target !== name) continue;
      fields[relation.back] = { relType: "HasMany", target: other.name, foreignKey: `${relation.name}_id`, as: relation.back };
    }
  }
  return { name, fields, timestamps: true };
}

/** Fills an empty project. Collections go in as one plan, rows as one batch: all or nothing each. */
export async function seed(client: Client, template: Template): Promise<void> {
  const change = {
    collections: template.collections.map(({ name }) => ({ collectionName: name, schema: definition(template, name) })),
    drop: [],
  };
  const plan = await client.schemas.plan(change);
  await client.schemas.apply({ ...change, token: plan.token });
  const keys = new Map(
    template.collections.map(({ name, rows }) => [name, Array.from({ length: rows }, () => crypto.randomUUID())]),
  );
  const pick = (collection: string, index: number): string => at(keys.get(collection) ?? [], index);
  const order = [...template.collections].sort((a, b) => depth(template, a.name) - depth(template, b.name));
  const operations: BatchOperation[] = order.flatMap((collection) =>
    Array.from({ length: collection.rows }, (_, index) => ({
      op: "create" as const,
      collection: collection.name,
      data: { id: pick(collection.name, index), ...collection.row(index, pick) },
    })),
  );
  await client.batch(operations);
}

/** How many relations lead down from a collection: rows of the lowest are written first. */
function depth(template: Template, name: string): number {
  const own = template.collections.find((entry) => entry.name === name)?.relations ?? [];
  return own.reduce((deepest, { target }) => Math.max(deepest, depth(template, target) + 1), 0);
}
