//! JSON and query strings at random, for the tests of all surfaces.

use proptest::prelude::*;
use serde_json::{Map, Value as Json};

/// A text that means something to some parser, or any text.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "a", "b", "id", "author", "tags", "a.b", "$and", "$or", "$nor", "$not", "$eq", "$ne",
            "$gt", "$lte", "$in", "$nin", "$exists", "$regex", "$all", "$size", "$elemMatch",
            "$like", "$null", "$contains", "$startsWith", "$where", "AND", "OR", "NOT", "eq", "in",
            "cast", "$literal", "fields", "populate", "connect", "create", "update", "set", "data",
            "where", "query", "$set", "$inc", "$push", "0", "1", "*", "", "__proto__", "é", ".",
            "$NOW", "$CURRENT_USER", "$COL(a)",
        ])
        .prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

/// Any JSON, of the sizes that a request has.
pub(super) fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        word().prop_map(Json::String),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::vec((word(), inner), 0..5)
                .prop_map(|entries| Json::Object(Map::from_iter(entries))),
        ]
    })
}

/// A query string: brackets, separators and texts in any order.
pub(super) fn query() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => word(),
        3 => prop::sample::select(vec![
            "[", "]", "=", "&", "[$or][0]", "[$in][0]", "where", "where[", "fields=", "populate[",
            "populate=", "sort=", "page=", "pageSize=", "limit=", "q=", "q={\"a\":", "}", "%", "%5B",
            "-", "+", ",", "9999999999999999999999",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}
