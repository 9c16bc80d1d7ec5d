//! The second factor.

use super::session::{AuthMode, SessionStarted};
use serde::Serialize;

/// The reply of a way in that asks for the second factor: no session began.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SecondFactorAsked {
    /// Empty.
    pub(crate) token: String,
    /// `true` where a code of the second factor is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) requires_totp: Option<bool>,
    /// `true` where the role demands a second factor and none is set up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) requires_totp_setup: Option<bool>,
    /// To be sent along with the code.
    pub(crate) challenge: String,
    /// Seconds that the challenge holds.
    pub(crate) expires_in: u64,
    /// How the tokens will travel.
    pub(crate) auth_mode: AuthMode,
    /// A sentence for a person.
    pub(crate) message: String,
}

impl SecondFactorAsked {
    pub(crate) fn new(challenge: &auth::Challenge, auth_mode: AuthMode) -> Self {
        let message = match challenge.setup {
            true => "This role needs a second factor: set one up",
            false => "Enter the code of your second factor",
        };
        Self {
            token: String::new(),
            requires_totp: (!challenge.setup).then_some(true),
            requires_totp_setup: challenge.setup.then_some(true),
            challenge: challenge.token.clone(),
            expires_in: challenge.expires_in,
            auth_mode,
            message: message.to_owned(),
        }
    }
}

/// How it stands with one's second factor.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SecondFactorState {
    /// Whether it is asked for.
    pub(crate) enabled: bool,
    /// Since when.
    pub(crate) since: Option<String>,
    /// Recovery codes that are left.
    pub(crate) recovery_codes: usize,
    /// Whether the role demands one.
    pub(crate) demanded: bool,
}

impl From<auth::TotpState> for SecondFactorState {
    fn from(state: auth::TotpState) -> Self {
        Self {
            enabled: state.since.is_some(),
            since: state.since,
            recovery_codes: state.recovery_codes,
            demanded: state.demanded,
        }
    }
}

/// What an authenticator app is set up with; told this once.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SecondFactorBegun {
    /// To be typed in where nothing can be scanned.
    pub(crate) secret: String,
    /// The `otpauth:` address.
    pub(crate) url: String,
    /// The address as a QR code.
    pub(crate) qr: QrPicture,
}

/// A QR code.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct QrPicture {
    /// Squares of a side: an SVG of the view box `0 0 size size`, with an empty margin of four.
    pub(crate) size: u32,
    /// The dark squares, as the path of that SVG.
    pub(crate) path: String,
}

impl From<auth::TotpBegun> for SecondFactorBegun {
    fn from(begun: auth::TotpBegun) -> Self {
        let qr = QrPicture { size: begun.side, path: begun.path };
        Self { secret: begun.secret, url: begun.address, qr }
    }
}

/// What lets one in once each without the app; told this once.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RecoveryCodes {
    /// The codes.
    pub(crate) recovery_codes: Vec<String>,
}

/// A session that began with the set-up of a second factor.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SecondFactorConfirmed {
    #[serde(flatten)]
    #[cfg_attr(test, ts(flatten))]
    pub(crate) session: SessionStarted,
    /// What lets one in once each without the app; told this once.
    pub(crate) recovery_codes: Vec<String>,
}
