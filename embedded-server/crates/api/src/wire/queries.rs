//! Queries that take long, and what an index would bring.

use engine::{Advice, Measured, PageForm, QueryShape, SlowQueries, SlowQuery as Query, Timed};
use query::AggregateFunction;
use serde::Serialize;
use std::time::Duration;

/// The queries that ran, by their shapes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SlowQueryList {
    /// Those of this page.
    pub(crate) data: Vec<SlowQuery>,
    /// How many there are.
    pub(crate) total_count: usize,
    /// Since when they are recorded, an ISO 8601 instant.
    pub(crate) since: String,
    /// Reads that were not recorded, because their part of the record was in use.
    pub(crate) missed: u64,
    /// Shapes that were forgotten for newer ones.
    pub(crate) forgotten: u64,
}

impl From<SlowQueries> for SlowQueryList {
    fn from(found: SlowQueries) -> Self {
        Self {
            data: found.queries.into_iter().map(SlowQuery::from).collect(),
            total_count: found.count,
            since: base::iso_millis(found.since_ms),
            missed: found.missed,
            forgotten: found.forgotten,
        }
    }
}

/// One shape of queries and how it fared. No value of any query is kept.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SlowQuery {
    /// By which it is spoken of while it is remembered.
    pub(crate) id: String,
    /// What was asked.
    pub(crate) shape: SlowQueryShape,
    /// How often it ran.
    pub(crate) count: u64,
    /// How often it ended unanswered: out of time, refused, or left by its caller.
    pub(crate) ended: u64,
    /// All of it together, in milliseconds.
    pub(crate) total_ms: f64,
    /// On average.
    pub(crate) mean_ms: f64,
    /// Half were within this, to within an eighth.
    pub(crate) p50_ms: f64,
    /// All but a twentieth were within this, to within an eighth.
    pub(crate) p95_ms: f64,
    /// The longest.
    pub(crate) max_ms: f64,
    /// Records or groups answered in all.
    pub(crate) rows: u64,
    /// When it ran last, an ISO 8601 instant.
    pub(crate) last_seen: String,
    /// Names of the roles that asked.
    pub(crate) roles: Vec<String>,
    /// The index that would help; `null` when there is none.
    pub(crate) index: Option<ProposedIndex>,
    /// The fields of the index that serves it already; `null` when none does.
    pub(crate) served_by: Option<Vec<String>>,
}

impl From<Query> for SlowQuery {
    fn from(query: Query) -> Self {
        let (index, served_by) = match query.advice {
            Advice::Index(index) => (Some(ProposedIndex::from(index)), None),
            Advice::Served(fields) => (None, Some(fields)),
            Advice::Nothing => (None, None),
        };
        Self {
            id: query.id,
            shape: SlowQueryShape::of(&query.shape, query.limit),
            count: query.count,
            ended: query.ended,
            total_ms: ms(query.total_us),
            mean_ms: ms(query.mean_us),
            p50_ms: ms(query.p50_us),
            p95_ms: ms(query.p95_us),
            max_ms: ms(query.max_us),
            rows: query.rows,
            last_seen: base::iso_millis(query.last_ms),
            roles: query.roles,
            index,
            served_by,
        }
    }
}

/// What queries ask, without the values they ask with.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SlowQueryShape {
    /// The collection.
    pub(crate) collection: String,
    /// The condition, with `?` for each value; the rules of the asking role included.
    pub(crate) filter: Option<String>,
    /// Sort keys; `-` puts the largest value first, `distance(field)` is metres from a place.
    pub(crate) sort: Vec<String>,
    /// What is grouped by.
    pub(crate) group_by: Vec<String>,
    /// What is computed of each group.
    pub(crate) aggregates: Vec<String>,
    /// Relations that are embedded.
    pub(crate) embeds: Vec<String>,
    /// Whether words are searched.
    pub(crate) search: bool,
    /// Which part of the result: all of it, its beginning, or what is behind a number of records
    /// or behind a certain one.
    #[cfg_attr(test, ts(type = "'all' | 'first' | 'offset' | 'cursor'"))]
    pub(crate) page: &'static str,
    /// Records on the latest page; `null` for all.
    pub(crate) limit: Option<u64>,
    /// Whether all matching records are counted.
    pub(crate) counted: bool,
    /// Whether softly deleted records show.
    pub(crate) with_deleted: bool,
}

impl SlowQueryShape {
    fn of(shape: &QueryShape, limit: Option<u64>) -> Self {
        let groups = shape.groups.as_ref();
        Self {
            collection: shape.collection.clone(),
            filter: shape.filter_text(),
            sort: shape.sort.iter().map(engine::ShapeSort::text).collect(),
            group_by: groups.map(|groups| groups.keys.clone()).unwrap_or_default(),
            aggregates: groups
                .into_iter()
                .flat_map(|groups| &groups.aggregates)
                .map(|(function, field)| format!("{}({field})", function_word(*function)))
                .collect(),
            embeds: shape.embeds.clone(),
            search: shape.search,
            page: match shape.page {
                PageForm::All => "all",
                PageForm::First => "first",
                PageForm::Offset => "offset",
                PageForm::Cursor => "cursor",
            },
            limit,
            counted: shape.counted,
            with_deleted: shape.with_deleted,
        }
    }
}

fn function_word(function: AggregateFunction) -> &'static str {
    match function {
        AggregateFunction::Count => "count",
        AggregateFunction::Sum => "sum",
        AggregateFunction::Avg => "avg",
        AggregateFunction::Min => "min",
        AggregateFunction::Max => "max",
        AggregateFunction::Distinct => "distinct",
        AggregateFunction::ArrayAgg => "array_agg",
    }
}

/// An index that would help.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ProposedIndex {
    /// The collection it would belong to.
    pub(crate) collection: String,
    /// Its fields in order.
    pub(crate) fields: Vec<String>,
    /// What it would be called.
    pub(crate) name: String,
}

impl From<engine::ProposedIndex> for ProposedIndex {
    fn from(index: engine::ProposedIndex) -> Self {
        let engine::ProposedIndex { collection, fields, name } = index;
        Self { collection, fields, name }
    }
}

/// What an index was found to bring, on a copy that is gone again.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct QueryMeasurement {
    /// The index.
    pub(crate) index: ProposedIndex,
    /// Records in the queried collection, about.
    pub(crate) records: u64,
    /// The query without it.
    pub(crate) before: QueryTiming,
    /// The query with it.
    pub(crate) after: QueryTiming,
    /// How many times as fast it is; below 1 it is slower.
    pub(crate) gain: f64,
    /// Whether the database used the index.
    pub(crate) used: bool,
    /// How long making the index took, in milliseconds.
    pub(crate) build_ms: f64,
    /// Its size.
    pub(crate) index_bytes: u64,
    /// What writing one record took without it, in microseconds; `null` of an empty collection.
    pub(crate) write_before_us: Option<f64>,
    /// What writing one record takes with it.
    pub(crate) write_after_us: Option<f64>,
    /// Bytes that were copied for it.
    pub(crate) copied_bytes: u64,
    /// Parts of the condition that were left out, because no value of the collection stands for
    /// theirs.
    pub(crate) left_out: Vec<String>,
}

impl From<Measured> for QueryMeasurement {
    fn from(found: Measured) -> Self {
        let quickest = Duration::from_micros(1);
        let (before, after) = (found.before.median, found.after.median);
        let gain = before.max(quickest).as_secs_f64() / after.max(quickest).as_secs_f64();
        let us = |time: Duration| rounded(time.as_secs_f64() * 1_000_000.0);
        Self {
            index: found.index.into(),
            records: found.records,
            before: found.before.into(),
            after: found.after.into(),
            gain: rounded(gain),
            used: found.used,
            build_ms: millis(found.build),
            index_bytes: found.index_bytes,
            write_before_us: found.write.map(|(before, _)| us(before)),
            write_after_us: found.write.map(|(_, after)| us(after)),
            copied_bytes: found.copied_bytes,
            left_out: found.left_out,
        }
    }
}

/// Reads that were timed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct QueryTiming {
    /// The median.
    pub(crate) median_ms: f64,
    /// Of how many.
    pub(crate) runs: usize,
    /// The database's own words for how it finds the rows.
    pub(crate) plan: Vec<String>,
}

impl From<Timed> for QueryTiming {
    fn from(timed: Timed) -> Self {
        Self { median_ms: millis(timed.median), runs: timed.runs, plan: timed.plan }
    }
}

fn millis(time: Duration) -> f64 {
    rounded(time.as_secs_f64() * 1_000.0)
}

fn ms(us: u64) -> f64 {
    millis(Duration::from_micros(us))
}

/// To three places: more is noise.
fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}
