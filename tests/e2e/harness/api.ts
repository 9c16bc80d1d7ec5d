/** The public routes, for what a journey finds already there and for what it checks afterwards. */
import { OWNER } from "./server";

export class Api {
  private constructor(
    readonly url: string,
    readonly token: string,
  ) {}

  static async signIn(url: string): Promise<Api> {
    const answer = await fetch(`${url}/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(OWNER),
    });
    const { token } = (await answer.json()) as { token: string };
    return new Api(url, token);
  }

  async call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const form = body instanceof FormData;
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined || form ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${String(answer.status)} ${text}`);
    return JSON.parse(text) as Answer;
  }

  async count(collection: string, filter?: unknown): Promise<number> {
    const query = new URLSearchParams({ limit: "1", count: "exact" });
    if (filter !== undefined) query.set("filter", JSON.stringify(filter));
    const page = await this.call<{ totalCount: number }>("GET", `/items/${collection}?${query.toString()}`);
    return page.totalCount;
  }

  /** Waits for an import to end, and answers how. */
  async imported(form: FormData): Promise<ImportJob> {
    let { data: job } = await this.call<{ data: ImportJob }>("POST", "/imports", form);
    while (!["done", "failed", "cancelled"].includes(job.state)) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      ({ data: job } = await this.call<{ data: ImportJob }>("GET", `/imports/${job.id}`));
    }
    return job;
  }
}

export interface ImportJob {
  readonly id: string;
  readonly state: string;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly rowsRejected: number;
}
