//! Reads: which records, in which order, which part, and what of each.

use super::cursor::{decode_cursor, mark};
use super::fields::Fields;
use super::filter::{place, resolve_asked};
use super::names::{Names, bounded_walks, kind_after, own_column};
use super::{Scope, Sight};
use crate::coerce::{coerce, coerce_operand, shown};
use crate::{
    Cond, Condition, Count, CountMode, Direction, Operand, Operator, Order, OrderBy, Page,
    Projection, Read, ReadPlan, Ref, Rows, Search, SortAsked, UnknownNames,
};
use base::{Code, Error, Result, Value};
use catalog::{Collection, FieldKind};
use regex::Regex;
use serde_json::Value as Json;
use std::sync::{Arc, LazyLock};

/// Records on a page when `page` is given without `limit`, as the reference has it.
const PAGE_SIZE_DEFAULT: u64 = 10;

/// Most sort keys of one read: far beyond what a person orders by, far below the terms that
/// SQLite takes in one ORDER BY.
const SORT_KEYS_MAX: usize = 64;

/// The sort key that is no field.
const DISTANCE: &str = "_distance";

/// Most words of one search; each is a condition of its own.
const SEARCH_WORDS_MAX: usize = 32;

/// A word of a search, as both stores read words: letters, the marks that belong to them (without
/// which a word of Hindi or Thai falls to pieces), and digits.
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the pattern is a constant that a test compiles")]
    Regex::new(r"[\p{Alphabetic}\p{M}\p{Nd}]+").expect("a regular expression")
});

/// How many records a page may hold; `-1`, which is all, is no page.
pub fn page_size(limit: i64) -> Result<u64> {
    u64::try_from(limit).map_err(|_| {
        let message = format!("`limit` is 0 or more, or -1 for all; not {limit}");
        Error::new(Code::InvalidQuery, message).at("limit")
    })
}

/// Finds every name of a read and types every value. `sight` is what the asker may name of all that
/// the scope shows; without one it is all of that.
pub fn resolve_read(read: &Read, scope: &Scope<'_>, sight: Option<&dyn Sight>) -> Result<ReadPlan> {
    let Some(collection) = scope.visible.get(&read.collection) else {
        return Err(unknown_collection(&read.collection));
    };
    let reader = Reader { read, collection, names: Names::asked(scope, sight), scope };
    reader.plan()
}

/// The refusal of a collection that does not exist. Whether the asker may know that it does not
/// is for the caller to judge.
pub(crate) fn unknown_collection(name: &str) -> Error {
    Error::new(Code::CollectionNotFound, format!("Model {name} not found"))
}

/// The key of a record, as the key's type holds it.
pub(crate) fn key_value(collection: &Collection, key: &Json) -> Result<Value> {
    let field = collection.key();
    match coerce(&field.kind, key) {
        Ok(Value::Null) => Err(invalid_id(collection, key, "Value must not be null")),
        Ok(value) => Ok(value),
        Err(why) => Err(invalid_id(collection, key, &why)),
    }
}

fn invalid_id(collection: &Collection, key: &Json, why: &str) -> Error {
    Error::new(Code::InvalidId, "Invalid ID").at(collection.primary_key.as_str()).hint(format!(
        "{} cannot be the key of a `{}` record: {why}",
        shown(key),
        collection.name
    ))
}

/// The test of one record's key.
pub(crate) fn key_test(collection: &Collection, key: Value) -> Cond {
    let field = collection.key();
    let left = Ref {
        hops: Vec::new(),
        field: field.name.clone(),
        kind: field.kind.clone(),
        cast: None,
        loose: field.loose,
        null: false,
    };
    let operator = Operator::Equal { negated: false, right: Operand::Value(key) };
    Cond::Test(Box::new(Condition { left, operator }))
}

pub(super) struct Reader<'a> {
    pub(super) read: &'a Read,
    pub(super) collection: &'a Arc<Collection>,
    pub(super) names: Names<'a>,
    scope: &'a Scope<'a>,
}

impl Reader<'_> {
    fn plan(&self) -> Result<ReadPlan> {
        let read = self.read;
        let mut filter = match &read.filter {
            Some(filter) => resolve_asked(filter, self.collection, self.names, read.unknown)?,
            None => Cond::Always,
        };
        if let Some(key) = &read.key {
            filter = key_test(self.collection, key_value(self.collection, key)?).and(filter);
        }
        let search = match self.search()? {
            Searched::For(search) => Some(search),
            Searched::Nothing => None,
            Searched::Nowhere => {
                filter = Cond::Never;
                None
            }
        };
        let grouped = !read.aggregate.is_empty() || !read.group_by.is_empty();
        let (projection, order) = if grouped {
            let grouping = self.grouping()?;
            let order = self.group_order(&grouping)?;
            (Projection::Groups(grouping), order)
        } else {
            (Projection::Rows(self.rows()?), self.order(search.is_some())?)
        };
        bounded_walks(order.iter().filter_map(|key| key.by.column()), "sort")?;
        let page = self.page(&order, search.as_ref(), grouped)?;
        Ok(ReadPlan {
            collection: Arc::clone(self.collection),
            filter,
            search,
            with_deleted: read.with_deleted,
            projection,
            order,
            page,
            count: match read.count {
                _ if read.key.is_some() => Count::None,
                CountMode::Exact => Count::Exact,
                CountMode::Estimate => Count::Estimate,
                CountMode::None => Count::None,
            },
            single: read.key.is_some(),
        })
    }

    fn rows(&self) -> Result<Rows> {
        let read = self.read;
        let strict = read.unknown == UnknownNames::RefusedEverywhere;
        Fields::new(self.names, strict).rows(self.collection, read)
    }

    // ---- order ----

    pub(super) fn bounded_sort(&self) -> Result<()> {
        let count = self.read.sort.len();
        if count > SORT_KEYS_MAX {
            let why = format!("{count} sort keys are over the limit of {SORT_KEYS_MAX}");
            return Err(Error::new(Code::InvalidQuery, why).at("sort"));
        }
        Ok(())
    }

    fn order(&self, searched: bool) -> Result<Vec<OrderBy>> {
        self.bounded_sort()?;
        let mut order = Vec::with_capacity(self.read.sort.len() + 1);
        if self.read.sort.is_empty() && self.read.by_relevance && searched {
            order.push(OrderBy { by: Order::Relevance, direction: Direction::Descending });
        }
        let mut keyed = false;
        for asked in &self.read.sort {
            if asked.path == DISTANCE {
                match self.distance(asked) {
                    Err(error)
                        if self.read.unknown == UnknownNames::Empty
                            && error.code() == Code::UnknownField => {}
                    by => order.push(OrderBy { by: by?, direction: asked.direction }),
                }
                continue;
            }
            let column = match self.sort_column(asked) {
                Err(error)
                    if self.read.unknown == UnknownNames::Empty
                        && error.code() == Code::UnknownField =>
                {
                    continue;
                }
                column => column?,
            };
            // A column the collection lacks is NULL everywhere and orders nothing.
            if column.null {
                continue;
            }
            keyed |= column.hops.is_empty() && column.field == self.collection.primary_key;
            order.push(OrderBy { by: Order::Column(column), direction: asked.direction });
        }
        if !keyed && let Some(key) = own_column(self.collection, &self.collection.primary_key) {
            // The way of the column before it, so that an order told backwards is the order
            // backwards, and one index serves both.
            let direction = match order.last() {
                Some(OrderBy { by: Order::Column(_), direction }) => *direction,
                Some(_) | None => Direction::Ascending,
            };
            order.push(OrderBy { by: Order::Column(key), direction });
        }
        Ok(order)
    }

    fn sort_column(&self, asked: &SortAsked) -> Result<Ref> {
        let at = format!("sort.{}", asked.path);
        let column = self.names.column_at(self.collection, &asked.path, &at)?;
        self.plain(&column, &asked.path, "sorted by", &at)?;
        Ok(column)
    }

    /// Metres between a geometry and a place.
    fn distance(&self, asked: &SortAsked) -> Result<Order> {
        let at = format!("sort.{DISTANCE}");
        let wrong = |at: String, why: String| Error::new(Code::InvalidQuery, why).at(at);
        let Some(distance) = &asked.distance else {
            let why = format!("`{DISTANCE}` needs the place to measure from");
            return Err(wrong(at, why).hint(
                r#"for example {"_distance": {"target": [13.4, 52.5], "column": "place"}}"#,
            ));
        };
        let column_at = format!("{at}.column");
        let column = self.names.column_at(self.collection, &distance.column, &column_at)?;
        if !matches!(column.kind, FieldKind::Geo(_)) {
            let why = format!(
                "`{}` is {}; distances are measured to geometries",
                distance.column,
                column.kind.name()
            );
            return Err(wrong(column_at, why));
        }
        let place = place(&distance.target)
            .map_err(|why| wrong(format!("{at}.target"), format!("`target`: {why}")))?;
        Ok(Order::Distance { column, place: place.text })
    }

    /// Refuses columns without an order that both stores share.
    pub(super) fn plain(&self, column: &Ref, path: &str, verb: &str, at: &str) -> Result<()> {
        let kind = kind_after(column);
        if kind.is_json() || kind == FieldKind::Binary {
            return Err(Error::new(
                Code::InvalidQuery,
                format!("`{path}` is {}, which cannot be {verb}", kind.name()),
            )
            .at(at));
        }
        Ok(())
    }

    // ---- page ----

    fn page(&self, order: &[OrderBy], search: Option<&Search>, grouped: bool) -> Result<Page> {
        let read = self.read;
        if read.key.is_some() {
            return Ok(Page { limit: Some(1), ..Page::default() });
        }
        let cap = if read.uncapped { None } else { Some(self.scope.limits.page_size_max) };
        let asked = match read.limit {
            None if read.page.is_some() => Some(PAGE_SIZE_DEFAULT),
            None | Some(-1) => None,
            Some(limit) => Some(page_size(limit)?),
        };
        let (limit, capped) = match (asked, cap) {
            (asked, None) => (asked, false),
            (Some(limit), Some(cap)) if limit <= cap => (asked, false),
            (_, cap) => (cap, true),
        };
        if let Some(after) = &read.after {
            // A page left aside would be answered as another, without a word.
            let counted = [("page", read.page), ("offset", read.offset)];
            if let Some((name, _)) = counted.iter().find(|(_, asked)| asked.is_some()) {
                let why = format!(
                    "`after` goes on behind a row and `{name}` counts from the first one; a read has one of them"
                );
                return Err(Error::new(Code::InvalidQuery, why).at("after"));
            }
            if grouped {
                return Err(Error::new(Code::InvalidQuery, "grouped reads have no cursor")
                    .at("after")
                    .hint("use `page` or `offset`"));
            }
            let mark = mark(order, search);
            let after = if after.is_empty() { None } else { Some(cursor(after, &mark, order)?) };
            return Ok(Page { limit, offset: 0, after, cursor: true, mark, capped });
        }
        let offset = match (read.page, asked) {
            // All rows have one page.
            (Some(_), None) => 0,
            (Some(page), Some(asked)) => {
                page.max(1).saturating_sub(1).saturating_mul(limit.unwrap_or(asked))
            }
            (None, _) => read.offset.unwrap_or(0),
        };
        // SQL counts rows in signed 64 bits.
        let offset = offset.min(i64::MAX.unsigned_abs());
        Ok(Page { limit, offset, capped, ..Page::default() })
    }

    // ---- search ----

    fn search(&self) -> Result<Searched> {
        let Some(text) = &self.read.search else { return Ok(Searched::Nothing) };
        let mut words: Vec<String> = Vec::new();
        for word in WORD.find_iter(text).map(|word| word.as_str()) {
            // Sign by sign, as both stores fold: `İ` alone would become two signs, and two words.
            let lower = |sign: char| sign.to_lowercase().next().unwrap_or(sign);
            let word: String = word.chars().map(lower).collect();
            if !words.contains(&word) {
                words.push(word);
            }
        }
        if words.is_empty() {
            // A sign that is no word is in no text, as a word too common to be looked for.
            let blank = text.trim().is_empty();
            return Ok(if blank { Searched::Nothing } else { Searched::Nowhere });
        }
        if words.len() > SEARCH_WORDS_MAX {
            return Err(Error::new(
                Code::InvalidQuery,
                format!("a search may have {SEARCH_WORDS_MAX} words, not {}", words.len()),
            )
            .at("search"));
        }
        let fields = self.search_fields()?;
        if fields.is_empty() {
            return Ok(Searched::Nowhere);
        }
        Ok(Searched::For(Search { words, fields }))
    }

    fn search_fields(&self) -> Result<Vec<String>> {
        let named = |name: &str| self.names.field(self.collection, &[], name);
        let fields = || self.collection.fields.keys().filter_map(|name| named(name));
        if self.read.search_fields.is_empty() {
            // Tokens are secret-like; everything else that is read as text is searched.
            let searched = fields().filter(|field| {
                (field.kind.is_text() || field.kind == FieldKind::Uuid)
                    && field.kind != FieldKind::Token
            });
            return Ok(searched.map(|field| field.name.clone()).collect());
        }
        let mut found: Vec<String> = Vec::new();
        for name in &self.read.search_fields {
            let at = format!("searchFields.{name}");
            let field =
                named(name).ok_or_else(|| self.names.unknown(self.collection, &[], name, &at))?;
            if !field.kind.is_text() && field.kind != FieldKind::Uuid {
                return Err(Error::new(
                    Code::InvalidQuery,
                    format!("`{name}` is {}, which is not searched", field.kind.name()),
                )
                .at(at)
                .hint("searchFields takes text fields"));
            }
            if !found.contains(&field.name) {
                found.push(field.name.clone());
            }
        }
        Ok(found)
    }
}

/// What a search text comes to.
enum Searched {
    For(Search),
    /// Nothing was asked: no restriction.
    Nothing,
    /// No words, or no field to look for them in: no record.
    Nowhere,
}

/// The values of a cursor in the canonical form of the sort keys they must belong to.
fn cursor(text: &str, mark: &str, order: &[OrderBy]) -> Result<Vec<Value>> {
    let (told, values) = decode_cursor(text)?;
    let typed: Option<Vec<Value>> = if told == mark && values.len() == order.len() {
        values.iter().zip(order).map(|(value, key)| typed(value, &key.by)).collect()
    } else {
        None
    };
    typed.ok_or_else(|| {
        Error::new(Code::InvalidQuery, "`after` belongs to a read with another sort")
            .at("after")
            .hint("send the same `sort` with every page of one walk")
    })
}

fn typed(value: &Value, key: &Order) -> Option<Value> {
    if matches!(key, Order::Distance { .. } | Order::Relevance) {
        return match value {
            Value::Null | Value::Real(_) => Some(value.clone()),
            // Whole metres and counts may come back without their point.
            #[expect(clippy::cast_precision_loss, reason = "neither has more than 8 digits")]
            Value::Int(metres) => Some(Value::Real(*metres as f64)),
            Value::Bool(_) | Value::Text(_) | Value::Bytes(_) => None,
        };
    }
    let Order::Column(column) = key else { return None };
    let kind = kind_after(column);
    let json = match value {
        Value::Null => return Some(Value::Null),
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(n) => Json::from(*n),
        Value::Real(_) if matches!(kind, FieldKind::Real | FieldKind::Double) => {
            return Some(value.clone());
        }
        Value::Text(text) if !matches!(kind, FieldKind::Boolean) => Json::String(text.clone()),
        Value::Real(_) | Value::Text(_) | Value::Bytes(_) => return None,
    };
    if kind.is_text() && !matches!(value, Value::Text(_)) {
        return None;
    }
    if let Json::String(text) = &json
        && has_no_spelling(&kind, text)
    {
        return Some(value.clone());
    }
    let given = coerce_operand(&kind, &json).ok()?;
    // A moment that is finer than it is shown is where it was, once it is known to be one.
    let finer = column.loose && matches!(kind, FieldKind::DateTime | FieldKind::DateTimeNoTz);
    Some(if finer { value.clone() } else { given })
}

/// Whether it is what Postgres itself calls a value that has no spelling here, at which a page of an
/// adopted table may end: a number that is none, a moment without end or outside the years of four
/// digits.
fn has_no_spelling(kind: &FieldKind, text: &str) -> bool {
    match kind {
        FieldKind::Decimal { .. } => matches!(text, "NaN" | "Infinity" | "-Infinity"),
        FieldKind::Date | FieldKind::DateTime | FieldKind::DateTimeNoTz => {
            let of_moments = |sign: u8| sign.is_ascii_digit() || b" -:.+BC".contains(&sign);
            let date = text.split(' ').next().unwrap_or_default();
            let year = date.split('-').next().unwrap_or_default();
            let beyond = year.len() > 4 || text.ends_with(" BC");
            let whole = year.len() >= 4 && date.split('-').count() == 3;
            matches!(text, "infinity" | "-infinity")
                || (beyond && whole && text.bytes().all(of_moments))
        }
        _ => false,
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
