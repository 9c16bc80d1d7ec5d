//! What is past its time goes: history beyond the days that its collection keeps it, records that
//! lay in the trash for as long as their collection says, and sessions that nothing can be done with
//! any more. In short transactions, so that no writer waits for a sweep.

use crate::Engine;
use access::Actor;
use base::{Code, Result, Value, iso_millis};
use catalog::{Catalog, Collection, OnDelete, Relation, RelationKind};
use query::{Operation, Write};
use serde_json::{Map, Value as Json};
use sql::{Bind, Dialect, Expect, Program, ProgramStep, Statement};
use std::sync::Arc;

/// Most rows that one transaction of a sweep removes: a few milliseconds of SQLite's only writer.
const BATCH_ROWS: usize = 500;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Rows of the history.
    pub revisions: u64,
    /// Records that left the trash for good.
    pub records: u64,
    /// Sessions whose time was over.
    pub sessions: u64,
    /// Links and codes of mails whose time was over.
    pub one_time: u64,
}

impl Engine {
    /// Removes whatever is past its time. What fails in one collection is told and left for the
    /// next sweep; the others are swept all the same.
    pub async fn sweep(&self) -> Result<Swept> {
        let state = self.state();
        let mut swept = Swept::default();
        for collection in state.catalog.collections.values() {
            let Some(days) = collection.trash_days.filter(|_| collection.paranoid) else {
                continue;
            };
            let emptied = self.empty_trash(&state.catalog, collection, days, &mut swept.records);
            if let Err(fault) = emptied.await {
                tracing::warn!(collection = collection.name, %fault, "its trash was not emptied");
            }
        }
        for (kind, removed) in [(&SESSIONS, &mut swept.sessions), (&ONE_TIME, &mut swept.one_time)]
        {
            if let Err(fault) = self.end(&state.catalog, kind, removed).await {
                tracing::warn!(collection = kind.0, %fault, "what is past its time was not removed");
            }
        }
        // Names that no collection has any more are kept as long as the project says.
        let named = self.named_in_history().await?;
        for name in &named {
            let own = state.catalog.get(name).and_then(|one| one.history_days);
            let days = own.unwrap_or(self.limits().history_days);
            if let Err(fault) = self.forget(name, days, &mut swept.revisions).await {
                tracing::warn!(collection = name, %fault, "its old history was not removed");
            }
        }
        Ok(swept)
    }

    /// The moment before which something of this many days is past its time.
    fn past(&self, days: u32) -> String {
        iso_millis(self.clock().now_ms() - i64::from(days) * DAY_MS)
    }

    /// Every collection that the history names, found by steps through the index and not by
    /// reading the history.
    async fn named_in_history(&self) -> Result<Vec<String>> {
        let text = r#"WITH RECURSIVE "named" ("name") AS (SELECT min("entity") FROM "baasix_AuditLog" UNION ALL SELECT (SELECT min(a."entity") FROM "baasix_AuditLog" a WHERE a."entity" > n."name") FROM "named" n WHERE n."name" IS NOT NULL) SELECT "name" FROM "named" WHERE "name" IS NOT NULL"#;
        let statement = Statement { text: Arc::from(text), binds: Vec::new() };
        let rows = self.store().rows(&statement).await?;
        let name = |row: Vec<Value>| row.first().and_then(Value::as_text).map(str::to_owned);
        Ok(rows.into_iter().filter_map(name).collect())
    }

    async fn forget(&self, name: &str, days: u32, forgotten: &mut u64) -> Result<()> {
        let (which, delete) = match self.store().dialect() {
            Dialect::Sqlite => (
                r#"SELECT "id" FROM "baasix_AuditLog" WHERE "entity" = ?1 AND "createdAt" < ?2 AND "type" IN ('data', 'auth') ORDER BY "createdAt" LIMIT ?3"#,
                r#"DELETE FROM "baasix_AuditLog" WHERE "id" IN (SELECT value FROM json_each(?1))"#,
            ),
            Dialect::Postgres => (
                r#"SELECT "id"::text FROM "baasix_AuditLog" WHERE "entity" = $1::text AND "createdAt" < $2::text::timestamptz AND "type" IN ('data', 'auth') ORDER BY "createdAt" LIMIT $3::bigint"#,
                r#"DELETE FROM "baasix_AuditLog" WHERE "id" IN (SELECT value::uuid FROM jsonb_array_elements_text($1::text::jsonb))"#,
            ),
        };
        let most = i64::try_from(BATCH_ROWS).unwrap_or(i64::MAX);
        let binds = [Value::text(name), Value::Text(self.past(days)), Value::Int(most)];
        let which = statement(which, binds);
        loop {
            let found = self.store().rows(&which).await?;
            if found.is_empty() {
                return Ok(());
            }
            let ids = found.iter().filter_map(|row| row.first().and_then(Value::as_text));
            let ids = Json::from_iter(ids).to_string();
            let statement = statement(delete, [Value::Text(ids)]);
            let steps = vec![ProgramStep::new(statement, Expect::Any)];
            self.store().write(Program { steps }).await?;
            *forgotten += u64::try_from(found.len()).unwrap_or(u64::MAX);
            if found.len() < BATCH_ROWS {
                return Ok(());
            }
        }
    }

    /// Removes the records whose days in the trash are over, each as a write of the house with its
    /// change row and its place in the history. What cannot be removed waits for the next sweep,
    /// and holds up nobody behind it.
    async fn empty_trash(
        &self,
        catalog: &Catalog,
        collection: &Collection,
        days: u32,
        removed: &mut u64,
    ) -> Result<()> {
        let mut behind = None;
        loop {
            let found = self.past_trash(catalog, collection, days, behind.take()).await?;
            let full = found.len() == BATCH_ROWS;
            behind = found.last().map(|last| last.place.clone());
            let found = found.into_iter().map(|Trashed { key, at, .. }| Past { key, at }).collect();
            self.remove_past(&TRASH, collection, found, removed).await?;
            if !full {
                return Ok(());
            }
        }
    }

    /// Removes what says itself when it ends (`expiresAt`), each as a write of the house: sessions,
    /// with what is left of their refresh tokens, and what mails brought. Such a table is walked by
    /// its key, and holds little but what lives: it needs no index by time.
    async fn end(&self, catalog: &Catalog, what: &(&str, Kind), removed: &mut u64) -> Result<()> {
        let (table, kind) = what;
        let Some(collection) = catalog.get(table) else { return Ok(()) };
        let text = match self.store().dialect() {
            Dialect::Sqlite => {
                r#"SELECT "id", "expiresAt" FROM "{table}" WHERE "id" > ?1 AND "expiresAt" < ?2 ORDER BY "id" LIMIT ?3"#
            }
            Dialect::Postgres => {
                r#"SELECT "id"::text, to_char("expiresAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') FROM "{table}" WHERE "id" > $1::text::uuid AND "expiresAt" < $2::text::timestamptz ORDER BY "id" LIMIT $3::bigint"#
            }
        };
        let text = text.replace("{table}", table);
        let most = i64::try_from(BATCH_ROWS).unwrap_or(i64::MAX);
        let mut behind = String::from("00000000-0000-0000-0000-000000000000");
        loop {
            let binds = [Value::Text(behind), Value::Text(self.past(0)), Value::Int(most)];
            let rows = self.store().rows(&statement(&text, binds)).await?;
            let found: Vec<Past> = rows
                .into_iter()
                .filter_map(|row| match <[Value; 2]>::try_from(row) {
                    Ok([key, Value::Text(at)]) => Some(Past { key, at }),
                    Ok(_) | Err(_) => None,
                })
                .collect();
            let full = found.len() == BATCH_ROWS;
            let last = found.last().and_then(|last| last.key.as_text()).map(str::to_owned);
            self.remove_past(kind, collection, found, removed).await?;
            match last {
                Some(last) if full => behind = last,
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// Records in the trash that are past their time, oldest first, behind a place in that order.
    /// Left out are those that a record still points at that would go with them, or would hold
    /// them: a sweep takes nothing along that nobody threw away.
    async fn past_trash(
        &self,
        catalog: &Catalog,
        collection: &Collection,
        days: u32,
        behind: Option<[Value; 2]>,
    ) -> Result<Vec<Trashed>> {
        let key = quoted(&collection.primary_key);
        let held: String = holding(catalog, collection)
            .into_iter()
            .map(|edge| format!(" AND NOT EXISTS (SELECT 1 FROM {edge})"))
            .collect();
        let table = quoted(&collection.name);
        let on = behind.is_some();
        let text = match self.store().dialect() {
            Dialect::Sqlite => {
                let on = if on {
                    format!(r#" AND (t."deletedAt", t.{key}) > (?3, ?4)"#)
                } else {
                    String::new()
                };
                format!(
                    r#"SELECT t.{key}, t."deletedAt", t."deletedAt" FROM {table} t WHERE t."deletedAt" < ?1{on}{held} ORDER BY t."deletedAt", t.{key} LIMIT ?2"#
                )
            }
            Dialect::Postgres => {
                let on = if on {
                    format!(
                        r#" AND (t."deletedAt", t.{key}::text) > ($3::text::timestamptz, $4::text)"#
                    )
                } else {
                    String::new()
                };
                let at =
                    r#"to_char(t."deletedAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"#;
                // The moment as it is told holds no microseconds; a place in the order does.
                format!(
                    r#"SELECT t.{key}::text, {at}, t."deletedAt"::text FROM {table} t WHERE t."deletedAt" < $1::text::timestamptz{on}{held} ORDER BY t."deletedAt", t.{key}::text LIMIT $2::bigint"#
                )
            }
        };
        let most = i64::try_from(BATCH_ROWS).unwrap_or(i64::MAX);
        let mut binds = vec![Value::Text(self.past(days)), Value::Int(most)];
        binds.extend(behind.into_iter().flatten());
        let rows = self.store().rows(&statement(&text, binds)).await?;
        let found = |row: Vec<Value>| match <[Value; 3]>::try_from(row) {
            Ok([key, Value::Text(at), exact]) => {
                Some(Trashed { place: [exact, key.clone()], key, at })
            }
            Ok(_) | Err(_) => None,
        };
        Ok(rows.into_iter().filter_map(found).collect())
    }

    /// Removes records in one transaction; those whose time was changed or that are held meanwhile
    /// are found by halving and stay.
    async fn remove_past(
        &self,
        kind: &Kind,
        collection: &Collection,
        found: Vec<Past>,
        removed: &mut u64,
    ) -> Result<()> {
        let actor = Actor::system(kind.reason);
        let mut waiting = vec![found];
        while let Some(mut some) = waiting.pop() {
            if some.is_empty() {
                continue;
            }
            let operations = some.iter().map(|Past { key, at }| Operation::Delete {
                collection: collection.name.clone(),
                key: match key {
                    Value::Int(number) => Json::from(*number),
                    other => Json::from(other.as_text().unwrap_or_default()),
                },
                // Who was restored or renewed a moment ago is not deleted any more.
                expect: Map::from_iter([(kind.column.to_owned(), Json::from(at.as_str()))]),
                force: true,
            });
            let write = Write { operations: operations.collect(), strict: false };
            match self.write(write, &actor, Some(kind.source)).await {
                Ok(_) => *removed += u64::try_from(some.len()).unwrap_or(u64::MAX),
                Err(fault) if !passed_over(fault.code()) => return Err(fault),
                Err(_) if some.len() == 1 => {}
                Err(_) => {
                    waiting.push(some.split_off(some.len() / 2));
                    waiting.push(some);
                }
            }
        }
        Ok(())
    }
}

/// Records that are past their time for one reason.
struct Kind {
    /// What says when it was over.
    column: &'static str,
    /// Why the house removes them.
    reason: &'static str,
    /// What their change rows name as their source.
    source: &'static str,
}

const TRASH: Kind = Kind { column: "deletedAt", reason: "empty the trash", source: "trash" };

const SESSIONS: (&str, Kind) = (
    "baasix_Sessions",
    Kind { column: "expiresAt", reason: "remove sessions that are over", source: "expiry" },
);

const ONE_TIME: (&str, Kind) = (
    "baasix_Verification",
    Kind { column: "expiresAt", reason: "remove what mails brought", source: "expiry" },
);

/// A record that is past its time.
struct Past {
    key: Value,
    /// When it was over, as it is told.
    at: String,
}

/// A record in the trash that is past its time.
struct Trashed {
    key: Value,
    /// When it came there, as it is told.
    at: String,
    /// Its place in the order of the sweep: when it came there to the last digit, and its key.
    place: [Value; 2],
}

/// Refusals that concern one record of many.
fn passed_over(code: Code) -> bool {
    matches!(code, Code::Conflict | Code::ItemNotFound | Code::ForeignKeyViolation)
}

/// What points at a record and would go with it, or keep it: the rest of `SELECT 1 FROM`. Rows of
/// a junction may go, being the relation itself, where they go by themselves and take nothing
/// along.
fn holding(catalog: &Catalog, collection: &Collection) -> Vec<String> {
    let mut edges = Vec::new();
    for child in catalog.collections.values() {
        let alone = child.junction && !is_held(catalog, child);
        for relation in child.relations.values() {
            let RelationKind::ToOne { column, target_column, .. } = &relation.kind else {
                continue;
            };
            let goes = alone && relation.on_delete == OnDelete::Cascade;
            if relation.target == collection.name && holds(relation) && !goes {
                edges.push(format!(
                    "{} c WHERE c.{} = t.{}",
                    quoted(&child.name),
                    quoted(column),
                    quoted(target_column)
                ));
            }
        }
    }
    edges
}

/// Whether a relation's rows go with what they point at, or keep it.
fn holds(relation: &Relation) -> bool {
    let own = matches!(relation.kind, RelationKind::ToOne { .. });
    own && relation.constrained && relation.on_delete != OnDelete::SetNull
}

/// Whether anything points at the records of a collection that would go with them, or keep them.
fn is_held(catalog: &Catalog, collection: &Collection) -> bool {
    let relations = catalog.collections.values().flat_map(|child| child.relations.values());
    relations.into_iter().any(|relation| relation.target == collection.name && holds(relation))
}

fn statement(text: &str, binds: impl IntoIterator<Item = Value>) -> Statement {
    Statement { text: Arc::from(text), binds: binds.into_iter().map(Bind::Value).collect() }
}

/// An identifier of the catalog in double quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
