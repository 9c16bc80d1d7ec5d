/** What a person does at Home, in the real window. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Person, Thing } from "../harness/person";

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly place: string;
  readonly port?: number;
  readonly lastOpenedAt?: string;
}

export const button = (name: string | RegExp, within?: Thing): Thing => ({ role: "button", name, ...(within ? { within } : {}) });
export const dialog = (name: string | RegExp): Thing => ({ role: "dialog", name });
export const field = (name: string): Thing => ({ role: "textbox", name });
export const row = (name: string, connection = "local"): Thing => ({ role: "row", name: `${name}, ${connection}` });
export const inspector = (name: string): Thing => ({ role: "complementary", name: `About ${name}` });

/** The form of the first launch, or *New project* later on; ends in the open project. */
export async function makeProject(person: Person, name: string): Promise<void> {
  await person.fill(field("Name"), name);
  await person.click({ role: "radio", name: /^Nothing/ });
  await person.click(button(/^Create and start/));
  await person.see(button(name));
}

/** From an open project, by its name in the title bar. */
export async function goHome(person: Person, name: string): Promise<void> {
  await person.click(button(name));
  await person.see({ role: "heading", name: "Projects" });
}

/** An entry of the menu that each project has. */
export async function choose(person: Person, name: string, entry: string): Promise<void> {
  await person.click(row(name));
  await person.click(button(`More for ${name}`));
  await person.click({ role: "menuitem", name: new RegExp(`^${entry}`) });
}

export async function stop(person: Person, name: string): Promise<void> {
  await person.click(row(name));
  await person.click(button("Stop", inspector(name)));
  await person.see(button(/^Start/, inspector(name)));
}

/** The files below a folder that hold a text. */
export async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  // The webview's own processes may still be taking their files away; what is gone holds nothing.
  const gone = (fault: NodeJS.ErrnoException): string => {
    if (fault.code !== "ENOENT") throw fault;
    return "";
  };
  const contents = await Promise.all(files.map(async (file) => await readFile(file).catch(gone)));
  return files.filter((_, at) => contents[at]?.includes(text));
}
