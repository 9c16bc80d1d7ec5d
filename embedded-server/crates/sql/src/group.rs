//! Grouped reads: keys, aggregates, and how many groups there are.

use crate::apart::parts;
use crate::compile::Compiler;
use crate::dialect::Family;
use crate::filter::Expression;
use crate::join::Scope;
use crate::select::shape_key;
use crate::writer::quoted;
use crate::{Dialect, Fold, Form, Numbers, ShapeNode};
use catalog::FieldKind;
use query::{Aggregate, AggregateFunction, Direction, GroupKey, Grouping, Order, ReadPlan, Ref};

/// An expression of a group: how it is answered, and what it is sorted by, as a value of which family.
pub(crate) struct Grouped {
    pub(crate) answered: String,
    pub(crate) form: Form,
    pub(crate) sorted: String,
    pub(crate) family: Family,
}

impl Compiler {
    pub(crate) fn groups(
        &mut self,
        plan: &ReadPlan,
        grouping: &Grouping,
    ) -> (Vec<ShapeNode>, Option<Fold>) {
        let parts = parts(grouping);
        if parts.len() > 1 {
            return (self.groups_apart(plan, grouping, &parts), None);
        }
        let mut scope = Scope::new(self, &plan.collection);
        let tests = self.grouped_tests(&mut scope, plan, grouping);
        let from = scope.from(self);
        let fold = self.fold(&scope, plan, grouping, &from, &tests);
        let keys: Vec<Grouped> =
            grouping.keys.iter().map(|key| self.group_key(&scope, key)).collect();
        let aggregates: Vec<Grouped> =
            grouping.aggregates.iter().map(|entry| self.aggregate(&scope, entry)).collect();

        let mut list = Vec::with_capacity(keys.len() + aggregates.len());
        let mut nodes = Vec::new();
        for (asked, key) in grouping.keys.iter().zip(&keys) {
            for name in &asked.keys {
                let key_text = shape_key(name);
                nodes.push(ShapeNode::Field { key: key_text, column: list.len(), form: key.form });
            }
            list.push(key.answered.as_str());
        }
        for (asked, aggregate) in grouping.aggregates.iter().zip(&aggregates) {
            let key = shape_key(&asked.alias);
            nodes.push(ShapeNode::Field { key, column: list.len(), form: aggregate.form });
            list.push(aggregate.answered.as_str());
        }
        if list.is_empty() {
            list.push("1");
        }
        self.writer.push("SELECT ").list(&list, ", ").push(" FROM ").push(&from);
        self.where_all(tests);
        self.group_by(&scope, grouping);
        self.order_groups(plan, &keys, &aggregates);
        let limit = self.limit(&plan.page);
        self.writer.push(&limit);
        (nodes, fold)
    }

    /// How many groups there are, whatever part of them is asked for.
    pub(crate) fn count_groups(&mut self, plan: &ReadPlan, grouping: &Grouping) {
        if grouping.keys.is_empty() {
            self.writer.push("SELECT 1");
            return;
        }
        let parts = parts(grouping);
        if parts.len() > 1 {
            self.count_apart(plan, grouping, &parts);
            return;
        }
        let mut scope = Scope::new(self, &plan.collection);
        let tests = self.grouped_tests(&mut scope, plan, grouping);
        let from = scope.from(self);
        let outer = self.writer.alias();
        self.writer.push("SELECT count(*) FROM (SELECT 1 AS ").push(&quoted("$one"));
        self.writer.push(" FROM ").push(&from);
        self.where_all(tests);
        self.group_by(&scope, grouping);
        self.writer.push(&format!(") {outer}"));
    }

    /// Joins what keys and aggregates name, then the conditions: those over the same far rows
    /// bind the rows that are aggregated, all others only the root.
    pub(crate) fn grouped_tests<'p>(
        &mut self,
        scope: &mut Scope<'p>,
        plan: &'p ReadPlan,
        grouping: &'p Grouping,
    ) -> Vec<String> {
        for key in &grouping.keys {
            scope.reach(self, &key.column);
        }
        for column in grouping.aggregates.iter().filter_map(|entry| entry.column.as_ref()) {
            scope.reach(self, column);
        }
        self.root_tests(scope, plan)
    }

    /// A column as reads tell it: values of an adopted table that have no spelling here are nothing
    /// in groups and aggregates, too.
    fn spelled(&self, scope: &Scope<'_>, column: &Ref) -> Expression {
        let mut found = self.column(scope, column);
        let holder = column.hops.last().map_or(scope.collection, |hop| &hop.target);
        if holder.adopted && column.cast.is_none() && !column.null {
            found.text = self.writer.dialect.spelled_or_null(found.text, found.family);
        }
        found
    }

    /// What rows of one group have in common.
    pub(crate) fn group_text(&self, scope: &Scope<'_>, key: &GroupKey) -> Expression {
        let mut found = self.spelled(scope, &key.column);
        if let Some(part) = key.part {
            found.text = self.writer.dialect.date_part(&found.text, found.family, part);
            found.family = Family::BigInt;
        } else if found.family == Family::Folded {
            found.text = self.writer.dialect.folded(&found.text);
        }
        found
    }

    pub(crate) fn group_by(&mut self, scope: &Scope<'_>, grouping: &Grouping) {
        if grouping.keys.is_empty() {
            return;
        }
        let texts: Vec<String> =
            grouping.keys.iter().map(|key| self.group_text(scope, key).text).collect();
        self.writer.push(" GROUP BY ").list(&texts, ", ");
    }

    pub(crate) fn group_key(&self, scope: &Scope<'_>, key: &GroupKey) -> Grouped {
        let dialect = self.writer.dialect;
        let found = self.group_text(scope, key);
        if key.part.is_some() {
            return Grouped {
                answered: found.text.clone(),
                form: Form::Int,
                sorted: found.text,
                family: Family::Integer,
            };
        }
        if found.family == Family::Folded {
            // Any spelling of the group would do; the least one is the same on both stores.
            let spelled = dialect.ordered(&self.spelled(scope, &key.column).text, Family::Text);
            return Grouped {
                answered: format!("min({spelled})"),
                form: Form::Text,
                sorted: found.text,
                family: Family::Text,
            };
        }
        let answered = match found.family {
            // `1.0` and `1.00` are one group; of its spellings the least, as text.
            Family::Decimal => {
                let text = dialect.as_text(&found.text, found.family);
                format!("min({})", dialect.ordered(&text, Family::Text))
            }
            family => dialect.answered(&found.text, family),
        };
        Grouped {
            answered,
            form: found.family.form(self.numbers),
            sorted: found.text,
            family: found.family,
        }
    }

    pub(crate) fn aggregate(&self, scope: &Scope<'_>, aggregate: &Aggregate) -> Grouped {
        let dialect = self.writer.dialect;
        let Some(column) = &aggregate.column else {
            return counted(String::from("count(*)"));
        };
        let found = self.spelled(scope, column);
        match aggregate.function {
            AggregateFunction::Count => counted(format!("count({})", found.text)),
            AggregateFunction::Distinct => {
                let text = match found.family {
                    Family::Folded => dialect.folded(&found.text),
                    Family::Json => dialect.json_key(&found.text),
                    _ => found.text,
                };
                counted(format!("count(DISTINCT {text})"))
            }
            AggregateFunction::Sum => {
                let (text, family) = dialect.sum(&found.text, found.family);
                self.number(text, family)
            }
            AggregateFunction::Avg => {
                let (text, family) = dialect.average(&found.text, found.family);
                self.number(text, family)
            }
            AggregateFunction::Min => self.extreme(found, &column.kind, "min"),
            AggregateFunction::Max => self.extreme(found, &column.kind, "max"),
            AggregateFunction::ArrayAgg => {
                let holder = column.hops.last().map_or(scope.collection, |hop| &hop.target);
                let told = match column.cast {
                    None => dialect.exact_within(found.text, &column.kind, holder, self.numbers),
                    Some(_) => found.text,
                };
                let token = self.token(&told, found.family, holder, self.numbers);
                let key = scope.alias.column(&scope.collection.primary_key);
                let key_family = Family::of(&scope.collection.key().kind);
                let order = dialect.ordered(&key, key_family);
                // Values of one record, met through a relation, by their own text.
                // Joined to a text, since the token of a whole number is a number to SQLite.
                let then = dialect.ordered(&format!("({token}||'')"), Family::Text);
                let text = format!(
                    "'['||{}({token},',' ORDER BY {order}, {then})||']'",
                    dialect.join_texts()
                );
                Grouped {
                    answered: text.clone(),
                    form: Form::Json,
                    sorted: text,
                    family: Family::Json,
                }
            }
        }
    }

    fn number(&self, text: String, family: Family) -> Grouped {
        let dialect = self.writer.dialect;
        Grouped {
            answered: dialect.answered(&text, family),
            form: match (family, self.numbers) {
                // Sums of 32-bit integers are 64-bit ones and spelled as such.
                (Family::Decimal, Numbers::Strings) => Form::Text,
                (Family::Decimal, Numbers::Decimals) => Form::NumberToken,
                (family, numbers) => family.form(numbers),
            },
            sorted: text,
            family,
        }
    }

    /// The least or largest value. Numbers are answered as strings (`spec/data.md` 9), all other
    /// kinds as in records.
    fn extreme(&self, found: Expression, kind: &FieldKind, word: &str) -> Grouped {
        let dialect = self.writer.dialect;
        let bounded = matches!(kind, FieldKind::Decimal { precision: Some(_), .. });
        let text = match found.family {
            // Where nothing bounds the digits, equal values may be spelled in several ways; which of
            // them a store met first must not show.
            Family::Decimal if !bounded => dialect.extreme_decimal(word, &found.text),
            family => dialect.extreme(word, &found.text, family),
        };
        let family = match (dialect, found.family) {
            // Taken of the text, because `min` does not know the type.
            (Dialect::Postgres, Family::Uuid | Family::Json) => Family::Text,
            (_, Family::Folded) => Family::Text,
            (_, family) => family,
        };
        let form = match found.family {
            Family::Integer | Family::BigInt | Family::Decimal | Family::Real | Family::Double => {
                Form::Text
            }
            family => family.form(self.numbers),
        };
        let answered = match found.family {
            Family::Integer | Family::BigInt | Family::Decimal | Family::Real | Family::Double => {
                dialect.as_text(&text, family)
            }
            _ => dialect.answered(&text, family),
        };
        Grouped { answered, form, sorted: text, family }
    }

    /// The asked order, then the keys, so that pages of groups are stable.
    pub(crate) fn order_groups(
        &mut self,
        plan: &ReadPlan,
        keys: &[Grouped],
        aggregates: &[Grouped],
    ) {
        let dialect = self.writer.dialect;
        let mut order = Vec::with_capacity(plan.order.len() + keys.len());
        let mut used = vec![false; keys.len()];
        for entry in &plan.order {
            let found = match entry.by {
                Order::Group(at) => {
                    if let Some(flag) = used.get_mut(at) {
                        *flag = true;
                    }
                    keys.get(at)
                }
                Order::Aggregate(at) => aggregates.get(at),
                Order::Column(_) | Order::Relevance | Order::Distance { .. } => None,
            };
            if let Some(found) = found {
                let descending = entry.direction == Direction::Descending;
                let by = dialect.ordered(&found.sorted, found.family);
                order.push(format!("{by}{}", dialect.nulls(descending)));
            }
        }
        for (key, used) in keys.iter().zip(used) {
            if !used {
                let by = dialect.ordered(&key.sorted, key.family);
                order.push(format!("{by}{}", dialect.nulls(false)));
            }
        }
        if !order.is_empty() {
            self.writer.push(" ORDER BY ").list(&order, ", ");
        }
    }
}

/// A count of rows or values.
fn counted(text: String) -> Grouped {
    Grouped { answered: text.clone(), form: Form::Int, sorted: text, family: Family::BigInt }
}
