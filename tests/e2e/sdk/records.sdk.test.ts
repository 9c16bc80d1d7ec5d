// What items do beyond the acceptance list: batches, versions, cursors, counts, files and jobs.
import { expect, it } from "vitest";
import type { ImportJob, Plinth } from "../../../sdk/dist/esm/index.js";
import { column, refusal } from "./expecting";
import { onEveryStore } from "./stores";

const things = (admin: Plinth) => admin.items("things");

/** The job once nothing more happens by itself. */
async function settled(admin: Plinth, id: string): Promise<ImportJob> {
  let job = await admin.imports.get(id);
  while (["parsing", "checking", "writing", "undoing"].includes(job.state)) job = await admin.imports.get(id);
  return job;
}

onEveryStore("items, beyond the list", (project) => {
  it("the collection they are about is made, with numbered things", async () => {
    await project.admin.schemas.create("things", {
      fields: {
        id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } },
        name: { type: "String", unique: true },
        n: { type: "Integer", validate: { max: 1000 } },
      },
    });
    const rows = Array.from({ length: 25 }, (_, at) => ({ name: `Thing ${String(at).padStart(2, "0")}`, n: at % 5 }));
    expect(await things(project.admin).createMany(rows)).toHaveLength(25);
  });

  it("batch writes all steps or none, and tells what each did", async () => {
    const items = things(project.admin);
    const done = await items.batch([
      { op: "create", data: { name: "Batched", n: 1 } },
      { op: "update", id: 1, data: { n: 100 }, expect: { n: 0 } },
      { op: "delete", id: 25 },
    ]);
    expect(done.map(({ op, collection }) => [op, collection])).toEqual([
      ["create", "things"],
      ["update", "things"],
      ["delete", "things"],
    ]);
    expect(done[1]?.id).toBe(1);
    expect((await items.findOne(1))["n"]).toBe(100);

    const conflict = await refusal(
      items.batch([
        { op: "create", data: { name: "Never" } },
        { op: "update", id: 1, data: { n: 5 }, expect: { n: 0 } },
      ]),
    );
    expect([conflict.status, conflict.code]).toEqual([409, "CONFLICT"]);
    expect(conflict.details[0]).toMatchObject({ index: 1, field: "n", expected: 0, current: 100 });
    expect((await items.find({ filter: { name: "Never" } })).totalCount).toBe(0);
  });

  it("a dry run of a batch shows its statements and writes nothing", async () => {
    const before = (await things(project.admin).find()).totalCount;
    const preview = await things(project.admin).batch([{ op: "create", data: { name: "Dry" } }], { dryRun: true });
    expect(preview.operations).toBe(1);
    expect(preview.statements.some(({ sql }) => sql.includes("things"))).toBe(true);
    expect((await things(project.admin).find()).totalCount).toBe(before);
  });

  it("batch over several collections goes through the client", async () => {
    const done = await project.admin.batch([
      { op: "create", collection: "things", data: { name: "Through the client" } },
      { op: "delete", collection: "things", id: 24 },
    ]);
    expect(done.map((one) => one.op)).toEqual(["create", "delete"]);
  });

  it("findOneWithEtag and ifMatch: what changed meanwhile is not overwritten", async () => {
    const items = things(project.admin);
    const { data, etag } = await items.findOneWithEtag(2);
    expect(etag).toMatch(/^"[0-9a-f]+"$/);
    await items.update(2, { n: Number(data["n"]) + 1 }, { ifMatch: etag });
    const late = await refusal(items.update(2, { n: 0 }, { ifMatch: etag }));
    expect([late.status, late.code]).toEqual([412, "PRECONDITION_FAILED"]);
    expect((await refusal(items.delete(2, { ifMatch: etag }))).status).toBe(412);
    expect((await items.findOne(2))["n"]).toBe(Number(data["n"]) + 1);
  });

  it("iterate reads every item once, in its order, across pages", async () => {
    const names: unknown[] = [];
    for await (const item of things(project.admin).iterate({ sort: "-name", limit: 7, fields: ["name"] })) {
      names.push(item["name"]);
    }
    const { data, totalCount } = await things(project.admin).find({ sort: "-name" });
    expect(names).toEqual(column(data, "name"));
    expect(names).toHaveLength(totalCount);
  });

  it("count is exact, estimated or left out", async () => {
    const items = things(project.admin);
    const exact = await items.find({ limit: 1 });
    expect(exact.totalCountEstimated).toBeUndefined();
    const estimate = await items.find({ limit: 1, count: "estimate" });
    expect(typeof estimate.totalCount).toBe("number");
    expect(await items.find({ limit: 1, count: "none" })).not.toHaveProperty("totalCount");
    expect((await items.find({ after: "", limit: 1, sort: "id" })).cursor).toEqual(expect.any(String));
  });

  it("export streams in four formats", async () => {
    const items = things(project.admin);
    const query = { filter: { id: { lte: 2 } }, sort: "id", fields: ["id", "name"] } as const;
    const text = async (format: "csv" | "json" | "ndjson" | "sql") => (await items.export({ ...query, format })).text();
    expect(await text("csv")).toBe("id,name\r\n1,Thing 00\r\n2,Thing 01\r\n");
    const rows = [
      { id: 1, name: "Thing 00" },
      { id: 2, name: "Thing 01" },
    ];
    expect(JSON.parse(await text("json"))).toEqual(rows);
    expect((await text("ndjson")).trim().split("\n").map((line) => JSON.parse(line) as unknown)).toEqual(rows);
    expect((await text("sql")).split("\n")[0]).toBe(`INSERT INTO "things" ("id", "name") VALUES (1, 'Thing 00');`);
  });

  it("imports: a dry run judges, valid rows go in, rejects come back as a file, undo takes them out", async () => {
    const { imports } = project.admin;
    const file = new Blob(["title,n\nImported 1,1\nImported 2,5000\nImported 3,3\n"], { type: "text/csv" });
    const request = { file, collection: "things", format: "csv", mapping: { title: "name" } } as const;
    const judged = await settled(project.admin, (await imports.start({ ...request, dryRun: true, mode: "valid" })).id);
    expect(judged).toMatchObject({ state: "done", dryRun: true, rowsRead: 3, rowsValid: 2, rowsRejected: 1, rowsWritten: 0 });
    expect(judged.errors[0]).toMatchObject({ line: 3, column: "n", field: "n", value: "5000" });

    const written = await settled(project.admin, (await imports.start({ ...request, mode: "valid" })).id);
    expect(written).toMatchObject({ state: "done", rowsWritten: 2, alreadyImported: false, mapping: { title: "name" } });
    const rejects = await (await imports.rejects(written.id)).text();
    expect(rejects.split(/\r?\n/)[1]).toContain("Imported 2");
    expect((await imports.start({ ...request, mode: "valid" })).alreadyImported).toBe(true);
    expect((await imports.list()).map((job) => job.id)).toEqual(expect.arrayContaining([judged.id, written.id]));

    await imports.undo(written.id);
    expect(await settled(project.admin, written.id)).toMatchObject({ state: "undone", rowsRemoved: 2 });
    expect((await things(project.admin).find({ filter: { name: { startsWith: "Imported" } } })).totalCount).toBe(0);
    expect((await imports.cancel(written.id)).state, "what has ended cannot be cancelled").toBe("undone");
  });

  it("an upload that is refused at once tells why, however large it is", async () => {
    const nobody = project.client();
    for (const bytes of [1_000, 1_000_000, 10_000_000]) {
      const file = new Blob([`name\n${"x".repeat(bytes)}`], { type: "text/csv" });
      const refused = await refusal(things(nobody).importCSV(file));
      expect([refused.status, refused.code], String(bytes)).toEqual([401, "UNAUTHENTICATED"]);
      const job = await refusal(nobody.imports.start({ file, collection: "things", format: "csv" }));
      expect([job.status, job.code], String(bytes)).toEqual([401, "UNAUTHENTICATED"]);
    }
  });
});
