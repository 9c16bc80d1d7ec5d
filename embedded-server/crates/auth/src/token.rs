//! Access tokens (JWT, HS256) and the derivation of session and refresh tokens.

use base::{Code, Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Random bytes of a refresh token, and bytes of its seal: 128 bits each.
const NONCE: usize = 16;

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

/// What a challenge says: that somebody has shown the first factor, and what is still asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ChallengeClaims {
    /// User key.
    pub(crate) id: String,
    /// Type of the session that will be opened.
    pub(crate) kind: String,
    /// Tenant that it will work in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) tenant: Option<String>,
    /// Whether the second factor must be set up first.
    pub(crate) setup: bool,
    pub(crate) exp: i64,
    pub(crate) jti: String,
    pub(crate) typ: String,
}

/// What a challenge is told apart by from an access token.
const CHALLENGE: &str = "totp";

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

    /// The same access token for as long as its session lives: for who is told no refresh token.
    pub(crate) fn lasting(&self, token: &str, seconds: u64, now_ms: i64) -> Result<String> {
        let Read::Claims(mut claims) = self.read(token, now_ms) else {
            return Err(Error::internal("an access token of ours is none"));
        };
        claims.exp = claims.iat + i64::try_from(seconds).unwrap_or(i64::MAX / 2);
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encode)
            .map_err(|fault| Error::internal("sign an access token").caused_by(fault))
    }

    /// A challenge for who has shown the first factor.
    pub(crate) fn challenge(
        &self,
        user: &str,
        kind: &str,
        tenant: Option<&str>,
        setup: bool,
        until_ms: i64,
    ) -> Result<String> {
        let claims = ChallengeClaims {
            id: user.to_owned(),
            kind: kind.to_owned(),
            tenant: tenant.map(str::to_owned),
            setup,
            exp: until_ms / 1_000,
            jti: base::short_id()?,
            typ: String::from(CHALLENGE),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encode)
            .map_err(|fault| Error::internal("sign a challenge").caused_by(fault))
    }

    /// What a challenge says, while it holds.
    pub(crate) fn read_challenge(&self, token: &str, now_ms: i64) -> Option<ChallengeClaims> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        let read =
            jsonwebtoken::decode::<ChallengeClaims>(token, &self.decode, &validation).ok()?;
        let claims = read.claims;
        (claims.typ == CHALLENGE && claims.exp * 1_000 > now_ms).then_some(claims)
    }

    /// The session token of a session: derived, so that a refresh can issue it again although
    /// only its hash is stored.
    pub(crate) fn session_token(&self, session: &str) -> Result<String> {
        Ok(hex(&self.derive("session", session)?))
    }

    /// The first refresh token of a session.
    pub(crate) fn first_refresh(&self, session: &str) -> Result<String> {
        self.refresh(session, &base::random_bytes::<NONCE>()?)
    }

    /// The refresh token that follows `token` in its session: derived, so that two tabs that
    /// refresh at once get the same successor.
    pub(crate) fn next_refresh(&self, session: &str, token: &str) -> Result<String> {
        self.refresh(session, &self.derive("refresh", token)?[..NONCE])
    }

    /// A nonce and its seal: what is sealed was issued for this session, however long ago.
    fn refresh(&self, session: &str, nonce: &[u8]) -> Result<String> {
        let session_bytes =
            uuid_bytes(session).ok_or_else(|| Error::internal("a session's key is not a UUID"))?;
        let mut bytes = [session_bytes.as_slice(), nonce].concat();
        let seal = self.derive("refresh seal", &URL_SAFE_NO_PAD.encode(&bytes))?;
        bytes.extend_from_slice(&seal[..NONCE]);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The session that a refresh token was issued for, whether it is still the current one or
    /// not; `None` when it is not ours.
    pub(crate) fn session_of(&self, token: &str) -> Result<Option<String>> {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(token) else { return Ok(None) };
        if bytes.len() != 16 + 2 * NONCE {
            return Ok(None);
        }
        let (body, seal) = bytes.split_at(16 + NONCE);
        let expected = self.derive("refresh seal", &URL_SAFE_NO_PAD.encode(body))?;
        if !bool::from(expected[..NONCE].ct_eq(seal)) {
            return Ok(None);
        }
        let digits = hex(&body[..16]);
        let part = |from: usize, to: usize| &digits[from..to];
        Ok(Some([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")))
    }

    /// What is stored of a code. Codes are few: without the project's secret one could try them all.
    pub(crate) fn code_print(&self, code: &str) -> Result<String> {
        Ok(hex(&self.derive("code", code)?))
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

/// The sixteen bytes of a UUID's text.
fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    let mut bytes = [0_u8; 16];
    if digits.len() != 32 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// What is stored of a token: its SHA-256, in hex.
pub(crate) fn fingerprint(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// A fresh random token, 256 bits, URL-safe.
pub(crate) fn random_token() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(base::random_bytes::<32>()?))
}

/// The same in hex, as the links of the original have it.
pub(crate) fn hex_token() -> Result<String> {
    Ok(hex(&base::random_bytes::<32>()?))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
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
    fn a_challenge_is_no_token_and_a_token_no_challenge() {
        let keys = Keys::new(&[7; 32], 60);
        let challenge = keys.challenge("u", "web", Some("t"), true, 1_060_000).unwrap();
        assert!(matches!(keys.read(&challenge, 1_000_000), Read::Invalid));
        let claims = keys.read_challenge(&challenge, 1_000_000).unwrap();
        assert_eq!(
            (claims.id.as_str(), claims.kind.as_str(), claims.tenant.as_deref(), claims.setup),
            ("u", "web", Some("t"), true)
        );
        assert!(keys.read_challenge(&challenge, 1_060_000).is_none(), "past its time");
        assert!(Keys::new(&[8; 32], 60).read_challenge(&challenge, 1_000_000).is_none());
        let token = keys.issue("u", "r", "s", None, 1_000_000).unwrap();
        assert!(keys.read_challenge(&token, 1_000_000).is_none());
    }

    #[test]
    fn successors_are_the_same_each_time_and_know_their_session() {
        let keys = Keys::new(&[7; 32], 60);
        let session = "00112233-4455-6677-8899-aabbccddeeff";
        let first = keys.first_refresh(session).unwrap();
        let second = keys.next_refresh(session, &first).unwrap();
        assert_eq!(keys.next_refresh(session, &first).unwrap(), second);
        assert_ne!(keys.first_refresh(session).unwrap(), first);
        for token in [&first, &second] {
            assert_eq!(keys.session_of(token).unwrap().as_deref(), Some(session));
        }
        let other = Keys::new(&[8; 32], 60);
        assert_eq!(other.session_of(&first).unwrap(), None);
        assert_eq!(keys.session_of("nonsense").unwrap(), None);
        assert_eq!(fingerprint("a").len(), 64);
    }
}
