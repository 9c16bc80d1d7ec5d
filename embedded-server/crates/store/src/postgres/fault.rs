//! Postgres's SQLSTATEs become our codes. Texts are read for field names only.

use crate::fault::{
    beyond_field, check, foreign_key, name_taken, required, too_large, too_long_for_index, trigger,
    unique, used_up, wrong_type,
};
use base::{Code, Error};
use sqlx::postgres::PgDatabaseError;

/// What went wrong with a statement or a connection.
pub(super) fn of(cause: sqlx::Error) -> Error {
    let error = match &cause {
        sqlx::Error::Database(refused) => match refused.try_downcast_ref::<PgDatabaseError>() {
            Some(refused) => of_state(refused),
            None => Error::internal("Postgres refused a statement"),
        },
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => gone(),
        sqlx::Error::Configuration(_) => {
            Error::new(Code::ConfigInvalid, "the database URL cannot be read")
                .hint("write it as `postgres://user:password@host:port/database`")
        }
        _ => Error::internal("the driver of Postgres failed"),
    };
    error.caused_by(cause)
}

/// Whether the connection behind this error can no longer be used.
pub(super) fn breaks_connection(cause: &sqlx::Error) -> bool {
    match cause {
        sqlx::Error::Database(refused) => {
            // 57P01-57P05: the server ends the session; 08: the connection itself.
            refused.code().is_some_and(|state| {
                state.starts_with("08") || state.starts_with("57P") || state == "25P03"
            })
        }
        _ => true,
    }
}

/// Whether running the same program again may succeed: serialization fault, deadlock.
pub(super) fn is_transient(cause: &sqlx::Error) -> bool {
    state(cause).is_some_and(|state| matches!(state.as_str(), "40001" | "40P01"))
}

/// Whether a prepared statement was made stale by a change of its tables.
pub(super) fn is_stale_plan(cause: &sqlx::Error) -> bool {
    state(cause).is_some_and(|state| matches!(state.as_str(), "0A000" | "26000"))
}

fn state(cause: &sqlx::Error) -> Option<String> {
    cause.as_database_error().and_then(|refused| refused.code()).map(|code| code.into_owned())
}

/// The database cannot be reached.
pub(super) fn gone() -> Error {
    Error::new(Code::Unavailable, "the database does not answer")
        .hint("check that PostgreSQL runs and that its address is right")
        .retry_after_ms(2_000)
}

fn of_state(refused: &PgDatabaseError) -> Error {
    let state = refused.code();
    match state {
        "23505" | "23P01" => unique(refused.table(), key_fields(refused.detail())),
        // Which field it is depends on the side that was written, which only a sentence in the
        // language of the server tells; SQLite does not tell either.
        "23503" | "23001" => foreign_key(),
        "23502" => required(refused.column().map(str::to_owned)),
        "23514" => check(refused.constraint().map(str::to_owned)),
        "57014" => Error::new(Code::Timeout, "the statement took longer than its limit")
            .hint("narrow the filter, ask for fewer rows, or index the fields it names"),
        "55P03" => Error::new(Code::Unavailable, "another session holds the table")
            .hint("try again when its transaction has ended")
            .retry_after_ms(2_000),
        "40001" | "40P01" => {
            Error::new(Code::Unavailable, "the write collided with others and was given up")
                .retry_after_ms(200)
        }
        "28000" | "28P01" => {
            Error::new(Code::ConfigInvalid, "Postgres refused the user or password")
                .hint("check user and password in the database URL")
        }
        "3D000" => Error::new(Code::ConfigInvalid, "the database of the URL does not exist")
            .hint("create it, or correct its name"),
        "42501" => Error::new(Code::Unavailable, "the database user lacks a right").hint(
            "grant the user rights on the schema and its tables; records that are changed or have \
             others point at them are locked first, which takes the right to UPDATE",
        ),
        // One state for many bounds; the server's own name of the place is the same in every language.
        "54000" if refused.routine().is_some_and(makes_index_entries) => {
            let error = too_long_for_index();
            match refused.table() {
                Some(table) => error.of_table(table),
                None => error,
            }
        }
        "54000" => too_large(),
        "53100" => Error::new(Code::Unavailable, "the disk of the database is full"),
        "53300" => Error::new(Code::Unavailable, "Postgres takes no more connections")
            .hint("lower the number of connections, or raise `max_connections`")
            .retry_after_ms(2_000),
        // Statements for records make nothing, so only a change of the schema meets these.
        "42P07" | "42701" | "42710" => name_taken(refused.message().split('"').nth(1)),
        // GENERATED ALWAYS: only a table that we did not make has such a column.
        "428C9" => wrong_type(refused.column().map(str::to_owned))
            .hint("the database gives this column its value; leave it out"),
        // Our own function (`doubles.sql`).
        "BX001" => beyond_field(refused.column().map(str::to_owned)),
        // A sequence at its end.
        "2200H" => used_up(),
        // CREATE RULE … DO INSTEAD: only a table that we did not make has one.
        "0A000" if refused.routine() == Some("RewriteQuery") => ruled_out(),
        // RAISE and ASSERT in a function: none of ours has them.
        "P0001" | "P0004" => trigger(refused.message()),
        // A text given as a value (a JSON path) that is none; in our own texts it has a position.
        "42601" if refused.position().is_none() => wrong_type(None),
        state => match state.get(..2) {
            Some("22") => wrong_type(refused.column().map(str::to_owned)),
            Some("08" | "57") => gone(),
            Some("53") => {
                Error::new(Code::Unavailable, "Postgres lacks resources").retry_after_ms(2_000)
            }
            _ => Error::internal(format!("Postgres refused a statement ({state})")),
        },
    }
}

/// A rule of the table replaces what is written, which a statement of ours cannot follow.
fn ruled_out() -> Error {
    Error::new(
        Code::FeatureUnavailable,
        "a rule of the table (`CREATE RULE`) does something else in place of this write",
    )
    .hint("write to this table with the program it is for, or drop the rule; a trigger can take its place")
}

/// Whether a function of the server makes entries of indexes: of trees, of any kind before it is
/// known which, of hashes, of words and of places.
fn makes_index_entries(routine: &str) -> bool {
    ["_bt_", "index_form_tuple", "_hash_", "Gin", "gin", "gist", "Spg", "spg"]
        .iter()
        .any(|start| routine.starts_with(start))
}

/// The fields in `Key (lower(email), tenant)=(…) already exists.` The form is the same in every
/// language of the server; the values after it are not read.
fn key_fields(detail: Option<&str>) -> Vec<String> {
    let Some(detail) = detail else { return Vec::new() };
    let Some(start) = detail.find('(') else { return Vec::new() };
    let Some(end) = detail.find(")=(") else { return Vec::new() };
    let Some(keys) = detail.get(start + 1..end) else { return Vec::new() };
    let mut fields: Vec<String> = Vec::new();
    let mut signs = keys.chars().peekable();
    // Set after `::` and `COLLATE`: the next name is a type's or a collation's.
    let mut skip = false;
    while let Some(sign) = signs.next() {
        let mut name = String::new();
        if sign == '"' {
            for sign in signs.by_ref().take_while(|sign| *sign != '"') {
                name.push(sign);
            }
        } else if sign.is_alphabetic() || sign == '_' {
            name.push(sign);
            while let Some(sign) = signs.next_if(|sign| sign.is_alphanumeric() || *sign == '_') {
                name.push(sign);
            }
            if name == "COLLATE" {
                skip = true;
                continue;
            }
            // Functions, and words of SQL: a name with capitals stands in quotes.
            if signs.peek() == Some(&'(') || name.contains(|sign: char| sign.is_ascii_uppercase()) {
                continue;
            }
        } else {
            skip |= sign == ':';
            continue;
        }
        if !std::mem::take(&mut skip) && !fields.contains(&name) {
            fields.push(name);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::key_fields;

    #[test]
    fn fields_are_read_from_keys_and_expressions() {
        let fields = |text| key_fields(Some(text));
        assert_eq!(fields("Key (email)=(a@b.c) already exists."), ["email"]);
        assert_eq!(fields("Key (a, \"B c\")=(1, 2) already exists."), ["a", "B c"]);
        assert_eq!(fields("Key (lower((email)::text))=(x)=(y) already exists."), ["email"]);
        assert_eq!(fields("Key (lower(email) COLLATE \"C\", t)=(x, y)"), ["email", "t"]);
        assert_eq!(fields("Key (note, (note IS NULL))=(x, f) already exists."), ["note"]);
        assert!(fields("nothing of the kind").is_empty());
    }
}
