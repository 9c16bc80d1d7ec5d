//! Names to plan: every name found, every value typed, every bound checked.

use crate::{Cond, Context, Filter, Read, ReadPlan, Words, Write, WritePlan};
use base::{Error, Limits, Result, Value};
use catalog::{Catalog, Collection};
use std::sync::Arc;

/// What resolving may look at.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// What the asking actor may know of. Requests are read against it.
    pub visible: &'a Catalog,
    /// Everything. Policies and writes are read against it; the guard checks writes by name.
    pub full: &'a Catalog,
    /// What dynamic variables stand for.
    pub words: &'a Words,
    /// Bounds.
    pub limits: &'a Limits,
}

/// Where a filter comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// From the asking actor: visible names only, an empty `OR` is true.
    Request,
    /// From a stored policy: the full catalog, an empty `OR` is false.
    Policy,
}

/// Finds every name of a read and types every value.
pub fn resolve_read(read: &Read, scope: &Scope<'_>) -> Result<ReadPlan> {
    let _ = (read, scope);
    Err(Error::internal("not built yet"))
}

/// Finds every name of a filter on `collection` and types every value.
pub fn resolve_filter(
    filter: &Filter,
    collection: &Arc<Collection>,
    scope: &Scope<'_>,
    place: Place,
) -> Result<Cond> {
    let _ = (filter, collection, scope, place);
    Err(Error::internal("not built yet"))
}

/// Turns a write into ordered steps of one transaction.
pub fn resolve_write(write: &Write, scope: &Scope<'_>, context: &Context) -> Result<WritePlan> {
    let _ = (write, scope, context);
    Err(Error::internal("not built yet"))
}

/// The opaque cursor that stands behind a row whose sort keys have these values.
#[must_use]
pub fn encode_cursor(values: &[Value]) -> String {
    let _ = values;
    String::new()
}

/// The values of a cursor made by [`encode_cursor`].
pub fn decode_cursor(cursor: &str) -> Result<Vec<Value>> {
    let _ = cursor;
    Err(Error::internal("not built yet"))
}
