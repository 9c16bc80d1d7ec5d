/** The row of `baasix_Settings`: the columns every project has, and free keys beside them. */
export interface Settings {
  id?: number;
  tenant_Id?: string | null;
  project_name?: string;
  title?: string;
  project_url?: string | null;
  app_url?: string | null;
  project_color?: string | null;
  secondary_color?: string | null;
  description?: string | null;
  keywords?: string | null;
  timezone?: string;
  language?: string;
  date_format?: string;
  currency?: string;
  email_signature?: string | null;
  from_email_name?: string | null;
  smtp_enabled?: boolean;
  /** Sessions a user may have of this kind; `-1` is unlimited, `0` forbids them. */
  mobile_session_limit?: number | null;
  web_session_limit?: number | null;
  session_limit_roles?: string[] | null;
  metadata?: Record<string, unknown> | null;
  modules?: Record<string, unknown> | null;
  [key: string]: unknown;
}
