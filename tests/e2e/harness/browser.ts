/** A person in Chromium. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { chromium, type Browser, type Locator, type Page } from "playwright-core";
import { artifact } from "./artifacts";
import { isPress, KEY_MS, PATIENCE_MS, shown, type Person, type Thing } from "./person";
import { axe, FINDINGS } from "./rules";

/** `PICTURES=1`: each theme of every screen is drawn, which costs a run its minutes. */
const PICTURES = (process.env["PICTURES"] ?? "") !== "";

/** The longest a task may hold the main thread; told beyond it, and judged by the bench. */
const TASK_MS_MAX = 100;

export class BrowserPerson implements Person {
  clicks = 0;
  /** What must not happen, as it happened. */
  readonly wrongs: string[] = [];
  /** What held the main thread of the pages that were left. */
  private readonly tasks: number[] = [];
  private readonly held: string[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
  ) {}

  static async open(url: string): Promise<BrowserPerson> {
    const browser = await chromium.launch({
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: "light" });
    page.setDefaultTimeout(PATIENCE_MS);
    const person = new BrowserPerson(browser, page);
    await person.watch();
    await page.goto(url);
    return person;
  }

  /** Nothing may leave the machine or fail unseen; what holds the main thread is written down. */
  private async watch(): Promise<void> {
    await this.page.route("**", async (route) => {
      const { protocol, hostname } = new URL(route.request().url());
      const stays = ["data:", "blob:"].includes(protocol) || ["127.0.0.1", "localhost"].includes(hostname);
      if (stays) return await route.continue();
      this.wrongs.push(`a request left the machine: ${route.request().url()}`);
      return await route.abort();
    });
    this.page.on("console", (message) => {
      if (message.type() === "error") this.wrongs.push(`console: ${message.text()}`);
    });
    this.page.on("pageerror", (error) => this.wrongs.push(`unhandled: ${error.message}`));
    await this.page.addInitScript(() => {
      const tasks: number[] = [];
      const frames: string[] = [];
      Object.assign(window, { longTasks: tasks, longFrames: frames });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) tasks.push(Math.round(entry.duration));
      }).observe({ type: "longtask", buffered: true });
      // Who held it: scripts with their callers, and what the layout cost.
      interface Script { readonly duration: number; readonly invoker: string; readonly sourceFunctionName: string; readonly forcedStyleAndLayoutDuration: number }
      interface Frame extends PerformanceEntry { readonly styleAndLayoutStart: number; readonly scripts: readonly Script[] }
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as Frame[]) {
          const scripts = entry.scripts.filter((script) => script.duration >= 10);
          const said = scripts.map((script) => `${script.invoker} ${script.sourceFunctionName} ${String(Math.round(script.duration))} (layout ${String(Math.round(script.forcedStyleAndLayoutDuration))})`);
          const end = entry.startTime + entry.duration;
          const layout = entry.styleAndLayoutStart === 0 ? 0 : Math.round(end - entry.styleAndLayoutStart);
          if (entry.duration > 100) frames.push(`${String(Math.round(entry.duration))} ms at ${String(Math.round(entry.startTime))}: ${said.join(", ") || "no script"}, styles and layout ${String(layout)}`);
        }
      }).observe({ type: "long-animation-frame", buffered: true });
    });
  }

  private at(thing: Thing): Locator {
    const scope = thing.within ? this.at(thing.within) : this.page;
    const found = scope.getByRole(thing.role as Parameters<Page["getByRole"]>[0], {
      ...(thing.name === undefined ? {} : { name: thing.name }),
      exact: true,
    });
    return thing.nth === undefined ? found : found.nth(thing.nth);
  }

  async click(thing: Thing): Promise<void> {
    await this.at(thing).click();
    this.clicks += 1;
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text, { delay: KEY_MS });
  }

  async press(keys: string): Promise<void> {
    await this.page.keyboard.press(keys);
    if (isPress(keys)) this.clicks += 1;
  }

  async fill(field: Thing, text: string): Promise<void> {
    const at = this.at(field);
    await at.waitFor();
    const focused = await at.evaluate((element) => element === document.activeElement);
    if (!focused) await this.click(field);
    await this.page.keyboard.press("Control+a");
    await this.type(text);
  }

  async see(thing: Thing): Promise<void> {
    await this.at(thing).waitFor({ state: "visible" });
  }

  async reach(thing: Thing): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    const at = this.at(thing);
    while (!(await at.evaluate((element) => element === document.activeElement))) {
      if (Date.now() > deadline) throw new Error(`the focus never came to ${shown(thing)}`);
      await this.page.waitForTimeout(50);
    }
  }

  /** Whether the focus is there now. */
  async hasFocus(thing: Thing): Promise<boolean> {
    const all = await this.at(thing).all();
    for (const one of all) if (await one.evaluate((element) => element === document.activeElement)) return true;
    return false;
  }

  async read(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor({ state: "visible" });
  }

  async miss(thing: Thing): Promise<void> {
    await this.at(thing).waitFor({ state: "hidden" });
  }

  async textOf(thing: Thing): Promise<string> {
    return await this.at(thing).innerText();
  }

  async count(thing: Thing): Promise<number> {
    return await this.at(thing).count();
  }

  /** A picture of what stands there, for who looks at a run: in both themes if pictures are asked for, else as it is. */
  async shot(name: string): Promise<void> {
    const stands = await this.page.evaluate<"dark" | "light">("document.documentElement.dataset.theme");
    for (const theme of PICTURES ? (["dark", "light"] as const) : [stands]) {
      await (PICTURES ? this.theme(theme) : this.still());
      const path = artifact(`${name}-${theme}.png`);
      await mkdir(dirname(path), { recursive: true });
      // A toast is of a moment; a picture is not.
      await this.page.screenshot({ path, style: ".toaster { visibility: hidden }" });
    }
  }

  /** Light or dark, once every colour has come to where it goes: on its way to another it is neither. */
  async theme(theme: "dark" | "light"): Promise<void> {
    await this.page.emulateMedia({ colorScheme: theme });
    await this.page.waitForFunction((name) => document.documentElement.dataset["theme"] === name, theme);
    await this.still();
  }

  /** Until nothing moves any more but what moves for ever, as a spinner does. */
  private async still(): Promise<void> {
    await this.page.evaluate(async () => {
      await new Promise(requestAnimationFrame);
      const ends = document.getAnimations().filter((move) => move.effect?.getComputedTiming().endTime !== Infinity);
      await Promise.allSettled(ends.map((move) => move.finished));
    });
  }

  /** Away to an empty page; what the page that is left did wrong stays known. */
  async leave(): Promise<void> {
    await this.gather();
    await this.page.goto("about:blank");
  }

  private async gather(): Promise<void> {
    this.tasks.push(...(await this.page.evaluate<number[]>("window.longTasks.splice(0)")));
    this.held.push(...(await this.page.evaluate<string[]>("window.longFrames.splice(0)")));
  }

  /** What axe finds serious or critical on what stands on the screen now; of its colours alone if it was judged in the other theme. */
  async findings(judged: "all" | "colours" = "all"): Promise<string[]> {
    await this.page.evaluate(axe);
    await this.still();
    const rules = judged === "all" ? "undefined" : '["color-contrast", "link-in-text-block"]';
    return await this.page.evaluate<string[]>(`(async (only) => {${FINDINGS}})(${rules})`);
  }

  /** The rules at the end of every journey: all that went wrong, or nothing. */
  async verdict(): Promise<string[]> {
    // Before axe, which holds the thread for longer than anything that is judged here.
    await this.gather();
    const { tasks, held } = this;
    const findings = await this.findings();
    const long = tasks.filter((task) => task > TASK_MS_MAX);
    if (long.length > 0) {
      console.log(`tasks that held the main thread, in ms: ${long.join(", ")}`);
      for (const frame of held) console.log(`long frame of ${frame}`);
    }
    return [
      ...this.wrongs,
      ...findings.map((finding) => `axe: ${finding}`),
    ];
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}
