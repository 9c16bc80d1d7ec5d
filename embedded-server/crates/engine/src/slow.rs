//! Queries that take long: which shapes ran, how long they took, and the index that would help.
//! Shapes are kept in memory, without values and without anybody's name.

mod advice;
#[cfg(test)]
mod advice_tests;
mod measure;
mod recorder;
#[cfg(test)]
mod recorder_tests;
mod sample;
mod shape;
mod times;

pub use advice::{Advice, ProposedIndex};
pub use measure::Measured;
pub(crate) use recorder::Recorder;
pub use shape::{PageForm, QueryShape, Right, ShapeCond, ShapeGroups, ShapeSort, ShapeTest};

use crate::Engine;
use recorder::Seen;
use std::sync::Arc;

/// One shape of reads and how it fared.
#[derive(Clone, Debug)]
pub struct SlowQuery {
    /// By which it is spoken of while it is remembered.
    pub id: String,
    /// What was asked.
    pub shape: Arc<QueryShape>,
    /// How often.
    pub count: u64,
    /// How often it ended unanswered: out of time, refused, or left by its caller.
    pub ended: u64,
    /// All of it together, in microseconds.
    pub total_us: u64,
    /// On average.
    pub mean_us: u64,
    /// Half were within this, to within an eighth.
    pub p50_us: u64,
    /// All but a twentieth were within this, to within an eighth.
    pub p95_us: u64,
    /// The longest.
    pub max_us: u64,
    /// Records or groups answered in all.
    pub rows: u64,
    /// Records of the latest page; none where all were asked for.
    pub limit: Option<u64>,
    /// When it ran last, in milliseconds since 1970.
    pub last_ms: i64,
    /// Names of the roles that asked.
    pub roles: Vec<String>,
    /// What could be done for it.
    pub advice: Advice,
}

/// What queries are sorted by, the most of it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the columns of the list")]
pub enum SlowBy {
    Total,
    Mean,
    P95,
    Max,
    Count,
    Last,
}

/// Part of the record.
#[derive(Clone, Debug)]
pub struct SlowQueries {
    /// Those of the page.
    pub queries: Vec<SlowQuery>,
    /// How many there are.
    pub count: usize,
    /// Since when they are recorded, in milliseconds since 1970.
    pub since_ms: i64,
    /// Reads that were left out because their part of the record was in use.
    pub missed: u64,
    /// Shapes that went for newer ones.
    pub forgotten: u64,
}

impl Engine {
    /// The shapes that ran, of one collection or of all.
    #[must_use]
    pub fn slow_queries(
        &self,
        collection: Option<&str>,
        by: SlowBy,
        skip: usize,
        limit: usize,
    ) -> SlowQueries {
        let catalog = Arc::clone(&self.state().catalog);
        let (since_ms, missed, forgotten) = self.recorder().account();
        let mut all = self.recorder().all();
        all.retain(|(_, seen)| {
            let of = &seen.shape.collection;
            collection.is_none_or(|name| name == of) && catalog.get(of).is_some()
        });
        let rank = |seen: &Seen| match by {
            SlowBy::Total => seen.times.total_us,
            SlowBy::Mean => seen.times.mean_us(),
            SlowBy::P95 => seen.times.quantile_us(95),
            SlowBy::Max => seen.times.max_us,
            SlowBy::Count => seen.times.count,
            SlowBy::Last => u64::try_from(seen.last_ms).unwrap_or(0),
        };
        // Those alike stand by their key, so that pages do not overlap.
        all.sort_by_cached_key(|(key, seen)| (std::cmp::Reverse(rank(seen)), *key));
        let count = all.len();
        let queries = all.into_iter().skip(skip).take(limit).map(|(key, seen)| SlowQuery {
            id: format!("{key:016x}"),
            count: seen.times.count,
            ended: seen.ended,
            total_us: seen.times.total_us,
            mean_us: seen.times.mean_us(),
            p50_us: seen.times.quantile_us(50),
            p95_us: seen.times.quantile_us(95),
            max_us: seen.times.max_us,
            rows: seen.rows,
            limit: seen.limit,
            last_ms: seen.last_ms,
            advice: advice::advise(&seen.shape, seen.limit, &catalog),
            shape: seen.shape,
            roles: seen.roles,
        });
        SlowQueries { queries: queries.collect(), count, since_ms, missed, forgotten }
    }

    /// Forgets what is recorded, of one collection or of all.
    pub fn forget_slow(&self, collection: Option<&str>) {
        self.recorder().reset(collection, self.clock().now_ms());
    }
}
