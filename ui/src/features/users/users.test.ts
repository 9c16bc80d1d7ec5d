import type { Role } from "@plinth/sdk";
import { expect, test } from "vitest";
import { byPerson, changeOf, filterOf, invitersOf, isSystemRole, nameOf, searchOf, wantedOf } from "./users";

const role = (id: string, name: string, canInviteRoleIds: string[] | null = null): Role => ({ id, name, isTenantSpecific: false, canInviteRoleIds }) as unknown as Role;

test("a person without a name is called by the address, and without one by the key", () => {
  expect(nameOf({ id: "1", firstName: "Ines", lastName: "Halloran", email: "i@example.com" })).toBe("Ines Halloran");
  expect(nameOf({ id: "1", firstName: "Ines", lastName: null })).toBe("Ines");
  expect(nameOf({ id: "1", firstName: " ", email: "i@example.com" })).toBe("i@example.com");
  expect(nameOf({ id: "1" })).toBe("1");
});

test("what the list is narrowed to stands in the address and comes back from it", () => {
  const wanted = { search: "ada", status: "suspended", role: "r1", tenant: "" };
  expect(searchOf(wanted)).toEqual({ find: "ada", status: "suspended", role: "r1" });
  expect(wantedOf(searchOf(wanted))).toEqual(wanted);
  expect(wantedOf({ status: "nonsense", find: 4 })).toEqual({ search: "", status: "", role: "", tenant: "" });
});

test("an empty wish filters nothing, and a role is asked for through the assignments", () => {
  expect(filterOf({ search: "ada", status: "", role: "", tenant: "" })).toBeUndefined();
  expect(filterOf({ search: "", status: "active", role: "r1", tenant: "t1" })).toEqual({
    status: { eq: "active" },
    "userRoles.role_Id": { eq: "r1" },
    "userRoles.tenant_Id": { eq: "t1" },
  });
});

test("only what differs is written, with what stood there to be compared", () => {
  expect(changeOf({ firstName: "Ada", lastName: null }, { firstName: "Ada", lastName: "" })).toBeNull();
  expect(changeOf({ firstName: "Ada", lastName: "Byron", email: "a@example.com" }, { firstName: "Ada", lastName: "", email: "b@example.com" })).toEqual({
    data: { lastName: null, email: "b@example.com" },
    expect: { lastName: "Byron", email: "a@example.com" },
  });
  expect(changeOf({ canInviteRoleIds: ["a"] }, { canInviteRoleIds: ["a"] })).toBeNull();
});

test("roles stand with their people", () => {
  const given = [
    { id: "1", user_Id: "a", role_Id: "x" },
    { id: "2", user_Id: "b", role_Id: "x" },
    { id: "3", user_Id: "a", role_Id: "y" },
  ];
  expect(byPerson(given).get("a")?.map((one) => one.id)).toEqual(["1", "3"]);
});

test("administrators invite to every role, others to those that their role names", () => {
  const roles = [role("a", "administrator"), role("s", "support", ["r"]), role("r", "reader")];
  expect(invitersOf(roles, "r").map((one) => one.name)).toEqual(["administrator", "support"]);
  expect(invitersOf(roles, "s").map((one) => one.name)).toEqual(["administrator"]);
  expect(roles.map(isSystemRole)).toEqual([true, false, false]);
});
