/** A database of one suite's own, made and dropped through the wire protocol. */
import { Client } from "pg";

let made = 0;

export class OwnDatabase {
  private constructor(
    readonly url: string,
    private readonly name: string,
  ) {}

  static available(): boolean {
    return (process.env["TEST_POSTGRES_URL"] ?? "") !== "";
  }

  static async create(): Promise<OwnDatabase> {
    made += 1;
    const name = `plinth_sdk_${String(process.pid)}_${String(Date.now())}_${String(made)}`;
    await onCluster(`CREATE DATABASE ${name}`);
    const url = new URL(cluster());
    url.pathname = `/${name}`;
    return new OwnDatabase(url.toString(), name);
  }

  async sql(text: string): Promise<void> {
    await on(this.url, text);
  }

  async drop(): Promise<void> {
    await onCluster(`DROP DATABASE ${this.name} WITH (FORCE)`);
  }
}

function cluster(): string {
  return process.env["TEST_POSTGRES_URL"] ?? "";
}

async function onCluster(statement: string): Promise<void> {
  await on(cluster(), statement);
}

async function on(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
