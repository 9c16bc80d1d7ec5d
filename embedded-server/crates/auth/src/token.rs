//! Access tokens (JWT, HS256) and the derivation of session and refresh tokens.

use base::{Code, Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What an access token says. `role_Id` is what was true at issue time and is not trusted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(non_snake_case, reason = "the claim names are the wire's (`spec/auth.md` 3.2)")]
pub(crate) struct Claims {
    /// User key.
    pub(crate) id: String,
    pub(crate) role_Id: String,
    /// Proves which session this is; its SHA-256 is stored.
    pub(crate) sessionToken: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) tenant_Id: Option<String>,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    pub(crate) jti: String,
    pub(crate) typ: String,
}

/// Keys made from the project's secret.
pub(crate) struct Keys {
    encode: EncodingKey,
    decode: DecodingKey,
    secret: Vec<u8>,
    access_seconds: u64,
}

/// What came out of reading a token.
pub(crate) enum Read {
    Claims(Box<Claims>),
    Expired,
    Invalid,
}

impl Keys {
    pub(crate) fn new(secret: &[u8], access_seconds: u64) -> Self {
        Self {
            encode: EncodingKey::from_secret(secret),
            decode: DecodingKey::from_secret(secret),
            secret: secret.to_vec(),
            access_seconds,
        }
    }

    /// Seconds an access token lives.
    pub(crate) fn access_seconds(&self) -> u64 {
        self.access_seconds
    }

    pub(crate) fn issue(
        &self,
        user: &str,
        role: &str,
        session_token: &str,
        tenant: Option<&str>,
        now_ms: i64,
    ) -> Result<String> {
        let iat = now_ms / 1_000;
        let claims = Claims {
            id: user.to_owned(),
            role_Id: role.to_owned(),
            sessionToken: session_token.to_owned(),
            tenant_Id: tenant.map(str::to_owned),
            iat,
            exp: iat + i64::try_from(self.access_seconds).unwrap_or(i64::MAX / 2),
            jti: base::short_id()?,
            typ: String::from("access"),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encode)
            .map_err(|fault| Error::internal("sign an access token").caused_by(fault))
    }

    /// Reads a token. Expiry is judged by the given clock, so that tests need not wait.
    pub(crate) fn read(&self, token: &str, now_ms: i64) -> Read {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        match jsonwebtoken::decode::<Claims>(token, &self.decode, &validation) {
            Ok(read) if read.claims.typ != "access" => Read::Invalid,
            Ok(read) if read.claims.exp * 1_000 <= now_ms => Read::Expired,
            Ok(read) => Read::Claims(Box::new(read.claims)),
            Err(_) => Read::Invalid,
        }
    }

    /// The session token of a session: derived, so that a refresh can issue it again although
    /// only its hash is stored.
    pub(crate) fn session_token(&self, session: &str) -> Result<String> {
        Ok(hex(&self.derive("session", session)?))
    }

    /// The refresh token that follows `token`: derived, so that two tabs that refresh at once get
    /// the same successor.
    pub(crate) fn next_refresh(&self, token: &str) -> Result<String> {
        Ok(URL_SAFE_NO_PAD.encode(self.derive("refresh", token)?))
    }

    fn derive(&self, purpose: &str, from: &str) -> Result<Vec<u8>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret)
            .map_err(|fault| Error::internal("key a derivation").caused_by(fault.to_string()))?;
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(from.as_bytes());
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

/// What is stored of a token: its SHA-256, in hex.
pub(crate) fn fingerprint(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// A fresh random token, 256 bits, URL-safe.
pub(crate) fn random_token() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(base::random_bytes::<32>()?))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The answer for a refresh token that is unknown, used or expired.
pub(crate) fn refresh_invalid() -> Error {
    Error::new(Code::RefreshInvalid, "the refresh token is unknown, used or expired")
        .hint("sign in again")
}

#[cfg(test)]
mod tests {
    use super::{Keys, Read, fingerprint};

    #[test]
    fn a_token_is_read_back_until_it_expires_and_not_after_tampering() {
        let keys = Keys::new(&[7; 32], 60);
        let token = keys.issue("u", "r", "s", Some("t"), 1_000_000).unwrap();
        let Read::Claims(claims) = keys.read(&token, 1_000_000) else { panic!("unreadable") };
        assert_eq!((claims.id.as_str(), claims.tenant_Id.as_deref()), ("u", Some("t")));
        assert!(matches!(keys.read(&token, 1_061_000), Read::Expired));
        let other = Keys::new(&[8; 32], 60);
        assert!(matches!(other.read(&token, 1_000_000), Read::Invalid));
        assert!(matches!(keys.read("undefined", 0), Read::Invalid));
    }

    #[test]
    fn successors_are_the_same_each_time_and_say_nothing_of_their_origin() {
        let keys = Keys::new(&[7; 32], 60);
        assert_eq!(keys.next_refresh("a").unwrap(), keys.next_refresh("a").unwrap());
        assert_ne!(keys.next_refresh("a").unwrap(), keys.next_refresh("b").unwrap());
        assert_eq!(fingerprint("a").len(), 64);
    }
}
