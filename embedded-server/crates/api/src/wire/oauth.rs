//! Signing in at another provider.

use super::session::AuthMode;
use serde::Serialize;

/// What signs in at another provider from a program, which leads the person there by itself.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct SocialBody {
    /// Id of the provider.
    pub(crate) provider: String,
    /// The page that the provider leads back to, instead of the server's own address.
    #[cfg_attr(test, ts(rename = "callbackURL"))]
    pub(crate) callback_url: Option<String>,
    /// Asked for besides the usual ones.
    pub(crate) scopes: Option<Vec<String>>,
    /// How the tokens shall travel.
    #[cfg_attr(test, ts(rename = "authMode"))]
    pub(crate) auth_mode: Option<AuthMode>,
    /// `default`, `mobile` or `web`.
    #[cfg_attr(test, ts(rename = "authType"))]
    pub(crate) auth_type: Option<String>,
    /// The token of an invitation, which a new account is made by.
    #[cfg_attr(test, ts(rename = "inviteToken"))]
    pub(crate) invite_token: Option<String>,
    /// An ID token that an app got from the provider by itself, and what it asked with.
    #[cfg_attr(test, ts(rename = "idToken"))]
    pub(crate) id_token: Option<IdTokenBody>,
}

/// An ID token; the text of the token alone is taken, too.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct IdTokenBody {
    /// The token.
    pub(crate) token: String,
    /// The nonce that the app asked with.
    pub(crate) nonce: Option<String>,
}

/// Where to go on.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SocialBegun {
    /// `true`.
    pub(crate) redirect: bool,
    /// The address at which the person agrees.
    pub(crate) url: String,
}

/// The providers that are set up.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ProviderList {
    /// In the order that they are shown.
    pub(crate) data: Vec<SignInProvider>,
}

/// A provider to sign in at.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SignInProvider {
    /// Stands in addresses.
    pub(crate) id: String,
    /// For people.
    pub(crate) name: String,
}

impl From<auth::ProviderShown> for SignInProvider {
    fn from(shown: auth::ProviderShown) -> Self {
        Self { id: shown.id, name: shown.name }
    }
}
