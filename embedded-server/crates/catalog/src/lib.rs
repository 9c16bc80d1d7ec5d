//! Floor 1a: what exists. Collections, their fields and relations, and the difference of two
//! catalogs.
//!
//! May import: `base`. Pure: no IO, no clock; the same documents give the same catalog.
//! Refuses: documents that no store could hold, with the field and the reason.

mod build;
mod check;
mod collection;
mod definition;
mod diff;
mod document;
mod document_index;
#[cfg(test)]
mod document_tests;
mod field;
mod kind;
mod relation;
mod system;
mod words;

pub use build::complete;
pub use check::{
    NAME_BYTES_MAX, collection_name, field_name, fitted, identifier, invalid, is_house_table,
    is_name, new_collection_name, new_field_name, relation_name,
};
pub use collection::{Catalog, Collection, HISTORY, Index, KEY_ALIAS};
pub use diff::{Change, ForeignKey, diff};
pub use document::{RESULT_TYPE, normalize, parse};
pub use field::{DefaultValue, Element, Field, FieldKind, GeoKind, RangeKind, Rule};
pub use kind::{TYPE_NAMES, canonical_type};
pub use relation::{OnDelete, Relation, RelationKind};
pub use system::{
    document as system_document, documents as system_documents, hide_secrets, sealed_fields,
};
pub use words::{DEFAULT_NAMES, INDEX_TYPES, RULE_NAMES};
