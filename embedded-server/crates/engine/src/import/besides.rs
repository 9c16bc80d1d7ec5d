//! Records that nested objects of a file made besides its rows. An undo takes them out, too, where
//! nothing points at them and nobody changed them since; the others stay, and are named.

use super::changed::{Changed, Horizon, changes};
use super::undo::{removal, theirs, undoing};
use super::{BATCH_ROWS, FAULTS_KEPT, Imports, Job, Left, Stays};
use crate::arrival::plain;
use crate::retention::quoted;
use crate::schema::former::all_former;
use crate::write::Provided;
use access::{Action, Actor};
use base::{Code, Error, Result, Value};
use catalog::{Catalog, Collection, OnDelete, RelationKind};
use indexmap::IndexMap;
use query::Operation;
use serde_json::{Value as Json, json};
use sql::{CompiledWrite, Dialect, Expect, ProgramStep, Statement};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// A record that an import made besides its rows.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) collection: Arc<Collection>,
    /// Whether the change `c` tells of its collection.
    pub(super) tells: Arc<str>,
    pub(super) key: String,
}

/// A collection, and whether the change `c` tells of it.
pub(super) type Told = (Arc<Collection>, Arc<str>);

/// Keys of records that go together, by their collections.
type Going = BTreeMap<String, Vec<String>>;

/// That nothing points at these records and nobody changed them, asked while nobody can.
pub(super) struct Free {
    lock: Option<Statement>,
    held: Statement,
}

impl Provided for Free {
    fn around(&self, compiled: CompiledWrite, _: Dialect) -> CompiledWrite {
        let fault = Error::new(Code::Conflict, "a record that was about to go is in use");
        let lock = self.lock.clone().map(|lock| ProgramStep::new(lock, Expect::Any));
        let held = ProgramStep::new(self.held.clone(), Expect::Rows(0, Box::new(fault)));
        compiled.behind(lock.into_iter().chain([held]).collect())
    }

    // What an import made it takes along: in the trash it would still hold what is unique.
    fn purges(&self) -> bool {
        true
    }
}

impl Made {
    /// The removal of it, for good.
    pub(super) fn removal(&self) -> Operation {
        removal(&self.collection.name, &self.key, true)
    }

    fn granted(&self, actor: &Actor) -> bool {
        actor.unbound() || actor.policies.get(&self.collection.name, Action::Delete).is_some()
    }

    /// Whether it may forbid the removal of rows of the import: it has to go before them.
    pub(super) fn goes_first(&self, imported: &str) -> bool {
        self.collection.relations.values().any(|relation| {
            matches!(relation.kind, RelationKind::ToOne { .. })
                && relation.target == imported
                && matches!(relation.on_delete, OnDelete::Restrict | OnDelete::NoAction)
        })
    }
}

impl Imports {
    /// The records that a job made besides its rows and that still stand, the last one first: what
    /// points at another was made behind it.
    pub(super) async fn made_besides(&self, job: &Job) -> Result<Vec<Made>> {
        let rows = job.tells("c");
        let text = match self.0.engine.store().dialect() {
            Dialect::Sqlite => format!(
                r#"SELECT c."seq", c."collection", c."id" FROM "_change" c WHERE c."source" = 'import:' || ?1 AND c."import" IS NULL AND c."op" = 'create' AND c."seq" < ?2 AND NOT {rows} ORDER BY c."seq" DESC LIMIT ?3"#
            ),
            Dialect::Postgres => format!(
                r#"SELECT c."seq", c."collection", c."id" FROM "_change" c WHERE c."source" = 'import:' || $1::text AND c."import" IS NULL AND c."op" = 'create' AND c."seq" < $2::bigint AND NOT {rows} ORDER BY c."seq" DESC LIMIT $3::bigint"#
            ),
        };
        let limit = i64::try_from(BATCH_ROWS).unwrap_or(i64::MAX);
        let (mut all, mut before) = (Vec::new(), i64::MAX);
        let mut today: HashMap<String, Option<Told>> = HashMap::new();
        loop {
            let binds = vec![Value::text(&job.id), Value::Int(before), Value::Int(limit)];
            let rows = self.0.engine.store().rows(&plain(&text, binds)).await?;
            let mut some = Vec::new();
            for row in &rows {
                let [Value::Int(seq), Value::Text(told), Value::Text(key)] = row.as_slice() else {
                    continue;
                };
                before = *seq;
                if !today.contains_key(told) {
                    today.insert(told.clone(), self.of_today(told, *seq).await?);
                }
                if let Some(Some((collection, tells))) = today.get(told) {
                    let (collection, tells) = (Arc::clone(collection), Arc::clone(tells));
                    some.push(Made { collection, tells, key: key.clone() });
                }
            }
            if rows.is_empty() {
                return Ok(all);
            }
            for group in groups(some) {
                let stand = self.stand(job, &group, "").await?;
                all.extend(group.into_iter().filter(|made| stand.contains(&made.key)));
            }
        }
    }

    /// The collection that had this name when the change with this number was made, where it still
    /// stands: the first that gave the name up afterwards, else the one of today.
    pub(super) async fn of_today(&self, told: &str, seq: i64) -> Result<Option<Told>> {
        let state = self.0.engine.state();
        let mut former = all_former(self.0.engine.store()).await?;
        let gave_up = former.iter().filter_map(|(id, former)| {
            let (name, last) = former.name_at(seq)?;
            (name == told).then_some((last, id))
        });
        let found = match gave_up.min() {
            Some((_, id)) => state.catalog.collections.values().find(|one| one.schema_id() == id),
            None => state.catalog.get(told).filter(|one| {
                former.get(one.schema_id()).is_none_or(|former| former.name_at(seq).is_none())
            }),
        };
        Ok(found.cloned().map(|one| {
            let former = former.remove(one.schema_id()).unwrap_or_default();
            let tells = former.tells("c", &one.name);
            (one, Arc::from(tells))
        }))
    }

    /// Takes out those of these records that can go, each behind what points at it; answers which
    /// stay, and why.
    pub(super) async fn take_besides(
        &self,
        job: &Job,
        made: Vec<Made>,
        changed: &mut Changed,
        actor: &Actor,
    ) -> Result<Vec<(Made, Stays)>> {
        let (mut waiting, mut left) = (made, Vec::new());
        loop {
            let before = waiting.len();
            let mut held = Vec::new();
            for some in waiting.chunks(BATCH_ROWS) {
                for group in groups(some.to_vec()) {
                    for (made, why) in self.take_group(job, group, changed, actor).await? {
                        match why {
                            Stays::Referenced => held.push(made),
                            Stays::Changed | Stays::Forbidden => left.push((made, why)),
                        }
                    }
                }
            }
            // What pointed at them may have gone by now.
            if held.is_empty() || held.len() == before {
                left.extend(held.into_iter().map(|made| (made, Stays::Referenced)));
                return Ok(left);
            }
            waiting = held;
        }
    }

    async fn take_group(
        &self,
        job: &Job,
        group: Vec<Made>,
        changed: &mut Changed,
        actor: &Actor,
    ) -> Result<Vec<(Made, Stays)>> {
        let Some(first) = group.first().cloned() else { return Ok(Vec::new()) };
        let name = &first.collection.name;
        let granted = first.granted(actor);
        let stands = self.looked_at(job, &group, &Going::new(), changed).await?;
        let seen = changed.behind(name);
        let mut stays: HashMap<String, Stays> = HashMap::new();
        let mut free = Vec::new();
        for made in &group {
            match stands.get(&made.key) {
                Some(_) if !granted => drop(stays.insert(made.key.clone(), Stays::Forbidden)),
                Some(Some(why)) => drop(stays.insert(made.key.clone(), *why)),
                Some(None) => free.push(made.key.clone()),
                None => {}
            }
        }
        if !free.is_empty() {
            let around = |keys: &[String]| {
                let free = self.free(job, &first, keys, &Going::new(), seen);
                Some(Box::new(free) as Box<dyn Provided + Send>)
            };
            let (_, refused) = self
                .remove(name, &undoing(job), free, (&around, passed_over), (actor, true))
                .await?;
            stays.extend(refused.into_iter().map(|(key, code)| {
                let held = matches!(code, Code::Conflict | Code::ForeignKeyViolation);
                (key, if held { Stays::Referenced } else { Stays::Forbidden })
            }));
        }
        let stays = |made: Made| stays.get(&made.key).copied().map(|why| (made, why));
        Ok(group.into_iter().filter_map(stays).collect())
    }

    /// Which of these records of one collection stand, and why they would stay.
    /// What points at them does not keep them if it is `going`, too.
    async fn looked_at(
        &self,
        job: &Job,
        group: &[Made],
        going: &Going,
        changed: &mut Changed,
    ) -> Result<HashMap<String, Option<Stays>>> {
        let Some(first) = group.first() else { return Ok(HashMap::new()) };
        self.look(job, first, changed).await?;
        let keys: Vec<String> = group.iter().map(|made| made.key.clone()).collect();
        let dialect = self.0.engine.store().dialect();
        let tests = Tests::of(&self.0.engine.state().catalog, first, dialect, going);
        let text = format!(
            "SELECT {}, CASE WHEN {} THEN 'held' ELSE 'free' END {} AND {}",
            tests.key, tests.held, tests.these, tests.named
        );
        let binds = binds(job, first, &keys, (going, Horizon::default()));
        let rows = self.0.engine.store().rows(&plain(&text, binds)).await?;
        let told: HashMap<&str, bool> = rows
            .iter()
            .filter_map(|row| match row.as_slice() {
                [Value::Text(key), Value::Text(word)] => Some((key.as_str(), word == "held")),
                _ => None,
            })
            .collect();
        let stands = group.iter().filter_map(|made| {
            let why = match told.get(made.key.as_str())? {
                _ if changed.has(made) => Some(Stays::Changed),
                true => Some(Stays::Referenced),
                false => None,
            };
            Some((made.key.clone(), why))
        });
        Ok(stands.collect())
    }

    /// Which of these records of one collection stand, and satisfy `besides`.
    async fn stand(&self, job: &Job, group: &[Made], besides: &str) -> Result<HashSet<String>> {
        let Some(first) = group.first() else { return Ok(HashSet::new()) };
        let keys: Vec<String> = group.iter().map(|made| made.key.clone()).collect();
        let (dialect, going) = (self.0.engine.store().dialect(), Going::new());
        let Tests { key, these, named, .. } =
            Tests::of(&self.0.engine.state().catalog, first, dialect, &going);
        let text = format!("SELECT {key} {these} AND {named}{besides}");
        let binds = binds(job, first, &keys, (&going, Horizon::default()));
        let rows = self.0.engine.store().rows(&plain(&text, binds)).await?;
        let key = |row: &Vec<Value>| row.first().and_then(Value::as_text).map(str::to_owned);
        Ok(rows.iter().filter_map(key).collect())
    }

    /// Which of the rows with these keys can be removed at all: that stand, and not in the trash
    /// of somebody who does not reach into it.
    pub(super) async fn that_stand(
        &self,
        job: &Job,
        keys: Vec<String>,
        actor: &Actor,
    ) -> Result<Vec<String>> {
        let Some(collection) = self.target(job) else { return Ok(Vec::new()) };
        let trash = if collection.paranoid && !actor.unbound() {
            r#" AND t."deletedAt" IS NULL"#
        } else {
            ""
        };
        let rows = self.as_made(job, &keys);
        let mut stand = HashSet::new();
        for some in rows.chunks(BATCH_ROWS) {
            stand.extend(self.stand(job, some, trash).await?);
        }
        Ok(keys.into_iter().filter(|key| stand.contains(key)).collect())
    }

    /// The rows with these keys.
    pub(super) fn as_made(&self, job: &Job, keys: &[String]) -> Vec<Made> {
        let Some(collection) = self.target(job) else { return Vec::new() };
        let tells: Arc<str> = Arc::from(job.tells("c"));
        let made = |key: &String| Made {
            collection: Arc::clone(&collection),
            tells: Arc::clone(&tells),
            key: key.clone(),
        };
        keys.iter().map(made).collect()
    }

    /// That these records are free, for one transaction: one test for each collection.
    pub(super) fn all_free(
        &self,
        job: &Job,
        made: &[Made],
        rows: &[String],
        changed: &Changed,
    ) -> Vec<Free> {
        let going = going(job, made, rows);
        let one = |group: Vec<Made>| {
            let keys: Vec<String> = group.iter().map(|made| made.key.clone()).collect();
            let first = group.first()?;
            let seen = changed.behind(&first.collection.name);
            Some(self.free(job, first, &keys, &going, seen))
        };
        groups(made.to_vec()).into_iter().filter_map(one).collect()
    }

    /// Takes those out that cannot go along with the rows, until the others can: answers why they
    /// stay.
    pub(super) async fn sort_out(
        &self,
        job: &Job,
        made: &mut Vec<Made>,
        rows: &[String],
        changed: &mut Changed,
        actor: &Actor,
    ) -> Result<Vec<(Made, Stays)>> {
        let mut stay = Vec::new();
        loop {
            let going = going(job, made, rows);
            let (before, mut free) = (made.len(), HashSet::new());
            for group in groups(made.clone()) {
                let stands = self.looked_at(job, &group, &going, changed).await?;
                for made in group {
                    let why = match stands.get(&made.key) {
                        Some(_) if !made.granted(actor) => Stays::Forbidden,
                        Some(Some(why)) => *why,
                        Some(None) => {
                            free.insert((made.collection.name.clone(), made.key.clone()));
                            continue;
                        }
                        None => continue,
                    };
                    stay.push((made, why));
                }
            }
            made.retain(|made| free.contains(&(made.collection.name.clone(), made.key.clone())));
            if made.len() == before {
                return Ok(stay);
            }
        }
    }

    /// What is asked in the transaction that removes these: that nothing points at them, and nobody
    /// changed them since the last look, which has `seen` what came before.
    fn free(&self, job: &Job, one: &Made, keys: &[String], going: &Going, seen: Horizon) -> Free {
        let dialect = self.0.engine.store().dialect();
        let Tests { changed, held, these, named, .. } =
            Tests::of(&self.0.engine.state().catalog, one, dialect, going);
        let asked = |text: &str| plain(text, binds(job, one, keys, (going, seen)));
        // Whoever begins to point at one of them waits from here on.
        let lock = format!("SELECT 1 {these} AND {named} FOR UPDATE");
        Free {
            lock: (dialect == Dialect::Postgres).then(|| asked(&lock)),
            held: asked(&format!(
                "SELECT 1 {these} AND {named} AND (({changed}) OR {held}) LIMIT 1"
            )),
        }
    }
}

/// What is asked of records `t` of one collection.
struct Tests {
    key: String,
    /// That others changed it behind a horizon.
    changed: String,
    held: String,
    these: String,
    /// What says the parameters: Postgres refuses those that are not said.
    named: &'static str,
}

impl Tests {
    fn of(catalog: &Catalog, one: &Made, dialect: Dialect, going: &Going) -> Self {
        let (table, key) = (quoted(&one.collection.name), quoted(&one.collection.primary_key));
        let (theirs, tells) = (theirs(dialect, one.collection.sort_enabled), &one.tells);
        let (text, listed, named) = match dialect {
            Dialect::Sqlite => (
                format!("CAST(t.{key} AS TEXT)"),
                format!(
                    "SELECT k.value ->> {} FROM json_each(?2) k",
                    path(&one.collection.primary_key)
                ),
                "(?1 IS NOT NULL AND ?3 IS NOT NULL AND ?4 IS NOT NULL)",
            ),
            Dialect::Postgres => (
                format!("t.{key}::text"),
                // In the type of the key, whatever that is.
                format!(
                    "SELECT k.{key} FROM jsonb_populate_recordset(NULL::{table}, $2::text::jsonb) k"
                ),
                "($1::text IS NOT NULL AND $3::text IS NOT NULL AND $4::bigint IS NOT NULL)",
            ),
        };
        Self {
            // Read once for all of them, not once for each.
            changed: format!(
                r#"{text} IN (SELECT c."id" {} AND {theirs})"#,
                changes(dialect, tells, 4)
            ),
            held: held(catalog, &one.collection, dialect, going),
            these: format!("FROM {table} t WHERE t.{key} IN ({listed})"),
            key: text,
            named,
        }
    }
}

/// A member of a JSON object as SQLite finds it.
pub(super) fn path(name: &str) -> String {
    format!("'$.\"{}\"'", name.replace('\'', "''"))
}

/// Whether anything points at a record `t`, by whatever relation: what does not go along with it
/// would lose it.
fn held(catalog: &Catalog, collection: &Collection, dialect: Dialect, going: &Going) -> String {
    let mut edges = Vec::new();
    for child in catalog.collections.values() {
        for relation in child.relations.values() {
            let RelationKind::ToOne { column, target_column, only_when, .. } = &relation.kind
            else {
                continue;
            };
            if relation.target != collection.name {
                continue;
            }
            let (own, far) = (quoted(column), quoted(target_column));
            let mut edge = match relation.constrained {
                true => format!("c.{own} = t.{far}"),
                // Nothing says that both are of one type.
                false => format!("CAST(c.{own} AS TEXT) = CAST(t.{far} AS TEXT)"),
            };
            if let Some((field, word)) = only_when {
                let word = word.replace('\'', "''");
                edge.push_str(&format!(" AND c.{} = '{word}'", quoted(field)));
            }
            if child.name == collection.name {
                let key = quoted(&child.primary_key);
                edge.push_str(&format!(" AND c.{key} <> t.{key}"));
            }
            if going.contains_key(&child.name) {
                let (key, name) = (quoted(&child.primary_key), child.name.replace('\'', "''"));
                let listed = match dialect {
                    Dialect::Sqlite => {
                        format!("SELECT g.value FROM json_each(?3, {}) g", path(&child.name))
                    }
                    Dialect::Postgres => {
                        format!("SELECT jsonb_array_elements_text($3::text::jsonb -> '{name}')")
                    }
                };
                edge.push_str(&format!(" AND CAST(c.{key} AS TEXT) NOT IN ({listed})"));
            }
            edges.push(format!("EXISTS (SELECT 1 FROM {} c WHERE {edge})", quoted(&child.name)));
        }
    }
    if edges.is_empty() { String::from("FALSE") } else { format!("({})", edges.join(" OR ")) }
}

/// What goes at once: these records and the rows.
fn going(job: &Job, made: &[Made], rows: &[String]) -> Going {
    let mut going = Going::from([(job.collection.clone(), rows.to_vec())]);
    for made in made {
        going.entry(made.collection.name.clone()).or_default().push(made.key.clone());
    }
    going
}

fn binds(
    job: &Job,
    one: &Made,
    keys: &[String],
    (going, Horizon(seen)): (&Going, Horizon),
) -> Vec<Value> {
    let name = &one.collection.primary_key;
    let keys: Json = keys.iter().map(|key| json!({ name: key })).collect();
    let going = json!(going).to_string();
    let keys = Value::Text(keys.to_string());
    vec![Value::text(&job.id), keys, Value::Text(going), Value::Int(seen)]
}

/// Refusals that concern one record of many.
pub(super) fn passed_over(code: Code) -> bool {
    use Code::{Conflict, Forbidden, ForeignKeyViolation, ItemNotFound};
    matches!(code, Conflict | ForeignKeyViolation | Forbidden | ItemNotFound)
}

/// Records by their collection, each in the order they had.
fn groups(some: Vec<Made>) -> Vec<Vec<Made>> {
    let mut groups: IndexMap<String, Vec<Made>> = IndexMap::new();
    for made in some {
        groups.entry(made.collection.name.clone()).or_default().push(made);
    }
    groups.into_values().collect()
}

impl Job {
    /// So many of the records made besides its rows went, and these stay of all that it wrote.
    pub(super) fn besides(&mut self, went: usize, stay: Vec<(Made, Stays)>) {
        self.related_removed += went as u64;
        self.related_left = stay.len() as u64;
        let told = |(made, why): (Made, Stays)| Left {
            collection: made.collection.name.clone(),
            id: made.key,
            why,
        };
        self.left = stay.into_iter().take(FAULTS_KEPT).map(told).collect();
    }
}

#[cfg(test)]
mod tests;
