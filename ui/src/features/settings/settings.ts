/**
 * Settings as the screen holds them: each value is its own JSON text, so that no digit of a free key is
 * lost, and a change is the text before and the text after.
 */
import type { Settings } from "@plinth/sdk";
import { equalJson, parseJson, printJson, type JsonNode } from "@/lib/exact-json";
import type { Op, Target } from "@/lib/pending";
import type { StagedSection } from "./sections";

export const SCOPE = "settings";

/** The one setting that is written and never told. */
export const SECRET = "smtp_pass";

const PROJECT = ["project_name", "title", "description", "keywords", "language", "timezone", "date_format", "currency", "project_url", "app_url"] as const;
export const COLOURS = ["project_color", "secondary_color"] as const;
export const ICONS = ["project_logo_light_Id", "project_logo_dark_Id", "project_logo_full_Id", "project_logo_transparent_Id", "project_favicon_Id", "project_icon_Id", "email_icon_Id"] as const;
const SESSIONS = ["mobile_session_limit", "web_session_limit", "session_limit_roles"] as const;
/** Told to nobody by `/settings`; an administrator reads them in the row itself. */
export const MAIL_ROW = ["smtp_host", "smtp_port", "smtp_secure", "smtp_user", "smtp_from_address"] as const;
const MAIL = ["smtp_enabled", ...MAIL_ROW, SECRET, "from_email_name", "email_signature"] as const;

export type ColourName = (typeof COLOURS)[number];
export type IconName = (typeof ICONS)[number];
export type FieldName = (typeof PROJECT)[number] | ColourName | IconName | (typeof SESSIONS)[number] | (typeof MAIL)[number];

const FIELDS: Readonly<Record<Exclude<StagedSection, "keys">, readonly FieldName[]>> = {
  project: PROJECT,
  branding: [...COLOURS, ...ICONS],
  sessions: SESSIONS,
  mail: MAIL,
};

const SECTION_OF = new Map<string, StagedSection>(
  (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).flatMap((section) => FIELDS[section].map((name) => [name, section] as const)),
);

export function isField(name: string): name is FieldName {
  return SECTION_OF.has(name);
}

/** A name that is no field of a section is a free key. */
export function sectionOf(name: string): StagedSection {
  return SECTION_OF.get(name) ?? "keys";
}

export function targetOf(name: string): Target {
  return { scope: SCOPE, path: [sectionOf(name), name] };
}

export function nameOf({ target }: Pick<Op, "target">): string {
  return target.path[1] ?? "";
}

/** The names a type declares, without those that its index signature stands for. */
type Declared<T> = keyof { [Key in keyof T as string extends Key ? never : Key]: true };

/** What an answer has at its top level beside free keys. A column that comes is missed by the compiler here. */
const TOLD: Readonly<Record<Declared<Settings>, true>> = {
  id: true,
  tenant_Id: true,
  project_name: true,
  title: true,
  project_url: true,
  app_url: true,
  project_color: true,
  secondary_color: true,
  description: true,
  keywords: true,
  project_logo_light_Id: true,
  project_logo_dark_Id: true,
  project_logo_full_Id: true,
  project_logo_transparent_Id: true,
  project_favicon_Id: true,
  project_icon_Id: true,
  email_icon_Id: true,
  email_signature: true,
  from_email_name: true,
  smtp_enabled: true,
  smtp_host: true,
  smtp_port: true,
  smtp_secure: true,
  smtp_user: true,
  smtp_from_address: true,
  timezone: true,
  language: true,
  date_format: true,
  currency: true,
  mobile_session_limit: true,
  web_session_limit: true,
  session_limit_roles: true,
  metadata: true,
  modules: true,
  extra: true,
  createdAt: true,
  updatedAt: true,
  appName: true,
  primaryColor: true,
  secondaryColor: true,
};

/** Beside the columns: the pictures their keys point at, and what is made of both. */
const MADE: ReadonlySet<string> = new Set([...ICONS.map((name) => name.slice(0, -"_Id".length)), "logo", "logo_url", SECRET]);

function isFree(name: string): boolean {
  return !Object.hasOwn(TOLD, name) && !MADE.has(name) && !/^smtp/i.test(name);
}

const NAME_MAX = 100;

/** Why a free key cannot be called this, by the rules of the server. */
export function keyFault(name: string): "empty" | "long" | "taken" | null {
  if (name === "") return "empty";
  if ([...name].length > NAME_MAX) return "long";
  return isFree(name) ? null : "taken";
}

export interface Picture {
  readonly title: string;
}

/** Settings as they were read. */
export interface Held {
  /** JSON text by name, columns and free keys; what was not told is not in it. */
  readonly values: ReadonlyMap<string, string>;
  readonly free: readonly string[];
  /** What the keys of files stand for, where the server knows the file. */
  readonly pictures: ReadonlyMap<string, Picture>;
}

/** `told`: the answer of `/settings`; `row`: what an administrator reads in the row beside it. */
export function held(told: JsonNode, row: JsonNode | null): Held {
  const values = new Map<string, string>();
  const free: string[] = [];
  const pictures = new Map<string, Picture>();
  for (const [name, node] of entries(told)) {
    if (isField(name)) values.set(name, printJson(node));
    else if (isFree(name)) {
      values.set(name, printJson(node));
      free.push(name);
    } else if (node.t === "object" && (ICONS as readonly string[]).includes(`${name}_Id`)) {
      const of = new Map(node.v);
      const word = [of.get("title"), of.get("filename")].find((one) => one?.t === "string" && one.v !== "");
      pictures.set(`${name}_Id`, { title: word?.t === "string" ? word.v : "" });
    }
  }
  const wanted = new Set<string>(MAIL_ROW);
  for (const [name, node] of row === null ? [] : entries(row)) if (wanted.has(name)) values.set(name, printJson(node));
  free.sort((a, b) => a.localeCompare(b));
  return { values, free, pictures };
}

function entries(node: JsonNode): readonly (readonly [string, JsonNode])[] {
  return node.t === "object" ? node.v : [];
}

/** The JSON text of a value that was checked before; anything else is a fault of ours. */
export function nodeOf(text: string): JsonNode {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error(`a setting is held as a text that is no JSON, at ${String(parsed.fault.at)}`);
  return parsed.node;
}

/** What a JSON text says to who reads it in a field: a text without its quotes, nothing for null. */
export function plainOf(text: string | undefined): string {
  if (text === undefined || text === "null") return "";
  const node = nodeOf(text);
  return node.t === "string" ? node.v : printJson(node);
}

/** Equal as settings: a list of roles has no order, and an empty one says as little as none. */
export function sameSetting(name: string, a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  if (name === "session_limit_roles") return rolesOf(a).sort().join() === rolesOf(b).sort().join();
  return equalJson(nodeOf(a), nodeOf(b));
}

/** The keys of the roles in a list; none where it is none. */
export function rolesOf(text: string | undefined): string[] {
  const node = text === undefined ? null : nodeOf(text);
  return node?.t === "array" ? node.v.flatMap((item) => (item.t === "string" ? [item.v] : [])) : [];
}

/** How many sessions of a kind there may be; null for as many as one likes. */
export function limitOf(text: string | undefined): number | null {
  const number = Number.parseInt(plainOf(text), 10);
  return Number.isNaN(number) || number < 0 ? null : number;
}
