import { segment, type Transport } from './transport.js';
import type { Answer, KeptProvider, ProjectVariable } from './generated/wire.js';
import type { CallOptions } from './types/common.js';
import type { VariableInput } from './types/variables.js';

/**
 * Variables of the project, for administrators: what the environment of the server would say
 * otherwise, which counts before them. They lie sealed, and a secret is told to nobody again.
 */
export class Variables {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * The variables by name. The `value` of a secret is `null`.
   *
   * @example
   * ```ts
   * for (const { name, isSecret } of await plinth.variables.list()) console.log(name, isSecret);
   * ```
   */
  async list(options?: CallOptions): Promise<ProjectVariable[]> {
    return (await this.#http.get<Answer<ProjectVariable[]>>('/variables', options)).data;
  }

  /**
   * Makes a variable, or changes it; what is left out stays. A new one is a secret unless it is said.
   * What holds no such name or value rejects with 400 `VALIDATION_ERROR`.
   *
   * @example
   * ```ts
   * await plinth.variables.set('GITHUB_CLIENT_ID', { value: 'Iv1.8a61f9b3a7aba766', isSecret: false });
   * await plinth.variables.set('GITHUB_CLIENT_SECRET', { value: 'of-the-settings-there' });
   * ```
   */
  async set(name: string, input: VariableInput, options?: CallOptions): Promise<ProjectVariable> {
    const path = `/variables/${segment(name, 'The name of a variable')}`;
    return (await this.#http.put<Answer<ProjectVariable>>(path, input, options)).data;
  }

  /**
   * Takes a variable away. One that there is not rejects with 404 `NOT_FOUND`.
   *
   * @example
   * ```ts
   * await plinth.variables.remove('GITHUB_CLIENT_SECRET');
   * ```
   */
  async remove(name: string, options?: CallOptions): Promise<void> {
    await this.#http.delete(`/variables/${segment(name, 'The name of a variable')}`, undefined, options);
  }

  /**
   * The providers that people could sign in at, with the variables that set each up, and where each
   * is to lead back to.
   *
   * @example
   * ```ts
   * const google = (await plinth.variables.providers()).find(({ id }) => id === 'google');
   * console.log(google?.works, google?.callback, google?.variables.map(({ name }) => name));
   * ```
   */
  async providers(options?: CallOptions): Promise<KeptProvider[]> {
    return (await this.#http.get<Answer<KeptProvider[]>>('/auth/admin/providers', options)).data;
  }
}
