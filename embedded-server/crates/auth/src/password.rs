//! Password hashes: argon2id at OWASP's parameters, off the request threads and bounded.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::try_generate_salt;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base::{Code, Error, Result};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

/// Memory in KiB, passes and lanes: OWASP's first choice for argon2id (19 MiB, 2, 1).
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Shortest and longest password, in Unicode scalars (`spec/auth.md` 7).
pub(crate) const LENGTH: (usize, usize) = (8, 128);

/// Hashes running at once; two cores make more a queue in memory, not speed.
const AT_ONCE: usize = 2;

/// Hashes waiting before sign-ins are refused with `UNAVAILABLE`: ten seconds of work.
const WAITING_MAX: usize = 512;

/// How long memory is kept for the next hash: taking 19 MiB anew for each costs a third of it.
const MEMORY_KEPT: Duration = Duration::from_secs(2);

/// Blocks (of 1 KiB) that are reserved at least, used or not. glibc gives what is larger than
/// 32 MiB back as soon as it is freed, and learns nothing from it; freeing 19 MiB would teach it to
/// keep up to 38 MiB in each arena of the process.
const RESERVED_MIN: usize = 33 * 1_024;

/// Memory in which a hash is worked out.
type Memory = Vec<Block>;

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// The bounded hashing pool. Its threads end with the last clone.
#[derive(Clone)]
pub(crate) struct Hashing {
    open: Arc<Open>,
    waiting: Arc<Semaphore>,
}

struct Open(Arc<Queue>);

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    called: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Memory of hashes done lately, for the next ones.
    free: Vec<Memory>,
    closed: bool,
}

impl Hashing {
    pub(crate) fn new() -> Result<Self> {
        let open = Open(Arc::new(Queue::default()));
        for _ in 0..AT_ONCE {
            let queue = Arc::clone(&open.0);
            let spawned =
                std::thread::Builder::new().name("hashing".into()).spawn(move || queue.work());
            spawned.map_err(|fault| {
                Error::internal("start a thread for hashing passwords").caused_by(fault)
            })?;
        }
        Ok(Self { open: Arc::new(open), waiting: Arc::new(Semaphore::new(WAITING_MAX)) })
    }

    /// The PHC string of a password that satisfies the policy.
    pub(crate) async fn hash(&self, password: &str) -> Result<String> {
        check_policy(password)?;
        let password = password.to_owned();
        self.run(move |memory| {
            hashed(password.as_bytes(), memory)
                .map_err(|fault| Error::internal("hash a password").caused_by(fault))
        })
        .await?
    }

    /// Whether the password is the one behind the hash. Without a hash the same work is done on a
    /// made-up one, so that unknown accounts take as long as known ones.
    pub(crate) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool> {
        let password = password.to_owned();
        self.run(move |memory| {
            let known = hash.is_some();
            let text = hash.unwrap_or_else(|| String::from(NOBODY));
            let hash = PasswordHash::new(&text).map_err(|fault| {
                Error::internal("a stored password hash is unreadable").caused_by(fault.to_string())
            })?;
            let matches = matches(password.as_bytes(), &hash, memory).unwrap_or(false);
            Ok(matches && known)
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T> {
        let busy =
            || Error::new(Code::Unavailable, "too many sign-ins are waiting").retry_after_ms(2_000);
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| busy())?;
        let (done, outcome) = oneshot::channel();
        self.open.0.push(Box::new(move |memory| {
            // The place is free when the work is done, also when nobody waits for it any more.
            let _place = place;
            // Nobody listening is a caller that went away.
            let _ = done.send(work(memory));
        }));
        outcome.await.map_err(|_| Error::internal("the hashing threads ended"))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.state().closed = true;
        self.0.called.notify_all();
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half changed by a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) {
        self.state().jobs.push_back(job);
        self.called.notify_one();
    }

    /// The life of one hashing thread.
    fn work(&self) {
        let mut state = self.state();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                let mut memory = state.free.pop().unwrap_or_default();
                drop(state);
                // A panic is the caller's answer (its channel closes) and not the pool's end.
                let _ = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
                state = self.state();
                state.free.push(memory);
            } else if state.closed {
                return;
            } else if state.free.is_empty() {
                state = self.called.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else {
                let waited = self.called.wait_timeout(state, MEMORY_KEPT);
                let (mut held, time) = waited.unwrap_or_else(PoisonError::into_inner);
                if time.timed_out() {
                    held.free.clear();
                }
                state = held;
            }
        }
    }
}

/// A hash of random bytes nobody knows, at the same cost as real ones.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRmb3Jub2JvZHk$Nbm2uJIiQ3s0YgQm5uVvlHzJrLq8rsv6zWGYt7zXnSk";

/// So many blocks of the memory, whatever stands in them.
fn room(memory: &mut Memory, blocks: usize) -> &mut [Block] {
    if memory.len() < blocks {
        *memory = Vec::with_capacity(blocks.max(RESERVED_MIN));
        memory.resize(blocks, Block::new());
    }
    &mut memory[..blocks]
}

/// The hash of a new password.
fn hashed(password: &[u8], memory: &mut Memory) -> std::result::Result<String, String> {
    let params = Params::new(COST.0, COST.1, COST.2, None).map_err(|fault| fault.to_string())?;
    let salt = try_generate_salt().map_err(|fault| fault.to_string())?;
    let named = ParamsString::try_from(&params).map_err(|fault| fault.to_string())?;
    let blocks = params.block_count();
    let mut out = [0_u8; Params::DEFAULT_OUTPUT_LEN];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password, &salt, &mut out, room(memory, blocks))
        .map_err(|fault| fault.to_string())?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: named,
        salt: Some(Salt::new(&salt).map_err(|fault| fault.to_string())?),
        hash: Some(Output::new(&out).map_err(|fault| fault.to_string())?),
    };
    Ok(hash.to_string())
}

/// Whether the password makes this hash; `None` when the hash is of another kind.
fn matches(password: &[u8], hash: &PasswordHash, memory: &mut Memory) -> Option<bool> {
    let (salt, expected) = hash.salt.as_ref().zip(hash.hash.as_ref())?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = match hash.version {
        Some(number) => Version::try_from(number).ok()?,
        None => Version::default(),
    };
    let params = Params::try_from(hash).ok()?;
    let blocks = params.block_count();
    let mut out = [0_u8; Output::MAX_LENGTH];
    let out = out.get_mut(..expected.len())?;
    Argon2::new(algorithm, version, params)
        .hash_password_into_with_memory(password, salt, &mut *out, room(memory, blocks))
        .ok()?;
    // Outputs compare in the same time whatever they hold.
    Some(Output::new(out).ok()? == *expected)
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
            let outcome: base::Result<()> = hashing.run(|_| panic!("a job that fails")).await;
            assert_eq!(outcome.unwrap_err().code(), Code::Internal);
        }
        assert_eq!(hashing.run(|_| 7).await.unwrap(), 7);
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
                hashing.run(move |_| gate.lock().unwrap().recv().is_err()).await.unwrap()
            });
        }
        while hashing.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(hashing.run(|_| ()).await.unwrap_err().code(), Code::Unavailable);
        drop(open);
        while let Some(done) = held.join_next().await {
            assert!(done.unwrap());
        }
        assert!(hashing.run(|_| true).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_made_elsewhere_at_another_cost_is_known_too() {
        use argon2::password_hash::PasswordHasher;
        let hashing = Hashing::new().unwrap();
        // Its memory is larger than what the hash before it left.
        drop(hashing.hash("some password").await.unwrap());
        let params = argon2::Params::new(24_000, 1, 2, None).unwrap();
        let elsewhere: PasswordHash =
            argon2::Argon2::from(params).hash_password(b"correct horse").unwrap();
        let text = elsewhere.to_string();
        assert!(hashing.verify("correct horse", Some(text.clone())).await.unwrap());
        assert!(!hashing.verify("correct horsf", Some(text)).await.unwrap());
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
