import { segment, type Transport } from './transport.js';
import { appendFile } from './upload.js';
import type { Answer } from './generated/wire.js';
import type { CallOptions } from './types/common.js';
import type { ImportJob, ImportRequest } from './types/imports.js';

/** Imports of large files, which run on the server as jobs. */
export class Imports {
  readonly #http: Transport;

  /** @internal */
  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * Sends a file and starts its import; follow it with {@link get}.
   *
   * @example
   * ```ts
   * const job = await plinth.imports.start({
   *   file: new Blob(['iata,name\nBER,Berlin\n'], { type: 'text/csv' }),
   *   collection: 'airports',
   *   format: 'csv',
   *   mapping: { iata: 'code', name: 'name' },
   *   mode: 'valid',
   * });
   * console.log(job.id, job.state);
   * ```
   */
  async start(request: ImportRequest, options?: CallOptions): Promise<ImportJob> {
    const { file, mapping, ...fields } = request;
    const form = new FormData();
    // The file comes last, so that the server knows what to do with it when it arrives.
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) form.append(name, String(value));
    }
    if (mapping !== undefined) form.append('mapping', JSON.stringify(mapping));
    appendFile(form, 'file', file, `import.${request.format}`);
    return (await this.#http.post<Answer<ImportJob>>('/imports', form, options)).data;
  }

  /**
   * How far an import is.
   *
   * @example
   * ```ts
   * const job = await plinth.imports.get('import-uuid');
   * console.log(job.state, `${job.rowsWritten} of ${job.rowsRead} rows`);
   * ```
   */
  async get(id: string, options?: CallOptions): Promise<ImportJob> {
    return (await this.#http.get<Answer<ImportJob>>(this.#path(id), options)).data;
  }

  /**
   * The imports of this project, running and past.
   *
   * @example
   * ```ts
   * for (const job of await plinth.imports.list()) console.log(job.collection, job.state);
   * ```
   */
  async list(options?: CallOptions): Promise<ImportJob[]> {
    return (await this.#http.get<Answer<ImportJob[]>>('/imports', options)).data;
  }

  /**
   * The rows an import refused, as CSV with the reason in a column of its own. The reply is handed
   * over as it is: read it with `text()`, `blob()`, or piece by piece from `body`.
   *
   * @example
   * ```ts
   * const reply = await plinth.imports.rejects('import-uuid');
   * console.log(await reply.text());
   * ```
   */
  rejects(id: string, options?: CallOptions): Promise<Response> {
    return this.#http.stream({ ...options, method: 'GET', path: `${this.#path(id)}/rejects` });
  }

  /**
   * Takes back the rows an import wrote. If some of them were changed since, it rejects with 409
   * `CONSENT_REQUIRED` and says how many, unless `consent` is given.
   *
   * @example
   * ```ts
   * const job = await plinth.imports.undo('import-uuid');
   * console.log(job.state);
   * ```
   */
  async undo(id: string, options: CallOptions & { readonly consent?: boolean | undefined } = {}): Promise<ImportJob> {
    const { consent, ...rest } = options;
    const body = consent === undefined ? undefined : { consent };
    return (await this.#http.post<Answer<ImportJob>>(`${this.#path(id)}/undo`, body, rest)).data;
  }

  /**
   * Stops an import; nothing of it is kept.
   *
   * @example
   * ```ts
   * await plinth.imports.cancel('import-uuid');
   * ```
   */
  async cancel(id: string, options?: CallOptions): Promise<ImportJob> {
    return (await this.#http.post<Answer<ImportJob>>(`${this.#path(id)}/cancel`, undefined, options)).data;
  }

  #path(id: string): string {
    return `/imports/${segment(id, 'The id of an import')}`;
  }
}
