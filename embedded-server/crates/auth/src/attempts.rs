//! Failed sign-ins, counted per account and address, with a growing wait.

use base::{Code, Error, Result};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Failures that are free: people mistype.
const FREE: u32 = 5;

/// The wait after the first failure that is not free; doubles with each further one.
const WAIT_MS: i64 = 2_000;

/// The longest wait.
const WAIT_MS_MAX: i64 = 15 * 60 * 1_000;

/// After so long without a failure the count starts anew.
const FORGET_MS: i64 = 30 * 60 * 1_000;

/// Accounts and addresses remembered at once; the oldest are dropped beyond it.
const KEYS_MAX: usize = 20_000;

#[derive(Default)]
pub(crate) struct Attempts(Mutex<HashMap<String, Failures>>);

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last_ms: i64,
}

impl Attempts {
    /// Refuses while the wait of any of the keys runs.
    pub(crate) fn check(&self, keys: &[String], now_ms: i64) -> Result<()> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = keys
            .iter()
            .filter_map(|key| map.get(key))
            .map(|failures| failures.until() - now_ms)
            .max();
        match wait {
            Some(wait) if wait > 0 => {
                let wait = u64::try_from(wait).unwrap_or_default();
                Err(Error::new(Code::RateLimited, "too many failed attempts")
                    .hint(format!("try again in {} s", wait.div_ceil(1_000)))
                    .retry_after_ms(wait))
            }
            Some(_) | None => Ok(()),
        }
    }

    pub(crate) fn failed(&self, keys: &[String], now_ms: i64) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            let entry = map.entry(key.clone()).or_insert(Failures { count: 0, last_ms: now_ms });
            if now_ms - entry.last_ms > FORGET_MS {
                entry.count = 0;
            }
            entry.count = entry.count.saturating_add(1);
            entry.last_ms = now_ms;
        }
        if map.len() > KEYS_MAX {
            map.retain(|_, failures| now_ms - failures.last_ms <= FORGET_MS);
            if map.len() > KEYS_MAX {
                let mut ages: Vec<i64> = map.values().map(|failures| failures.last_ms).collect();
                ages.sort_unstable();
                let middle = ages[ages.len() / 2];
                map.retain(|_, failures| failures.last_ms > middle);
            }
        }
    }

    pub(crate) fn succeeded(&self, keys: &[String]) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            map.remove(key);
        }
    }
}

impl Failures {
    fn until(self) -> i64 {
        let over = self.count.saturating_sub(FREE);
        if over == 0 {
            return 0;
        }
        let wait = WAIT_MS.saturating_mul(1_i64 << (over - 1).min(20));
        self.last_ms + wait.min(WAIT_MS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::{Attempts, FREE};
    use base::Code;

    #[test]
    fn the_wait_starts_after_the_free_failures_and_doubles() {
        let attempts = Attempts::default();
        let keys = [String::from("a@b.c")];
        for _ in 0..FREE {
            attempts.failed(&keys, 1_000);
            assert!(attempts.check(&keys, 1_000).is_ok());
        }
        attempts.failed(&keys, 1_000);
        let refused = attempts.check(&keys, 1_000).unwrap_err();
        assert_eq!((refused.code(), refused.retry_ms()), (Code::RateLimited, Some(2_000)));
        attempts.failed(&keys, 3_000);
        assert_eq!(attempts.check(&keys, 3_000).unwrap_err().retry_ms(), Some(4_000));
        attempts.succeeded(&keys);
        assert!(attempts.check(&keys, 3_000).is_ok());
    }
}
