//! API tokens.

use serde::Serialize;

/// What makes an API token.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename_all = "camelCase", optional_fields))]
pub(crate) struct NewApiTokenBody {
    /// What it is for; 1 to 100 characters.
    pub(crate) name: String,
    /// What it may be used for at most, `action:collection` each: the action is `read`, `create`,
    /// `update`, `delete`, `write` (all but reading) or `*`; the collection a name, or `*` for all
    /// that are not the system's. Left out: all that its role may.
    pub(crate) scopes: Option<Vec<String>>,
    /// When it ends, an instant; in a year unless said, `null` for never.
    #[cfg_attr(test, ts(optional, type = "string | null"))]
    pub(crate) expires_at: Option<Option<String>>,
    /// Whose it is, where that is somebody else (administrators).
    pub(crate) user_id: Option<String>,
    /// Holds it to one of the user's roles.
    #[cfg_attr(test, ts(rename = "role_Id"))]
    pub(crate) role_id: Option<String>,
    /// The tenant that it works in; the session's unless said.
    #[cfg_attr(test, ts(rename = "tenant_Id"))]
    pub(crate) tenant_id: Option<String>,
}

/// An API token, without the token itself.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ApiToken {
    /// The key.
    pub(crate) id: String,
    /// What it is for.
    pub(crate) name: String,
    /// How it begins.
    pub(crate) prefix: Option<String>,
    /// What it may be used for at most; `null` for all that its role may.
    pub(crate) scopes: Option<Vec<String>>,
    /// Key of the user it acts as.
    pub(crate) user_id: String,
    /// Key of the role that it is held to.
    pub(crate) role_id: Option<String>,
    /// Key of the tenant that it works in.
    pub(crate) tenant_id: Option<String>,
    /// When it was made.
    pub(crate) created_at: Option<String>,
    /// When it was used last, to a quarter of an hour.
    pub(crate) last_used_at: Option<String>,
    /// When it ends; `null` for never.
    pub(crate) expires_at: Option<String>,
}

/// A new API token: the only time that it is told.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ApiTokenMade {
    #[serde(flatten)]
    #[cfg_attr(test, ts(flatten))]
    pub(crate) record: ApiToken,
    /// The token: to be sent as `Authorization: Bearer …`.
    pub(crate) token: String,
}

impl From<auth::ApiToken> for ApiToken {
    fn from(one: auth::ApiToken) -> Self {
        Self {
            id: one.id,
            name: one.name,
            prefix: one.prefix,
            scopes: one.scopes,
            user_id: one.user,
            role_id: one.role,
            tenant_id: one.tenant,
            created_at: one.created_at,
            last_used_at: one.last_used_at,
            expires_at: one.expires_at,
        }
    }
}
