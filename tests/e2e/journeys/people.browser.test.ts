/** One window, two people after one another: what the first one typed is for the first one alone. */
import { expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import { OWNER, RunningServer } from "../harness/server";

const SAM = { email: "sam@example.com", password: "a journey of sam" };

test("whoever signs in next sees nothing of the open work of the one before, who finds it again", async () => {
  const server = await RunningServer.start();
  const api = await Api.signIn(server.url);
  await api.call("POST", "/schemas", {
    collectionName: "orders",
    schema: { timestamps: false, fields: { id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } }, ref: { type: "String" }, margin: { type: "String" } } },
  });
  await api.call("POST", "/items/orders/bulk", [{ ref: "R-1", margin: "margin of one" }, { ref: "R-2", margin: "margin of two" }]);
  const { data: role } = await api.call<{ data: { id: string } }>("POST", "/items/baasix_Role", { name: "Support" });
  await api.call("POST", "/permissions", { role_Id: role.id, collection: "orders", action: "read", fields: ["id", "ref"] });
  await api.call("POST", "/permissions", { role_Id: role.id, collection: "orders", action: "update", fields: ["ref"] });
  await api.call("POST", "/items/baasix_User", { ...SAM, firstName: "Sam", role_Id: role.id });

  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/data/orders?sort=id`);
  const { page } = person;
  const enter = async ({ email, password }: typeof SAM) => {
    await person.fill({ role: "textbox", name: "E-mail address" }, email);
    await person.fill({ role: "textbox", name: "Password" }, password);
    await person.press("Enter");
    await person.see({ role: "gridcell", name: "R-2" });
  };
  const leave = async ({ email }: typeof SAM) => {
    await person.click({ role: "button", name: "Switch connection, now local" });
    await person.click({ role: "menuitem", name: `Sign out ${email}` });
    await person.see({ role: "textbox", name: "Password" });
  };
  try {
    await enter(OWNER);
    await page.getByRole("gridcell", { name: "margin of one" }).click();
    await person.type("typed by the owner");
    await person.press("Enter");
    await person.read("1 row changed");
    await leave(OWNER);

    await enter(SAM);
    expect(await page.getByText(/typed by the owner|margin of/).count()).toBe(0);
    expect(await page.getByRole("button", { name: /^(?:Commit|Restore)/ }).count()).toBe(0);
    await page.reload();
    await person.see({ role: "gridcell", name: "R-2" });
    expect(await page.getByRole("button", { name: /^(?:Commit|Restore)/ }).count()).toBe(0);
    await person.shot("people-second");
    // What is for administrators alone says so where it is, and offers nothing.
    await person.click({ role: "button", name: "Schema" });
    await person.read("Only administrators change the schema");
    for (const name of [/^New collection/, /^Relate/, /^History/]) expect(await page.getByRole("main").getByRole("button", { name }).isDisabled()).toBe(true);
    expect(await person.verdict()).toEqual([]);
    await page.goto(`${server.url}/studio/#/p/here/data/orders?sort=id`);
    await person.see({ role: "gridcell", name: "R-2" });
    await leave(SAM);

    // After the page was loaded anew it is a draft, and it is the owner's.
    await enter(OWNER);
    await person.click({ role: "button", name: /^Restore/ });
    await person.read("typed by the owner");
    await person.press("Control+s");
    await person.read("1 row committed to local");
    expect((await api.call<{ data: { margin: string } }>("GET", "/items/orders/1")).data.margin).toBe("typed by the owner");
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
    await server.stop();
  }
});
