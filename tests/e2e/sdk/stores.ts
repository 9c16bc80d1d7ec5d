/** The built SDK and the real program, on a project of its own for each store. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createBaasix,
  type AnyCollections,
  type NumberForm,
  type Plinth,
  type PlinthOptions,
} from "../../../sdk/dist/esm/index.js";
import { OWNER, RunningServer } from "../harness/server";
import { sqlite } from "../harness/sqlite";
import { OwnDatabase } from "./database";

/** A server of one suite, and clients of it. */
export class Project {
  #server: RunningServer | undefined;
  #database: OwnDatabase | undefined;
  #admin: Plinth | undefined;

  constructor(
    readonly store: "sqlite" | "postgres",
    /** How the server is told to be. */
    private readonly env: Readonly<Record<string, string>> = {},
  ) {}

  get url(): string {
    if (this.#server === undefined) throw new Error("the server of this suite is not running");
    return this.#server.url;
  }

  /** The owner's client; every test may use it. */
  get admin(): Plinth {
    if (this.#admin === undefined) throw new Error("nobody has signed in to this suite's server");
    return this.#admin;
  }

  /** A client that nobody signed in to. */
  client(options?: Partial<PlinthOptions> & { numbers?: "number" }): Plinth;
  client(options: Partial<PlinthOptions> & { numbers: "exact" }): Plinth<AnyCollections, "exact">;
  client(options: Partial<PlinthOptions> = {}): Plinth<AnyCollections, NumberForm> {
    return createBaasix({ url: this.url, ...options });
  }

  /** A user of a role, signed in. */
  async member(email: string, role_Id: string): Promise<{ id: string; client: Plinth }> {
    const password = "a member of the suite";
    const id = String(await this.admin.users.create({ email, password, firstName: "Mem", role_Id }));
    const client = this.client();
    await client.auth.login({ email, password });
    return { id, client };
  }

  /** What another program does to the same database. */
  async sql(text: string): Promise<void> {
    if (this.#database !== undefined) await this.#database.sql(text);
    else if (this.#server !== undefined) await sqlite(this.#server.folder, text);
  }

  /** The token of the last mail of this kind, as soon as it was caught. */
  async mailed(template: string): Promise<string> {
    for (;;) {
      const { data } = await this.admin.mails.list({ status: "caught" });
      const mail = data.find(({ templateName }) => templateName === template);
      if (mail !== undefined) {
        const { content } = await this.admin.mails.get(String(mail.id));
        const [, token] = /[tT]oken=([0-9a-f]+)/.exec(content?.html ?? "") ?? [];
        return String(token);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async start(): Promise<void> {
    if (this.store === "postgres") this.#database = await OwnDatabase.create();
    this.#server = await RunningServer.start(this.#database?.url, { env: this.env });
    this.#admin = this.client();
    await this.#admin.auth.login(OWNER);
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    await this.#database?.drop();
  }
}

/** A server that has no owner yet, for as long as `live` takes. */
export async function withoutOwner(store: Project["store"], live: (server: RunningServer) => Promise<void>): Promise<void> {
  const database = store === "postgres" ? await OwnDatabase.create() : undefined;
  const server = await RunningServer.start(database?.url, { owned: false });
  try {
    await live(server);
  } finally {
    await server.stop();
    await database?.drop();
  }
}

/** The same tests on SQLite and on Postgres; what they expect is one and the same. */
export function onEveryStore(name: string, tests: (project: Project) => void, env: Readonly<Record<string, string>> = {}): void {
  for (const store of ["sqlite", "postgres"] as const) {
    describe.skipIf(store === "postgres" && !OwnDatabase.available())(`${name} on ${store}`, () => {
      const project = new Project(store, env);
      beforeAll(() => project.start());
      afterAll(() => project.stop());
      tests(project);
    });
  }
  if (OwnDatabase.available()) return;
  console.warn(
    `\n${"!".repeat(78)}\n!! SKIPPED: "${name}" did NOT run on Postgres.\n` +
      `!! Set TEST_POSTGRES_URL to a cluster in which databases may be made.\n${"!".repeat(78)}\n`,
  );
  it(`${name}: Postgres is there in CI`, () => {
    expect(process.env["CI"] ?? "", "CI must set TEST_POSTGRES_URL").toBe("");
  });
}
