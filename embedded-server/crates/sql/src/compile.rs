//! What one statement's compilation carries.

use crate::writer::Writer;
use crate::{Dialect, Numbers};

/// One statement being compiled.
pub(crate) struct Compiler {
    pub(crate) writer: Writer,
    /// Soft-deleted records show, at the root and in every relation.
    pub(crate) with_deleted: bool,
    pub(crate) numbers: Numbers,
    /// What is written stands behind a NOT: there an unknown answer must stay unknown.
    pub(crate) negated: bool,
}

impl Compiler {
    pub(crate) fn new(dialect: Dialect, numbers: Numbers, with_deleted: bool) -> Self {
        Self { writer: Writer::new(dialect), with_deleted, numbers, negated: false }
    }
}
