//! Codes that change with time (RFC 6238), their set-up picture, and recovery codes.

use crate::token::fingerprint;
use base::{Error, Result};
use qrcodegen::{QrCode, QrCodeEcc};
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, Secret, TOTP};

/// Seconds that one code is for.
const STEP: u64 = 30;

/// Digits of a code. What authenticator apps show unless they are told otherwise, and some always.
const DIGITS: usize = 6;

/// Steps before and after the present one whose codes are taken: clocks differ.
const SKEW: i64 = 1;

/// Bytes of a secret: as many as SHA-1 makes.
const SECRET: usize = 20;

/// Recovery codes that are given at once.
pub(crate) const RECOVERY_CODES: usize = 10;

/// The signs of recovery codes, without those that are read for one another: 31, so that 16 of them
/// are 79 bits.
const SIGNS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// A fresh secret, in the base 32 that people type into an app.
pub(crate) fn new_secret() -> Result<String> {
    let bytes = base::random_bytes::<SECRET>()?;
    Ok(Secret::Raw(bytes.to_vec()).to_encoded().to_string())
}

fn codes_of(secret: &str, issuer: &str, account: &str) -> Result<TOTP> {
    let bytes = Secret::Encoded(secret.to_owned())
        .to_bytes()
        .map_err(|fault| Error::internal("read a second factor").caused_by(fault.to_string()))?;
    // A colon parts the two in the address that is made of them.
    let [issuer, account] = [issuer, account].map(|text| text.replace(':', " "));
    TOTP::new(Algorithm::SHA1, DIGITS, 0, STEP, bytes, Some(issuer), account)
        .map_err(|fault| Error::internal("use a second factor").caused_by(fault.to_string()))
}

/// The step that a code is for, if it is a right one that none before it was used of. `after` is the
/// last step that was used.
pub(crate) fn step_of(
    secret: &str,
    code: &str,
    after: Option<i64>,
    now_ms: i64,
) -> Result<Option<i64>> {
    let codes = codes_of(secret, "", "")?;
    let code: String = code.chars().filter(|sign| !sign.is_whitespace()).collect();
    let seconds = i64::try_from(STEP).unwrap_or_default();
    let now = now_ms.div_euclid(1_000 * seconds);
    let mut found = None;
    // All are looked at, so that the time tells nothing of which it was.
    for step in now - SKEW..=now + SKEW {
        let right = codes.generate(u64::try_from(step * seconds).unwrap_or_default());
        let same = bool::from(right.as_bytes().ct_eq(code.as_bytes()));
        if same && after.is_none_or(|after| step > after) {
            found = Some(step);
        }
    }
    Ok(found)
}

/// The address that an authenticator app takes a second factor from.
pub(crate) fn address(secret: &str, issuer: &str, account: &str) -> Result<String> {
    Ok(codes_of(secret, issuer, account)?.get_url())
}

/// An address as a QR code: how many squares a side has, and the dark ones as the path of an SVG.
pub(crate) fn picture(address: &str) -> Result<(u32, String)> {
    let code = QrCode::encode_text(address, QrCodeEcc::Medium)
        .map_err(|fault| Error::internal("draw a QR code").caused_by(fault.to_string()))?;
    let side = code.size();
    let dark = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
    let dark = dark.filter(|(x, y)| code.get_module(*x, *y));
    let path = dark.map(|(x, y)| format!("M{x} {y}h1v1h-1z")).collect();
    Ok((side.unsigned_abs(), path))
}

/// Fresh recovery codes, as they are told.
pub(crate) fn new_recovery_codes() -> Result<Vec<String>> {
    (0..RECOVERY_CODES).map(|_| recovery_code()).collect()
}

fn recovery_code() -> Result<String> {
    let signs = random_signs(16)?;
    let fours: Vec<&str> = [0, 4, 8, 12].iter().map(|from| &signs[*from..*from + 4]).collect();
    Ok(fours.join("-"))
}

/// This many random signs that nobody reads for one another.
pub(crate) fn random_signs(count: usize) -> Result<String> {
    let mut signs = String::new();
    while signs.len() < count {
        for byte in base::random_bytes::<16>()? {
            let index = usize::from(byte) % SIGNS.len();
            // Those beyond the last whole round would make some signs likelier than others.
            if usize::from(byte) < SIGNS.len() * (256 / SIGNS.len()) && signs.len() < count {
                signs.push(char::from(SIGNS[index]));
            }
        }
    }
    Ok(signs)
}

/// What is stored of a recovery code: of how it is written nothing remains.
pub(crate) fn recovery_print(code: &str) -> String {
    let kept = code.chars().filter(char::is_ascii_alphanumeric);
    fingerprint(&kept.map(|sign| sign.to_ascii_lowercase()).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::{address, new_recovery_codes, new_secret, picture, recovery_print, step_of};
    use std::collections::BTreeSet;

    /// "12345678901234567890", the secret of the appendix of RFC 6238.
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn codes_are_those_of_the_standard_and_good_once() {
        // The appendix tells eight digits; apps show the last six.
        let check = |seconds: i64, code: &str, after: Option<i64>, step: Option<i64>| {
            let told = step_of(SECRET, code, after, seconds * 1_000).unwrap();
            assert_eq!(told, step, "{code} at {seconds}");
        };
        check(59, "287082", None, Some(1));
        check(1_111_111_109, "081804", None, Some(37_037_036));
        check(20_000_000_000, "353130", None, Some(666_666_666));
        check(59, "287 082", None, Some(1));
        // A clock that is half a minute late or early; not a whole one.
        check(30 + 59, "287082", None, Some(1));
        check(29, "287082", None, Some(1));
        check(60 + 60, "287082", None, None);
        // Used before, or older than what was used.
        check(59, "287082", Some(1), None);
        check(59, "287082", Some(2), None);
        check(59, "287082", Some(0), Some(1));
        for wrong in ["", "28708", "287083", "2870820", "abcdef"] {
            check(59, wrong, None, None);
        }
    }

    #[test]
    fn an_app_is_told_whose_it_is_and_a_secret_is_never_twice_the_same() {
        let secret = new_secret().unwrap();
        assert_eq!(secret.len(), 32);
        assert_ne!(secret, new_secret().unwrap());
        let told = address(&secret, "Shop: main", "ada@example.com").unwrap();
        assert!(told.starts_with("otpauth://totp/"), "{told}");
        assert!(told.contains(&secret) && told.contains("ada%40example.com"), "{told}");
        let (side, path) = picture(&told).unwrap();
        assert!(side >= 21 && path.starts_with("M0 0h1v1h-1z"), "the corner is dark");
        assert!(path.bytes().all(|sign| sign.is_ascii_digit() || b" Mhvz-".contains(&sign)));
    }

    #[test]
    fn a_recovery_code_is_read_however_it_is_written() {
        let codes = new_recovery_codes().unwrap();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 10);
        for code in &codes {
            assert_eq!(code.len(), 19, "{code}");
            let written = code.replace('-', " ").to_uppercase();
            assert_eq!(recovery_print(code), recovery_print(&written));
        }
    }
}
