/** The diagram as a designer uses it: drawing relations, finding, looking at neighbours, grouping, by pointer and by keys. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

const KEY = { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } };
const one = (target: string, foreignKey: string) => ({ relType: "BelongsTo", target, foreignKey, as: target.replace(/s$/, "") });

/** The schema of the design's pictures, as far as a server knows it. */
const FREIGHT = {
  customers: { name: { type: "String" }, email: { type: "String" }, company_name: { type: "String" }, age: { type: "Integer" }, credit_limit: { type: "Decimal", values: { precision: 12, scale: 2 } }, archived_at: { type: "DateTime" } },
  airports: { iata: { type: "String" }, name: { type: "String" }, tz: { type: "String" } },
  orders: {
    customer: one("customers", "customer_id"), origin: { ...one("airports", "origin_id"), as: "origin" },
    status: { type: "Enum", values: ["open", "paid", "sent"] }, placed_at: { type: "DateTime" }, total: { type: "Decimal", values: { precision: 12, scale: 2 } }, carrier_no: { type: "Integer" },
  },
  products: { sku: { type: "String" }, title: { type: "String" }, price: { type: "Decimal", values: { precision: 12, scale: 2 } } },
  order_items: { order: { ...one("orders", "order_id"), as: "order" }, product: one("products", "product_id"), quantity: { type: "Integer" }, unit_price: { type: "Decimal", values: { precision: 12, scale: 2 } } },
  invoices: { number: { type: "String" }, order: { ...one("orders", "order_id"), as: "order" }, due_on: { type: "Date" }, paid_at: { type: "DateTime" } },
  carriers: { name: { type: "String" }, icao: { type: "String" } },
};

let server: RunningServer;
let api: Api;

async function define(collections: Readonly<Record<string, object>>): Promise<void> {
  const change = { collections: Object.entries(collections).map(([collectionName, fields]) => ({ collectionName, schema: { name: collectionName, fields: { id: KEY, ...fields } } })) };
  const { data: plan } = await api.call<{ data: { token: string } }>("POST", "/schemas/plan", change);
  await api.call("POST", "/schemas/apply", { ...change, token: plan.token });
}

beforeAll(async () => {
  server = await RunningServer.start();
  api = await Api.signIn(server.url);
  await define(FREIGHT);
});

afterAll(async () => {
  await server.stop();
});

async function atDiagram(): Promise<BrowserPerson> {
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/schema`);
  await signIn(person);
  await boxes(person).nth(6).waitFor();
  return person;
}

const canvas = (person: BrowserPerson) => person.page.getByRole("group", { name: "Diagram of the collections" });
const boxes = (person: BrowserPerson) => canvas(person).getByRole("group", { name: /, \d+ fields?$/ });
const box = (person: BrowserPerson, name: string) => canvas(person).getByRole("group", { name: new RegExp(`^${name}, \\d+ fields?$`) });
const row = (person: BrowserPerson, collection: string, field: string) => box(person, collection).getByRole("button", { name: new RegExp(`^${field}\\b`) });
/** Boxes whose fields are shown: the others stand back. */
const inFocus = async (person: BrowserPerson): Promise<string[]> => {
  const found: string[] = [];
  for (const node of await boxes(person).all()) if ((await node.getByRole("button").count()) > 0) found.push(((await node.getAttribute("aria-label")) ?? "").replace(/, .*/, ""));
  return found.sort();
};
const placeOf = async (person: BrowserPerson, name: string) => await box(person, name).evaluate((node) => (node as HTMLElement).style.transform);

test("drawn from a field to a key, the relation says both ends and holds the key in that field", async () => {
  const person = await atDiagram();
  const { page } = person;
  try {
    const [from, to] = [await row(person, "orders", "carrier_no").boundingBox(), await row(person, "carriers", "id").boundingBox()];
    if (!from || !to) throw new Error("both fields are in sight");
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    // The ends of lines stand at the box that is near, and are known a frame later.
    await box(person, "orders").locator(".react-flow__handle").first().waitFor();
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const stood = await placeOf(person, "orders");
    await page.mouse.down();
    await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 });
    await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 4 });
    await person.shot("designer-drawing");
    await page.mouse.up();

    const dialog = page.getByRole("dialog", { name: "Relate collections" });
    await dialog.waitFor();
    // A field draws; only the head carries the box.
    expect(await page.locator(".react-flow__node", { hasText: "carrier_no" }).evaluate((node) => node.style.transform)).toBe(stood);
    expect(await dialog.getByRole("combobox", { name: "From" }).innerText()).toBe("orders");
    expect(await dialog.getByRole("combobox", { name: "To" }).innerText()).toBe("carriers");
    expect(await dialog.getByRole("combobox", { name: "Column that holds the key" }).innerText()).toBe("orders.carrier_no");
    expect(await dialog.getByRole("textbox", { name: "Name on orders" }).inputValue()).toBe("carrier");
    await person.shot("designer-relate");
    await person.click({ role: "button", name: "Create relation" });
    await person.press("Control+s");
    await person.read(/1 schema change applied/);

    const { data } = await api.call<{ data: { schema: { fields: Record<string, Record<string, unknown>> } } }>("GET", "/schemas/orders");
    expect(data.schema.fields["carrier"]).toMatchObject({ relType: "BelongsTo", target: "carriers", foreignKey: "carrier_no" });
    expect(Object.keys(data.schema.fields)).not.toContain("carrier_id");
    await canvas(person).getByRole("img", { name: "orders.carrier leads to carriers" }).waitFor({ state: "attached" });

    // A press that draws nothing selects; the head carries.
    await row(person, "carriers", "icao").click();
    await expect.poll(() => page.getByRole("textbox", { name: "Name", exact: true }).inputValue()).toBe("icao");
    const place = await placeOf(person, "carriers");
    const head = await box(person, "carriers").boundingBox();
    if (!head) throw new Error("the box is in sight");
    await page.mouse.move(head.x + head.width / 2, head.y + 10);
    await page.mouse.down();
    await page.mouse.move(head.x + head.width / 2 + 30, head.y + 50, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => placeOf(person, "carriers")).not.toBe(place);
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
  }
});

test("the search goes from place to place, marks what it found, and brings it near", async () => {
  const person = await atDiagram();
  const { page } = person;
  try {
    for (let times = 0; times < 6; times += 1) await person.press("-");
    await page.getByText("%").filter({ hasText: /^[1-4]\d%$/ }).waitFor();
    await person.press("/");
    await person.type("email");
    await person.press("Enter");
    await person.read("1 of 1: customers.email");
    await expect.poll(async () => await row(person, "customers", "email").isVisible()).toBe(true);
    expect(await row(person, "customers", "email").locator("b").innerText()).toBe("email");
    expect(await inFocus(person)).toEqual(["customers"]);
    await person.shot("designer-search");

    await person.press("Control+a");
    await person.type("order");
    await person.read(/^\d places say it$/);
    await person.press("Enter");
    await person.read(/^1 of \d: order_items$/);
    await person.press("Enter");
    await person.read(/^2 of \d: orders$/);
    await person.press("Shift+Enter");
    await person.read(/^1 of \d: order_items$/);
    await person.press("Escape");
    await expect.poll(() => inFocus(person)).toHaveLength(7);
  } finally {
    await person.close();
  }
});

test("one looks at a collection with its neighbours, then at theirs, then at all again", async () => {
  const person = await atDiagram();
  try {
    await person.page.goto(`${server.url}/studio/#/p/here/schema?collection=products`);
    await person.see({ role: "radiogroup", name: "Neighbours of products" });
    await person.press("f");
    await expect.poll(() => inFocus(person)).toEqual(["order_items", "products"]);
    await person.read("products and 1 neighbour");
    await person.shot("designer-neighbours");
    await person.press("f");
    await expect.poll(() => inFocus(person)).toEqual(["order_items", "orders", "products"]);
    await person.press("Escape");
    await expect.poll(() => inFocus(person)).toHaveLength(7);
    await person.click({ role: "radio", name: "2 steps" });
    await expect.poll(() => inFocus(person)).toHaveLength(3);
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
  }
});

test("groups have a name and a colour, stand together, fill the sidebar and outlive the page", async () => {
  const person = await atDiagram();
  const { page } = person;
  const group = async (collection: string, name: string) => {
    await page.goto(`${server.url}/studio/#/p/here/schema?collection=${collection}`);
    await page.getByRole("complementary", { name: "Selected collection" }).getByRole("button", { name: new RegExp(`^${collection}`) }).waitFor();
    await person.press("g");
    await person.reach({ role: "textbox", name: `New group with ${collection}` });
    await person.type(name);
    await person.press("Enter");
    await person.press("Escape");
    await person.miss({ role: "dialog", name: "Groups" });
  };
  try {
    await group("orders", "Sales");
    await group("airports", "Freight");
    // By the menu of a box, and by the panel.
    await box(person, "customers").click({ button: "right" });
    await person.click({ role: "menuitem", name: "Into group Sales" });
    await box(person, "invoices").click({ button: "right" });
    await person.click({ role: "menuitem", name: "Into group Sales" });
    await box(person, "carriers").click({ position: { x: 40, y: 8 } });
    await page.getByRole("complementary", { name: "Selected collection" }).getByRole("combobox", { name: "Group" }).click();
    await page.getByRole("option", { name: "Freight" }).click();
    await expect.poll(() => box(person, "carriers").getAttribute("aria-description")).toMatch(/^In group Freight\./);

    // Laid out, each group is a place of its own.
    await box(person, "orders").focus();
    await person.press("l");
    await expect.poll(() => page.locator("[data-group]").count()).toBe(2);
    await person.press("m");
    await person.see({ role: "img", name: "Map of the diagram" });
    await person.shot("designer-groups");
    await person.press("m");

    await page.reload();
    await boxes(person).nth(6).waitFor();
    for (const [folder, count] of [["Sales", 3], ["Freight", 2]] as const) {
      const item = page.getByRole("treeitem", { name: folder });
      await item.waitFor();
      await item.click();
      await item.getByText(String(count)).waitFor();
      await item.click();
    }
    await person.click({ role: "button", name: "Only Sales" });
    await expect.poll(() => boxes(person).count()).toBe(3);
    await person.read("3 of 7 collections");
    await person.click({ role: "button", name: "Only Sales" });
    await expect.poll(() => boxes(person).count()).toBe(7);
    expect(await person.verdict()).toEqual([]);

    // A group that goes leaves its collections.
    await person.click({ role: "button", name: "Edit groups" });
    await person.click({ role: "button", name: "Remove group Sales" });
    await person.click({ role: "button", name: "Remove group Freight" });
    await person.click({ role: "button", name: "Done" });
    await person.miss({ role: "treeitem", name: "Sales" });
    expect(await boxes(person).count()).toBe(7);
  } finally {
    await person.close();
  }
});

test("by keys alone one walks the boxes and their fields, carries one, relates it and opens its rows", async () => {
  const person = await atDiagram();
  const { page } = person;
  const current = async (): Promise<string> => await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
  try {
    // One stop of the Tab key for the whole canvas.
    expect(await canvas(person).locator(".react-flow__node[tabindex='0']").count()).toBe(1);
    await canvas(person).locator(".react-flow__node[tabindex='0']").focus();
    const seen = new Set([await current()]);
    for (const key of ["ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowDown", "ArrowRight"]) {
      const before = await current();
      await person.press(key);
      await page.waitForFunction((old) => (document.activeElement?.getAttribute("aria-label") ?? "") !== old, before, { timeout: 1_500 }).catch(() => undefined);
      seen.add(await current());
    }
    expect(seen.size).toBeGreaterThanOrEqual(4);

    await page.goto(`${server.url}/studio/#/p/here/schema?collection=customers`);
    await expect.poll(() => box(person, "customers").getAttribute("tabindex")).toBe("0");
    await box(person, "customers").focus();
    const before = await placeOf(person, "customers");
    await person.press("Shift+ArrowDown");
    await expect.poll(() => placeOf(person, "customers")).not.toBe(before);
    const carried = await placeOf(person, "customers");

    await person.press("Enter");
    await person.press("ArrowDown");
    await person.press("ArrowDown");
    await person.see({ role: "textbox", name: "Name" });
    expect(await page.getByRole("textbox", { name: "Name" }).inputValue()).toBe("email");
    await person.press("r");
    const dialog = page.getByRole("dialog", { name: "Relate collections" });
    expect(await dialog.getByRole("combobox", { name: "From" }).innerText()).toBe("customers");
    await person.press("Escape");
    await person.miss({ role: "dialog", name: "Relate collections" });

    // The place is kept: written a moment later, read on the way back.
    await expect.poll(async () => {
      await page.reload();
      await box(person, "customers").waitFor();
      return await placeOf(person, "customers");
    }).toBe(carried);
    await person.press("Control+Enter");
    await person.see({ role: "grid" });
    expect(page.url()).toContain("/data/customers");
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
  }
});

test("two hundred collections are laid out apart, and the window answers all the while", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 193 }, (_, at) => {
      const fields = Object.fromEntries(Array.from({ length: 2 + ((at * 7) % 9) }, (_, field) => [`field_${String(field)}`, { type: field % 2 === 0 ? "String" : "Integer" }]));
      const near = at === 0 || at % 5 === 4 ? {} : { before: { ...one(`many_${String(at - 1 - (at % 3 === 0 ? 0 : (at * 5) % Math.min(at, 4))).padStart(3, "0")}`, "before_id"), as: "before" } };
      return [`many_${String(at).padStart(3, "0")}`, { ...fields, ...near }];
    }),
  );
  await define(many);
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/schema`);
  const { page } = person;
  try {
    await signIn(person);
    await expect.poll(() => boxes(person).count(), { timeout: 20_000 }).toBe(200);
    const overlapping = await boxes(person).evaluateAll((nodes) => {
      const areas = nodes.map((node) => node.getBoundingClientRect());
      return areas.flatMap((one, at) => areas.slice(at + 1).filter((other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom)).length;
    });
    expect(overlapping).toBe(0);
    await person.shot("designer-many");
    await person.press("/");
    await person.type("many_150");
    await person.press("Enter");
    await expect.poll(async () => await row(person, "many_150", "id").isVisible(), { timeout: 10_000 }).toBe(true);
    await person.shot("designer-many-near");
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
  }
});
