//! What a change would lose, kept aside in its own transaction, so that it can be undone: one table
//! of the store for each thing lost, typed as it was.

use super::values::{quoted, stored_name};
use catalog::{Catalog, Change, Collection, DefaultValue, Field, RelationKind};
use serde::{Deserialize, Serialize};
use sql::{Dialect, Statement};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Something that was lost, and the table that has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The table.
    pub(crate) table: String,
    /// The stable id of the collection.
    pub(crate) collection: String,
    /// What of it.
    pub(crate) what: What,
}

/// What was lost of a collection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum What {
    /// All rows of a collection that ended, by these columns.
    Rows(Vec<String>),
    /// Rows of a collection that stays, which went with another one.
    Followers(Vec<String>),
    /// The values of a field that ended, by its stable id; also those of one that is computed now.
    Values(String),
    /// The values of a field that stays which are others now, with what became of them.
    Changed(String),
    /// The same of a document of ours that named what changed: it comes back last, after all that
    /// follows by itself.
    Texts(String),
}

/// The statements that keep what is lost, and what they keep.
#[derive(Default)]
pub(crate) struct Keeping {
    /// Before the tables change.
    pub(crate) before: Vec<Statement>,
    /// After they changed.
    pub(crate) after: Vec<Statement>,
    pub(crate) kept: Vec<Kept>,
    /// The tables that are read for it, by their names of before.
    pub(crate) tables: BTreeSet<String>,
}

/// Holds off writers of these tables until the change is done: what they wrote after a table was
/// copied would end with it. SQLite has one writer at a time anyway.
pub(crate) fn held(dialect: Dialect, tables: &BTreeSet<String>) -> Option<Statement> {
    if dialect == Dialect::Sqlite || tables.is_empty() {
        return None;
    }
    // In one order, so that two changes never wait for each other.
    let list: Vec<String> = tables.iter().map(|name| quoted(name)).collect();
    Some(plain(format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", list.join(", "))))
}

pub(crate) fn plain(text: String) -> Statement {
    Statement { text: Arc::from(text), binds: Vec::new() }
}

pub(crate) fn stored(field: &Field) -> bool {
    field.computed.is_none()
}

/// A table of what a query answers, every value as it is.
pub(crate) fn copy(dialect: Dialect, table: &str, columns: &[&str], query: &str) -> Vec<Statement> {
    let table = quoted(table);
    match dialect {
        // Columns without a type: SQLite bends no value on its way.
        Dialect::Sqlite => {
            let columns: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
            vec![
                plain(format!("CREATE TABLE {table} ({})", columns.join(", "))),
                plain(format!("INSERT INTO {table} {query}")),
            ]
        }
        Dialect::Postgres => vec![plain(format!("CREATE TABLE {table} AS {query}"))],
    }
}

/// Two keys that are the same one, where the type of one may have changed meanwhile.
pub(crate) fn same_key(one: &str, other: &str, retyped: bool) -> String {
    if retyped {
        format!("CAST({one} AS text) = CAST({other} AS text)")
    } else {
        format!("{one} = {other}")
    }
}

/// What to keep of these changes. `version` is the catalog's next one: no two changes share it.
pub(crate) fn keeping(
    old: &Catalog,
    next: &Catalog,
    changes: &[Change],
    dialect: Dialect,
) -> Keeping {
    let mut all = Keeping::default();
    let on = On { old, next, changes, dialect };
    for change in changes {
        match change {
            Change::DropCollection { collection } => {
                on.rows(collection, "TRUE", What::Rows, &mut all);
                on.followers(collection, &mut all);
            }
            Change::ForgetCollection { collection } => on.followers(collection, &mut all),
            Change::DropField { collection, field } if stored(field) => {
                on.values(collection, field, &mut all);
            }
            Change::AlterField { collection, from, to } => {
                on.altered(collection, from, to, &mut all);
            }
            _ => {}
        }
    }
    all
}

struct On<'a> {
    old: &'a Catalog,
    next: &'a Catalog,
    changes: &'a [Change],
    dialect: Dialect,
}

impl On<'_> {
    fn table(&self, all: &Keeping) -> String {
        format!("_kept_{}_{}", self.next.version, all.kept.len())
    }

    /// What goes with a collection that ends.
    fn followers(&self, collection: &Arc<Collection>, all: &mut Keeping) {
        let name = sql_text(&collection.name);
        if let Some(permissions) = self.old.get("baasix_Permission") {
            let of_it = format!("\"collection\" = {name}");
            self.rows(permissions, &of_it, What::Followers, all);
        }
        let stays = |junction: &&Arc<Collection>| {
            self.next.collections.values().any(|is| is.schema_id() == junction.schema_id())
        };
        let leads = |junction: &&Arc<Collection>| {
            junction.junction
                && junction.relations.values().any(|relation| {
                    relation.target == collection.name
                        && matches!(relation.kind, RelationKind::ToOne { only_when: Some(_), .. })
                })
        };
        for junction in self.old.collections.values().filter(stays).filter(leads) {
            self.rows(junction, &format!("\"collection\" = {name}"), What::Followers, all);
        }
    }

    fn rows(
        &self,
        collection: &Arc<Collection>,
        condition: &str,
        what: fn(Vec<String>) -> What,
        all: &mut Keeping,
    ) {
        let names: Vec<&str> = collection
            .fields
            .values()
            .filter(|field| stored(field))
            .map(|f| f.name.as_str())
            .collect();
        let list = names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let table = self.table(all);
        let query = format!("SELECT {list} FROM {} WHERE {condition}", quoted(&collection.name));
        all.before.extend(copy(self.dialect, &table, &names, &query));
        all.tables.insert(collection.name.clone());
        let columns = names.into_iter().map(str::to_owned).collect();
        let collection = collection.schema_id().to_owned();
        all.kept.push(Kept { table, collection, what: what(columns) });
    }

    /// The collection as it stands, by the name it will have.
    fn was(&self, name: &str) -> Option<&Arc<Collection>> {
        self.old.get(stored_name(self.changes, name))
    }

    fn values(&self, collection: &str, field: &Field, all: &mut Keeping) {
        let Some(was) = self.was(collection) else { return };
        let (key, value) = (quoted(&was.key().name), quoted(&field.name));
        let table = self.table(all);
        // Where the field comes back with a default, a record without a value must be known too.
        let bare = field.nullable && field.default.is_some();
        let condition = if bare { String::from("TRUE") } else { format!("{value} IS NOT NULL") };
        let query = format!(
            "SELECT {key} AS \"key\", {value} AS \"value\" FROM {} WHERE {condition}",
            quoted(&was.name)
        );
        all.before.extend(copy(self.dialect, &table, &["key", "value"], &query));
        all.tables.insert(was.name.clone());
        let collection = was.schema_id().to_owned();
        all.kept.push(Kept { table, collection, what: What::Values(field.id.clone()) });
    }

    fn altered(&self, collection: &str, from: &Field, to: &Field, all: &mut Keeping) {
        if stored(from) && !stored(to) {
            return self.values(collection, from, all);
        }
        let (Some(was), Some(is)) = (self.was(collection), self.next.get(collection)) else {
            return;
        };
        let mut lost: Vec<String> = bent(from, to, self.dialect).into_iter().collect();
        let fills =
            matches!(to.default, Some(DefaultValue::Literal(_) | DefaultValue::AutoIncrement));
        if stored(from) && from.nullable && !to.nullable && fills {
            lost.push(format!("{} IS NULL", quoted(&from.name)));
        }
        if lost.is_empty() {
            return;
        }
        let (table, aside) = (self.table(all), format!("{}_as_was", self.table(all)));
        let query = format!(
            "SELECT {} AS \"key\", {} AS \"value\" FROM {} WHERE {}",
            quoted(&was.key().name),
            quoted(&from.name),
            quoted(&was.name),
            lost.iter().map(|part| format!("({part})")).collect::<Vec<_>>().join(" OR ")
        );
        all.before.extend(copy(self.dialect, &aside, &["key", "value"], &query));
        all.tables.insert(was.name.clone());
        let retyped = was.key().kind != is.key().kind;
        let key = format!("t.{}", quoted(&is.key().name));
        let query = format!(
            "SELECT b.\"key\", b.\"value\", t.{} AS \"became\" FROM {} b JOIN {} t ON {}",
            quoted(&to.name),
            quoted(&aside),
            quoted(&is.name),
            same_key(&key, "b.\"key\"", retyped)
        );
        all.after.extend(copy(self.dialect, &table, &["key", "value", "became"], &query));
        all.after.push(plain(format!("DROP TABLE {}", quoted(&aside))));
        let collection = was.schema_id().to_owned();
        all.kept.push(Kept { table, collection, what: What::Changed(from.id.clone()) });
    }
}

/// Where a value would not be the same again on its way back: what loses something, but also what
/// is only written differently, as `007`.
fn bent(from: &Field, to: &Field, dialect: Dialect) -> Option<String> {
    if from.kind == to.kind || !stored(from) || !stored(to) {
        return None;
    }
    let name = quoted(&from.name);
    let by = sql::conversion(&from.kind, &to.kind, &name, dialect);
    let again = sql::conversion(&to.kind, &from.kind, &by.value, dialect).value;
    // What does not fit stops the change where it converts, and not here.
    Some(format!(
        "{name} IS NOT NULL AND CASE WHEN {} AND {} THEN {again} IS DISTINCT FROM {name} ELSE TRUE END",
        by.fits, by.keeps
    ))
}

/// A text as SQL has it.
pub(crate) fn sql_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
