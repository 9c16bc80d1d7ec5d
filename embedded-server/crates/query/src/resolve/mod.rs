//! Names to plan: every name found, every value typed, every bound checked.

mod cursor;
mod fields;
mod filter;
mod groups;
mod json_path;
mod names;
mod operand;
mod pattern;
mod read;
mod write;

pub use cursor::{decode_cursor, encode_cursor};
pub use filter::resolve_filter;
pub use operand::spelled_out;
pub use read::{page_size, resolve_read};
pub use write::resolve_write;

use crate::Words;
use base::Limits;
use catalog::Catalog;

/// What resolving may look at.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// What the asking actor may know of. Reads are looked up here.
    pub visible: &'a Catalog,
    /// Everything. Policies and writes are looked up here; who may write what was judged before.
    pub full: &'a Catalog,
    /// What dynamic variables stand for.
    pub words: &'a Words,
    /// Bounds.
    pub limits: &'a Limits,
}

/// What the asker of one request may name. `access` judges it, by the policies that the guard goes
/// by: whatever may not be named is not there for this request, before anything is said of its type.
/// A role may read a field by one path and not by another, which no catalog can hold.
pub trait Sight {
    /// Whether the field may be named at the end of these relations, which begin at the collection
    /// that is read.
    fn field(&self, path: &[&str], name: &str) -> bool;
    /// Whether the relation may be walked from there.
    fn relation(&self, path: &[&str], name: &str) -> bool;
    /// The same from the asker's own record in a collection, which may be looked at in any case.
    fn own(&self, collection: &str) -> Option<Box<dyn Sight + '_>>;
}

/// Where a filter comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// From the asking actor: visible names only, an empty `OR` is true.
    Request,
    /// From a stored policy: the full catalog, an empty `OR` is false.
    Policy,
}

#[cfg(test)]
mod sample;
