//! Which records of an import others changed: looked for once in all that came behind the import,
//! and from then on in what came since. `_change` knows no record by its key, so that each look is
//! one pass.

use super::besides::Made;
use super::undo::theirs;
use super::{Imports, Job};
use crate::arrival::plain;
use base::{Error, Result, Value};
use sql::Dialect;
use std::collections::{HashMap, HashSet};

/// Changes read by one statement.
const PAGE: usize = 20_000;

/// A place in `_change`: what stands before it was committed before it was asked for. On Postgres
/// it is a transaction, because numbers of rows commit out of order.
#[derive(Clone, Copy, Default)]
pub(super) struct Horizon(pub(super) i64);

impl Horizon {
    pub(super) async fn now(imports: &Imports) -> Result<Self> {
        let store = imports.0.engine.store();
        let text = match store.dialect() {
            Dialect::Sqlite => r#"SELECT coalesce(max("seq"), 0) + 1 FROM "_change""#,
            Dialect::Postgres => "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
        };
        let rows = store.rows(&plain(text, Vec::new())).await?;
        let at = rows.first().and_then(|row| row.first()).and_then(Value::as_int);
        at.map(Self).ok_or_else(|| Error::internal("the end of the changes was not told"))
    }
}

/// The changes `c` that `tells` picks behind a horizon, which is the value of this number, and behind
/// the import, which is the first value: by whomever. On Postgres others' long transactions put a
/// horizon back, even before the import.
pub(super) fn changes(dialect: Dialect, tells: &str, horizon: u32) -> String {
    match dialect {
        Dialect::Sqlite => format!(
            r#"FROM "_change" c WHERE c."seq" >= max(?{horizon}, 1 + (SELECT min(i."seq") FROM "_change" i WHERE i."source" = 'import:' || ?1)) AND {tells}"#
        ),
        Dialect::Postgres => format!(
            r#"FROM "_change" c WHERE c."tx" >= ${horizon}::bigint AND {tells}
AND c."seq" > (SELECT min(i."seq") FROM "_change" i WHERE i."source" = 'import:' || $1::text)"#
        ),
    }
}

/// What others changed of the records made besides the rows of an import, by collection.
#[derive(Default)]
pub(super) struct Changed(HashMap<String, Seen>);

#[derive(Default)]
struct Seen {
    up_to: Horizon,
    keys: HashSet<String>,
}

impl Changed {
    /// Whether it was changed before the last look.
    pub(super) fn has(&self, made: &Made) -> bool {
        self.0.get(&made.collection.name).is_some_and(|seen| seen.keys.contains(&made.key))
    }

    /// Behind what the last look has seen of this collection.
    pub(super) fn behind(&self, collection: &str) -> Horizon {
        self.0.get(collection).map(|seen| seen.up_to).unwrap_or_default()
    }
}

impl Imports {
    /// Looks for what others changed in the collection of this record since the last look.
    pub(super) async fn look(&self, job: &Job, one: &Made, changed: &mut Changed) -> Result<()> {
        let store = self.0.engine.store();
        let dialect = store.dialect();
        let seen = changed.0.entry(one.collection.name.clone()).or_default();
        let now = Horizon::now(self).await?;
        let from = changes(dialect, &one.tells, 2);
        let theirs = theirs(dialect, one.collection.sort_enabled);
        // Of all that came behind the import only what it made is kept in mind.
        let made = match (seen.up_to, dialect) {
            (Horizon(0), Dialect::Sqlite) => {
                r#" AND c."id" IN (SELECT m."id" FROM "_change" m WHERE m."source" = 'import:' || ?1 AND m."import" IS NULL AND m."op" = 'create')"#
            }
            (Horizon(0), Dialect::Postgres) => {
                r#" AND c."id" IN (SELECT m."id" FROM "_change" m WHERE m."source" = 'import:' || $1::text AND m."import" IS NULL AND m."op" = 'create')"#
            }
            _ => "",
        };
        let text = match dialect {
            Dialect::Sqlite => format!(
                r#"SELECT 0, c."seq", c."id" {from} AND {theirs}{made} ORDER BY c."seq" LIMIT {PAGE}"#
            ),
            Dialect::Postgres => format!(
                r#"SELECT c."tx", c."seq", c."id" {from} AND {theirs}{made} AND (c."tx", c."seq") > ($3::bigint, $4::bigint) ORDER BY c."tx", c."seq" LIMIT {PAGE}"#
            ),
        };
        let (mut behind, mut tx, mut seq) = (seen.up_to.0, 0, 0);
        loop {
            let at = match dialect {
                Dialect::Sqlite => vec![behind],
                Dialect::Postgres => vec![behind, tx, seq],
            };
            let at = at.into_iter().map(Value::Int);
            let binds = [Value::text(&job.id)].into_iter().chain(at).collect();
            let rows = store.rows(&plain(&text, binds)).await?;
            for row in &rows {
                if let [Value::Int(of), Value::Int(at), Value::Text(key)] = row.as_slice() {
                    (tx, seq) = (*of, *at);
                    seen.keys.insert(key.clone());
                }
            }
            if rows.len() < PAGE {
                seen.up_to = now;
                return Ok(());
            }
            behind = if dialect == Dialect::Sqlite { seq + 1 } else { tx };
        }
    }
}
