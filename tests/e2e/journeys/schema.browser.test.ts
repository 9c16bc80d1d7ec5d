/** The diagram keeps the whole picture in sight, and no line runs through a collection that is not its own. */
import { expect, test } from "vitest";
import { BrowserPerson } from "../harness/browser";
import { RunningServer } from "../harness/server";
import { furnish } from "../harness/screens";
import { signIn } from "../harness/sign-in";

test("the plan opens right after the window changed, and every collection is still in sight", async () => {
  const server = await RunningServer.start();
  await furnish(server.url);
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/schema`);
  const { page } = person;
  const canvas = page.getByRole("group", { name: "Diagram of the collections" });
  const collections = canvas.getByRole("group", { name: /, \d+ fields?$/ });
  /** Those that stand out of the canvas, as far as a person can see. */
  const outside = async (): Promise<string[]> => {
    const area = await canvas.boundingBox();
    const found: string[] = [];
    for (const node of await collections.all()) {
      const box = await node.boundingBox();
      const inside = area && box && box.x >= area.x && box.y >= area.y && box.x + box.width <= area.x + area.width && box.y + box.height <= area.y + area.height;
      if (!inside) found.push(`${String(await node.getAttribute("aria-label"))} at ${JSON.stringify(box)} in ${JSON.stringify(area)}`);
    }
    return found;
  };
  try {
    await signIn(person);
    await collections.nth(1).waitFor();

    // A collection whose rows lead to rows of either kind: its lines have others in their way.
    await person.click({ role: "button", name: "New collection", nth: 0 });
    await person.reach({ role: "textbox", name: "Name", within: { role: "dialog", name: "New collection" } });
    await person.type("tags");
    await person.press("Enter");
    await person.click({ role: "button", name: "Relate" });
    await person.click({ role: "radio", name: /rows of any kind/ });
    const kind = page.getByRole("checkbox", { name: "orders" });
    if (!(await kind.isChecked())) await kind.click();
    await person.click({ role: "button", name: "Create relation" });
    await expect.poll(() => collections.count()).toBe(4);

    await page.setViewportSize({ width: 1360, height: 860 });
    await person.press("Control+Shift+p");
    await person.see({ role: "region", name: "Plan of the staged changes" });
    await expect.poll(outside, { timeout: 5_000 }).toEqual([]);
    await person.press("Control+Shift+p");
    await person.miss({ role: "region", name: "Plan of the staged changes" });
    await expect.poll(outside, { timeout: 5_000 }).toEqual([]);
    await person.shot("schema-any-kind");

    // Each line is looked at point by point: it may touch the two it joins, and enter nobody else.
    const crossed = await page.evaluate(() => {
      const nodes = [...document.querySelectorAll<HTMLElement>(".react-flow__node")].map((node) => ({ id: node.dataset["id"] ?? "", box: node.getBoundingClientRect() }));
      return [...document.querySelectorAll<SVGGElement>("[data-relation]")].flatMap((edge) => {
        const line = edge.querySelector<SVGPathElement>("[data-line]");
        const matrix = line?.getScreenCTM();
        if (!line || !matrix) return ["a line without a path"];
        const points = Array.from({ length: 200 }, (_, at) => line.getPointAtLength((line.getTotalLength() * at) / 199).matrixTransform(matrix));
        return nodes.flatMap(({ id, box }) => {
          const deep = points.some(({ x, y }) => x > box.left + 2 && x < box.right - 2 && y > box.top + 2 && y < box.bottom - 2);
          return deep ? [`${edge.getAttribute("aria-label") ?? ""} runs through ${id}`] : [];
        });
      });
    });
    expect(crossed).toEqual([]);
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
    await server.stop();
  }
});

test("on a narrow window the inspector leaves every button of the bars within reach", async () => {
  const server = await RunningServer.start();
  await furnish(server.url);
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/schema?collection=orders&field=total`);
  const { page } = person;
  const reached = async (names: readonly RegExp[]) => {
    // A trial click goes nowhere, and fails where something else lies over the button.
    for (const name of names) await page.getByRole("main").getByRole("button", { name }).first().click({ trial: true, timeout: 3_000 });
  };
  try {
    await signIn(person);
    await person.see({ role: "complementary", name: "Selected collection" });
    await page.setViewportSize({ width: 1024, height: 768 });
    await person.press("Delete");
    await reached([/^History/, /^Relate/, /^New collection/, /^Discard all/, /^Preview/, /^Apply/]);
    await person.press("Control+Shift+p");
    await person.see({ role: "region", name: "Plan of the staged changes" });
    await reached([/^History/, /^New collection/, /^Rehearse/, /^Copy/, /^Apply/]);
    await person.see({ role: "textbox", name: "Name", within: { role: "complementary", name: "Selected collection" } });
    await person.shot("schema-narrow");
    // At 200% what is left of the canvas is too low to hold it; the bars are free all the same.
    await page.setViewportSize({ width: 720, height: 450 });
    await reached([/^History/, /^New collection/, /^Discard all/, /^Hide plan/]);
    await person.shot("schema-zoom");
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
    await server.stop();
  }
});
