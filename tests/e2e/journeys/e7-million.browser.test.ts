/** E7: work in one million rows. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import { LENIENCE } from "../harness/person";
import { Database } from "../harness/postgres";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

const ROWS = 1_000_000;
const FIRST_ROWS_MS = 700;
const SORTED_MS = 800;
const FRAME_GAP_MS = 100;
const CELLS_MAX = 1_500;
const HEAP_GROWTH_MAX = 60 * 1024 * 1024;
const TYPES = ["view", "click", "order", "error", "login"];

let database: Database | null;
let server: RunningServer;

beforeAll(async () => {
  database = await Database.create();
  server = await RunningServer.start(database?.url);
  const api = await Api.signIn(server.url);
  await api.call("POST", "/schemas", {
    collectionName: "events",
    schema: {
      name: "Event",
      fields: {
        id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } },
        type: { type: "String", values: { stringLength: 20 } },
        at: { type: "DateTime" },
        amount: { type: "Decimal", values: { precision: 12, scale: 2 } },
        note: { type: "String", values: { stringLength: 80 } },
      },
      indexes: [{ name: "events_type", fields: ["type"] }],
    },
  });
  if (database) await fill(database);
  else await importRows(api);
}, 600_000);

afterAll(async () => {
  await server.stop();
  await database?.drop();
});

/** The database makes the rows itself: a million in seconds. */
async function fill(into: Database): Promise<void> {
  const types = TYPES.map((type) => `'${type}'`).join(",");
  await into.sql(`
    insert into events ("type", "at", "amount", "note", "createdAt", "updatedAt")
    select (array[${types}])[1 + n % 5], timestamptz '2026-01-01' + n * interval '1 second', (n % 100000) / 100.0,
           'event number ' || n, now(), now()
    from generate_series(1, ${String(ROWS)}) as n;
    analyze events`);
}

/** Without a cluster the rows come by the public route, which takes minutes in a debug build. */
async function importRows(api: Api): Promise<void> {
  const lines = ["type,at,amount,note"];
  const start = Date.UTC(2026, 0, 1);
  for (let n = 1; n <= ROWS; n += 1) {
    const at = new Date(start + n * 1000).toISOString();
    lines.push(`${TYPES[n % 5] ?? ""},${at},${((n % 100_000) / 100).toFixed(2)},event number ${String(n)}`);
  }
  const form = new FormData();
  const mapping = Object.fromEntries(["type", "at", "amount", "note"].map((name) => [name, name]));
  form.set("collection", "events");
  form.set("format", "csv");
  form.set("mapping", JSON.stringify(mapping));
  form.set("file", new Blob([lines.join("\n")]), "events.csv");
  const job = await api.imported(form);
  expect(job.rowsWritten).toBe(ROWS);
}

test("a million rows open, scroll, sort and end without being loaded", async () => {
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/api`);
  const { page } = person;
  const row = (number: number) =>
    page.getByRole("row", { name: new RegExp(`^${String(number)} .* event number ${String(number)}$`) });
  try {
    await signIn(person);
    const heap = async () => await page.evaluate<number>("performance.memory.usedJSHeapSize");
    const before = await heap();

    const opened = Date.now();
    await page.getByRole("treeitem", { name: /^events/ }).click();
    await page.getByRole("button", { name: "Data", exact: true }).click();
    await page.getByRole("gridcell").first().waitFor();
    told("first rows", Date.now() - opened, FIRST_ROWS_MS);
    await person.read("≈ 1,000,000");

    await page.getByRole("gridcell").first().hover();
    await page.evaluate(WATCH_FRAMES);
    const scrolling = Date.now() + 8_000;
    while (Date.now() < scrolling) await page.mouse.wheel(0, 1_200);
    const gap = await page.evaluate<number>("window.frameGap()");
    told("longest gap between frames", gap, FRAME_GAP_MS);
    expect(await page.getByRole("gridcell").count()).toBeLessThanOrEqual(CELLS_MAX);

    await page.getByRole("gridcell").first().click();
    await person.press("Control+End");
    await row(ROWS).waitFor();
    await person.press("Control+g");
    await person.fill({ role: "textbox", name: /^Row number/ }, "999999");
    await person.press("Enter");
    await row(ROWS - 1).waitFor();
    await person.shot("e07-last");

    const sorted = Date.now();
    await page.getByRole("columnheader", { name: /^type/ }).click();
    await page.getByRole("columnheader", { name: /^type/, exact: false }).and(page.locator('[aria-sort="ascending"]')).waitFor();
    await page.getByRole("gridcell", { name: "click" }).first().waitFor();
    told("sorted by an indexed column", Date.now() - sorted, SORTED_MS);

    const count = { role: "button", name: /≈ 1,000,000$/ };
    await person.click(count);
    await person.miss(count);
    await person.read(/^Rows 1,000,000$/);
    await person.shot("e07-sorted");

    const growth = (await heap()) - before;
    console.log(`heap grew by ${(growth / 1024 / 1024).toFixed(1)} MB`);
    expect(growth).toBeLessThan(HEAP_GROWTH_MAX);
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
  }
});

/** Printed, and a failure only beyond ten times the limit. */
function told(what: string, ms: number, limit: number): void {
  console.log(`${what}: ${ms.toFixed(0)} ms (limit ${String(limit)})`);
  expect(ms, what).toBeLessThan(limit * LENIENCE);
}

const WATCH_FRAMES = `
  let last = performance.now(), longest = 0;
  const frame = (now) => { longest = Math.max(longest, now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  window.frameGap = () => longest;
`;
