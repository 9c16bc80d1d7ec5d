/** E5: a file of 100,000 rows, one of them wrong. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import { LENIENCE } from "../harness/person";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

const ROWS = 100_000;
/** Line of the file, its header included. */
const BAD_LINE = 57_310;
const CLICKS_MAX = 8;
/** From the page to the receipt; told here, held by `cargo xtask bench journeys`. */
const LIMIT_S = 90;

let server: RunningServer;
let api: Api;
let folder: string;
let file: string;

beforeAll(async () => {
  server = await RunningServer.start();
  api = await Api.signIn(server.url);
  await api.call("POST", "/schemas", {
    collectionName: "products",
    schema: {
      name: "Product",
      fields: {
        id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } },
        name: { type: "String", allowNull: false, values: { stringLength: 80 } },
        price: { type: "Decimal", values: { precision: 12, scale: 2 } },
        note: { type: "String", values: { stringLength: 80 } },
      },
    },
  });
  folder = await mkdtemp(join(tmpdir(), "plinth-e5-"));
  file = join(folder, "products.csv");
  await writeFile(file, [...lines()].join("\n") + "\n");
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function* lines(): Generator<string> {
  yield "name;Preis;note";
  for (let line = 2; line <= ROWS + 1; line += 1) {
    const cents = String(line % 100).padStart(2, "0");
    const price = line === BAD_LINE ? "12,5O" : `${String(line % 1000)}.${cents}`;
    const note = line === 2 ? "NULL" : line === 3 ? "" : `line ${String(line)}`;
    yield `Product ${String(line)};${price};${note}`;
  }
}

test("a file with one bad row is mapped, tried, imported without it, and taken back", async () => {
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/data/products`);
  try {
    await signIn(person);
    person.clicks = 0;
    const startedAt = Date.now();

    await person.click({ role: "button", name: "Import", nth: 0 });
    await choose(person);
    await person.read("Where each column goes");
    await person.click({ role: "combobox", name: "Preis" });
    await person.click({ role: "option", name: /^price/ });
    await person.shot("e05-map");

    await person.click({ role: "button", name: "Dry run" });
    await person.page.getByText("Checked, nothing written").first().waitFor({ timeout: 20_000 * LENIENCE });
    await person.read("99,999 rows can be imported");
    expect(await api.count("products")).toBe(0);
    const rejects = { role: "complementary", name: "Left out" };
    const told = await person.textOf(rejects);
    expect(told).toContain("line 57,310");
    expect(told).toContain("12,5O");
    expect(told).toContain("the letter O, not a zero");
    await person.shot("e05-dry");

    await person.click({ role: "button", name: /^Import 99,999 rows/ });
    await person.see({ role: "progressbar" });
    await person.read(/[1-9][\d,]* rows per s/);
    await person.shot("e05-progress");
    // The job goes on without the page.
    await person.page.reload();
    await person.page.getByText("99,999 rows are in products").first().waitFor({ timeout: 20_000 * LENIENCE });
    const took = (Date.now() - startedAt) / 1000;
    console.log(`E5: ${String(person.clicks)} clicks (limit ${String(CLICKS_MAX)}), ${took.toFixed(1)} s (limit ${String(LIMIT_S)})`);
    expect(await api.count("products")).toBe(ROWS - 1);
    expect(await api.count("products", { note: { isNull: true } })).toBe(1);
    expect(await api.count("products", { note: { eq: "" } })).toBe(1);
    await person.shot("e05-receipt");

    const saving = person.page.waitForEvent("download");
    await person.click({ role: "button", name: "Download rejects.csv" });
    const saved = await readFile(await (await saving).path(), "utf8");
    expect(saved.trim().split("\n")).toHaveLength(2);
    expect(saved).toContain("12,5O");
    expect(person.clicks).toBeLessThanOrEqual(CLICKS_MAX);

    await person.click({ role: "button", name: "Undo this import" });
    await person.click({ role: "button", name: "Undo this import", within: { role: "dialog" } });
    await person.page.getByText("99,999 rows were taken out again").first().waitFor({ timeout: 20_000 * LENIENCE });
    expect(await api.count("products")).toBe(0);
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
  }
});

/** Hands the file over as the system's own dialog would. */
async function choose(person: BrowserPerson): Promise<void> {
  const choosing = person.page.waitForEvent("filechooser");
  await Promise.all([
    choosing.then(async (chooser) => await chooser.setFiles(file)),
    person.click({ role: "button", name: "Choose a file", nth: 0 }),
  ]);
}
