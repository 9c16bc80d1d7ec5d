/** What the API screen shows as code is code: each request is run by curl and by the SDK, on both stores. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterEach, describe, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import { PATIENCE_MS } from "../harness/person";
import { Database } from "../harness/postgres";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

const run = promisify(execFile);
const PATIENTLY = { timeout: PATIENCE_MS };
const SDK = fileURLToPath(new URL("../../../sdk", import.meta.url));

interface Shown {
  readonly curl: string;
  readonly code: string;
}

interface Order {
  readonly id: number;
  readonly status: string;
}

describe.each(["SQLite", "Postgres"] as const)("on %s", (store) => {
  let database: Database | null = null;
  let server: RunningServer | null = null;
  let person: BrowserPerson | null = null;
  let folder = "";

  afterEach(async () => {
    await person?.close();
    await server?.stop();
    await database?.drop();
    if (folder !== "") await rm(folder, { recursive: true, force: true });
    [person, server, database] = [null, null, null];
  });

  test("every request runs as curl and as TypeScript, and both answer what Send answers", async (task) => {
    if (store === "Postgres") {
      database = await Database.create();
      if (!database) return task.skip("no cluster was given");
    }
    server = await RunningServer.start(database?.url);
    const api = await Api.signIn(server.url);
    await furnish(api);
    folder = await sdkFolder();
    person = await BrowserPerson.open(`${server.url}/studio/#/p/here/api/orders`);
    await signIn(person);
    const { page } = person;
    const path = page.getByRole("textbox", { name: "Path" });

    /** Takes a request of the list and reads its two snippets; `at` puts a key in the place of `{id}`. */
    const shown = async (name: string, at?: (path: string) => string): Promise<Shown> => {
      const entry = page.getByRole("button", { name, exact: true });
      await entry.click();
      await expect.poll(() => entry.getAttribute("aria-current"), PATIENTLY).toBe("true");
      if (at) await path.fill(at(await path.inputValue()));
      return await snippets(page);
    };
    const curl = async (request: Shown) => await curled(request.curl, api.token);
    const typed = async (request: Shown) => await typedRun(request.code, folder, api.token);
    const json = async (request: Shown) => JSON.parse(await curl(request)) as Record<string, unknown>;
    const sent = async (): Promise<unknown> => {
      await person?.press("Control+Enter");
      await page.getByText("200 OK").waitFor();
      return JSON.parse(unnumbered(await page.getByRole("region", { name: "Body of the response" }).innerText())) as unknown;
    };
    const statusOf = async (id: number) => (await api.call<{ data: Order }>("GET", `/items/orders/${String(id)}`)).data.status;
    const count = async () => await api.count("orders");

    // Reading: what Send shows, what the shell prints and what the program gets are one answer.
    const list = await shown("GET List rows");
    const rows = await json(list);
    expect(await sent()).toEqual(rows);
    expect(rows["data"]).toHaveLength(3);
    expect(await typed(list)).toEqual({ data: rows["data"], totalCount: rows["totalCount"] });

    // The filter that is offered is one that can be sent, and braces are no pattern to the shell.
    await page.getByRole("checkbox", { name: "Send filter" }).click();
    await page.getByRole("textbox", { name: "Value of filter" }).fill('{"status": {"in": ["paid"]}}');
    const some = await snippets(page);
    const paid = await json(some);
    expect((paid["data"] as Order[]).map((order) => order.status)).toEqual(["paid", "paid", "paid"]);
    expect(await typed(some)).toEqual({ data: paid["data"], totalCount: paid["totalCount"] });

    // A row that is there is proposed by itself.
    await shown("GET Read one row");
    await expect.poll(() => path.inputValue(), PATIENTLY).toMatch(/^\/items\/orders\/\d+$/);
    const known = await shown("GET Read one row");
    const row = (await json(known))["data"];
    expect(await sent()).toEqual({ data: row });
    expect(await typed(known)).toEqual({ row });

    const groups = await shown("GET Count and sum");
    const counted = await json(groups);
    expect(await typed(groups)).toEqual({ rows: counted["data"] });

    const file = await shown("GET Export as CSV");
    const csv = await curl(file);
    expect(csv.trim().split("\n")).toHaveLength(13);
    expect((await typedRun(file.code, folder, api.token, false)).trim()).toBe(csv.trim());

    // Writing: each of the two does it, once.
    const create = await shown("POST Create a row");
    const before = await count();
    const made = (await json(create))["data"] as { id: number };
    expect(await count()).toBe(before + 1);
    const madeToo = (await typed(create)) as { id: number };
    expect(await count()).toBe(before + 2);
    expect(await statusOf(madeToo.id)).toBe(await statusOf(made.id));

    const update = await shown("PATCH Update a row", (at) => at.replace("{id}", "4"));
    await api.call("PATCH", "/items/orders/4", { status: "shipped" });
    await curl(update);
    expect(await statusOf(4)).toBe("draft");
    await api.call("PATCH", "/items/orders/4", { status: "shipped" });
    expect(await typed(update)).toEqual({ id: 4 });
    expect(await statusOf(4)).toBe("draft");

    // A version that has passed is refused, whichever way it is sent.
    await page.getByRole("tab", { name: /^Headers/ }).click();
    await page.getByRole("checkbox", { name: "Send if-match" }).click();
    await page.getByRole("textbox", { name: "Value of if-match" }).fill('"an old one"');
    const stale = await snippets(page);
    await expect(curl(stale)).rejects.toThrow(/PRECONDITION_FAILED/);
    await expect(typed(stale)).rejects.toThrow(/PRECONDITION_FAILED/);

    const gone = await count();
    await curl(await shown("DELETE Delete a row", (at) => at.replace("{id}", String(made.id))));
    await typed(await shown("DELETE Delete a row", (at) => at.replace("{id}", String(madeToo.id))));
    expect(await count()).toBe(gone - 2);

    const definition = await shown("GET Read the definition");
    expect(await typed(definition)).toEqual({ schema: (await json(definition))["data"] });
    const me = await shown("GET Who am I");
    expect(await typed(me)).toEqual({ user: (await json(me))["user"] });
    const access = await shown("GET What I may do");
    expect(await typed(access)).toEqual({ access: (await json(access))["data"] });
    const openapi = await shown("GET OpenAPI document");
    expect(await typed(openapi)).toEqual({ answer: await json(openapi) });
    const health = await shown("GET Health");
    const { status, version } = await json(health);
    expect(((await typed(health)) as { health: object }).health).toMatchObject({ status, version });
    expect(await person.verdict()).toEqual([]);
  });
});

async function furnish(api: Api): Promise<void> {
  await api.call("POST", "/schemas", {
    collectionName: "orders",
    schema: {
      fields: {
        id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } },
        status: { type: "Enum", values: ["draft", "paid", "shipped"], allowNull: false },
        total: { type: "Decimal", values: { precision: 30, scale: 10 } },
        views: { type: "BigInt" },
        placed: { type: "DateTime" },
        paid: { type: "Boolean" },
        meta: { type: "JSON" },
      },
    },
  });
  const orders = Array.from({ length: 12 }, (_, at) => ({
    status: ["draft", "paid", "shipped"][at % 3],
    // More digits than a double holds.
    total: `1234567890123456789.${String(at).padStart(10, "0")}`,
    views: "9007199254740993",
    placed: "2026-11-20T09:30:00Z",
    paid: at % 2 === 0,
    meta: { note: "it's \"quoted\"" },
  }));
  await api.call("POST", "/items/orders/bulk", orders);
}

/** A folder from which `@plinth/sdk` is found, as in a program of one's own. */
async function sdkFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "plinth-snippet-"));
  await mkdir(join(folder, "node_modules/@plinth"), { recursive: true });
  await symlink(SDK, join(folder, "node_modules/@plinth/sdk"), "dir");
  return folder;
}

const plain = (text: string): string => text.replaceAll("\u200b", "").replaceAll("\u00a0", " ");

async function snippets(page: Page): Promise<Shown> {
  await page.getByRole("tab", { name: "curl" }).click();
  const curl = await page.getByRole("region", { name: "curl of this request" }).innerText();
  await page.getByRole("tab", { name: "TypeScript" }).click();
  const code = await page.getByRole("region", { name: "TypeScript of this request" }).innerText();
  return { curl: plain(curl), code: plain(code) };
}

/** The command as a shell runs it; an answer that is a refusal is a failure. */
async function curled(command: string, token: string): Promise<string> {
  const { stdout } = await run("sh", ["-c", `${command} --silent --show-error --fail-with-body`], { env: { ...process.env, PLINTH_TOKEN: token } }).catch((fault: unknown) => {
    const { stdout = "", stderr = "" } = fault as { stdout?: string; stderr?: string };
    throw new Error(`${stderr}${stdout}\n${command}`);
  });
  return stdout;
}

async function typedRun(code: string, folder: string, token: string, told: false): Promise<string>;
async function typedRun(code: string, folder: string, token: string): Promise<unknown>;
/** The program as Node runs it, and what its last line brought: by name, told as JSON. */
async function typedRun(code: string, folder: string, token: string, told = true): Promise<unknown> {
  const names = /^const (?:\{ ([\w, ]+) \}|(\w+)) = await/m.exec(code);
  const tell = told && names ? `\nconsole.log(JSON.stringify({ ${names[1] ?? names[2] ?? ""} }));\n` : "\n";
  const file = join(folder, "snippet.mjs");
  await writeFile(file, code + tell);
  const { stdout } = await run(process.execPath, [file], { env: { ...process.env, PLINTH_TOKEN: token } });
  return told && names ? (JSON.parse(stdout) as unknown) : stdout;
}

/** The panel's line numbers stand on lines of their own. */
function unnumbered(text: string): string {
  return plain(text).split("\n").filter((line) => !/^\d+$/.test(line.trim())).join("\n");
}
