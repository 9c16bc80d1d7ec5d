//! Trying an index where nobody sees it: what a read takes without it and with it, what it costs
//! to make and to keep.

use crate::port::PageRows;
use base::{Code, Error, Result};
use sql::{Compiled, IndexTrial};
use std::time::Duration;

/// An index to be tried, and the reads it is tried with.
#[derive(Clone, Debug)]
pub struct Trial {
    /// What is made and what is written.
    pub table: IndexTrial,
    /// The reads as they are compiled without the index.
    pub before: Vec<Compiled>,
    /// The same reads as they are compiled with it, in the same order.
    pub after: Vec<Compiled>,
    /// How often each read is timed.
    pub runs: usize,
    /// Copies beyond so many bytes are refused.
    pub bytes_max: u64,
    /// Longest time the whole may take.
    pub limit: Duration,
}

/// What a trial found.
#[derive(Clone, Debug)]
pub struct TrialOutcome {
    /// Bytes that were copied.
    pub copied_bytes: u64,
    /// The reads without the index.
    pub before: Timed,
    /// The reads with it.
    pub after: Timed,
    /// Whether every read answered the same rows in the same order.
    pub same: bool,
    /// How long making the index took.
    pub build: Duration,
    /// Its size.
    pub index_bytes: u64,
    /// What writing one record takes without it and with it; `None` of an empty table.
    pub write: Option<(Duration, Duration)>,
}

/// Reads that were timed.
#[derive(Clone, Debug, Default)]
pub struct Timed {
    /// The median of all of them.
    pub median: Duration,
    /// How many.
    pub runs: usize,
    /// The database's own words for how it finds the rows.
    pub plan: Vec<String>,
}

/// Reads while they are timed.
#[derive(Default)]
pub(crate) struct Timing {
    times: Vec<Duration>,
    pub(crate) plan: Vec<String>,
    /// What each read answered.
    pub(crate) pages: Vec<PageRows>,
}

impl Timing {
    pub(crate) fn add(&mut self, time: Duration) {
        self.times.push(time);
    }

    pub(crate) fn timed(self) -> Timed {
        Timed { runs: self.times.len(), median: median(self.times), plan: self.plan }
    }
}

/// The middle one; nothing of none.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// One of `rows` writes that took `time` together.
pub(crate) fn each(time: Duration, rows: u64) -> Option<Duration> {
    u32::try_from(rows).ok().filter(|rows| *rows > 0).map(|rows| time / rows)
}

/// The refusal of a copy that nobody has agreed to.
pub(crate) fn too_large(what: &str, bytes: u64, most: u64) -> Error {
    let size = |bytes: u64| format!("{} MB", bytes.div_ceil(1024 * 1024));
    Error::new(
        Code::ConsentRequired,
        format!("{what} is {}; up to {} are copied without being asked", size(bytes), size(most)),
    )
    .hint("ask again with `consent`: the copy takes that much room and some time, and ends with it")
}

/// The refusal of a trial that takes too long.
pub(crate) fn too_long(limit: Duration) -> Error {
    Error::new(
        Code::Timeout,
        format!("trying the index took longer than {} s and was given up", limit.as_secs()),
    )
    .hint("nothing was changed; make the index at a quiet time, or try it on a copy of the project")
}

/// Nothing comes of reads that are not the same ones.
pub(crate) fn check(trial: &Trial) -> Result<()> {
    if trial.before.len() != trial.after.len() || trial.before.is_empty() || trial.runs == 0 {
        return Err(Error::internal("a trial needs the same reads before and after"));
    }
    Ok(())
}
