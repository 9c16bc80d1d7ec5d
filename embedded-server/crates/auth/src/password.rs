//! Password hashes: argon2id at OWASP's parameters, off the request threads and bounded.

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use base::{Code, Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, oneshot};

/// Memory in KiB, passes and lanes: OWASP's first choice for argon2id (19 MiB, 2, 1).
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Shortest and longest password, in Unicode scalars (`spec/auth.md` 7).
pub(crate) const LENGTH: (usize, usize) = (8, 128);

/// Hashes running at once; two cores make more a queue in memory, not speed. Each has a thread of
/// its own: a thread keeps the 19 MiB of its last hash, and any thread of a larger pool would.
const AT_ONCE: usize = 2;

/// Hashes waiting before sign-ins are refused with `UNAVAILABLE`: ten seconds of work.
const WAITING_MAX: usize = 512;

type Job = Box<dyn FnOnce() + Send>;

/// The bounded hashing pool. Its threads end with the last clone.
#[derive(Clone)]
pub(crate) struct Hashing {
    jobs: Sender<Job>,
    waiting: Arc<Semaphore>,
}

impl Hashing {
    pub(crate) fn new() -> Result<Self> {
        let (jobs, queue) = channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..AT_ONCE {
            let queue = Arc::clone(&queue);
            let spawned = std::thread::Builder::new().name("hashing".into()).spawn(move || {
                while let Some(job) = next(&queue) {
                    // A panic is the caller's answer (its channel closes) and not the pool's end.
                    let _ = catch_unwind(AssertUnwindSafe(job));
                }
            });
            spawned.map_err(|fault| {
                Error::internal("start a thread for hashing passwords").caused_by(fault)
            })?;
        }
        Ok(Self { jobs, waiting: Arc::new(Semaphore::new(WAITING_MAX)) })
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
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| busy())?;
        let (done, outcome) = oneshot::channel();
        let job: Job = Box::new(move || {
            // The place is free when the work is done, also when nobody waits for it any more.
            let _place = place;
            // Nobody listening is a caller that went away.
            let _ = done.send(work());
        });
        let ended = || Error::internal("the hashing threads ended");
        self.jobs.send(job).map_err(|_| ended())?;
        outcome.await.map_err(|_| ended())
    }
}

/// The next job, waited for; none when nobody can send one any more.
fn next(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
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
        let hashing = Hashing::new().unwrap();
        let hash = hashing.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(hashing.verify("correct horse", Some(hash.clone())).await.unwrap());
        assert!(!hashing.verify("correct horsf", Some(hash)).await.unwrap());
        assert!(!hashing.verify("correct horse", None).await.unwrap());
    }

    #[tokio::test]
    async fn a_panic_in_a_job_is_its_own_end_only() {
        let hashing = Hashing::new().unwrap();
        for _ in 0..4 {
            let outcome: base::Result<()> = hashing.run(|| panic!("a job that fails")).await;
            assert_eq!(outcome.unwrap_err().code(), Code::Internal);
        }
        assert_eq!(hashing.run(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn more_than_the_queue_holds_is_refused_and_the_rest_is_done() {
        let hashing = Hashing::new().unwrap();
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let gate = std::sync::Arc::new(std::sync::Mutex::new(gate));
        let mut held = tokio::task::JoinSet::new();
        for _ in 0..super::WAITING_MAX {
            let (hashing, gate) = (hashing.clone(), std::sync::Arc::clone(&gate));
            held.spawn(async move {
                hashing.run(move || gate.lock().unwrap().recv().is_err()).await.unwrap()
            });
        }
        while hashing.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(hashing.run(|| ()).await.unwrap_err().code(), Code::Unavailable);
        drop(open);
        while let Some(done) = held.join_next().await {
            assert!(done.unwrap());
        }
        assert!(hashing.run(|| true).await.unwrap());
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
