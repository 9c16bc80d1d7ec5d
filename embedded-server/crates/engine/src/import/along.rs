//! What goes along with the rows of an import when they are removed: references that cascade take
//! whatever points at a row, and what points at that. An undo is for what the import made, so that
//! anything else among it is counted before.

use super::altered::Altered;
use super::besides::{Made, path};
use super::changed::Changed;
use super::undo::wants_consent;
use super::{BATCH_ROWS, Imports, Job};
use crate::arrival::plain;
use crate::retention::quoted;
use crate::schema::values::grouped;
use crate::write::Provided;
use access::Actor;
use base::{Code, Error, Result, Value};
use catalog::{Catalog, Collection, OnDelete, Relation, RelationKind};
use indexmap::{IndexMap, IndexSet};
use query::Read;
use serde_json::{Map, Value as Json, json};
use sql::{CompiledWrite, Dialect, Expect, Numbers, ProgramStep, Statement};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// A record: its collection by the name of today, and its key.
pub(super) type At = (String, String);

/// What the removal of the rows takes along that the import did not make, or that others changed.
#[derive(Default)]
pub(super) struct Along {
    /// How many such records the rows take along, whichever of them stay.
    pub(super) lost: u64,
    /// How many of these go if the rows in `holding` stay, and those in `losing` where deleted
    /// records are kept.
    pub(super) gone: u64,
    /// Keys of the rows that take some along.
    pub(super) losing: HashSet<String>,
    /// Keys of those that take a record along which stood before the import and was changed by it.
    pub(super) holding: HashSet<String>,
    /// How many of `lost` are of collections that keep deleted records.
    purged: u64,
    /// All that was looked at.
    graph: Graph,
}

/// That what goes along with some rows is what was counted, asked while nobody can add to it.
#[derive(Default)]
pub(super) struct Closed {
    locks: Vec<Statement>,
    others: Vec<Statement>,
    consent: bool,
}

impl Provided for Closed {
    fn around(&self, compiled: CompiledWrite, _: Dialect) -> CompiledWrite {
        let lock = |lock: &Statement| ProgramStep::new(lock.clone(), Expect::Any);
        let other = |other: &Statement| {
            let fault = Box::new(came_meanwhile(self.consent));
            ProgramStep::new(other.clone(), Expect::Rows(0, fault))
        };
        let first = self.locks.iter().map(lock).chain(self.others.iter().map(other));
        compiled.behind(first.collect())
    }
}

/// Rows that something forbids to go.
#[derive(Default)]
pub(super) struct Held {
    pub(super) rows: HashSet<String>,
    first: Option<Holder>,
}

/// A record that forbids that a row goes, by one of its fields.
struct Holder {
    collection: String,
    column: String,
    key: String,
    row: String,
}

/// Records came that would go along and that nobody counted.
fn came_meanwhile(consent: bool) -> Error {
    let message = "records that were not counted came to point at rows of this import while it was taken back, and stay with them";
    match consent {
        true => Error::new(Code::Conflict, message).hint("take it back again"),
        false => wants_consent(format!(
            "{message}; to take them out, too, take it back again with `consent`"
        )),
    }
}

impl Along {
    /// Why somebody has to consent; nothing where nothing is lost.
    pub(super) fn loss(&self) -> Option<String> {
        let (lost, records, were) = match self.lost {
            0 => return None,
            1 => (String::from("1"), "record", "was"),
            lost => (grouped(lost), "records", "were"),
        };
        let kept = match self.purged {
            0 => String::new(),
            purged => format!(
                ", {} of them for good although their collection keeps what is deleted",
                grouped(purged)
            ),
        };
        Some(format!(
            "{lost} {records} that this import did not make, or that {were} changed since, would go along with its rows{kept}"
        ))
    }
}

/// A reference whose records go with what they point at.
struct Edge {
    child: Arc<Collection>,
    column: String,
    on: String,
}

fn cascades(relation: &Relation) -> bool {
    matches!(relation.on_delete, OnDelete::Cascade)
}

fn restricts(relation: &Relation) -> bool {
    relation.constrained && matches!(relation.on_delete, OnDelete::Restrict | OnDelete::NoAction)
}

/// The references to a collection that do this.
fn edges(catalog: &Catalog, parent: &Collection, does: fn(&Relation) -> bool) -> Vec<Edge> {
    let mut found = Vec::new();
    for child in catalog.collections.values() {
        for relation in child.relations.values() {
            let RelationKind::ToOne { column, target_column, only_when, .. } = &relation.kind
            else {
                continue;
            };
            let followed = relation.constrained || only_when.is_some();
            if relation.target != parent.name || !followed || !does(relation) {
                continue;
            }
            let (own, far) = (quoted(column), quoted(target_column));
            let mut on = match relation.constrained {
                true => format!("c.{own} = t.{far}"),
                // Nothing says that both are of one type.
                false => format!("CAST(c.{own} AS TEXT) = CAST(t.{far} AS TEXT)"),
            };
            if let Some((field, word)) = only_when {
                let word = word.replace('\'', "''");
                on.push_str(&format!(" AND c.{} = '{word}'", quoted(field)));
            }
            found.push(Edge { child: Arc::clone(child), column: column.clone(), on });
        }
    }
    found
}

/// Records and what each takes along.
#[derive(Default)]
struct Graph {
    all: IndexSet<At>,
    takes: Vec<(usize, usize)>,
    /// What each takes along, once all is known.
    down: Vec<Vec<usize>>,
}

impl Graph {
    /// Which records are reached from these, along or against what they take.
    fn reached(&self, from: impl IntoIterator<Item = usize>, against: bool) -> HashSet<usize> {
        let next = self.steps(against);
        Self::walked(&next, from)
    }

    fn steps(&self, against: bool) -> Vec<Vec<usize>> {
        let mut next: Vec<Vec<usize>> = vec![Vec::new(); self.all.len()];
        for (parent, child) in &self.takes {
            let (one, other) = if against { (*child, *parent) } else { (*parent, *child) };
            next[one].push(other);
        }
        next
    }

    /// Which records are reached from these by these steps.
    fn walked(next: &[Vec<usize>], from: impl IntoIterator<Item = usize>) -> HashSet<usize> {
        let mut reached = HashSet::new();
        let mut waiting: Vec<usize> = from.into_iter().collect();
        while let Some(at) = waiting.pop() {
            if reached.insert(at) {
                waiting.extend(next.get(at).into_iter().flatten().copied());
            }
        }
        reached
    }
}

/// References that are about to be given back, by their collection, record and field.
fn given_back(back: &[Altered]) -> HashSet<(&str, &str, &str)> {
    back.iter()
        .flat_map(|one| {
            let made = &one.made;
            one.back.keys().map(move |field| {
                (made.collection.name.as_str(), made.key.as_str(), field.as_str())
            })
        })
        .collect()
}

/// The keys of records of a collection, which are the first value, in the type of the key.
fn listed(dialect: Dialect, parent: &Collection) -> String {
    let (table, key) = (quoted(&parent.name), quoted(&parent.primary_key));
    match dialect {
        Dialect::Sqlite => {
            format!("SELECT k.value ->> {} FROM json_each(?1) k", path(&parent.primary_key))
        }
        Dialect::Postgres => format!(
            "SELECT k.{key} FROM jsonb_populate_recordset(NULL::{table}, $1::text::jsonb) k"
        ),
    }
}

impl Imports {
    /// Whether anything at all may go along with the rows.
    pub(super) fn cascades(&self, job: &Job) -> bool {
        let state = self.0.engine.state();
        let any = |target: Arc<Collection>| !edges(&state.catalog, &target, cascades).is_empty();
        self.target(job).is_some_and(any)
    }

    /// Whether anything at all may forbid that the rows go.
    pub(super) fn restricted(&self, job: &Job) -> bool {
        let state = self.0.engine.state();
        let any = |target: Arc<Collection>| !edges(&state.catalog, &target, restricts).is_empty();
        self.target(job).is_some_and(any)
    }

    /// The rows that something forbids to go, with the first that does. What goes itself does not, nor
    /// a reference that is about to be given back.
    pub(super) async fn held(
        &self,
        job: &Job,
        rows: &[String],
        (going, back): (&[Made], &[Altered]),
    ) -> Result<Held> {
        let mut all = Held::default();
        let Some(target) = self.target(job) else { return Ok(all) };
        let state = self.0.engine.state();
        let mut goes: HashSet<(&str, &str)> =
            going.iter().map(|one| (one.collection.name.as_str(), one.key.as_str())).collect();
        goes.extend(rows.iter().map(|key| (target.name.as_str(), key.as_str())));
        let back = given_back(back);
        for edge in edges(&state.catalog, &target, restricts) {
            let name = edge.child.name.as_str();
            for some in rows.chunks(BATCH_ROWS) {
                for (child, row) in self.pointing(&target, &edge, some).await? {
                    if goes.contains(&(name, child.as_str()))
                        || back.contains(&(name, child.as_str(), edge.column.as_str()))
                    {
                        continue;
                    }
                    if all.first.is_none() {
                        let (collection, column) = (name.to_owned(), edge.column.clone());
                        all.first =
                            Some(Holder { collection, column, key: child, row: row.clone() });
                    }
                    all.rows.insert(row);
                }
            }
        }
        Ok(all)
    }

    /// What forbids that these rows go, as a sentence with the first record that does, if anything
    /// does.
    pub(super) async fn held_by(
        &self,
        job: &Job,
        rows: &[String],
        besides: (&[Made], &[Altered]),
        actor: &Actor,
    ) -> Result<Option<String>> {
        let Some(holder) = self.held(job, rows, besides).await?.first else { return Ok(None) };
        let Holder { collection, column, key, row } = &holder;
        let what = match self.may_see(&holder, actor).await {
            true => format!("`{key}` of `{collection}` points by `{column}` at"),
            false => String::from("a record that you may not read points at"),
        };
        Ok(Some(format!("{what} the row `{row}`, which cannot go before it")))
    }

    /// Whether who asks may read what a record points at.
    async fn may_see(&self, holder: &Holder, actor: &Actor) -> bool {
        let read = Read {
            collection: holder.collection.clone(),
            key: Some(Json::from(holder.key.as_str())),
            fields: vec![holder.column.clone()],
            with_deleted: true,
            ..Read::default()
        };
        let known = |fields: &Map<String, Json>| fields.contains_key(&holder.column);
        match self.0.engine.read(&read, actor, Numbers::Tokens).await {
            Ok(found) => {
                crate::read::parse_rows(&found.json).is_ok_and(|rows| rows.iter().any(known))
            }
            Err(_) => false,
        }
    }

    /// What has to be asked in the transaction that removes these rows: that nothing else goes along
    /// than what was counted.
    pub(super) fn closed(
        &self,
        job: &Job,
        along: &Along,
        rows: &[String],
        consent: bool,
    ) -> Closed {
        let Some(target) = self.target(job) else { return Closed::default() };
        let (state, dialect) = (self.0.engine.state(), self.0.engine.store().dialect());
        let place =
            |key: &String| along.graph.all.get_index_of(&(target.name.clone(), key.clone()));
        let reached = Graph::walked(&along.graph.down, rows.iter().filter_map(place));
        let mut known: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        known.insert(&target.name, rows.iter().map(String::as_str).collect());
        for (name, key) in reached.iter().filter_map(|at| along.graph.all.get_index(*at)) {
            known.entry(name).or_default().push(key);
        }
        let mut closed = Closed { consent, ..Closed::default() };
        for (name, keys) in &known {
            let Some(parent) = state.catalog.get(name) else { continue };
            let edges = edges(&state.catalog, parent, cascades);
            if edges.is_empty() {
                continue;
            }
            let (table, key) = (quoted(&parent.name), quoted(&parent.primary_key));
            let listed = listed(dialect, parent);
            let keys: Json = keys.iter().map(|key| json!({ &parent.primary_key: key })).collect();
            let these = Value::Text(keys.to_string());
            if dialect == Dialect::Postgres {
                let text =
                    format!("SELECT 1 FROM {table} t WHERE t.{key} IN ({listed}) FOR UPDATE");
                closed.locks.push(plain(&text, vec![these.clone()]));
            }
            for edge in edges {
                let (child, own) = (quoted(&edge.child.name), quoted(&edge.child.primary_key));
                let counted = match dialect {
                    Dialect::Sqlite => "SELECT g.value FROM json_each(?2) g",
                    Dialect::Postgres => "SELECT jsonb_array_elements_text($2::text::jsonb)",
                };
                let text = format!(
                    "SELECT 1 FROM {table} t JOIN {child} c ON {} WHERE t.{key} IN ({listed}) AND CAST(c.{own} AS TEXT) NOT IN ({counted}) LIMIT 1",
                    edge.on
                );
                let counted =
                    json!(known.get(edge.child.name.as_str()).cloned().unwrap_or_default());
                let binds = vec![these.clone(), Value::Text(counted.to_string())];
                closed.others.push(plain(&text, binds));
            }
        }
        closed
    }

    /// Looks for what goes along with these rows, reference by reference and level by level.
    /// References that are about to be given back, those in `back`, are passed over.
    pub(super) async fn along(
        &self,
        job: &Job,
        (rows, besides): (&[String], &[Made]),
        (altered, back): (&HashSet<At>, &[Altered]),
        changed: &mut Changed,
    ) -> Result<Along> {
        let Some(target) = self.target(job) else { return Ok(Along::default()) };
        let state = self.0.engine.state();
        let back = given_back(back);
        let mut graph = Graph::default();
        for key in rows {
            graph.all.insert((target.name.clone(), key.clone()));
        }
        let roots = graph.all.len();
        let mut level = IndexMap::from([(target.name.clone(), rows.to_vec())]);
        while !level.is_empty() {
            let mut next: IndexMap<String, Vec<String>> = IndexMap::new();
            for (name, keys) in level {
                let Some(parent) = state.catalog.get(&name) else { continue };
                for edge in edges(&state.catalog, parent, cascades) {
                    for some in keys.chunks(BATCH_ROWS) {
                        for (child, key) in self.pointing(parent, &edge, some).await? {
                            let to = edge.child.name.as_str();
                            if back.contains(&(to, child.as_str(), edge.column.as_str())) {
                                continue;
                            }
                            let (from, _) = graph.all.insert_full((name.clone(), key));
                            let (at, new) = graph.all.insert_full((to.to_owned(), child.clone()));
                            graph.takes.push((from, at));
                            if new {
                                next.entry(to.to_owned()).or_default().push(child);
                            }
                        }
                    }
                }
            }
            level = next;
        }
        graph.down = graph.steps(false);
        self.judged(job, (graph, roots), besides, altered, changed).await
    }

    /// Which of these go along by themselves, and which rows take the others.
    async fn judged(
        &self,
        job: &Job,
        (graph, roots): (Graph, usize),
        besides: &[Made],
        altered: &HashSet<At>,
        changed: &mut Changed,
    ) -> Result<Along> {
        if graph.takes.is_empty() {
            return Ok(Along::default());
        }
        let mut ours: HashSet<At> = HashSet::new();
        let mut looked: HashSet<&str> = HashSet::new();
        for made in besides {
            let at = (made.collection.name.clone(), made.key.clone());
            if !graph.all.contains(&at) {
                continue;
            }
            if looked.insert(made.collection.name.as_str()) {
                self.look(job, made, changed).await?;
            }
            if !changed.has(made) {
                ours.insert(at);
            }
        }
        let state = self.0.engine.state();
        let (mut lost, mut stood, mut purged) = (HashSet::new(), Vec::new(), 0);
        for (at, record) in graph.all.iter().enumerate().skip(roots) {
            if !ours.contains(record) {
                lost.insert(at);
                purged += u64::from(state.catalog.get(&record.0).is_some_and(|one| one.paranoid));
                stood.extend(altered.contains(record).then_some(at));
            }
        }
        let row = |at: &usize| graph.all.get_index(*at).map(|(_, key)| key.clone());
        let rows = |reached: HashSet<usize>| -> HashSet<String> {
            reached.iter().filter(|at| **at < roots).filter_map(row).collect()
        };
        let losing = rows(graph.reached(lost.iter().copied(), true));
        let holding = rows(graph.reached(stood, true));
        let kept = self.target(job).is_some_and(|target| target.paranoid);
        let going = (0..roots).filter(|at| {
            row(at).is_some_and(|key| !(holding.contains(&key) || kept && losing.contains(&key)))
        });
        let reached = graph.reached(going, false);
        let gone = reached.iter().filter(|at| lost.contains(*at)).count() as u64;
        Ok(Along { lost: lost.len() as u64, gone, losing, holding, purged, graph })
    }

    /// The records that point at these by a reference, each with what it points at.
    async fn pointing(
        &self,
        parent: &Collection,
        edge: &Edge,
        keys: &[String],
    ) -> Result<Vec<(String, String)>> {
        let name = &parent.primary_key;
        let (table, key) = (quoted(&parent.name), quoted(name));
        let (child, own) = (quoted(&edge.child.name), quoted(&edge.child.primary_key));
        let listed = listed(self.0.engine.store().dialect(), parent);
        let text = format!(
            "SELECT CAST(c.{own} AS TEXT), CAST(t.{key} AS TEXT) FROM {table} t JOIN {child} c ON {} WHERE t.{key} IN ({listed})",
            edge.on
        );
        let keys: Json = keys.iter().map(|key| json!({ name: key })).collect();
        let asked = plain(&text, vec![Value::Text(keys.to_string())]);
        let rows = self.0.engine.store().rows(&asked).await?;
        let pair = |row: Vec<Value>| match <[Value; 2]>::try_from(row) {
            Ok([Value::Text(child), Value::Text(parent)]) => Some((child, parent)),
            Ok(_) | Err(_) => None,
        };
        Ok(rows.into_iter().filter_map(pair).collect())
    }
}
