//! The APIs we speak. Each is pure functions plus its routes.

pub(crate) mod baasix;
// The parsers stand, so that what they ask is known to `query`; the routes that call them follow.
#[cfg_attr(not(test), expect(dead_code, reason = "called by tests until its routes stand"))]
pub(crate) mod base44;
#[cfg(test)]
mod chance_tests;
#[cfg_attr(not(test), expect(dead_code, reason = "called by tests until its routes stand"))]
pub(crate) mod datrix;
#[cfg(test)]
mod parity_tests;
#[cfg(test)]
mod tree_tests;

use serde_json::Value as Json;

/// Whether the home surface could take a text of this operand for a variable or a column.
pub(crate) fn reads_as_variable(json: &Json) -> bool {
    match json {
        Json::String(text) => text.starts_with('$'),
        Json::Array(items) => items.iter().any(reads_as_variable),
        Json::Object(map) => map.values().any(reads_as_variable),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}
