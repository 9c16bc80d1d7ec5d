//! The history of the schema: one row for each change, written in the change's own transaction.

use super::keep::Kept;
use super::plan::PlannedStep;
use super::stored::statement;
use super::undo;
use crate::Engine;
use base::{Code, Error, Result, Value, iso_millis};
use catalog::{Catalog, Collection};
use serde_json::{Value as Json, json};
use sql::{Bind, Dialect, Statement};
use std::sync::Arc;
use store::Store;

/// Who changes the schema, and how long what the change takes away is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signed {
    /// Key of the user; none for the house itself.
    pub(crate) by: Option<String>,
    /// The change that this one undoes.
    pub(crate) undoes: Option<u64>,
    /// In milliseconds.
    pub(crate) keep_ms: i64,
}

/// Where a change stands today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be undone.
    Undoable,
    /// It was undone.
    Undone,
    /// What it changed was changed again by a later one, which would have to be undone first.
    Changed,
    /// What it took away was kept for its time and is gone.
    Expired,
}

/// One change of the schema.
#[derive(Clone, Debug)]
pub struct SchemaChange {
    /// The version of the catalog that it made.
    pub version: u64,
    /// When, ISO 8601.
    pub at: String,
    /// Who, by e-mail address; none for the house itself and for users who are gone.
    pub actor: Option<String>,
    /// The change that it undid.
    pub undoes: Option<u64>,
    /// The change that undid it, if that stands.
    pub undone_by: Option<u64>,
    /// Where it stands.
    pub standing: Standing,
    /// Until when the values it took away can come back; none if it took none.
    pub kept_until: Option<String>,
    /// Its steps, as its plan told them.
    pub steps: Json,
    /// What it changed, as it was: `[{collectionName, schema}]`.
    pub before: Json,
    /// The same as it was afterwards.
    pub after: Json,
}

/// A row of the history as it is stored.
pub(crate) struct Stored {
    pub(crate) version: u64,
    at_ms: i64,
    actor: Option<String>,
    undoes: Option<u64>,
    /// The undo that stands.
    pub(crate) undone_by: Option<u64>,
    /// The change that undid its undo, where that stands.
    pub(crate) done_again_by: Option<u64>,
    pub(crate) steps: Json,
    pub(crate) before: Json,
    pub(crate) after: Json,
    /// None when it was swept.
    pub(crate) kept: Option<Vec<Kept>>,
    keep_until_ms: i64,
}

/// The documents that differ between two catalogs: as they were, and as they are.
fn differing(old: &Catalog, next: &Catalog) -> (Json, Json) {
    let list = |these: &Catalog, others: &Catalog| -> Json {
        let same = |one: &Arc<Collection>| {
            others.get(&one.name).is_some_and(|other| other.document == one.document)
        };
        let all = these.collections.values().filter(|one| !same(one));
        all.map(|one| json!({ "collectionName": one.name, "schema": *one.document })).collect()
    };
    (list(old, next), list(next, old))
}

/// The row of a change.
pub(crate) fn row(
    dialect: Dialect,
    signed: &Signed,
    now_ms: i64,
    (old, next): (&Catalog, &Catalog),
    (steps, kept): (&[PlannedStep], &[Kept]),
) -> Result<Statement> {
    let (before, after) = differing(old, next);
    let kept = serde_json::to_string(kept)
        .map_err(|cause| Error::internal("writing down what is kept").caused_by(cause))?;
    let steps: Json = steps.iter().map(PlannedStep::told).collect();
    Ok(statement(
        dialect,
        r#"INSERT INTO "_schema_change" ("version", "at_ms", "actor", "undoes", "steps", "before", "after", "kept", "keep_until_ms") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"#,
        r#"INSERT INTO "_schema_change" ("version", "at_ms", "actor", "undoes", "steps", "before", "after", "kept", "keep_until_ms") VALUES ($1::bigint, $2::bigint, $3::text, $4::bigint, $5::text, $6::text, $7::text, $8::text, $9::bigint)"#,
        vec![
            number(next.version),
            Value::Int(now_ms),
            signed.by.as_deref().map_or(Value::Null, Value::text),
            signed.undoes.map_or(Value::Null, number),
            Value::Text(steps.to_string()),
            Value::Text(before.to_string()),
            Value::Text(after.to_string()),
            Value::Text(kept),
            Value::Int(now_ms.saturating_add(signed.keep_ms)),
        ],
    ))
}

fn number(number: u64) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

const COLUMNS: &str = r#"c."version", c."at_ms", u."email", c."undoes", c."steps", c."before", c."after", c."kept", c."keep_until_ms""#;

/// Of the undo of a change, the undo of that undo, and so on, what is asked. A change is undone
/// once at most while that stands, so they are one line.
fn of_undos(what: &str) -> String {
    format!(
        r#"(WITH RECURSIVE line("at", "place") AS (SELECT c."version", 0 UNION ALL SELECT o."version", line."place" + 1 FROM "_schema_change" o JOIN line ON o."undoes" = line."at") SELECT {what} FROM line)"#
    )
}

fn asking(dialect: Dialect, rest: &str, binds: Vec<Value>) -> Statement {
    let (user, rest) = match dialect {
        Dialect::Sqlite => (r#"u."id""#, rest.to_owned()),
        Dialect::Postgres => {
            (r#"u."id"::text"#, rest.replace("?1", "$1::bigint").replace("?2", "$2::bigint"))
        }
    };
    let text = format!(
        r#"SELECT {COLUMNS}, {}, {} FROM "_schema_change" c LEFT JOIN "baasix_User" u ON {user} = c."actor" {rest}"#,
        of_undos(r#"max("at")"#),
        of_undos(r#"max("place")"#),
    );
    Statement { text: Arc::from(text), binds: binds.into_iter().map(Bind::Value).collect() }
}

fn read(row: Vec<Value>) -> Option<Stored> {
    let text = |at: usize| row.get(at).and_then(Value::as_text).map(str::to_owned);
    let count = |at: usize| {
        row.get(at).and_then(Value::as_int).and_then(|number| u64::try_from(number).ok())
    };
    let document = |at: usize| serde_json::from_str(&text(at)?).ok();
    // At an odd place stands an undo, at an even one what is done again; the change itself is first.
    let (last, place) = (count(9)?, count(10)?);
    Some(Stored {
        version: count(0)?,
        at_ms: row.get(1)?.as_int()?,
        actor: text(2),
        undoes: count(3),
        undone_by: (place % 2 == 1).then_some(last),
        done_again_by: (place > 0 && place % 2 == 0).then_some(last),
        steps: document(4)?,
        before: document(5)?,
        after: document(6)?,
        kept: text(7).and_then(|text| serde_json::from_str(&text).ok()),
        keep_until_ms: row.get(8)?.as_int()?,
    })
}

/// One change.
pub(crate) async fn one(store: &Store, version: u64) -> Result<Stored> {
    let asked = asking(store.dialect(), r#"WHERE c."version" = ?1"#, vec![number(version)]);
    store.rows(&asked).await?.into_iter().find_map(read).ok_or_else(|| {
        Error::new(Code::NotFound, format!("the history of the schema has no change {version}"))
            .at("version")
            .hint("GET /schemas/history lists the changes")
    })
}

/// The newest change that touched the collection with this stable id.
pub(crate) async fn last_of(store: &Store, id: &str) -> Result<Option<u64>> {
    let asked = asking(store.dialect(), r#"ORDER BY c."version" DESC LIMIT 200"#, Vec::new());
    let touches = |list: &Json| {
        list.as_array().into_iter().flatten().any(|one| one["schema"]["schemaId"] == id)
    };
    let found = store.rows(&asked).await?.into_iter().filter_map(read);
    Ok(found.into_iter().find(|row| touches(&row.before) || touches(&row.after)).map(|r| r.version))
}

impl Stored {
    fn shown(self, catalog: &Catalog) -> SchemaChange {
        let standing = if self.undone_by.is_some() {
            Standing::Undone
        } else if self.kept.is_none() {
            Standing::Expired
        } else if undo::stands(catalog, &self) {
            Standing::Undoable
        } else {
            Standing::Changed
        };
        let keeps = self.kept.as_ref().is_none_or(|kept| !kept.is_empty());
        SchemaChange {
            version: self.version,
            at: iso_millis(self.at_ms),
            actor: self.actor,
            undoes: self.undoes,
            undone_by: self.undone_by,
            standing,
            kept_until: keeps.then(|| iso_millis(self.keep_until_ms)),
            steps: self.steps,
            before: self.before,
            after: self.after,
        }
    }
}

impl Engine {
    /// A page of the history of the schema, newest first, and how many changes there are.
    pub async fn schema_history(
        &self,
        limit: u64,
        offset: u64,
    ) -> Result<(Vec<SchemaChange>, u64)> {
        let store = self.store();
        let rest = r#"ORDER BY c."version" DESC LIMIT ?1 OFFSET ?2"#;
        let asked = asking(store.dialect(), rest, vec![number(limit), number(offset)]);
        let catalog = Arc::clone(&self.state().catalog);
        let rows = store.rows(&asked).await?;
        let page = rows.into_iter().filter_map(read).map(|row| row.shown(&catalog)).collect();
        let text = r#"SELECT count(*) FROM "_schema_change""#;
        let total = store.rows(&statement(store.dialect(), text, text, Vec::new())).await?;
        let total = total.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or(0);
        Ok((page, u64::try_from(total).unwrap_or(0)))
    }

    /// One change of the history.
    pub async fn schema_change(&self, version: u64) -> Result<SchemaChange> {
        let row = one(self.store(), version).await?;
        Ok(row.shown(&self.state().catalog))
    }

    /// Ends what changes of the schema took away and whose time is over. How many changes cannot
    /// give it back any more.
    pub async fn sweep_schema_history(&self) -> Result<usize> {
        let store = self.store();
        let now = Value::Int(self.clock().now_ms());
        let rest = r#"WHERE c."keep_until_ms" < ?1 AND c."kept" IS NOT NULL AND c."kept" <> '[]'"#;
        let due = store.rows(&asking(store.dialect(), rest, vec![now])).await?;
        let due: Vec<Stored> = due.into_iter().filter_map(read).collect();
        if due.is_empty() {
            return Ok(0);
        }
        let _alone = self.schema_lock().await;
        let mut statements = Vec::new();
        for change in &due {
            for kept in change.kept.iter().flatten() {
                let text = format!("DROP TABLE IF EXISTS \"{}\"", kept.table);
                statements.push(statement(store.dialect(), &text, &text, Vec::new()));
            }
            statements.push(statement(
                store.dialect(),
                r#"UPDATE "_schema_change" SET "kept" = NULL WHERE "version" = ?1"#,
                r#"UPDATE "_schema_change" SET "kept" = NULL WHERE "version" = $1::bigint"#,
                vec![number(change.version)],
            ));
        }
        store.define(store::Definition { statements, rebuilds: false }).await?;
        Ok(due.len())
    }
}
