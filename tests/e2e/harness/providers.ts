/** Other providers to sign in at, each a process of its own, and a browser that goes there and back. */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ended } from "./server";

export class ProviderProcess {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(name: "openid" | "plain"): Promise<ProviderProcess> {
    const script = fileURLToPath(new URL(`./providers/${name}.mjs`, import.meta.url));
    const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "pipe"] });
    const url = await new Promise<string>((resolve, reject) => {
      let said = "";
      const listen = (chunk: Buffer) => {
        said += chunk.toString();
        const [, url] = /ready (http:\S+)/.exec(said) ?? [];
        if (url !== undefined) resolve(url);
      };
      child.stdout.on("data", listen);
      child.stderr.on("data", listen);
      child.once("exit", (code) => {
        reject(new Error(`the provider ended (${String(code)})\n${said}`));
      });
    });
    return new ProviderProcess(url, child);
  }

  stop(): Promise<void> {
    return ended(this.child);
  }
}

/** Keeps cookies and follows nothing by itself. */
export class Browser {
  readonly #cookies = new Map<string, { value: string; path: string }>();

  async go(url: string, init: RequestInit = {}): Promise<Response> {
    const { host, pathname } = new URL(url);
    const sent = [...this.#cookies].filter(([key, { path }]) => key.startsWith(`${host} `) && pathname.startsWith(path));
    const cookie = sent.map(([key, { value }]) => `${key.slice(host.length + 1)}=${value}`).join("; ");
    const response = await fetch(url, { ...init, redirect: "manual", headers: { ...init.headers, ...(cookie === "" ? {} : { cookie }) } });
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...rest] = line.split(";").map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf("="));
      const value = pair.slice(pair.indexOf("=") + 1);
      const path = rest.find((part) => /^path=/i.test(part))?.slice(5) ?? "/";
      const gone = value === "" || rest.some((part) => /^max-age=0$/i.test(part));
      if (gone) this.#cookies.delete(`${host} ${name}`);
      else this.#cookies.set(`${host} ${name}`, { value, path });
    }
    return response;
  }

  cookies(): string[] {
    return [...this.#cookies.keys()].map((key) => key.split(" ")[1] ?? "");
  }

  /** Where a response leads. */
  static next(response: Response, from: string): string {
    const location = response.headers.get("location");
    if (location === null) throw new Error(`${from} answered ${String(response.status)} and leads nowhere`);
    return new URL(location, from).toString();
  }

  /**
   * From the address where a person agrees to the one that the provider leads back to, which is not
   * gone to. A form that the provider's page would post is what comes back instead.
   */
  async agree(address: string, as: object | "nobody"): Promise<{ url: string; form?: URLSearchParams }> {
    const who = typeof as === "string" ? as : JSON.stringify(as);
    const provider = new URL(address).origin;
    let url = new URL(address);
    // The plain one asks on its first page, the other on one of its own.
    if (url.pathname === "/authorize") url.searchParams.set("as", who);
    for (let step = 0; step < 10; step += 1) {
      if (url.pathname.startsWith("/agree/")) url.searchParams.set("as", who);
      const response = await this.go(url.toString());
      if (response.status === 200) {
        const page = await response.text();
        const action = /action="([^"]+)"/.exec(page)?.[1];
        if (action === undefined) throw new Error(page);
        const fields = [...page.matchAll(/name="([^"]+)" value="([^"]*)"/g)];
        return { url: unescaped(action), form: new URLSearchParams(fields.map(([, name = "", value = ""]) => [name, unescaped(value)])) };
      }
      url = new URL(Browser.next(response, url.toString()));
      if (url.origin !== provider) return { url: url.toString() };
    }
    throw new Error(`${address} leads round in circles`);
  }

  /** The whole way from the address that begins to the page that is told how it went. */
  async signIn(begins: string, as: object | "nobody"): Promise<URLSearchParams> {
    const { url, form } = await this.agree(Browser.next(await this.go(begins), begins), as);
    const back = await this.go(url, form === undefined ? {} : { method: "POST", body: form });
    if (back.headers.get("location") === null) throw new Error(`${String(back.status)} ${await back.text()}`);
    return new URL(Browser.next(back, url)).searchParams;
  }
}

function unescaped(html: string): string {
  return html.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
