/**
 * A person at the real desktop window, through WebKitWebDriver. Needs a display and a session bus;
 * `cargo xtask test` starts both.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { mkdir, mkdtemp, open, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { artifact } from "./artifacts";
import { until } from "./patience";
import { isPress, KEY_MS, shown, type Person, type Thing } from "./person";
import { axe, FINDINGS, locators } from "./rules";
import { binary, ended } from "./server";

/** The name under which WebDriver speaks of an element. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
type Element = Record<typeof ELEMENT, string>;

const KEYS: Readonly<Record<string, string>> = {
  Control: "\uE009", Shift: "\uE008", Alt: "\uE00A", Enter: "\uE007", Tab: "\uE004", Escape: "\uE00C",
  Backspace: "\uE003", Delete: "\uE017", Space: " ", ArrowLeft: "\uE012", ArrowUp: "\uE013",
  ArrowRight: "\uE014", ArrowDown: "\uE015", Home: "\uE011", End: "\uE010", F6: "\uE036", F10: "\uE03A",
};

/** Runs in the window: the visible elements that a thing means. */
const FIND = `
  const find = (thing, scope) => {
    const name = thing.pattern === undefined ? thing.name : new RegExp(thing.pattern, thing.flags);
    const scopes = thing.within ? find(thing.within, scope) : [scope];
    const found = scopes.flatMap((inside) => [
      ...TestingLibraryDom.queryAllByRole(inside, thing.role, name === undefined ? {} : { name }),
      // A field for a password has no role, yet a person takes it for the text box that it is.
      ...(thing.role === "textbox" ? TestingLibraryDom.queryAllByLabelText(inside, name ?? /./, { selector: "input[type=password]" }) : []),
    ]);
    const seen = found.filter((element) => element.getClientRects().length > 0);
    return thing.nth === undefined ? seen : seen.slice(thing.nth, thing.nth + 1);
  };
`;

/** A home of its own, so that no journey meets another's projects or the developer's. */
export interface Home {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** With `secrets: false` no session bus is found there, and so no keychain. */
export async function newHome({ secrets = true }: { readonly secrets?: boolean } = {}): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), "plinth-home-"));
  const environment = {
    ...process.env,
    HOME: folder,
    XDG_DATA_HOME: join(folder, ".local/share"),
    XDG_CONFIG_HOME: join(folder, ".config"),
    XDG_CACHE_HOME: join(folder, ".cache"),
    TAURI_WEBVIEW_AUTOMATION: "true",
    TAURI_AUTOMATION: "true",
    ...(secrets ? {} : { DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(folder, "no-bus")}` }),
  };
  return { folder, environment };
}

export async function removeHome(home: Home): Promise<void> {
  // The webview's own processes may still be writing their caches when the program is gone.
  await rm(home.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

/** One launch: the window opens, something is done there, and the window is closed again. */
export async function launch(home: Home, live: (person: WindowPerson) => Promise<void>): Promise<void> {
  const person = await WindowPerson.open(home);
  try {
    await live(person);
  } catch (fault) {
    await person.shot("failed").catch(() => undefined);
    // Of two faults the first tells more.
    await person.close().catch(() => undefined);
    throw fault;
  }
  await person.close();
}

export class WindowPerson implements Person {
  clicks = 0;

  private constructor(
    private readonly driver: ChildProcess,
    /** Its process. */
    readonly program: number,
    private readonly session: string,
  ) {}

  static async open(home: Home): Promise<WindowPerson> {
    const port = await freePort();
    await mkdir(dirname(artifact("window.log")), { recursive: true });
    const log = await open(artifact("window.log"), "w");
    const driver = spawn("WebKitWebDriver", [`--port=${String(port)}`], {
      env: home.environment,
      // Not inherited: a window that still closes would hold the runner's own output open.
      stdio: ["ignore", log.fd, log.fd],
    });
    await log.close();
    const base = `http://127.0.0.1:${String(port)}`;
    try {
      await until("WebKitWebDriver answers", async () => (await fetch(`${base}/status`)).ok);
      const options = { binary: binary("PLINTH_STUDIO_BINARY", "plinth-studio"), args: [] };
      const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": options } };
      const opened = await ask<{ sessionId: string }>("POST", `${base}/session`, { capabilities });
      const person = new WindowPerson(driver, await childOf(driver), `${base}/session/${opened.sessionId}`);
      await person.watch();
      return person;
    } catch (fault) {
      // A driver left behind would keep a window, and the next launch would find it.
      await ended(driver);
      throw fault;
    }
  }

  /** Closes the window as its close button would, waits until the program is gone, and ends the driver. */
  async close(): Promise<void> {
    try {
      // The answer may be lost together with the window.
      const script = `window.__TAURI_INTERNALS__.invoke("plugin:window|close", { label: "main" });`;
      await ask("POST", `${this.session}/execute/sync`, { script, args: [] }).catch(() => undefined);
      await until("the program to end with its window", async () => !(await runs(this.program)));
    } finally {
      if (await runs(this.program)) process.kill(this.program, "SIGKILL");
      await ended(this.driver);
    }
  }

  /** From here on, errors that nobody caught are kept for the verdict. */
  private async watch(): Promise<void> {
    await this.run(`
      window.wrongs = [];
      addEventListener("error", (event) => window.wrongs.push("unhandled: " + event.message));
      addEventListener("unhandledrejection", (event) => window.wrongs.push("unhandled: " + String(event.reason)));
      const say = console.error;
      console.error = (...words) => { window.wrongs.push("console: " + words.map(String).join(" ")); say(...words); };
    `);
  }

  async run<Answer = unknown>(script: string, ...args: unknown[]): Promise<Answer> {
    return await ask<Answer>("POST", `${this.session}/execute/sync`, { script, args });
  }

  /** Runs what ends by calling its last argument. */
  async wait<Answer>(script: string, ...args: unknown[]): Promise<Answer> {
    return await ask<Answer>("POST", `${this.session}/execute/async`, { script, args });
  }

  /** Asks the shell, as the page could. */
  async invoke<Answer = unknown>(command: string, args: object = {}): Promise<Answer> {
    const script = `
      const done = arguments[2];
      window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1]).then((answer) => done({ answer }), (fault) => done({ fault }));
    `;
    const told = await this.wait<{ answer?: Answer; fault?: unknown }>(script, command, args);
    if ("fault" in told) throw new Error(`${command}: ${JSON.stringify(told.fault)}`);
    return told.answer as Answer;
  }

  async resize(width: number, height: number): Promise<void> {
    await ask("POST", `${this.session}/window/rect`, { width, height });
  }

  private async find(thing: Thing): Promise<Element[]> {
    await this.run(`if (!window.TestingLibraryDom) { ${locators}; }`);
    return await this.run<Element[]>(`${FIND} return find(arguments[0], document.body);`, plain(thing));
  }

  private async one(thing: Thing): Promise<string> {
    let found: Element[] = [];
    await until(`one ${shown(thing)}`, async () => {
      found = await this.find(thing);
      return found.length === 1;
    }, () => `there are ${String(found.length)}`);
    return found[0]?.[ELEMENT] ?? "";
  }

  async click(thing: Thing): Promise<void> {
    // What is still moving in, such as a menu, takes no press yet.
    await until(`a press of ${shown(thing)}`, async () => {
      const id = await this.one(thing);
      if (!(await this.rests(id))) return false;
      await ask("POST", `${this.session}/element/${id}/click`, {});
      return true;
    });
    this.clicks += 1;
  }

  /** Whether a thing stands where it stood a frame ago: a press goes to a place, not to a thing. */
  private async rests(id: string): Promise<boolean> {
    return await this.wait<boolean>(
      `const [thing, done] = arguments;
      const place = () => { const { x, y, width, height } = thing.getBoundingClientRect(); return [x, y, width, height].join(); };
      document.fonts.ready.then(() => requestAnimationFrame(() => {
        const before = place();
        requestAnimationFrame(() => done(place() === before));
      }));`,
      { [ELEMENT]: id },
    );
  }

  async type(text: string): Promise<void> {
    const actions = [...text].flatMap((letter) => [
      { type: "keyDown", value: letter },
      { type: "keyUp", value: letter },
      { type: "pause", duration: KEY_MS },
    ]);
    await this.keys(actions);
  }

  async press(keys: string): Promise<void> {
    const values = keys === "+" ? ["+"] : keys.split("+").map((key) => KEYS[key] ?? key);
    await this.keys([
      ...values.map((value) => ({ type: "keyDown", value })),
      ...values.toReversed().map((value) => ({ type: "keyUp", value })),
    ]);
    if (isPress(keys)) this.clicks += 1;
  }

  private async keys(actions: readonly object[]): Promise<void> {
    await ask("POST", `${this.session}/actions`, { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  async reach(thing: Thing): Promise<void> {
    await until(`the focus at ${shown(thing)}`, async () => await this.hasFocus(await this.one(thing)));
  }

  private async hasFocus(id: string): Promise<boolean> {
    return await this.run<boolean>("return arguments[0] === document.activeElement;", { [ELEMENT]: id });
  }

  async fill(field: Thing, text: string): Promise<void> {
    const id = await this.one(field);
    if (!(await this.hasFocus(id))) await this.click(field);
    await this.press("Control+a");
    await this.type(text);
  }

  async see(thing: Thing): Promise<void> {
    await this.one(thing);
  }

  async read(text: string | RegExp): Promise<void> {
    const { source, flags } = pattern(text);
    await until(`the text ${String(text)}`, async () =>
      await this.run<boolean>("return new RegExp(arguments[0], arguments[1]).test(document.body.innerText);", source, flags));
  }

  async miss(thing: Thing): Promise<void> {
    await until(`no ${shown(thing)}`, async () => (await this.find(thing)).length === 0);
  }

  async textOf(thing: Thing): Promise<string> {
    const id = await this.one(thing);
    return await this.run<string>("return arguments[0].innerText;", { [ELEMENT]: id });
  }

  async count(thing: Thing): Promise<number> {
    return (await this.find(thing)).length;
  }

  async shot(name: string): Promise<void> {
    const path = artifact(`${name}-window.png`);
    await mkdir(dirname(path), { recursive: true });
    const picture = await ask<string>("GET", `${this.session}/screenshot`, undefined);
    await writeFile(path, Buffer.from(picture, "base64"));
  }

  /** The rules at the end of every journey: all that went wrong, or nothing. */
  async verdict(): Promise<string[]> {
    await this.run(`if (!window.axe) { ${axe}; }`);
    const script = `const done = arguments[0]; (async (only) => {${FINDINGS}})().then(done, (error) => done([String(error)]));`;
    const findings = await this.wait<string[]>(script);
    const wrongs = await this.run<string[]>("return window.wrongs;");
    return [...wrongs, ...findings.map((finding) => `axe: ${finding}`)];
  }
}

/** The program that the driver started. */
async function childOf(driver: ChildProcess): Promise<number> {
  const id = String(driver.pid);
  const children = await readFile(`/proc/${id}/task/${id}/children`, "utf8");
  return Number(children.trim().split(" ")[0]);
}

/** When a process began, in milliseconds since 1970, to a hundredth of a second. */
export async function begunAt(id: number): Promise<number> {
  const stat = await readFile(`/proc/${String(id)}/stat`, "utf8");
  // The 22nd field counts hundredths since the machine started; the name before may hold spaces.
  const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  const uptime = Number((await readFile("/proc/uptime", "utf8")).split(" ")[0]);
  return Date.now() - uptime * 1000 + ticks * 10;
}

/** Whether a process lives; one that ended and was not awaited has no program any more. */
export async function runs(id: number): Promise<boolean> {
  return await readlink(`/proc/${String(id)}/exe`).then(() => true, () => false);
}

/** Patterns do not travel as JSON. */
function plain(thing: Thing): object {
  const { role, nth, within } = thing;
  const name = thing.name instanceof RegExp ? { pattern: thing.name.source, flags: thing.name.flags } : { name: thing.name };
  return { role, nth, ...name, within: within ? plain(within) : undefined };
}

function pattern(text: string | RegExp): { source: string; flags: string } {
  if (text instanceof RegExp) return { source: text.source, flags: text.flags };
  return { source: text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), flags: "i" };
}

async function ask<Answer>(method: string, url: string, body: unknown): Promise<Answer> {
  const answer = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const { value } = (await answer.json()) as { value: unknown };
  if (!answer.ok) {
    const { error, message } = value as { error?: string; message?: string };
    throw new Error(`WebDriver: ${error ?? String(answer.status)}: ${message ?? ""}`);
  }
  return value as Answer;
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
