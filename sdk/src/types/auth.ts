import type {
  PermissionRecord,
  PermissionWritten,
  RoleRecord,
  TenantRecord,
  UserRecord,
  UserWritten,
} from '../generated/records.js';
import type { AccessGrants, AuthMode, InvitePlace, InviteShown, SessionStarted, SetupBody, SignInBody } from '../generated/wire.js';
import type { CallOptions, ItemId } from './common.js';
import type { Filter } from './filter.js';

export type { AccessGrant, AccessReport, OpenSession } from '../generated/wire.js';

/** How a session is carried: a bearer token, or an HttpOnly cookie. */
export type { AuthMode };

/** The kind of session; the server may limit how many a user has of one kind. */
export type AuthType = 'default' | 'mobile' | 'web';

export type AuthStateEvent =
  | 'SIGNED_IN'
  | 'SIGNED_OUT'
  | 'TOKEN_REFRESHED'
  | 'USER_UPDATED'
  | 'TENANT_SWITCHED';

export type UserStatus = NonNullable<UserRecord['status']>;

/** A row of `baasix_User`. Which columns are present depends on the call and on permissions. */
export interface User extends UserRecord {
  email: string;
  firstName?: string;
  fullName?: string;
  /** The role of the session, where the call tells it. */
  role_Id?: string | null;
  /** The tenant of the session, where the call tells it. */
  tenant_Id?: string | null;
  createdAt?: string;
  updatedAt?: string;
}

/** What may be written to a user. */
export interface UserInput extends Partial<UserWritten> {
  /** The role the user gets (administrators). */
  role_Id?: string | null;
  /** The tenant in which the user gets it. */
  tenant_Id?: string | null;
  /** The page that the mail leads to which asks for a confirmation of the address. */
  link?: string;
  /** Columns a project added to `baasix_User`. */
  [column: string]: unknown;
}

/** A row of `baasix_Role`. */
export interface Role extends RoleRecord {
  name: string;
  canInviteRoleIds?: string[] | null;
  ipWhitelist?: string[] | null;
  createdAt?: string;
  updatedAt?: string;
}

/** What a permission may be about. */
export type PermissionAction = keyof AccessGrants;

/** A row of `baasix_Permission`. */
export interface Permission extends PermissionRecord {
  role_Id: string;
  collection: string;
  action: PermissionAction;
  /** Field patterns: `*`, `title`, `author.*`; a comma list is accepted as well. */
  fields?: string[] | string | null;
  conditions?: Filter | null;
  relConditions?: Readonly<Record<string, Filter>> | null;
  defaultValues?: Readonly<Record<string, unknown>> | null;
  /** What a changed record must satisfy; null or absent is the same as `conditions`. */
  checkConditions?: Filter | null;
  createdAt?: string;
  updatedAt?: string;
}

/** What may be written to a permission. */
export interface PermissionInput
  extends Omit<PermissionWritten, 'action' | 'fields' | 'conditions' | 'relConditions' | 'defaultValues' | 'checkConditions'> {
  action: PermissionAction;
  /** Field patterns: `*`, `title`, `author.*`; a comma list is accepted as well. */
  fields?: readonly string[] | string | null;
  conditions?: Filter | null;
  relConditions?: Readonly<Record<string, Filter>> | null;
  defaultValues?: Readonly<Record<string, unknown>> | null;
  /** What a changed record must satisfy; null or absent is the same as `conditions`. */
  checkConditions?: Filter | null;
}

/** The grant of one action in `createCrudPermissions`. */
export type PermissionGrant = Pick<
  PermissionInput,
  'fields' | 'conditions' | 'relConditions' | 'defaultValues' | 'checkConditions'
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
export interface Tenant extends TenantRecord {
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

export interface LoginCredentials extends Pick<SignInBody, 'email' | 'password'> {
  /** Sign in to this tenant (multi-tenant projects). */
  tenantId?: string | undefined;
  /** Overrides the client's `authMode` for this session's transport. */
  authMode?: AuthMode | undefined;
  authType?: AuthType | undefined;
}

export interface RegisterData extends Partial<Pick<UserWritten, 'firstName' | 'lastName' | 'phone'>> {
  email: string;
  password: string;
  /** Creates a tenant and makes the new user its member (multi-tenant projects). */
  tenant?: { name: string };
  roleName?: string;
  inviteToken?: string;
  authMode?: AuthMode;
  /** Columns a project added to `baasix_User` and opened for registration. */
  [column: string]: unknown;
}

/** A mail that is asked for. */
export interface MailRequest {
  /** The address of the account. */
  email: string;
  /** The page that the mail leads to; the `app_url` of the settings unless given. */
  redirectUrl?: string | undefined;
}

/** A way in by mail. */
export interface MagicLinkRequest extends MailRequest {
  /** `link` unless given. */
  mode?: 'link' | 'code' | undefined;
}

/** Where one signs in at another provider, and where that leads back to. */
export interface OAuthOptions {
  /** Its id: `google`, `github`, `apple`, `facebook`, or one that the project names itself. */
  provider: string;
  /** A page that belongs to the project. */
  redirectUrl: string;
  /** Asked for besides the usual ones. */
  scopes?: readonly string[] | undefined;
  /** Comes back as it is. */
  state?: string | undefined;
  /** The token of an invitation, which a new account is made by. */
  inviteToken?: string | undefined;
}

/** What a page has of a way in at a provider. */
export interface ProviderSession {
  token: string;
  user: User;
}

/** An ID token that an app got by itself. */
export interface IdTokenEntry {
  provider: string;
  idToken: string;
  /** What the app asked the provider with; without one the token must be a few minutes old at most. */
  nonce?: string | undefined;
  /** Overrides the client's `authMode` for this session's transport. */
  authMode?: AuthMode | undefined;
  /** The kind of session; the server may limit how many a user has of one kind. */
  authType?: AuthType | undefined;
}

/** How one signs in with what a mail brought. */
export interface MagicLinkOptions extends CallOptions {
  /** The address that a code was sent to. */
  email?: string | undefined;
  /** Overrides the client's `authMode` for this session's transport. */
  authMode?: AuthMode | undefined;
  /** The kind of session; the server may limit how many a user has of one kind. */
  authType?: AuthType | undefined;
}

/** What an explanation is asked about. */
export interface ExplainQuestion {
  /** Through the eyes of this person. */
  userId?: string | undefined;
  /** Through the eyes of this role, with nobody in it. */
  roleId?: string | undefined;
  /** In this tenant; where a sign-in leads unless given. */
  tenantId?: string | undefined;
  collection: string;
  /** `read` unless given. */
  action?: 'read' | 'update' | 'delete' | undefined;
  /** The key of the record. */
  id: ItemId;
}

/** What an impact is asked about. */
export interface ImpactQuestion {
  /** Permissions as they would be, at most 50. Those of one role are judged together. */
  changes: readonly {
    roleId: string;
    collection: string;
    action: PermissionAction;
    /** Its fields and conditions; `null` where it is taken away. */
    permission: PermissionGrant | null;
  }[];
  /** To this person, of the role that is changed; to the role with nobody in it unless given. */
  userId?: string | undefined;
  /** In this tenant. */
  tenantId?: string | undefined;
}

/** As whom the project is looked at. With neither `userId` nor `roleId` it is whoever is not signed in. */
export interface ViewAs {
  /** As this person. */
  userId?: string | undefined;
  /** As this role, with nobody in it. */
  roleId?: string | undefined;
  /** In this tenant. */
  tenantId?: string | undefined;
}

export type { PersonaOpened } from '../generated/wire.js';
export type { PermissionImpact, RecordsInReach } from '../generated/wire.js';
export type { ExplainedClause, ExplainedField, ExplainedRole, Explanation } from '../generated/wire.js';

/** Whom somebody invites, and to what. */
export interface Invitation {
  /** The address of whom it is for. */
  email: string;
  /** The role that it gives. */
  roleId: string;
  /** The tenant; one's own unless given. */
  tenantId?: string | undefined;
  /** The page that the mail leads to; the `app_url` of the settings unless given. */
  redirectUrl?: string | undefined;
}

/** What an invitation is, to whoever holds its token. `tenant` is null in a project without tenants. */
export type InviteInfo = Omit<InviteShown, 'tenant'> & {
  /** The tenant. */
  tenant: InvitePlace;
};

export type { InvitePlace, SentInvite } from '../generated/wire.js';
export type { AddressConfirmed, ConfirmedUser } from '../generated/wire.js';

/** How a change of the tenant is asked for. */
export interface SwitchTenantOptions extends CallOptions {
  /** Overrides the client's `authMode` for this session's transport. */
  authMode?: AuthMode | undefined;
  authType?: AuthType | undefined;
}

/** What makes the first owner of a new project. */
export interface SetupData extends Omit<SetupBody, 'firstName' | 'authMode'> {
  /** `Owner` unless given. */
  firstName?: string | undefined;
  authMode?: AuthMode | undefined;
}

/** The reply of every call that starts a session. */
export interface AuthResponse
  extends Partial<Omit<SessionStarted, 'token' | 'user' | 'role' | 'permissions' | 'tenant'>> {
  /** Empty when no session began, for instance until the e-mail address is verified. */
  token: string;
  user: User;
  role?: Role | null;
  permissions?: Permission[];
  tenant?: Tenant | null;
  requiresEmailVerification?: boolean;
}

export type { QrPicture, SecondFactorBegun, SecondFactorState } from '../generated/wire.js';

/** What a second factor is shown by: the code of an app, or a recovery code. */
export interface TotpProof {
  /** Of an account that has one. */
  password?: string | undefined;
  /** What the app shows. */
  code?: string | undefined;
  /** Instead of the code. */
  recoveryCode?: string | undefined;
}

/** The second half of a sign-in. */
export interface ChallengeProof extends Omit<TotpProof, 'password'> {
  /** Of the `SecondFactorError` that the first half rejected with. */
  challenge: string;
  /** How the tokens shall travel. */
  authMode?: AuthMode | undefined;
}

/** Who may set a second factor up. */
export interface TotpSetupProof {
  /** Of who is signed in, if the account has one. */
  password?: string | undefined;
  /** Of a sign-in that demands a second factor. */
  challenge?: string | undefined;
}

/** The end of a set-up. */
export interface TotpConfirmation {
  /** What the app shows. */
  code: string;
  /** Of a sign-in that demands a second factor: it goes on then. */
  challenge?: string | undefined;
  /** How the tokens shall travel. */
  authMode?: AuthMode | undefined;
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
