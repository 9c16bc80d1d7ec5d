//! Values that outlive their row, in the order in which the database sorts them.

use super::functions::compare_decimals;
use crate::row::Cell;
use std::cmp::Ordering;

/// A value of a scan.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Own {
    Null,
    Int(i64),
    Real(f64),
    Text(Box<[u8]>),
}

impl Own {
    /// Bytes and truths are not kept: no column of a scan has them.
    pub(super) fn of(cell: Cell<'_>) -> Option<Self> {
        Some(match cell {
            Cell::Null => Self::Null,
            Cell::Int(number) => Self::Int(number),
            Cell::Real(number) => Self::Real(number),
            Cell::Text(text) => Self::Text(text.into()),
            Cell::Bool(_) | Cell::Bytes(_) => return None,
        })
    }

    pub(super) fn cell(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Int(number) => Cell::Int(*number),
            Self::Real(number) => Cell::Real(*number),
            Self::Text(text) => Cell::Text(text),
        }
    }
}

/// How two values of one column stand to each other; NULL is the largest. `None` when they are of
/// two kinds, which no column of ours holds.
pub(super) fn compared(left: Cell<'_>, right: Cell<'_>, decimal: bool) -> Option<Ordering> {
    match (left, right) {
        (Cell::Null, Cell::Null) => Some(Ordering::Equal),
        (Cell::Null, _) => Some(Ordering::Greater),
        (_, Cell::Null) => Some(Ordering::Less),
        (Cell::Int(left), Cell::Int(right)) => Some(left.cmp(&right)),
        (Cell::Real(left), Cell::Real(right)) => left.partial_cmp(&right),
        (Cell::Text(left), Cell::Text(right)) if decimal => {
            let (left, right) = (std::str::from_utf8(left).ok()?, std::str::from_utf8(right).ok()?);
            Some(compare_decimals(left, right))
        }
        (Cell::Text(left), Cell::Text(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
