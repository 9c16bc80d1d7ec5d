//! Columns that leave a table of Postgres while others change, and come back afterwards: a column
//! that another is computed of can neither change its type nor go, and what a column is computed
//! of cannot be said anew.

use super::expression::Expression;
use catalog::{Catalog, Change, Collection, Field, Index};

/// What leaves, and what comes afterwards.
pub(super) struct Leave<'a> {
    /// In tables under their old names, columns under theirs. Computed ones first.
    pub(super) gone: Vec<(&'a Collection, &'a Field)>,
    /// In tables as they will be. Computed ones last.
    pub(super) back: Vec<(&'a Collection, &'a Field)>,
}

impl<'a> Leave<'a> {
    pub(super) fn of(changes: &[Change], old: &'a Catalog, new: &'a Catalog) -> Self {
        let (mut gone, mut back) = (Vec::new(), Vec::new());
        for is in new.collections.values() {
            let was = old.collections.values().find(|was| was.schema_id() == is.schema_id());
            let Some(was) = was else { continue };
            // Columns that get another type, by their old names.
            let retyped: Vec<&str> = changes
                .iter()
                .filter_map(|change| match change {
                    Change::AlterField { collection, from, to }
                        if *collection == is.name && from.kind != to.kind =>
                    {
                        Some(from.name.as_str())
                    }
                    _ => None,
                })
                .collect();
            for field in is.fields.values() {
                let Some(before) = was.field_by_id(&field.id) else {
                    if is_virtual(field) {
                        back.push((&**is, field));
                    }
                    continue;
                };
                let moved = match &before.computed {
                    Some(expression) => {
                        field.holds_another_than(before)
                            || retyped.iter().any(|name| Expression::names(expression, name))
                    }
                    None => is_virtual(field),
                };
                if moved {
                    gone.push((&**was, before));
                    back.push((&**is, field));
                }
            }
        }
        gone.sort_by_key(|(_, field)| !is_virtual(field));
        back.sort_by_key(|(_, field)| is_virtual(field));
        Self { gone, back }
    }

    /// Whether the column, under its old name, is no longer there when names change.
    pub(super) fn goes(&self, was: &Collection, name: &str) -> bool {
        self.gone.iter().any(|(on, field)| on.name == was.name && field.name == name)
    }

    /// Whether the column is added when all others are as they will be.
    pub(super) fn comes(&self, is: &Collection, field: &Field) -> bool {
        self.back.iter().any(|(on, other)| on.name == is.name && other.name == field.name)
    }

    /// Declared indexes over columns that come.
    pub(super) fn indexes(&self) -> impl Iterator<Item = (&'a Collection, &'a Index)> {
        let mut found: Vec<(&'a Collection, &'a Index)> = Vec::new();
        for (collection, field) in &self.back {
            for index in collection.indexes.iter().filter(|one| one.fields.contains(&field.name)) {
                if !found.iter().any(|(on, with)| on.name == collection.name && *with == index) {
                    found.push((collection, index));
                }
            }
        }
        found.into_iter()
    }
}

fn is_virtual(field: &Field) -> bool {
    field.computed.is_some()
}
