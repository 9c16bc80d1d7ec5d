//! What goes along with the rows of an import when they are removed: references that cascade take
//! whatever points at a row, and what points at that. An undo is for what the import made, so that
//! anything else among it is counted before.

use super::altered::Altered;
use super::besides::{Made, path};
use super::changed::Changed;
use super::{BATCH_ROWS, Imports, Job};
use crate::arrival::plain;
use crate::retention::quoted;
use crate::schema::values::grouped;
use access::Actor;
use base::{Result, Value};
use catalog::{Catalog, Collection, OnDelete, RelationKind};
use indexmap::{IndexMap, IndexSet};
use serde_json::{Value as Json, json};
use sql::Dialect;
use std::collections::HashSet;
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
}

impl Along {
    /// Why somebody has to consent; nothing where nothing is lost.
    pub(super) fn loss(&self) -> Option<String> {
        let (lost, records, were) = match self.lost {
            0 => return None,
            1 => (String::from("1"), "record", "was"),
            lost => (grouped(lost), "records", "were"),
        };
        Some(format!(
            "{lost} {records} that this import did not make, or that {were} changed since, would go along with its rows"
        ))
    }
}

/// A reference whose records go with what they point at.
struct Edge {
    child: Arc<Collection>,
    column: String,
    on: String,
}

/// The references to a collection that cascade.
fn edges(catalog: &Catalog, parent: &Collection) -> Vec<Edge> {
    let mut found = Vec::new();
    for child in catalog.collections.values() {
        for relation in child.relations.values() {
            let RelationKind::ToOne { column, target_column, only_when, .. } = &relation.kind
            else {
                continue;
            };
            let followed = relation.constrained || only_when.is_some();
            let cascades = matches!(relation.on_delete, OnDelete::Cascade);
            if relation.target != parent.name || !followed || !cascades {
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
}

impl Graph {
    /// Which records are reached from these, along or against what they take.
    fn reached(&self, from: impl IntoIterator<Item = usize>, against: bool) -> HashSet<usize> {
        let mut next: Vec<Vec<usize>> = vec![Vec::new(); self.all.len()];
        for (parent, child) in &self.takes {
            let (one, other) = if against { (*child, *parent) } else { (*parent, *child) };
            next[one].push(other);
        }
        let mut reached = HashSet::new();
        let mut waiting: Vec<usize> = from.into_iter().collect();
        while let Some(at) = waiting.pop() {
            if reached.insert(at) {
                waiting.extend(next[at].iter().copied());
            }
        }
        reached
    }
}

impl Imports {
    /// Whether anything at all may go along with the rows.
    pub(super) fn cascades(&self, job: &Job) -> bool {
        let state = self.0.engine.state();
        self.target(job).is_some_and(|target| !edges(&state.catalog, &target).is_empty())
    }

    /// Looks for what goes along with these rows, reference by reference and level by level.
    /// References that are about to be given back, those in `back`, are passed over.
    pub(super) async fn along(
        &self,
        job: &Job,
        (rows, besides): (&[String], &[Made]),
        (altered, back): (&HashSet<At>, &[Altered]),
        changed: &mut Changed,
        actor: &Actor,
    ) -> Result<Along> {
        let Some(target) = self.target(job) else { return Ok(Along::default()) };
        // What goes into the trash takes nothing along.
        if target.paranoid && !actor.unbound() {
            return Ok(Along::default());
        }
        let state = self.0.engine.state();
        let back: HashSet<(&str, &str, &str)> = back
            .iter()
            .flat_map(|one| {
                let made = &one.made;
                one.back.keys().map(move |field| {
                    (made.collection.name.as_str(), made.key.as_str(), field.as_str())
                })
            })
            .collect();
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
                for edge in edges(&state.catalog, parent) {
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
        self.judged(job, (&graph, roots), besides, altered, changed).await
    }

    /// Which of these go along by themselves, and which rows take the others.
    async fn judged(
        &self,
        job: &Job,
        (graph, roots): (&Graph, usize),
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
        let (mut lost, mut stood) = (HashSet::new(), Vec::new());
        for (at, record) in graph.all.iter().enumerate().skip(roots) {
            if !ours.contains(record) {
                lost.insert(at);
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
        Ok(Along { lost: lost.len() as u64, gone, losing, holding })
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
        let listed = match self.0.engine.store().dialect() {
            Dialect::Sqlite => {
                format!("SELECT k.value ->> {} FROM json_each(?1) k", path(name))
            }
            Dialect::Postgres => format!(
                "SELECT k.{key} FROM jsonb_populate_recordset(NULL::{table}, $1::text::jsonb) k"
            ),
        };
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
