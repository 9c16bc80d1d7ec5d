//! What both databases refuse, in the same words.

use crate::port::INTERNAL_ROWS_MAX;
use base::{Code, Detail, Error};

/// A unique value is taken. Says which field, never by which row.
pub(crate) fn unique(table: Option<&str>, fields: Vec<String>) -> Error {
    let error = Error::new(Code::UniqueViolation, "Unique constraint violation");
    let error = match table {
        Some(table) => error.of_table(table),
        None => error,
    };
    fields.into_iter().fold(error, |error, field| {
        error.detail(Detail::field(Code::UniqueViolation.as_str(), field, "is taken already"))
    })
}

/// A reference that would point nowhere.
pub(crate) fn foreign_key() -> Error {
    Error::new(Code::ForeignKeyViolation, "Foreign key constraint violation").hint(
        "a reference points at a record that does not exist, or another record points at this one",
    )
}

/// A field that must have a value has none.
pub(crate) fn required(field: Option<String>) -> Error {
    let error = Error::new(Code::RequiredFieldMissing, "Required field missing");
    match field {
        Some(field) => {
            error.detail(Detail::field(Code::RequiredFieldMissing.as_str(), field, "is required"))
        }
        None => error,
    }
}

/// A rule that the table itself holds.
pub(crate) fn check(name: Option<String>) -> Error {
    let error = Error::new(Code::ValidationError, "a value breaks a rule of its field");
    match name {
        Some(name) => error.detail(Detail {
            code: Code::ValidationError.as_str().to_owned(),
            message: format!("breaks the rule `{name}`"),
            ..Detail::default()
        }),
        None => error,
    }
}

/// Says in a detail that a trigger refused: what it says there are its maker's words.
pub use sql::TRIGGER_REFUSED;

/// What a trigger of somebody else's table refuses, in its maker's words. They may name what a role
/// never sees, so that they are not for everybody.
pub(crate) fn trigger(words: &str) -> Error {
    let words: String = words.chars().take(500).collect();
    Error::new(Code::ValidationError, format!("a trigger of the table refused this: {words}"))
        .hint("the rule is kept by the database; whoever made the table knows it")
        .detail(Detail { code: TRIGGER_REFUSED.to_owned(), message: words, ..Detail::default() })
}

/// A value that its column cannot hold.
pub(crate) fn wrong_type(field: Option<String>) -> Error {
    let error = Error::new(Code::ValidationError, "a value does not fit the type of its field");
    match field {
        Some(field) => error.detail(Detail::field(
            Code::ValidationError.as_str(),
            field,
            "does not fit the type of the field",
        )),
        None => error,
    }
}

/// Says in a detail that a value is longer than an index holds. Whoever knows what was written
/// says which fields these are.
pub const INDEX_LIMIT: &str = "INDEX_LIMIT";

/// Most bytes that an entry of an index of Postgres has: a third of a page. SQLite has no such
/// bound.
pub const INDEX_BYTES_MAX: usize = 2_704;

/// A value that its column holds and an index over it does not.
pub(crate) fn too_long_for_index() -> Error {
    Error::new(
        Code::ValidationError,
        "a value is too long for an index, of which an entry has at most 2,704 bytes on Postgres",
    )
    .hint("shorten the value, or end `unique`, the key or the index over its field; an index of the type `fulltext` takes long texts")
    .detail(Detail {
        code: INDEX_LIMIT.to_owned(),
        message: String::from("is longer than an index holds (2,704 bytes)"),
        ..Detail::default()
    })
}

/// A value that is beyond another bound of the store.
pub(crate) fn too_large() -> Error {
    Error::new(Code::ValidationError, "a value is larger than the store can hold")
        .hint("shorten the value, or write it in several records")
}

/// A computed double that is none any more, in a field with this id. Whoever knows the schema says
/// the name.
pub(crate) fn beyond_field(id: Option<String>) -> Error {
    let error = Error::new(Code::ValidationError, "a computed field exceeds the range of a Double")
        .hint("change the values that it is computed of, or make them Decimals, which have no such bound");
    match id {
        Some(id) => {
            let what = "its expression answers a number beyond the range of a Double";
            error.detail(Detail::field(Code::ValidationError.as_str(), id, what))
        }
        None => error,
    }
}

/// A field that counts by itself has given its last number.
pub(crate) fn used_up() -> Error {
    Error::new(Code::ValidationError, "the numbers of a field that counts by itself are used up")
        .hint("its type holds no larger one: give the number yourself, or make an Integer a BigInt")
}

/// A sum of doubles that is none any more.
pub(crate) fn beyond_doubles() -> Error {
    Error::new(Code::ValidationError, "a sum exceeds the range of a Double")
        .hint("narrow the filter, or make the field a Decimal, of which sums have no such bound")
}

/// A name that something in the database has, which is no part of any schema here.
pub(crate) fn name_taken(name: Option<&str>) -> Error {
    let error = Error::new(
        Code::SchemaExists,
        format!(
            "the database has a table, view, column or index {} already, which no collection shows",
            name.map_or_else(|| String::from("of that name"), |name| format!("`{name}`"))
        ),
    );
    let error = match name {
        Some(name) => error.at(name),
        None => error,
    };
    error.hint("choose another name; GET /schemas/existing shows tables that are no collections, and they can be taken over")
}

/// The refusal of everything once the store is closed.
pub(crate) fn closed() -> Error {
    Error::new(Code::Unavailable, "the database is closed")
        .hint("the server is stopping; try again")
}

/// The refusal of an internal read that should have been paged.
pub(crate) fn too_many_rows() -> Error {
    Error::internal(format!("an internal read is over the limit of {INTERNAL_ROWS_MAX} rows"))
}
