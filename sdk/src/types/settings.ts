import type { SettingsRecord, SettingsWritten } from '../generated/records.js';
import type { CallOptions } from './common.js';

export type { Branding, Localization, ProjectInfo, ProjectPictures, ServerInfo } from '../generated/wire.js';

/** What the document of the SDK calls some columns. */
interface OtherNames {
  /** The same as `project_name`. */
  appName?: string | null;
  /** The same as `project_color`. */
  primaryColor?: string | null;
  /** The same as `secondary_color`. */
  secondaryColor?: string | null;
}

/** The row of `baasix_Settings`: the columns every project has, and free keys beside them. */
export interface Settings
  extends Partial<Omit<SettingsRecord, 'session_limit_roles' | 'metadata' | 'modules'>>,
    OtherNames {
  session_limit_roles?: string[] | null;
  metadata?: Record<string, unknown> | null;
  modules?: Record<string, unknown> | null;
  [key: string]: unknown;
}

/** A change of settings. A key that is no column is kept beside them, `null` takes it away. */
export interface SettingsChange
  extends Omit<SettingsWritten, 'tenant_Id' | 'extra' | 'session_limit_roles' | 'metadata' | 'modules'>,
    OtherNames {
  session_limit_roles?: string[] | null;
  metadata?: Record<string, unknown> | null;
  modules?: Record<string, unknown> | null;
  [key: string]: unknown;
}

/** Whose settings a call is about. */
export interface SettingsOptions extends CallOptions {
  /** A tenant; unless given the one of the client or of who is signed in, else the project itself. */
  tenantId?: string | undefined;
}
