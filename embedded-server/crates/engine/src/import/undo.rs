//! Taking an import back: exactly the records that it made and that still stand are removed, as
//! if somebody had deleted them.

use super::{BATCH_ROWS, Imports, Job, Live, State};
use crate::arrival::plain;
use access::Actor;
use base::{Code, Result, Value};
use query::{Operation, Write};
use serde_json::{Map, Value as Json};
use sql::Dialect;

impl Imports {
    /// Removes the records of an import, oldest first, in short transactions.
    pub(super) async fn take_back(&self, actor: &Actor, live: &Live) -> Result<State> {
        let job = live.with(|job| job.clone());
        let mut behind = 0_i64;
        loop {
            let written = self.rows_of(&job, behind).await?;
            let Some((last, _)) = written.last() else { break };
            behind = *last;
            let keys = written.into_iter().map(|(_, key)| key).collect();
            let removed = self.remove_batch(&job, keys, actor).await?;
            live.with(|job| job.rows_removed += removed);
        }
        Ok(State::Undone)
    }

    /// Removes records in one transaction; those that somebody else removed first are found by
    /// halving and passed over.
    async fn remove_batch(&self, job: &Job, keys: Vec<String>, actor: &Actor) -> Result<u64> {
        let undo = format!("undo-import:{}", job.id);
        let mut removed = 0;
        let mut waiting = vec![keys];
        while let Some(mut keys) = waiting.pop() {
            let operations = keys.iter().map(|key| Operation::Delete {
                collection: job.collection.clone(),
                key: Json::String(key.clone()),
                expect: Map::new(),
                force: actor.unbound(),
            });
            let write = Write { operations: operations.collect(), strict: false };
            match self.0.engine.write(write, actor, Some(&undo)).await {
                Ok(_) => removed += keys.len() as u64,
                Err(fault) if fault.code() != Code::ItemNotFound => return Err(fault),
                Err(_) if keys.len() == 1 => {}
                Err(_) => {
                    waiting.push(keys.split_off(keys.len() / 2));
                    waiting.push(keys);
                }
            }
        }
        Ok(removed)
    }

    /// How many of the records that the job made were changed by others and still stand: an import
    /// may itself change, by a nested record, what it made before; whoever deletes a record and takes
    /// it back changes it, too. `_change` tells it, in one pass over what came behind the import, for
    /// as long as the rows themselves are known.
    pub(super) async fn changed_since(&self, job: &Job) -> Result<u64> {
        let text = match self.0.engine.store().dialect() {
            Dialect::Sqlite => {
                r#"SELECT count(*) FROM (SELECT 1 FROM "_change" c WHERE c."collection" = ?2
AND c."seq" > (SELECT min(i."seq") FROM "_change" i WHERE i."source" = 'import:' || ?1)
AND (c."id" IN (SELECT r."key" FROM "_import_row" r WHERE r."import" = ?1) OR c."id" IN
(SELECT m."id" FROM "_change" m WHERE m."source" = 'import:' || ?1 AND m."import" IS NULL AND m."op" = 'create' AND m."collection" = ?2))
GROUP BY c."id" HAVING sum(c."op" <> 'delete' AND c."source" IS NOT 'import:' || ?1) > 0
AND coalesce(max(CASE WHEN c."op" = 'delete' THEN c."seq" END), 0) <= coalesce(max(CASE WHEN c."op" = 'create' THEN c."seq" END), 0))"#
            }
            Dialect::Postgres => {
                r#"SELECT count(*) FROM (SELECT 1 FROM "_change" c WHERE c."collection" = $2::text
AND c."seq" > (SELECT min(i."seq") FROM "_change" i WHERE i."source" = 'import:' || $1::text)
AND (c."id" IN (SELECT r."key" FROM "_import_row" r WHERE r."import" = $1::text) OR c."id" IN
(SELECT m."id" FROM "_change" m WHERE m."source" = 'import:' || $1::text AND m."import" IS NULL AND m."op" = 'create' AND m."collection" = $2::text))
GROUP BY c."id" HAVING bool_or(c."op" <> 'delete' AND c."source" IS DISTINCT FROM 'import:' || $1::text)
AND coalesce(max(c."seq") FILTER (WHERE c."op" = 'delete'), 0) <= coalesce(max(c."seq") FILTER (WHERE c."op" = 'create'), 0)) AS changed"#
            }
        };
        let binds = vec![Value::text(&job.id), Value::text(&job.collection)];
        let rows = self.0.engine.store().rows(&plain(text, binds)).await?;
        let count = rows.first().and_then(|row| row.first()).and_then(Value::as_int);
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
    }

    /// Up to a batch of the records that the job made, with their place: among the rows that
    /// moved, else in `_change`, where an import in one transaction left one row for each.
    pub(super) async fn rows_of(&self, job: &Job, behind: i64) -> Result<Vec<(i64, String)>> {
        let (moved, told) = match self.0.engine.store().dialect() {
            Dialect::Sqlite => (
                r#"SELECT "n", "key" FROM "_import_row" WHERE "import" = ?1 AND "n" > ?2 ORDER BY "n" LIMIT ?3"#,
                r#"SELECT "seq", "id" FROM "_change" WHERE "source" = 'import:' || ?1 AND "import" IS NULL AND "op" = 'create' AND "seq" > ?2 AND "collection" = ?4 ORDER BY "seq" LIMIT ?3"#,
            ),
            Dialect::Postgres => (
                r#"SELECT "n", "key" FROM "_import_row" WHERE "import" = $1::text AND "n" > $2::bigint ORDER BY "n" LIMIT $3::bigint"#,
                r#"SELECT "seq", "id" FROM "_change" WHERE "source" = 'import:' || $1::text AND "import" IS NULL AND "op" = 'create' AND "seq" > $2::bigint AND "collection" = $4::text ORDER BY "seq" LIMIT $3::bigint"#,
            ),
        };
        let limit = i64::try_from(BATCH_ROWS).unwrap_or(i64::MAX);
        let binds = vec![Value::text(&job.id), Value::Int(behind), Value::Int(limit)];
        let store = self.0.engine.store();
        let mut rows = store.rows(&plain(moved, binds.clone())).await?;
        if rows.is_empty() {
            let binds = [binds, vec![Value::text(&job.collection)]].concat();
            rows = store.rows(&plain(told, binds)).await?;
        }
        let place = |row: Vec<Value>| match row.as_slice() {
            [Value::Int(at), Value::Text(key)] => Some((*at, key.clone())),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(place).collect())
    }
}
