// Written by `cargo xtask types` from the server's own structs. Do not edit by hand.

/** A row of `baasix_SchemaDefinition`: which columns are present depends on the call and on permissions. */
export interface SchemaDefinitionRecord {
  collectionName: string;
  schema?: unknown;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** A row of `baasix_Tenant`: which columns are present depends on the call and on permissions. */
export interface TenantRecord {
  id: string;
  name?: string;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** A row of `baasix_Role`: which columns are present depends on the call and on permissions. */
export interface RoleRecord {
  id: string;
  name?: string;
  description?: string | null;
  isTenantSpecific?: boolean;
  canInviteRoleIds?: unknown;
  icon?: string | null;
  ipWhitelist?: unknown;
  enforceTotp?: boolean | null;
  adminAccess?: boolean | null;
  appAccess?: boolean | null;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** What may be written to a row of `baasix_Role`; a change takes any part of it. */
export interface RoleWritten {
  name: string;
  description?: string | null;
  isTenantSpecific?: boolean;
  canInviteRoleIds?: unknown;
  icon?: string | null;
  ipWhitelist?: unknown;
  enforceTotp?: boolean | null;
  adminAccess?: boolean | null;
  appAccess?: boolean | null;
}

/** A row of `baasix_File`: which columns are present depends on the call and on permissions. */
export interface FileRecord {
  id: string;
  title?: string | null;
  filename?: string | null;
  originalFilename?: string | null;
  type?: string | null;
  folder?: string | null;
  size?: number | string | null;
  description?: string | null;
  storage?: string | null;
  width?: number | null;
  height?: number | null;
  metadata?: unknown;
  isPublic?: boolean;
  tenant_Id?: string | null;
  userCreated_Id?: string | null;
  userUpdated_Id?: string | null;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** A row of `baasix_User`: which columns are present depends on the call and on permissions. */
export interface UserRecord {
  id: string;
  email?: string | null;
  phone?: string | null;
  firstName?: string;
  lastName?: string | null;
  fullName?: string | null;
  status?: 'active' | 'inactive' | 'deleted' | 'suspended' | 'pending' | 'invited';
  emailVerified?: boolean;
  avatar_Id?: string | null;
  lastAccess?: string | null;
  totpEnabled?: boolean;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** What may be written to a row of `baasix_User`; a change takes any part of it. */
export interface UserWritten {
  email?: string | null;
  phone?: string | null;
  firstName: string;
  lastName?: string | null;
  status?: 'active' | 'inactive' | 'deleted' | 'suspended' | 'pending' | 'invited';
  emailVerified?: boolean;
  avatar_Id?: string | null;
  lastAccess?: string | null;
  totpEnabled?: boolean;
  password?: string | null;
}

/** A row of `baasix_Permission`: which columns are present depends on the call and on permissions. */
export interface PermissionRecord {
  id: string;
  role_Id?: string;
  collection?: string;
  action?: string;
  fields?: unknown;
  conditions?: unknown;
  relConditions?: unknown;
  defaultValues?: unknown;
  checkConditions?: unknown;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** What may be written to a row of `baasix_Permission`; a change takes any part of it. */
export interface PermissionWritten {
  role_Id: string;
  collection: string;
  action: string;
  fields?: unknown;
  conditions?: unknown;
  relConditions?: unknown;
  defaultValues?: unknown;
  checkConditions?: unknown;
}

/** A row of `baasix_UserRole`: which columns are present depends on the call and on permissions. */
export interface UserRoleRecord {
  id: string;
  user_Id?: string;
  role_Id?: string;
  tenant_Id?: string | null;
  lastUsedAt?: string | null;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** A row of `baasix_Sessions`: which columns are present depends on the call and on permissions. */
export interface SessionsRecord {
  id: string;
  rotatedAt?: string | null;
  familyId?: string | null;
  user_Id?: string;
  tenant_Id?: string | null;
  role_Id?: string | null;
  expiresAt?: string;
  lastUsedAt?: string | null;
  ipAddress?: string | null;
  userAgent?: string | null;
  type?: string | null;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** A row of `baasix_ApiToken`: which columns are present depends on the call and on permissions. */
export interface ApiTokenRecord {
  id: string;
  name?: string;
  prefix?: string | null;
  scopes?: unknown;
  user_Id?: string;
  role_Id?: string | null;
  tenant_Id?: string | null;
  expiresAt?: string | null;
  lastUsedAt?: string | null;
  revokedAt?: string | null;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** A row of `baasix_Account`: which columns are present depends on the call and on permissions. */
export interface AccountRecord {
  id: string;
  user_Id?: string;
  accountId?: string;
  providerId?: string;
  accessTokenExpiresAt?: string | null;
  refreshTokenExpiresAt?: string | null;
  scope?: string | null;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** A row of `baasix_Verification`: which columns are present depends on the call and on permissions. */
export interface VerificationRecord {
  id: string;
  identifier?: string;
  user_Id?: string | null;
  attempts?: number;
  expiresAt?: string;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** A row of `baasix_Invite`: which columns are present depends on the call and on permissions. */
export interface InviteRecord {
  id: string;
  email?: string;
  role_Id?: string;
  tenant_Id?: string | null;
  status?: 'pending' | 'accepted' | 'expired' | 'revoked' | null;
  expiresAt?: string;
  invitedBy_Id?: string;
  acceptedBy_Id?: string | null;
  acceptedAt?: string | null;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** A row of `baasix_Settings`: which columns are present depends on the call and on permissions. */
export interface SettingsRecord {
  id: number;
  tenant_Id?: string | null;
  project_name?: string | null;
  title?: string | null;
  project_url?: string | null;
  app_url?: string | null;
  project_color?: string | null;
  secondary_color?: string | null;
  description?: string | null;
  keywords?: string | null;
  project_logo_light_Id?: string | null;
  project_logo_dark_Id?: string | null;
  project_logo_full_Id?: string | null;
  project_logo_transparent_Id?: string | null;
  project_favicon_Id?: string | null;
  project_icon_Id?: string | null;
  email_icon_Id?: string | null;
  email_signature?: string | null;
  from_email_name?: string | null;
  smtp_enabled?: boolean;
  smtp_host?: string | null;
  smtp_port?: number | null;
  smtp_secure?: boolean;
  smtp_user?: string | null;
  smtp_from_address?: string | null;
  timezone?: string | null;
  language?: string | null;
  date_format?: string | null;
  currency?: string | null;
  mobile_session_limit?: number | null;
  web_session_limit?: number | null;
  session_limit_roles?: unknown;
  metadata?: unknown;
  modules?: unknown;
  extra?: unknown;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** What may be written to a row of `baasix_Settings`; a change takes any part of it. */
export interface SettingsWritten {
  tenant_Id?: string | null;
  project_name?: string | null;
  title?: string | null;
  project_url?: string | null;
  app_url?: string | null;
  project_color?: string | null;
  secondary_color?: string | null;
  description?: string | null;
  keywords?: string | null;
  project_logo_light_Id?: string | null;
  project_logo_dark_Id?: string | null;
  project_logo_full_Id?: string | null;
  project_logo_transparent_Id?: string | null;
  project_favicon_Id?: string | null;
  project_icon_Id?: string | null;
  email_icon_Id?: string | null;
  email_signature?: string | null;
  from_email_name?: string | null;
  smtp_enabled?: boolean;
  smtp_host?: string | null;
  smtp_port?: number | null;
  smtp_secure?: boolean;
  smtp_user?: string | null;
  smtp_pass?: string | null;
  smtp_from_address?: string | null;
  timezone?: string | null;
  language?: string | null;
  date_format?: string | null;
  currency?: string | null;
  mobile_session_limit?: number | null;
  web_session_limit?: number | null;
  session_limit_roles?: unknown;
  metadata?: unknown;
  modules?: unknown;
  extra?: unknown;
}

/** A row of `baasix_Template`: which columns are present depends on the call and on permissions. */
export interface TemplateRecord {
  id: string;
  type?: string;
  subject?: string;
  body?: string;
  tenant_Id?: string | null;
  isActive?: boolean;
  description?: string | null;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** A row of `baasix_EmailLog`: which columns are present depends on the call and on permissions. */
export interface EmailLogRecord {
  id: string;
  email?: string;
  subject?: string;
  templateName?: string | null;
  sender?: string | null;
  status?: string | null;
  messageId?: string | null;
  errorMessage?: string | null;
  attempts?: number;
  nextAttemptAt?: string | null;
  sentAt?: string | null;
  tenant_Id?: string | null;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** A row of `baasix_AuditLog`: which columns are present depends on the call and on permissions. */
export interface AuditLogRecord {
  id: string;
  type?: string;
  entity?: string;
  entityId?: string | null;
  action?: string;
  changes?: unknown;
  ipaddress?: string | null;
  userId?: string | null;
  tenant_Id?: string | null;
  origin?: string | null;
  seq?: number | string | null;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** A row of `baasix_UserPreference`: which columns are present depends on the call and on permissions. */
export interface UserPreferenceRecord {
  id: string;
  userId?: string | null;
  collectionName?: string;
  preferenceType?: 'columns' | 'filters' | 'sorting' | 'pagination';
  preferenceData?: unknown;
  isDefault?: boolean;
  name?: string | null;
  tenant_Id?: string | null;
  userCreated_Id?: string | null;
  userUpdated_Id?: string | null;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** What may be written to a row of `baasix_UserPreference`; a change takes any part of it. */
export interface UserPreferenceWritten {
  userId?: string | null;
  collectionName: string;
  preferenceType: 'columns' | 'filters' | 'sorting' | 'pagination';
  preferenceData: unknown;
  isDefault?: boolean;
  name?: string | null;
  tenant_Id?: string | null;
}

/** A row of `baasix_Totp`: which columns are present depends on the call and on permissions. */
export interface TotpRecord {
  id: string;
  user_Id?: string;
  confirmedAt?: string | null;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** A row of `baasix_Persona`: which columns are present depends on the call and on permissions. */
export interface PersonaRecord {
  id: string;
  session_Id?: string;
  viewer_Id?: string;
  user_Id?: string | null;
  role_Id?: string;
  tenant_Id?: string | null;
  expiresAt?: string;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** A row of `baasix_Variable`: which columns are present depends on the call and on permissions. */
export interface VariableRecord {
  id: string;
  name?: string;
  isSecret?: boolean;
  description?: string | null;
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** A row of `baasix_PermissionTest`: which columns are present depends on the call and on permissions. */
export interface PermissionTestRecord {
  id: string;
  name?: string;
  role_Id?: string;
  user_Id?: string | null;
  tenant_Id?: string | null;
  collection?: string;
  action?: string;
  record?: unknown;
  field?: string | null;
  expects?: 'allowed' | 'refused' | 'visible' | 'hidden';
  userCreated_Id?: string | null;
  userUpdated_Id?: string | null;
  createdAt?: string | null;
  updatedAt?: string | null;
}
