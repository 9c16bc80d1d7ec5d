//! An index tried on a copy of the file. The copy lies beside the file, in one snapshot of it,
//! and goes with the trial.

use super::connect::{self, Connected};
use super::readers::by_shortcut;
use super::scrap::Scrap;
use super::{fault, run};
use crate::port::PageRows;
use crate::trial::{self, Timing, Trial, TrialOutcome, each, too_large, too_long};
use base::{Code, Error, Result, Value};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use sql::{Compiled, Statement};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Pages copied between two looks at the clock: 8 MB, some milliseconds.
const PAGES: i32 = 2_000;

/// Times that a write is repeated; the quickest counts, as whatever else the machine does only
/// ever adds.
const WRITES: usize = 5;

/// Runs the whole trial on this thread. `gone` tells that nobody waits for it any more.
pub(super) fn conduct(
    path: &Path,
    bytes: u64,
    asked: &Trial,
    gone: &Arc<AtomicBool>,
) -> Result<TrialOutcome> {
    trial::check(asked)?;
    if bytes > asked.bytes_max {
        return Err(too_large("the database file", bytes, asked.bytes_max));
    }
    let clock = Clock { end: Instant::now() + asked.limit, limit: asked.limit, gone };
    let copy = Scrap::beside(path, ".trial");
    copied(path, copy.path(), &clock)?;
    let on = connect::trial(copy.path())?;
    let tried = tried(&on, bytes, asked, &clock);
    drop(on);
    drop(copy);
    // What the clock has ended is told as that.
    tried.map_err(|error| match error.code() {
        Code::Timeout => too_long(asked.limit),
        _ => error,
    })
}

struct Clock<'a> {
    end: Instant,
    limit: Duration,
    gone: &'a Arc<AtomicBool>,
}

impl Clock<'_> {
    fn left(&self) -> Result<Duration> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() || self.gone.load(Ordering::Relaxed) {
            return Err(too_long(self.limit));
        }
        Ok(left)
    }

    fn over(&self, on: &Connected) -> Result<()> {
        on.watch.within(self.left()?, Some(Arc::clone(self.gone)));
        Ok(())
    }
}

fn copied(path: &Path, to: &Path, clock: &Clock<'_>) -> Result<()> {
    let from = connect::reading(path)?;
    let source = &from.connection;
    let failed = |cause: rusqlite::Error| fault::of(source, cause);
    // One snapshot for all steps: a commit meanwhile would begin the copy anew.
    run::begin(source)?;
    source.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(failed)?;
    let mut target = Connection::open(to).map_err(|cause| fault::opening(to, cause))?;
    let backup = Backup::new(source, &mut target).map_err(failed)?;
    loop {
        clock.left()?;
        match backup.step(PAGES).map_err(failed)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

fn tried(on: &Connected, bytes: u64, asked: &Trial, clock: &Clock<'_>) -> Result<TrialOutcome> {
    let table = &asked.table;
    clock.over(on)?;
    run::step(&on.connection, &table.aside, &[])?;
    let before = timed(on, &asked.before, asked.runs, clock)?;
    let written = written(on, asked, clock)?;

    clock.over(on)?;
    let used = used_bytes(&on.connection)?;
    let begun = Instant::now();
    run::step(&on.connection, &table.index, &[])?;
    let build = begun.elapsed();
    let index_bytes = used_bytes(&on.connection)?.saturating_sub(used);

    let after = timed(on, &asked.after, asked.runs, clock)?;
    let rewritten = self::written(on, asked, clock)?;
    Ok(TrialOutcome {
        copied_bytes: bytes,
        same: before.pages == after.pages,
        before: before.timed(),
        after: after.timed(),
        build,
        index_bytes,
        write: written.zip(rewritten),
    })
}

fn timed(on: &Connected, reads: &[Compiled], runs: usize, clock: &Clock<'_>) -> Result<Timing> {
    let mut timing = Timing::default();
    for compiled in reads {
        // The first one brings the pages in and is not counted.
        for round in 0..=runs {
            clock.over(on)?;
            let begun = Instant::now();
            let page = page(on, compiled);
            let time = begun.elapsed();
            on.rest();
            match (page?, round) {
                (page, 0) => timing.pages.push(page),
                _ => timing.add(time),
            }
        }
    }
    if let Some(first) = reads.first() {
        timing.plan = plan(&on.connection, &first.page)?;
    }
    Ok(timing)
}

/// A page as a reading thread reads it.
fn page(on: &Connected, compiled: &Compiled) -> Result<PageRows> {
    run::begin(&on.connection)?;
    match by_shortcut(on, compiled, &|_| None, &|| {})? {
        Some(page) => Ok(page),
        None => run::page(&on.connection, compiled, |_| None, || {}),
    }
}

fn plan(connection: &Connection, statement: &Statement) -> Result<Vec<String>> {
    let text = format!("EXPLAIN QUERY PLAN {}", statement.text);
    let asked = Statement { text: text.into(), binds: statement.binds.clone() };
    let rows = run::rows(connection, &asked)?;
    Ok(rows
        .into_iter()
        .filter_map(|row| row.get(3).and_then(Value::as_text).map(str::to_owned))
        .collect())
}

/// What writing one record takes: some are taken out and put back, in one transaction as writes
/// of a busy moment are.
fn written(on: &Connected, asked: &Trial, clock: &Clock<'_>) -> Result<Option<Duration>> {
    let connection = &on.connection;
    let transaction =
        |word: &str| connection.execute_batch(word).map_err(|cause| fault::of(connection, cause));
    let mut quickest: Option<Duration> = None;
    for _ in 0..WRITES {
        clock.over(on)?;
        transaction("BEGIN")?;
        run::step(connection, &asked.table.remove, &[])?;
        let begun = Instant::now();
        let put = run::step(connection, &asked.table.put_back, &[])?;
        let time = begun.elapsed();
        transaction("COMMIT")?;
        let Some(time) = each(time, put.rows) else { return Ok(None) };
        quickest = Some(quickest.map_or(time, |known| known.min(time)));
    }
    Ok(quickest)
}

fn used_bytes(connection: &Connection) -> Result<u64> {
    let number = |pragma: &str| -> Result<u64> {
        let found: i64 = connection
            .query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))
            .map_err(|cause| fault::of(connection, cause))?;
        u64::try_from(found)
            .map_err(|cause| Error::internal("a size below nothing").caused_by(cause))
    };
    Ok(number("page_count")?.saturating_sub(number("freelist_count")?) * number("page_size")?)
}
