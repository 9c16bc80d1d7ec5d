/** A dashboard: reports are made from a collection, drawn, arranged, kept on the server and seen by whom they are for. */
import { expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import { furnish } from "../harness/screens";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

test("a report is made in a minute, drawn in four ways, moved, and is there tomorrow", async () => {
  const server = await RunningServer.start();
  await furnish(server.url);
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/reports`);
  const { page } = person;
  const choose = async (field: string, option: string) => {
    await page.getByRole("complementary").getByRole("combobox", { name: field, exact: true }).click();
    await page.getByRole("option", { name: option, exact: true }).click();
  };
  const card = (name: string) => page.getByRole("region", { name, exact: true });
  try {
    await signIn(person);
    await person.see({ role: "heading", name: "No reports yet" });
    await person.press("n");
    await person.reach({ role: "textbox", name: "Name" });
    await person.type("Orders");
    await choose("Collection", "orders");
    await expect.poll(() => card("Orders").innerText()).toMatch(/24/);
    // What is new is for its maker alone.
    expect(await page.getByRole("radio", { name: "Only me" }).getAttribute("aria-checked")).toBe("true");
    await person.press("Control+s");
    await person.read("Report Orders saved");

    await person.press("n");
    await person.reach({ role: "textbox", name: "Name" });
    await person.type("Revenue by paid");
    await choose("Collection", "orders");
    await choose("What is counted", "total");
    expect(await page.getByRole("complementary").getByRole("combobox", { name: "How", exact: true }).innerText()).toBe("Sum");
    await choose("For each", "paid");
    await card("Revenue by paid").getByRole("img", { name: /^Bars of 2 groups; the largest is false with/ }).waitFor();
    await person.shot("reports-form");
    // On a small screen the form stands beside what it makes, never over it.
    await page.setViewportSize({ width: 1024, height: 700 });
    const overlap = async (): Promise<number> => {
      const [made, form] = [await card("Revenue by paid").boundingBox(), await page.getByRole("complementary").boundingBox()];
      return made && form ? made.x + made.width - form.x : Number.POSITIVE_INFINITY;
    };
    await expect.poll(overlap).toBeLessThanOrEqual(0);
    await person.shot("reports-form-small");
    await page.setViewportSize({ width: 1440, height: 900 });
    await choose("Shown as", "Ring");
    await card("Revenue by paid").getByRole("img", { name: /^Ring of 2 groups/ }).waitFor();
    await page.getByRole("radio", { name: "Two thirds" }).click();
    await person.click({ role: "button", name: "Save report" });
    await person.read("Report Revenue by paid saved");

    await person.press("n");
    await person.reach({ role: "textbox", name: "Name" });
    await person.type("Course");
    await choose("Collection", "orders");
    await choose("For each", "placed");
    // In the order of the week, which is upwards, and by days, which is the latest first.
    await choose("Taken by", "day of the week");
    await card("Course").getByRole("img", { name: /^(?:Bars|Line) of 1 group; the largest is Friday with 24/ }).waitFor();
    await choose("Taken by", "day");
    await card("Course").getByRole("img", { name: "Line of 1 group; the largest is 2026-11-20 with 24" }).waitFor();
    expect(await page.getByRole("combobox", { name: "At most" }).innerText()).toBe("31 groups");
    await person.click({ role: "button", name: "Save report" });
    await person.read("Report Course saved");
    await person.shot("reports");

    // Groups that are left out are told.
    await person.press("n");
    await person.reach({ role: "textbox", name: "Name" });
    await person.type("Dearest");
    await choose("Collection", "orders");
    await choose("For each", "total");
    await choose("At most", "5 groups");
    await card("Dearest").getByText("only the 5 largest").waitFor();
    await card("Dearest").getByRole("img", { name: /^Bars of 5 groups; only the 5 largest;/ }).waitFor();
    // What is being made is in sight, however far down the dashboard it stands.
    await page.setViewportSize({ width: 1000, height: 640 });
    await choose("At most", "12 groups");
    await expect.poll(async () => ((await card("Dearest").boundingBox())?.y ?? 0) + ((await card("Dearest").boundingBox())?.height ?? Number.POSITIVE_INFINITY)).toBeLessThanOrEqual(616);
    await page.setViewportSize({ width: 1440, height: 900 });
    await choose("At most", "24 groups");
    await card("Dearest").getByText(/only the \d+ largest/).waitFor({ state: "hidden" });
    // A form with changes asks before it lets them go.
    await person.press("Escape");
    await person.see({ role: "dialog", name: "Discard the changes of Dearest?" });
    await person.click({ role: "button", name: "Discard the changes" });

    // The table has every value, exactly as the server answered it.
    await person.click({ role: "button", name: "Table of Revenue by paid" });
    const api = await Api.signIn(server.url);
    const rows = await card("Revenue by paid").getByRole("row").allInnerTexts();
    expect(rows.slice(1).map((row) => row.split(/\s+/))).toEqual([["false", "2,454.00"], ["true", "2,250.00"]]);

    await person.click({ role: "button", name: "More for Course" });
    await person.click({ role: "menuitem", name: "Move earlier" });
    const names = async () => (await page.getByRole("region").getByRole("heading", { level: 2 }).allInnerTexts());
    await expect.poll(names).toEqual(["Orders", "Course", "Revenue by paid"]);
    await page.reload();
    await expect.poll(names, { timeout: 15_000 }).toEqual(["Orders", "Course", "Revenue by paid"]);
    await card("Revenue by paid").getByRole("img", { name: /^Ring of 2 groups/ }).waitFor();

    // A write is counted when it is asked again.
    await api.call("POST", "/items/orders", { total: "1.00", paid: true, placed: "2026-11-20T10:00:00Z" });
    await person.click({ role: "button", name: "Ask again" });
    await expect.poll(() => card("Orders").innerText()).toMatch(/25/);

    await person.click({ role: "button", name: "More for Course" });
    await person.click({ role: "menuitem", name: "Delete report Course" });
    await expect.poll(names).toEqual(["Orders", "Revenue by paid"]);
    await person.click({ role: "button", name: "Undo", nth: 1 });
    await expect.poll(names).toHaveLength(3);
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
    await server.stop();
  }
});
