//! The journal: what happened lately, for a person who comes back. Rows of `_change` that belong
//! together are one entry, and so is each change of the schema.

use crate::Engine;
use base::{Result, Value, iso_millis};
use sql::{Bind, Dialect, Statement};
use std::sync::Arc;

/// How many rows of `_change` are looked at. A longer run of writes counts as "at least" so many.
const WINDOW: usize = 5_000;

/// Writes of one kind that follow each other within this are told as one, so that a script which
/// sends a thousand requests is a line and not a thousand.
const TOGETHER_MS: i64 = 60_000;

/// What one entry tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Records were made.
    Create,
    /// Records were changed.
    Update,
    /// Records were removed.
    Delete,
    /// The schema came to a new version.
    Schema,
}

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEntry {
    /// The last moment of it, ISO 8601.
    pub at: String,
    /// What was done.
    pub deed: Deed,
    /// To which collection; none for the schema.
    pub collection: Option<String>,
    /// How many records, or which version of the schema.
    pub count: u64,
    /// Whether there were more than were looked at.
    pub more: bool,
    /// Who did it, by e-mail address; none for a server's own work and for users who are gone.
    pub actor: Option<String>,
    /// What the client called itself (`import:…` for an import).
    pub source: Option<String>,
}

/// A row of `_change` without its records.
struct Row {
    deed: Deed,
    collection: String,
    actor: Option<String>,
    source: Option<String>,
    at_ms: i64,
    /// How many records it is about: an import's are one row.
    records: u64,
}

impl Engine {
    /// The newest entries, newest first. Sessions and mails are no news.
    pub async fn journal(&self, limit: usize) -> Result<Vec<JournalEntry>> {
        const QUIET: &str = "'baasix_Sessions', 'baasix_Totp', 'baasix_Persona', 'baasix_Verification', 'baasix_EmailLog', 'baasix_AuditLog', 'baasix_Account'";
        let columns = r#""tx", "seq", "collection", "op", "actor", "source", "at_ms", "records""#;
        let text = match self.store().dialect() {
            Dialect::Sqlite => format!(
                r#"SELECT c."collection", c."op", u."email", c."source", c."at_ms", c."records" FROM (SELECT {columns} FROM "_change" WHERE "collection" NOT IN ({QUIET}) ORDER BY "seq" DESC LIMIT {WINDOW}) c LEFT JOIN "baasix_User" u ON u."id" = c."actor" ORDER BY c."seq" DESC"#
            ),
            Dialect::Postgres => format!(
                r#"SELECT c."collection", c."op", u."email"::text, c."source", c."at_ms", c."records" FROM (SELECT {columns} FROM "_change" WHERE "collection" NOT IN ({QUIET}) ORDER BY "tx" DESC, "seq" DESC LIMIT {WINDOW}) c LEFT JOIN "baasix_User" u ON u."id"::text = c."actor" ORDER BY c."tx" DESC, c."seq" DESC"#
            ),
        };
        let rows = self.asked(text, Vec::new()).await?;
        let mut entries = told(rows.into_iter().filter_map(row));
        entries.extend(self.schema_changes(limit).await?);
        entries.sort_by(|one, other| other.at.cmp(&one.at));
        entries.truncate(limit);
        Ok(entries)
    }

    /// Each version of the catalog behind the first, which every project begins with.
    async fn schema_changes(&self, limit: usize) -> Result<Vec<JournalEntry>> {
        let (sqlite, postgres) = (
            r#"SELECT m."key", m."value", u."email" FROM "_meta" m LEFT JOIN "_schema_change" s ON m."key" = 'catalog:' || s."version" LEFT JOIN "baasix_User" u ON u."id" = s."actor" WHERE m."key" LIKE 'catalog:%' ORDER BY m."value" DESC LIMIT ?1"#,
            r#"SELECT m."key", m."value", u."email"::text FROM "_meta" m LEFT JOIN "_schema_change" s ON m."key" = 'catalog:' || s."version"::text LEFT JOIN "baasix_User" u ON u."id"::text = s."actor" WHERE m."key" LIKE 'catalog:%' ORDER BY m."value" DESC LIMIT $1::bigint"#,
        );
        let text = match self.store().dialect() {
            Dialect::Sqlite => sqlite,
            Dialect::Postgres => postgres,
        };
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.asked(text.to_owned(), vec![Bind::Value(Value::Int(most))]).await?;
        let entry = |row: Vec<Value>| -> Option<JournalEntry> {
            let version: u64 = row.first()?.as_text()?.strip_prefix("catalog:")?.parse().ok()?;
            let at = row.get(1)?.as_text()?.to_owned();
            let news = JournalEntry {
                at,
                deed: Deed::Schema,
                collection: None,
                count: version,
                more: false,
                actor: row.get(2).and_then(Value::as_text).map(str::to_owned),
                source: None,
            };
            (version > 1).then_some(news)
        };
        Ok(rows.into_iter().filter_map(entry).collect())
    }

    async fn asked(&self, text: String, binds: Vec<Bind>) -> Result<Vec<Vec<Value>>> {
        self.store().rows(&Statement { text: Arc::from(text), binds }).await
    }
}

fn row(row: Vec<Value>) -> Option<Row> {
    let text = |at: usize| row.get(at).and_then(Value::as_text).map(str::to_owned);
    let deed = match row.get(1)?.as_text()? {
        "create" => Deed::Create,
        "update" => Deed::Update,
        _ => Deed::Delete,
    };
    let at_ms = row.get(4)?.as_int()?;
    let records = row.get(5).and_then(Value::as_int).and_then(|count| u64::try_from(count).ok());
    let records = records.unwrap_or(1);
    Some(Row { deed, collection: text(0)?, actor: text(2), source: text(3), at_ms, records })
}

/// Rows, newest first, as entries: what follows the same deed closely belongs to it.
fn told(rows: impl Iterator<Item = Row>) -> Vec<JournalEntry> {
    let mut entries: Vec<JournalEntry> = Vec::new();
    let (mut seen, mut last_ms) = (0_usize, 0);
    for row in rows {
        seen += 1;
        let joins = entries.last().is_some_and(|entry| {
            entry.deed == row.deed
                && entry.collection.as_ref() == Some(&row.collection)
                && entry.actor == row.actor
                && entry.source == row.source
                && last_ms - row.at_ms <= TOGETHER_MS
        });
        last_ms = row.at_ms;
        match entries.last_mut().filter(|_| joins) {
            Some(entry) => entry.count += row.records,
            None => entries.push(JournalEntry {
                at: iso_millis(row.at_ms),
                deed: row.deed,
                collection: Some(row.collection),
                count: row.records,
                more: false,
                actor: row.actor,
                source: row.source,
            }),
        }
    }
    if seen == WINDOW
        && let Some(last) = entries.last_mut()
    {
        last.more = true;
    }
    entries
}
