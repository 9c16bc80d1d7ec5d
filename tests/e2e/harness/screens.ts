/** Every screen of the studio, and how a person comes to it. */
import { Api } from "./api";
import type { BrowserPerson } from "./browser";
import type { Thing } from "./person";
import { OWNER } from "./server";

export interface Screen {
  readonly name: string;
  /** Behind the hash. */
  readonly path: string;
  /** What is there once the screen is whole; by role, since a name may be in another language. */
  readonly ready: Thing;
  /** Opens what stands on top of it: a dialog, a drawer, a dock. */
  readonly then?: (person: BrowserPerson) => Promise<void>;
  /** What stands there once it is open; by role alone when its name is of a language. */
  readonly opens?: Thing;
  /** What one comes here to do. It must be within reach at any size. */
  readonly actions: readonly Thing[];
}

const button = (name: string | RegExp): Thing => ({ role: "button", name });
const first = (thing: Thing): Thing => ({ ...thing, nth: 0 });

/** A section of the settings, and what one comes to it for. */
function settings(section: string, name: string, action: Thing): Screen[] {
  return [{ name: `settings-${section}`, path: `/p/here/settings/${section}`, ready: { role: "heading", name }, actions: [action] }];
}

export const SCREENS: readonly Screen[] = [
  { name: "home", path: "/home", ready: { role: "grid" }, actions: [button(/^Connect/), first(button(/^Open$/))] },
  {
    name: "home-connect",
    path: "/home",
    ready: { role: "grid" },
    then: async (person) => await person.press("c"),
    opens: { role: "dialog", name: "Connect to an instance" },
    actions: [{ role: "textbox", name: "Address" }, button(/^Connect$/)],
  },
  { name: "schema", path: "/p/here/schema", ready: { role: "group", name: "Diagram of the collections" }, actions: [first(button(/^New collection/)), button(/^Relate/)] },
  {
    name: "schema-field",
    path: "/p/here/schema?collection=orders&field=total",
    ready: { role: "complementary", name: "Selected collection" },
    actions: [{ role: "textbox", name: "Name" }, { role: "checkbox", name: "Required" }],
  },
  {
    name: "schema-new",
    path: "/p/here/schema?new=true",
    ready: { role: "dialog" },
    actions: [button(/^Create collection/), button("Cancel")],
  },
  {
    name: "schema-relate",
    path: "/p/here/schema",
    ready: { role: "group", name: "Diagram of the collections" },
    then: async (person) => {
      await person.press("r");
      await person.page.getByRole("radio").last().click();
    },
    opens: { role: "dialog", name: "Relate collections" },
    actions: [button(/^Create relation/), button("Cancel")],
  },
  {
    name: "schema-groups",
    path: "/p/here/schema?collection=orders",
    ready: { role: "group", name: "Diagram of the collections" },
    then: async (person) => await person.press("g"),
    opens: { role: "dialog", name: "Groups" },
    actions: [button(/^Add group/), button(/^Done/)],
  },
  { name: "data", path: "/p/here/data/orders", ready: { role: "gridcell", nth: 0 }, actions: [first(button(/^New row/))] },
  { name: "import", path: "/p/here/data/orders?import=new", ready: { role: "main" }, actions: [] },
  { name: "access", path: "/p/here/access", ready: { role: "grid" }, actions: [first(button(/^Role/))] },
  {
    name: "access-rule",
    path: "/p/here/access",
    ready: { role: "grid" },
    then: async (person) => {
      await person.page.getByRole("grid").first().locator("[tabindex='0']").first().focus();
      await person.press("Enter");
    },
    opens: { role: "complementary", name: /orders|customers/ },
    actions: [],
  },
  { name: "reports", path: "/p/here/reports", ready: { role: "heading", name: "Reports" }, actions: [first(button(/^New report/))] },
  {
    name: "reports-new",
    path: "/p/here/reports",
    ready: { role: "heading", name: "Reports" },
    then: async (person) => await person.press("n"),
    opens: { role: "complementary", name: "New report" },
    actions: [{ role: "textbox", name: "Name" }, button(/^Save report/)],
  },
  { name: "api", path: "/p/here/api/orders", ready: { role: "textbox", name: "Path" }, actions: [button(/^Send/)] },
  { name: "queries", path: "/p/here/queries", ready: { role: "button", name: /placed ≥/, nth: 0 }, actions: [button(/^Read again/), button(/^Start anew/)] },
  {
    name: "queries-index",
    path: "/p/here/queries?collection=orders",
    ready: { role: "button", name: /^placed ≥/, nth: 0 },
    then: async (person) => await person.page.locator("[data-query]", { hasText: "placed ≥" }).first().click(),
    opens: { role: "button", name: /^Measure/ },
    actions: [button(/^Measure/), button(/^Stage the index/)],
  },
  { name: "users", path: "/p/here/users/people", ready: { role: "grid" }, actions: [button(/^New user/)] },
  {
    name: "users-person",
    path: "/p/here/users/people",
    ready: { role: "grid" },
    then: async (person) => await person.page.locator("[data-row]").first().click(),
    opens: { role: "tab" },
    actions: [button(/^Suspend/), button("Set password")],
  },
  { name: "users-roles", path: "/p/here/users/roles", ready: { role: "grid" }, actions: [button(/^New role/)] },
  {
    name: "users-role",
    path: "/p/here/users/roles",
    ready: { role: "grid" },
    then: async (person) => await person.page.locator("[data-row]", { hasText: "Editor" }).click(),
    opens: { role: "complementary" },
    actions: [button("Rules in Access")],
  },
  {
    name: "palette",
    path: "/p/here/schema",
    ready: { role: "group", name: "Diagram of the collections" },
    then: async (person) => await person.press("Control+k"),
    opens: { role: "dialog", name: "Search or run a command" },
    actions: [{ role: "combobox" }],
  },
  {
    name: "shortcuts",
    path: "/p/here/schema",
    ready: { role: "group", name: "Diagram of the collections" },
    then: async (person) => await person.press("Control+/"),
    opens: { role: "dialog", name: "Shortcuts" },
    actions: [],
  },
  {
    name: "settings",
    path: "/p/here/schema",
    ready: { role: "group", name: "Diagram of the collections" },
    then: async (person) => await person.press("Control+,"),
    opens: { role: "heading", name: "Appearance" },
    actions: [{ role: "radio", name: "Dark" }],
  },
  ...settings("project", "Project", { role: "textbox", name: "Name" }),
  ...settings("branding", "Branding", { role: "textbox", name: /^Main colour$/ }),
  ...settings("sessions", "Sign-in and sessions", { role: "textbox", name: "Web" }),
  ...settings("providers", "Sign-in providers", button(/^Another provider/)),
  ...settings("variables", "Variables", button(/^New variable/)),
  ...settings("mail", "Mail sender", button(/^Send test mail/)),
  ...settings("keys", "Free keys", button(/^New key/)),
];

/** Names of types and of the parts of a request: no words of a language, but what one writes. */
const WRITTEN = ["decimal", "bool", "timestamptz", "int", "uuid", "string", "Decimal", "String", "UUID", "fields", "filter", "sort", "limit", "page", "search", "count", "after", "items", "Powered", "Baasix", "Project", "English", "US", "Dollar"];

/** Names of people's own things, and of the project's: the same in every language. */
export async function ownWords(url: string): Promise<string[]> {
  const api = await Api.signIn(url);
  const { project } = await api.call<{ project: string }>("GET", "/health");
  const { data: schemas } = await api.call<{ data: { collectionName: string; schema: { fields: object } }[] }>("GET", "/schemas");
  const { data: roles } = await api.call<{ data: { name: string; description: string | null }[] }>("GET", "/items/baasix_Role");
  const { data: providers } = await api.call<{ data: { name: string }[] }>("GET", "/auth/admin/providers");
  const names = schemas.flatMap(({ collectionName, schema }) => [collectionName, collectionName.replace(/^baasix_/, ""), ...Object.keys(schema.fields)]);
  return [...WRITTEN, ...names, ...providers.map(({ name }) => name), ...roles.map((role) => `${role.name} ${role.description ?? ""}`), project, OWNER.email, url, "Admin", "Ada Lovelace", "Charles Babbage"].flatMap((text) => text.split(/[^A-Za-z_]+/));
}

/** Two related collections with rows, and a role whose rules are few. */
export async function furnish(url: string): Promise<void> {
  const api = await Api.signIn(url);
  const key = { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } };
  await api.call("POST", "/schemas", {
    collectionName: "customers",
    schema: { fields: { id: key, name: { type: "String", allowNull: false }, email: { type: "String", unique: true } } },
  });
  await api.call("POST", "/schemas", {
    collectionName: "orders",
    schema: { fields: { id: key, total: { type: "Decimal", values: { precision: 12, scale: 2 } }, paid: { type: "Boolean" }, placed: { type: "DateTime" } } },
  });
  await api.call("POST", "/schemas/orders/relationships", { type: "M2O", target: "customers", name: "customer", alias: "orders" });
  await api.call("POST", "/items/customers/bulk", [
    { name: "Ada Lovelace", email: "ada@example.com" },
    { name: "Charles Babbage", email: "charles@example.com" },
  ]);
  const orders = Array.from({ length: 24 }, (_, index) => ({ total: `${String(index * 17)}.50`, paid: index % 2 === 0, placed: "2026-11-20T09:30:00Z", customer: 1 + (index % 2) }));
  await api.call("POST", "/items/orders/bulk", orders);
  // A query that an index may help.
  await api.call("GET", `/items/orders?limit=20&sort=-total&filter=${encodeURIComponent(JSON.stringify({ placed: { gte: "2026-01-01" }, paid: true }))}`);
  const role = await api.call<{ data: { id: string } }>("POST", "/items/baasix_Role", { name: "Editor", description: "Writes orders" });
  await api.call("POST", "/permissions", { role_Id: role.data.id, collection: "orders", action: "read", fields: ["total", "paid"], conditions: { paid: { eq: true } } });
}

/** Goes to a screen and waits until it is whole; by roles alone when its words are of another language. */
export async function visit(person: BrowserPerson, url: string, screen: Screen, wordless = false): Promise<void> {
  const { page } = person;
  const there = async ({ role, name }: Thing) => {
    const of = role as Parameters<typeof page.getByRole>[0];
    const found = wordless || name === undefined ? page.getByRole(of) : page.getByRole(of, { name });
    await found.first().waitFor();
  };
  // A page of its own: with another hash alone, what the last screen opened would stand here too.
  await person.leave();
  await page.goto(`${url}/studio/#${screen.path}`);
  await there(screen.ready);
  await page.waitForLoadState("networkidle");
  await screen.then?.(person);
  if (screen.opens) await there(screen.opens);
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate(() => new Promise((done) => setTimeout(done, 250)));
}
