//! Reading and writing records: everything but the records themselves.

use serde::Serialize;
use serde_json::Value as Json;

/// What a page tells beside its rows.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct PageFacts {
    /// Rows that match, whatever the limit; absent when they were not to be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) total_count: Option<u64>,
    /// `true` when `totalCount` is the store's estimate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) total_count_estimated: Option<bool>,
    /// `true` when the server's `page_size_max` cut the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) truncated: Option<bool>,
    /// Keyset paging: the place after the last row, `null` at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "string | null"))]
    pub(crate) cursor: Option<Option<String>>,
}

/// What a write answers.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Written<T> {
    /// The key, the keys, or what each step did.
    pub(crate) data: T,
    /// What was left out of the write, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<WriteWarning>>"))]
    pub(crate) warnings: Vec<WriteWarning>,
}

/// Something that was left out of a write.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct WriteWarning {
    /// The kind, such as `UNKNOWN_FIELD`.
    pub(crate) code: String,
    /// The key that was left out.
    pub(crate) field: Option<String>,
    /// The sentence for a person.
    pub(crate) message: String,
    /// The known name nearest to it.
    pub(crate) nearest: Option<String>,
}

/// The key of a written record.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct WrittenKey {
    /// A number or a text, as the collection's key is.
    #[cfg_attr(test, ts(type = "string | number"))]
    pub(crate) id: Json,
}

/// What one step of a batch did.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct BatchResult {
    /// What it was.
    pub(crate) op: BatchVerb,
    /// The collection it was about.
    pub(crate) collection: String,
    /// The key of the record.
    #[cfg_attr(test, ts(type = "string | number"))]
    pub(crate) id: Json,
}

/// What a step of a batch does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum BatchVerb {
    Create,
    Update,
    Delete,
}

/// What a batch would do: the statements, in order, and how many operations they stand for.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct BatchPreview {
    /// Shown to administrators; empty for everybody else.
    pub(crate) statements: Vec<BatchStatement>,
    /// How many steps were judged.
    pub(crate) operations: usize,
}

/// One statement.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct BatchStatement {
    /// Its text, with placeholders for the values.
    pub(crate) sql: String,
}

/// Where a moved record stands now.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SortedItem {
    /// The key of the record that was moved.
    #[cfg_attr(test, ts(type = "string | number"))]
    pub(crate) item: Json,
    /// Its collection.
    pub(crate) collection: String,
    /// The value of its `sort` column.
    pub(crate) new_sort: i64,
}
