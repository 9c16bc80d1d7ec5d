//! The order of a read, and the place in it where a page begins.

use crate::Dialect;
use crate::compile::Compiler;
use crate::dialect::Family;
use crate::filter::Expression;
use crate::join::Scope;
use crate::writer::Alias;
use base::Value;
use catalog::{Collection, RelationKind};
use query::{Direction, Order, OrderBy, Ref, Search};

/// One sort key, ready to be written wherever it is needed.
pub(crate) struct SortKey {
    /// The expression in its order.
    pub(crate) text: String,
    /// What a cursor carries of it.
    pub(crate) stored: String,
    pub(crate) family: Family,
    pub(crate) descending: bool,
    nullable: bool,
    /// An index begins with it.
    indexed: bool,
    /// It is the number by which SQLite keeps the row.
    row_number: bool,
    /// It is a moment finer than it is shown.
    finer: bool,
    /// Of a table that we did not make.
    theirs: bool,
}

impl SortKey {
    /// What a cursor carries of it, of wherever it was carried to.
    pub(crate) fn carried(&self, column: &str, dialect: Dialect) -> String {
        let usual = match self.finer {
            true => dialect.finest(column, self.family),
            false => dialect.canonical(column, self.family),
        };
        match self.theirs {
            true => dialect.carried_whole(column, self.family, usual),
            false => usual,
        }
    }

    fn ending(&self, dialect: Dialect) -> &'static str {
        match (self.nullable, self.descending) {
            (true, descending) => dialect.nulls(descending),
            (false, true) => " DESC",
            (false, false) => " ASC",
        }
    }
}

impl Compiler {
    /// Sort keys of a level. Walks through to-one relations are joined to the scope.
    pub(crate) fn sort_keys<'p>(
        &mut self,
        scope: &mut Scope<'p>,
        order: &'p [OrderBy],
        search: Option<&Search>,
    ) -> Vec<SortKey> {
        let mut keys = Vec::with_capacity(order.len());
        for entry in order {
            let descending = entry.direction == Direction::Descending;
            match &entry.by {
                Order::Column(column) => {
                    keys.push(self.sort_column(scope, column, None, descending));
                }
                Order::Distance { column, place } => {
                    let place = self.writer.text(place.as_str());
                    keys.push(self.sort_column(scope, column, Some(&place), descending));
                }
                Order::Relevance => {
                    let Some(search) = search else { continue };
                    let text = self.searched_text(scope, search);
                    let words = self.writer.text(search.words.join(" "));
                    let rank = self.writer.dialect.relevance(&text, &words);
                    keys.push(SortKey {
                        text: rank.clone(),
                        stored: rank,
                        family: Family::Double,
                        descending: true,
                        nullable: false,
                        indexed: false,
                        row_number: false,
                        finer: false,
                        theirs: false,
                    });
                }
                // Groups are sorted where they are made.
                Order::Group(_) | Order::Aggregate(_) => {}
            }
        }
        keys
    }

    fn sort_column<'p>(
        &mut self,
        scope: &mut Scope<'p>,
        column: &'p Ref,
        place: Option<&str>,
        descending: bool,
    ) -> SortKey {
        let dialect = self.writer.dialect;
        let holder = column.hops.last().map_or(scope.collection, |hop| &*hop.target);
        let theirs = holder.adopted && column.cast.is_none() && place.is_none();
        // What is sorted by: the column, or how far it is from a place.
        let finer = self.writer.dialect.keeps_finer(Family::of(&column.kind))
            && column.loose
            && column.cast.is_none()
            && place.is_none();
        let measured = |found: Expression| match place {
            None => (found.finer.unwrap_or(found.text), found.family),
            Some(place) => (dialect.metres(&found.text, &dialect.shape(place)), Family::Double),
        };
        if crate::join::first_many(&column.hops).is_some() {
            // The smallest or largest far value, read in its order: `min` knows no UUIDs.
            let mut inner = Scope::new(self, scope.collection);
            inner.reach(self, column);
            let (text, family) = measured(self.column(&inner, column));
            let key = scope.alias.column(&scope.collection.primary_key);
            let own = inner.alias.column(&scope.collection.primary_key);
            let from = inner.from(self);
            let order = dialect.ordered(&text, family);
            let ending = if descending { " DESC" } else { " ASC" };
            let stored = format!(
                "(SELECT {} FROM {from} WHERE {own} = {key} AND {} IS NOT NULL ORDER BY {order}{ending} LIMIT 1)",
                text, text,
            );
            let text = dialect.ordered(&stored, family);
            let stored = dialect.resumed(stored, family);
            return SortKey {
                text,
                stored,
                family,
                descending,
                nullable: true,
                indexed: false,
                row_number: false,
                finer,
                theirs,
            };
        }
        scope.reach(self, column);
        let (text, family) = measured(self.column(scope, column));
        let field = scope.collection.fields.get(&column.field);
        let own =
            column.hops.is_empty() && !column.null && column.cast.is_none() && place.is_none();
        let filled = own && field.is_some_and(|field| field.primary_key || !field.nullable);
        let key = own && field.is_some_and(|field| field.primary_key);
        let number = matches!(family, Family::Integer | Family::BigInt);
        SortKey {
            text: dialect.ordered(&text, family),
            stored: dialect.resumed(text, family),
            family,
            descending,
            nullable: !filled,
            indexed: own
                && (!column.loose || finer)
                && leads_an_index(scope.collection, &column.field),
            row_number: key && number && dialect == Dialect::Sqlite && !scope.collection.rowless,
            finer,
            theirs,
        }
    }

    /// ` ORDER BY …`, or nothing.
    pub(crate) fn order_text(&self, keys: &[SortKey]) -> String {
        ordering(keys.iter().map(|key| (key.text.as_str(), key)), self.writer.dialect)
    }

    /// The same order told by what a subquery carried out of itself.
    pub(crate) fn carried_order(&self, keys: &[SortKey], source: Alias) -> String {
        let texts: Vec<String> = (0..keys.len()).map(|at| source.column(&carried(at))).collect();
        ordering(texts.iter().map(String::as_str).zip(keys), self.writer.dialect)
    }

    /// The rows behind the one whose sort keys are given: as one condition, or as several whose
    /// rows follow each other, when an index can serve each by itself and no index serves them
    /// together. Empty when nothing can be behind.
    pub(crate) fn behind(&mut self, keys: &[SortKey], after: &[Value]) -> Vec<String> {
        let pairs: Vec<Pair<'_>> = keys
            .iter()
            .zip(after)
            .map(|(key, value)| {
                let bound =
                    (!value.is_null()).then(|| self.writer.value(value.clone(), key.family));
                (key, bound)
            })
            .collect();
        match pairs.as_slice() {
            // Of such an index SQLite compares the field alone: among many records that share a
            // value it would count its way to the row.
            [(first, Some(value)), (second, Some(row))] if first.indexed && second.row_number => {
                let word = |key: &SortKey| if key.descending { "<" } else { ">" };
                let mut ranges = vec![
                    format!("{} = {value} AND {} {} {row}", first.text, second.text, word(second)),
                    format!("{} {} {value}", first.text, word(first)),
                ];
                ranges.extend(null_behind(first));
                ranges
            }
            [(first, _), ..] if first.indexed => ranges(&pairs),
            _ => either(ranges(&pairs)).into_iter().collect(),
        }
    }
}

/// Name of a sort key carried out of a subquery; no field is named so.
pub(crate) fn carried(at: usize) -> String {
    format!("${at}")
}

fn ordering<'k>(keys: impl Iterator<Item = (&'k str, &'k SortKey)>, dialect: Dialect) -> String {
    let list: Vec<String> =
        keys.map(|(text, key)| format!("{text}{}", key.ending(dialect))).collect();
    if list.is_empty() { String::new() } else { format!(" ORDER BY {}", list.join(", ")) }
}

/// Whether some index of the collection begins with this field.
pub(crate) fn leads_an_index(collection: &Collection, name: &str) -> bool {
    let unique = |field: &catalog::Field| field.primary_key || field.unique;
    collection.fields.get(name).is_some_and(unique)
        || collection
            .indexes
            .iter()
            .any(|index| index.fields.first().is_some_and(|first| first == name))
        || collection.relations.values().any(|relation| {
            matches!(&relation.kind, RelationKind::ToOne { column, .. } if column == name)
        })
}

/// A sort key and the placeholder of its value; none where that is NULL.
type Pair<'k> = (&'k SortKey, Option<String>);

/// What is behind, in at most two ranges of the leading key: NULLs are last ascending and first
/// descending.
fn ranges(pairs: &[Pair<'_>]) -> Vec<String> {
    let Some(((key, value), rest)) = pairs.split_first() else { return Vec::new() };
    if value.is_some() {
        let mut ranges = vec![behind_filled(pairs)];
        ranges.extend(null_behind(key));
        return ranges;
    }
    let null = format!("{} IS NULL", key.stored);
    let mut ranges: Vec<String> =
        either(self::ranges(rest)).map(|rest| format!("{null} AND {rest}")).into_iter().collect();
    if key.descending {
        ranges.push(format!("{} IS NOT NULL", key.stored));
    }
    ranges
}

/// The NULLs behind a key that is filled.
fn null_behind(key: &SortKey) -> Option<String> {
    (key.nullable && !key.descending).then(|| format!("{} IS NULL", key.stored))
}

/// Any of the conditions.
fn either(ranges: Vec<String>) -> Option<String> {
    match ranges.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        _ => Some(format!("({})", ranges.join(" OR "))),
    }
}

/// What is behind among the rows whose leading key is filled, as the given one is.
fn behind_filled(pairs: &[Pair<'_>]) -> String {
    if let Some(test) = behind_at_once(pairs) {
        return test;
    }
    let Some(((key, Some(value)), rest)) = pairs.split_first() else {
        return String::from("FALSE");
    };
    let word = if key.descending { "<" } else { ">" };
    match either(ranges(rest)) {
        // Said first and plainly, the bound of the leading key is something an index can serve.
        Some(rest) => {
            format!("{text} {word}= {value} AND ({text} {word} {value} OR {rest})", text = key.text)
        }
        None => format!("{} {word} {value}", key.text),
    }
}

/// All keys at once, as one comparison of rows: when they go the same way and no NULL behind the
/// leading key can stand behind.
fn behind_at_once(pairs: &[Pair<'_>]) -> Option<String> {
    let (first, _) = pairs.first()?;
    let mut values = Vec::with_capacity(pairs.len());
    for (at, (key, value)) in pairs.iter().enumerate() {
        let null_behind = at > 0 && key.nullable && !key.descending;
        if key.descending != first.descending || null_behind {
            return None;
        }
        values.push(value.as_deref()?);
    }
    let columns: Vec<&str> = pairs.iter().map(|(key, _)| key.text.as_str()).collect();
    let word = if first.descending { "<" } else { ">" };
    Some(match (columns.as_slice(), values.as_slice()) {
        ([column], [value]) => format!("{column} {word} {value}"),
        (columns, values) => format!("({}) {word} ({})", columns.join(", "), values.join(", ")),
    })
}
