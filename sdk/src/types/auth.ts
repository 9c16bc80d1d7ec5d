import type { Filter } from './filter.js';

/** How a session is carried: a bearer token, or an HttpOnly cookie. */
export type AuthMode = 'jwt' | 'cookie';

/** The kind of session; the server may limit how many a user has of one kind. */
export type AuthType = 'default' | 'mobile' | 'web';

export type AuthStateEvent =
  | 'SIGNED_IN'
  | 'SIGNED_OUT'
  | 'TOKEN_REFRESHED'
  | 'USER_UPDATED'
  | 'TENANT_SWITCHED';

export type UserStatus = 'active' | 'inactive' | 'deleted' | 'suspended' | 'pending' | 'invited';

/** A row of `baasix_User`. Which columns are present depends on the call and on permissions. */
export interface User {
  id: string;
  email: string;
  firstName?: string;
  lastName?: string | null;
  fullName?: string;
  phone?: string | null;
  status?: UserStatus;
  emailVerified?: boolean;
  avatar_Id?: string | null;
  lastAccess?: string | null;
  role_Id?: string | null;
  tenant_Id?: string | null;
  createdAt?: string;
  updatedAt?: string;
}

/** What may be written to a user. */
export interface UserInput {
  email?: string;
  password?: string;
  firstName?: string;
  lastName?: string | null;
  phone?: string | null;
  status?: UserStatus;
  emailVerified?: boolean;
  avatar_Id?: string | null;
  role_Id?: string | null;
  tenant_Id?: string | null;
  /** Columns a project added to `baasix_User`. */
  [column: string]: unknown;
}

/** A row of `baasix_Role`. */
export interface Role {
  id: string;
  name: string;
  description?: string | null;
  isTenantSpecific?: boolean;
  canInviteRoleIds?: string[] | null;
  icon?: string | null;
  ipWhitelist?: string[] | null;
  enforceTotp?: boolean | null;
  adminAccess?: boolean | null;
  appAccess?: boolean | null;
  createdAt?: string;
  updatedAt?: string;
}

export type PermissionAction = 'create' | 'read' | 'update' | 'delete';

/** A row of `baasix_Permission`. */
export interface Permission {
  id: string;
  role_Id: string;
  collection: string;
  action: PermissionAction;
  /** Field patterns: `*`, `title`, `author.*`; a comma list is accepted as well. */
  fields?: string[] | string | null;
  conditions?: Filter | null;
  relConditions?: Readonly<Record<string, Filter>> | null;
  defaultValues?: Readonly<Record<string, unknown>> | null;
  createdAt?: string;
  updatedAt?: string;
}

/** What may be written to a permission. */
export interface PermissionInput {
  role_Id: string;
  collection: string;
  action: PermissionAction;
  fields?: readonly string[] | string | null;
  conditions?: Filter | null;
  relConditions?: Readonly<Record<string, Filter>> | null;
  defaultValues?: Readonly<Record<string, unknown>> | null;
}

/** The grant of one action in `createCrudPermissions`. */
export type PermissionGrant = Pick<
  PermissionInput,
  'fields' | 'conditions' | 'relConditions' | 'defaultValues'
>;

/** All permissions, as exported and imported. */
export interface PermissionExport {
  permissions: (PermissionInput & { id?: string; roleName?: string })[];
  exportedAt?: string;
  version?: string;
}

/** What an import of permissions did. */
export interface PermissionImportResult {
  imported: number;
  skipped: number;
  errors: { permission: unknown; error: string }[];
}

/** A tenant as a token reply names it. */
export interface Tenant {
  id: string;
  name: string;
  createdAt?: string;
  updatedAt?: string;
}

/** Who is behind a request, as server-side hooks see it. */
export interface Accountability {
  user: (User & { isAdmin: boolean; role: string }) | null;
  role: { id: string; name: string; isTenantSpecific: boolean };
  permissions: Pick<Permission, 'action' | 'collection' | 'fields' | 'conditions'>[];
  tenant: string | null;
  ipaddress?: string;
}

export interface LoginCredentials {
  email: string;
  password: string;
  /** Sign in to this tenant (multi-tenant projects). */
  tenantId?: string | undefined;
  /** Overrides the client's `authMode` for this session's transport. */
  authMode?: AuthMode | undefined;
  authType?: AuthType | undefined;
}

export interface RegisterData {
  email: string;
  password: string;
  firstName?: string;
  lastName?: string;
  phone?: string;
  /** Creates a tenant and makes the new user its member (multi-tenant projects). */
  tenant?: { name: string };
  roleName?: string;
  inviteToken?: string;
  authMode?: AuthMode;
  /** Columns a project added to `baasix_User` and opened for registration. */
  [column: string]: unknown;
}

/** What makes the first owner of a new project. */
export interface SetupData {
  /** From the one-time link the server printed. */
  token: string;
  email: string;
  password: string;
  firstName?: string | undefined;
}

/** The reply of every call that starts a session. */
export interface AuthResponse {
  /** Empty when no session began, for instance until the e-mail address is verified. */
  token: string;
  refreshToken?: string;
  /** Seconds until `token` expires. */
  expiresIn?: number;
  authMode?: AuthMode;
  user: User;
  role?: Role | null;
  permissions?: Permission[];
  tenant?: Tenant | null;
  message?: string;
  requiresEmailVerification?: boolean;
}

/** The tokens of a session after a refresh. */
export interface AuthTokens {
  token: string;
  /** The same as `token`. */
  accessToken: string;
  refreshToken: string | undefined;
  /** Seconds until the token expires. */
  expiresIn: number | undefined;
  /** The moment it expires, in milliseconds since 1970. */
  expiresAt: number | undefined;
}

/** Who is signed in, as far as this client knows. */
export interface AuthState {
  user: User | null;
  isAuthenticated: boolean;
}

/** What the caller's role may do with one action of a collection. */
export type AccessGrant =
  | false
  | {
      /** Field patterns; `['*']` is every direct column. */
      fields: string[];
      /** `true` when the grant holds only for rows that meet a condition. */
      conditional: boolean;
    };

/** The reply of `access.me()`. */
export interface AccessReport {
  role: { id: string | null; name: string; administrator: boolean };
  /** The id of the signed-in user; `null` for nobody. */
  user: string | null;
  collections: Record<string, Record<PermissionAction, AccessGrant>>;
}
