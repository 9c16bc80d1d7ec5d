//! A page of rows from one scan: the first rows are kept, all are counted.

use super::own::{Own, compared};
use super::run;
use crate::port::PageRows;
use crate::row::{Page, Row};
use base::{Result, Value};
use rusqlite::Connection;
use sql::{Bind, Compiled, Sift, SiftKey, Statement};
use std::cmp::Ordering;

/// Fewest rows between two sorts of what was kept.
const HELD_MIN: usize = 64;

/// The page and its total; `None` when the rows hold what a scan cannot sort.
pub(super) fn page(
    connection: &Connection,
    compiled: &Compiled,
    sift: &Sift,
    sent: impl Fn(),
) -> Result<Option<PageRows>> {
    let Some(limit) = compiled.limit else { return Ok(None) };
    let skipped = usize::try_from(compiled.offset.unwrap_or(0)).unwrap_or(usize::MAX);
    let wanted = usize::try_from(limit + u64::from(compiled.probe)).unwrap_or(usize::MAX);
    let mut first = First::new(&sift.keys, skipped.saturating_add(wanted));
    sent();
    let whole = run::each_row_while(connection, &sift.scan, |row| first.take(row))?;
    if !whole || !first.settle() {
        return Ok(None);
    }
    let total = first.seen;
    let numbers: Vec<i64> = first.held.into_iter().skip(skipped).map(|held| held.row).collect();
    let mut page = Page::new(compiled);
    if !numbers.is_empty() {
        sent();
        let mut binds = compiled.page.binds.clone();
        binds.push(Bind::Value(Value::Text(listed(&numbers))));
        let fetch = Statement { text: sift.fetch.clone(), binds };
        run::each_row(connection, &fetch, |row| page.take(row))?;
    }
    if page.uncounted().is_some() {
        page.counted(total);
    }
    Ok(Some(page.finish()))
}

/// Whole numbers as a JSON list.
fn listed(numbers: &[i64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    format!("[{}]", numbers.join(","))
}

/// The first rows of those that were seen.
struct First<'k> {
    keys: &'k [SiftKey],
    wanted: usize,
    seen: u64,
    held: Vec<Held>,
    /// Whether the first `wanted` of what is held are in order: then the last of them is the bar
    /// that a row must be before.
    barred: bool,
}

struct Held {
    keys: Vec<Own>,
    row: i64,
}

impl<'k> First<'k> {
    fn new(keys: &'k [SiftKey], wanted: usize) -> Self {
        Self { keys, wanted, seen: 0, held: Vec::new(), barred: false }
    }

    /// Takes a row; false when it holds what cannot be sorted here.
    fn take(&mut self, row: &impl Row) -> Result<bool> {
        self.seen += 1;
        if self.barred
            && let Some(bar) = self.held.get(self.wanted.wrapping_sub(1))
        {
            match before(self.keys, row, bar)? {
                None => return Ok(false),
                Some(false) => return Ok(true),
                Some(true) => {}
            }
        }
        let mut keys = Vec::with_capacity(self.keys.len());
        for column in 0..self.keys.len() {
            let Some(own) = Own::of(row.cell(column)?) else { return Ok(false) };
            keys.push(own);
        }
        let Some(Own::Int(number)) = Own::of(row.cell(self.keys.len())?) else {
            return Ok(false);
        };
        self.held.push(Held { keys, row: number });
        if self.held.len() >= self.wanted.saturating_mul(2).max(HELD_MIN) {
            return Ok(self.settle());
        }
        Ok(true)
    }

    /// Sorts what is held and lets go of what is behind the bar; false when it cannot be sorted.
    fn settle(&mut self) -> bool {
        let keys = self.keys;
        let mut alike = true;
        self.held.sort_unstable_by(|left, right| {
            let pairs = left.keys.iter().zip(&right.keys).zip(keys);
            for ((left, right), key) in pairs {
                match directed(compared(left.cell(), right.cell(), key.decimal), *key) {
                    None => alike = false,
                    Some(Ordering::Equal) => {}
                    Some(other) => return other,
                }
            }
            Ordering::Equal
        });
        self.held.truncate(self.wanted);
        self.barred = self.held.len() == self.wanted;
        alike
    }
}

/// Whether a row stands before the bar; `None` when they cannot be compared.
fn before(keys: &[SiftKey], row: &impl Row, bar: &Held) -> Result<Option<bool>> {
    for (column, (own, key)) in bar.keys.iter().zip(keys).enumerate() {
        match directed(compared(row.cell(column)?, own.cell(), key.decimal), *key) {
            None => return Ok(None),
            Some(Ordering::Less) => return Ok(Some(true)),
            Some(Ordering::Greater) => return Ok(Some(false)),
            Some(Ordering::Equal) => {}
        }
    }
    Ok(Some(false))
}

fn directed(found: Option<Ordering>, key: SiftKey) -> Option<Ordering> {
    found.map(|found| if key.descending { found.reverse() } else { found })
}
