//! Signing in and out, and who one is.

use super::error::ErrorBody;
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// How the tokens travel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum AuthMode {
    Jwt,
    Cookie,
}

/// What signs in.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename_all = "camelCase", optional_fields))]
pub(crate) struct SignInBody {
    /// How the tokens shall travel.
    pub(crate) auth_mode: Option<AuthMode>,
    /// The address that signs in.
    pub(crate) email: String,
    /// The password.
    pub(crate) password: String,
    /// Sign in to this tenant (multi-tenant projects).
    #[cfg_attr(test, ts(rename = "tenant_Id"))]
    pub(crate) tenant_id: Option<String>,
    /// The kind of session; the server may limit how many a user has of one kind.
    pub(crate) auth_type: Option<String>,
}

/// What goes to another tenant.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename_all = "camelCase", optional_fields))]
pub(crate) struct SwitchBody {
    /// How the tokens shall travel.
    pub(crate) auth_mode: Option<AuthMode>,
    /// The tenant to work in.
    #[cfg_attr(test, ts(rename = "tenant_Id"))]
    pub(crate) tenant_id: String,
    /// The kind of session; the server may limit how many a user has of one kind.
    pub(crate) auth_type: Option<String>,
}

/// Where somebody may work.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct TenantChoices {
    /// The tenants, by name.
    pub(crate) tenants: Vec<TenantChoice>,
}

/// A tenant, and the role there.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct TenantChoice {
    /// The key.
    pub(crate) id: String,
    /// The name.
    pub(crate) name: String,
    /// The role that one has there.
    pub(crate) role: TenantRole,
}

/// A role, by its key and its name.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct TenantRole {
    /// The key.
    pub(crate) id: String,
    /// The name.
    pub(crate) name: String,
}

impl From<auth::Membership> for TenantChoice {
    fn from(one: auth::Membership) -> Self {
        let role = TenantRole { id: one.role, name: one.role_name };
        Self { id: one.tenant, name: one.name, role }
    }
}

/// What makes the first owner of a new project.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename_all = "camelCase", optional_fields))]
pub(crate) struct SetupBody {
    /// How the tokens shall travel.
    pub(crate) auth_mode: Option<AuthMode>,
    /// From the one-time link the server printed.
    pub(crate) token: String,
    /// The address that will sign in.
    pub(crate) email: String,
    /// The password.
    pub(crate) password: String,
    /// Given name; `Owner` unless given.
    pub(crate) first_name: Option<String>,
}

/// What gives the signed-in user a new password.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename_all = "camelCase"))]
pub(crate) struct PasswordBody {
    /// The one that holds now.
    pub(crate) current_password: String,
    /// The one that shall hold.
    pub(crate) new_password: String,
}

/// The reply of every call that starts or renews a session.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SessionStarted {
    /// The access token.
    pub(crate) token: String,
    /// Exchanged for a new session when the access token has expired.
    pub(crate) refresh_token: String,
    /// Seconds until the access token expires.
    pub(crate) expires_in: u64,
    /// How the tokens travel.
    pub(crate) auth_mode: AuthMode,
    /// Who is signed in.
    pub(crate) user: SessionUser,
    /// The active role.
    #[cfg_attr(test, ts(type = "RoleRecord | null"))]
    pub(crate) role: Json,
    /// What the role may.
    #[cfg_attr(test, ts(type = "Array<PermissionRecord>"))]
    pub(crate) permissions: Json,
    /// The tenant of the session.
    #[cfg_attr(test, ts(type = "TenantRecord | null"))]
    pub(crate) tenant: Option<Map<String, Json>>,
    /// A sentence for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) message: Option<String>,
}

/// The user of a session, in brief.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SessionUser {
    /// The key.
    #[cfg_attr(test, ts(type = "string"))]
    pub(crate) id: Json,
    /// The address that signs in.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub(crate) email: Json,
    /// Given name.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub(crate) first_name: Json,
    /// Family name.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub(crate) last_name: Json,
}

/// The reply of `/auth/me`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SessionReport {
    /// The row of the user, with `role_Id` and `tenant_Id` of the session.
    #[cfg_attr(test, ts(type = "UserRecord & { role_Id: string, tenant_Id: string | null }"))]
    pub(crate) user: Map<String, Json>,
    /// The active role.
    pub(crate) role: Option<SessionRole>,
    /// What the role may.
    pub(crate) permissions: Vec<SessionPermission>,
    /// Key of the tenant.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub(crate) tenant: Json,
    /// The row of the tenant.
    #[cfg_attr(test, ts(type = "TenantRecord | null"))]
    pub(crate) tenant_info: Option<Map<String, Json>>,
}

/// The active role, in brief.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SessionRole {
    /// The key.
    pub(crate) id: String,
    /// The name.
    pub(crate) name: String,
    /// Whether it holds in one tenant only.
    #[cfg_attr(test, ts(type = "boolean | null"))]
    pub(crate) is_tenant_specific: Option<Json>,
}

/// A permission of the active role, in brief.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SessionPermission {
    /// What may be done.
    #[cfg_attr(test, ts(type = "string"))]
    pub(crate) action: Json,
    /// With which collection.
    #[cfg_attr(test, ts(type = "string"))]
    pub(crate) collection: Json,
    /// Field patterns.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub(crate) fields: Json,
    /// Which rows.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub(crate) conditions: Json,
}

impl SessionPermission {
    pub(crate) fn new(row: &Json) -> Self {
        let column = |name: &str| row[name].clone();
        Self {
            action: column("action"),
            collection: column("collection"),
            fields: column("fields"),
            conditions: column("conditions"),
        }
    }
}

/// The reply of `/auth/check` for a living session.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SessionValid {
    /// `true`.
    pub(crate) valid: bool,
    /// Whose it is.
    pub(crate) user: SessionKey,
}

/// The user of a session by key alone.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SessionKey {
    pub(crate) id: String,
}

/// The reply of `/auth/check` when there is no living session: the envelope, and the answer.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SessionInvalid {
    #[serde(flatten)]
    #[cfg_attr(test, ts(flatten))]
    pub(crate) refusal: ErrorBody,
    /// `false`.
    pub(crate) valid: bool,
}

/// A living session of the caller. Times are ISO 8601 in UTC.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct OpenSession {
    /// The key.
    pub(crate) id: String,
    /// `default`, `mobile` or `web`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Address that it was opened from.
    pub(crate) ip_address: Option<String>,
    /// How the opener called itself.
    pub(crate) user_agent: Option<String>,
    /// Key of the tenant that it works in.
    #[serde(rename = "tenant_Id")]
    pub(crate) tenant_id: Option<String>,
    /// When it was opened.
    pub(crate) created_at: Option<String>,
    /// When its tokens were last exchanged; null if they never were.
    pub(crate) refreshed_at: Option<String>,
    /// When it ends unless it is refreshed.
    pub(crate) expires_at: Option<String>,
    /// Whether the question came with a token of this session.
    pub(crate) current: bool,
}

impl From<auth::OpenSession> for OpenSession {
    fn from(session: auth::OpenSession) -> Self {
        Self {
            id: session.id,
            kind: session.kind,
            ip_address: session.ip,
            user_agent: session.user_agent,
            tenant_id: session.tenant,
            created_at: session.created_at,
            refreshed_at: session.refreshed_at,
            expires_at: session.expires_at,
            current: session.current,
        }
    }
}

/// How many sessions were ended.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SessionsEnded {
    /// A sentence for a person.
    pub(crate) message: String,
    /// The number.
    #[cfg_attr(test, ts(type = "number"))]
    pub(crate) ended: u64,
}

/// The reply of a registration whose address must be confirmed first: no session began, and the
/// tokens are empty.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RegistrationWaits {
    #[serde(flatten)]
    #[cfg_attr(test, ts(flatten))]
    pub(crate) session: SessionStarted,
    /// `true`.
    pub(crate) requires_email_verification: bool,
}

/// The refusal of an account whose address is not confirmed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct AddressUnconfirmed {
    #[serde(flatten)]
    #[cfg_attr(test, ts(flatten))]
    pub(crate) refusal: ErrorBody,
    /// `true`.
    pub(crate) requires_email_verification: bool,
}

/// What asks for a way in by mail.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct MagicLinkBody {
    /// The address of the account.
    pub(crate) email: String,
    /// The page that the mail leads to; the application's own unless given.
    pub(crate) link: Option<String>,
    /// `link` (unless given) or `code`.
    #[cfg_attr(test, ts(type = "'link' | 'code'"))]
    pub(crate) mode: Option<String>,
}

/// What asks for a mail to an account: a new password, or a confirmation.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct MailAskedBody {
    /// The address of the account.
    pub(crate) email: Option<String>,
    /// The page that the mail leads to; the application's own unless given.
    pub(crate) link: Option<String>,
}

/// What a mail brought, sent back to sign in.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename_all = "camelCase", optional_fields))]
pub(crate) struct MagicVerifyBody {
    /// The token of a link, or a code.
    pub(crate) token: String,
    /// The address that a code was sent to.
    pub(crate) email: Option<String>,
    /// How the tokens shall travel.
    pub(crate) auth_mode: Option<AuthMode>,
    /// The kind of session; the server may limit how many a user has of one kind.
    pub(crate) auth_type: Option<String>,
}

/// What sets a new password with the link of a mail.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ResetBody {
    /// The one that shall hold.
    pub(crate) password: String,
}

/// The reply of a confirmed address.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct AddressConfirmed {
    /// A sentence for a person.
    pub(crate) message: String,
    /// Whose it is.
    pub(crate) user: ConfirmedUser,
}

/// An account, and its address that was confirmed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ConfirmedUser {
    /// The key.
    pub(crate) id: String,
    /// The address that signs in.
    pub(crate) email: String,
    /// `true`.
    pub(crate) email_verified: bool,
}
