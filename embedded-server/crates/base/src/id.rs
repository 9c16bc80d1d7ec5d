//! Ids and random bytes.

use crate::{Code, Error, Result};

/// Alphabet of short ids: URL-safe, 64 signs, so that one sign is exactly six random bits.
const SHORT_ALPHABET: &[u8; 64] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-";

/// Length of a short id in signs; 126 bits, as the SDK document's SUID describes.
const SHORT_LENGTH: usize = 21;

/// Bytes from the operating system. Fails only when the system has no random source.
pub fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).map_err(|fault| {
        Error::new(Code::Internal, "the system's random source failed").caused_by(fault.to_string())
    })?;
    Ok(bytes)
}

/// A random UUID, version 4, lower-case.
pub fn uuid_v4() -> Result<String> {
    let bytes = random_bytes::<16>()?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}

/// A short unique id of 21 URL-safe signs that always begins with a letter, so that it never
/// looks like a number or like a command-line flag.
pub fn short_id() -> Result<String> {
    let bytes = random_bytes::<SHORT_LENGTH>()?;
    let mut id = String::with_capacity(SHORT_LENGTH);
    for (at, byte) in bytes.iter().enumerate() {
        // 52 letters start at index 10; the first sign loses under one bit to that.
        let index = if at == 0 { 10 + usize::from(*byte) % 52 } else { usize::from(*byte & 63) };
        id.push(char::from(SHORT_ALPHABET[index]));
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::{short_id, uuid_v4};

    #[test]
    fn short_ids_are_url_safe_and_start_with_a_letter() {
        for _ in 0..500 {
            let id = short_id().unwrap();
            assert_eq!(id.len(), 21);
            assert!(id.starts_with(|c: char| c.is_ascii_alphabetic()), "{id}");
            assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'));
        }
    }

    #[test]
    fn uuids_are_version_four() {
        let id = uuid_v4().unwrap();
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'));
    }
}
