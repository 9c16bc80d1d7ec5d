/** The `plinth` program, started on an empty folder as a user would. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

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
  ) {}

  /** On a SQLite file of its own, or on the database at `databaseUrl`. */
  static async start(databaseUrl?: string): Promise<RunningServer> {
    const folder = await mkdtemp(join(tmpdir(), "plinth-e2e-"));
    const store = databaseUrl === undefined ? [] : ["--database-url", databaseUrl];
    const child = spawn(binary("PLINTH_BINARY", "plinth"), ["serve", "--data", folder, "--port", "0", ...store], {
      env: { ...process.env, ADMIN_EMAIL: OWNER.email, ADMIN_PASSWORD: OWNER.password },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const url = await address(child);
    return new RunningServer(url, child, folder);
  }

  async stop(): Promise<void> {
    await ended(this.child);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Waits for the line that says where it listens; a program that ends first says why. */
function address(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const listen = (chunk: Buffer) => {
      said += chunk.toString();
      const found = /listening on (http:\/\/[^\s]+)/.exec(said);
      if (found?.[1] !== undefined) resolve(found[1].replace(/\/$/, ""));
    };
    child.stdout?.on("data", listen);
    child.stderr?.on("data", listen);
    child.once("error", reject);
    child.once("exit", (code) => {
      reject(new Error(`plinth ended (${String(code)}) before it listened\n${said}`));
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
