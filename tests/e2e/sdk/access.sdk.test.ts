// Users, roles and permissions of the public document, each read back or felt by the one it is for.
import { expect, it } from "vitest";
import { column, refusal } from "./expecting";
import { makePosts, PRODUCT } from "./collections";
import { onEveryStore } from "./stores";

onEveryStore("users, roles and permissions", (project) => {
  let role = "";

  it("roles.create, find, findByName and update", async () => {
    const { roles } = project.admin;
    role = String(await roles.create({ name: "Editor", description: "Content editors", appAccess: true }));
    const { data } = await roles.find();
    expect(column(data, "name")).toEqual(expect.arrayContaining(["administrator", "public", "Editor"]));
    expect(await roles.findByName("Editor")).toMatchObject({ id: role, description: "Content editors", appAccess: true });
    await roles.update(role, { description: "Editors" });
    expect((await roles.findOne(role)).description).toBe("Editors");
    expect(await roles.findByName("Nobody")).toBeNull();
  });

  it("users.create makes a user of the role who can sign in", async () => {
    const { users } = project.admin;
    const input = { email: "user@example.com", password: "password123", firstName: "John", role_Id: role };
    const id = await users.create(input);
    const { data } = await users.find({ filter: { status: { eq: "active" } } });
    expect(column(data, "id")).toContain(id);
    const client = project.client();
    expect((await client.auth.login(input)).role?.name).toBe("Editor");
    expect(JSON.stringify(await users.findOne(id))).not.toMatch(/password|\$argon2/);
  });

  it("users.suspend, activate and changePassword decide who gets in", async () => {
    const { users } = project.admin;
    const { id, client } = await project.member("suspended@example.com", role);
    const credentials = { email: "suspended@example.com", password: "a member of the suite" };
    await users.suspend(id);
    expect((await users.findOne(id)).status).toBe("suspended");
    expect(await client.auth.getUser()).toBeNull();
    expect((await refusal(project.client().auth.login(credentials))).code).toBe("ACCOUNT_INACTIVE");
    await users.activate(id);
    expect((await users.findOne(id)).status).toBe("active");
    await project.client().auth.login(credentials);
    await users.changePassword(id, "newPassword");
    expect((await refusal(project.client().auth.login(credentials))).code).toBe("INVALID_CREDENTIALS");
    await project.client().auth.login({ ...credentials, password: "newPassword" });
    await users.delete(id);
    expect(await users.findByEmail(credentials.email)).toBeNull();
  });

  it("permissions.create grants fields and rows, and only those", async () => {
    await makePosts(project.admin);
    const { permissions } = project.admin;
    const { id, client } = await project.member("writer@example.com", role);
    const posts = project.admin.items("posts");
    const mine = await posts.create({ title: "Mine", author_Id: id });
    const other = await posts.create({ title: "Other" });
    expect((await refusal(client.items("posts").find())).status).toBe(403);
    await permissions.create({ role_Id: role, collection: "posts", action: "read", fields: ["*"] });
    const permission = await permissions.create({
      role_Id: role,
      collection: "posts",
      action: "update",
      fields: ["title", "content", "status"],
      conditions: { author_Id: { eq: "$CURRENT_USER" } },
    });
    expect(await permissions.findOne(permission.id)).toMatchObject({ action: "update", collection: "posts" });
    await client.items("posts").update(mine, { title: "Changed" });
    expect((await posts.findOne(mine))["title"]).toBe("Changed");
    expect((await refusal(client.items("posts").update(other, { title: "No" }))).status).toBe(403);
    expect((await refusal(client.items("posts").update(mine, { views: 1 }))).status).toBe(403);
    const access = (await client.access.me()).collections["posts"];
    expect(access?.update).toMatchObject({ fields: ["title", "content", "status"], conditional: true });
    expect(access?.delete).toBe(false);
    await permissions.update(permission.id, { fields: ["*"], conditions: null });
    await client.items("posts").update(other, { views: 7 });
    expect((await posts.findOne(other))["views"]).toBe(7);
    await permissions.delete(permission.id);
    expect((await refusal(client.items("posts").update(mine, { title: "No" }))).status).toBe(403);
  });

  it("createCrudPermissions grants what is named and leaves out what is false", async () => {
    const { admin } = project;
    await admin.schemas.create("products", PRODUCT);
    const made = await admin.permissions.createCrudPermissions(role, "products", {
      create: { fields: ["name", "price"] },
      read: { fields: ["*"] },
      update: { fields: ["name", "price"] },
      delete: false,
    });
    expect(column(made, "action")).toEqual(["create", "read", "update"]);
    const { client } = await project.member("seller@example.com", role);
    const id = await client.items("products").create({ name: "Lamp", price: 5 });
    await client.items("products").update(id, { price: 6 });
    expect((await client.items("products").findOne(id))["price"]).toBe(6);
    expect((await refusal(client.items("products").delete(id))).status).toBe(403);
  });

  it("find, findByRole, findByCollection and getRoles list them", async () => {
    const { permissions } = project.admin;
    const all = await permissions.find();
    expect(all.data.length).toBe(all.totalCount);
    expect(new Set(column((await permissions.findByRole(role)).data, "role_Id"))).toEqual(new Set([role]));
    const products = (await permissions.findByCollection("products")).data;
    expect(column(products, "action").sort()).toEqual(["create", "read", "update"]);
    expect(column((await permissions.getRoles()).data, "id")).toContain(role);
  });

  it("reloadCache is for administrators", async () => {
    await project.admin.permissions.reloadCache();
    expect((await refusal(project.client().permissions.reloadCache())).status).toBe(403);
  });
});
