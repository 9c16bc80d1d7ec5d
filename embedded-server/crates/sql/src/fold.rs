//! Groups as a scan that is grouped by hashing, for SQLite, which groups by sorting: its sorter takes
//! longer than the scan. Only what is answered alike to the last bit is told so.

use crate::compile::Compiler;
use crate::dialect::Family;
use crate::filter::Expression;
use crate::join::Scope;
use crate::order::leads_an_index;
use crate::writer::chained;
use crate::{Dialect, Fold, Folded, Statement};
use query::{Aggregate, AggregateFunction, Count, Direction, GroupKey, Grouping, Order, ReadPlan};

/// The columns of a scan, each once.
struct Columns(Vec<String>);

impl Columns {
    fn at(&mut self, text: String) -> usize {
        let known = self.0.iter().position(|column| *column == text);
        known.unwrap_or_else(|| {
            self.0.push(text);
            self.0.len() - 1
        })
    }
}

impl Compiler {
    /// The scan, from what the grouped statement reads; what is bound so far is what it binds.
    pub(crate) fn fold(
        &self,
        scope: &Scope<'_>,
        plan: &ReadPlan,
        grouping: &Grouping,
        from: &str,
        tests: &[String],
    ) -> Option<Fold> {
        // Without keys there is nothing to sort.
        if self.writer.dialect != Dialect::Sqlite || grouping.keys.is_empty() {
            return None;
        }
        if grouping.keys.iter().any(|key| own_index(scope, key)) && ends_early(plan) {
            return None;
        }
        let keys: Option<Vec<String>> =
            grouping.keys.iter().map(|key| self.hashed(scope, key)).collect();
        let mut columns = Columns(keys?);
        let keys = columns.0.len();
        let aggregates = grouping.aggregates.iter();
        let folded: Option<Vec<Folded>> =
            aggregates.map(|entry| self.folded(scope, entry, &mut columns)).collect();
        let folded = folded?;

        let mut order = Vec::with_capacity(plan.order.len() + keys);
        for entry in &plan.order {
            let at = match entry.by {
                Order::Group(at) if at < keys => at,
                Order::Aggregate(at) if at < folded.len() => keys + at,
                _ => return None,
            };
            order.push((at, entry.direction == Direction::Descending));
        }
        let used: Vec<usize> = order.iter().map(|(at, _)| *at).collect();
        order.extend((0..keys).filter(|key| !used.contains(key)).map(|key| (key, false)));

        let mut text = format!("SELECT {} FROM {from}", columns.0.join(", "));
        if !tests.is_empty() {
            text.push_str(" WHERE ");
            text.push_str(&chained(tests.to_vec(), " AND "));
        }
        let scan = Statement { text: text.into(), binds: self.writer.binds().to_vec() };
        Some(Fold { scan, keys, columns: folded, order })
    }

    /// A key whose values are the same group exactly when they are the same bytes or the same
    /// whole number.
    fn hashed(&self, scope: &Scope<'_>, key: &GroupKey) -> Option<String> {
        let found = self.group_text(scope, key);
        let plain = key.column.cast.is_none() && is_exact(found.family);
        let unique =
            scope.collection.fields.get(&key.column.field).is_some_and(|field| {
                key.column.hops.is_empty() && (field.primary_key || field.unique)
            });
        // As many groups as rows are sorted as quickly as they are hashed.
        (key.part.is_some() || (plain && !unique)).then_some(found.text)
    }

    fn folded(
        &self,
        scope: &Scope<'_>,
        aggregate: &Aggregate,
        columns: &mut Columns,
    ) -> Option<Folded> {
        let dialect = self.writer.dialect;
        let Some(column) = &aggregate.column else { return Some(Folded::Rows) };
        let Expression { text, family, .. } = self.column(scope, column);
        let number = |wanted| dialect.number_of(&text, family, wanted);
        Some(match (aggregate.function, family) {
            (AggregateFunction::Count, _) => Folded::Filled(columns.at(text)),
            (AggregateFunction::Distinct, family) if is_exact(family) => {
                Folded::Distinct(columns.at(text))
            }
            (AggregateFunction::Sum, Family::Integer | Family::Boolean) => {
                Folded::Sum(columns.at(text))
            }
            (AggregateFunction::Sum, Family::Real | Family::Double) => {
                Folded::RealSum(columns.at(number(Family::Double)))
            }
            (AggregateFunction::Sum, Family::BigInt | Family::Decimal) => {
                Folded::Exact(columns.at(number(Family::Decimal)))
            }
            (AggregateFunction::Avg, Family::Integer | Family::Boolean) => {
                Folded::Average(columns.at(text))
            }
            (AggregateFunction::Avg, Family::Real | Family::Double) => {
                Folded::RealAverage(columns.at(number(Family::Double)))
            }
            (AggregateFunction::Min, family) if is_plain(family) => Folded::Least(columns.at(text)),
            (AggregateFunction::Max, family) if is_plain(family) => {
                Folded::Largest(columns.at(text))
            }
            _ => return None,
        })
    }
}

/// Whether an index begins with the key, so that the database may read the groups one by one.
fn own_index(scope: &Scope<'_>, key: &GroupKey) -> bool {
    key.column.hops.is_empty() && leads_an_index(scope.collection, &key.column.field)
}

/// Whether the database may stop after the first groups.
fn ends_early(plan: &ReadPlan) -> bool {
    plan.page.limit.is_some()
        && plan.count == Count::None
        && !plan.order.iter().any(|entry| matches!(entry.by, Order::Aggregate(_)))
}

/// Stored as whole numbers or as texts compared by bytes, and answered as stored.
fn is_exact(family: Family) -> bool {
    match family {
        Family::Text
        | Family::Integer
        | Family::BigInt
        | Family::Boolean
        | Family::Date
        | Family::Instant
        | Family::Time
        | Family::LocalTime
        | Family::Uuid => true,
        Family::Folded
        | Family::Decimal
        | Family::Real
        | Family::Double
        | Family::Local
        | Family::Json
        | Family::Binary => false,
    }
}

/// The same, or a double.
fn is_plain(family: Family) -> bool {
    is_exact(family) || matches!(family, Family::Real | Family::Double)
}
