//! The body of `aggregate` (`spec/compat.md` A2.1): groups, what is computed in each, and which of
//! them are told.

use super::filter::{parse, wrong};
use super::request::{capped, field_name, matching, read};
use base::{Code, Error, Limits, Result, nearest};
use indexmap::IndexMap;
use query::{AggregateAsked, AggregateFunction, Direction, Filter, Read, SortAsked};
use serde_json::{Map, Value as Json};

/// Most rows of one answer.
const ROWS_MAX: i64 = 1_000;
/// Most fields that records are grouped by.
const GROUPS_MAX: usize = 4;

/// What may stand in the body, as the SDK spells it and as the documents do.
const KEYS: [(&str, &str); 11] = [
    ("query", "query"),
    ("groupBy", "group_by"),
    ("dateBucket", "date_bucket"),
    ("count", "count"),
    ("sum", "sum"),
    ("avg", "avg"),
    ("min", "min"),
    ("max", "max"),
    ("countDistinct", "count_distinct"),
    ("having", "having"),
    ("sort", "sort"),
];
const LIMIT: &str = "limit";

/// The measures, and what their columns are called before the name of the field.
const MEASURES: [(&str, &str, AggregateFunction); 5] = [
    ("sum", "sum_", AggregateFunction::Sum),
    ("avg", "avg_", AggregateFunction::Avg),
    ("min", "min_", AggregateFunction::Min),
    ("max", "max_", AggregateFunction::Max),
    ("countDistinct", "count_distinct_", AggregateFunction::Distinct),
];

/// What a condition on something computed may ask.
const COMPARISONS: [&str; 10] =
    ["eq", "ne", "gt", "gte", "lt", "lte", "in", "notIn", "isNull", "isNotNull"];

/// A call of `aggregate`.
#[derive(Debug)]
pub(crate) struct Aggregation {
    /// The groups, one more than may be told, so that the answer knows whether it was cut. With
    /// `having` all of them, since only then are they counted off.
    pub(crate) read: Read,
    /// Which groups are told, by the names of what is computed.
    pub(crate) having: Option<Filter>,
    /// Most rows to answer.
    pub(crate) most: i64,
    /// The field whose moments share a group, as the caller named it, and the keys that are its
    /// span.
    pub(crate) bucket: Option<Bucket>,
}

/// A span of time that moments are put into.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) field: String,
    pub(crate) unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Day,
    /// From Monday, as ISO counts.
    Week,
    Month,
    Year,
}

impl Unit {
    /// The parts of a date that are alike within one span, and differ between two.
    fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Day => &["year", "month", "day"],
            Self::Week => &["isoyear", "week"],
            Self::Month => &["year", "month"],
            Self::Year => &["year"],
        }
    }
}

/// Reads the body of `POST E/aggregate`.
pub(crate) fn aggregate(entity: &str, body: &Json, limits: &Limits) -> Result<Aggregation> {
    let body = Body::of(body)?;
    let filter = match body.get("query") {
        None => None,
        Some((at, json)) => matching(json, at, limits)?,
    };
    let groups = body.names("groupBy")?;
    if groups.len() > GROUPS_MAX {
        let what = format!("takes at most {GROUPS_MAX} fields, not {}", groups.len());
        return Err(invalid("groupBy", &what));
    }
    let mut group_by = Vec::with_capacity(groups.len());
    for name in &groups {
        group_by.push(field_name(name, "groupBy")?);
    }
    let bucket = body.bucket()?;
    let mut spans = Vec::new();
    if let Some(bucket) = &bucket {
        let path = field_name(&bucket.field, "dateBucket.field")?;
        spans.extend(bucket.unit.parts().iter().map(|part| format!("date:{part}:{path}")));
        group_by.extend(spans.iter().cloned());
    }
    let aggregate = body.measures()?;
    if group_by.is_empty() && aggregate.is_empty() {
        return Err(invalid("count", "is false and nothing else is asked for"));
    }
    let having = match body.get("having") {
        None => None,
        Some((at, json)) => having(json, at, &aggregate, limits)?,
    };
    let mut sort = Vec::new();
    if let Some((name, direction)) = body.sort()? {
        let plain = |path: String| SortAsked { path, direction, distance: None };
        if aggregate.contains_key(&name) {
            sort.push(plain(name));
        } else if groups.contains(&name) {
            sort.push(plain(field_name(&name, "sort")?));
        } else if bucket.as_ref().is_some_and(|bucket| bucket.field == name) {
            sort.extend(spans.into_iter().map(plain));
        } else {
            let known = aggregate.keys().chain(&groups).map(String::as_str);
            return Err(named(&name, "sort", known));
        }
    }
    let most = capped(body.limit()?, ROWS_MAX, ROWS_MAX);
    let limit = if having.is_some() { -1 } else { most + 1 };
    let read = Read { filter, group_by, aggregate, sort, limit: Some(limit), ..read(entity) };
    Ok(Aggregation { read, having, most, bucket })
}

/// Conditions on what is computed, by its names alone.
fn having(
    json: &Json,
    at: &str,
    known: &IndexMap<String, AggregateAsked>,
    limits: &Limits,
) -> Result<Option<Filter>> {
    if !json.is_object() {
        return Err(invalid(at, "is an object"));
    }
    let filter = parse(json, at, limits)?;
    judged(&filter, known)?;
    Ok((filter != Filter::All(Vec::new())).then_some(filter))
}

fn judged(filter: &Filter, known: &IndexMap<String, AggregateAsked>) -> Result<()> {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => {
            parts.iter().try_for_each(|part| judged(part, known))
        }
        Filter::Not(part) => judged(part, known),
        Filter::Test(test) if !known.contains_key(&test.path) => {
            Err(named(&test.path, &test.at, known.keys().map(String::as_str))
                .hint("`having` asks of what is computed; conditions on fields stand in `query`"))
        }
        Filter::Test(test) if !COMPARISONS.contains(&test.operator.as_str()) => {
            Err(wrong(&test.at, "is a number or a moment: it is compared"))
        }
        Filter::Test(_) => Ok(()),
    }
}

/// The body by the SDK's names.
struct Body<'a>(Map<String, Json>, &'a Map<String, Json>);

impl<'a> Body<'a> {
    fn of(json: &'a Json) -> Result<Self> {
        let map = json.as_object().ok_or_else(|| invalid("body", "is an object"))?;
        let mut named = Map::new();
        for key in map.keys() {
            let known = KEYS.iter().find(|(ours, other)| key == ours || key == other);
            let name = match known {
                Some((name, _)) => *name,
                None if key == LIMIT => LIMIT,
                None => {
                    let error = invalid(key, "is no part of an aggregate");
                    let names = KEYS.iter().map(|(name, _)| *name).chain([LIMIT]);
                    return Err(match nearest(key, names) {
                        Some(near) => error.hint(format!("did you mean `{near}`?")),
                        None => error,
                    });
                }
            };
            if named.insert(name.to_owned(), Json::String(key.clone())).is_some() {
                return Err(invalid(key, "stands twice, in both its spellings"));
            }
        }
        Ok(Self(named, map))
    }

    /// A value, and where it stands. What is null is not there.
    fn get(&self, name: &str) -> Option<(&str, &'a Json)> {
        let key = self.0.get(name).and_then(Json::as_str)?;
        self.1.get(key).filter(|value| !value.is_null()).map(|value| (key, value))
    }

    /// One name or a list of them.
    fn names(&self, name: &str) -> Result<Vec<String>> {
        let Some((at, value)) = self.get(name) else { return Ok(Vec::new()) };
        let mut names: Vec<String> = Vec::new();
        let items = match value {
            Json::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for item in items {
            let item = item.as_str().ok_or_else(|| invalid(at, "takes names of fields"))?;
            if !names.iter().any(|known| known == item) {
                names.push(item.to_owned());
            }
        }
        Ok(names)
    }

    fn measures(&self) -> Result<IndexMap<String, AggregateAsked>> {
        let mut all = IndexMap::new();
        let counted = match self.get("count") {
            None | Some((_, Json::Bool(true))) => true,
            Some((_, Json::Bool(false))) => false,
            Some((at, _)) => return Err(invalid(at, "takes true or false")),
        };
        if counted {
            let asked =
                AggregateAsked { function: AggregateFunction::Count, field: String::from("*") };
            all.insert(String::from("count"), asked);
        }
        for (key, prefix, function) in MEASURES {
            for name in self.names(key)? {
                let field = field_name(&name, key)?;
                all.insert(format!("{prefix}{name}"), AggregateAsked { function, field });
            }
        }
        Ok(all)
    }

    fn bucket(&self) -> Result<Option<Bucket>> {
        let Some((at, value)) = self.get("dateBucket") else { return Ok(None) };
        let text = |key: &str| value.get(key).and_then(Json::as_str);
        let field = text("field").ok_or_else(|| invalid(at, "takes {field, unit}"))?.to_owned();
        let unit = match text("unit") {
            Some("day") => Unit::Day,
            Some("week") => Unit::Week,
            Some("month") => Unit::Month,
            Some("year") => Unit::Year,
            _ => {
                let at = format!("{at}.unit");
                return Err(invalid(&at, "is `day`, `week`, `month` or `year`"));
            }
        };
        Ok(Some(Bucket { field, unit }))
    }

    /// One name, `-` before it for the largest first.
    fn sort(&self) -> Result<Option<(String, Direction)>> {
        let Some((at, value)) = self.get("sort") else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| invalid(at, "takes one name"))?;
        Ok(match (text.strip_prefix('-'), text.strip_prefix('+')) {
            _ if text.is_empty() => None,
            (Some(name), _) => Some((name.to_owned(), Direction::Descending)),
            (None, Some(name)) => Some((name.to_owned(), Direction::Ascending)),
            (None, None) => Some((text.to_owned(), Direction::Ascending)),
        })
    }

    fn limit(&self) -> Result<Option<u64>> {
        let Some((at, value)) = self.get(LIMIT) else { return Ok(None) };
        value.as_u64().map(Some).ok_or_else(|| invalid(at, "is a whole number from 0"))
    }
}

fn invalid(at: &str, what: &str) -> Error {
    let last = at.rsplit('.').next().unwrap_or(at);
    Error::new(Code::InvalidBody, format!("`{last}` {what}")).at(at)
}

/// The refusal of a name that is neither computed nor grouped by.
fn named<'k>(name: &str, at: &str, known: impl Iterator<Item = &'k str>) -> Error {
    let error = Error::new(Code::InvalidBody, format!("`{name}` is not computed here")).at(at);
    match nearest(name, known) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}
