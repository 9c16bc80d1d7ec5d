import type { SettingsRecord } from '../generated/records.js';

/** The row of `baasix_Settings`: the columns every project has, and free keys beside them. */
export interface Settings extends Partial<Omit<SettingsRecord, 'session_limit_roles' | 'metadata' | 'modules'>> {
  session_limit_roles?: string[] | null;
  metadata?: Record<string, unknown> | null;
  modules?: Record<string, unknown> | null;
  [key: string]: unknown;
}
