/** What a project may begin with, on both stores; and leaving the schema while it is being applied. */
import { expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import { Database } from "../harness/postgres";
import { RunningServer } from "../harness/server";
import { furnish } from "../harness/screens";
import { signIn } from "../harness/sign-in";

const TEMPLATES = ["Shop", "Blog", "CRM"] as const;

for (const store of ["SQLite", "Postgres"] as const) {
  for (const template of TEMPLATES) {
    test(`an empty instance on ${store} begins as a ${template}`, async (task) => {
      const database = store === "Postgres" ? await Database.create() : null;
      if (store === "Postgres" && !database) return task.skip("no cluster was given");
      const server = await RunningServer.start(database?.url);
      const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/data`);
      try {
        await signIn(person);
        await person.click({ role: "button", name: "Begin with a template" });
        const choice = { role: "menuitem", name: new RegExp(`^${template}`) };
        await person.see(choice);
        const [, collections = "", rows = ""] = /(\d+) collections, (\d+) rows/.exec(await person.textOf(choice)) ?? [];
        await person.click(choice);
        await person.page.getByRole("gridcell").first().waitFor();

        // What the menu promised is what the public routes tell, relations included.
        const api = await Api.signIn(server.url);
        const { data: schemas } = await api.call<{ data: { collectionName: string; schema: { fields: Record<string, { relType?: string }> } }[] }>("GET", "/schemas");
        const own = schemas.filter((schema) => !schema.collectionName.startsWith("baasix_"));
        expect(own).toHaveLength(Number(collections));
        let count = 0;
        for (const { collectionName } of own) count += await api.count(collectionName);
        expect(count).toBe(Number(rows));
        expect(own.some(({ schema }) => Object.values(schema.fields).some((field) => field.relType === "BelongsTo"))).toBe(true);
        expect(await person.verdict()).toEqual([]);
      } finally {
        await person.close();
        await server.stop();
        await database?.drop();
      }
    });
  }
}

test("who leaves the schema while it is applied stays where they went", async () => {
  const server = await RunningServer.start();
  await furnish(server.url);
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/schema?collection=orders`);
  const { page } = person;
  try {
    await signIn(person);
    // The server answers as always; only the way back takes as long as this test wants.
    let release: () => void = () => undefined;
    const held = new Promise<void>((go) => (release = go));
    await page.route("**/schemas/apply", async (route) => {
      const answer = await route.fetch();
      await held;
      await route.fulfill({ response: answer });
    });
    await person.click({ role: "button", name: "New field in orders" });
    await person.reach({ role: "textbox", name: "Name", within: { role: "form", name: "New field" } });
    await person.type("note");
    await person.press("Enter");
    await person.click({ role: "button", name: /^Apply 1 step to local/ });
    await page.getByRole("button", { name: /^Applying/ }).waitFor();
    await person.press("Control+3");
    await person.see({ role: "grid" });
    release();
    await person.read("1 schema change applied to local");
    expect(new URL(page.url()).hash).toMatch(/\/access$/);
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
    await server.stop();
  }
});
