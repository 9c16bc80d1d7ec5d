//! A catalog being changed: its documents, and the one way in which a change reaches the store.

use super::check::{check_adopted, check_change, check_sql};
use super::history::{self, Signed};
use super::keep::{Keeping, held, keeping};
use super::plan::PlannedStep;
use super::polymorphic::emptied;
use super::references::references;
use super::restore::Back;
use super::steps::steps;
use super::stored::{moved, version_rows};
use super::{Changed, alike, documents, former, no_schema, policy, theirs, values};
use crate::write::with_field_names;
use base::{Clock, Code, Error, Result, Value, short_id};
use catalog::{Catalog, Change, DefaultValue, invalid};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use sql::{Bind, Dialect, Statement};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use store::Store;

/// What a document says of a table that was there before it; only an adoption says so.
const ADOPTION: [&str; 2] = ["adopted", "withoutRowNumbers"];

/// Documents on their way to become the next catalog.
pub(crate) struct Draft {
    /// The catalog as it stands.
    pub(crate) old: Catalog,
    /// The documents as they shall be.
    pub(crate) documents: IndexMap<String, Json>,
    /// Statements before the tables change.
    pub(crate) before: Vec<Statement>,
    /// Statements after the tables changed.
    pub(crate) after: Vec<Statement>,
    /// Who changes it. What nobody signed is the house's own and no part of the history.
    pub(crate) signed: Option<Signed>,
    /// What comes back with it.
    pub(crate) back: Option<Back>,
    /// Whether views and lists of permissions that name what changes are updated too.
    pub(crate) updates_references: bool,
    /// New documents are of tables that are there already: no table changes.
    adopting: bool,
    /// The same of single documents, by their stable ids.
    again: HashSet<String>,
    /// Ended collections whose tables were there before them, and end all the same.
    dropped_tables: HashSet<String>,
    /// Fields that come back to such tables without having to be there, by names: the store cannot
    /// make it so again without making the table anew.
    pub(crate) opened: Vec<(String, String)>,
    /// Collections whose documents were taken before and come back as they were, by their stable
    /// ids.
    pub(crate) as_it_was: HashSet<String>,
    /// What becomes of fields on such tables, by the stable ids of collection and field.
    columns: HashMap<(String, String), Column>,
}

/// What becomes of the column of a field that begins or ends on a table of somebody else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// It stood all the time, and is a field again.
    Stood,
    /// It is made again, for the values that were kept of it.
    Returns,
    /// It ends with its field.
    Ends,
}

/// A change that is ready for the store.
pub(crate) struct Prepared {
    pub(crate) next: Catalog,
    pub(crate) steps: Vec<PlannedStep>,
    pub(crate) statements: Vec<Statement>,
    pub(crate) rebuilds: bool,
}

/// The fields of a document.
pub(crate) fn fields(document: &Json) -> impl Iterator<Item = (&String, &Json)> {
    document.get("fields").and_then(Json::as_object).into_iter().flatten()
}

/// The text under a key of a definition.
pub(crate) fn text<'a>(definition: &'a Json, key: &str) -> Option<&'a str> {
    definition.get(key).and_then(Json::as_str).filter(|text| !text.is_empty())
}

/// Whether a field was made by a flag or a relation.
pub(super) fn is_generated(field: &Json) -> bool {
    field.get("SystemGenerated") == Some(&Json::Bool(true))
        || text(field, "SystemGenerated") == Some("true")
}

/// Ids for new fields and collections. The random source was read when the program started, so
/// its failing now is told by an empty id, which no document keeps.
pub(crate) fn ids(fault: &mut Option<Error>) -> impl FnMut() -> String {
    move || match short_id() {
        Ok(id) => id,
        Err(error) => {
            *fault = Some(error);
            String::new()
        }
    }
}

impl Prepared {
    /// Does it, if nothing that it was made from has moved meanwhile.
    pub(crate) async fn carry_out(self, store: &Store) -> Result<Changed> {
        let Self { next, steps, mut statements, rebuilds } = self;
        statements.extend(store.telling());
        let defined = store.define(store::Definition { statements, rebuilds }).await;
        defined.map_err(|error| with_field_names(moved(error), &next))?;
        Ok((next, steps))
    }
}

/// Refuses to change a collection while rows of an import are on their way into it.
fn nothing_arrives(old: &Catalog, next: &Catalog) -> Result<()> {
    let changed = |one: &catalog::Collection| {
        next.get(&one.name).is_none_or(|now| now.document != one.document)
    };
    let mut arriving = old.collections.values().filter(|one| one.arriving);
    match arriving.find(|one| changed(one)) {
        None => Ok(()),
        Some(one) => Err(Error::new(
            Code::Unavailable,
            format!("rows of an import are on their way into `{}`", one.name),
        )
        .at(&one.name)
        .hint("wait until the import has ended, or cancel it")
        .retry_after_ms(5_000)),
    }
}

impl Draft {
    /// The catalog's documents, ready to be changed.
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let documents = catalog
            .collections
            .values()
            .map(|collection| (collection.name.clone(), Json::clone(&collection.document)))
            .collect();
        Self {
            old: catalog.clone(),
            documents,
            before: Vec::new(),
            after: Vec::new(),
            signed: None,
            back: None,
            updates_references: false,
            adopting: false,
            again: HashSet::new(),
            dropped_tables: HashSet::new(),
            opened: Vec::new(),
            as_it_was: HashSet::new(),
            columns: HashMap::new(),
        }
    }

    /// The same, as a change that somebody makes.
    pub(crate) fn signed(catalog: &Catalog, signed: Signed) -> Self {
        Self { signed: Some(signed), ..Self::of(catalog) }
    }

    /// The document of this name.
    pub(crate) fn document(&mut self, name: &str) -> Result<&mut Json> {
        if !self.documents.contains_key(name) {
            return Err(no_schema(name, &self.old));
        }
        self.documents.get_mut(name).ok_or_else(|| no_schema(name, &self.old))
    }

    /// The fields of the document of this name.
    pub(crate) fn fields_of(&mut self, name: &str) -> Result<&mut Map<String, Json>> {
        let document = self.document(name)?;
        document
            .get_mut("fields")
            .and_then(Json::as_object_mut)
            .ok_or_else(|| Error::internal(format!("the stored schema of `{name}` has no fields")))
    }

    /// Takes a new document.
    pub(crate) fn create(&mut self, name: &str, schema: &Json) -> Result<()> {
        if let Some(twin) = self.documents.keys().find(|known| known.eq_ignore_ascii_case(name)) {
            return Err(Error::new(
                Code::SchemaExists,
                format!("collection `{twin}` exists already"),
            )
            .at("collectionName")
            .hint("PATCH it, or choose another name"));
        }
        let mut schema = schema.clone();
        // A copied schema brings the id of its original.
        let id = schema.get("schemaId").cloned();
        if id.is_some()
            && self.documents.values().any(|known| known.get("schemaId") == id.as_ref())
            && let Some(top) = schema.as_object_mut()
        {
            top.shift_remove("schemaId");
        }
        self.insert(name, &schema)
    }

    /// Takes the document of a table that is there already.
    pub(crate) fn adopt(&mut self, name: &str, schema: &Json) -> Result<()> {
        self.adopting = true;
        self.insert(name, schema)
    }

    /// The collection with this stable id is again what it was: one on a table that stood all the
    /// time.
    pub(crate) fn adopt_again(&mut self, id: &str) {
        self.again.insert(id.to_owned());
    }

    /// With an ended collection ends the table that was there before it.
    pub(crate) fn drop_table(&mut self, name: &str) {
        self.dropped_tables.insert(name.to_owned());
    }

    /// Says what becomes of a column of somebody else's table.
    pub(crate) fn column(&mut self, collection: &str, field: &str, column: Column) {
        self.columns.insert((collection.to_owned(), field.to_owned()), column);
    }

    /// With an ended field ends the column that was there before it.
    pub(crate) fn drop_column(&mut self, name: &str, field: &str) -> Result<()> {
        let was = self.old.get(name).and_then(|was| Some((was, was.fields.get(field)?)));
        let ends = was.filter(|(was, field)| {
            let mut documents = self.documents.values();
            let is = documents.find(|is| text(is, "schemaId") == Some(was.schema_id()));
            is.is_some_and(|is| {
                !fields(is).any(|(_, one)| text(one, "fieldId") == Some(field.id.as_str()))
            })
        });
        let Some((was, field)) = ends else {
            let message = format!("the field `{field}` of `{name}` does not end here");
            return Err(invalid("dropColumns", message).hint(
                "`dropColumns` names fields, as they are called now, whose column ends, too",
            ));
        };
        let (collection, field) = (was.schema_id().to_owned(), field.id.clone());
        self.column(&collection, &field, Column::Ends);
        Ok(())
    }

    /// What leads from one catalog to the next, with what was said about tables of others.
    fn changes(&self, old: &Catalog, next: &Catalog) -> Vec<Change> {
        let mut changes = catalog::diff(old, next);
        for change in &mut changes {
            *change = match change {
                Change::ForgetCollection { collection }
                    if self.dropped_tables.contains(&collection.name) =>
                {
                    Change::DropCollection { collection: Arc::clone(collection) }
                }
                Change::ForgetField { collection, field }
                    if self.becomes(next, collection, field) == Some(Column::Ends) =>
                {
                    Change::DropField { collection: collection.clone(), field: field.clone() }
                }
                Change::AddField { collection, field }
                    if self.becomes(next, collection, field) == Some(Column::Stood) =>
                {
                    Change::RememberField { collection: collection.clone(), field: field.clone() }
                }
                _ => continue,
            };
        }
        changes
    }

    fn becomes(&self, next: &Catalog, collection: &str, field: &catalog::Field) -> Option<Column> {
        let id = next.get(collection)?.schema_id().to_owned();
        self.columns.get(&(id, field.id.clone())).copied()
    }

    fn insert(&mut self, name: &str, schema: &Json) -> Result<()> {
        let mut fault = None;
        let document = catalog::normalize(name, schema, None, &mut ids(&mut fault))?;
        fault.map_or(Ok(()), Err)?;
        self.documents.insert(name.to_owned(), document);
        Ok(())
    }

    /// What is made anew is a table of our own: a schema copied from where its table was adopted,
    /// and what comes back after its table went.
    fn forget_adoptions(&mut self) {
        let known: Vec<&str> = self.old.collections.values().map(|one| one.schema_id()).collect();
        for document in self.documents.values_mut() {
            let id = text(document, "schemaId");
            if id.is_some_and(|id| known.contains(&id) || self.again.contains(id)) {
                continue;
            }
            for word in ADOPTION {
                document.as_object_mut().and_then(|top| top.shift_remove(word));
            }
        }
    }

    /// Changes a document.
    pub(crate) fn update(&mut self, name: &str, schema: &Json) -> Result<()> {
        let previous = self.document(name)?.clone();
        let mut schema = schema.clone();
        if let Some(top) = schema.as_object_mut() {
            for word in ADOPTION {
                match previous.get(word) {
                    Some(known) => top.insert(word.to_owned(), known.clone()),
                    None => top.shift_remove(word),
                };
            }
        }
        theirs::keep_marks(&previous, &mut schema);
        self.follow_field_renames(name, &previous, &mut schema);
        self.follow_removals(name, &previous, &mut schema);
        let mut fault = None;
        let document = catalog::normalize(name, &schema, Some(&previous), &mut ids(&mut fault))?;
        fault.map_or(Ok(()), Err)?;
        self.documents.insert(name.to_owned(), document);
        Ok(())
    }

    /// The next catalog and the changes that lead to it, checked as far as documents can be.
    pub(crate) fn next(&mut self) -> Result<(Catalog, Vec<Change>)> {
        self.align_ends()?;
        catalog::hide_secrets(&mut self.documents);
        let mut fault = None;
        catalog::complete(&mut self.documents, &mut ids(&mut fault))?;
        fault.map_or(Ok(()), Err)?;
        if !self.adopting {
            self.forget_adoptions();
        }
        let next = Catalog::build(self.documents.clone(), self.old.version + 1, sql::kind_of)?;
        for collection in next.collections.values() {
            let again = self.as_it_was.contains(collection.schema_id());
            check_sql(collection, &self.old, again)?;
        }
        let changes = self.changes(&self.old, &next);
        for change in &changes {
            check_change(change, &self.old)?;
        }
        if !self.adopting {
            check_adopted(&changes, (&self.old, &next), |collection, field| {
                self.becomes(&next, collection, field) == Some(Column::Returns)
            })?;
        }
        Ok((next, changes))
    }

    /// Brings the store to the drafted documents, in one transaction.
    pub(crate) async fn commit(mut self, store: &Store, clock: &Clock) -> Result<Changed> {
        let (next, changes) = self.next()?;
        nothing_arrives(&self.old, &next)?;
        if self.adopting {
            return Err(Error::internal("an adoption is committed with the steps of its plan"));
        }
        if !self.is_founding() {
            // Between what is required at the end and its values stands their return.
            let until = self.back.as_ref().map(|back| back.between(&next)).transpose()?.flatten();
            let first = until.map(|until| self.changes(&self.old, &until));
            values::check(store, &self.old, first.as_ref().unwrap_or(&changes)).await?;
            values::check_emptied(store, &emptied(&self.old, &next)).await?;
            let rehearsed = rehearse(store, &changes, &next).await;
            rehearsed.map_err(|error| with_field_names(error, &next))?;
        }
        let asked = changes.clone();
        let dropping = changes.iter().any(|change| theirs::drops_column(change, &self.old));
        let Some(prepared) = self.prepared(store, clock, next, changes).await? else {
            return Ok((self.old, Vec::new()));
        };
        match prepared.carry_out(store).await {
            Err(error) if error.code() == Code::Internal && dropping => {
                Err(theirs::refused_drop(error))
            }
            Err(error) => Err(alike::told(store, &self.old, &asked, error).await),
            done => done,
        }
    }

    /// Stores the documents of tables that are there already, and who took them over.
    pub(crate) async fn take_over(
        mut self,
        store: &Store,
        clock: &Clock,
        steps: &[PlannedStep],
    ) -> Result<Catalog> {
        let (next, _) = self.next()?;
        let dialect = store.dialect();
        let mut statements = Vec::from(version_rows(dialect, next.version, &clock.now_iso()));
        statements.extend(documents::rows(&self.old, &next, dialect, &clock.now_iso()));
        if let Some(signed) = &self.signed {
            let (now, catalogs) = (clock.now_ms(), (&self.old, &next));
            statements.push(history::row(dialect, signed, now, catalogs, (steps, &[]))?);
        }
        statements.extend(store.telling());
        let definition = store::Definition { statements, rebuilds: false };
        store.define(definition).await.map_err(moved)?;
        Ok(next)
    }

    fn is_founding(&self) -> bool {
        self.old.version == 0 && self.old.collections.is_empty()
    }

    /// The statements of the change, its history included; none where there is nothing to do.
    pub(crate) async fn prepared(
        &mut self,
        store: &Store,
        clock: &Clock,
        next: Catalog,
        changes: Vec<Change>,
    ) -> Result<Option<Prepared>> {
        let (dialect, founding) = (store.dialect(), self.is_founding());
        let rows = documents::rows(&self.old, &next, dialect, &clock.now_iso());
        let more_to_do = !self.before.is_empty() || !self.after.is_empty();
        if rows.is_empty() && !more_to_do && changes.is_empty() {
            return Ok(None);
        }
        let steps =
            if founding { Vec::new() } else { steps(store, &self.old, &next, &changes).await? };
        let mut keeping = match &self.signed {
            Some(_) => keeping(&self.old, &next, &changes, dialect),
            None => Keeping::default(),
        };
        let returning = self.back.is_some();
        let mut back = self.back.take().unwrap_or_default();
        let mut updates = Vec::new();
        if self.updates_references {
            let found = references(store, &self.old, &next).await?.without(&back.texts);
            updates = found.update((&self.old, &next), dialect, &mut keeping);
        }
        let mut version = Vec::from(version_rows(dialect, next.version, &clock.now_iso()));
        let mut statements = Vec::new();
        if !founding {
            // First: whoever comes second to a version waits here, and is told so.
            statements.append(&mut version);
        }
        keeping.tables.append(&mut back.tables);
        statements.extend(held(dialect, &keeping.tables));
        statements.append(&mut self.before);
        statements.extend(keeping.before);
        statements.append(&mut back.before);
        let defined = self.defined(&next, &changes, &mut back, dialect)?;
        let outside = outside_triggers(store, &defined.rebuilt).await?;
        statements.extend(defined.statements);
        statements.extend(outside);
        statements.extend(former::noted(&next, &changes, dialect));
        statements.extend(rows);
        if !founding {
            statements.extend(policy::follow(store, &self.old, &next).await?);
        }
        statements.append(&mut self.after);
        if returning {
            statements.extend(documents::histories_back(&self.old, &next, dialect));
        }
        statements.append(&mut updates);
        statements.extend(keeping.after);
        statements.append(&mut back.last);
        if let Some(signed) = &self.signed {
            let told = (steps.as_slice(), keeping.kept.as_slice());
            let now = clock.now_ms();
            statements.push(history::row(dialect, signed, now, (&self.old, &next), told)?);
        }
        statements.append(&mut version);
        let rebuilds = defined.rebuilds;
        Ok(Some(Prepared { next, steps, statements, rebuilds }))
    }

    /// The statements that change the tables, with what comes back in its place among them.
    fn defined(
        &self,
        next: &Catalog,
        changes: &[Change],
        back: &mut Back,
        dialect: Dialect,
    ) -> Result<sql::Definition> {
        let until = back.between(next)?;
        let first = until.as_ref().map(|until| self.changes(&self.old, until));
        let mut all = sql::define(
            first.as_deref().unwrap_or(changes),
            &self.old,
            until.as_ref().unwrap_or(next),
            dialect,
        )?;
        // Rows come back before their references are watched, in whatever order they lead to each
        // other. SQLite looks at references when everything is done.
        let watched =
            |s: &Statement| s.text.contains(" ADD CONSTRAINT ") && s.text.contains(" FOREIGN KEY ");
        let at = all.statements.iter().position(watched).unwrap_or(all.statements.len());
        all.rebuilds |= !back.rows.is_empty() || !back.values.is_empty();
        all.statements.splice(at..at, std::mem::take(&mut back.rows));
        all.statements.append(&mut back.values);
        if let Some(until) = &until {
            let rest = sql::define(&catalog::diff(until, next), until, next, dialect)?;
            all.statements.extend(rest.statements);
            all.rebuilds |= rest.rebuilds;
            all.rebuilt.extend(rest.rebuilt);
            all.rebuilt.dedup();
        }
        Ok(all)
    }
}

/// Tries computed fields and defaults that are new on a table nobody sees. What fails there is
/// the administrator's SQL, not a fault of ours.
pub(super) async fn rehearse(store: &Store, changes: &[Change], next: &Catalog) -> Result<()> {
    let written = |field: &catalog::Field| {
        field.computed.is_some() || matches!(field.default, Some(DefaultValue::Sql(_)))
    };
    let mut tried: Vec<&str> = Vec::new();
    for change in changes {
        let name = match change {
            Change::CreateCollection { collection } if collection.fields.values().any(written) => {
                collection.name.as_str()
            }
            Change::AddField { collection, field } if written(field) => collection,
            Change::AlterField { collection, to, .. } if written(to) => collection,
            _ => continue,
        };
        let Some(collection) = next.get(name).filter(|_| !tried.contains(&name)) else { continue };
        tried.push(name);
        let rehearsal = sql::rehearsal(collection, store.dialect())?;
        let definition = store::Definition { statements: rehearsal.statements, rebuilds: false };
        store.define(definition).await.map_err(|error| {
            let reason =
                error.cause().map_or_else(|| error.message().to_owned(), ToString::to_string);
            invalid("fields", format!("the store refuses an expression of `{name}`: {reason}"))
        })?;
        values::check_computed(store, changes, collection).await?;
    }
    Ok(())
}

/// The text of triggers that other tools made on tables which are about to be rebuilt.
async fn outside_triggers(store: &Store, rebuilt: &[String]) -> Result<Vec<Statement>> {
    let mut found = Vec::new();
    for table in rebuilt {
        // Our own triggers are made anew with the index that they keep.
        let text = "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 AND name NOT LIKE '%.rtree.%' AND name NOT LIKE '%.fulltext.%'";
        let asked =
            Statement { text: Arc::from(text), binds: vec![Bind::Value(Value::text(table))] };
        let rows = store.rows(&asked).await?;
        found.extend(
            rows.iter()
                .filter_map(|row| row.first()?.as_text())
                .map(|sql| Statement { text: Arc::from(sql), binds: Vec::new() }),
        );
    }
    Ok(found)
}
