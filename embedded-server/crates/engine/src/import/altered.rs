//! Records that stood before an import and that nested objects of its file changed. An undo gives
//! them back what they held, field by field: what others changed since stays theirs.

use super::along::At;
use super::besides::{Made, Told, passed_over};
use super::changed::changes;
use super::undo::undoing;
use super::{BATCH_ROWS, Imports, Job, Stays};
use crate::arrival::plain;
use crate::schema::former::{Former, former};
use access::Actor;
use base::{Code, Result, Value};
use catalog::Field;
use indexmap::IndexMap;
use query::{Operation, Write};
use serde_json::{Map, Value as Json};
use sql::Dialect;
use std::collections::{HashMap, HashSet};

/// What the house keeps by itself.
const KEPT: [&str; 7] = [
    "createdAt",
    "updatedAt",
    "deletedAt",
    "userCreated_Id",
    "userUpdated_Id",
    "userDeleted_Id",
    "sort",
];

/// A record that an import changed and that stood before it.
#[derive(Clone)]
pub(super) struct Altered {
    pub(super) made: Made,
    /// What its fields held before, of those that hold what the import left in them.
    pub(super) back: Map<String, Json>,
    /// What the import left in these.
    held: Map<String, Json>,
    /// Whether others changed fields since that the import changed.
    others: bool,
}

/// Collections by the names that they had, as far as they stand.
type Known = HashMap<String, Option<(Told, Former)>>;

/// What an import made of one record.
struct Turn {
    made: Made,
    before: Map<String, Json>,
    after: Map<String, Json>,
    now: Option<Map<String, Json>>,
}

impl Altered {
    fn of(turn: Turn) -> Option<Self> {
        let Turn { made, before, after, now } = turn;
        let (mut back, mut held, mut others) = (Map::new(), Map::new(), false);
        for (name, after) in after {
            let field = made.collection.field(&name);
            let (Some(before), true) = (before.get(&name), field.is_some_and(restorable)) else {
                continue;
            };
            let now = now.as_ref().and_then(|now| now.get(&name)).unwrap_or(&after);
            if *before == after || now == before {
                continue;
            }
            if *now == after {
                back.insert(name.clone(), before.clone());
                held.insert(name, after);
            } else {
                others = true;
            }
        }
        (others || !back.is_empty()).then_some(Self { made, back, held, others })
    }

    fn operation(&self) -> Operation {
        Operation::Update {
            collection: self.made.collection.name.clone(),
            key: Json::from(self.made.key.as_str()),
            body: self.back.clone(),
            expect: self.held.clone(),
        }
    }

    /// What takes [`Self::operation`] back.
    fn again(&self) -> Operation {
        Operation::Update {
            collection: self.made.collection.name.clone(),
            key: Json::from(self.made.key.as_str()),
            body: self.held.clone(),
            expect: self.back.clone(),
        }
    }
}

fn restorable(field: &Field) -> bool {
    !field.primary_key
        && !field.hidden
        && !field.read_only
        && field.computed.is_none()
        && !KEPT.contains(&field.name.as_str())
}

fn object(text: &Value) -> Map<String, Json> {
    let text = text.as_text().unwrap_or_default();
    serde_json::from_str(text).unwrap_or_default()
}

impl Imports {
    /// The records that an import changed besides those that it made, the last change first, and
    /// where all of those are that it changed.
    pub(super) async fn altered(&self, job: &Job) -> Result<(Vec<Altered>, HashSet<At>)> {
        let text = match self.0.engine.store().dialect() {
            Dialect::Sqlite => {
                r#"SELECT c."seq", c."collection", c."id", c."before", c."after" FROM "_change" c WHERE c."source" = 'import:' || ?1 AND c."import" IS NULL AND c."op" = 'update' AND c."seq" < ?2
AND NOT json_remove(c."before", '$.sort') IS json_remove(c."after", '$.sort')
AND (c."collection", c."id") NOT IN (SELECT m."collection", m."id" FROM "_change" m WHERE m."source" = 'import:' || ?1 AND m."import" IS NULL AND m."op" = 'create')
ORDER BY c."seq" DESC LIMIT ?3"#
            }
            Dialect::Postgres => {
                r#"SELECT c."seq", c."collection", c."id", c."before"::text, c."after"::text FROM "_change" c WHERE c."source" = 'import:' || $1::text AND c."import" IS NULL AND c."op" = 'update' AND c."seq" < $2::bigint
AND c."before" - 'sort' IS DISTINCT FROM c."after" - 'sort'
AND (c."collection", c."id") NOT IN (SELECT m."collection", m."id" FROM "_change" m WHERE m."source" = 'import:' || $1::text AND m."import" IS NULL AND m."op" = 'create')
ORDER BY c."seq" DESC LIMIT $3::bigint"#
            }
        };
        let limit = i64::try_from(BATCH_ROWS).unwrap_or(i64::MAX);
        let mut last = i64::MAX;
        let mut known = Known::new();
        let mut turns: IndexMap<At, Turn> = IndexMap::new();
        loop {
            let binds = vec![Value::text(&job.id), Value::Int(last), Value::Int(limit)];
            let rows = self.0.engine.store().rows(&plain(text, binds)).await?;
            for row in &rows {
                let [Value::Int(seq), Value::Text(told), Value::Text(key), before, after] =
                    row.as_slice()
                else {
                    continue;
                };
                last = *seq;
                if !known.contains_key(told) {
                    let one = match self.of_today(told, *seq).await? {
                        Some(one) => {
                            let names = former(self.0.engine.store(), one.0.schema_id()).await?;
                            Some((one, names))
                        }
                        None => None,
                    };
                    known.insert(told.clone(), one);
                }
                let Some(Some(((collection, tells), names))) = known.get(told) else { continue };
                let (mut before, mut after) = (object(before), object(after));
                names.rename(*seq, &mut before);
                names.rename(*seq, &mut after);
                let at = (collection.name.clone(), key.clone());
                match turns.get_mut(&at) {
                    // An earlier change of it: what it held before that.
                    Some(turn) => turn.before = before,
                    None => {
                        let (collection, tells) = (collection.clone(), tells.clone());
                        let made = Made { collection, tells, key: key.clone() };
                        turns.insert(at, Turn { made, before, after, now: None });
                    }
                }
            }
            if rows.is_empty() {
                break;
            }
        }
        let all = turns.keys().cloned().collect();
        self.as_they_are(job, &mut turns, &known).await?;
        Ok((turns.into_values().filter_map(Altered::of).collect(), all))
    }

    /// What these records hold now, where anybody changed them behind the import.
    async fn as_they_are(
        &self,
        job: &Job,
        turns: &mut IndexMap<At, Turn>,
        known: &Known,
    ) -> Result<()> {
        let dialect = self.0.engine.store().dialect();
        for ((collection, tells), names) in known.values().flatten() {
            let from = changes(dialect, tells, 2);
            let text = match dialect {
                Dialect::Sqlite => format!(
                    r#"SELECT c."seq", c."id", c."after" {from} AND coalesce(c."source", '') <> 'import:' || ?1 AND c."after" IS NOT NULL
AND c."id" IN (SELECT m."id" FROM "_change" m WHERE m."source" = 'import:' || ?1 AND m."import" IS NULL AND m."op" = 'update') AND c."seq" > ?3 ORDER BY c."seq" LIMIT ?4"#
                ),
                Dialect::Postgres => format!(
                    r#"SELECT c."seq", c."id", c."after"::text {from} AND coalesce(c."source", '') <> 'import:' || $1::text AND c."after" IS NOT NULL
AND c."id" IN (SELECT m."id" FROM "_change" m WHERE m."source" = 'import:' || $1::text AND m."import" IS NULL AND m."op" = 'update') AND c."seq" > $3::bigint ORDER BY c."seq" LIMIT $4::bigint"#
                ),
            };
            let page = i64::try_from(BATCH_ROWS).unwrap_or(i64::MAX);
            let mut behind = 0;
            loop {
                let at = [0, behind, page].map(Value::Int);
                let binds = [Value::text(&job.id)].into_iter().chain(at).collect();
                let rows = self.0.engine.store().rows(&plain(&text, binds)).await?;
                for row in &rows {
                    let [Value::Int(seq), Value::Text(key), after] = row.as_slice() else {
                        continue;
                    };
                    behind = *seq;
                    if let Some(turn) = turns.get_mut(&(collection.name.clone(), key.clone())) {
                        let mut after = object(after);
                        names.rename(*seq, &mut after);
                        turn.now = Some(after);
                    }
                }
                if rows.len() < BATCH_ROWS {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Gives these records back what they held; answers which hold something else all the same,
    /// and why.
    pub(super) async fn give_back(
        &self,
        job: &Job,
        altered: Vec<Altered>,
        given: &mut Vec<Altered>,
        actor: &Actor,
    ) -> Result<Vec<(Made, Stays)>> {
        let (mut stay, mut groups) = (Vec::new(), Vec::new());
        let mut group: Vec<Altered> = Vec::new();
        for one in altered {
            if one.others {
                stay.push((one.made.clone(), Stays::Changed));
            }
            if !one.back.is_empty() {
                group.push(one);
            }
            if group.len() == BATCH_ROWS {
                groups.push(std::mem::take(&mut group));
            }
        }
        groups.push(group);
        let undo = undoing(job);
        // The first goes first: a value that stands once only is free by then.
        groups.reverse();
        while let Some(mut some) = groups.pop() {
            let operations: Vec<Operation> = some.iter().map(Altered::operation).collect();
            let write = Write { operations, strict: false };
            match self.0.engine.write_if(write, None, actor, Some(&undo)).await {
                Ok(_) => given.append(&mut some),
                Err(fault) if !refuses(fault.code()) => return Err(fault),
                Err(fault) if some.len() == 1 => {
                    let reached = !matches!(
                        fault.code(),
                        Code::Forbidden | Code::ItemNotFound | Code::UnknownField
                    );
                    let why = if reached { Stays::Changed } else { Stays::Forbidden };
                    let others = some.iter().filter(|one| !one.others);
                    stay.extend(others.map(|one| (one.made.clone(), why)));
                }
                Err(_) => {
                    let rest = some.split_off(some.len() / 2);
                    groups.push(rest);
                    groups.push(some);
                }
            }
        }
        Ok(stay)
    }
}

impl Imports {
    /// Lets these records hold again what they held before they were given back, the last first. One
    /// that somebody changed since stays as it is.
    pub(super) async fn put_back(&self, job: &Job, given: Vec<Altered>, actor: &Actor) {
        let undo = undoing(job);
        let mut groups: Vec<Vec<Altered>> =
            given.chunks(BATCH_ROWS).map(<[Altered]>::to_vec).collect();
        while let Some(mut some) = groups.pop() {
            let operations: Vec<Operation> = some.iter().rev().map(Altered::again).collect();
            let write = Write { operations, strict: false };
            let Err(fault) = self.0.engine.write_if(write, None, actor, Some(&undo)).await else {
                continue;
            };
            if some.len() == 1 || !refuses(fault.code()) {
                tracing::warn!(%fault, import = job.id, "a record keeps what an undo that came to nothing gave back to it");
                continue;
            }
            let rest = some.split_off(some.len() / 2);
            groups.push(some);
            groups.push(rest);
        }
    }
}

/// Refusals that concern one record of many.
fn refuses(code: Code) -> bool {
    passed_over(code)
        || matches!(
            code,
            Code::UniqueViolation
                | Code::ValidationError
                | Code::RequiredFieldMissing
                | Code::UnknownField
        )
}
