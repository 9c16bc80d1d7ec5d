//! A page of rows as one scan that keeps the first rows and counts them all, for SQLite, which
//! otherwise reads the table once for the page and once for the total.

use crate::compile::Compiler;
use crate::dialect::Family;
use crate::join::Scope;
use crate::names::row_number;
use crate::order::{SortKey, leads_an_index};
use crate::writer::chained;
use crate::{Dialect, SiftKey, Statement};
use catalog::Collection;
use query::{Count, Order, ReadPlan};

/// Most rows that are kept while a table is scanned, skipped ones included.
const KEPT_MAX: u64 = 1_000;

/// The scan of a page; what fetches its rows is written when the page is.
pub(crate) struct Sifting {
    pub(crate) scan: Statement,
    pub(crate) keys: Vec<SiftKey>,
}

impl Compiler {
    /// The scan, if the page's own statement would read the table from end to end and its rows
    /// are sorted in a way that is known here; what is bound so far is what it binds.
    pub(crate) fn sifting(
        &self,
        scope: &Scope<'_>,
        plan: &ReadPlan,
        keys: &[SortKey],
        from: &str,
        tests: &[String],
    ) -> Option<Sifting> {
        let fits = self.writer.dialect == Dialect::Sqlite
            && !plan.single
            && plan.count != Count::None
            && plan.search.is_none()
            && plan.page.after.is_none()
            && plan.page.limit.is_some_and(|limit| {
                limit > 0 && limit.saturating_add(plan.page.offset) <= KEPT_MAX
            })
            // The rows of a whole table are counted without reading them.
            && !tests.is_empty()
            // Rows met more than once would be fetched once.
            && scope.is_alone()
            && !scope.collection.rowless;
        if !fits {
            return None;
        }
        let mut told_apart = false;
        for (at, entry) in plan.order.iter().enumerate() {
            let Order::Column(column) = &entry.by else { return None };
            let own = column.hops.is_empty() && column.cast.is_none() && !column.null;
            if !own || (at == 0 && in_an_index(scope.collection, &column.field)) {
                return None;
            }
            told_apart |= column.field == scope.collection.primary_key;
        }
        if !told_apart {
            return None;
        }
        let sifted: Option<Vec<SiftKey>> = keys.iter().map(sift_key).collect();
        let sifted = sifted.filter(|sifted| sifted.len() == plan.order.len())?;
        let mut list: Vec<&str> = keys
            .iter()
            // A collation is for comparing, which is done outside.
            .map(|key| if key.family == Family::Decimal { &*key.stored } else { &*key.text })
            .collect();
        let number = numbered(scope);
        list.push(&number);
        let text = format!(
            "SELECT {} FROM {from} WHERE {}",
            list.join(", "),
            chained(tests.to_vec(), " AND ")
        );
        let scan = Statement { text: text.into(), binds: self.writer.binds().to_vec() };
        Some(Sifting { scan, keys: sifted })
    }

    /// The condition of the rows that the scan kept. Their list is bound behind everything else,
    /// when everything else is bound.
    pub(crate) fn sifted(&self, scope: &Scope<'_>) -> String {
        let list = self.writer.binds().len() + 1;
        format!("{} IN (SELECT value FROM json_each(?{list}))", numbered(scope))
    }
}

fn numbered(scope: &Scope<'_>) -> String {
    format!("{}.{}", scope.alias, row_number(scope.collection))
}

/// Whether some index holds the field, so that it may serve the order together with a filter.
fn in_an_index(collection: &Collection, name: &str) -> bool {
    leads_an_index(collection, name)
        || collection.indexes.iter().any(|index| index.fields.iter().any(|field| field == name))
}

fn sift_key(key: &SortKey) -> Option<SiftKey> {
    match key.family {
        // No order of its own that would be known outside.
        Family::Json | Family::Binary => None,
        Family::Text
        | Family::Folded
        | Family::Integer
        | Family::BigInt
        | Family::Decimal
        | Family::Real
        | Family::Double
        | Family::Boolean
        | Family::Date
        | Family::Instant
        | Family::Local
        | Family::Time
        | Family::LocalTime
        | Family::Uuid => {
            Some(SiftKey { descending: key.descending, decimal: key.family == Family::Decimal })
        }
    }
}
