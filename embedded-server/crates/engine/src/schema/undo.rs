//! Undoing a change of the schema: the documents as they were before it, and what it took away put
//! back, as a plan of its own.

use super::draft::{Column, Draft, fields, text};
use super::history::{self, Stored};
use super::keep::{Kept, What};
use super::plan::{PlannedStep, StepKind, checked_token, store_name, token_of};
use super::references::{Reference, references};
use super::restore::{Back, Restored, restore};
use super::steps::steps;
use super::theirs;
use crate::Engine;
use base::{Clock, Code, Error, Result};
use catalog::Catalog;
use serde_json::Value as Json;
use sql::Dialect;
use store::Store;

/// What undoing a change would do, and what allows it to be done.
pub struct UndoPlan {
    /// Binds the plan to the state it was made against.
    pub token: String,
    /// The dialect of its statements.
    pub store: &'static str,
    /// In the order in which they are done.
    pub steps: Vec<PlannedStep>,
    /// What comes back, and what cannot.
    pub restores: Vec<Restored>,
    /// What else names the things that change, but for what comes back as it was.
    pub references: Vec<Reference>,
}

/// A document of the history with its name and its stable id.
struct Entry<'a> {
    name: &'a str,
    id: &'a str,
    schema: &'a Json,
}

fn entries(list: &Json) -> Vec<Entry<'_>> {
    let all = list.as_array().into_iter().flatten().filter_map(|entry| {
        let (name, schema) = (entry["collectionName"].as_str()?, &entry["schema"]);
        Some(Entry { name, id: schema["schemaId"].as_str().unwrap_or(name), schema })
    });
    all.collect()
}

/// Whether everything is as the change left it.
pub(super) fn stands(catalog: &Catalog, change: &Stored) -> bool {
    change.done_again_by.is_none() && moved(catalog, change).is_none()
}

/// What is not as the change left it: the name of a collection, and the stable id of the one that
/// moved, or has the name by now.
fn moved(catalog: &Catalog, change: &Stored) -> Option<(String, String)> {
    let (before, after) = (entries(&change.before), entries(&change.after));
    for entry in &after {
        let same = catalog.get(entry.name).is_some_and(|now| *now.document == *entry.schema);
        if !same {
            return Some((entry.name.to_owned(), entry.id.to_owned()));
        }
    }
    let of_it = |id: &str| after.iter().any(|entry| entry.id == id);
    for entry in &before {
        let in_the_way = catalog.collections.values().find(|now| {
            // What the change made or renamed gives the name back by itself.
            !of_it(now.schema_id())
                && (now.schema_id() == entry.id || now.name.eq_ignore_ascii_case(entry.name))
        });
        if let Some(other) = in_the_way {
            return Some((entry.name.to_owned(), other.schema_id().to_owned()));
        }
    }
    None
}

/// The documents as they were before the change.
async fn drafted(store: &Store, catalog: &Catalog, version: u64) -> Result<(Draft, Vec<Kept>)> {
    let change = history::one(store, version).await?;
    let refused = |message: String| Error::new(Code::Conflict, message).at("version");
    if let Some(by) = change.undone_by {
        return Err(refused(format!("change {version} was undone by change {by} already"))
            .hint(format!("undo change {by} to have it again")));
    }
    if let Some(by) = change.done_again_by {
        // What was written between is kept with that one.
        return Err(refused(format!("change {version} was undone, and done again by change {by}"))
            .hint(format!("undo change {by} first")));
    }
    if let Some((name, id)) = moved(catalog, &change) {
        let last = history::last_of(store, &id).await?.filter(|last| *last != version);
        let message = format!("`{name}` is not as change {version} left it");
        return Err(match last {
            Some(last) => refused(message).hint(format!("undo change {last} first")),
            None => refused(message).hint("another collection may have taken its name"),
        });
    }
    let Some(kept) = change.kept.clone() else {
        return Err(refused(format!(
            "what change {version} took away was kept for its time and is gone"
        ))
        .hint("make the fields or collections anew"));
    };
    let (before, after) = (entries(&change.before), entries(&change.after));
    let mut draft = Draft::of(catalog);
    let was = |entry: &Entry<'_>| before.iter().find(|other| other.id == entry.id).map(|b| b.name);
    // Ends first: they free names. A junction may have gone with its collection already.
    for entry in after.iter().filter(|entry| was(entry).is_none()) {
        if draft.documents.contains_key(entry.name) {
            draft.delete(entry.name)?;
        }
    }
    let renamed = after.iter().filter_map(|entry| Some((entry.name.to_owned(), was(entry)?)));
    draft.rename_all(renamed.filter(|(now, was)| now != was).collect(), store.dialect())?;
    // A table that was only given back stood all the time.
    let given_back: Vec<&Entry<'_>> = before
        .iter()
        .filter(|entry| entry.schema["adopted"] == true && !comes_back_whole(&kept, entry.id))
        .filter(|entry| !catalog.collections.values().any(|now| now.schema_id() == entry.id))
        .collect();
    if !given_back.is_empty() {
        let tables = store.tables().await?;
        for entry in given_back {
            theirs::stands(&tables, entry.name, entry.schema)?;
            draft.adopt_again(entry.id);
        }
    }
    let (mut tables, mut returning) = (None, Vec::new());
    for (was, now) in before.iter().filter_map(|was| {
        let now = after.iter().find(|now| now.id == was.id)?;
        (was.schema["adopted"] == true).then_some((was, now))
    }) {
        for (field, id) in columns_without(was.schema, now.schema) {
            let kept = kept
                .iter()
                .any(|kept| kept.collection == was.id && kept.what == What::Values(id.to_owned()));
            if kept {
                draft.column(was.id, id, Column::Returns);
                returning.push((was.name, field));
                continue;
            }
            if tables.is_none() {
                tables = Some(store.tables().await?);
            }
            theirs::column_stands(tables.as_deref().unwrap_or_default(), now.name, field)?;
            draft.column(was.id, id, Column::Stood);
        }
        for (field, id) in columns_without(now.schema, was.schema) {
            // What the change added goes again; what it took over once more stays.
            let added = change.steps.as_array().into_iter().flatten().any(|step| {
                step["op"] == "add_field"
                    && step["collection"] == now.name
                    && step["field"] == field
            });
            if added {
                draft.column(was.id, id, Column::Ends);
            }
        }
    }
    for entry in &before {
        draft.documents.insert(entry.name.to_owned(), entry.schema.clone());
        draft.as_it_was.insert(entry.id.to_owned());
    }
    if store.dialect() == Dialect::Sqlite {
        for (name, field) in returning {
            let definition = &mut draft.documents[name]["fields"][field];
            let bound =
                definition["allowNull"] == false || definition["defaultValue"] != Json::Null;
            definition["allowNull"] = Json::Bool(true);
            definition.as_object_mut().and_then(|one| one.shift_remove("defaultValue"));
            if bound {
                draft.opened.push((name.to_owned(), field.to_owned()));
            }
        }
    }
    Ok((draft, kept))
}

/// The columns of one document that the other lacks, with their stable ids.
fn columns_without<'a>(one: &'a Json, other: &'a Json) -> impl Iterator<Item = (&'a str, &'a str)> {
    fields(one).filter_map(|(name, field)| {
        let id = text(field, "fieldId")?;
        let column = field.get("type").is_some() && field.get("calculated").is_none();
        let there = fields(other).any(|(_, field)| text(field, "fieldId") == Some(id));
        (column && !there).then_some((name.as_str(), id))
    })
}

/// The draft that leads back, with the statements that put back what was taken.
async fn prepared(
    store: &Store,
    catalog: &Catalog,
    version: u64,
) -> Result<(Draft, Vec<Restored>)> {
    let (mut draft, kept) = drafted(store, catalog, version).await?;
    let (next, _) = draft.next()?;
    let (back, restored) = restore(store, catalog, &next, &kept, version).await?;
    for (collection, field) in &back.left_open {
        if let Some(definition) = draft.fields_of(collection)?.get_mut(field) {
            definition["allowNull"] = Json::Bool(true);
        }
    }
    draft.back = Some(back);
    Ok((draft, restored))
}

fn token(catalog: &Catalog, version: u64) -> String {
    token_of(catalog, &format!("undo {version}"))
}

async fn plan(store: &Store, catalog: &Catalog, version: u64) -> Result<UndoPlan> {
    let (mut draft, restores) = prepared(store, catalog, version).await?;
    let (next, changes) = draft.next()?;
    let back = draft.back.take().unwrap_or_default();
    let found = references(store, catalog, &next).await?.without(&back.texts);
    let mut steps = steps(store, catalog, &next, &changes).await?;
    for (collection, field) in &draft.opened {
        let of_it = |step: &&mut PlannedStep| {
            step.op == StepKind::AddField
                && step.collection == *collection
                && step.field.as_ref() == Some(field)
        };
        if let Some(step) = steps.iter_mut().find(of_it) {
            step.summary.push_str(". It comes back as one that may be empty and has no default: SQLite cannot add more to a table that stays as it is");
        }
    }
    Ok(UndoPlan {
        token: token(catalog, version),
        store: store_name(store),
        steps,
        restores,
        references: found.list,
    })
}

async fn undo(
    store: &Store,
    clock: &Clock,
    catalog: &Catalog,
    version: u64,
    signed: history::Signed,
    updates_references: bool,
) -> Result<((Catalog, Vec<PlannedStep>), Vec<Restored>)> {
    let (mut draft, restored) = prepared(store, catalog, version).await?;
    draft.updates_references = updates_references;
    draft.signed = Some(history::Signed { undoes: Some(version), ..signed });
    Ok((draft.commit(store, clock).await?, restored))
}

impl Back {
    /// The documents between: what is required at the end may be missing until it is back.
    pub(super) fn between(&self, next: &Catalog) -> Result<Option<Catalog>> {
        if self.relaxed.is_empty() {
            return Ok(None);
        }
        let documents = next.collections.values().map(|collection| {
            let mut document = Json::clone(&collection.document);
            for (on, field) in &self.relaxed {
                if *on == collection.name && document["fields"].get(field).is_some() {
                    document["fields"][field]["allowNull"] = Json::Bool(true);
                }
            }
            (collection.name.clone(), document)
        });
        Catalog::build(documents, next.version, sql::kind_of).map(Some)
    }
}

impl Engine {
    /// What undoing a change of the schema would do, and a token for [`Engine::undo_schema`].
    pub async fn plan_undo(&self, version: u64) -> Result<UndoPlan> {
        let state = self.state();
        plan(self.store(), &state.catalog, version)
            .await
            .map_err(|error| super::reworded(error, "Error planning the undo"))
    }

    /// Undoes a change of the schema, if the catalog is still the one that was planned against.
    pub async fn undo_schema(
        &self,
        version: u64,
        body: &Json,
    ) -> Result<(Vec<PlannedStep>, Vec<Restored>)> {
        let _alone = self.schema_lock().await;
        let state = self.state();
        let done = async {
            checked_token(body, &token(&state.catalog, version))?;
            let updates = body.get("updateReferences") == Some(&Json::Bool(true));
            undo(self.store(), self.clock(), &state.catalog, version, self.signed(), updates).await
        };
        let ((catalog, steps), restored) =
            done.await.map_err(|error| super::reworded(error, "Error undoing the change"))?;
        self.swap(std::sync::Arc::new(catalog)).await?;
        Ok((steps, restored))
    }
}

/// Whether something of what was kept belongs to this collection as a whole.
pub(super) fn comes_back_whole(kept: &[Kept], id: &str) -> bool {
    kept.iter().any(|kept| kept.collection == id && matches!(kept.what, What::Rows(_)))
}
