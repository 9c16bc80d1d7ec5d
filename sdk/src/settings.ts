import type { Transport } from './transport.js';
import type { Answer, TestMail } from './generated/wire.js';
import type { CallOptions } from './types/common.js';
import type { Branding, Settings, SettingsChange, SettingsOptions } from './types/settings.js';

/** The name, the looks and the ways of the project, or of one of its tenants. */
export class ProjectSettings {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * All settings that the caller may know: columns and free keys beside each other, a tenant's over
   * those of the project. Whoever is not signed in is told names, looks and free keys; nobody is
   * told how mail is sent.
   *
   * @example
   * ```ts
   * const settings = await plinth.settings.get();
   * console.log(settings.project_name, settings['theme']);
   * ```
   */
  async get(options?: SettingsOptions): Promise<Settings> {
    return (await this.#http.get<Answer<Settings>>('/settings', ofTenant(options))).data;
  }

  /**
   * One setting, a column or a free key; `null` where there is none.
   *
   * @example
   * ```ts
   * const theme = await plinth.settings.getKey<'light' | 'dark'>('theme');
   * console.log(theme ?? 'light');
   * ```
   */
  async getKey<T = unknown>(key: string, options?: SettingsOptions): Promise<T | null> {
    const settings = await this.get(options);
    return Object.hasOwn(settings, key) ? ((settings[key] ?? null) as T | null) : null;
  }

  /**
   * Changes settings (administrators) and answers them as they are then. A key that is no column is
   * kept beside them and is as public as they are, so that no secret belongs there; `null` takes it
   * away. With `tenantId` it changes what is different in that tenant.
   *
   * @example
   * ```ts
   * const settings = await plinth.settings.update({ appName: 'My Application', theme: 'dark' });
   * console.log(settings.project_name);
   * ```
   */
  async update(changes: SettingsChange, options?: SettingsOptions): Promise<Settings> {
    return (await this.#http.patch<Answer<Settings>>('/settings', changes, ofTenant(options))).data;
  }

  /**
   * Changes one setting (administrators).
   *
   * @example
   * ```ts
   * await plinth.settings.set('timezone', 'Europe/Berlin');
   * ```
   */
  set(key: string, value: unknown, options?: SettingsOptions): Promise<Settings> {
    return this.update({ [key]: value }, options);
  }

  /**
   * The settings of whose application lives at an address: the project's or a tenant's.
   *
   * @example
   * ```ts
   * const settings = await plinth.settings.getByAppUrl('https://myapp.example.com');
   * console.log(settings.title);
   * ```
   */
  async getByAppUrl(appUrl: string, options?: CallOptions): Promise<Settings> {
    const asked = { ...options, params: { appUrl } };
    return (await this.#http.get<Answer<Settings>>('/settings/by-app-url', asked)).data;
  }

  /**
   * Names, colours and logo, for pages and mails. Nobody needs to be signed in.
   *
   * @example
   * ```ts
   * const { project_name, primaryColor, logo } = await plinth.settings.getBranding();
   * console.log(project_name, primaryColor, logo);
   * ```
   */
  async getBranding(options?: SettingsOptions): Promise<Branding> {
    return (await this.#http.get<Answer<Branding>>('/settings/branding', ofTenant(options))).data;
  }

  /**
   * Sends a mail to this address to see whether mails arrive (administrators), and says what the mail
   * server said. Rejects with 400 `MAIL_FAILED` and its words where it was not sent. Where no mail server
   * is named the mail is caught: {@link Mails.list}.
   *
   * @example
   * ```ts
   * const { message } = await plinth.settings.testEmail('admin@example.com');
   * console.log(message);
   * ```
   */
  testEmail(to: string, options?: CallOptions): Promise<TestMail> {
    return this.#http.post('/settings/test-email', { to }, options);
  }

  /**
   * Makes the server read its settings again (administrators). A change counts from the next request
   * without it.
   *
   * @example
   * ```ts
   * await plinth.settings.reload();
   * ```
   */
  async reload(options?: CallOptions): Promise<void> {
    await this.#http.post('/settings/reload', undefined, options);
  }

  /**
   * Takes the settings of a tenant away, so that those of the project hold in it again
   * (administrators). The tenant is named here, or is that of the client or of who is signed in.
   *
   * @example
   * ```ts
   * await plinth.settings.deleteTenant({ tenantId: 'tenant-uuid' });
   * ```
   */
  async deleteTenant(options?: SettingsOptions): Promise<void> {
    await this.#http.delete('/settings/tenant', undefined, ofTenant(options));
  }
}

function ofTenant({ tenantId, ...options }: SettingsOptions = {}): CallOptions & { params?: object } {
  return tenantId === undefined ? options : { ...options, params: { tenant_id: tenantId } };
}
