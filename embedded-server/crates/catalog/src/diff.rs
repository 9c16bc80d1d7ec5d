//! What changed from one catalog to the next. Collections and fields are recognised by their
//! stable ids, so a new name is a rename and never a loss.

use crate::{Collection, Field, Index, OnDelete};
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
