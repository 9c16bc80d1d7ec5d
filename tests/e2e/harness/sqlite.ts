/** Rows by the million, made by the database itself: the shell of SQLite on the file of a running server. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Whether this machine has the shell. */
export async function hasSqlite(): Promise<boolean> {
  return await run("sqlite3", ["-version"]).then(
    () => true,
    () => false,
  );
}

export async function sqlite(folder: string, sql: string): Promise<void> {
  await run("sqlite3", ["-cmd", ".timeout 10000", join(folder, "data.db"), sql]);
}
