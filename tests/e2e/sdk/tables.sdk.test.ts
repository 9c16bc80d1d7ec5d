// The tables of the public document beside its snippets: every rule and every default of it holds.
import { describe, expect, it } from "vitest";
import type { FieldDefinition } from "../../../sdk/dist/esm/index.js";
import { lines, mourn, present } from "../../../sdk/test/document.js";
import { refusal } from "./expecting";
import { onEveryStore } from "./stores";

/** The first cells of a table of the document. */
function rows(heading: string, next: string): string[] {
  const document = lines();
  const first = document.findIndex((line) => line.endsWith(heading)) + 1;
  const length = document.slice(first).findIndex((line) => line.endsWith(next));
  const cells = document.slice(first, first + length).map((line) => line.replace(/^\| */, "").split(" | ")[0]?.trim() ?? "");
  return cells.filter((cell) => cell !== "" && !cell.startsWith("|---") && !cell.startsWith("---")).slice(1);
}

/** A field under the rule, a value it takes and one it refuses. */
const RULES: Record<string, [field: FieldDefinition, good: unknown, bad: unknown]> = {
  min: [{ type: "Integer", validate: { min: 3 } }, 3, 2],
  max: [{ type: "Decimal", validate: { max: 9.5 } }, 9.5, 9.6],
  isInt: [{ type: "Double", validate: { isInt: true } }, 4, 4.5],
  notEmpty: [{ type: "String", validate: { notEmpty: true } }, "x", "  "],
  isEmail: [{ type: "String", validate: { isEmail: true } }, "a@example.com", "a@b@c"],
  isUrl: [{ type: "String", validate: { isUrl: true } }, "https://example.com/a", "www.example.com"],
  len: [{ type: "String", validate: { len: [2, 3] } }, "äöü", "äöüß"],
  is: [{ type: "String", validate: { is: "^[a-c]+$" } }, "abc", "abd"],
  matches: [{ type: "String", validate: { matches: "^[a-c]+$" } }, "cab", "cad"],
};

/** A field with the default, and what stands there when nothing is given. */
const DEFAULTS: Record<string, [field: FieldDefinition, made: RegExp]> = {
  UUIDV4: [{ type: "UUID", defaultValue: { type: "UUIDV4" } }, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
  SUID: [{ type: "SUID", defaultValue: { type: "SUID" } }, /^[\w-]{6,32}$/],
  NOW: [{ type: "DateTime", defaultValue: { type: "NOW" } }, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/],
  AUTOINCREMENT: [{ type: "Integer", defaultValue: { type: "AUTOINCREMENT" } }, /^1$/],
  SQL: [{ type: "String", defaultValue: { type: "SQL", value: "upper('sql') || 1" } }, /^SQL1$/],
};

const fields = (table: Record<string, [FieldDefinition, ...unknown[]]>) =>
  Object.fromEntries(Object.entries(table).map(([name, [field]]) => [`f_${name}`, field]));

mourn("Its tables were NOT compared with what is tried here.");

describe.skipIf(!present)("the tables of the public document", () => {
  it("have the rows that are tried here", () => {
    expect(rows("Validation Rules", "Default Value Types").flatMap((cell) => cell.split(" / "))).toEqual([
      "min", "max", "isInt", "notEmpty", "isEmail", "isUrl", "len", "is", "matches",
    ]);
    expect(rows("Default Value Types", "Users & Roles (Admin)")).toEqual(Object.keys(DEFAULTS));
  });
});

onEveryStore("what the tables of the document promise", (project) => {
  it("each rule takes and refuses, when something is made and when it is changed", async () => {
    await project.admin.schemas.create("ruled", { fields: fields(RULES) });
    const ruled = project.admin.items("ruled");
    for (const [rule, [, good, bad]] of Object.entries(RULES)) {
      const name = `f_${rule}`;
      const id = await ruled.create({ [name]: good });
      expect(await ruled.findOne(id), rule).toMatchObject({ [name]: good });
      for (const write of [() => ruled.create({ [name]: bad }), () => ruled.update(id, { [name]: bad })]) {
        const error = await refusal(write());
        expect([error.status, error.code, error.details[0]?.field], rule).toEqual([400, "VALIDATION_ERROR", name]);
      }
      expect(await ruled.findOne(id), rule).toMatchObject({ [name]: good });
    }
  });

  it("each default is made when nothing is given, and gives way to what is", async () => {
    await project.admin.schemas.create("defaulted", { fields: fields(DEFAULTS) });
    const defaulted = project.admin.items("defaulted");
    const made = await defaulted.findOne(await defaulted.create({}));
    for (const [name, [, wanted]] of Object.entries(DEFAULTS)) {
      expect(String(made[`f_${name}`]), name).toMatch(wanted);
    }
    const given = { f_SUID: "mine", f_SQL: "mine", f_AUTOINCREMENT: 40, f_NOW: "2024-01-02T03:04:05.678Z" };
    expect(await defaulted.findOne(await defaulted.create(given))).toMatchObject(given);
  });
});
