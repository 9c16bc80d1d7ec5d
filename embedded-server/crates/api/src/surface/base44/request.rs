//! From the bytes of a request to what it asks (`spec/compat.md` A2, A3). Pure: imports `base` and
//! `query` only.

use super::filter::{parameter, parse, wrong};
use super::{SERVER_FIELDS, home_name};
use base::{Code, Error, Limits, Result, nearest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use query::{CountMode, Direction, Filter, Operation, Read, SortAsked, UnknownNames, Write};
use serde_json::{Map, Value as Json, json};
use std::collections::HashSet;

/// Most records of one list, and how many it answers when none is told: the entities document.
const LIMIT_MAX: i64 = 5_000;
/// Records of a page with a cursor when none is told: the SDK always sends it.
const PAGE_LIMIT: i64 = 100;
/// Most distinct values of one answer.
const DISTINCT_MAX: i64 = 1_000;
/// Most records of one bulk update or `updateMany`.
pub(super) const BULK_MAX: usize = 500;

/// The parameters of `GET E`; any other is an equality on the field of that name.
const LIST: [&str; 5] = ["q", "sort", "limit", "skip", "fields"];
const PAGE: [&str; 6] = ["q", "sort", "limit", "cursor", "fields", "distinct"];

/// `list` and `filter`: a bare array.
pub(crate) fn list(entity: &str, query: &str, limits: &Limits) -> Result<Read> {
    let params = Params::parse(query);
    let mut parts = Vec::new();
    if let Some(filter) = params.filter("q", limits)? {
        parts.push(filter);
    }
    for (name, value) in params.0.iter().filter(|(name, _)| !LIST.contains(&name.as_str())) {
        if name.is_empty() || name.starts_with('$') || name.split('.').any(str::is_empty) {
            return Err(wrong(name, "is neither a parameter nor a field"));
        }
        parts.push(parameter(name, value, limits)?);
    }
    Ok(Read {
        filter: all(parts),
        sort: sort(params.get("sort"))?,
        limit: Some(capped(params.natural("limit")?, LIMIT_MAX, LIMIT_MAX)),
        offset: params.natural("skip")?,
        fields: fields(params.get("fields"))?,
        ..read(entity)
    })
}

/// One page of `v2/list`, with what its cursor must carry on.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) read: Read,
    /// The parameters that belong to the question, as they were sent.
    question: Map<String, Json>,
}

impl Page {
    /// The cursor of the next page: the question and the place in its answer. Distinct values
    /// have one page.
    pub(crate) fn cursor(&self, after: &str) -> Option<String> {
        self.read.after.as_ref()?;
        let told = json!({ "of": self.read.collection, "ask": self.question, "after": after });
        Some(URL_SAFE_NO_PAD.encode(told.to_string()))
    }
}

/// `GET E/v2/list`.
pub(crate) fn page(entity: &str, query: &str, limits: &Limits) -> Result<Page> {
    let mut params = Params::parse(query);
    params.only(&PAGE)?;
    let mut after = String::new();
    if let Some(cursor) = params.get("cursor").map(str::to_owned) {
        let (question, place) = opened(&cursor, entity)?;
        for name in ["q", "sort", "fields"] {
            let told = question.get(name).and_then(Json::as_str);
            match (params.get(name), told) {
                (Some(sent), told) if Some(sent) != told => {
                    return Err(Error::new(
                        Code::InvalidQuery,
                        format!("the cursor belongs to another `{name}`"),
                    )
                    .at("cursor")
                    .hint("send a cursor alone, or with what the first page was asked with"));
                }
                (None, Some(told)) => params.0.push((name.to_owned(), told.to_owned())),
                _ => {}
            }
        }
        after = place;
    }
    let question = ["q", "sort", "fields"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), Json::String(params.get(name)?.to_owned()))))
        .collect();
    let filter = params.filter("q", limits)?;
    let limit = params.natural("limit")?;
    let read = match params.get("distinct") {
        None => Read {
            filter,
            sort: sort(params.get("sort"))?,
            limit: Some(capped(limit, PAGE_LIMIT, LIMIT_MAX)),
            after: Some(after),
            fields: fields(params.get("fields"))?,
            ..read(entity)
        },
        Some(_) if !after.is_empty() => {
            return Err(wrong("cursor", "goes on with records, not with distinct values"));
        }
        Some(field) => {
            let path = field_name(field, "distinct")?;
            Read {
                filter,
                sort: vec![SortAsked {
                    path: path.clone(),
                    direction: Direction::Ascending,
                    distance: None,
                }],
                limit: Some(capped(limit, PAGE_LIMIT, DISTINCT_MAX)),
                group_by: vec![path],
                ..read(entity)
            }
        }
    };
    Ok(Page { read, question })
}

/// What a cursor carries: the question and the place in its answer.
fn opened(cursor: &str, entity: &str) -> Result<(Map<String, Json>, String)> {
    let told = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let Json::Object(mut told) = serde_json::from_slice(&bytes).ok()? else { return None };
        if told.get("of").and_then(Json::as_str) != Some(entity) {
            return None;
        }
        match (told.shift_remove("ask")?, told.shift_remove("after")?) {
            (Json::Object(question), Json::String(after)) => Some((question, after)),
            _ => None,
        }
    };
    told().ok_or_else(|| {
        Error::new(Code::InvalidQuery, "`cursor` is not a cursor of this list")
            .at("cursor")
            .hint("send the `next_cursor` of the page before")
    })
}

/// `count`: no records, the exact total.
pub(crate) fn count(entity: &str, query: &str, limits: &Limits) -> Result<Read> {
    let params = Params::parse(query);
    params.only(&["q"])?;
    let filter = params.filter("q", limits)?;
    Ok(Read { filter, limit: Some(0), count: CountMode::Exact, ..read(entity) })
}

/// `get`.
pub(crate) fn one(entity: &str, id: &str) -> Read {
    Read { key: Some(Json::String(id.to_owned())), ..read(entity) }
}

/// The body of `deleteMany`: which records. The body must be there, so that a call that forgot it
/// deletes nothing.
pub(crate) fn delete_many(entity: &str, body: &Json, limits: &Limits) -> Result<Read> {
    let filter = matching(body, "query", limits)?;
    Ok(Read { filter, fields: vec![String::from("id")], limit: Some(-1), ..read(entity) })
}

/// The filter of a call that writes: an object, possibly empty.
pub(super) fn matching(json: &Json, at: &str, limits: &Limits) -> Result<Option<Filter>> {
    if !json.is_object() {
        return Err(Error::new(Code::InvalidBody, "the query is an object")
            .at(at)
            .hint("send {} to mean every record you may write"));
    }
    let filter = parse(json, at, limits)?;
    Ok((filter != Filter::All(Vec::new())).then_some(filter))
}

/// `create`. `known` says which names the entity has: others are dropped, as everything is that
/// only the server may set.
pub(crate) fn create(entity: &str, body: Json, known: &dyn Fn(&str) -> bool) -> Result<Write> {
    let body = record(body, "body", known)?;
    Ok(write(vec![Operation::Create { collection: entity.to_owned(), body }]))
}

/// `bulkCreate`: every record or none.
pub(crate) fn bulk_create(
    entity: &str,
    body: Json,
    known: &dyn Fn(&str) -> bool,
    limits: &Limits,
) -> Result<Write> {
    let items = listed(body, limits.bulk_rows_max)?;
    let mut operations = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let body = record(item, &index.to_string(), known)?;
        operations.push(Operation::Create { collection: entity.to_owned(), body });
    }
    Ok(write(operations))
}

/// `update`: what the body names changes, the rest stays.
pub(crate) fn update(
    entity: &str,
    id: &str,
    body: Json,
    known: &dyn Fn(&str) -> bool,
) -> Result<Write> {
    let body = record(body, "body", known)?;
    Ok(write(vec![changing(entity, Json::String(id.to_owned()), body)]))
}

/// `bulkUpdate`: each record by its `id`, no id twice.
pub(crate) fn bulk_update(entity: &str, body: Json, known: &dyn Fn(&str) -> bool) -> Result<Write> {
    let items = listed(body, BULK_MAX)?;
    let mut seen = HashSet::new();
    let mut operations = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let at = format!("{index}.id");
        let id = item.get("id").and_then(Json::as_str).filter(|id| !id.is_empty());
        let Some(id) = id.map(str::to_owned) else {
            return Err(Error::new(Code::InvalidBody, "each record names its `id`").at(at));
        };
        if !seen.insert(id.clone()) {
            return Err(Error::new(Code::InvalidBody, format!("`{id}` stands twice")).at(at));
        }
        let body = record(item, &index.to_string(), known)?;
        operations.push(changing(entity, Json::String(id), body));
    }
    Ok(write(operations))
}

/// `delete`.
pub(crate) fn delete(entity: &str, id: &str) -> Write {
    write(vec![Operation::Delete {
        collection: entity.to_owned(),
        key: Json::String(id.to_owned()),
        expect: Map::new(),
        force: false,
    }])
}

pub(super) fn changing(entity: &str, key: Json, body: Map<String, Json>) -> Operation {
    Operation::Update { collection: entity.to_owned(), key, body, expect: Map::new() }
}

pub(super) fn write(operations: Vec<Operation>) -> Write {
    Write { operations, strict: false }
}

pub(super) fn record(
    json: Json,
    at: &str,
    known: &dyn Fn(&str) -> bool,
) -> Result<Map<String, Json>> {
    let Json::Object(mut map) = json else {
        return Err(Error::new(Code::InvalidBody, "a record is an object").at(at));
    };
    map.retain(|name, _| !is_server_field(name) && known(name));
    Ok(map)
}

pub(super) fn is_server_field(name: &str) -> bool {
    SERVER_FIELDS.iter().any(|(theirs, _)| *theirs == name)
}

fn listed(json: Json, most: usize) -> Result<Vec<Json>> {
    match json {
        Json::Array(items) if items.len() <= most => Ok(items),
        Json::Array(items) => Err(Error::new(
            Code::InvalidBody,
            format!("one call may write {most} records, not {}", items.len()),
        )
        .at("body")),
        _ => Err(Error::new(Code::InvalidBody, "the body is a list of records").at("body")),
    }
}

/// What every read of this surface has in common: names that do not exist match nothing and order
/// nothing, and no total is counted beside the records.
pub(super) fn read(entity: &str) -> Read {
    Read {
        collection: entity.to_owned(),
        unknown: UnknownNames::Empty,
        count: CountMode::None,
        ..Read::default()
    }
}

fn all(mut parts: Vec<Filter>) -> Option<Filter> {
    match parts.len() {
        0 => None,
        1 => Some(parts.remove(0)),
        _ => Some(Filter::All(parts)),
    }
}

/// One field, `-` before it for the largest first; `+` may have become a blank on its way.
fn sort(text: Option<&str>) -> Result<Vec<SortAsked>> {
    // Newest first unless the caller says otherwise: the SDK's types.
    let text = text.filter(|text| !text.is_empty()).unwrap_or("-created_date");
    let (name, direction) = match text.strip_prefix('-') {
        Some(name) => (name, Direction::Descending),
        None => (text.strip_prefix(['+', ' ']).unwrap_or(text), Direction::Ascending),
    };
    let path = field_name(name, "sort")?;
    Ok(vec![SortAsked { path, direction, distance: None }])
}

fn fields(text: Option<&str>) -> Result<Vec<String>> {
    let mut fields: Vec<String> = Vec::new();
    let names = text.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    for name in names {
        let name = field_name(name, "fields")?;
        if !fields.contains(&name) {
            fields.push(name);
        }
    }
    if !fields.is_empty() && !fields.iter().any(|name| name == "id") {
        fields.insert(0, String::from("id"));
    }
    Ok(fields)
}

/// A name of one field. Relations are no part of this surface, so nothing is walked.
pub(super) fn field_name(name: &str, at: &str) -> Result<String> {
    let plain = |sign: char| !matches!(sign, '.' | '*' | '-' | '+' | ',' | ':' | '$');
    if name.is_empty() || !name.chars().all(plain) {
        return Err(Error::new(Code::InvalidQuery, format!("`{name}` is not the name of a field"))
            .at(at)
            .hint("`sort` takes one field, `fields` takes several with commas"));
    }
    Ok(home_name(name))
}

pub(super) fn capped(asked: Option<u64>, default: i64, most: i64) -> i64 {
    match asked {
        // The SDK leaves a zero away; sent by others it means the same.
        None | Some(0) => default,
        Some(limit) => i64::try_from(limit).unwrap_or(most).min(most),
    }
}

/// Query parameters in their order.
struct Params(Vec<(String, String)>);

impl Params {
    fn parse(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The last of that name, as browsers' form decoders have it.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn natural(&self, name: &str) -> Result<Option<u64>> {
        match self.get(name) {
            None | Some("" | "null") => Ok(None),
            Some(text) => text
                .parse()
                .map(Some)
                .map_err(|_| wrong(name, &format!("is a whole number from 0, not `{text}`"))),
        }
    }

    fn filter(&self, name: &str, limits: &Limits) -> Result<Option<Filter>> {
        let Some(text) = self.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        let json: Json = serde_json::from_str(text)
            .map_err(|fault| wrong(name, &format!("is not JSON ({fault})")))?;
        let filter = parse(&json, name, limits)?;
        Ok((filter != Filter::All(Vec::new())).then_some(filter))
    }

    fn only(&self, known: &[&'static str]) -> Result<()> {
        let Some((name, _)) = self.0.iter().find(|(name, _)| !known.contains(&name.as_str()))
        else {
            return Ok(());
        };
        let error = wrong(name, "is not a parameter of this call");
        Err(match nearest(name, known.iter().copied()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("there are {}", known.join(", "))),
        })
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
