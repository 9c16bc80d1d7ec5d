import type { KeptVariable, ProjectVariable } from "@plinth/sdk";
import { expect, it } from "vitest";
import { changesOf, goneOf, idFault, listedWith, nameFault, partOf, variableOf, write } from "./variables";

const variable = (name: string, value: string | null): ProjectVariable => ({ name, value, isSecret: value === null, description: null, updatedAt: null, overridden: false });
const kept = (name: string, secret: boolean, saidBy: KeptVariable["saidBy"]): KeptVariable => ({ name, secret, required: true, saidBy });

const VARIABLES = [kept("ACME_ISSUER", false, "project"), kept("ACME_CLIENT_ID", false, "environment"), kept("ACME_CLIENT_SECRET", true, "project"), kept("ACME_LABEL", false, "project")];
const KNOWN = [variable("ACME_ISSUER", "https://a.example"), variable("ACME_CLIENT_SECRET", null), variable("ACME_LABEL", "Acme"), variable("OPENID_PROVIDERS", "Acme, other")];

it("writes what was typed anew, and of a secret nothing unless something was", () => {
  const typed = new Map([
    ["ACME_ISSUER", "https://a.example"],
    ["ACME_CLIENT_ID", "the environment says it"],
    ["ACME_CLIENT_SECRET", ""],
    ["ACME_LABEL", " "],
  ]);
  expect(changesOf(VARIABLES, KNOWN, typed)).toEqual([{ name: "ACME_LABEL", value: null, isSecret: false }]);
  typed.set("ACME_CLIENT_SECRET", "new");
  typed.set("ACME_LABEL", "Acme");
  expect(changesOf(VARIABLES, KNOWN, typed)).toEqual([{ name: "ACME_CLIENT_SECRET", value: "new", isSecret: true }]);
});

it("keeps the list of the project's own providers", () => {
  expect(listedWith(KNOWN, "third", true).value).toBe("acme,other,third");
  expect(listedWith(KNOWN, "acme", true).value).toBe("other,acme");
  expect(listedWith([variable("OPENID_PROVIDERS", "acme")], "acme", false).value).toBeNull();
  const acme = { id: "acme", name: "Acme", listed: true, works: true, fault: null, callback: null, variables: VARIABLES };
  expect(goneOf(acme, KNOWN).map(({ name, value }) => [name, value])).toEqual([
    ["ACME_ISSUER", null],
    ["ACME_CLIENT_SECRET", null],
    ["ACME_LABEL", null],
    ["OPENID_PROVIDERS", "other"],
  ]);
});

it("knows names that can be", () => {
  expect([idFault("acme-2", []), idFault("Acme", []), idFault("google", []), idFault("acme", ["acme"])]).toEqual([null, "form", "taken", "taken"]);
  expect([nameFault("A_1", []), nameFault("1A", []), nameFault("a", []), nameFault("A", ["A"])]).toEqual([null, "form", "form", "taken"]);
  expect(variableOf("acme-id", "CLIENT_ID")).toBe("ACME_ID_CLIENT_ID");
  expect(partOf("APPLE_PRIVATE_KEY")).toBe("PRIVATE_KEY");
});

it("writes one after the other", async () => {
  const done: string[] = [];
  const variables = {
    set: (name: string, { value }: { value?: string | undefined }) => Promise.resolve(done.push(`${name}=${value ?? ""}`)),
    remove: (name: string) => Promise.resolve(done.push(`-${name}`)),
  };
  const changes = [
    { name: "A", value: "1", isSecret: false },
    { name: "B", value: null, isSecret: true },
  ];
  await write({ variables } as never, changes);
  expect(done).toEqual(["A=1", "-B"]);
});
