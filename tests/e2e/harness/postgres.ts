/** A database of a journey's own, in the cluster that `cargo xtask test` runs. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export class Database {
  private constructor(
    readonly url: string,
    private readonly name: string,
    private readonly cluster: string,
  ) {}

  /** `null` on a machine where no cluster was given. */
  static async create(): Promise<Database | null> {
    const cluster = process.env["TEST_POSTGRES_URL"];
    if (cluster === undefined || cluster === "") return null;
    const name = `plinth_e2e_${String(process.pid)}_${String(Date.now())}`;
    await psql(cluster, `create database ${name}`);
    const url = new URL(cluster);
    url.pathname = `/${name}`;
    return new Database(url.toString(), name, cluster);
  }

  async sql(text: string): Promise<void> {
    await psql(this.url, text);
  }

  async drop(): Promise<void> {
    await psql(this.cluster, `drop database ${this.name} with (force)`);
  }
}

async function psql(url: string, text: string): Promise<void> {
  await run("psql", [url, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", text]);
}
