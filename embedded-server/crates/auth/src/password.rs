//! Password hashes: argon2id at OWASP's parameters, off the request threads and bounded.

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use base::{Code, Error, Result};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Memory in KiB, passes and lanes: OWASP's first choice for argon2id (19 MiB, 2, 1).
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Shortest and longest password, in Unicode scalars (`spec/auth.md` 7).
pub(crate) const LENGTH: (usize, usize) = (8, 128);

/// Hashes running at once; two cores make more a queue in memory, not speed.
const AT_ONCE: usize = 2;

/// Hashes waiting before sign-ins are refused with `UNAVAILABLE`: ten seconds of work.
const WAITING_MAX: usize = 512;

/// The bounded hashing pool.
#[derive(Clone)]
pub(crate) struct Hashing {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Hashing {
    pub(crate) fn new() -> Self {
        Self {
            running: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
        }
    }

    /// The PHC string of a password that satisfies the policy.
    pub(crate) async fn hash(&self, password: &str) -> Result<String> {
        check_policy(password)?;
        let password = password.to_owned();
        self.run(move || {
            hasher()?
                .hash_password(password.as_bytes())
                .map(|hash| hash.to_string())
                .map_err(|fault| Error::internal("hash a password").caused_by(fault.to_string()))
        })
        .await?
    }

    /// Whether the password is the one behind the hash. Without a hash the same work is done on a
    /// made-up one, so that unknown accounts take as long as known ones.
    pub(crate) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool> {
        let password = password.to_owned();
        self.run(move || {
            let known = hash.is_some();
            let text = hash.unwrap_or_else(|| String::from(NOBODY));
            let hash = PasswordHash::new(&text).map_err(|fault| {
                Error::internal("a stored password hash is unreadable").caused_by(fault.to_string())
            })?;
            let matches = hasher()?.verify_password(password.as_bytes(), &hash).is_ok();
            Ok(matches && known)
        })
        .await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let busy =
            || Error::new(Code::Unavailable, "too many sign-ins are waiting").retry_after_ms(2_000);
        let _place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| busy())?;
        let turn = Arc::clone(&self.running).acquire_owned().await.map_err(|_| busy())?;
        let outcome = tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(turn);
            outcome
        });
        outcome.await.map_err(|fault| Error::internal("the hashing thread ended").caused_by(fault))
    }
}

/// A hash of random bytes nobody knows, at the same cost as real ones.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRmb3Jub2JvZHk$Nbm2uJIiQ3s0YgQm5uVvlHzJrLq8rsv6zWGYt7zXnSk";

fn hasher() -> Result<Argon2<'static>> {
    let params = Params::new(COST.0, COST.1, COST.2, None).map_err(|fault| {
        Error::internal("argon2 refused its parameters").caused_by(fault.to_string())
    })?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Refuses passwords outside the allowed length.
pub(crate) fn check_policy(password: &str) -> Result<()> {
    let length = password.chars().count();
    if (LENGTH.0..=LENGTH.1).contains(&length) {
        return Ok(());
    }
    Err(Error::new(
        Code::PasswordPolicy,
        format!("a password has {} to {} characters, this one has {length}", LENGTH.0, LENGTH.1),
    )
    .detail(base::Detail::field(Code::PasswordPolicy.as_str(), "password", "wrong length")))
}

#[cfg(test)]
mod tests {
    use super::{Hashing, NOBODY, check_policy};
    use argon2::password_hash::phc::PasswordHash;
    use base::Code;

    #[tokio::test]
    async fn a_hash_knows_its_password_and_no_other() {
        let hashing = Hashing::new();
        let hash = hashing.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(hashing.verify("correct horse", Some(hash.clone())).await.unwrap());
        assert!(!hashing.verify("correct horsf", Some(hash)).await.unwrap());
        assert!(!hashing.verify("correct horse", None).await.unwrap());
    }

    #[test]
    fn the_made_up_hash_is_readable_and_costs_the_same() {
        let hash = PasswordHash::new(NOBODY).unwrap();
        assert_eq!(hash.params.get_decimal("m"), Some(19_456));
    }

    #[test]
    fn short_and_long_passwords_are_refused() {
        for bad in ["seven77", &"x".repeat(129)] {
            assert_eq!(check_policy(bad).unwrap_err().code(), Code::PasswordPolicy);
        }
        assert!(check_policy("pässwörd").is_ok());
    }
}
