/** E9: every kind of value goes through its editor unchanged, in three zones and on each store; a draft survives a kill. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { until } from "../harness/patience";
import { PATIENCE_MS } from "../harness/person";
import { Database } from "../harness/postgres";
import { OWNER, RunningServer } from "../harness/server";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const ZONES = ["Pacific/Apia", "Asia/Kolkata", "America/St_Johns"];

/** Every column is in sight, so that none has to be scrolled to. */
const WIDE = { width: 3_400, height: 900 };

const BYTES = Buffer.from(Array.from({ length: 1024 }, (_, n) => (n * 167 + 13) % 256)).toString("base64");
const RING = '{"type":"Polygon","coordinates":[[[18.06,59.32],[18.08,59.32],[18.08,59.34],[18.06,59.32]]]}';

interface Kind {
  readonly name: string;
  readonly definition: object;
  /** What a person types. */
  readonly typed: string;
  /** How it stands in an answer, character for character. */
  readonly stored: string;
  /** Opens a card instead of a line. */
  readonly large?: boolean;
}

const KINDS: readonly Kind[] = [
  { name: "most", definition: { type: "BigInt" }, typed: "9223372036854775807", stored: "9223372036854775807" },
  { name: "least", definition: { type: "BigInt" }, typed: "-9223372036854775808", stored: "-9223372036854775808" },
  { name: "exact", definition: { type: "Decimal", values: { precision: 38, scale: 37 } }, typed: "0.3000000000000000000000000000000000001", stored: "0.3000000000000000000000000000000000001" },
  { name: "third", definition: { type: "Double" }, typed: "0.30000000000000004", stored: "0.30000000000000004" },
  // The wire knows no sign of zero, on either store.
  { name: "zero", definition: { type: "Double" }, typed: "-0", stored: "0" },
  { name: "wall", definition: { type: "DateTime_NO_TZ" }, typed: "2026-03-29 02:30", stored: '"2026-03-29T02:30:00.000Z"' },
  { name: "east", definition: { type: "DateTime" }, typed: "2026-03-29 02:30 +13:00", stored: '"2026-03-28T13:30:00.000Z"' },
  { name: "west", definition: { type: "DateTime" }, typed: "2026-03-29 02:30 -02:30", stored: '"2026-03-29T05:00:00.000Z"' },
  { name: "home", definition: { type: "DateTime" }, typed: "2026-03-29 02:30 +00:00", stored: '"2026-03-29T02:30:00.000Z"' },
  { name: "old", definition: { type: "Date" }, typed: "0099-01-01", stored: '"0099-01-01"' },
  { name: "clock", definition: { type: "Time_NO_TZ" }, typed: "02:30:15", stored: '"02:30:15"' },
  { name: "sign", definition: { type: "String" }, typed: "👩‍🚀 naïve Ω 'quoted' \"twice\"", stored: JSON.stringify("👩‍🚀 naïve Ω 'quoted' \"twice\"") },
  { name: "text", definition: { type: "Text" }, typed: "# Two\n\n<script>window.ran = true</script>\n\ttab", stored: JSON.stringify("# Two\n\n<script>window.ran = true</script>\n\ttab"), large: true },
  { name: "doc", definition: { type: "JSON" }, typed: '{"n":9007199254740993,"d":1.10,"z":null,"e":""}', stored: '{"d":1.10,"e":"","n":9007199254740993,"z":null}', large: true },
  { name: "bytes", definition: { type: "Binary" }, typed: BYTES, stored: JSON.stringify(BYTES), large: true },
  { name: "place", definition: { type: "JSON" }, typed: RING, stored: RING, large: true },
  { name: "empty", definition: { type: "String" }, typed: "", stored: '""' },
  { name: "given", definition: { type: "String", defaultValue: "as given" }, typed: "", stored: '"as given"' },
];
const TYPED = KINDS.filter((kind) => kind.typed !== "");
/** The cells left open when the browser dies; the last of them is the one waited for. */
const LEFT = TYPED.filter(({ name }) => ["most", "least", "exact", "third", "wall"].includes(name));

const stores = ["SQLite", ...((process.env["TEST_POSTGRES_URL"] ?? "") === "" ? [] : ["Postgres"])];

describe.each(stores)("on %s", (store) => {
  let database: Database | null = null;
  let server: RunningServer;
  let api: Api;
  let browser: Browser;

  beforeAll(async () => {
    database = store === "Postgres" ? await Database.create() : null;
    server = await RunningServer.start(database?.url);
    api = await Api.signIn(server.url);
    const fields = Object.fromEntries(KINDS.map(({ name, definition }) => [name, { allowNull: true, ...definition }]));
    await api.call("POST", "/schemas", {
      collectionName: "kinds",
      schema: { name: "Kind", timestamps: false, fields: { id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } }, ...fields, password: { type: "String" } } },
    });
    for (let n = 0; n < ZONES.length + 2; n += 1) await api.call("POST", "/items/kinds", { given: null });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await server.stop();
    await database?.drop();
  });

  /** What an answer says of one row, field by field, before anybody parsed a number in it. */
  async function told(row: number): Promise<Readonly<Record<string, string>>> {
    const answer = await fetch(`${server.url}/items/kinds/${String(row)}`, { headers: { authorization: `Bearer ${api.token}` } });
    const text = await answer.text();
    return Object.fromEntries(KINDS.map(({ name, stored }) => [name, text.includes(`"${name}":${stored}`) ? stored : (new RegExp(`"${name}":(.{0,120})`).exec(text)?.[1] ?? "nothing")]));
  }

  test.each(ZONES)("nothing is staged by looking, and what is typed is what is stored, in %s", async (zone) => {
    const row = ZONES.indexOf(zone) + 1;
    const page = await browser.newPage({ viewport: WIDE, timezoneId: zone });
    page.setDefaultTimeout(PATIENCE_MS);
    const wrongs = watch(page);
    try {
      await entered(page, `${server.url}/studio/#/p/here/data/kinds?sort=id`);
      for (const kind of TYPED) await typeInto(page, row, kind);
      await cell(page, row, "empty").then(async (node) => await node.click());
      await page.keyboard.press("Backspace");
      await cell(page, row, "given").then(async (node) => await node.click());
      await page.keyboard.press("Alt+Backspace");
      await page.getByText(`1 update, ${String(KINDS.length)} cells`).waitFor();
      await page.keyboard.press("Control+s");
      await page.getByText("1 row committed to local").waitFor();
      expect(await told(row)).toEqual(Object.fromEntries(KINDS.map(({ name, stored }) => [name, stored])));

      // Each editor is opened on what is stored now, looked at, and left again.
      await page.reload();
      await page.getByRole("gridcell").first().waitFor();
      for (const kind of KINDS) {
        await open(page, row, kind);
        await page.getByRole("button", { name: "Data", exact: true }).hover();
        await page.mouse.click(700, 800);
      }
      await page.getByText("Not committed").waitFor({ state: "hidden" });
      expect(await page.getByText(/row changed|rows changed/).count()).toBe(0);
      expect(await page.evaluate("window.ran")).toBeUndefined();
      expect(wrongs).toEqual([]);
    } finally {
      await page.close();
    }
  });

  test("five open cells come back after a kill, and the secret among them does not", async () => {
    const profile = await mkdtemp(join(tmpdir(), "plinth-profile-"));
    const row = ZONES.length + 2;
    const address = `${server.url}/studio/#/p/here/data/kinds?sort=id`;
    try {
      const first = await Profile.open(profile);
      await entered(first.page, address);
      await typeInto(first.page, row, { name: "password", definition: {}, typed: "not to be kept", stored: "" });
      for (const kind of LEFT) await typeInto(first.page, row, kind);
      await first.page.getByText("1 update, 6 cells").waitFor();
      await until("the fifth cell is written down", async () => (await drafts(first.page)).includes("2026-03-29T02:30:00.000"));
      expect(await drafts(first.page)).not.toContain("not to be kept");
      await first.kill();

      const second = await Profile.open(profile);
      try {
        // The session may have died with the browser; the draft must not.
        await entered(second.page, address);
        await second.page.getByText("1 uncommitted change from last time").waitFor();
        // It stands above the screen: the bar below is about what is open now.
        const left = await second.page.getByRole("region", { name: "1 uncommitted change from last time" }).boundingBox();
        const screen = await second.page.getByRole("main").boundingBox();
        expect((left?.y ?? Number.POSITIVE_INFINITY) + (left?.height ?? 0)).toBeLessThanOrEqual(screen?.y ?? 0);
        // Another window of this project has no part in it, nor in what that one stages.
        const other = await second.page.context().newPage();
        await other.setViewportSize(WIDE);
        await entered(other, address);
        await typeInto(other, 1, { name: "sign", definition: {}, typed: "of the other window", stored: "" });
        await other.getByText("1 update, 1 cell").waitFor();
        expect(await other.getByText("from last time").count()).toBe(0);
        await until("both drafts are kept", async () => {
          const kept = await drafts(other);
          return kept.includes("of the other window") && kept.includes("2026-03-29T02:30:00.000");
        });
        await other.close();
        await second.page.getByRole("button", { name: "Restore", exact: true }).click();
        await second.page.getByText("1 update, 5 cells").waitFor();
        await second.page.keyboard.press("Control+s");
        await second.page.getByText("1 row committed to local").waitFor();
        const stored = await told(row);
        for (const { name, stored: wanted } of LEFT) expect(stored[name], name).toBe(wanted);
      } finally {
        await second.kill();
      }
    } finally {
      await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    }
  });
});

function watch(page: Page): string[] {
  const wrongs: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") wrongs.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrongs.push(`unhandled: ${error.message}`));
  page.on("dialog", (dialog) => {
    wrongs.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return wrongs;
}

async function entered(page: Page, address: string): Promise<void> {
  await page.goto(address);
  const mail = page.getByRole("textbox", { name: "E-mail address" });
  await mail.or(page.getByRole("gridcell").first()).waitFor();
  if (!(await mail.isVisible())) return;
  await mail.fill(OWNER.email);
  await page.getByRole("textbox", { name: "Password" }).fill(OWNER.password);
  await page.keyboard.press("Enter");
  await page.getByRole("gridcell").first().waitFor();
}

/** The cell of a row, in the band or below it. */
async function cell(page: Page, row: number, field: string) {
  const head = page.locator('[role="columnheader"][data-col]').filter({ has: page.getByText(field, { exact: true }) });
  const col = await head.getAttribute("data-col");
  return page.locator(`[data-row="b:${String(row)}"][data-col="${col ?? ""}"], [data-row="r:${String(row - 1)}"][data-col="${col ?? ""}"]`);
}

/** Opens the editor of a cell and answers where one types. */
async function open(page: Page, row: number, kind: Kind) {
  const node = await cell(page, row, kind.name);
  await node.click({ position: { x: 12, y: 10 } });
  await page.keyboard.press("F2");
  const field = page.getByRole("textbox", { name: `${kind.name} of row ${String(row)}`, exact: true });
  await field.waitFor();
  return field;
}

async function typeInto(page: Page, row: number, kind: Kind): Promise<void> {
  const field = await open(page, row, kind);
  await field.focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(kind.typed);
  await page.keyboard.press(kind.large === true ? "Control+Enter" : "Enter");
  await field.waitFor({ state: "hidden" });
}

/** Everything the browser keeps of open work, as text. */
async function drafts(page: Page): Promise<string> {
  return await page.evaluate<string>(`new Promise((resolve) => {
    const asked = indexedDB.open("plinth", 1);
    asked.onsuccess = () => {
      const all = asked.result.transaction("journal").objectStore("journal").getAll();
      all.onsuccess = () => { asked.result.close(); resolve(JSON.stringify(all.result)); };
    };
  })`);
}

/** A browser with a memory, whose process can be killed. */
class Profile {
  private constructor(
    private readonly child: ChildProcess,
    private readonly browser: Browser,
    readonly page: Page,
  ) {}

  static async open(folder: string): Promise<Profile> {
    const port = join(folder, "DevToolsActivePort");
    await rm(port, { force: true });
    const child = spawn(CHROMIUM, [...ARGS, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${folder}`, "about:blank"], { stdio: "ignore" });
    let address = "";
    await until("the browser listens", async () => {
      const [number, path] = (await readFile(port, "utf8")).trim().split("\n");
      address = `ws://127.0.0.1:${number ?? ""}${path ?? ""}`;
      return path !== undefined;
    });
    const browser = await chromium.connectOverCDP(address);
    const page = browser.contexts()[0]?.pages()[0];
    if (!page) throw new Error("the browser opened no page");
    page.setDefaultTimeout(PATIENCE_MS);
    await page.setViewportSize(WIDE);
    return new Profile(child, browser, page);
  }

  /** Without a word of warning, as a crash or an empty battery does. */
  async kill(): Promise<void> {
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
    await this.browser.close().catch(() => undefined);
  }
}
