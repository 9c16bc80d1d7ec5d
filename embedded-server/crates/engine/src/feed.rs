//! The feed: committed changes, read in order by named cursors.
//!
//! Each consumer owns a cursor, is at-least-once and idempotent by `seq`. Slow consumers lag;
//! writers never wait. On Postgres `seq` values commit out of order, so the feed orders by
//! `(tx, seq)` and reads only transactions below the snapshot's horizon; SQLite's single writer
//! needs no such guard.

use crate::Engine;
use base::{Error, Result, Value};
use serde_json::Value as Json;
use sql::{Bind, Dialect, Expect, Program, ProgramStep, Statement};
use std::sync::Arc;
use tokio::sync::watch;

/// Wakes consumers after a commit. Waking is a hint; the table is the truth.
#[derive(Debug)]
pub struct Feed {
    commits: watch::Sender<u64>,
}

/// One committed fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its place: `(tx, seq)`.
    pub at: Place,
    /// Collection name.
    pub collection: String,
    /// The record's key as text.
    pub id: String,
    /// `create`, `update` or `delete`.
    pub op: String,
    /// The record before, without hidden fields.
    pub before: Option<Json>,
    /// The record after, without hidden fields.
    pub after: Option<Json>,
    /// Key of the user who wrote.
    pub actor: Option<String>,
    /// What wrote, so that a client knows its own echo.
    pub source: Option<String>,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

/// A place in the feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Transaction (0 on SQLite).
    pub tx: i64,
    /// Row.
    pub seq: i64,
}

impl Default for Feed {
    fn default() -> Self {
        Self { commits: watch::Sender::new(0) }
    }
}

impl Feed {
    /// Tells consumers that something was committed.
    pub fn wake(&self) {
        self.commits.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Changes whenever something was committed by this process.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }
}

impl Engine {
    /// Committed changes behind `after`, oldest first, at most `limit`.
    pub async fn changes(&self, after: Place, limit: u32) -> Result<Vec<Change>> {
        let text = match self.store().dialect() {
            Dialect::Sqlite => {
                r#"SELECT tx, seq, collection, id, op, before, after, actor, source, at_ms FROM "_change" WHERE seq > ?2 AND ?1 = ?1 ORDER BY seq LIMIT ?3"#
            }
            Dialect::Postgres => {
                r#"SELECT tx, seq, collection, id, op, before::text, after::text, actor, source, at_ms FROM "_change" WHERE (tx, seq) > ($1::bigint, $2::bigint) AND tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint ORDER BY tx, seq LIMIT $3::bigint"#
            }
        };
        let binds = [after.tx, after.seq, i64::from(limit)];
        self.store().rows(&statement(text, binds)).await?.into_iter().map(change).collect()
    }

    /// Where the named consumer stands; the beginning if it never ran.
    pub async fn cursor(&self, name: &str) -> Result<Place> {
        let text = match self.store().dialect() {
            Dialect::Sqlite => r#"SELECT tx, seq FROM "_feed_cursor" WHERE name = ?1"#,
            Dialect::Postgres => r#"SELECT tx, seq FROM "_feed_cursor" WHERE name = $1"#,
        };
        let rows = self.store().rows(&texts(text, [name])).await?;
        let place = rows.first().map(|row| Place {
            tx: row.first().and_then(Value::as_int).unwrap_or_default(),
            seq: row.get(1).and_then(Value::as_int).unwrap_or_default(),
        });
        Ok(place.unwrap_or_default())
    }

    /// Moves the named consumer's cursor.
    pub async fn advance(&self, name: &str, to: Place) -> Result<()> {
        let text = match self.store().dialect() {
            Dialect::Sqlite => {
                r#"INSERT INTO "_feed_cursor"(name, tx, seq, at_ms) VALUES (?1, ?2, ?3, ?4) ON CONFLICT(name) DO UPDATE SET tx = excluded.tx, seq = excluded.seq, at_ms = excluded.at_ms"#
            }
            Dialect::Postgres => {
                r#"INSERT INTO "_feed_cursor"(name, tx, seq, at_ms) VALUES ($1, $2::bigint, $3::bigint, $4::bigint) ON CONFLICT(name) DO UPDATE SET tx = excluded.tx, seq = excluded.seq, at_ms = excluded.at_ms"#
            }
        };
        let binds = vec![
            Bind::Value(Value::text(name)),
            Bind::Value(Value::Int(to.tx)),
            Bind::Value(Value::Int(to.seq)),
            Bind::Value(Value::Int(self.clock().now_ms())),
        ];
        self.run(Statement { text: Arc::from(text), binds }).await
    }

    /// How many changes the named consumer has not seen.
    pub async fn lag(&self, name: &str) -> Result<u64> {
        let at = self.cursor(name).await?;
        let text = match self.store().dialect() {
            Dialect::Sqlite => r#"SELECT count(*) FROM "_change" WHERE seq > ?2 AND ?1 = ?1"#,
            Dialect::Postgres => {
                r#"SELECT count(*) FROM "_change" WHERE (tx, seq) > ($1::bigint, $2::bigint)"#
            }
        };
        let rows = self.store().rows(&statement(text, [at.tx, at.seq])).await?;
        let count = rows.first().and_then(|row| row.first()).and_then(Value::as_int);
        Ok(u64::try_from(count.unwrap_or_default()).unwrap_or_default())
    }

    /// How many changes each named consumer has not seen, by name.
    pub async fn lags(&self) -> Result<Vec<(String, u64)>> {
        let text = match self.store().dialect() {
            Dialect::Sqlite => {
                r#"SELECT f.name, (SELECT count(*) FROM "_change" c WHERE c.seq > f.seq) FROM "_feed_cursor" f ORDER BY f.name"#
            }
            Dialect::Postgres => {
                r#"SELECT f.name, (SELECT count(*) FROM "_change" c WHERE (c.tx, c.seq) > (f.tx, f.seq)) FROM "_feed_cursor" f ORDER BY f.name"#
            }
        };
        let rows = self.store().rows(&statement(text, [])).await?;
        let lag = |row: &[Value]| {
            let count = row.get(1).and_then(Value::as_int).unwrap_or_default();
            (
                row.first().and_then(Value::as_text).unwrap_or_default().to_owned(),
                u64::try_from(count).unwrap_or_default(),
            )
        };
        Ok(rows.iter().map(|row| lag(row)).collect())
    }

    /// Tells the log of consumers that lag by more than `Limits::feed_lag_max`, and answers them.
    pub async fn warn_of_lag(&self) -> Result<Vec<(String, u64)>> {
        let bound = self.limits().feed_lag_max;
        let mut behind = self.lags().await?;
        behind.retain(|(_, rows)| *rows > bound);
        for (cursor, rows) in &behind {
            tracing::warn!(cursor, rows, bound, "a consumer of the feed lags behind");
        }
        Ok(behind)
    }

    /// Removes changes older than `Limits::change_keep_ms` that every cursor has passed.
    pub async fn prune_changes(&self) -> Result<()> {
        let before = self.clock().now_ms() - self.limits().change_keep_ms;
        let text = match self.store().dialect() {
            Dialect::Sqlite => {
                r#"DELETE FROM "_change" WHERE at_ms < ?1 AND seq <= coalesce((SELECT min(seq) FROM "_feed_cursor"), 9223372036854775807)"#
            }
            Dialect::Postgres => {
                r#"DELETE FROM "_change" c WHERE at_ms < $1::bigint AND NOT EXISTS (SELECT 1 FROM "_feed_cursor" f WHERE (f.tx, f.seq) < (c.tx, c.seq))"#
            }
        };
        self.run(statement(text, [before])).await
    }

    async fn run(&self, statement: Statement) -> Result<()> {
        let steps = vec![ProgramStep::new(statement, Expect::Any)];
        self.store().write(Program { steps }).await.map(drop)
    }
}

fn statement<const N: usize>(text: &str, numbers: [i64; N]) -> Statement {
    let binds = numbers.into_iter().map(|n| Bind::Value(Value::Int(n))).collect();
    Statement { text: Arc::from(text), binds }
}

fn texts<const N: usize>(text: &str, values: [&str; N]) -> Statement {
    let binds = values.into_iter().map(|value| Bind::Value(Value::text(value))).collect();
    Statement { text: Arc::from(text), binds }
}

fn change(row: Vec<Value>) -> Result<Change> {
    let mut row = row.into_iter();
    let mut next = || row.next().unwrap_or(Value::Null);
    let int = |value: Value| value.as_int().unwrap_or_default();
    let text = |value: Value| match value {
        Value::Text(text) => Some(text),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Real(_) | Value::Bytes(_) => None,
    };
    let json = |value: Value| match text(value) {
        None => Ok(None),
        Some(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|fault| Error::internal("a change row is not JSON").caused_by(fault)),
    };
    Ok(Change {
        at: Place { tx: int(next()), seq: int(next()) },
        collection: text(next()).unwrap_or_default(),
        id: text(next()).unwrap_or_default(),
        op: text(next()).unwrap_or_default(),
        before: json(next())?,
        after: json(next())?,
        actor: text(next()),
        source: text(next()),
        at_ms: int(next()),
    })
}
