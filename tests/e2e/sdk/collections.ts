/** The collections the public document speaks of. */
import type { Plinth, SchemaDefinition } from "../../../sdk/dist/esm/index.js";

const id = { type: "UUID", primaryKey: true, defaultValue: { type: "UUIDV4" } } as const;

/** The sample schema of the document, with every field of it. */
export const PRODUCT: SchemaDefinition = {
  name: "Product",
  timestamps: true,
  fields: {
    id,
    sku: { type: "SUID", unique: true, defaultValue: { type: "SUID" } },
    name: {
      type: "String",
      allowNull: false,
      values: { length: 255 },
      validate: { notEmpty: true, len: [3, 255] },
    },
    price: {
      type: "Decimal",
      values: { precision: 10, scale: 2 },
      validate: { min: 0, max: 999999.99 },
    },
    quantity: { type: "Integer", defaultValue: 0, validate: { isInt: true, min: 0 } },
    email: { type: "String", validate: { isEmail: true } },
    website: { type: "String", validate: { isUrl: true } },
    status: { type: "String", defaultValue: "draft" },
    isActive: { type: "Boolean", defaultValue: true },
    sortOrder: { type: "Integer", defaultValue: { type: "AUTOINCREMENT" } },
    publishedAt: { type: "DateTime", defaultValue: { type: "NOW" } },
  },
};

/** Posts with an author and comments; deleted ones are kept. */
export async function makePosts(admin: Plinth): Promise<void> {
  await admin.schemas.create("posts", {
    paranoid: true,
    fields: {
      id,
      title: { type: "String" },
      slug: { type: "String" },
      content: { type: "Text" },
      note: { type: "String" },
      status: { type: "String" },
      views: { type: "Integer" },
      featured: { type: "Boolean" },
      tags: { type: "Array_String" },
    },
  });
  await admin.schemas.create("comments", {
    fields: { id, body: { type: "String" }, approved: { type: "Boolean" } },
  });
  await admin.schemas.createRelationship("posts", {
    type: "M2O",
    target: "baasix_User",
    name: "author",
    foreignKey: "author_Id",
  });
  await admin.schemas.createRelationship("comments", {
    type: "M2O",
    target: "posts",
    name: "post",
    alias: "comments",
  });
}

/** Things with a place in a list. */
export const LISTED: SchemaDefinition = {
  sortEnabled: true,
  fields: { id, name: { type: "String" } },
};
