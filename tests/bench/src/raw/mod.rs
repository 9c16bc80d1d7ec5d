//! The limits: what the machine and the bare libraries do, without a server of ours. Taken in the
//! same run, because the same machine is another one an hour later.

mod disk;
mod hash;
mod hello;
pub(crate) mod postgres;
mod sqlite;

pub(crate) use hello::serve as hello;

use crate::load::round;
use crate::{Outcome, Plan};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// One limit.
#[derive(Clone, Debug)]
pub(crate) struct Limit {
    pub(crate) name: String,
    pub(crate) per_second: f64,
    /// Of one of them, when it was taken one by one.
    pub(crate) p50_ms: Option<f64>,
}

impl Limit {
    fn new(name: impl Into<String>, per_second: f64) -> Self {
        Self { name: name.into(), per_second, p50_ms: None }
    }

    pub(crate) fn json(&self) -> Json {
        let p50 = self.p50_ms.map(|ms| round(ms, 4));
        json!({ "limit": self.name, "per_second": round(self.per_second, 1), "p50_ms": p50 })
    }
}

pub(crate) async fn take(
    folder: &Path,
    database_url: Option<&str>,
    plan: &Plan,
) -> Outcome<Vec<Limit>> {
    let mut limits = hello::take(plan).await?;
    limits.extend(disk::take(folder, plan)?);
    limits.extend(sqlite::take(folder, plan)?);
    if let Some(url) = database_url {
        limits.extend(postgres::take(url, plan).await?);
    }
    limits.extend(hash::take(plan)?);
    for limit in &limits {
        crate::course::say("raw", &format!("{}: {:.0}/s", limit.name, limit.per_second));
    }
    Ok(limits)
}

/// Repeats `one` for as long as the plan measures; each call does `units` of work.
fn repeat(
    name: impl Into<String>,
    units: u32,
    time: Duration,
    mut one: impl FnMut(u64) -> Outcome,
) -> Outcome<Limit> {
    let began = Instant::now();
    let mut took: Vec<Duration> = Vec::new();
    let mut count = 0;
    loop {
        let start = Instant::now();
        one(count)?;
        count += 1;
        took.push(start.elapsed());
        if began.elapsed() >= time {
            break;
        }
    }
    took.sort_unstable();
    let middle = took.get(took.len() / 2).map(|one| one.as_secs_f64() * 1e3);
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let per_second = count as f64 * f64::from(units) / began.elapsed().as_secs_f64();
    Ok(Limit { p50_ms: middle, ..Limit::new(name, per_second) })
}
