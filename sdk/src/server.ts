import type { Transport } from './transport.js';
import type { Answer } from './generated/wire.js';
import type { AccessReport } from './types/auth.js';
import type { CallOptions } from './types/common.js';
import type { ServerInfo, SettingsOptions } from './types/settings.js';
import type { HealthReport, JournalEntry } from './types/server.js';

/** What the caller may do. */
export class Access {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * The caller's role, and what it may do with each collection it can see. It is the server's own
   * judgement, so a program need not work rights out by itself.
   *
   * @example
   * ```ts
   * const { collections } = await plinth.access.me();
   * const update = collections['products']?.update;
   * console.log(update ? `may change ${update.fields.join(', ')}` : 'may not change products');
   * ```
   */
  async me(options?: CallOptions): Promise<AccessReport> {
    return (await this.#http.get<Answer<AccessReport>>('/access/me', options)).data;
  }
}

/** The server itself. */
export class Server {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * Whether the server is up; for signed-in callers also its version, store and uptime.
   *
   * @example
   * ```ts
   * const { status, version } = await plinth.server.health();
   * console.log(status, version);
   * ```
   */
  health(options?: CallOptions): Promise<HealthReport> {
    return this.#http.get('/health', options);
  }

  /**
   * What the project is called and how it looks, and the version of the program. Nobody needs to be
   * signed in.
   *
   * @example
   * ```ts
   * const { project, version } = await plinth.server.info();
   * console.log(project.name, project.localization.language, version);
   * ```
   */
  info({ tenantId, ...options }: SettingsOptions = {}): Promise<ServerInfo> {
    const params = tenantId === undefined ? {} : { params: { tenant_id: tenantId } };
    return this.#http.get('/', { ...options, ...params });
  }

  /**
   * What happened lately, newest first, for administrators: records made, changed and removed, and
   * each change of the schema. At most 200 entries; 50 unless `limit` says otherwise.
   *
   * @example
   * ```ts
   * for (const entry of await plinth.server.journal({ limit: 10 })) {
   *   console.log(entry.at, entry.actor ?? 'the server', entry.kind, entry.count, entry.collection);
   * }
   * ```
   */
  async journal(options: CallOptions & { readonly limit?: number } = {}): Promise<JournalEntry[]> {
    const { limit, ...rest } = options;
    const path = limit === undefined ? '/journal' : `/journal?limit=${limit}`;
    return (await this.#http.get<Answer<JournalEntry[]>>(path, rest)).data;
  }
}
