//! A clone of the file, on which a change is tried for real.

use super::connect::{self, Connected};
use super::{fault, run, writer};
use crate::port::{Cloned, Definition, Ran, Rehearsed, SqliteOptions};
use base::{Error, Result, short_id};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The clone's file, which ends with it.
struct Scrap(PathBuf);

impl Drop for Scrap {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm", "-journal"] {
            let mut path = self.0.clone().into_os_string();
            path.push(end);
            if let Err(cause) = std::fs::remove_file(&path)
                && cause.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(%cause, "a clone of the database stays beside it");
            }
        }
    }
}

/// Clones the file as it is at this moment and runs the change on the clone, its commit included.
/// Writers of the file go on meanwhile.
pub(super) fn rehearse(options: &SqliteOptions, definition: &Definition) -> Result<Rehearsed> {
    let began = Instant::now();
    let mut name = options.path.clone().into_os_string();
    // Beside the file: the same disk, and nobody else reads there.
    name.push(format!(".rehearsal-{}", short_id()?));
    let scrap = Scrap(PathBuf::from(name));
    copy(options, &scrap.0)?;
    let bytes = std::fs::metadata(&scrap.0).map_or(0, |file| file.len());
    let mut rehearsed =
        Rehearsed { clone: Some(Cloned { took: began.elapsed(), bytes }), ..Rehearsed::default() };
    let on = connect::writing(&SqliteOptions { path: scrap.0.clone(), ..options.clone() })?;
    rehearsed.fault = run_all(&on, definition, &mut rehearsed.ran).err();
    drop(on);
    drop(scrap);
    Ok(rehearsed)
}

fn copy(options: &SqliteOptions, to: &Path) -> Result<()> {
    let Some(to) = to.to_str() else {
        return Err(Error::internal("the path of the database is no text"));
    };
    let from = connect::copying(&options.path)?;
    let text = format!("VACUUM INTO '{}'", to.replace('\'', "''"));
    let copied = from.connection.execute_batch(&text);
    copied.map_err(|cause| fault::of(&from.connection, cause))
}

fn run_all(on: &Connected, definition: &Definition, ran: &mut Vec<Ran>) -> Result<()> {
    let simple = |text: &str| {
        on.connection.execute_batch(text).map_err(|cause| fault::of(&on.connection, cause))
    };
    if definition.rebuilds {
        simple("PRAGMA foreign_keys = OFF")?;
    }
    simple("BEGIN IMMEDIATE")?;
    let mut done = Vec::with_capacity(definition.statements.len());
    for statement in &definition.statements {
        let began = Instant::now();
        done.push(run::step(&on.connection, statement, &done)?);
        ran.push(Ran { took: began.elapsed(), locks: Vec::new() });
    }
    if definition.rebuilds {
        writer::check_references(&on.connection)?;
    }
    simple("COMMIT")
}
