//! The clock over a running statement: SQLite asks it every few thousand operations, and so do
//! functions of ours whose work grows with what they are given.

use rusqlite::Connection;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Operations of SQLite's machine between two looks at the clock: some 0.1 ms.
const OPERATIONS: i32 = 4_000;

/// Looks at the clock that a statement on the caller's own thread may cost: at most 12,000
/// operations, well under a millisecond. A point read takes some 50, a page by index some 1,000.
const INLINE_LOOKS: u32 = 3;

/// Bounds whatever runs on one connection.
#[derive(Clone)]
pub(super) struct Watch(Arc<State>);

struct State {
    start: Instant,
    /// Nanoseconds after `start` when the statement ends; `u64::MAX` is never.
    deadline_ns: AtomicU64,
    /// Looks left before the statement ends; `u32::MAX` is no bound.
    looks: AtomicU32,
    /// Looks since the bounds were set.
    looked: AtomicU32,
    /// Set by a caller who no longer waits.
    dropped: Mutex<Option<Arc<AtomicBool>>>,
}

impl Watch {
    /// Watches a connection, bounding nothing yet.
    pub(super) fn over(connection: &mut Connection) -> rusqlite::Result<Self> {
        let state = Arc::new(State {
            start: Instant::now(),
            deadline_ns: AtomicU64::new(u64::MAX),
            looks: AtomicU32::new(u32::MAX),
            looked: AtomicU32::new(0),
            dropped: Mutex::new(None),
        });
        let seen = Arc::clone(&state);
        connection.progress_handler(OPERATIONS, Some(move || seen.is_over()))?;
        Ok(Self(state))
    }

    /// Ends what runs after `limit`, or when the caller has gone.
    pub(super) fn within(&self, limit: Duration, dropped: Option<Arc<AtomicBool>>) {
        let end = self.0.start.elapsed().saturating_add(limit).as_nanos();
        self.0.deadline_ns.store(u64::try_from(end).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.0.looked.store(0, Ordering::Relaxed);
        *self.0.dropped.lock().unwrap_or_else(PoisonError::into_inner) = dropped;
    }

    /// Ends what runs after few operations: it then belongs on a reading thread.
    pub(super) fn briefly(&self) {
        self.0.looks.store(INLINE_LOOKS, Ordering::Relaxed);
    }

    /// Looks at the clock: whether what runs must end.
    pub(super) fn is_over(&self) -> bool {
        self.0.is_over()
    }

    /// Looks at the clock since [`Self::within`]: how much work it was.
    pub(super) fn looked(&self) -> u32 {
        self.0.looked.load(Ordering::Relaxed)
    }

    /// Bounds nothing any more.
    pub(super) fn release(&self) {
        self.0.deadline_ns.store(u64::MAX, Ordering::Relaxed);
        self.0.looks.store(u32::MAX, Ordering::Relaxed);
        *self.0.dropped.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl State {
    fn is_over(&self) -> bool {
        self.looked.fetch_add(1, Ordering::Relaxed);
        let looks = self.looks.load(Ordering::Relaxed);
        if looks != u32::MAX {
            self.looks.store(looks.saturating_sub(1), Ordering::Relaxed);
            return looks <= 1;
        }
        let deadline = self.deadline_ns.load(Ordering::Relaxed);
        if deadline == u64::MAX {
            return false;
        }
        let now = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        now > deadline || dropped.as_ref().is_some_and(|dropped| dropped.load(Ordering::Relaxed))
    }
}
