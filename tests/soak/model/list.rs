//! Lists: order, pages and columns, as the model answers them.

use super::value::Key;
use super::{Expected, Judged, Row, Rows, Unsure, View, has_order, ordered, value};
use crate::soak::values::Family;
use serde_json::Value as Json;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Rows of a page without a size of its own.
const PAGE: usize = 10;

/// Which rows of so many a page shows.
pub(super) fn page(parameters: &Json, total: usize) -> Judged<std::ops::Range<usize>> {
    let number = |name: &str| match parameters.get(name) {
        None => Ok(None),
        Some(number) => number.as_i64().map(Some).ok_or(Unsure("a page that is none")),
    };
    let (limit, page, offset) = (number("limit")?, number("page")?, number("offset")?);
    if limit.is_some_and(|limit| limit < -1) {
        return Err(Unsure("a limit that is none"));
    }
    let limit = match (limit, page) {
        (Some(-1), _) => None,
        (Some(limit), _) => usize::try_from(limit).ok(),
        (None, Some(_)) => Some(PAGE),
        (None, None) => None,
    };
    let start = match (limit, page, offset) {
        (Some(limit), Some(page), _) => {
            (usize::try_from(page.max(1)).unwrap_or(1) - 1).saturating_mul(limit)
        }
        (None, Some(_), _) => 0,
        (_, None, offset) => usize::try_from(offset.unwrap_or(0)).unwrap_or(0),
    };
    let start = start.min(total);
    let end = limit.map_or(total, |limit| start.saturating_add(limit).min(total));
    Ok(start..end)
}

/// What a record is sorted by, each with whether the largest is first, and its key.
type Place = (Vec<(Option<Key>, bool)>, Option<Key>);

impl<'m> View<'m, '_> {
    pub(super) fn list(
        &self,
        at: usize,
        mut rows: Vec<&'m Row>,
        parameters: &Json,
    ) -> Judged<Expected> {
        let total = rows.len();
        self.sort(at, &mut rows, parameters.get("sort"))?;
        let shown = page(parameters, total)?;
        let conditions = parameters.get("relConditions");
        let tree = self.tree(at, parameters.get("fields"), conditions)?;
        let mut answered = Vec::new();
        for row in &rows[shown] {
            answered.push(self.shown(at, row, &tree, false)?);
        }
        Ok(Expected { rows: Rows::InOrder(answered), total })
    }

    fn sort(&self, at: usize, rows: &mut [&'m Row], sort: Option<&Json>) -> Judged<()> {
        let mut keys: Vec<Place> = Vec::new();
        let id = self.column(at, "id")?;
        for row in rows.iter() {
            let mut all = Vec::new();
            for (dotted, direction) in sort.and_then(Json::as_object).into_iter().flatten() {
                let descending =
                    direction.as_str().is_some_and(|word| word.eq_ignore_ascii_case("desc"));
                all.push((self.sort_key(at, row, dotted, descending)?, descending));
            }
            keys.push((all, Some(value::key(id.kind, &row["id"])?)));
        }
        let mut places: Vec<usize> = (0..rows.len()).collect();
        places.sort_by(|a, b| {
            let (a, b) = (&keys[*a], &keys[*b]);
            let by_keys =
                a.0.iter().zip(&b.0).map(|((a, descending), (b, _))| ordered(a, b, *descending));
            // Among equals the key decides, in the direction of what was asked last.
            let last = a.0.last().is_some_and(|(_, descending)| *descending);
            by_keys.fold(Ordering::Equal, Ordering::then).then_with(|| ordered(&a.1, &b.1, last))
        });
        let sorted: Vec<&'m Row> = places.into_iter().map(|place| rows[place]).collect();
        rows.copy_from_slice(&sorted);
        Ok(())
    }

    /// What a record is sorted by: of many related ones the least, or the largest.
    fn sort_key(
        &self,
        at: usize,
        row: &'m Row,
        dotted: &str,
        descending: bool,
    ) -> Judged<Option<Key>> {
        let column = self.column(at, dotted)?;
        if !has_order(column.kind) {
            return Err(Unsure("a sort by what has no order"));
        }
        if !column.path.is_empty() && matches!(column.kind.family, Family::Boolean | Family::Uuid) {
            return Err(Unsure("the least of what has no least"));
        }
        let paths = BTreeSet::from([column.path.clone()]);
        let mut best: Option<Key> = None;
        for way in self.joined(at, row, &paths)? {
            let Some(key) = self.key_of(&way, &column)? else { continue };
            let better = best.as_ref().is_none_or(|best| {
                let order = key.order(best);
                if descending { order == Ordering::Greater } else { order == Ordering::Less }
            });
            if better {
                best = Some(key);
            }
        }
        Ok(best)
    }
}
