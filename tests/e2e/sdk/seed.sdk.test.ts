// The snippets of the public SDK document run as they are printed: only imports are taken out, and
// placeholders such as 'product-uuid' stand for records that a preamble made.
import { afterAll, describe, expect, it } from "vitest";
import ts from "typescript";
import * as sdk from "../../../sdk/dist/esm/index.js";
import { filters, lines, mourn, nested, present, section } from "../../../sdk/test/document.js";
import { Browser, ProviderProcess } from "../harness/providers";
import { OWNER } from "../harness/server";
import { makePosts, PRODUCT } from "./collections";
import { refusal } from "./expecting";
import { onEveryStore, type Project } from "./stores";

const USER = { email: "user@example.com", password: "password123" };

/** What a snippet takes for granted, by the names it uses. */
type Names = Record<string, unknown>;

/** A snippet, and what it needs. */
interface Printed {
  readonly heading: string;
  readonly next: string;
  /** Records the snippet's placeholders stand for. */
  readonly placeholders?: (project: Project) => Promise<Record<string, unknown>>;
  /** Steps are alternatives: each runs with a client of its own. */
  readonly alternatives?: boolean;
  /** What a mail brought before a step, as the step has it; and who is signed in there. */
  readonly brought?: (project: Project, step: string) => Promise<Brought>;
  /** What must be so afterwards. */
  readonly then?: (project: Project, made: Record<string, unknown>) => Promise<void>;
}

/** What lies in a mailbox before a step. */
interface Brought {
  readonly names?: Names;
  readonly placeholders?: Record<string, unknown>;
  readonly as?: { readonly email: string; readonly password: string };
}

/** Gives the user of the document a password, whatever snippets before have set. */
async function setPassword({ admin }: Project, password: string): Promise<void> {
  const user = await admin.users.findByEmail(USER.email);
  await admin.users.changePassword(String(user?.id), password);
}

async function product({ admin }: Project, name = "Placeholder"): Promise<sdk.ItemId> {
  return admin.items("products").create({ name, price: 10 });
}

async function rolePlaceholder({ admin }: Project, name: string): Promise<string> {
  return (await admin.roles.findByName(name))?.id ?? String(await admin.roles.create({ name }));
}

async function noUser({ admin }: Project, email: string): Promise<void> {
  const user = await admin.users.findByEmail(email);
  if (user !== null) await admin.users.delete(user.id);
}

const PRINTED: readonly Printed[] = [
  { heading: "Then use the generated types with the SDK:", next: "See the CLI Guide for more details on type generation." },
  { heading: "Quick Start", next: "Configuration" },
  { heading: "Basic Configuration", next: "React Native Setup" },
  { heading: "React Native Setup", next: "Cookie Mode (Web with HTTP-only cookies)" },
  { heading: "Cookie Mode (Web with HTTP-only cookies)", next: "Server-Side / Service Account" },
  { heading: "Server-Side / Service Account", next: "Authentication" },
  {
    heading: "Login & Register",
    next: "Get Current User",
    alternatives: true,
    placeholders: async ({ admin }) => {
      const tenant = await admin.items("baasix_Tenant").create({ name: "Tenant of the document" });
      const user_Id = (await admin.users.findByEmail(USER.email))?.id;
      const role_Id = (await admin.roles.findByName("Reader"))?.id;
      await admin.items("baasix_UserRole").create({ user_Id, role_Id, tenant_Id: tenant });
      return { "tenant-uuid": tenant };
    },
    then: async ({ admin }) => {
      expect(await admin.users.findByEmail("newuser@example.com")).toMatchObject({ firstName: "John", lastName: "Doe" });
    },
  },
  { heading: "Get Current User", next: "OAuth / Social Login" },
  {
    heading: "OAuth / Social Login",
    next: "Magic Link (Passwordless)",
    alternatives: true,
    brought: async (project, step) => {
      const begins = project.client().auth.getOAuthUrl({ provider: "google", redirectUrl: "https://myapp.com/auth/callback" });
      const location = {
        search: "",
        set href(url: string) {
          expect(url).toBe(begins);
        },
      };
      const window = { location };
      if (!step.includes("handleOAuthCallback")) return { names: { window } };
      const person = { sub: "of-the-document", email: "social@example.com", email_verified: true };
      location.search = `?${(await new Browser().signIn(begins, person)).toString()}`;
      return { names: { window } };
    },
    then: async ({ admin }) => {
      expect(await admin.users.findByEmail("social@example.com")).toMatchObject({ emailVerified: true });
    },
  },
  {
    heading: "Magic Link (Passwordless)",
    next: "Password Management",
    alternatives: true,
    placeholders: async ({ admin }) => {
      await admin.settings.update({ app_url: "https://myapp.com" });
      return {};
    },
    brought: async (project, step) =>
      step.includes("tokenFromUrl") ? { names: { tokenFromUrl: await project.mailed("magicLinkUrl") } } : {},
    then: async ({ admin }) => {
      expect((await admin.users.findByEmail(USER.email))?.["emailVerified"]).toBe(true);
    },
  },
  {
    heading: "Password Management",
    next: "Token Management",
    alternatives: true,
    brought: async (project, step) => {
      if (step.includes("reset-token")) {
        return { placeholders: { "reset-token": await project.mailed("passwordReset") } };
      }
      if (!step.includes("currentPassword")) return {};
      await project.client().auth.login({ ...USER, password: "newSecurePassword" });
      await setPassword(project, "currentPassword");
      return { as: { ...USER, password: "currentPassword" } };
    },
    then: async (project) => {
      await project.client().auth.login({ ...USER, password: "newPassword" });
      await setPassword(project, USER.password);
    },
  },
  {
    heading: "Token Management",
    next: "Session & State Management",
    alternatives: true,
    placeholders: async (project) => ({
      "your-api-token": (await project.client().auth.login(OWNER)).token,
    }),
  },
  { heading: "Session & State Management", next: "Email Verification" },
  {
    heading: "Email Verification",
    next: "Multi-tenant",
    alternatives: true,
    placeholders: async ({ admin }) => {
      const user = await admin.users.findByEmail(USER.email);
      await admin.users.update(String(user?.id), { emailVerified: false });
      return {};
    },
    brought: async (project, step) =>
      step.includes("verification-token")
        ? { placeholders: { "verification-token": await project.mailed("emailVerification") } }
        : { as: USER },
    then: async ({ admin }) => {
      expect((await admin.users.findByEmail(USER.email))?.["emailVerified"]).toBe(true);
    },
  },
  {
    heading: "Basic Operations",
    next: "Query Builder",
    placeholders: async (project) => ({ "product-uuid": await product(project) }),
    then: async ({ admin }, made) => {
      const error = await refusal(admin.items("products").findOne(String(made["product-uuid"])));
      expect(error.status).toBe(403);
    },
  },
  { heading: "Query Builder", next: "Filter Operators" },
  {
    heading: "Bulk Operations",
    next: "Import Data",
    placeholders: async (project) => ({ "uuid-1": await product(project), "uuid-2": await product(project) }),
    then: async ({ admin }, made) => {
      const { totalCount } = await admin.items("products").find({ filter: { id: { in: Object.values(made) } } });
      expect(totalCount).toBe(0);
    },
  },
  {
    heading: "Import Data",
    next: "Sort / Reorder Items",
    then: async ({ admin }) => {
      for (const name of ["From CSV", "From JSON"]) {
        expect((await admin.items("products").find({ filter: { name: { eq: name } } })).totalCount).toBe(1);
      }
    },
  },
  {
    heading: "Sort / Reorder Items",
    next: "Upsert (Update or Insert)",
    placeholders: async (project) => ({
      "item1-uuid": await product(project),
      "item2-uuid": await product(project),
      "item3-uuid": await product(project),
    }),
    then: async ({ admin }, made) => {
      const filter = { id: { in: Object.values(made) } };
      const { data } = await admin.items("products").find({ filter, sort: "sort" });
      const wanted = ["item3-uuid", "item1-uuid", "item2-uuid"].map((name) => made[name]);
      expect(data.map((row) => row["id"])).toEqual(wanted);
    },
  },
  {
    heading: "Upsert (Update or Insert)",
    next: "Soft Delete & Restore",
    then: async ({ admin }) => {
      const filter = { sku: { eq: "WIDGET-001" } };
      expect((await admin.items("products").find({ filter })).totalCount).toBe(1);
    },
  },
  {
    heading: "Soft Delete & Restore",
    next: "Aggregations",
    placeholders: async (project) => ({ "product-uuid": await product(project) }),
    then: async ({ admin }, made) => {
      expect((await admin.items("products").findOne(String(made["product-uuid"])))["deletedAt"]).toBeNull();
    },
  },
  { heading: "Aggregations", next: "Realtime Subscriptions" },
  {
    heading: "Users",
    next: "Roles",
    placeholders: async (project) => {
      await noUser(project, USER.email);
      return { "role-uuid": await rolePlaceholder(project, "Reader") };
    },
    then: async (project) => {
      expect((await project.admin.users.findByEmail(USER.email))?.status).toBe("active");
      await project.client().auth.login({ ...USER, password: "newPassword" });
    },
  },
  {
    heading: "Roles",
    next: "Workflows",
    then: async ({ admin }) => {
      expect(await admin.roles.findByName("Editor")).toMatchObject({ appAccess: true });
    },
  },
  { heading: "Generate Report (POST)", next: "Query Report (GET)" },
  { heading: "Query Report (GET)", next: "Multi-Collection Stats" },
  { heading: "Multi-Collection Stats", next: "Aggregation, Count & Distinct" },
  { heading: "Aggregation, Count & Distinct", next: "Notifications" },
  { heading: "Error Handling", next: "TypeScript Support" },
  { heading: "Using Generics", next: "Related Documentation" },
];

const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
  ...parts: string[]
) => (...values: unknown[]) => Promise<void>;

/** Runs printed code as JavaScript, the names bound to these values. */
async function run(printed: string, names: Names, placeholders: Record<string, unknown>): Promise<void> {
  let code = printed.replace(/^import [^;]*;$/gm, "");
  for (const [name, id] of Object.entries(placeholders)) code = code.replaceAll(`'${name}'`, JSON.stringify(id));
  // In a block, since a snippet may declare what it could take for granted.
  code = `{\n${code}\n}`;
  const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  await new AsyncFunction(...Object.keys(names), outputText)(...Object.values(names));
}

/** The steps of a snippet, each under its comment. */
function steps(code: string): string[] {
  return code.split(/^(?=\/\/)/m).filter((step) => step.trim() !== "");
}

/** The owner's client, and what else the document has at hand. */
async function names(project: Project, who: sdk.LoginCredentials = OWNER): Promise<Names> {
  const baasix = project.client();
  await baasix.auth.login(who);
  const csv = new File(["name,price\nFrom CSV,29.99\n"], "products.csv", { type: "text/csv" });
  return {
    baasix,
    products: baasix.items("products"),
    createBaasix: (options: sdk.PlinthOptions) => sdk.createBaasix({ ...options, url: project.url }),
    BaasixError: sdk.BaasixError,
    AsyncStorageAdapter: sdk.AsyncStorageAdapter,
    AsyncStorage: { getItem: async () => null, setItem: async () => undefined, removeItem: async () => undefined },
    document: { querySelector: () => ({ files: [csv] }) },
    jsonFile: new File([JSON.stringify([{ name: "From JSON", price: 1 }])], "products.json"),
    console: { log: () => undefined, error: (...said: unknown[]) => expect.fail(said.join(" ")) },
  };
}

/** The collections that the snippets about items take for granted. */
async function prepare(project: Project): Promise<void> {
  const { admin } = project;
  const shop = { ...PRODUCT.fields, category: { type: "String" }, featured: { type: "Boolean" } } as const;
  await admin.schemas.create("products", { ...PRODUCT, paranoid: true, sortEnabled: true, fields: shop });
  await makePosts(admin);
  const sum = { type: "Decimal", values: { precision: 10, scale: 2 } } as const;
  const word = { type: "String" } as const;
  await admin.schemas.create("orders", { fields: { total: sum, amount: sum, category: word, status: word } });
  await admin.schemas.create("users", { fields: { status: word } });
  const role_Id = await rolePlaceholder(project, "Reader");
  await admin.permissions.createCrudPermissions(role_Id, "products");
  await admin.users.create({ ...USER, firstName: "Uma", role_Id });
  const everybody = await rolePlaceholder(project, "public");
  await admin.permissions.create({ role_Id: everybody, collection: "products", action: "read", fields: ["*"] });
}

mourn("Its snippets did NOT run against the program.");

/** Stands for Google, whose address is the project's to set. */
const google = present ? await ProviderProcess.start("openid") : undefined;
afterAll(() => google?.stop());

describe.skipIf(!present)("the snippets of the public document", () => {
  const document = present ? lines() : [];

  onEveryStore("run as printed", (project) => {
    it("the collections they speak of are made", () => prepare(project));

    it.each(PRINTED)("$heading", async (printed) => {
      const made = (await printed.placeholders?.(project)) ?? {};
      const code = section(document, printed.heading, printed.next);
      if (printed.alternatives === true) {
        for (const step of steps(code)) {
          const brought = (await printed.brought?.(project, step)) ?? {};
          const held = { ...(await names(project, brought.as)), ...brought.names };
          await run(step, held, { ...made, ...brought.placeholders });
        }
      } else {
        await run(nested(code), await names(project), made);
      }
      await printed.then?.(project, made);
    });

    it("Filter Operators", async () => {
      const fields = { price: "Decimal", name: "String", status: "String", tags: "Array_String", featured: "Boolean" } as const;
      const typed = Object.entries(fields).map(([name, type]) => [name, { type }] as const);
      await project.admin.schemas.create("everything", {
        paranoid: true,
        fields: { ...Object.fromEntries(typed), views: { type: "Integer" }, author_Id: { type: "UUID" } },
      });
      const all = project.admin.items("everything");
      await all.create({ price: 100, name: "Product", status: "active", tags: ["featured"], featured: true });
      const printed = filters(document);
      expect(printed).toHaveLength(18);
      for (const line of printed) {
        const filter = new Function(`return (${line}\n)`)() as sdk.Filter;
        const { data, totalCount } = await all.find({ filter });
        expect(data, line).toHaveLength(totalCount);
        expect(totalCount, line).toBe(/(neq|gt|lt): 100 }|CURRENT_USER/.test(line) ? 0 : 1);
      }
    });

    it("Settings", async () => {
      const { admin } = project;
      const tenant = String(await admin.items("baasix_Tenant").create({ name: "Tenant of the settings" }));
      const tenantId = { tenantId: tenant };
      await admin.settings.update({ app_url: "https://myapp.example.com", title: "My app" }, tenantId);
      const printed = steps(section(document, "Settings", "Permissions"));
      const baasix = project.client(tenantId);
      await baasix.auth.login(OWNER);
      const at = (comment: string) => printed.findIndex((step) => step.startsWith(comment));
      const end = at("// Delete tenant settings");
      expect(end).not.toBe(-1);
      for (const [place, step] of printed.entries()) {
        if (place !== end) await run(step, { baasix }, {});
      }
      const mails = (await admin.mails.list()).data.filter(({ email }) => email === "admin@example.com");
      expect(mails).toMatchObject([{ status: "caught", email: "admin@example.com", tenant_Id: tenant }]);
      expect(await admin.settings.get(tenantId)).toMatchObject({
        appName: "New App Name",
        project_name: "New App Name",
        theme: "dark",
        title: "My app",
      });
      expect((await admin.settings.getByAppUrl("https://myapp.example.com"))["title"]).toBe("My app");
      await run(printed[end] ?? "", { baasix }, {});
      const error = await refusal(admin.settings.getByAppUrl("https://myapp.example.com"));
      expect(error.status).toBe(404);
      expect(await admin.settings.getKey("theme", tenantId)).toBeNull();
    });

    it("Permissions", async () => {
      const { admin } = project;
      const role = await rolePlaceholder(project, "Seller");
      const permission = { role_Id: role, collection: "posts", action: "read", fields: ["title"] } as const;
      const { id } = await admin.permissions.create(permission);
      const made = {
        "role-uuid": role,
        "editor-role-uuid": await rolePlaceholder(project, "Editor"),
        "permission-uuid": id,
      };
      const exportedData = await admin.permissions.export();
      const printed = steps(section(document, "Permissions", "Reports & Analytics"));
      const removal = printed.findIndex((step) => step.startsWith("// Delete permission"));
      const play = async (some: readonly string[]) => {
        for (const step of some) await run(step, { ...(await names(project)), exportedData }, made);
      };
      await play(printed.slice(0, removal));
      expect(await admin.permissions.findOne(id)).toMatchObject({ fields: ["*"] });
      const granted = (await admin.permissions.findByRole(role)).data.filter((one) => one.collection === "products");
      expect(granted.map((one) => one.action).sort()).toEqual(["create", "read", "update"]);
      await play(printed.slice(removal, removal + 1));
      expect((await refusal(admin.permissions.findOne(id))).status).toBe(403);
      // What was exported before comes back with the import.
      await play(printed.slice(removal + 1));
      const back = (await admin.permissions.findByRole(role)).data.filter((one) => one.collection === "posts");
      expect(back.map(({ action, fields }) => ({ action, fields }))).toEqual([{ action: "read", fields: ["title"] }]);
    });
  }, {
    AUTH_APP_URL: "https://myapp.com",
    GOOGLE_ISSUER: google?.url ?? "",
    GOOGLE_CLIENT_ID: "plinth",
    GOOGLE_CLIENT_SECRET: "plinth keeps this",
  });

  onEveryStore(
    "run as printed between tenants",
    (project) => {
      it("Multi-tenant", async () => {
        const { admin } = project;
        await admin.settings.update({ app_url: "https://myapp.com" });
        const tenant = String(await admin.items("baasix_Tenant").create({ name: "Tenant of the document" }));
        const home = String(await admin.items("baasix_Tenant").create({ name: "Home" }));
        const role = await rolePlaceholder(project, "Editor");
        await admin.users.create({ ...USER, firstName: "Uma", role_Id: role, tenant_Id: home });
        for (const step of steps(section(document, "Multi-tenant", "Items (CRUD Operations)"))) {
          const accepts = step.includes("acceptInvite");
          if (accepts) await admin.auth.sendInvite({ email: USER.email, roleId: role, tenantId: tenant });
          const template = accepts ? "inviteExistingUser" : "inviteNewUser";
          const token = step.includes("invite-token") ? { "invite-token": await project.mailed(template) } : {};
          // An administrator has no role in a tenant, and so goes to none.
          const switches = step.includes("switchTenant");
          const made = { "tenant-uuid": switches ? home : tenant, "editor-role-uuid": role, ...token };
          await run(step, await names(project, accepts || switches ? USER : OWNER), made);
        }
        const there = await admin.items("baasix_UserRole").find({ filter: { tenant_Id: { eq: tenant } }, fields: ["user.email"] });
        const emails = there.data.map((row) => (row["user"] as { email: string }).email);
        expect(emails.sort()).toEqual(["newuser@example.com", USER.email]);
        expect((await admin.invites.find()).data.map(({ status }) => status)).toEqual(["accepted", "accepted"]);
      });
    },
    { MULTI_TENANT: "true" },
  );

  onEveryStore("make a schema as printed", (project) => {
    it("Schemas", async () => {
      await project.admin.schemas.create("categories", { fields: { name: { type: "String" } } });
      const code = section(document, "Schemas", "Validation Rules");
      await run(nested(code), await names(project), {});
      const { fields } = (await project.admin.schemas.findOne("products")).schema;
      for (const [name, field] of Object.entries(PRODUCT.fields)) expect(fields[name], name).toMatchObject(field);
      expect(fields["category"]).toMatchObject({ relType: "BelongsTo", target: "categories" });
    });
  });
});
