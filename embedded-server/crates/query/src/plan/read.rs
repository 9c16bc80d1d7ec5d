//! What a read is: its rows or groups, their order, and which part of them.

use super::{Cond, Ref};
use crate::{AggregateFunction, Direction};
use base::Value;
use catalog::{Collection, FieldKind, Relation};
use std::sync::Arc;

/// A read with every name found and every value typed.
#[derive(Clone, Debug)]
pub struct ReadPlan {
    /// The root collection.
    pub collection: Arc<Collection>,
    /// Which records. `guard` ANDs the actor's policy to it.
    pub filter: Cond,
    /// Words to be found.
    pub search: Option<Search>,
    /// Whether soft-deleted records show, at the root and in every relation.
    pub with_deleted: bool,
    /// What comes back.
    pub projection: Projection,
    /// In which order. For rows `resolve` has appended the primary key, so that ties are stable.
    pub order: Vec<OrderBy>,
    /// Which part of the result.
    pub page: Page,
    /// Whether and how to count.
    pub count: Count,
    /// One record was addressed by its key (already part of `filter`).
    pub single: bool,
}

/// What a read answers.
#[derive(Clone, Debug)]
pub enum Projection {
    /// Records.
    Rows(Rows),
    /// Groups with aggregates.
    Groups(Grouping),
}

/// Columns and relations of one level.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Columns in output order.
    pub columns: Vec<Selected>,
    /// Relations in output order, after the columns.
    pub expands: Vec<Expand>,
}

/// One column of the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    /// Key in the answer.
    pub key: String,
    /// Field (and column) name.
    pub field: String,
    /// What it holds.
    pub kind: FieldKind,
    /// The field names this value depends on are not readable: answer null (never set by
    /// `resolve`; `createdAt` on a collection without timestamps and the like).
    pub null: bool,
}

/// A relation embedded in the answer.
#[derive(Clone, Debug)]
pub struct Expand {
    /// Key in the answer (the relation's name).
    pub key: String,
    /// The relation as its collection declares it.
    pub relation: Relation,
    /// The far collection.
    pub target: Arc<Collection>,
    /// What of it.
    pub rows: Rows,
    /// Which far records appear (`relConditions`). `guard` ANDs the policy to it. A to-one that
    /// fails it is null, a to-many loses the record.
    pub filter: Cond,
    /// Order of a to-many: `sort`, else `createdAt`, else the key.
    pub order: Vec<OrderBy>,
    /// Most far records under one parent.
    pub limit: u64,
}

/// Groups with aggregates.
#[derive(Clone, Debug)]
pub struct Grouping {
    /// Group keys.
    pub keys: Vec<GroupKey>,
    /// Aggregates in output order.
    pub aggregates: Vec<Aggregate>,
}

/// One group key.
#[derive(Clone, Debug)]
pub struct GroupKey {
    /// The keys in the answer that carry it (`user.type` and `user_type`).
    pub keys: Vec<String>,
    /// The column.
    pub column: Ref,
    /// A part of the date instead of the value.
    pub part: Option<DatePart>,
}

/// One aggregate.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// Key in the answer.
    pub alias: String,
    /// What to compute.
    pub function: AggregateFunction,
    /// Of which column; `None` is `count(*)`.
    pub column: Option<Ref>,
}

/// A part of a date, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the part words of the wire")]
pub enum DatePart {
    Year,
    /// The year that the ISO week belongs to.
    IsoYear,
    Quarter,
    Month,
    /// ISO week.
    Week,
    Day,
    /// 0 is Sunday.
    Dow,
    /// 1 is Monday, 7 is Sunday.
    IsoDow,
    Hour,
    Minute,
    Second,
}

/// One sort key.
#[derive(Clone, Debug)]
pub struct OrderBy {
    /// What to sort by.
    pub by: Order,
    /// Which way. NULLs stand last ascending and first descending, on both stores.
    pub direction: Direction,
}

/// What to sort by.
#[derive(Clone, Debug)]
pub enum Order {
    /// A column. Through a to-many relation the smallest (ascending) or largest (descending).
    Column(Ref),
    /// An aggregate's alias or a group's key, by its position in `Grouping`.
    Group(usize),
    /// An aggregate, by its position in `Grouping`.
    Aggregate(usize),
    /// How well the search words match, best first.
    Relevance,
    /// Metres between a geometry and a place. Through a to-many relation the nearest (ascending)
    /// or farthest (descending).
    Distance {
        /// The geometry.
        column: Ref,
        /// GeoJSON text of the place.
        place: String,
    },
}

impl Order {
    /// The column that it reads.
    #[must_use]
    pub fn column(&self) -> Option<&Ref> {
        match self {
            Self::Column(column) | Self::Distance { column, .. } => Some(column),
            Self::Group(_) | Self::Aggregate(_) | Self::Relevance => None,
        }
    }

    /// The column that it reads, to be narrowed.
    pub fn column_mut(&mut self) -> Option<&mut Ref> {
        match self {
            Self::Column(column) | Self::Distance { column, .. } => Some(column),
            Self::Group(_) | Self::Aggregate(_) | Self::Relevance => None,
        }
    }
}

/// Which part of the result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Most rows; `None` is all. Already cut to the cap.
    pub limit: Option<u64>,
    /// Rows to skip.
    pub offset: u64,
    /// Values of the sort keys of the last row before this page, one per `order` entry.
    pub after: Option<Vec<Value>>,
    /// The answer carries a cursor behind its last row.
    pub cursor: bool,
    /// What the cursor says of the order that it belongs to; empty without one.
    pub mark: String,
    /// The caller's limit was cut to the cap; the answer says `truncated` when rows were left.
    pub capped: bool,
}

/// Whether and how to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Every matching root record.
    Exact,
    /// The store's estimate is good enough when nothing restricts the read.
    Estimate,
    /// Not at all.
    None,
}

/// Words to be found, all of them, each as a prefix of a (stemmed) word of the fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// The words, folded, without punctuation. Never empty.
    pub words: Vec<String>,
    /// Field names to look in; each is a text field of the root.
    pub fields: Vec<String>,
}
