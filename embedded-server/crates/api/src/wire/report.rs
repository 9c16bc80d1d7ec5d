//! Several reports in one answer: everything but the reports themselves.

use serde::Serialize;

/// What an answer to several questions tells beside `data`, which holds a page by each name.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct StatsFacts {
    /// How many were asked.
    pub(crate) total_stats: usize,
    /// How many were answered: all of them, since one refusal refuses the request.
    pub(crate) successful_stats: usize,
}
