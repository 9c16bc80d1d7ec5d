//! What a name may be, and the errors of schema documents.

use base::{Code, Error, Result};

/// Longest name in bytes; Postgres cuts identifiers there.
pub const NAME_BYTES_MAX: usize = 63;

/// Collection names that are routes of `/schemas`.
const RESERVED: [&str; 9] =
    ["export", "import", "indexes", "plan", "apply", "rehearse", "history", "existing", "adopt"];

/// Tables of the house that are not collections.
const HOUSE_TABLES: [&str; 8] = [
    "_meta",
    "_change",
    "_feed_cursor",
    "_sequence",
    "_import",
    "_import_row",
    "_import_moving",
    "_schema_change",
];

/// Columns that Postgres has on every table.
const STORE_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// Prefixes of names that belong to the stores, to the rebuilding of tables, or to what changes of
/// the schema took away.
const STORE_PREFIXES: [&str; 4] = ["sqlite_", "pg_", "_rebuild_", "_kept_"];

/// Words that are no name of a relation, because filters and reports give them a meaning.
const RELATION_WORDS: [&str; 21] = [
    "user", "group", "order", "limit", "offset", "where", "select", "insert", "update", "delete",
    "table", "from", "join", "left", "right", "inner", "outer", "cross", "natural", "using", "on",
];

/// Whether a table of this name is one of the house's own that are no collections, or holds what a
/// change of the schema took away or has under way.
#[must_use]
pub fn is_house_table(name: &str) -> bool {
    HOUSE_TABLES.contains(&name) || name.starts_with("_kept_") || name.starts_with("_rebuild_")
}

/// A schema document that cannot be taken.
pub fn invalid(at: impl Into<String>, message: impl Into<String>) -> Error {
    Error::new(Code::SchemaInvalid, message).at(at)
}

/// Whether the text is a plain identifier of at most 63 bytes.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let mut signs = text.chars();
    text.len() <= NAME_BYTES_MAX
        && signs.next().is_some_and(|sign| sign.is_ascii_alphabetic() || sign == '_')
        && signs.all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
}

/// Refuses a text that is no identifier, naming the thing it should name.
pub fn identifier(what: &str, text: &str, at: &str) -> Result<()> {
    if is_name(text) {
        return Ok(());
    }
    let message = if text.is_empty() {
        format!("{what} is empty")
    } else if text.len() > NAME_BYTES_MAX {
        format!("{what} `{text}` has {} bytes; at most {NAME_BYTES_MAX} are allowed", text.len())
    } else {
        format!(
            "{what} `{text}` may hold letters, digits and `_` only, and must not begin with a digit"
        )
    };
    Err(invalid(at, message))
}

/// Refuses what cannot be the name of a collection.
pub fn collection_name(name: &str) -> Result<()> {
    let at = "collectionName";
    identifier("collection name", name, at)?;
    let lower = name.to_ascii_lowercase();
    if RESERVED.contains(&lower.as_str()) {
        return Err(invalid(
            at,
            format!("collection name `{name}` is reserved for the address `/schemas/{lower}`"),
        ));
    }
    if HOUSE_TABLES.contains(&lower.as_str()) || STORE_PREFIXES.iter().any(|p| lower.starts_with(p))
    {
        return Err(invalid(at, format!("collection name `{name}` is used by the store itself")));
    }
    Ok(())
}

/// Refuses what cannot be the name of a new collection: besides, the names of ours and of the
/// junctions that relations make (`junction` says that one is being made).
pub fn new_collection_name(name: &str, junction: bool) -> Result<()> {
    collection_name(name)?;
    let at = "collectionName";
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("baasix_") {
        return Err(invalid(
            at,
            format!(
                "collection name `{name}`: names that begin with `baasix_` are kept for the system's own collections"
            ),
        ));
    }
    if !junction && lower.ends_with("_junction") {
        return Err(invalid(
            at,
            format!(
                "collection name `{name}`: names that end with `_junction` are kept for the tables of relations"
            ),
        ));
    }
    Ok(())
}

/// Words that are no name of a new field or relation, because filters and sorts give them a meaning.
const FIELD_WORDS: [&str; 4] = ["and", "or", "not", "_distance"];

/// Refuses what cannot be the name of a new field: besides, the words of filters and sorts.
pub fn new_field_name(name: &str) -> Result<()> {
    field_name(name)?;
    askable("field", name, format!("fields.{name}"))
}

/// Refuses the words of filters and sorts as a name of what is asked for by name. They are read in
/// any case, so that a misspelt one is told.
pub(crate) fn askable(what: &str, name: &str, at: String) -> Result<()> {
    if FIELD_WORDS.contains(&name.to_ascii_lowercase().as_str()) {
        let message = format!(
            "{what} name `{name}` is a word of filters and sorts, which could not ask for the {what}"
        );
        return Err(invalid(at, message).hint("choose another name"));
    }
    Ok(())
}

/// Refuses what cannot be the name of a field.
pub fn field_name(name: &str) -> Result<()> {
    let at = format!("fields.{name}");
    identifier("field name", name, &at)?;
    if STORE_COLUMNS.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(invalid(at, format!("field name `{name}` is used by the store itself")));
    }
    Ok(())
}

/// Refuses what cannot be the name of a relation of this collection.
pub fn relation_name(name: &str, collection: &str) -> Result<()> {
    identifier("relation name", name, "name")?;
    if name == collection {
        return Err(invalid(
            "name",
            format!("relation name `{name}` is the name of its collection"),
        ));
    }
    if RELATION_WORDS.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(invalid("name", format!("relation name `{name}` is a reserved word")));
    }
    askable("relation", name, String::from("name"))
}

/// A name made of others, cut to fit: when it is too long its tail becomes a hash of the whole.
#[must_use]
pub fn fitted(name: &str) -> String {
    if name.len() <= NAME_BYTES_MAX {
        return name.to_owned();
    }
    // FNV-1a: stable across versions and machines, and names need no secrecy.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let tail = format!("_{:08x}", hash >> 32);
    let mut end = NAME_BYTES_MAX - tail.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{tail}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::{
        collection_name, field_name, fitted, new_collection_name, new_field_name, relation_name,
    };

    #[test]
    fn names_that_no_store_could_hold_are_refused() {
        for name in [
            "",
            "1a",
            "a b",
            "a\"b",
            "é",
            "export",
            "Plan",
            "_meta",
            "sqlite_x",
            "pg_x",
            "a_junction",
            "baasix_X",
        ] {
            assert!(new_collection_name(name, false).is_err(), "{name}");
        }
        assert!(collection_name(&"x".repeat(64)).is_err());
        for name in ["a", "_a", "Posts", "a_1"] {
            assert!(new_collection_name(name, false).is_ok(), "{name}");
        }
        assert!(new_collection_name("a_b_c_junction", true).is_ok());
        assert!(collection_name("baasix_User").is_ok());
        assert!(
            new_field_name("Or").is_err()
                && new_field_name("_distance").is_err()
                && new_field_name("nothing").is_ok()
                && field_name("OR").is_ok()
        );
        assert!(
            field_name("xmin").is_err() && field_name("a-b").is_err() && field_name("a").is_ok()
        );
        assert!(
            relation_name("order", "posts").is_err()
                && relation_name("posts", "posts").is_err()
                && relation_name("Not", "posts").is_err()
                && relation_name("note", "posts").is_ok()
        );
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let (a, b) =
            (fitted(&format!("{}a", "x".repeat(70))), fitted(&format!("{}b", "x".repeat(70))));
        assert_eq!((a.len(), b.len()), (63, 63));
        assert_ne!(a, b);
    }
}
