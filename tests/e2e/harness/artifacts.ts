/** Where pictures and traces of a run go. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../artifacts/", import.meta.url));

export const artifact = (name: string): string => join(FOLDER, name);
