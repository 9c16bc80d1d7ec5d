//! A clone of the file, on which a change is tried for real.

use super::connect::{self, Connected};
use super::scrap::Scrap;
use super::{fault, run, writer};
use crate::port::{Cloned, Definition, Ran, Rehearsed, SqliteOptions};
use base::{Code, Error, Result};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The time a rehearsal may take, and whether anybody waits for it.
pub(super) struct Clock {
    end: Instant,
    limit: Duration,
    gone: Arc<AtomicBool>,
}

impl Clock {
    pub(super) fn new(limit: Duration, gone: Arc<AtomicBool>) -> Self {
        Self { end: Instant::now() + limit, limit, gone }
    }

    /// Ends what runs on this connection in time.
    fn over(&self, on: &Connected) -> Result<()> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() || self.gone.load(Ordering::Relaxed) {
            return Err(self.too_long());
        }
        on.watch.within(left, Some(Arc::clone(&self.gone)));
        Ok(())
    }

    fn too_long(&self) -> Error {
        Error::new(
            Code::Timeout,
            format!("the rehearsal took longer than {} s and was given up", self.limit.as_secs()),
        )
        .hint("nothing was changed; rehearse on a copy of the project, or apply at a quiet hour")
    }
}

/// Clones the file as it is at this moment and runs the change on the clone, its commit included.
/// Writers of the file go on meanwhile.
pub(super) fn rehearse(
    options: &SqliteOptions,
    definition: &Definition,
    clock: &Clock,
) -> Result<Rehearsed> {
    // What the clock has ended says nothing about the change.
    let ended = |error: Error| match error.code() {
        Code::Timeout => clock.too_long(),
        _ => error,
    };
    let began = Instant::now();
    let scrap = Scrap::beside(&options.path, ".rehearsal");
    copy(options, scrap.path(), clock).map_err(ended)?;
    let bytes = std::fs::metadata(scrap.path()).map_or(0, |file| file.len());
    let mut rehearsed =
        Rehearsed { clone: Some(Cloned { took: began.elapsed(), bytes }), ..Rehearsed::default() };
    let on =
        connect::writing(&SqliteOptions { path: scrap.path().to_path_buf(), ..options.clone() })?;
    rehearsed.fault = run_all(&on, definition, clock, &mut rehearsed.ran).err();
    drop(on);
    drop(scrap);
    match rehearsed.fault {
        Some(error) if error.code() == Code::Timeout => Err(ended(error)),
        _ => Ok(rehearsed),
    }
}

fn copy(options: &SqliteOptions, to: &Path, clock: &Clock) -> Result<()> {
    let Some(to) = to.to_str() else {
        return Err(Error::internal("the path of the database is no text"));
    };
    let from = connect::copying(&options.path)?;
    clock.over(&from)?;
    let text = format!("VACUUM INTO '{}'", to.replace('\'', "''"));
    let copied = from.connection.execute_batch(&text);
    copied.map_err(|cause| fault::of(&from.connection, cause))
}

fn run_all(
    on: &Connected,
    definition: &Definition,
    clock: &Clock,
    ran: &mut Vec<Ran>,
) -> Result<()> {
    let simple = |text: &str| {
        on.connection.execute_batch(text).map_err(|cause| fault::of(&on.connection, cause))
    };
    clock.over(on)?;
    if definition.rebuilds {
        simple("PRAGMA foreign_keys = OFF")?;
    }
    simple("BEGIN IMMEDIATE")?;
    let mut done = Vec::with_capacity(definition.statements.len());
    for statement in &definition.statements {
        clock.over(on)?;
        let began = Instant::now();
        done.push(run::step(&on.connection, statement, &done)?);
        ran.push(Ran { took: began.elapsed(), locks: Vec::new() });
    }
    clock.over(on)?;
    if definition.rebuilds {
        writer::check_references(&on.connection)?;
    }
    simple("COMMIT")
}
