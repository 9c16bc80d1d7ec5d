//! Groups from one scan, by hashing. Every number is added up exactly as SQLite does it.

use super::functions::{Reals, Running as Decimals};
use super::own::{Own, compared};
use super::run;
use crate::port::PageRows;
use crate::row::{Cell, Page, Row};
use base::Result;
use rusqlite::Connection;
use sql::{Compiled, Fold, Folded};
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

/// Most groups that are hashed; beyond it the database sorts, whose memory is bounded by the rows.
const GROUPS_MAX: usize = 65_536;

/// Groups that are found by looking at each of them, which is quicker than hashing.
const FEW: usize = 8;

/// The groups of a page; `None` when rows hold what is not told apart or added up here.
pub(super) fn page(
    connection: &Connection,
    compiled: &Compiled,
    fold: &Fold,
    sent: impl Fn(),
) -> Result<Option<PageRows>> {
    let mut groups = Groups::new(fold);
    sent();
    if !run::each_row_while(connection, &fold.scan, |row| groups.take(row))? {
        return Ok(None);
    }
    let total = groups.groups.len();
    let Some(rows) = groups.sorted() else { return Ok(None) };
    let skipped = usize::try_from(compiled.offset.unwrap_or(0)).unwrap_or(usize::MAX);
    let most = compiled.limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit.saturating_add(u64::from(compiled.probe))).unwrap_or(usize::MAX)
    });
    let mut page = Page::new(compiled);
    for row in rows.iter().skip(skipped).take(most) {
        page.take(row)?;
    }
    if page.uncounted().is_some() {
        page.counted(u64::try_from(total).unwrap_or(u64::MAX));
    }
    Ok(Some(page.finish()))
}

/// The groups met so far.
struct Groups<'f> {
    fold: &'f Fold,
    groups: Vec<Group>,
    /// Where a group stands, by its label; filled when they are no longer few.
    places: HashMap<Box<[u8]>, usize>,
    /// The label of the row at hand.
    label: Vec<u8>,
}

struct Group {
    /// The keys, each with its kind and its length, so that no two groups have the same bytes.
    label: Box<[u8]>,
    running: Box<[Running]>,
}

/// A group as a row of the answer.
struct GroupRow(Vec<Own>);

impl Row for GroupRow {
    fn cell(&self, column: usize) -> Result<Cell<'_>> {
        self.0.get(column).map(Own::cell).ok_or_else(|| {
            base::Error::internal(format!("a shape names column {column}, which no group has"))
        })
    }
}

impl<'f> Groups<'f> {
    fn new(fold: &'f Fold) -> Self {
        Self { fold, groups: Vec::new(), places: HashMap::new(), label: Vec::new() }
    }

    /// Takes a row; false when it cannot be told or there are too many groups.
    fn take(&mut self, row: &impl Row) -> Result<bool> {
        self.label.clear();
        for column in 0..self.fold.keys {
            if !write_label(&mut self.label, row.cell(column)?) {
                return Ok(false);
            }
        }
        let at = match self.place() {
            Some(at) => at,
            None if self.groups.len() == GROUPS_MAX => return Ok(false),
            None => self.add(),
        };
        for (running, folded) in self.groups[at].running.iter_mut().zip(&self.fold.columns) {
            if !running.take(row, *folded)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn place(&self) -> Option<usize> {
        if self.groups.len() <= FEW {
            return self.groups.iter().position(|group| *group.label == *self.label);
        }
        self.places.get(self.label.as_slice()).copied()
    }

    fn add(&mut self) -> usize {
        let at = self.groups.len();
        let label: Box<[u8]> = self.label.as_slice().into();
        let running = self.fold.columns.iter().map(|folded| Running::of(*folded)).collect();
        self.groups.push(Group { label, running });
        if at == FEW {
            let known = self.groups.iter().enumerate();
            self.places = known.map(|(at, group)| (group.label.clone(), at)).collect();
        } else if at > FEW {
            self.places.insert(self.label.as_slice().into(), at);
        }
        at
    }

    /// The groups as rows, in their order; `None` when their values cannot be sorted here.
    fn sorted(self) -> Option<Vec<GroupRow>> {
        let fold = self.fold;
        let rows: Option<Vec<GroupRow>> = self.groups.into_iter().map(GroupRow::of).collect();
        let mut rows = rows?;
        let mut alike = true;
        rows.sort_by(|left, right| {
            for (column, descending) in &fold.order {
                let (Some(left), Some(right)) = (left.0.get(*column), right.0.get(*column)) else {
                    alike = false;
                    continue;
                };
                let exact = column.checked_sub(fold.keys).and_then(|at| fold.columns.get(at));
                let decimal = matches!(exact, Some(Folded::Exact(_)));
                match compared(left.cell(), right.cell(), decimal) {
                    None => alike = false,
                    Some(Ordering::Equal) => {}
                    Some(found) if *descending => return found.reverse(),
                    Some(found) => return found,
                }
            }
            Ordering::Equal
        });
        alike.then_some(rows)
    }
}

impl GroupRow {
    fn of(group: Group) -> Option<Self> {
        let mut row = read_label(&group.label)?;
        for running in group.running {
            row.push(running.finish()?);
        }
        Some(Self(row))
    }
}

/// Appends a key; false when it is of a kind that has more than one spelling.
fn write_label(label: &mut Vec<u8>, key: Cell<'_>) -> bool {
    match key {
        Cell::Null => label.push(0),
        Cell::Int(number) => {
            label.push(1);
            label.extend_from_slice(&number.to_le_bytes());
        }
        Cell::Text(text) => {
            label.push(2);
            label.extend_from_slice(&text.len().to_le_bytes());
            label.extend_from_slice(text);
        }
        Cell::Real(_) | Cell::Bool(_) | Cell::Bytes(_) => return false,
    }
    true
}

fn read_label(mut label: &[u8]) -> Option<Vec<Own>> {
    let mut keys = Vec::new();
    while let Some((kind, rest)) = label.split_first() {
        label = rest;
        keys.push(match kind {
            0 => Own::Null,
            1 => {
                let (number, rest) = label.split_first_chunk()?;
                label = rest;
                Own::Int(i64::from_le_bytes(*number))
            }
            _ => {
                let (length, rest) = label.split_first_chunk()?;
                let (text, rest) = rest.split_at_checked(usize::from_le_bytes(*length))?;
                label = rest;
                Own::Text(text.into())
            }
        });
    }
    Some(keys)
}

/// One aggregate of one group while it is taken.
enum Running {
    Count(i64),
    Different(HashSet<Box<[u8]>>),
    Total(Total),
    Average(Total),
    RealTotal(Reals),
    RealAverage(Reals),
    Exact(Decimals),
    /// The value that is best so far.
    Extreme(Own),
}

impl Running {
    fn of(folded: Folded) -> Self {
        match folded {
            Folded::Rows | Folded::Filled(_) => Self::Count(0),
            Folded::Distinct(_) => Self::Different(HashSet::new()),
            Folded::Sum(_) => Self::Total(Total::default()),
            Folded::Average(_) => Self::Average(Total::default()),
            Folded::RealSum(_) => Self::RealTotal(Reals::default()),
            Folded::RealAverage(_) => Self::RealAverage(Reals::default()),
            Folded::Exact(_) => Self::Exact(Decimals::default()),
            Folded::Least(_) | Folded::Largest(_) => Self::Extreme(Own::Null),
        }
    }

    /// Takes a row; false when its value is of a kind that is not known here.
    fn take(&mut self, row: &impl Row, folded: Folded) -> Result<bool> {
        let column = match folded {
            Folded::Rows => {
                if let Self::Count(count) = self {
                    *count += 1;
                }
                return Ok(true);
            }
            Folded::Filled(column)
            | Folded::Distinct(column)
            | Folded::Sum(column)
            | Folded::Exact(column)
            | Folded::Average(column)
            | Folded::RealSum(column)
            | Folded::RealAverage(column)
            | Folded::Least(column)
            | Folded::Largest(column) => column,
        };
        let cell = row.cell(column)?;
        if cell == Cell::Null {
            return Ok(true);
        }
        Ok(match self {
            Self::Count(count) => {
                *count += 1;
                true
            }
            Self::Different(known) => {
                let mut label = Vec::with_capacity(48);
                let told = write_label(&mut label, cell);
                if !known.contains(label.as_slice()) {
                    known.insert(label.into());
                }
                told
            }
            Self::Total(total) | Self::Average(total) => total.take(cell),
            Self::RealTotal(reals) | Self::RealAverage(reals) => match cell {
                Cell::Real(number) if number.is_finite() => {
                    reals.add(number);
                    true
                }
                Cell::Int(number) => {
                    reals.add_whole(number);
                    true
                }
                _ => false,
            },
            Self::Exact(decimals) => match cell {
                Cell::Text(text) => std::str::from_utf8(text).is_ok_and(|text| decimals.add(text)),
                _ => false,
            },
            Self::Extreme(best) => {
                let wanted = match folded {
                    Folded::Largest(_) => Ordering::Greater,
                    _ => Ordering::Less,
                };
                let better = match &*best {
                    Own::Null => Some(true),
                    best => compared(cell, best.cell(), false).map(|found| found == wanted),
                };
                match (better, Own::of(cell)) {
                    (Some(true), Some(own)) => {
                        *best = own;
                        true
                    }
                    (Some(better), _) => !better,
                    (None, _) => false,
                }
            }
        })
    }

    /// Nothing where a sum is no double any more, which the statement tells.
    fn finish(self) -> Option<Own> {
        Some(match self {
            Self::Count(count) => Own::Int(count),
            Self::Different(known) => i64::try_from(known.len()).map_or(Own::Null, Own::Int),
            Self::Total(total) => total.sum(),
            Self::Average(total) => total.average(),
            Self::RealTotal(reals) => real(reals.sum())?,
            Self::RealAverage(reals) => real(reals.average())?,
            Self::Exact(decimals) => match decimals.total() {
                Some(sum) => Own::Text(sum.into_bytes().into()),
                None => Own::Null,
            },
            Self::Extreme(best) => best,
        })
    }
}

/// A running sum of whole numbers.
#[derive(Default)]
struct Total {
    count: i64,
    whole: i64,
}

impl Total {
    /// False for a sum that leaves 64 bits, and for what is no whole number.
    fn take(&mut self, cell: Cell<'_>) -> bool {
        let Cell::Int(number) = cell else { return false };
        let Some(whole) = self.whole.checked_add(number) else { return false };
        self.whole = whole;
        self.count += 1;
        true
    }

    fn sum(&self) -> Own {
        if self.count == 0 { Own::Null } else { Own::Int(self.whole) }
    }

    #[expect(clippy::cast_precision_loss, reason = "an average is a double, as in SQLite")]
    fn average(&self) -> Own {
        if self.count == 0 { Own::Null } else { Own::Real(self.whole as f64 / self.count as f64) }
    }
}

fn real(number: Option<f64>) -> Option<Own> {
    match number {
        None => Some(Own::Null),
        Some(number) => number.is_finite().then_some(Own::Real(number)),
    }
}
