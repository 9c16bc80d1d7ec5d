import { segment, type Transport } from './transport.js';
import type { Answer } from './generated/wire.js';
import type { CallOptions } from './types/common.js';
import type {
  TemplateDefault,
  TemplateDefaults,
  TemplateOptions,
  TemplatePreview,
  TemplatePreviewInput,
  TemplateTypes,
} from './types/templates.js';

/** The mails that the server sends. What a project writes instead are items of `baasix_Template`. */
export class Templates {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * The types of mails, and the names of what each is told.
   *
   * @example
   * ```ts
   * const { types, commonVariables } = await plinth.templates.types();
   * console.log(types.map(({ type, variables }) => `${type}: ${variables.join(', ')}`), commonVariables);
   * ```
   */
  async types(options?: CallOptions): Promise<TemplateTypes> {
    return (await this.#http.get<Answer<TemplateTypes>>('/templates/types', options)).data;
  }

  /**
   * All mails as the server writes them (administrators).
   *
   * @example
   * ```ts
   * const { templates } = await plinth.templates.defaults();
   * console.log(templates.map((template) => template.subject));
   * ```
   */
  async defaults(options?: CallOptions): Promise<TemplateDefaults> {
    return (await this.#http.get<Answer<TemplateDefaults>>('/templates/defaults', options)).data;
  }

  /**
   * One mail as the server writes it (administrators); `null` for a type that it does not send.
   *
   * @example
   * ```ts
   * const template = await plinth.templates.default('passwordReset');
   * console.log(template?.body);
   * ```
   */
  async default(type: string, options?: CallOptions): Promise<TemplateDefault | null> {
    const path = `/templates/default/${segment(type, 'the type')}`;
    return (await this.#http.get<Answer<TemplateDefault | null>>(path, options)).data;
  }

  /**
   * A mail as it would be sent, and the variables it asks for and is never told (administrators).
   * Nothing is sent. A text that cannot be read is refused with its line.
   *
   * @example
   * ```ts
   * const mail = await plinth.templates.preview({
   *   type: 'welcome',
   *   body: '<p>Hello {{ name | upcase }}, it is {{ wether }}.</p>',
   *   variables: { name: 'Ada' },
   * });
   * console.log(mail.subject, mail.text, mail.unknown);
   * ```
   */
  async preview(template: TemplatePreviewInput, options: TemplateOptions = {}): Promise<TemplatePreview> {
    const { tenantId, ...rest } = options;
    const body = { ...template, ...(tenantId === undefined ? {} : { tenant_id: tenantId }) };
    return (await this.#http.post<Answer<TemplatePreview>>('/templates/preview', body, rest)).data;
  }
}
