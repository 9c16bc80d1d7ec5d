//! The Base44 surface: entities, filters in the manner of documents, update operators.
//!
//! Until its routes stand here are the pure parsers (`spec/compat.md` A2 to A4). What its
//! spelling says is said in the words of the home surface, so that nothing below knows of it:
//! `$ne` keeps records without a value, at home `{"OR": [{"f": {"ne": v}}, {"f": {"isNull": true}}]}`.

pub(crate) mod aggregate;
mod element;
pub(crate) mod filter;
#[cfg(test)]
mod grammar_tests;
pub(crate) mod request;
pub(crate) mod update;
pub(crate) mod upsert;

/// Names that the server gives every record, and what they are called at home.
const SERVER_FIELDS: [(&str, &str); 5] = [
    ("id", "id"),
    ("created_date", "createdAt"),
    ("updated_date", "updatedAt"),
    ("created_by", "userCreated.email"),
    ("created_by_id", "userCreated_Id"),
];

/// A field name of this surface in the words of the home surface.
fn home_name(name: &str) -> String {
    let known = SERVER_FIELDS.iter().find(|(theirs, _)| *theirs == name);
    known.map_or(name, |(_, home)| home).to_owned()
}
