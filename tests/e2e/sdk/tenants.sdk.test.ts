// Tenants as the public document shows them: which there are, and going from one to another.
import { expect, it } from "vitest";
import { column, refusal } from "./expecting";
import { onEveryStore } from "./stores";

const ADA = { email: "ada@example.com", password: "a member of two tenants" };

onEveryStore(
  "tenants",
  (project) => {
    const made: Record<string, string> = {};

    it("getTenants tells where one may work, and in which role", async () => {
      const { admin } = project;
      for (const name of ["One", "Two", "Three"]) made[name] = String(await admin.items("baasix_Tenant").create({ name }));
      const fields = { id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } }, title: { type: "String" }, tenant_Id: { type: "UUID" } } as const;
      await admin.schemas.create("notes", { fields });
      const role_Id = String(await admin.roles.create({ name: "Writer" }));
      for (const action of ["create", "read"] as const) await admin.permissions.create({ role_Id, collection: "notes", action, fields: ["*"] });
      const user_Id = String(await admin.users.create({ ...ADA, firstName: "Ada", role_Id, tenant_Id: String(made["Two"]) }));
      await admin.items("baasix_UserRole").create({ user_Id, role_Id, tenant_Id: made["One"] });
      const client = project.client();
      const { tenant } = await client.auth.login(ADA);
      expect(tenant?.name).toBe("Two");
      expect(await client.auth.getTenants()).toEqual([
        { id: made["One"], name: "One", role: { id: role_Id, name: "Writer" } },
        { id: made["Two"], name: "Two", role: { id: role_Id, name: "Writer" } },
      ]);
      expect(column(await admin.auth.getTenants(), "name")).toEqual(["One", "Three", "Two"]);
    });

    it("switchTenant goes on in another one; the records of the first stay there", async () => {
      const events: string[] = [];
      const client = project.client({ onAuthStateChange: (event) => void events.push(event) });
      const before = await client.auth.login({ ...ADA, tenantId: made["Two"] });
      await client.items("notes").create({ title: "in two" });
      await client.auth.setTenant(String(made["Two"]));
      const { user, token, tenant } = await client.auth.switchTenant(String(made["One"]));
      expect([user.email, tenant?.name]).toEqual([ADA.email, "One"]);
      expect(token).not.toBe(before.token);
      expect(await client.auth.getTenant()).toBe(made["One"]);
      expect(events.at(-1)).toBe("TENANT_SWITCHED");
      await client.items("notes").create({ title: "in one" });
      expect(column((await client.items("notes").find()).data, "title")).toEqual(["in one"]);
      expect((await client.auth.getUser())?.tenant_Id).toBe(made["One"]);
      // The session of before goes on in its tenant.
      const first = project.client({ token: before.token });
      expect(column((await first.items("notes").find()).data, "title")).toEqual(["in two"]);
      const error = await refusal(client.auth.switchTenant(String(made["Three"])));
      expect([error.status, error.code]).toEqual([403, "TENANT_ACCESS_DENIED"]);
      expect(await client.auth.getTenant()).toBe(made["One"]);
    });

    it("register with a tenant makes it, and its first member", async () => {
      const client = project.client();
      const data = { email: "founder@example.com", password: "a founder of one", firstName: "Fi" };
      expect((await refusal(client.auth.register(data))).code).toBe("TENANT_REQUIRED");
      const { tenant } = await client.auth.register({ ...data, tenant: { name: "Four" } });
      expect(tenant?.name).toBe("Four");
      expect(column(await client.auth.getTenants(), "name")).toEqual(["Four"]);
    });
  },
  { MULTI_TENANT: "true", PUBLIC_REGISTRATION: "true" },
);
