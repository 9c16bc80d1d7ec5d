import { expect, test } from "vitest";
import { added, groupFault, groupOf, groupsOf, patchedGroup, put, renamed, without } from "./groups";

const GROUPS = groupsOf([
  { id: "s", name: "Sales", colour: 0, members: ["orders", "customers"] },
  { id: "f", name: "Freight", colour: 2, members: ["flights"] },
]);

test("a collection is in one group: put into another, it leaves the first", () => {
  const moved = put(GROUPS, "orders", "f");
  expect(moved.map((group) => group.members)).toEqual([["customers"], ["flights", "orders"]]);
  expect(groupOf(moved, "orders")?.name).toBe("Freight");
  expect(groupOf(put(moved, "orders", undefined), "orders")).toBeUndefined();
});

test("putting a collection where it is changes nothing", () => {
  expect(put(GROUPS, "orders", "s")[0]).toBe(GROUPS[0]);
});

test("a new group takes a colour that is free, or the one that is used least", () => {
  let groups = added(GROUPS, "People", "p");
  expect(groups.at(-1)).toEqual({ id: "p", name: "People", colour: 1, members: [] });
  for (const id of ["a", "b", "c", "d"]) groups = added(groups, id, id);
  expect(groups.map((group) => group.colour)).toEqual([0, 2, 1, 3, 4, 5, 0]);
});

test("a group that goes leaves its collections; its name and colour are changed in place", () => {
  expect(without(GROUPS, "s").map((group) => group.name)).toEqual(["Freight"]);
  expect(patchedGroup(GROUPS, "f", { name: "Air", colour: 5 })[1]).toEqual({ id: "f", name: "Air", colour: 5, members: ["flights"] });
});

test("collections stay in their group under a new name, and leave it when they are gone", () => {
  const now = renamed(GROUPS, (member) => (member === "orders" ? "purchases" : member === "flights" ? undefined : member));
  expect(now.map((group) => group.members)).toEqual([["purchases", "customers"], []]);
});

test("what another version kept is read as far as it holds", () => {
  expect(groupsOf(null)).toEqual([]);
  expect(groupsOf([{ id: "x" }, 3, { id: "a", name: "A", colour: "red", members: ["one", 2] }, { id: "b", name: "B", colour: 8, members: ["one"] }])).toEqual([
    { id: "a", name: "A", colour: 0, members: ["one"] },
    { id: "b", name: "B", colour: 2, members: [] },
  ]);
});

test("two groups never share a name", () => {
  expect([groupFault(GROUPS, "  "), groupFault(GROUPS, "sales"), groupFault(GROUPS, "sales", "s"), groupFault(GROUPS, "Harbour")]).toEqual(["empty", "taken", null, null]);
});
