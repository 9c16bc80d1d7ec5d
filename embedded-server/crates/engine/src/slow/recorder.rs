//! Remembers which shapes of reads ran and how long they took. Every read of a caller passes
//! here, so that it never waits: what finds its part of the record in use is left out and counted.

use super::shape::{QueryShape, fingerprint};
use super::times::Times;
use access::{Actor, Guarded, Identity};
use query::{Projection, ReadPlan};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Parts of the record, each with a lock of its own: many more than there are cores.
const PARTS: usize = 16;

/// Shapes kept in each part: 512 in all, at some 1.5 KB each. An app asks in some dozens; a person
/// with a filter bar makes new ones all day, and the ones not seen for longest go.
const SHAPES_MAX: usize = 32;

/// Roles told of one shape.
const ROLES_MAX: usize = 8;

/// A filter of more tests than this is a program's, and nobody's to read: it is left out.
const TESTS_MAX: usize = 64;

/// What is known of one shape.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) shape: Arc<QueryShape>,
    pub(super) times: Times,
    /// Ended before they were answered: out of time, refused, or left by their caller.
    pub(super) ended: u64,
    /// Records or groups answered.
    pub(super) rows: u64,
    /// Of the latest: the size of the page and how much it skipped.
    pub(super) limit: Option<u64>,
    pub(super) offset: u64,
    pub(super) last_ms: i64,
    pub(super) roles: Vec<String>,
}

/// The record of one process; it starts empty with it.
pub(crate) struct Recorder {
    parts: [Mutex<HashMap<u64, Seen>>; PARTS],
    keys: RandomState,
    missed: AtomicU64,
    forgotten: AtomicU64,
    since_ms: AtomicI64,
}

impl Recorder {
    pub(crate) fn new(now_ms: i64) -> Self {
        Self {
            parts: std::array::from_fn(|_| Mutex::default()),
            keys: RandomState::new(),
            missed: AtomicU64::new(0),
            forgotten: AtomicU64::new(0),
            since_ms: AtomicI64::new(now_ms),
        }
    }

    /// Begins to watch a read. What the house asks for itself is not watched, nor one record by
    /// its key, which no index could serve better.
    pub(crate) fn watch<'a>(
        &'a self,
        plan: Guarded<ReadPlan>,
        actor: &'a Actor,
        now_ms: i64,
    ) -> Option<Watched<'a>> {
        let alone = matches!(&plan.plan().projection, Projection::Rows(rows) if plan.plan().single && rows.expands.is_empty());
        if alone || matches!(actor.identity, Identity::System(_)) {
            return None;
        }
        Some(Watched { by: self, plan, actor, now_ms, begun: Instant::now(), answered: None })
    }

    fn record(&self, watched: &Watched<'_>, time: Duration) {
        let plan = watched.plan.plan();
        let mut hasher = self.keys.build_hasher();
        fingerprint(plan, &mut hasher);
        let key = hasher.finish();
        let Ok(mut part) = self.part(key).try_lock() else {
            self.missed.fetch_add(1, Ordering::Relaxed);
            return;
        };
        if !part.contains_key(&key) {
            let mut tests = 0;
            plan.filter.each_test(&mut |_| tests += 1);
            if tests > TESTS_MAX {
                self.missed.fetch_add(1, Ordering::Relaxed);
                return;
            }
            if part.len() >= SHAPES_MAX
                && let Some(oldest) =
                    part.iter().min_by_key(|(_, seen)| seen.last_ms).map(|(key, _)| *key)
            {
                part.remove(&oldest);
                self.forgotten.fetch_add(1, Ordering::Relaxed);
            }
        }
        let seen = part.entry(key).or_insert_with(|| Seen {
            shape: Arc::new(QueryShape::of(plan)),
            times: Times::default(),
            ended: 0,
            rows: 0,
            limit: None,
            offset: 0,
            last_ms: 0,
            roles: Vec::new(),
        });
        seen.times.add(time);
        seen.last_ms = watched.now_ms;
        seen.limit = plan.page.limit;
        seen.offset = plan.page.offset;
        match watched.answered {
            Some(rows) => seen.rows = seen.rows.saturating_add(rows),
            None => seen.ended += 1,
        }
        let role = &watched.actor.role_name;
        if seen.roles.len() < ROLES_MAX && !seen.roles.contains(role) {
            seen.roles.push(role.clone());
        }
    }

    fn part(&self, key: u64) -> &Mutex<HashMap<u64, Seen>> {
        let at = usize::try_from(key % PARTS as u64).unwrap_or(0);
        &self.parts[at]
    }

    /// Does something while somebody reads the whole record.
    #[cfg(test)]
    pub(super) fn while_in_use(&self, work: impl FnOnce()) {
        let held: Vec<_> = self.parts.iter().map(Mutex::lock).collect();
        work();
        drop(held);
    }

    /// Everything known, with its key.
    pub(super) fn all(&self) -> Vec<(u64, Seen)> {
        let mut all = Vec::new();
        for part in &self.parts {
            let part = part.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend(part.iter().map(|(key, seen)| (*key, seen.clone())));
        }
        all
    }

    pub(super) fn one(&self, key: u64) -> Option<Seen> {
        self.part(key).lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// Forgets what is known, of one collection or of all.
    pub(super) fn reset(&self, collection: Option<&str>, now_ms: i64) {
        for part in &self.parts {
            let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
            part.retain(|_, seen| collection.is_some_and(|name| seen.shape.collection != name));
        }
        if collection.is_none() {
            self.missed.store(0, Ordering::Relaxed);
            self.forgotten.store(0, Ordering::Relaxed);
            self.since_ms.store(now_ms, Ordering::Relaxed);
        }
    }

    /// Since when it is kept, reads left out, and shapes forgotten for newer ones.
    pub(super) fn account(&self) -> (i64, u64, u64) {
        let since = self.since_ms.load(Ordering::Relaxed);
        (since, self.missed.load(Ordering::Relaxed), self.forgotten.load(Ordering::Relaxed))
    }
}

/// A read under way. However it ends, it is recorded: one that its caller left, too.
pub(crate) struct Watched<'a> {
    by: &'a Recorder,
    plan: Guarded<ReadPlan>,
    actor: &'a Actor,
    now_ms: i64,
    begun: Instant,
    answered: Option<u64>,
}

impl Watched<'_> {
    /// It was answered, with so many rows.
    pub(crate) fn answered(mut self, rows: u64) {
        self.answered = Some(rows);
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.by.record(self, self.begun.elapsed());
    }
}
