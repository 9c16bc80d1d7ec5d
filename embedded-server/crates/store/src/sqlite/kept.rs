//! Answers that were costly, kept by a connection for as long as the file stays as it is.
//!
//! A read is a function of its text, its values and the file: the guard's conditions are in the
//! text and the values, and nothing of ours that a read calls answers anew each time. SQLite says
//! whether the file is still the one that was read, whoever may have written to it.

use crate::port::PageRows;
use rusqlite::Connection;
use sql::{Compiled, Statement};
use std::collections::VecDeque;

/// Largest page that is kept, in bytes.
const PAGE_BYTES_MAX: usize = 64 * 1024;

/// What one connection keeps.
#[derive(Default)]
pub(super) struct Kept {
    /// The file's version as this connection counts it.
    version: i64,
    pages: VecDeque<(Compiled, PageRows)>,
    totals: VecDeque<(Statement, u64)>,
}

/// The version of the file as it is seen now: another number after every commit of anybody else.
/// Numbers of two connections do not compare.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
}

impl Kept {
    /// Forgets what another version of the file answered.
    pub(super) fn at(&mut self, version: i64) -> &mut Self {
        if self.version != version {
            self.version = version;
            self.pages.clear();
            self.totals.clear();
        }
        self
    }

    /// The kept page of exactly this read.
    pub(super) fn page(&self, asked: &Compiled) -> Option<PageRows> {
        let found = self.pages.iter().find(|(kept, _)| {
            same(&kept.page, &asked.page)
                && kept.limit == asked.limit
                && kept.offset == asked.offset
                && kept.probe == asked.probe
                && kept.cursor == asked.cursor
                && kept.shape == asked.shape
                && match (&kept.total, &asked.total) {
                    (Some(kept), Some(asked)) => same(kept, asked),
                    (None, None) => true,
                    (Some(_), None) | (None, Some(_)) => false,
                }
        });
        found.map(|(_, page)| page.clone())
    }

    /// The kept count of this statement, whichever page it was counted for.
    pub(super) fn total(&self, asked: &Statement) -> Option<u64> {
        self.totals.iter().find(|(kept, _)| same(kept, asked)).map(|(_, total)| *total)
    }

    /// Keeps an answer, so many at most; the oldest makes room.
    pub(super) fn keep(&mut self, compiled: &Compiled, page: &PageRows, most: usize) {
        let Some(others) = most.checked_sub(1) else { return };
        if let (Some(statement), Some(total)) = (&compiled.total, page.total)
            && self.total(statement).is_none()
        {
            self.totals.truncate(others);
            self.totals.push_front((statement.clone(), total));
        }
        if page.json.len() <= PAGE_BYTES_MAX {
            self.pages.truncate(others);
            self.pages.push_front((compiled.clone(), page.clone()));
        }
    }
}

fn same(kept: &Statement, asked: &Statement) -> bool {
    kept.text == asked.text && kept.binds == asked.binds
}
