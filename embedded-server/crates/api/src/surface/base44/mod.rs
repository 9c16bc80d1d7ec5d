//! The Base44 surface: entities, filters in the manner of documents, update operators.
//!
//! Until its routes stand here are the pure parsers (`spec/compat.md` A2 to A4). What its
//! spelling says is said in the words of the home surface, so that nothing below knows of it:
//! `$ne` keeps records without a value, at home `{"OR": [{"f": {"ne": v}}, {"f": {"isNull": true}}]}`.

mod element;
mod filter;
pub(crate) mod request;
pub(crate) mod update;

/// Names that the server gives every record, and what they are called at home.
const SERVER_FIELDS: [(&str, &str); 5] = [
    ("id", "id"),
    ("created_date", "createdAt"),
    ("updated_date", "updatedAt"),
    ("created_by", "userCreated.email"),
    ("created_by_id", "userCreated_Id"),
];

/// A field name of this surface in the words of the home surface. Only the first part of a
/// dotted name can be one of the server's.
fn home_name(name: &str) -> String {
    let (first, rest) = match name.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (name, None),
    };
    let known = SERVER_FIELDS.iter().find(|(theirs, _)| *theirs == first);
    match (known, rest) {
        (None, _) => name.to_owned(),
        (Some((_, home)), None) => (*home).to_owned(),
        (Some((_, home)), Some(rest)) => format!("{home}.{rest}"),
    }
}
