/** Somebody's project with the package installed, as npm does it, and a compiler to hand. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { binary, OWNER } from "../harness/server";

const SDK = fileURLToPath(new URL("../../../sdk/", import.meta.url));
const TSC = createRequire(import.meta.url).resolve("typescript/bin/tsc");

/** What a program said, and how it ended. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export class Workspace {
  private constructor(readonly folder: string) {}

  static async make(): Promise<Workspace> {
    const workspace = new Workspace(await mkdtemp(join(tmpdir(), "plinth-user-")));
    await workspace.write("package.json", '{ "name": "shop", "private": true, "type": "module" }\n');
    const packed = await workspace.run("npm", ["pack", SDK, "--silent", "--ignore-scripts"]);
    const tarball = packed.out.trim().split("\n").at(-1) ?? "";
    const installed = await workspace.run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${tarball}`]);
    if (installed.code !== 0) throw new Error(`the package cannot be installed: ${installed.err}`);
    return workspace;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async write(file: string, text: string): Promise<void> {
    const path = join(this.folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }

  read(file: string): Promise<string> {
    return readFile(join(this.folder, file), "utf8");
  }

  /** A program in this folder, with the owner's account in its environment. */
  run(program: string, args: readonly string[], account: Record<string, string> = ACCOUNT): Promise<Said> {
    return new Promise((resolve, reject) => {
      execFile(program, [...args], { cwd: this.folder, env: { ...process.env, ...account } }, (error, out, err) => {
        if (error !== null && typeof error.code !== "number") reject(error);
        else resolve({ code: Number(error?.code ?? 0), out, err });
      });
    });
  }

  /** A program that goes on. */
  start(program: string, args: readonly string[]): ChildProcess {
    return spawn(program, [...args], {
      cwd: this.folder,
      env: { ...process.env, ...ACCOUNT },
      stdio: ["ignore", "pipe", "inherit"],
    });
  }

  /** `npx plinth …`, found in the installed package and nowhere else. */
  npx(args: readonly string[], account?: Record<string, string>): Promise<Said> {
    return this.run("npx", ["--no-install", "plinth", ...args], account);
  }

  /** The program of the server. */
  plinth(args: readonly string[], account?: Record<string, string>): Promise<Said> {
    return this.run(binary("PLINTH_BINARY", "plinth"), args, account);
  }

  /** What the compiler has against these files; what they import is checked too, the compiler's own library is not. */
  async complaints(...files: string[]): Promise<string> {
    const strict = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--noEmit", "--skipDefaultLibCheck"];
    const modules = ["--module", "esnext", "--moduleResolution", "bundler", "--target", "es2022", "--lib", "es2022,dom"];
    const { code, out, err } = await this.run(process.execPath, [TSC, ...strict, ...modules, ...files]);
    if (code !== 0 && out === "") throw new Error(`the compiler did not come to its end: ${err}`);
    return out;
  }
}

const ACCOUNT = { PLINTH_EMAIL: OWNER.email, PLINTH_PASSWORD: OWNER.password };
