//! The grammar of `spec/compat.md` A2 to A4, line by line: what is sent, and the tree it becomes, or
//! the code and the place of the refusal.

mod body;
mod filter;
mod list;
mod set;

use base::{Code, Error, Limits};
use serde_json::{Value as Json, json};

/// The line, what is sent, and what becomes of it.
pub(super) type Row<Sent> = (&'static str, Sent, Result<Json, (Code, &'static str)>);

pub(super) fn limits() -> Limits {
    Limits { list_values_max: 4, ..Limits::default() }
}

#[track_caller]
pub(super) fn hold<Sent: std::fmt::Display>(
    table: Vec<Row<Sent>>,
    ask: impl Fn(&Sent) -> Result<Json, Error>,
) {
    for (line, sent, wanted) in table {
        match (ask(&sent), wanted) {
            (Ok(tree), Ok(wanted)) => assert_eq!(tree, wanted, "{line}: {sent}"),
            (Err(error), Err((code, at))) => {
                assert_eq!(
                    (error.code(), error.path()),
                    (code, Some(at)),
                    "{line}: {sent}: {error}"
                );
            }
            (got, wanted) => panic!("{line}: {sent}: {got:?}, not {wanted:?}"),
        }
    }
}

/// `a.b`, found by a path that has this to say of it.
pub(super) fn found(condition: &str) -> Json {
    json!({"a": {"jsonbPathExists": format!("$ ? ({condition})")}})
}

pub(super) fn missing(test: Json) -> Json {
    json!({"OR": [test, {"a": {"isNull": true}}]})
}

/// What a condition does not hold for, records without a value included.
pub(super) fn other(test: Json) -> Json {
    missing(json!({ "NOT": test }))
}

pub(super) fn a(operator: &str, operand: Json) -> Json {
    json!({"a": {operator: operand}})
}

pub(super) fn known(name: &str) -> bool {
    matches!(name, "a" | "b" | "sku")
}
