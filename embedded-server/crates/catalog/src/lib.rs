//! Floor 1a: what exists. Collections, their fields and relations, and the difference of two
//! catalogs.
//!
//! May import: `base`. Pure: no IO, no clock; the same documents give the same catalog.
//! Refuses: documents that no store could hold, with the field and the reason.

mod collection;
mod diff;
mod field;
mod relation;

pub use collection::{Catalog, Collection, Index};
pub use diff::{Change, ForeignKey};
pub use field::{DefaultValue, Element, Field, FieldKind, GeoKind, RangeKind, Rule};
pub use relation::{OnDelete, Relation, RelationKind};
