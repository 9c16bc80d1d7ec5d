//! Requests that are at fault on purpose: each kind with the code that both stores must answer.

use super::chance::Chance;
use super::values::Family;
use super::world::World;
use crate::harness::plain;
use serde_json::{Value as Json, json};

/// A request that must be refused.
pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) ask: Ask,
    pub(super) status: u16,
    pub(super) code: &'static str,
}

pub(super) enum Ask {
    List(&'static str, Json),
    Get(String),
    Send(&'static str, String, Json),
}

/// Every kind there is.
pub(super) const EVERY: &[&str] = &[
    "a field that is none",
    "an operator that is none",
    "a relation that is none",
    "another column that is none",
    "bounds that are not two",
    "an operand of another type",
    "a filter that cannot be read",
    "a sort by what is none",
    "a direction that is none",
    "a limit below all",
    "a limit that is no number",
    "a function that is none",
    "a group by what is none",
    "a collection that is none",
    "a record that is none",
    "a key that can be none",
    "a key that is taken",
    "a foreign key to nothing",
    "a link to nothing",
    "a value of another type",
    "a change of what is none",
    "a removal of what is none",
    "a list that is none",
    "a bad one among many",
    "many to one that is a list",
    "a record that others hold",
];

/// A fault of this kind, where the world has what it takes.
pub(super) fn of(name: &'static str, world: &mut World, chance: &mut Chance) -> Option<Fault> {
    let at = chance.below(3);
    let collection = world.collections[at].name;
    let absent = world.absent();
    let known = world.collections[at].keys.first().cloned();
    let list = |parameters: Json| Ask::List(collection, parameters);
    let filter = |filter: Json| Ask::List(collection, json!({ "filter": filter }));
    let path = |key: &Json| format!("/items/{collection}/{}", plain(key));
    let typed = |of: &[Family], chance: &mut Chance| {
        let fields = world.collections[at].fields.iter();
        let fields: Vec<&String> = fields
            .filter(|field| field.name.starts_with('f') && of.contains(&field.kind.family))
            .map(|field| &field.name)
            .collect();
        (!fields.is_empty()).then(|| (*chance.of(&fields)).clone())
    };
    let strict = [
        Family::Integer,
        Family::Decimal,
        Family::Float,
        Family::Date,
        Family::Moment,
        Family::Uuid,
    ];
    let unknown = |ask: Ask| (ask, 400, "UNKNOWN_FIELD");
    let query = |ask: Ask| (ask, 400, "INVALID_QUERY");
    let (ask, status, code) = match name {
        "a field that is none" => unknown(filter(json!({ "nonsense": { "eq": 1 } }))),
        "an operator that is none" => {
            (filter(json!({ "id": { "equals": absent } })), 400, "UNKNOWN_OPERATOR")
        }
        "a relation that is none" => unknown(filter(json!({ "nowhere.id": { "eq": absent } }))),
        "another column that is none" => {
            unknown(filter(json!({ "id": { "eq": "$COL(nonsense)" } })))
        }
        "bounds that are not two" => {
            let bounds: Vec<Json> = (0..chance.below(2)).map(|_| absent.clone()).collect();
            query(filter(json!({ "id": { "between": bounds } })))
        }
        "an operand of another type" => {
            let field = typed(&strict, chance)?;
            query(filter(json!({ field: { "eq": "x y" } })))
        }
        "a filter that cannot be read" => query(list(json!({ "filter": "{\"id\":" }))),
        "a sort by what is none" => unknown(list(json!({ "sort": { "nonsense": "asc" } }))),
        "a direction that is none" => query(list(json!({ "sort": { "id": "sideways" } }))),
        "a limit below all" => query(list(json!({ "limit": -2 }))),
        "a limit that is no number" => query(list(json!({ "limit": "many" }))),
        "a function that is none" => {
            query(list(json!({ "aggregate": { "n": { "function": "median", "field": "id" } } })))
        }
        "a group by what is none" => unknown(list(json!({ "groupBy": ["nonsense"] }))),
        "a collection that is none" => {
            (Ask::Get(String::from("/items/nothing")), 404, "COLLECTION_NOT_FOUND")
        }
        "a record that is none" => (Ask::Get(path(&absent)), 403, "ITEM_NOT_FOUND"),
        "a key that can be none" => {
            if absent.is_string() && world.key_family() == Family::Text {
                return None;
            }
            (Ask::Get(path(&json!("x-y"))), 400, "INVALID_ID")
        }
        "a key that is taken" => {
            let body = json!({ "id": known? });
            (Ask::Send("POST", format!("/items/{collection}"), body), 409, "UNIQUE_VIOLATION")
        }
        "a foreign key to nothing" => {
            let (name, column) =
                *chance.of(&[("alpha", "parent_id"), ("beta", "alpha_id"), ("gamma", "beta_id")]);
            let body = json!({ "id": world.fresh_key(at), column: absent });
            (Ask::Send("POST", format!("/items/{name}"), body), 409, "FOREIGN_KEY_VIOLATION")
        }
        "a link to nothing" => {
            let body = json!({ "id": world.fresh_key(1), "alpha": { "id": absent } });
            (Ask::Send("POST", String::from("/items/beta"), body), 400, "RELATION_INVALID")
        }
        "many to one that is a list" => {
            let body = json!({ "id": world.fresh_key(1), "alpha": [absent] });
            (Ask::Send("POST", String::from("/items/beta"), body), 400, "RELATION_INVALID")
        }
        "a value of another type" => {
            let field = typed(&strict, chance)?;
            let body = json!({ "id": world.fresh_key(at), field: { "a": 1 } });
            (Ask::Send("POST", format!("/items/{collection}"), body), 400, "VALIDATION_ERROR")
        }
        "a change of what is none" => {
            (Ask::Send("PATCH", path(&absent), json!({})), 403, "ITEM_NOT_FOUND")
        }
        "a removal of what is none" => {
            (Ask::Send("DELETE", path(&absent), Json::Null), 403, "ITEM_NOT_FOUND")
        }
        "a list that is none" => {
            (Ask::Send("POST", format!("/items/{collection}/bulk"), json!({})), 400, "INVALID_BODY")
        }
        "a bad one among many" => {
            let bad = json!({ "id": known? });
            let count = chance.between(1, 30);
            let mut rows: Vec<Json> =
                (0..count).map(|_| json!({ "id": world.fresh_key(at) })).collect();
            rows.insert(chance.below(count + 1), bad);
            let path = format!("/items/{collection}/bulk");
            (Ask::Send("POST", path, Json::Array(rows)), 409, "UNIQUE_VIOLATION")
        }
        "a record that others hold" => {
            let held = world.held.first().cloned()?;
            let path = format!("/items/gamma/{}", plain(&held));
            (Ask::Send("DELETE", path, Json::Null), 409, "FOREIGN_KEY_VIOLATION")
        }
        other => panic!("no fault is called `{other}`"),
    };
    Some(Fault { name, ask, status, code })
}
