//! The feed: committed changes, read in order by named cursors.
//!
//! Each consumer owns a cursor, is at-least-once and idempotent by `seq`. Slow consumers lag;
//! writers never wait. On Postgres `seq` values commit out of order, so the feed orders by
//! `(tx, seq)` and reads only transactions below the snapshot's horizon; SQLite's single writer
//! needs no such guard.
//!
//! Records of an import become visible all at once, so one row of `_change` stands for all of them
//! (`import`, ADR 0016): they are told one by one at its place, as they stood when it was reached.

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
    /// Number of the record in a row that stands for many; 0 elsewhere.
    pub part: i64,
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
                r#"SELECT tx, seq, collection, id, op, before, after, actor, source, at_ms, import FROM "_change" WHERE seq > ?2 AND ?1 = ?1 ORDER BY seq LIMIT ?3"#
            }
            Dialect::Postgres => {
                r#"SELECT tx, seq, collection, id, op, before::text, after::text, actor, source, at_ms, import FROM "_change" WHERE (tx, seq) > ($1::bigint, $2::bigint) AND tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint ORDER BY tx, seq LIMIT $3::bigint"#
            }
        };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        if after.part > 0
            && let Some(import) = self.standing_for_many(after).await?
        {
            found = self.parts(&import, after.part, limit).await?;
        }
        let room = i64::try_from(limit - found.len()).unwrap_or(i64::MAX);
        if room == 0 {
            return Ok(found);
        }
        let binds = [after.tx, after.seq, room];
        for row in self.store().rows(&statement(text, binds)).await? {
            let one = change(row)?;
            match &one.import {
                None => found.push(one.told),
                Some(_) => found.extend(self.parts(&one, 0, limit - found.len()).await?),
            }
            if found.len() >= limit {
                found.truncate(limit);
                break;
            }
        }
        Ok(found)
    }

    /// The row at a place, if it stands for the records of an import.
    async fn standing_for_many(&self, at: Place) -> Result<Option<Told>> {
        let text = match self.store().dialect() {
            Dialect::Sqlite => {
                r#"SELECT tx, seq, collection, id, op, before, after, actor, source, at_ms, import FROM "_change" WHERE seq = ?2 AND ?1 = ?1 AND import IS NOT NULL"#
            }
            Dialect::Postgres => {
                r#"SELECT tx, seq, collection, id, op, before::text, after::text, actor, source, at_ms, import FROM "_change" WHERE tx = $1::bigint AND seq = $2::bigint AND import IS NOT NULL"#
            }
        };
        let rows = self.store().rows(&statement(text, [at.tx, at.seq])).await?;
        rows.into_iter().next().map(change).transpose()
    }

    /// The records that a row stands for, behind a number of them. What was put aside and did not
    /// become a record is gone by then.
    async fn parts(&self, of: &Told, behind: i64, limit: usize) -> Result<Vec<Change>> {
        let text = match self.store().dialect() {
            Dialect::Sqlite => {
                r#"SELECT n, key, record FROM "_import_row" WHERE import = ?1 AND n > ?2 ORDER BY n LIMIT ?3"#
            }
            Dialect::Postgres => {
                r#"SELECT n, key, record::text FROM "_import_row" WHERE import = $1 AND n > $2::bigint ORDER BY n LIMIT $3::bigint"#
            }
        };
        let Some(import) = &of.import else { return Ok(Vec::new()) };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let binds = [Value::text(import), Value::Int(behind), Value::Int(limit)];
        let binds = binds.into_iter().map(Bind::Value).collect();
        let rows = self.store().rows(&Statement { text: Arc::from(text), binds }).await?;
        let one = |row: Vec<Value>| {
            let number = row.first().and_then(Value::as_int).unwrap_or_default();
            let text = |at: usize| row.get(at).and_then(Value::as_text);
            Ok(Change {
                at: Place { part: number, ..of.told.at },
                id: text(1).unwrap_or_default().to_owned(),
                after: text(2).map(record).transpose()?,
                ..of.told.clone()
            })
        };
        rows.into_iter().map(one).collect()
    }

    /// Where the named consumer stands; the beginning if it never ran.
    pub async fn cursor(&self, name: &str) -> Result<Place> {
        let text = match self.store().dialect() {
            Dialect::Sqlite => r#"SELECT tx, seq, part FROM "_feed_cursor" WHERE name = ?1"#,
            Dialect::Postgres => r#"SELECT tx, seq, part FROM "_feed_cursor" WHERE name = $1"#,
        };
        let rows = self.store().rows(&texts(text, [name])).await?;
        let place = rows.first().map(|row| {
            let number = |at: usize| row.get(at).and_then(Value::as_int).unwrap_or_default();
            Place { tx: number(0), seq: number(1), part: number(2) }
        });
        Ok(place.unwrap_or_default())
    }

    /// Moves the named consumer's cursor.
    pub async fn advance(&self, name: &str, to: Place) -> Result<()> {
        let text = match self.store().dialect() {
            Dialect::Sqlite => {
                r#"INSERT INTO "_feed_cursor"(name, tx, seq, part, at_ms) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT(name) DO UPDATE SET tx = excluded.tx, seq = excluded.seq, part = excluded.part, at_ms = excluded.at_ms"#
            }
            Dialect::Postgres => {
                r#"INSERT INTO "_feed_cursor"(name, tx, seq, part, at_ms) VALUES ($1, $2::bigint, $3::bigint, $4::bigint, $5::bigint) ON CONFLICT(name) DO UPDATE SET tx = excluded.tx, seq = excluded.seq, part = excluded.part, at_ms = excluded.at_ms"#
            }
        };
        let binds = vec![
            Bind::Value(Value::text(name)),
            Bind::Value(Value::Int(to.tx)),
            Bind::Value(Value::Int(to.seq)),
            Bind::Value(Value::Int(to.part)),
            Bind::Value(Value::Int(self.clock().now_ms())),
        ];
        self.run(Statement { text: Arc::from(text), binds }).await
    }

    /// How many changes the named consumer has not seen.
    pub async fn lag(&self, name: &str) -> Result<u64> {
        let at = self.cursor(name).await?;
        let text = match self.store().dialect() {
            Dialect::Sqlite => {
                r#"SELECT coalesce(sum(records), 0) FROM "_change" WHERE seq > ?2 AND ?1 = ?1"#
            }
            Dialect::Postgres => {
                r#"SELECT coalesce(sum(records), 0)::bigint FROM "_change" WHERE (tx, seq) > ($1::bigint, $2::bigint)"#
            }
        };
        let rows = self.store().rows(&statement(text, [at.tx, at.seq])).await?;
        let count = rows.first().and_then(|row| row.first()).and_then(Value::as_int);
        let whole = u64::try_from(count.unwrap_or_default()).unwrap_or_default();
        Ok(whole + self.rest_of(at).await?)
    }

    /// How many records are left of the row that a place lies within.
    async fn rest_of(&self, at: Place) -> Result<u64> {
        if at.part == 0 {
            return Ok(0);
        }
        let Some(Told { import: Some(import), .. }) = self.standing_for_many(at).await? else {
            return Ok(0);
        };
        let text = match self.store().dialect() {
            Dialect::Sqlite => r#"SELECT count(*) FROM "_import_row" WHERE import = ?1 AND n > ?2"#,
            Dialect::Postgres => {
                r#"SELECT count(*) FROM "_import_row" WHERE import = $1 AND n > $2::bigint"#
            }
        };
        let binds = vec![Bind::Value(Value::Text(import)), Bind::Value(Value::Int(at.part))];
        let rows = self.store().rows(&Statement { text: Arc::from(text), binds }).await?;
        let count = rows.first().and_then(|row| row.first()).and_then(Value::as_int);
        Ok(u64::try_from(count.unwrap_or_default()).unwrap_or_default())
    }

    /// How many changes each named consumer has not seen, by name.
    pub async fn lags(&self) -> Result<Vec<(String, u64)>> {
        let text = match self.store().dialect() {
            Dialect::Sqlite => {
                r#"SELECT f.name, (SELECT coalesce(sum(c.records), 0) FROM "_change" c WHERE c.seq > f.seq), f.tx, f.seq, f.part FROM "_feed_cursor" f ORDER BY f.name"#
            }
            Dialect::Postgres => {
                r#"SELECT f.name, (SELECT coalesce(sum(c.records), 0)::bigint FROM "_change" c WHERE (c.tx, c.seq) > (f.tx, f.seq)), f.tx, f.seq, f.part FROM "_feed_cursor" f ORDER BY f.name"#
            }
        };
        let rows = self.store().rows(&statement(text, [])).await?;
        let mut lags = Vec::with_capacity(rows.len());
        for row in rows {
            let number = |at: usize| row.get(at).and_then(Value::as_int).unwrap_or_default();
            let name = row.first().and_then(Value::as_text).unwrap_or_default().to_owned();
            let at = Place { tx: number(2), seq: number(3), part: number(4) };
            let whole = u64::try_from(number(1)).unwrap_or_default();
            lags.push((name, whole + self.rest_of(at).await?));
        }
        Ok(lags)
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
                r#"DELETE FROM "_change" WHERE at_ms < ?1 AND seq <= coalesce((SELECT min(CASE WHEN part > 0 THEN seq - 1 ELSE seq END) FROM "_feed_cursor"), 9223372036854775807)"#
            }
            Dialect::Postgres => {
                r#"DELETE FROM "_change" c WHERE at_ms < $1::bigint AND NOT EXISTS (SELECT 1 FROM "_feed_cursor" f WHERE (f.tx, f.seq) < (c.tx, c.seq) OR (f.part > 0 AND (f.tx, f.seq) = (c.tx, c.seq)))"#
            }
        };
        self.run(statement(text, [before])).await?;
        self.prune_arrivals().await
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

/// A row of `_change` as it is stored.
struct Told {
    told: Change,
    /// The import whose records it stands for.
    import: Option<String>,
}

fn record(text: &str) -> Result<Json> {
    serde_json::from_str(text)
        .map_err(|fault| Error::internal("a change row is not JSON").caused_by(fault))
}

fn change(row: Vec<Value>) -> Result<Told> {
    let mut row = row.into_iter();
    let mut next = || row.next().unwrap_or(Value::Null);
    let int = |value: Value| value.as_int().unwrap_or_default();
    let text = |value: Value| match value {
        Value::Text(text) => Some(text),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Real(_) | Value::Bytes(_) => None,
    };
    let json = |value: Value| text(value).as_deref().map(record).transpose();
    let told = Change {
        at: Place { tx: int(next()), seq: int(next()), part: 0 },
        collection: text(next()).unwrap_or_default(),
        id: text(next()).unwrap_or_default(),
        op: text(next()).unwrap_or_default(),
        // Nothing is told as such, also of a record that came back.
        before: json(next())?.filter(|before| !before.is_null()),
        after: json(next())?,
        actor: text(next()),
        source: text(next()),
        at_ms: int(next()),
    };
    Ok(Told { told, import: text(next()) })
}
