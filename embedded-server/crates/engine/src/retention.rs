//! What is past its time goes: history beyond the days that its collection keeps it, and records
//! that lay in the trash for as long as their collection says. In short transactions, so that no
//! writer waits for a sweep.

use crate::Engine;
use access::Actor;
use base::{Code, Result, Value, iso_millis};
use catalog::{Catalog, Collection, OnDelete, RelationKind};
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
}

impl Engine {
    /// Removes whatever is past its time.
    pub async fn sweep(&self) -> Result<Swept> {
        let state = self.state();
        let mut swept = Swept::default();
        for collection in state.catalog.collections.values() {
            if let Some(days) = collection.trash_days.filter(|_| collection.paranoid) {
                swept.records += self.empty_trash(&state.catalog, collection, days).await?;
            }
        }
        // Names that no collection has any more are kept as long as the project says.
        let named = self.named_in_history().await?;
        for name in &named {
            let own = state.catalog.get(name).and_then(|one| one.history_days);
            let days = own.unwrap_or(self.limits().history_days);
            swept.revisions += self.forget(name, days).await?;
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

    async fn forget(&self, name: &str, days: u32) -> Result<u64> {
        let (which, delete) = match self.store().dialect() {
            Dialect::Sqlite => (
                r#"SELECT "id" FROM "baasix_AuditLog" WHERE "entity" = ?1 AND "createdAt" < ?2 AND "type" = 'data' ORDER BY "createdAt" LIMIT ?3"#,
                r#"DELETE FROM "baasix_AuditLog" WHERE "id" IN (SELECT value FROM json_each(?1))"#,
            ),
            Dialect::Postgres => (
                r#"SELECT "id"::text FROM "baasix_AuditLog" WHERE "entity" = $1::text AND "createdAt" < $2::text::timestamptz AND "type" = 'data' ORDER BY "createdAt" LIMIT $3::bigint"#,
                r#"DELETE FROM "baasix_AuditLog" WHERE "id" IN (SELECT value::uuid FROM jsonb_array_elements_text($1::text::jsonb))"#,
            ),
        };
        let most = i64::try_from(BATCH_ROWS).unwrap_or(i64::MAX);
        let binds = [Value::text(name), Value::Text(self.past(days)), Value::Int(most)];
        let which = statement(which, binds);
        let mut forgotten = 0;
        loop {
            let found = self.store().rows(&which).await?;
            if found.is_empty() {
                return Ok(forgotten);
            }
            let ids = found.iter().filter_map(|row| row.first().and_then(Value::as_text));
            let ids = Json::from_iter(ids).to_string();
            let statement = statement(delete, [Value::Text(ids)]);
            let steps = vec![ProgramStep::new(statement, Expect::Any)];
            self.store().write(Program { steps }).await?;
            forgotten += u64::try_from(found.len()).unwrap_or(u64::MAX);
            if found.len() < BATCH_ROWS {
                return Ok(forgotten);
            }
        }
    }

    /// Removes the records whose days in the trash are over, each as a write of the house with its
    /// change row and its place in the history.
    async fn empty_trash(
        &self,
        catalog: &Catalog,
        collection: &Collection,
        days: u32,
    ) -> Result<u64> {
        let mut removed = 0;
        loop {
            let found = self.past_trash(catalog, collection, days).await?;
            let full = found.len() == BATCH_ROWS;
            let gone = self.remove_trashed(collection, found).await?;
            removed += gone;
            // What could not be removed waits for the next sweep.
            if !full || gone == 0 {
                return Ok(removed);
            }
        }
    }

    /// Records in the trash that are past their time, oldest first, with the moment they came.
    /// Left out are those that a record outside of a junction still points at and would go with,
    /// or would hold: a sweep takes nothing along that nobody threw away.
    async fn past_trash(
        &self,
        catalog: &Catalog,
        collection: &Collection,
        days: u32,
    ) -> Result<Vec<(Value, String)>> {
        let dialect = self.store().dialect();
        let key = quoted(&collection.primary_key);
        let held: String = holding(catalog, collection)
            .into_iter()
            .map(|edge| format!(" AND NOT EXISTS (SELECT 1 FROM {edge})"))
            .collect();
        let table = quoted(&collection.name);
        let text = match dialect {
            Dialect::Sqlite => format!(
                r#"SELECT t.{key}, t."deletedAt" FROM {table} t WHERE t."deletedAt" < ?1{held} ORDER BY t."deletedAt" LIMIT ?2"#
            ),
            Dialect::Postgres => {
                let at =
                    r#"to_char(t."deletedAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"#;
                format!(
                    r#"SELECT t.{key}::text, {at} FROM {table} t WHERE t."deletedAt" < $1::text::timestamptz{held} ORDER BY t."deletedAt" LIMIT $2::bigint"#
                )
            }
        };
        let most = i64::try_from(BATCH_ROWS).unwrap_or(i64::MAX);
        let binds = [Value::Text(self.past(days)), Value::Int(most)];
        let rows = self.store().rows(&statement(&text, binds)).await?;
        let found = |row: Vec<Value>| match <[Value; 2]>::try_from(row) {
            Ok([key, Value::Text(at)]) => Some((key, at)),
            Ok(_) | Err(_) => None,
        };
        Ok(rows.into_iter().filter_map(found).collect())
    }

    /// Removes records in one transaction; those that came back or are held meanwhile are found by
    /// halving and stay.
    async fn remove_trashed(
        &self,
        collection: &Collection,
        found: Vec<(Value, String)>,
    ) -> Result<u64> {
        let actor = Actor::system("empty the trash");
        let mut removed = 0;
        let mut waiting = vec![found];
        while let Some(mut some) = waiting.pop() {
            if some.is_empty() {
                continue;
            }
            let operations = some.iter().map(|(key, at)| Operation::Delete {
                collection: collection.name.clone(),
                key: match key {
                    Value::Int(number) => Json::from(*number),
                    other => Json::from(other.as_text().unwrap_or_default()),
                },
                // Who was restored a moment ago is not deleted any more.
                expect: Map::from_iter([(String::from("deletedAt"), Json::from(at.as_str()))]),
                force: true,
            });
            let write = Write { operations: operations.collect(), strict: false };
            match self.write(write, &actor, Some("trash")).await {
                Ok(_) => removed += u64::try_from(some.len()).unwrap_or(u64::MAX),
                Err(fault) if !passed_over(fault.code()) => return Err(fault),
                Err(_) if some.len() == 1 => {}
                Err(_) => {
                    waiting.push(some.split_off(some.len() / 2));
                    waiting.push(some);
                }
            }
        }
        Ok(removed)
    }
}

/// Refusals that concern one record of many.
fn passed_over(code: Code) -> bool {
    matches!(code, Code::Conflict | Code::ItemNotFound | Code::ForeignKeyViolation)
}

/// What points at a record and would go with it, or keep it: the rest of `SELECT 1 FROM`.
fn holding(catalog: &Catalog, collection: &Collection) -> Vec<String> {
    let mut edges = Vec::new();
    for child in catalog.collections.values().filter(|child| !child.junction) {
        for relation in child.relations.values() {
            let RelationKind::ToOne { column, target_column, .. } = &relation.kind else {
                continue;
            };
            let holds = relation.constrained && relation.on_delete != OnDelete::SetNull;
            if relation.target == collection.name && holds {
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

fn statement<const N: usize>(text: &str, binds: [Value; N]) -> Statement {
    Statement { text: Arc::from(text), binds: binds.into_iter().map(Bind::Value).collect() }
}

/// An identifier of the catalog in double quotes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
