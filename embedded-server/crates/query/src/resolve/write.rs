use super::Scope;
use crate::{Context, Write, WritePlan};
use base::{Error, Result};

/// Turns a write into ordered steps of one transaction.
pub fn resolve_write(write: &Write, scope: &Scope<'_>, context: &Context) -> Result<WritePlan> {
    let _ = (write, scope, context);
    Err(Error::internal("not built yet"))
}
