//! An evaluator of its own: what a question answers, by reading every record and thinking. It
//! shares no line with the server. Where a question asks for something that the model does not
//! know, it says so instead of guessing.

mod document;
mod group;
mod list;
mod project;
mod stored;
mod test;
mod text;
mod value;

use super::values::{Family, Type};
use super::world::World;
use crate::harness::{Answer, App};
use serde_json::{Map, Value as Json, json};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use value::Key;

pub(super) type Row = Map<String, Json>;

/// SQL's truth: `None` is unknown.
type Truth = Option<bool>;

/// Why the model does not judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unsure(pub(super) &'static str);

type Judged<T> = Result<T, Unsure>;

/// Most combinations of related records that are thought through for one record.
const COMBINATIONS_MAX: usize = 20_000;

/// All records, by the place of their collection in the world.
pub(super) struct Model<'w> {
    world: &'w World,
    tables: Vec<Vec<Row>>,
}

/// What a relation leads to.
struct Walk {
    target: usize,
    near: &'static str,
    far: &'static str,
    /// Of any: only where the near record names this collection.
    only: Option<&'static str>,
}

/// A column at the end of a path of relations.
struct Column {
    path: String,
    name: String,
    kind: &'static Type,
}

/// One record for each path of a question; the root's is empty.
type Joined<'m> = BTreeMap<String, Option<&'m Row>>;

impl<'w> Model<'w> {
    /// Reads every record of every collection.
    pub(super) async fn of(world: &'w World, app: &App) -> Self {
        let mut tables = Vec::new();
        for collection in &world.collections {
            let parameters =
                json!({ "fields": ["*"], "paranoid": false, "limit": -1, "sort": "id" });
            let answer = app.admin().find(collection.name, parameters).await;
            let rows = answer.expect_status(200).body["data"].as_array().expect("rows");
            tables.push(rows.iter().filter_map(|row| row.as_object().cloned()).collect());
        }
        Self { world, tables }
    }

    /// What the answer to these parameters must hold: `data` and `totalCount`.
    pub(super) fn expected(&self, at: usize, parameters: &Json) -> Judged<Expected> {
        let deleted = parameters["paranoid"] == json!(false);
        if parameters.get("search").is_some() {
            return Err(Unsure("a search"));
        }
        if parameters["numbers"] == "string" {
            return Err(Unsure("numbers as texts"));
        }
        let view = View { model: self, deleted };
        let rows = view.found(at, parameters.get("filter"))?;
        // Nothing to compute and nothing to group by is a list.
        let asked = |name: &str| match parameters.get(name) {
            Some(Json::Object(map)) => !map.is_empty(),
            Some(Json::Array(list)) => !list.is_empty(),
            _ => false,
        };
        if asked("aggregate") || asked("groupBy") {
            return view.groups(at, rows, parameters);
        }
        view.list(at, rows, parameters)
    }

    /// Bounds of a search: records that must be found, and those that may be.
    pub(super) fn searched(&self, at: usize, parameters: &Json) -> Judged<(Vec<Json>, Vec<Json>)> {
        let view = View { model: self, deleted: parameters["paranoid"] == json!(false) };
        let rows = view.found(at, parameters.get("filter"))?;
        let words: Vec<&str> =
            parameters["search"].as_str().unwrap_or_default().split_whitespace().collect();
        let plain =
            |word: &str| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
        if words.is_empty() || !words.iter().all(|word| plain(word)) {
            return Err(Unsure("a search for more than plain words"));
        }
        if parameters.get("searchFields").is_some() {
            return Err(Unsure("a search in some fields"));
        }
        let fields = &self.world.collections[at].fields;
        let texts = fields.iter().filter(|field| {
            field.kind.family == Family::Text
                && field.kind.name != "CiText"
                && field.kind.name != "TOKEN"
        });
        let texts: Vec<&String> = texts.map(|field| &field.name).collect();
        let holds = |row: &Row| {
            words.iter().all(|word| {
                texts.iter().any(|name| {
                    let text = row[*name].as_str().unwrap_or_default();
                    text.split(' ').any(|one| one == *word)
                })
            })
        };
        let id = |row: &&Row| row["id"].clone();
        let must = rows.iter().filter(|row| holds(row)).map(id).collect();
        Ok((must, rows.iter().map(id).collect()))
    }
}

/// What an answer must hold.
pub(super) struct Expected {
    /// The rows, as far as they are known: in their order, or in any.
    pub(super) rows: Rows,
    pub(super) total: usize,
}

pub(super) enum Rows {
    InOrder(Vec<Json>),
    InAnyOrder(Vec<Json>),
    /// So many of these.
    Some(usize, Vec<Json>),
}

impl Expected {
    /// Why an answer is not this one.
    pub(super) fn refuses(&self, answer: &Answer) -> Option<String> {
        let found = answer.body["data"].as_array().cloned().unwrap_or_default();
        if answer.body["totalCount"] != json!(self.total) {
            return Some(format!(
                "totalCount {} instead of {}",
                answer.body["totalCount"], self.total
            ));
        }
        let among = |wanted: &[Json]| {
            let mut left: Vec<&Json> = wanted.iter().collect();
            found.iter().all(|row| match left.iter().position(|one| same(one, row)) {
                Some(at) => {
                    left.swap_remove(at);
                    true
                }
                None => false,
            })
        };
        let (right, wanted) = match &self.rows {
            Rows::InOrder(rows) => (
                rows.len() == found.len() && rows.iter().zip(&found).all(|(a, b)| same(a, b)),
                rows,
            ),
            Rows::InAnyOrder(rows) => (rows.len() == found.len() && among(rows), rows),
            Rows::Some(count, rows) => (*count == found.len() && among(rows), rows),
        };
        (!right).then(|| format!("the model says {}", json!(wanted)))
    }
}

/// The same row. What the clock put in differs; what was computed with floats may differ in its
/// last digits (that both stores agree is seen elsewhere).
fn same(wanted: &Json, found: &Json) -> bool {
    match (wanted, found) {
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, a)| match b.get(key) {
                    Some(b) if key.ends_with("edAt") => a.is_null() == b.is_null(),
                    Some(b) => same(a, b),
                    None => false,
                })
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Number(a), Json::Number(b)) => {
            let (a, b) = (a.to_string(), b.to_string());
            a == b || near(&a, &b)
        }
        (a, b) => a == b,
    }
}

fn near(a: &str, b: &str) -> bool {
    let (Ok(a), Ok(b)) = (a.parse::<f64>(), b.parse::<f64>()) else { return false };
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

/// The records as one question sees them.
struct View<'m, 'w> {
    model: &'m Model<'w>,
    /// Records marked as deleted count too.
    deleted: bool,
}

impl<'m> View<'m, '_> {
    fn walk(&self, at: usize, name: &str) -> Option<Walk> {
        let walk = |target, near, far| Some(Walk { target, near, far, only: None });
        let collection = self.model.world.collections[at].name;
        match (collection, name) {
            ("alpha", "betas") => walk(1, "id", "alpha_id"),
            ("alpha", "parent") => walk(0, "parent_id", "id"),
            ("alpha", "children") => walk(0, "id", "parent_id"),
            ("alpha", "tags") => walk(3, "id", "alpha_id"),
            ("alpha", "items") => walk(4, "id", "alpha_id"),
            ("beta", "alpha") => walk(0, "alpha_id", "id"),
            ("beta", "gammas") => walk(2, "id", "beta_id"),
            ("beta", "twin") => walk(2, "twin_id", "id"),
            ("gamma", "beta") => walk(1, "beta_id", "id"),
            ("gamma", "owners") => walk(3, "id", "gamma_id"),
            ("gamma", "twin_of") => walk(1, "id", "twin_id"),
            ("alpha_gamma_tags_junction", "alpha") => walk(0, "alpha_id", "id"),
            ("alpha_gamma_tags_junction", "gamma") => walk(2, "gamma_id", "id"),
            ("alpha_items_junction", "alpha") => walk(0, "alpha_id", "id"),
            ("alpha_items_junction", "beta") => {
                Some(Walk { target: 1, near: "item_id", far: "id", only: Some("beta") })
            }
            ("alpha_items_junction", "gamma") => {
                Some(Walk { target: 2, near: "item_id", far: "id", only: Some("gamma") })
            }
            _ => None,
        }
    }

    /// A relation that leads to one record at most.
    fn leads_to_one(&self, at: usize, name: &str) -> bool {
        !matches!(
            (self.model.world.collections[at].name, name),
            ("alpha", "betas" | "children" | "tags" | "items")
                | ("beta", "gammas")
                | ("gamma", "owners")
        )
    }

    fn visible(&self, row: &Row) -> bool {
        self.deleted || row.get("deletedAt").is_none_or(Json::is_null)
    }

    fn table(&self, at: usize) -> impl Iterator<Item = &'m Row> {
        self.model.tables[at].iter().filter(|row| self.visible(row))
    }

    /// The records that a relation leads to, by their keys.
    fn far(&self, at: usize, row: &Row, name: &str) -> Judged<(usize, Vec<&'m Row>)> {
        let walk = self.walk(at, name).ok_or(Unsure("a relation that the model does not know"))?;
        let near = row.get(walk.near).cloned().unwrap_or_default();
        let kept = walk.only.is_none_or(|only| row["collection"] == only);
        if near.is_null() || !kept {
            return Ok((walk.target, Vec::new()));
        }
        let near = crate::harness::plain(&near);
        let far = self.table(walk.target).filter(|row| {
            let key = &row[walk.far];
            !key.is_null() && crate::harness::plain(key) == near
        });
        Ok((walk.target, far.collect()))
    }

    /// A dotted name as a column.
    fn column(&self, at: usize, dotted: &str) -> Judged<Column> {
        let (path, name) = dotted.rsplit_once('.').unwrap_or(("", dotted));
        let mut here = at;
        for hop in path.split('.').filter(|hop| !hop.is_empty()) {
            here = self.walk(here, hop).ok_or(Unsure("an unknown path"))?.target;
        }
        let field =
            self.model.world.collections[here].fields.iter().find(|field| field.name == name);
        let kind = field.ok_or(Unsure("an unknown column"))?.kind;
        Ok(Column { path: path.to_owned(), name: name.to_owned(), kind })
    }

    /// Every way to put one related record at each of the paths: each path is walked once.
    fn joined(&self, at: usize, row: &'m Row, paths: &BTreeSet<String>) -> Judged<Vec<Joined<'m>>> {
        let mut all = BTreeSet::new();
        for path in paths {
            let mut so_far = String::new();
            for hop in path.split('.').filter(|hop| !hop.is_empty()) {
                if !so_far.is_empty() {
                    so_far.push('.');
                }
                so_far.push_str(hop);
                all.insert(so_far.clone());
            }
        }
        let mut places: BTreeMap<String, usize> = BTreeMap::from([(String::new(), at)]);
        let mut ways: Vec<Joined<'m>> = vec![BTreeMap::from([(String::new(), Some(row))])];
        // A path stands behind its beginning: sorted by length of the text.
        let mut all: Vec<String> = all.into_iter().collect();
        all.sort_by_key(String::len);
        for path in all {
            let (before, name) = path.rsplit_once('.').unwrap_or(("", path.as_str()));
            let place = places[before];
            let target = self.walk(place, name).ok_or(Unsure("an unknown path"))?.target;
            let mut next = Vec::with_capacity(ways.len());
            for way in ways {
                let far = match way[before] {
                    Some(row) => self.far(place, row, name)?.1,
                    None => Vec::new(),
                };
                if far.is_empty() {
                    let mut way = way;
                    way.insert(path.clone(), None);
                    next.push(way);
                } else {
                    for one in far {
                        let mut way = way.clone();
                        way.insert(path.clone(), Some(one));
                        next.push(way);
                    }
                }
                if next.len() > COMBINATIONS_MAX {
                    return Err(Unsure("too many combinations of related records"));
                }
            }
            places.insert(path, target);
            ways = next;
        }
        Ok(ways)
    }

    /// The records of a collection that satisfy a filter.
    fn found(&self, at: usize, filter: Option<&Json>) -> Judged<Vec<&'m Row>> {
        let Some(filter) = filter else { return Ok(self.table(at).collect()) };
        let mut found = Vec::new();
        for row in self.table(at) {
            if self.satisfies(at, row, filter)? {
                found.push(row);
            }
        }
        // A question that nobody is asked is judged all the same.
        if self.model.tables[at].is_empty() {
            return Err(Unsure("no records"));
        }
        Ok(found)
    }

    fn satisfies(&self, at: usize, row: &'m Row, filter: &Json) -> Judged<bool> {
        let mut paths = BTreeSet::new();
        self.paths(at, filter, &mut paths)?;
        for way in self.joined(at, row, &paths)? {
            if self.holds(at, filter, &way)? == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn value(&self, way: &Joined<'m>, column: &Column) -> Json {
        let row = way.get(&column.path).copied().flatten();
        row.and_then(|row| row.get(&column.name)).cloned().unwrap_or_default()
    }

    fn key_of(&self, way: &Joined<'m>, column: &Column) -> Judged<Option<Key>> {
        let value = self.value(way, column);
        if value.is_null() { Ok(None) } else { value::key(column.kind, &value).map(Some) }
    }
}

/// The order of two sort keys: NULL is the largest.
fn ordered(a: &Option<Key>, b: &Option<Key>, descending: bool) -> Ordering {
    let order = match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => a.order(b),
    };
    if descending { order.reverse() } else { order }
}

/// Whether values of a type have an order that questions use.
fn has_order(kind: &Type) -> bool {
    !matches!(
        kind.family,
        Family::Json | Family::Array | Family::Range | Family::Geo | Family::Binary
    )
}
