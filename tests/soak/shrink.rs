//! Makes a failing request smaller for as long as it still fails.

use serde_json::{Map, Value as Json};

/// Every way to leave one thing out, or to put one of its parts in the place of the whole.
pub(super) fn smaller(json: &Json) -> Vec<Json> {
    let mut all = Vec::new();
    match json {
        Json::Object(map) => {
            for key in map.keys() {
                let rest: Map<String, Json> = map
                    .iter()
                    .filter(|(other, _)| *other != key)
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect();
                all.push(Json::Object(rest));
            }
            for (key, value) in map {
                if matches!(key.as_str(), "AND" | "OR") {
                    all.extend(value.as_array().into_iter().flatten().cloned());
                }
                if key == "NOT" {
                    all.push(value.clone());
                }
                for less in smaller(value) {
                    let mut whole = map.clone();
                    whole.insert(key.clone(), less);
                    all.push(Json::Object(whole));
                }
            }
        }
        Json::Array(items) => {
            for at in 0..items.len() {
                let mut rest = items.clone();
                rest.remove(at);
                all.push(Json::Array(rest));
            }
            for (at, item) in items.iter().enumerate() {
                for less in smaller(item) {
                    let mut whole = items.clone();
                    whole[at] = less;
                    all.push(Json::Array(whole));
                }
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
    all
}
