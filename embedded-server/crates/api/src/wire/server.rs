//! The server itself.

use serde::Serialize;

/// The reply of `/health`; all but `status` is told to signed-in callers only.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct HealthReport {
    /// `ok`.
    pub(crate) status: &'static str,
    /// Version of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) version: Option<String>,
    /// Name of the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) project: Option<String>,
    /// Where the records live.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "'sqlite' | 'postgres'"))]
    pub(crate) store: Option<&'static str>,
    /// The version of that database.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) store_version: Option<String>,
    /// Size of the records, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) size_bytes: Option<u64>,
    /// Milliseconds since the start.
    #[serde(rename = "uptime_ms", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) uptime_ms: Option<i64>,
}
