/** Variables of the project, and what of them sets a provider up. */
import type { KeptProvider, KeptVariable, ProjectVariable } from "@plinth/sdk";
import type { Client } from "@/host/session";

/** What a part of a provider is, by the end of its variable. */
export type Part = "ISSUER" | "CLIENT_ID" | "CLIENT_SECRET" | "LABEL" | "TEAM_ID" | "KEY_ID" | "PRIVATE_KEY";

const PARTS: readonly Part[] = ["ISSUER", "CLIENT_ID", "CLIENT_SECRET", "LABEL", "TEAM_ID", "KEY_ID", "PRIVATE_KEY"];

/** Names the providers of the project's own. */
export const LISTED = "OPENID_PROVIDERS";

export function partOf(variable: string): Part {
  return PARTS.find((part) => variable.endsWith(`_${part}`)) ?? "CLIENT_ID";
}

/** The variable of a provider: `acme-id` and `CLIENT_ID` make `ACME_ID_CLIENT_ID`. */
export function variableOf(provider: string, part: Part): string {
  return `${provider.toUpperCase().replaceAll("-", "_")}_${part}`;
}

const KNOWN = new Set(["google", "github", "apple", "facebook", "credential", "local"]);

/** What is wrong with the id of a provider of the project's own. */
export function idFault(id: string, taken: readonly string[]): "form" | "taken" | null {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(id)) return "form";
  return KNOWN.has(id) || taken.includes(id) ? "taken" : null;
}

export function nameFault(name: string, taken: readonly string[]): "form" | "taken" | null {
  if (!/^[A-Z_][A-Z0-9_]{0,99}$/.test(name)) return "form";
  return taken.includes(name) ? "taken" : null;
}

export interface Change {
  readonly name: string;
  /** None takes it away. */
  readonly value: string | null;
  readonly isSecret: boolean;
}

/** What is to be written so that the variables of a provider are as they were typed. */
export function changesOf(variables: readonly KeptVariable[], known: readonly ProjectVariable[], typed: ReadonlyMap<string, string>): Change[] {
  return variables.flatMap(({ name, secret, saidBy }): Change[] => {
    const text = typed.get(name)?.trim();
    if (text === undefined || saidBy === "environment") return [];
    const before = known.find((one) => one.name === name);
    // An empty field of a secret says nothing: what is kept stays.
    if (text === "") return secret || before === undefined ? [] : [{ name, value: null, isSecret: false }];
    return text === before?.value ? [] : [{ name, value: text, isSecret: secret }];
  });
}

/** The list of the project's own providers with one more, or one less. */
export function listedWith(known: readonly ProjectVariable[], id: string, there: boolean): Change {
  const now = known.find(({ name }) => name === LISTED)?.value ?? "";
  const others = now.split(",").map((one) => one.trim().toLowerCase()).filter((one) => one !== "" && one !== id);
  const all = there ? [...others, id] : others;
  return { name: LISTED, value: all.length === 0 ? null : all.join(","), isSecret: false };
}

/** What takes away all that the project itself says of a provider. */
export function goneOf({ id, listed, variables }: KeptProvider, known: readonly ProjectVariable[]): Change[] {
  const own = known.filter(({ name }) => variables.some((one) => one.name === name));
  const gone = own.map(({ name, isSecret }): Change => ({ name, value: null, isSecret }));
  return listed ? [...gone, listedWith(known, id, false)] : gone;
}

/** One after the other, and never a provider that is half there before its parts are. */
export async function write(client: Pick<Client, "variables">, changes: readonly Change[]): Promise<void> {
  for (const { name, value, isSecret } of changes) {
    if (value === null) await client.variables.remove(name);
    else await client.variables.set(name, { value, isSecret });
  }
}
