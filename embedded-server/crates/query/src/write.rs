//! A write as asked, in names.

use crate::Words;
use serde_json::{Map, Value as Json};

/// What a surface asks to be written. All of it happens, or nothing.
#[derive(Clone, Debug, Default)]
pub struct Write {
    /// In order; later ones see earlier ones.
    pub operations: Vec<Operation>,
    /// Unknown keys in a body are refused instead of dropped with a warning.
    pub strict: bool,
}

/// One record to write.
#[derive(Clone, Debug)]
pub enum Operation {
    /// A new record.
    Create {
        /// Name of the collection.
        collection: String,
        /// The body.
        body: Map<String, Json>,
    },
    /// Changes to a record.
    Update {
        /// Name of the collection.
        collection: String,
        /// The record's key as sent.
        key: Json,
        /// The changed fields.
        body: Map<String, Json>,
        /// Field values the caller saw; a difference refuses the write with `CONFLICT`.
        expect: Map<String, Json>,
    },
    /// The end of a record (or its mark, where deleted records are kept).
    Delete {
        /// Name of the collection.
        collection: String,
        /// The record's key as sent.
        key: Json,
        /// Field values the caller saw; a difference refuses the write with `CONFLICT`.
        expect: Map<String, Json>,
        /// Remove it even where deleted records are kept (administrators).
        force: bool,
    },
}

/// What resolving a write needs to know besides the catalog.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// What dynamic variables and `NOW`, `CURRENT_USER` defaults stand for.
    pub words: Words,
    /// Whether an administrator (or the system) writes: unknown keys are dropped with a warning
    /// instead of refused.
    pub administrator: bool,
    /// Whether every record may be pointed at: then the store alone says which there are.
    pub sees_all: bool,
    /// Unknown keys are refused for everybody.
    pub strict: bool,
}
