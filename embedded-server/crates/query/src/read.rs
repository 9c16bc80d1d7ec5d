//! A read as asked, in names.

use crate::Filter;
use indexmap::IndexMap;
use serde_json::Value as Json;

/// What a surface asks to be read.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// Name of the collection.
    pub collection: String,
    /// One record by its key, as sent (text from a path, or a JSON value).
    pub key: Option<Json>,
    /// Field patterns (`*`, `name`, `author.*`, `-secret`); empty means every own column.
    pub fields: Vec<String>,
    /// Embed every relation of the root with its own columns, beside what `fields` says.
    pub every_relation: bool,
    /// What becomes of names that do not exist, or that the asker may not know of.
    pub unknown: UnknownNames,
    /// Which records.
    pub filter: Option<Filter>,
    /// Conditions that name what is not there say nothing, as with the original.
    pub as_original: bool,
    /// In which order; most significant first.
    pub sort: Vec<SortAsked>,
    /// Most records to answer; `None` and `-1` mean all (up to the cap).
    pub limit: Option<i64>,
    /// No cap on the page: exports stream. Set by the house, never by a caller.
    pub uncapped: bool,
    /// Records to skip.
    pub offset: Option<u64>,
    /// One-based page of `limit` records (10 when no limit is given); wins over `offset`.
    pub page: Option<u64>,
    /// Keyset paging: `Some("")` asks for the first page with a cursor, else the cursor that the
    /// page before answered.
    pub after: Option<String>,
    /// Words to search for.
    pub search: Option<String>,
    /// Fields to search in; empty means every readable text field.
    pub search_fields: Vec<String>,
    /// Order by relevance when no sort is given.
    pub by_relevance: bool,
    /// Trims what appears inside relations, without restricting the root.
    pub rel_conditions: RelConditions,
    /// Show soft-deleted records too.
    pub with_deleted: bool,
    /// Aggregates by alias.
    pub aggregate: IndexMap<String, AggregateAsked>,
    /// Group keys: a field, a relation path, or `date:<part>:<field>`.
    pub group_by: Vec<String>,
    /// How exact the total must be.
    pub count: CountMode,
}

/// What becomes of names that do not exist. Hidden names are such names too, so that no choice
/// tells the one from the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownNames {
    /// Refused in conditions, orders and groups; left out of `fields`.
    #[default]
    Refused,
    /// Refused in `fields` too.
    RefusedEverywhere,
    /// A condition on one matches nothing, an order by one orders nothing. Nor does a condition match
    /// whose value its column cannot hold.
    Empty,
}

/// Conditions inside relations, by relation name, nested.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RelConditions(pub IndexMap<String, (Option<Filter>, RelConditions)>);

/// One sort key as asked.
#[derive(Clone, Debug, PartialEq)]
pub struct SortAsked {
    /// Field, relation path, or (in grouped reads) an alias.
    pub path: String,
    /// Which way.
    pub direction: Direction,
    /// For the path `_distance`: from where.
    pub distance: Option<DistanceAsked>,
}

/// Metres between a geometry and a place, as asked.
#[derive(Clone, Debug, PartialEq)]
pub struct DistanceAsked {
    /// `[longitude, latitude]`, or a geometry.
    pub target: Json,
    /// The geometry's field, or a path to it.
    pub column: String,
}

/// Which way to sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first; NULLs last.
    Ascending,
    /// Largest first; NULLs first.
    Descending,
}

/// One aggregate as asked.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateAsked {
    /// What to compute.
    pub function: AggregateFunction,
    /// Of which field or path; `*` for `count`.
    pub field: String,
}

/// What an aggregate computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the function words of the wire")]
pub enum AggregateFunction {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    /// Number of distinct values.
    Distinct,
    ArrayAgg,
}

/// How exact the total must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CountMode {
    /// Counted.
    #[default]
    Exact,
    /// The store's own estimate when the read has no condition, else counted.
    Estimate,
    /// Not answered.
    None,
}
