//! What happened lately.

use serde::Serialize;

/// One entry of the journal.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct JournalEntry {
    /// The last moment of it, an ISO 8601 instant.
    pub(crate) at: String,
    /// What was done, to records or to the schema.
    #[cfg_attr(test, ts(type = "'create' | 'update' | 'delete' | 'schema'"))]
    pub(crate) kind: &'static str,
    /// The collection; `null` for the schema.
    pub(crate) collection: Option<String>,
    /// How many records, or which version of the schema.
    pub(crate) count: u64,
    /// Whether there were more than were counted.
    pub(crate) more: bool,
    /// The e-mail address of who did it; `null` for the server itself.
    pub(crate) actor: Option<String>,
    /// What the client called itself; `import:` and its job for an import.
    pub(crate) source: Option<String>,
}

impl From<engine::JournalEntry> for JournalEntry {
    fn from(entry: engine::JournalEntry) -> Self {
        Self {
            at: entry.at,
            kind: match entry.deed {
                engine::Deed::Create => "create",
                engine::Deed::Update => "update",
                engine::Deed::Delete => "delete",
                engine::Deed::Schema => "schema",
            },
            collection: entry.collection,
            count: entry.count,
            more: entry.more,
            actor: entry.actor,
            source: entry.source,
        }
    }
}
