/** The public routes, for what a journey finds already there and for what it checks afterwards. */
import { OWNER } from "./server";

export class Api {
  private constructor(
    readonly url: string,
    readonly token: string,
  ) {}

  static async signIn(url: string, who: { readonly email: string; readonly password: string } = OWNER): Promise<Api> {
    const answer = await fetch(`${url}/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(who),
    });
    const { token } = (await answer.json()) as { token: string };
    return new Api(url, token);
  }

  async call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const { status, text } = await this.ask(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${String(status)} ${text}`);
    return JSON.parse(text) as Answer;
  }

  /** The code of a refusal, after its status; an answer that is none fails. */
  async refusal(method: string, path: string, body?: unknown): Promise<string> {
    const { status, text } = await this.ask(method, path, body);
    if (status < 400) throw new Error(`${method} ${path} was not refused: ${String(status)} ${text}`);
    return `${String(status)} ${(JSON.parse(text) as { error: { code: string } }).error.code}`;
  }

  private async ask(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
    const form = body instanceof FormData;
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined || form ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, text: await answer.text() };
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
