//! Invitations.

use serde::Serialize;

/// What invites somebody.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct InviteBody {
    /// The address of whom it is for.
    pub(crate) email: String,
    /// The role that it gives.
    #[cfg_attr(test, ts(rename = "role_Id"))]
    pub(crate) role_id: String,
    /// The tenant; the inviter's own unless given.
    #[cfg_attr(test, ts(rename = "tenant_Id"))]
    pub(crate) tenant_id: Option<String>,
    /// The page that the mail leads to; the application's own unless given.
    pub(crate) link: Option<String>,
}

/// The reply of an invitation that was sent.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct InviteSent {
    /// A sentence for a person.
    pub(crate) message: String,
    /// The invitation.
    pub(crate) invite: SentInvite,
}

/// An invitation that was sent, without the token, which is in the mail alone.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SentInvite {
    /// The key.
    pub(crate) id: String,
    /// Whom it is for.
    pub(crate) email: String,
    /// `pending`.
    pub(crate) status: String,
    /// When it ends, ISO 8601 in UTC.
    pub(crate) expires_at: String,
}

impl From<auth::Invited> for InviteSent {
    fn from(invited: auth::Invited) -> Self {
        Self {
            message: String::from("Invitation sent successfully"),
            invite: SentInvite {
                id: invited.id,
                email: invited.email,
                status: String::from("pending"),
                expires_at: invited.expires_at,
            },
        }
    }
}

/// What an invitation is, to whoever holds its token.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct InviteShown {
    /// `true`.
    pub(crate) valid: bool,
    /// Whom it is for.
    pub(crate) email: String,
    /// Whether that address has an account already.
    pub(crate) user_exists: bool,
    /// The tenant; null where there are none.
    pub(crate) tenant: Option<InvitePlace>,
    /// The role.
    pub(crate) role: InvitePlace,
    /// Key of the tenant.
    pub(crate) tenant_id: Option<String>,
    /// Key of the role.
    pub(crate) role_id: String,
    /// Where to go on, of the page that was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) accept_url: Option<String>,
}

/// A tenant or a role, by its key and its name.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct InvitePlace {
    /// The key.
    pub(crate) id: String,
    /// The name.
    pub(crate) name: String,
}

impl From<auth::InviteShown> for InviteShown {
    fn from(shown: auth::InviteShown) -> Self {
        let place = |(id, name): (String, String)| InvitePlace { id, name };
        Self {
            valid: true,
            email: shown.email,
            user_exists: shown.user_exists,
            tenant_id: shown.tenant.as_ref().map(|(id, _)| id.clone()),
            role_id: shown.role.0.clone(),
            tenant: shown.tenant.map(place),
            role: place(shown.role),
            accept_url: shown.accept_url,
        }
    }
}

/// What accepts an invitation.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename_all = "camelCase", optional_fields))]
pub(crate) struct AcceptBody {
    /// The token of the mail.
    pub(crate) invite_token: String,
    /// How the tokens shall travel.
    pub(crate) auth_mode: Option<super::session::AuthMode>,
    /// The kind of session; the server may limit how many a user has of one kind.
    pub(crate) auth_type: Option<String>,
}
