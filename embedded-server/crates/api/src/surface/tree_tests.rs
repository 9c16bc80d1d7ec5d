//! What was asked as JSON, for the tables of the grammars: only what was said stands in it.

use query::{AggregateAsked, Direction, Operation, Read, RelConditions, Write, print_filter};
use serde_json::{Map, Value as Json, json};

/// A read: conditions in the home spelling, then order, page and fields.
pub(super) fn read(read: &Read) -> Json {
    let mut told = Map::new();
    let mut tell = |name: &str, json: Option<Json>| {
        if let Some(json) = json {
            told.insert(name.to_owned(), json);
        }
    };
    let list = |items: &[String]| (!items.is_empty()).then(|| json!(items));
    tell("key", read.key.clone());
    tell("filter", read.filter.as_ref().map(print_filter));
    let sort: Vec<String> = read
        .sort
        .iter()
        .map(|key| match key.direction {
            Direction::Ascending => key.path.clone(),
            Direction::Descending => format!("-{}", key.path),
        })
        .collect();
    tell("sort", list(&sort));
    tell("limit", read.limit.map(Json::from));
    tell("offset", read.offset.map(Json::from));
    tell("page", read.page.map(Json::from));
    tell("after", read.after.clone().map(Json::from));
    tell("fields", list(&read.fields));
    tell("every", read.every_relation.then_some(Json::Bool(true)));
    tell("inside", (!read.rel_conditions.0.is_empty()).then(|| inside(&read.rel_conditions)));
    tell("groups", list(&read.group_by));
    let computed: Vec<String> = read
        .aggregate
        .iter()
        .map(|(name, AggregateAsked { function, field })| format!("{name}: {function:?} {field}"))
        .collect();
    tell("computed", list(&computed));
    Json::Object(told)
}

fn inside(conditions: &RelConditions) -> Json {
    let told = conditions.0.iter().map(|(name, (filter, nested))| {
        let filter = filter.as_ref().map(print_filter);
        (name.clone(), json!({ "filter": filter, "inside": inside(nested) }))
    });
    Json::Object(told.collect())
}

/// A write, one operation after the other.
pub(super) fn write(write: &Write) -> Json {
    let told = write.operations.iter().map(|operation| match operation {
        Operation::Create { body, .. } => json!({ "create": body }),
        Operation::Update { key, body, expect, .. } if expect.is_empty() => {
            json!({ "update": key, "body": body })
        }
        Operation::Update { key, body, expect, .. } => {
            json!({ "update": key, "body": body, "expect": expect })
        }
        Operation::Delete { key, force, .. } => json!({ "delete": key, "force": force }),
    });
    told.collect()
}
