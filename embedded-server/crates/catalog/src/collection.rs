//! Collections and the catalog that holds them.

use crate::{Field, FieldKind, Relation};
use base::nearest;
use indexmap::IndexMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Every collection of the project, system ones included. Immutable: a change makes a new one.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Grows by one with every applied schema change; part of plan tokens and cache keys.
    pub version: u64,
    /// By name.
    pub collections: IndexMap<String, Arc<Collection>>,
}

impl Catalog {
    /// The collection of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Collection>> {
        self.collections.get(name)
    }

    /// The same catalog with rows on their way into exactly these collections; `None` where it
    /// says so already.
    #[must_use]
    pub fn with_arriving(&self, names: &BTreeSet<String>) -> Option<Self> {
        let says = |one: &Collection| one.arriving == names.contains(&one.name);
        if self.collections.values().all(|one| says(one)) {
            return None;
        }
        let mut next = self.clone();
        for one in next.collections.values_mut().filter(|one| !says(one)) {
            let mut changed = Collection::clone(one);
            changed.arriving = !changed.arriving;
            *one = Arc::new(changed);
        }
        Some(next)
    }

    /// The existing name nearest to a misspelt one.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.collections.keys().map(String::as_str))
    }
}

/// A named set of records with fields. Table and column names are the collection's and fields'
/// own names.
#[derive(Clone, Debug)]
pub struct Collection {
    /// Name, `^[A-Za-z_][A-Za-z0-9_]*$`, at most 63 bytes; also the table's name.
    pub name: String,
    /// Columns in the order of the document, generated ones (`createdAt`, `sort`) included.
    pub fields: IndexMap<String, Field>,
    /// Relations by their name in `fields` patterns and results (the document's `as`, else the key).
    pub relations: IndexMap<String, Relation>,
    /// Declared indexes (the primary key and unique fields are not repeated here).
    pub indexes: Vec<Index>,
    /// Name of the primary key field. Always present in `fields`.
    pub primary_key: String,
    /// `createdAt` and `updatedAt` are kept.
    pub timestamps: bool,
    /// Deleted records stay, marked by `deletedAt`.
    pub paranoid: bool,
    /// Records carry a `sort` position.
    pub sort_enabled: bool,
    /// `userCreated_Id` and `userUpdated_Id` are kept.
    pub usertrack: bool,
    /// A junction made by an M2M or M2A relation.
    pub junction: bool,
    /// One of ours (`baasix_…`).
    pub system: bool,
    /// For how many days the history of its records is kept: 0 keeps none, `None` is the
    /// project's own number.
    pub history_days: Option<u32>,
    /// After how many days a record in the trash is removed for good; `None` is never.
    pub trash_days: Option<u32>,
    /// Its table was there before the collection: its columns, indexes and constraints are as
    /// somebody else made them, and its values may be of another kind than their fields.
    pub adopted: bool,
    /// Its table has no row numbers (SQLite's `WITHOUT ROWID`).
    pub rowless: bool,
    /// Rows of an import are on their way into it: they stand in the table and are no records yet.
    /// Not part of the document; what is stored about imports says it.
    pub arriving: bool,
    /// The schema document as it is stored and answered by `/schemas`, `fieldId`s included.
    pub document: Arc<serde_json::Value>,
}

/// System collections whose records leave no history: the history itself, sessions, which are
/// renewed by the minute (`spec/data.md` 10.1), second factors, of which it would tell every use,
/// personas, which come and go, and variables, whose values are nobody's to read.
const UNTRACKED: [&str; 5] =
    [HISTORY, "baasix_Sessions", "baasix_Totp", "baasix_Persona", "baasix_Variable"];

/// What a key of any name is also called by requests.
pub const KEY_ALIAS: &str = "id";

/// The collection that holds the history of all others.
pub const HISTORY: &str = "baasix_AuditLog";

impl Collection {
    /// Whether every write of a record leaves a row in the history.
    #[must_use]
    pub fn tracked(&self) -> bool {
        self.history_days != Some(0) && !UNTRACKED.contains(&self.name.as_str())
    }

    /// The primary key's field.
    #[must_use]
    pub fn key(&self) -> &Field {
        // `fields` holds the primary key by construction (see `document`).
        &self.fields[&self.primary_key]
    }

    /// A field by name. `author_Id` finds `author_id` and the other way round: documents of the
    /// reference write one, its relationship route creates the other.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(name).or_else(|| {
            let stem = name.strip_suffix("_Id").map(|stem| format!("{stem}_id"));
            let stem = stem.or_else(|| name.strip_suffix("_id").map(|stem| format!("{stem}_Id")));
            stem.and_then(|other| self.fields.get(&other))
        })
    }

    /// The field that a request means by a name. A key of another name answers to `id` as well, under
    /// which clients of the home surface know every key; a field or a relation of that name wins.
    #[must_use]
    pub fn called(&self, name: &str) -> Option<&Field> {
        let key = || (name == KEY_ALIAS && !self.relations.contains_key(name)).then(|| self.key());
        self.field(name).or_else(key)
    }

    /// A relation by its name.
    #[must_use]
    pub fn relation(&self, name: &str) -> Option<&Relation> {
        self.relations.get(name)
    }

    /// Whether an index is one of places on the earth: over one geometry, in whatever form the store
    /// has for that (an R-tree, which knows rows by their number; a GiST index of rectangles).
    #[must_use]
    pub fn is_spatial(&self, index: &Index) -> bool {
        let ordered = index.method.as_deref().is_none_or(|method| method == "gist");
        let geometry = |name: &String| {
            self.fields.get(name).is_some_and(|field| matches!(field.kind, FieldKind::Geo(_)))
        };
        ordered
            && !index.unique
            && !self.rowless
            && index.fields.len() == 1
            && index.fields.iter().all(geometry)
    }

    /// The index of places that serves a field.
    #[must_use]
    pub fn spatial_index(&self, field: &str) -> Option<&Index> {
        self.indexes
            .iter()
            .find(|index| self.is_spatial(index) && index.fields.iter().any(|name| name == field))
    }

    /// The index of words that serves a search in these fields: every word of theirs is one of the
    /// index's. The one with the fewest fields answers least that must be thrown away.
    #[must_use]
    pub fn words_index(&self, searched: &[String]) -> Option<&Index> {
        let serves = |index: &&Index| {
            index.is_of_words() && searched.iter().all(|name| index.fields.contains(name))
        };
        self.indexes.iter().filter(serves).min_by_key(|index| index.fields.len())
    }

    /// Names that may be spoken of: fields that are not hidden, and relations.
    pub fn visible_names(&self) -> impl Iterator<Item = &str> {
        self.fields
            .values()
            .filter(|field| !field.hidden)
            .map(|field| field.name.as_str())
            .chain(self.relations.keys().map(String::as_str))
    }
}

/// A declared index.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// Name, unique within the store.
    pub name: String,
    /// Field names in order.
    pub fields: Vec<String>,
    /// Whether it is unique.
    pub unique: bool,
    /// Whether two NULLs count as equal in a unique index.
    pub nulls_not_distinct: bool,
    /// The method asked for (`hash`, `gin`, `gist`, `fulltext`), where it is not the usual one.
    /// SQLite has its own in place of the first three.
    pub method: Option<String>,
}

impl Index {
    /// Whether it is an index of the words in its fields, by which a search finds records.
    #[must_use]
    pub fn is_of_words(&self) -> bool {
        self.method.as_deref() == Some("fulltext")
    }
}
