//! The grammar of `spec/compat.md` B2 to B4, line by line: what is sent, and the tree it becomes, or
//! the word and the place of the refusal.

mod body;
mod query;

use super::fault::Result;
use serde_json::Value as Json;

/// The line, what is sent, and what becomes of it.
pub(super) type Row<Sent> =
    (&'static str, Sent, std::result::Result<Json, (&'static str, &'static str)>);

#[track_caller]
pub(super) fn hold<Sent: std::fmt::Display>(
    table: Vec<Row<Sent>>,
    ask: impl Fn(&Sent) -> Result<Json>,
) {
    for (line, sent, wanted) in table {
        match (ask(&sent), wanted) {
            (Ok(tree), Ok(wanted)) => assert_eq!(tree, wanted, "{line}: {sent}"),
            (Err(refused), Err((word, at))) => {
                let told = (refused.fault.as_str(), refused.error.path());
                assert_eq!(told, (word, Some(at)), "{line}: {sent}: {}", refused.error);
            }
            (got, wanted) => panic!("{line}: {sent}: {got:?}, not {wanted:?}"),
        }
    }
}
