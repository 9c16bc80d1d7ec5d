/** Every screen: read aloud, enlarged, in another language, and by keyboard alone. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { BrowserPerson } from "../harness/browser";
import { SCREENS, furnish, ownWords, visit } from "../harness/screens";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";
import { CLIPPED, FOCUS, SIDEWAYS, STRANGE } from "../harness/layout";

let server: RunningServer;

beforeAll(async () => {
  server = await RunningServer.start();
  await furnish(server.url);
});

afterAll(async () => {
  await server.stop();
});

async function entered(path = "/p/here/data"): Promise<BrowserPerson> {
  const person = await BrowserPerson.open(`${server.url}/studio/#${path}`);
  await signIn(person);
  return person;
}

test("every screen is without a serious finding, light and dark, and none complains", async () => {
  const person = await entered();
  const found: string[] = [];
  try {
    for (const screen of SCREENS) {
      await visit(person, server.url, screen);
      for (const theme of ["light", "dark"] as const) {
        await person.theme(theme);
        // What is said to be read aloud is the same in both; colours are not.
        const judged = await person.findings(theme === "light" ? "all" : "colours");
        found.push(...judged.map((finding) => `${screen.name}, ${theme}: ${finding}`));
      }
      await person.theme("light");
      await person.shot(`screen-${screen.name}`);
    }
    expect(found).toEqual([]);
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
  }
});

test("at 200% nothing scrolls sideways but the grid, and what one comes for is within reach", async () => {
  const person = await entered();
  const { page } = person;
  const found: string[] = [];
  try {
    // 1280 × 800 at 200% are 640 × 400 pixels of CSS.
    await page.setViewportSize({ width: 640, height: 400 });
    for (const screen of SCREENS) {
      await visit(person, server.url, screen);
      found.push(...(await page.evaluate<string[]>(SIDEWAYS)).map((line) => `${screen.name}: ${line}`));
      for (const action of screen.actions) {
        const all = page.getByRole(action.role as Parameters<typeof page.getByRole>[0], action.name === undefined ? {} : { name: action.name });
        const at = action.nth === undefined ? all : all.nth(action.nth);
        await at.scrollIntoViewIfNeeded({ timeout: 3_000 }).catch(() => found.push(`${screen.name}: no ${action.role} ${String(action.name)}`));
        const box = await at.boundingBox({ timeout: 500 }).catch(() => null);
        const inside = box !== null && box.x >= 0 && box.y >= 0 && box.x + box.width <= 641 && box.y + box.height <= 401;
        if (!inside) found.push(`${screen.name}: ${action.role} ${String(action.name)} is out of reach at ${JSON.stringify(box)}`);
      }
      await person.shot(`zoom-${screen.name}`);
    }
    expect(found).toEqual([]);
  } finally {
    await person.close();
  }
});

test("in another language every word is translated and none is cut off", async () => {
  const person = await entered();
  const { page } = person;
  const found: string[] = [];
  try {
    const own = await ownWords(server.url);
    await page.evaluate(() => sessionStorage.setItem("plinth.locale", "pseudo"));
    await page.reload();
    for (const screen of SCREENS) {
      await visit(person, server.url, screen, true);
      const [strange, clipped] = [await page.evaluate<string[]>(`(${STRANGE})(${JSON.stringify(own)})`), await page.evaluate<string[]>(CLIPPED)];
      found.push(...strange.map((line) => `${screen.name}: not translated: ${line}`), ...clipped.map((line) => `${screen.name}: cut off: ${line}`));
      await person.shot(`pseudo-${screen.name}`);
    }
    expect(found).toEqual([]);
  } finally {
    await person.close();
  }
});

test("the keyboard reaches everything on every screen, shows where it is, and is never caught", async () => {
  const person = await entered();
  const { page } = person;
  const found: string[] = [];
  try {
    for (const screen of SCREENS) {
      await visit(person, server.url, screen);
      const seen = new Set<string>();
      let [left, ended] = [false, false];
      for (let presses = 0; presses < 200 && !left; presses += 1) {
        // Tab moves inside an editor of code; Escape first lets it go.
        await page.keyboard.press("Tab");
        let here = await page.evaluate<Focus | null>(FOCUS);
        if (here?.editor === true) {
          await page.keyboard.press("Escape");
          await page.keyboard.press("Tab");
          here = await page.evaluate<Focus | null>(FOCUS);
          if (here?.editor === true) found.push(`${screen.name}: ${here.name} keeps the focus`);
        }
        // A screen may give the focus to any of its controls: the round ends where it began.
        if (here === null && !ended) {
          ended = true;
          continue;
        }
        if (here === null || here.again) {
          left = true;
          continue;
        }
        seen.add(here.name);
        if (!here.ring) found.push(`${screen.name}: no ring on ${here.name}`);
        if (!here.inView) found.push(`${screen.name}: out of sight: ${here.name}`);
      }
      if (!left) found.push(`${screen.name}: the focus is caught`);
      // A dialog holds the focus on purpose; Escape is the way out.
      const modal = page.getByRole("dialog").first();
      if (await modal.isVisible()) {
        await page.keyboard.press("Escape");
        await modal.waitFor({ state: "hidden", timeout: 3_000 }).catch(() => found.push(`${screen.name}: Escape does not leave`));
      } else if (seen.size < 2) found.push(`${screen.name}: nothing to reach`);
    }
    expect(found).toEqual([]);
  } finally {
    await person.close();
  }
});

interface Focus {
  readonly name: string;
  readonly ring: boolean;
  readonly inView: boolean;
  readonly editor: boolean;
  /** It was the first to be reached: the round is complete. */
  readonly again: boolean;
}
