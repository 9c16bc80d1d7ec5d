/** The `plinth` program, started on an empty folder as a user would. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Where `cargo build` leaves a program, unless `cargo xtask test` says otherwise. */
export function binary(variable: string, name: string): string {
  return process.env[variable] ?? join(ROOT, "target/debug", name);
}

export const OWNER = { email: "owner@example.com", password: "a journey of one owner" };

export class RunningServer {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    /** Where its data lies. */
    readonly folder: string,
    /** The one-time link that makes the first owner; none when there is one. */
    readonly link: string | null,
  ) {}

  /**
   * On a SQLite file of its own, or on the database at `databaseUrl`. Without an owner it prints a
   * link, as it does for whoever starts it the first time.
   */
  static async start(databaseUrl?: string, { owned = true, project = "corner-shop", env = {} }: { readonly owned?: boolean; readonly project?: string; readonly env?: Readonly<Record<string, string>> } = {}): Promise<RunningServer> {
    // A project is called as its folder is.
    const folder = join(await mkdtemp(join(tmpdir(), "plinth-e2e-")), project);
    await mkdir(folder);
    const store = databaseUrl === undefined ? [] : ["--database-url", databaseUrl];
    const child = spawn(binary("PLINTH_BINARY", "plinth"), ["serve", "--data", folder, "--port", "0", ...store], {
      // The runner of the tests says by this name where its own pages begin.
      env: { ...process.env, BASE_URL: "", ...env, ...(owned ? { ADMIN_EMAIL: OWNER.email, ADMIN_PASSWORD: OWNER.password } : {}) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const hear = heard(child);
    const url = await hear(/listening on (http:\/\/[^\s]+)/);
    const link = owned ? null : await hear(/make one at (http:\/\/[^\s]+)/);
    return new RunningServer(url.replace(/\/$/, ""), child, folder, link);
  }

  async stop(): Promise<void> {
    await ended(this.child);
    await rm(dirname(this.folder), { recursive: true, force: true });
  }
}

/** Waits for what a program says; one that ends first says why. */
function heard(child: ChildProcess): (pattern: RegExp) => Promise<string> {
  let said = "";
  const waiting = new Set<() => void>();
  const listen = (chunk: Buffer) => {
    said += chunk.toString();
    for (const look of [...waiting]) look();
  };
  child.stdout?.on("data", listen);
  child.stderr?.on("data", listen);
  return (pattern) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(said)?.[1];
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      child.once("error", reject);
      child.once("exit", (code) => {
        reject(new Error(`plinth ended (${String(code)}) before it said ${String(pattern)}\n${said}`));
      });
    });
}

/** Asks a program to end, and waits until it did. */
export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => {
      resolve();
    });
    child.kill("SIGTERM");
  });
}
