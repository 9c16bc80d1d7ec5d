import type { CallOptions, UploadSource } from './common.js';
import type { ExportFormat } from './write.js';

export type { ImportJob, ImportPhase as ImportState, ImportReject } from '../generated/wire.js';

/** What to import, and how. */
export interface ImportRequest {
  file: UploadSource;
  collection: string;
  format: ExportFormat;
  /** Which column goes to which field; `null` leaves a column out. */
  mapping?: Readonly<Record<string, string | null>> | undefined;
  /** CSV: the separator, `,` unless given. */
  delimiter?: string | undefined;
  /** CSV: the text that stands for NULL. */
  nullText?: string | undefined;
  /** Check every row and write none. */
  dryRun?: boolean | undefined;
  /** `all` writes everything or nothing; `valid` writes the rows that pass and keeps the rest apart. */
  mode?: 'all' | 'valid' | undefined;
}

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
