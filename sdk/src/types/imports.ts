import type { CallOptions, UploadSource } from './common.js';
import type { ImportForm, ImportFormat } from '../generated/wire.js';
import type { ExportFormat } from './write.js';

export type { ImportJob, ImportLeft, ImportPhase as ImportState, ImportReject } from '../generated/wire.js';

/** What to import, and how. */
export type ImportRequest = Omit<{ readonly [Word in keyof ImportForm]: ImportForm[Word] | undefined }, 'collection' | 'format'> & {
  readonly file: UploadSource;
  readonly collection: string;
  readonly format: ImportFormat;
};

/** Options of an export: the query, the format, and those of every call. */
export interface ExportOptions extends CallOptions {
  /** `csv` unless given. */
  format?: ExportFormat | undefined;
  /**
   * CSV: a cell that a spreadsheet would run as a formula is written so that it does not; `keep`
   * writes it as it is stored, for other programs.
   */
  formulas?: 'keep' | undefined;
}
