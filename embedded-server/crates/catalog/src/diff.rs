//! What changed from one catalog to the next. Collections and fields are recognised by their
//! stable ids, so a new name is a rename and never a loss.

use crate::{Catalog, Collection, Field, Index, OnDelete, RelationKind, build};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;

/// One step from an old catalog to a new one. Collections are named as the new catalog names
/// them, except those that end.
#[derive(Clone, Debug)]
pub enum Change {
    /// A foreign key ends.
    DropRelation {
        /// The collection that holds the column, by its old name.
        collection: String,
        /// The foreign key as it was.
        key: ForeignKey,
    },
    /// An index ends.
    DropIndex {
        /// The collection, by its old name.
        collection: String,
        /// The index as it was.
        index: Index,
    },
    /// A collection ends with its rows.
    DropCollection {
        /// The collection as it was.
        collection: Arc<Collection>,
    },
    /// A collection on a table that was there before it ends; the table stays.
    ForgetCollection {
        /// The collection as it was.
        collection: Arc<Collection>,
    },
    /// A collection gets another name.
    RenameCollection {
        /// Old name.
        from: String,
        /// New name.
        to: String,
    },
    /// A field ends with its values.
    DropField {
        /// The collection.
        collection: String,
        /// The field as it was.
        field: Field,
    },
    /// A field on a table that was there before it ends; the column stays.
    ForgetField {
        /// The collection.
        collection: String,
        /// The field as it was.
        field: Field,
    },
    /// A field on a column that is there already.
    RememberField {
        /// The collection.
        collection: String,
        /// The field.
        field: Field,
    },
    /// A field gets another name.
    RenameField {
        /// The collection.
        collection: String,
        /// Old name.
        from: String,
        /// New name.
        to: String,
    },
    /// A new collection.
    CreateCollection {
        /// The collection.
        collection: Arc<Collection>,
    },
    /// A new collection on a table that is there already.
    AdoptCollection {
        /// The collection.
        collection: Arc<Collection>,
    },
    /// A new field of an existing collection.
    AddField {
        /// The collection.
        collection: String,
        /// The field.
        field: Field,
    },
    /// A field changes what it holds, requires or defaults to.
    AlterField {
        /// The collection.
        collection: String,
        /// The field as it was, under its old name.
        from: Box<Field>,
        /// The field as it will be.
        to: Box<Field>,
    },
    /// A new index of an existing collection.
    AddIndex {
        /// The collection.
        collection: String,
        /// The index.
        index: Index,
    },
    /// A new foreign key of an existing collection.
    AddRelation {
        /// The collection that holds the column.
        collection: String,
        /// The foreign key.
        key: ForeignKey,
    },
}

/// A foreign key that the store holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The column that points.
    pub column: String,
    /// The collection it points to.
    pub target: String,
    /// The field it points to.
    pub target_column: String,
    /// What happens when the far record goes.
    pub on_delete: OnDelete,
    /// What happens when the far key changes.
    pub on_update: OnDelete,
}

impl Collection {
    /// Stable id (`schemaId` in the document): a collection that changes its name keeps it.
    #[must_use]
    pub fn schema_id(&self) -> &str {
        self.document.get("schemaId").and_then(Json::as_str).unwrap_or(&self.name)
    }

    /// The foreign keys that the store holds for this collection.
    #[must_use]
    pub fn foreign_keys(&self) -> Vec<ForeignKey> {
        let mut keys: Vec<ForeignKey> = Vec::new();
        for relation in self.relations.values().filter(|relation| relation.constrained) {
            let RelationKind::ToOne { column, target_column, .. } = &relation.kind else {
                continue;
            };
            if keys.iter().any(|key| key.column == *column) {
                continue;
            }
            let said = self.document["fields"][&relation.declared_by]
                .get("onUpdate")
                .and_then(Json::as_str);
            let on_update = said.and_then(|text| build::parse_action(text, "onUpdate").ok());
            keys.push(ForeignKey {
                column: column.clone(),
                target: relation.target.clone(),
                target_column: target_column.clone(),
                on_delete: relation.on_delete,
                on_update: on_update.unwrap_or(OnDelete::Cascade),
            });
        }
        keys
    }

    /// The field with this stable id.
    #[must_use]
    pub fn field_by_id(&self, id: &str) -> Option<&Field> {
        self.fields.values().find(|field| field.id == id)
    }
}

/// What must happen to the store so that it holds the new catalog instead of the old one. In the
/// order in which it can be done; new foreign keys of new collections are part of those.
#[must_use]
pub fn diff(old: &Catalog, new: &Catalog) -> Vec<Change> {
    let by_id: HashMap<&str, &Arc<Collection>> =
        new.collections.values().map(|collection| (collection.schema_id(), collection)).collect();
    let before: HashMap<&str, &Arc<Collection>> =
        old.collections.values().map(|collection| (collection.schema_id(), collection)).collect();
    let pairs: Vec<(&Arc<Collection>, &Arc<Collection>)> = old
        .collections
        .values()
        .filter_map(|was| by_id.get(was.schema_id()).map(|is| (was, *is)))
        .collect();
    let mut stages = Stages::default();
    for was in old.collections.values() {
        match by_id.get(was.schema_id()) {
            None => {
                let collection = Arc::clone(was);
                stages.drop_collections.push(match was.adopted {
                    true => Change::ForgetCollection { collection },
                    false => Change::DropCollection { collection },
                });
            }
            Some(is) if is.name != was.name => stages
                .rename_collections
                .push(Change::RenameCollection { from: was.name.clone(), to: is.name.clone() }),
            Some(_) => {}
        }
    }
    for is in new.collections.values() {
        if !before.contains_key(is.schema_id()) {
            let collection = Arc::clone(is);
            stages.create_collections.push(match is.adopted {
                true => Change::AdoptCollection { collection },
                false => Change::CreateCollection { collection },
            });
        }
    }
    for (was, is) in pairs {
        diff_fields(was, is, &mut stages);
        diff_indexes(was, is, &mut stages);
        diff_foreign_keys(was, is, (old, &before), &by_id, &mut stages);
    }
    stages.in_order()
}

/// The changes by the moment at which they can happen.
#[derive(Default)]
struct Stages {
    drop_relations: Vec<Change>,
    drop_indexes: Vec<Change>,
    drop_collections: Vec<Change>,
    rename_collections: Vec<Change>,
    drop_fields: Vec<Change>,
    rename_fields: Vec<Change>,
    create_collections: Vec<Change>,
    add_fields: Vec<Change>,
    alter_fields: Vec<Change>,
    add_indexes: Vec<Change>,
    add_relations: Vec<Change>,
}

impl Stages {
    fn in_order(self) -> Vec<Change> {
        [
            self.drop_relations,
            self.drop_indexes,
            self.drop_collections,
            self.rename_collections,
            self.drop_fields,
            self.rename_fields,
            self.create_collections,
            self.add_fields,
            self.alter_fields,
            self.add_indexes,
            self.add_relations,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn diff_fields(was: &Collection, is: &Collection, stages: &mut Stages) {
    let collection = || is.name.clone();
    // Computed fields go first: a column they are computed from could not be dropped before.
    let (computed, stored): (Vec<&Field>, Vec<&Field>) = was
        .fields
        .values()
        .filter(|field| is.field_by_id(&field.id).is_none())
        .partition(|field| field.computed.is_some());
    for (field, has_column) in
        computed.into_iter().map(|f| (f, false)).chain(stored.into_iter().map(|f| (f, true)))
    {
        let (collection, field) = (collection(), field.clone());
        // Of a table that somebody else made nothing goes unasked.
        let stays = is.adopted && has_column && !field.primary_key;
        stages.drop_fields.push(match stays {
            true => Change::ForgetField { collection, field },
            false => Change::DropField { collection, field },
        });
    }
    for field in is.fields.values() {
        let Some(old) = was.field_by_id(&field.id) else {
            stages
                .add_fields
                .push(Change::AddField { collection: collection(), field: field.clone() });
            continue;
        };
        if old.name != field.name {
            stages.rename_fields.push(Change::RenameField {
                collection: collection(),
                from: old.name.clone(),
                to: field.name.clone(),
            });
        }
        let same = !field.holds_another_than(old)
            && old.nullable == field.nullable
            && old.unique == field.unique
            && old.default == field.default
            && old.primary_key == field.primary_key;
        if !same {
            stages.alter_fields.push(Change::AlterField {
                collection: collection(),
                from: Box::new(old.clone()),
                to: Box::new(field.clone()),
            });
        }
    }
}

fn diff_indexes(was: &Collection, is: &Collection, stages: &mut Stages) {
    let renamed = |name: &String| -> Option<String> {
        let id = &was.fields.get(name)?.id;
        is.field_by_id(id).map(|field| field.name.clone())
    };
    let kept = |index: &Index| {
        let fields: Option<Vec<String>> = index.fields.iter().map(renamed).collect();
        fields.is_some_and(|fields| is.indexes.contains(&Index { fields, ..index.clone() }))
    };
    for index in was.indexes.iter().filter(|index| !kept(index)) {
        stages
            .drop_indexes
            .push(Change::DropIndex { collection: was.name.clone(), index: index.clone() });
    }
    let stays = |index: &&Index| {
        was.indexes
            .iter()
            .any(|old| old.name == index.name && kept(old) && is.indexes.contains(index))
    };
    for index in is.indexes.iter().filter(|index| !stays(index)) {
        stages
            .add_indexes
            .push(Change::AddIndex { collection: is.name.clone(), index: index.clone() });
    }
}

fn diff_foreign_keys(
    was: &Collection,
    is: &Collection,
    (old, old_by_id): (&Catalog, &HashMap<&str, &Arc<Collection>>),
    new_by_id: &HashMap<&str, &Arc<Collection>>,
    stages: &mut Stages,
) {
    // Between tables that were there before, the foreign key was, too: it stays when the collection
    // at its far end is forgotten, and is there when that one is taken over.
    let forgotten = |key: &ForeignKey| {
        let far = old.get(&key.target).filter(|far| was.adopted && far.adopted);
        far.is_some_and(|far| !new_by_id.contains_key(far.schema_id()))
    };
    let stands = |key: &ForeignKey| {
        let far = new_by_id.values().find(|far| far.name == key.target);
        let column = is.fields.get(&key.column).and_then(|field| was.field_by_id(&field.id));
        is.adopted
            && column.is_some()
            && far.is_some_and(|far| far.adopted && !old_by_id.contains_key(far.schema_id()))
    };
    let translated = |key: &ForeignKey| -> Option<ForeignKey> {
        let far_old = old.get(&key.target)?;
        let far_new = new_by_id.get(far_old.schema_id())?;
        Some(ForeignKey {
            column: is.field_by_id(&was.fields.get(&key.column)?.id)?.name.clone(),
            target: far_new.name.clone(),
            target_column: far_new
                .field_by_id(&far_old.fields.get(&key.target_column)?.id)?
                .name
                .clone(),
            ..key.clone()
        })
    };
    let wanted = is.foreign_keys();
    let mut there = Vec::new();
    for key in was.foreign_keys() {
        match translated(&key) {
            Some(now) if wanted.contains(&now) => there.push(now),
            _ if forgotten(&key) => {}
            _ => stages
                .drop_relations
                .push(Change::DropRelation { collection: was.name.clone(), key }),
        }
    }
    for key in wanted.into_iter().filter(|key| !there.contains(key) && !stands(key)) {
        stages.add_relations.push(Change::AddRelation { collection: is.name.clone(), key });
    }
}
