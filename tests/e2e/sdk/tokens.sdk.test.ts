// API tokens: made by a person, used by a program as its static token.
import { expect, it } from "vitest";
import { column, refusal } from "./expecting";
import { onEveryStore } from "./stores";

onEveryStore("API tokens", (project) => {
  it("a program does what its token is for, and no more", async () => {
    const { admin } = project;
    const fields = { id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } }, title: { type: "String" } } as const;
    await admin.schemas.create("notes", { fields });
    await admin.items("notes").create({ title: "kept" });
    const { token, ...record } = await admin.tokens.create({ name: "Nightly report", scopes: ["read:notes"], expiresAt: null });
    expect(await admin.tokens.list()).toEqual([record]);
    const program = project.client({ token });
    expect(column((await program.items("notes").find()).data, "title")).toEqual(["kept"]);
    expect((await refusal(program.items("notes").create({ title: "more" }))).code).toBe("FORBIDDEN");
    expect((await refusal(program.schemas.create("more", { fields }))).code).toBe("FORBIDDEN");
    expect((await refusal(program.tokens.list())).code).toBe("TOKEN_SCOPE");
    await admin.tokens.revoke(record.id);
    expect(await admin.tokens.list()).toEqual([]);
    expect((await refusal(program.items("notes").find())).status).toBe(401);
  });
});
