/** From a query that is slow to the index that makes it quick: measured on a copy, staged, applied. */
import { expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import { furnish } from "../harness/screens";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

interface Schema {
  readonly data: { readonly schema: { readonly indexes?: readonly { readonly fields: readonly string[] }[] } };
}

const indexes = async (api: Api): Promise<readonly string[]> => {
  const { data } = await api.call<Schema>("GET", "/schemas/orders");
  return (data.schema.indexes ?? []).map(({ fields }) => fields.join());
};

test("a slow query leads to an index that is measured, staged and applied", async () => {
  const server = await RunningServer.start();
  await furnish(server.url);
  const api = await Api.signIn(server.url);
  const rows = Array.from({ length: 4_000 }, (_, at) => ({ total: `${String(at % 977)}.25`, paid: at % 3 === 0, placed: new Date(1_700_000_000_000 + at * 60_000).toISOString(), customer: 1 + (at % 2) }));
  await api.call("POST", "/items/orders/bulk", rows);
  await api.call("DELETE", "/queries/slow");
  const filter = encodeURIComponent(JSON.stringify({ total: { eq: "12.25" } }));
  for (let time = 0; time < 5; time += 1) await api.call("GET", `/items/orders?limit=20&sort=-placed&filter=${filter}`);
  await api.call("GET", "/items/baasix_Role?limit=5");

  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/queries`);
  const { page } = person;
  try {
    await signIn(person);
    const row = { role: "button", name: /^total = \? by placed descending, the first 20/ };
    // What is read of the system stands back until it is asked for.
    await person.see(row);
    const roles = { role: "region", name: "baasix_Role" } as const;
    expect(await person.count(roles)).toBe(0);
    await person.click({ role: "checkbox", name: "System" });
    await person.see(roles);
    await person.click({ role: "checkbox", name: "System" });
    await person.miss(roles);
    await person.click(row);
    const inspector = { role: "complementary", name: "The chosen query" } as const;
    await person.see(inspector);
    await person.read("total, placed on orders may help: measure it.");
    await person.shot("slow-query");

    await person.click({ role: "button", name: /^Measure/, within: inspector });
    const verdict = page.getByRole("complementary", { name: "The chosen query" }).getByText(/times as fast|No faster\./);
    await verdict.waitFor();
    await person.shot("slow-query-measured");
    // A copy was tried; nothing here has changed.
    expect(await indexes(api)).toEqual([]);

    await person.press("s");
    await person.read("Staged. Nothing is changed until the plan is applied.");
    expect(await indexes(api)).toEqual([]);
    await person.click({ role: "button", name: "Open the plan", within: inspector });
    // The keys of a screen are heard once it stands.
    await person.see({ role: "button", name: /^Apply 1 step/ });
    await person.press("Control+Shift+p");
    await person.see({ role: "region", name: "Plan of the staged changes" });
    await person.press("Control+s");
    await expect.poll(() => indexes(api), { timeout: 15_000 }).toEqual(["total,placed"]);

    await page.goto(`${server.url}/studio/#/p/here/queries?collection=orders`);
    await person.click(row);
    await person.read("An index over total, placed, id serves this query already.");
    await person.shot("slow-query-served");
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
    await server.stop();
  }
});

test("the list is walked by the arrows, and a staged index is taken back", async () => {
  const server = await RunningServer.start();
  await furnish(server.url);
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/queries?collection=orders`);
  const { page } = person;
  try {
    await signIn(person);
    const first = page.locator("[data-query]").first();
    await first.waitFor();
    await first.focus();
    await person.press("ArrowDown");
    await person.press("ArrowUp");
    await expect.poll(() => first.getAttribute("aria-pressed")).toBe("true");
    await page.locator("[data-query]", { hasText: "placed ≥" }).first().click();
    // What is pressed goes away; the focus goes on to what comes next.
    await person.click({ role: "button", name: /^Stage the index/ });
    await person.reach({ role: "button", name: "Open the plan" });
    await person.click({ role: "button", name: "Take it back" });
    await person.reach({ role: "button", name: /^Stage the index/ });
    await person.press("s");
    await person.see({ role: "button", name: "Open the plan" });
    await person.click({ role: "button", name: "Take it back" });
    await person.see({ role: "button", name: /^Stage the index/ });
    await person.press("Escape");
    await person.miss({ role: "complementary", name: "The chosen query" });
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
    await server.stop();
  }
});
