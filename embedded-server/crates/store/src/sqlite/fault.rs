//! SQLite's error numbers become our codes. Texts are read for field names only.

use super::functions::{BEYOND_DOUBLES, BEYOND_FIELD};
use crate::fault::{
    beyond_doubles, beyond_field, check, foreign_key, name_taken, required, trigger, unique,
    used_up, wrong_type,
};
use base::{Code, Error};
use rusqlite::Connection;
use rusqlite::ffi;
use std::path::Path;

/// What went wrong with a statement.
pub(super) fn of(connection: &Connection, cause: rusqlite::Error) -> Error {
    let (failure, text) = match &cause {
        rusqlite::Error::SqliteFailure(failure, text) => {
            (failure, text.as_deref().unwrap_or_default())
        }
        // Refused before it ran.
        rusqlite::Error::SqlInputError { error, msg, .. } => (error, msg.as_str()),
        _ => return Error::internal("SQLite refused a statement").caused_by(cause),
    };
    let error = match failure.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => unique(table_name(text), unique_fields(connection, text)),
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => foreign_key(),
        // ON DELETE RESTRICT is a trigger of SQLite's own.
        ffi::SQLITE_CONSTRAINT_TRIGGER if text.starts_with("FOREIGN KEY") => foreign_key(),
        // RAISE in a trigger: none of ours does.
        ffi::SQLITE_CONSTRAINT_TRIGGER => trigger(text),
        ffi::SQLITE_CONSTRAINT_NOTNULL => required(last_name(text)),
        ffi::SQLITE_CONSTRAINT_CHECK => {
            let name = constraint_name(text);
            match name.as_deref().is_some_and(|name| has_counted_out(connection, name)) {
                true => used_up(),
                false => check(name),
            }
        }
        // SQLite says the same of a key that has counted to its end.
        ffi::SQLITE_FULL if has_last_key(connection) => used_up(),
        ffi::SQLITE_CONSTRAINT_DATATYPE | ffi::SQLITE_MISMATCH => wrong_type(last_name(text)),
        _ => of_primary(failure.extended_code & 0xff, text),
    };
    error.caused_by(cause)
}

/// Whether an `Integer` field of this name has counted to the end of its 32 bits: the range that it
/// breaks has the name of the field, and a number that was given is refused before.
fn has_counted_out(connection: &Connection, field: &str) -> bool {
    let keys = "SELECT 1 FROM sqlite_sequence s, pragma_table_info(s.name) c \
                WHERE s.seq >= 2147483647 AND c.pk > 0 AND c.name = ?1";
    let others = "SELECT 1 FROM \"_sequence\" WHERE \"value\" >= 2147483647 AND \"field\" = ?1";
    [keys, others].into_iter().any(|asked| answers(connection, asked, &[&field]))
}

/// Whether a key of 64 bits has counted to its end.
fn has_last_key(connection: &Connection) -> bool {
    answers(connection, "SELECT 1 FROM sqlite_sequence WHERE seq = 9223372036854775807", &[])
}

/// Whether there is a row. A table that is not there has none.
fn answers(connection: &Connection, asked: &str, binds: &[&dyn rusqlite::ToSql]) -> bool {
    connection.prepare(asked).and_then(|mut asked| asked.exists(binds)).unwrap_or(false)
}

/// What went wrong with the file.
pub(super) fn opening(path: &Path, cause: rusqlite::Error) -> Error {
    let number = match &cause {
        rusqlite::Error::SqliteFailure(failure, _) => failure.extended_code & 0xff,
        _ => ffi::SQLITE_ERROR,
    };
    let place = path.display().to_string();
    let error = match number {
        ffi::SQLITE_CANTOPEN | ffi::SQLITE_PERM | ffi::SQLITE_AUTH => {
            Error::new(Code::Unavailable, format!("the database file `{place}` cannot be opened"))
                .hint("check that the directory exists and that this user may read and write in it")
        }
        ffi::SQLITE_READONLY => {
            Error::new(Code::Unavailable, format!("the database file `{place}` is read-only"))
                .hint("give this user the right to write the file and its directory")
        }
        ffi::SQLITE_ERROR => {
            Error::internal(format!("the database file `{place}` could not be prepared"))
        }
        number => of_primary(number, ""),
    };
    error.at(place).caused_by(cause)
}

fn of_primary(number: i32, text: &str) -> Error {
    match number {
        ffi::SQLITE_INTERRUPT => {
            Error::new(Code::Timeout, "the statement took longer than its limit")
                .hint("narrow the filter, ask for fewer rows, or index the fields it names")
        }
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => {
            Error::new(Code::Unavailable, "another process holds the database file")
                .hint("end the other program that has the file open, or try again")
                .retry_after_ms(1_000)
        }
        ffi::SQLITE_FULL => Error::new(Code::Unavailable, "the disk is full: nothing was written")
            .hint("free space on the disk that holds the database"),
        ffi::SQLITE_IOERR => {
            Error::new(Code::Unavailable, "the disk failed to read or write the database file")
                .hint("check the disk and its free space")
        }
        ffi::SQLITE_READONLY | ffi::SQLITE_PERM => {
            Error::new(Code::Unavailable, "the database file may not be written")
                .hint("give this user the right to write the file and its directory")
        }
        ffi::SQLITE_CANTOPEN => Error::new(Code::Unavailable, "the database file cannot be opened"),
        ffi::SQLITE_CORRUPT => Error::new(Code::Unavailable, "the database file is damaged")
            .hint("restore the last backup; keep the damaged file for a rescue"),
        ffi::SQLITE_NOTADB => Error::new(Code::Unavailable, "the file is not a SQLite database")
            .hint("check the path; an encrypted or overwritten file looks like this"),
        ffi::SQLITE_NOMEM => Error::new(Code::Unavailable, "the server has no memory left"),
        ffi::SQLITE_TOOBIG => Error::new(
            Code::ValidationError,
            "a value is larger than the store can hold (1,000,000,000 bytes)",
        ),
        // What a function of ours says arrives as its text, without its number.
        _ if text == BEYOND_DOUBLES => beyond_doubles(),
        _ if text.starts_with(BEYOND_FIELD) => {
            beyond_field(text.strip_prefix(BEYOND_FIELD).map(str::to_owned))
        }
        _ => of_somebody_elses_table(text)
            .unwrap_or_else(|| Error::internal(format!("SQLite refused a statement: {text}"))),
    }
}

/// What only a table that we did not make brings about: values that are no JSON where JSON is
/// kept, foreign keys that lead nowhere, triggers that need another program. SQLite has one number
/// for all of them.
fn of_somebody_elses_table(text: &str) -> Option<Error> {
    if text == "malformed JSON" || text.starts_with("JSON cannot hold BLOB") {
        return Some(
            wrong_type(None).hint("a stored value is no JSON; find and mend it by its key"),
        );
    }
    if text.starts_with("foreign key mismatch") {
        return Some(foreign_key().hint(
            "a foreign key of the database points at columns that are neither key nor unique",
        ));
    }
    if text.starts_with("cannot INSERT into generated")
        || text.starts_with("cannot UPDATE generated")
    {
        return Some(wrong_type(None).hint("the column is computed by the database"));
    }
    if let Some(name) = taken_name(text) {
        return Some(name_taken(Some(name)));
    }
    let lacking = ["no such function: ", "no such collation sequence: ", "no such module: "];
    let name = lacking.iter().find_map(|words| text.strip_prefix(words))?;
    // Ours are registered on every connection: that one is missing is our fault.
    (!name.to_ascii_lowercase().starts_with("bx_")).then(|| {
        Error::new(
            Code::FeatureUnavailable,
            format!("a rule, index or trigger of the table needs `{name}`, which only the program that made it has"),
        )
        .hint("write to this table with that program, or drop the rule, index or trigger")
    })
}

/// The name in `table notes already exists`, `there is already an index named n`, `there is already
/// another table or index with this name: n` and `duplicate column name: n`.
fn taken_name(text: &str) -> Option<&str> {
    if let Some((_, name)) = text.split_once("duplicate column name: ") {
        return Some(name);
    }
    if let Some(rest) = text.strip_prefix("there is already ") {
        return rest
            .split_once(": ")
            .map_or_else(|| rest.rsplit(' ').next(), |(_, name)| Some(name));
    }
    let (what, name) = text.strip_suffix(" already exists")?.split_once(' ')?;
    matches!(what, "table" | "view" | "index").then_some(name.trim_matches('"'))
}

/// The field in `NOT NULL constraint failed: posts.title` and its like.
fn last_name(text: &str) -> Option<String> {
    text.rsplit_once('.')
        .map(|(_, field)| field.trim().to_owned())
        .filter(|field| !field.is_empty())
}

/// The table in `UNIQUE constraint failed: users.email, users.tenant`.
fn table_name(text: &str) -> Option<&str> {
    let (_, what) = text.split_once(": ")?;
    what.split(", ").next()?.rsplit_once('.').map(|(table, _)| table)
}

/// The name in `CHECK constraint failed: name`.
fn constraint_name(text: &str) -> Option<String> {
    text.split_once(": ").map(|(_, name)| name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// The fields of `UNIQUE constraint failed: users.email, users.tenant`, or those in the definition
/// of the index in `UNIQUE constraint failed: index 'name'` (an index on an expression).
fn unique_fields(connection: &Connection, text: &str) -> Vec<String> {
    let Some((_, what)) = text.split_once(": ") else { return Vec::new() };
    if let Some(index) = what.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
        let definition = connection.query_row(
            "SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?1",
            [index],
            |row| row.get::<_, String>(0),
        );
        return definition.map_or_else(|_| Vec::new(), |definition| quoted_fields(&definition));
    }
    what.split(", ").filter_map(last_name).collect()
}

/// The quoted names between the outer parentheses of `CREATE UNIQUE INDEX "n" ON "t" (f("a"), "b")
/// WHERE …`.
fn quoted_fields(definition: &str) -> Vec<String> {
    let Some(start) = definition.find('(') else { return Vec::new() };
    let (mut depth, mut fields, mut name) = (0_usize, Vec::new(), None::<String>);
    for sign in definition[start..].chars() {
        match (&mut name, sign) {
            (Some(_), '"') => fields.extend(name.take()),
            (Some(name), sign) => name.push(sign),
            (None, '"') => name = Some(String::new()),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            (None, _) => {}
        }
    }
    fields.dedup();
    fields
}

#[cfg(test)]
mod tests {
    use super::{quoted_fields, taken_name};

    #[test]
    fn a_name_that_is_taken_is_told() {
        for text in [
            "table notes already exists",
            "view \"notes\" already exists",
            "there is already an index named notes",
            "there is already another table or index with this name: notes",
            "duplicate column name: notes",
        ] {
            assert_eq!(taken_name(text), Some("notes"), "{text}");
        }
        assert_eq!(taken_name("no such table: notes"), None);
    }

    #[test]
    fn fields_of_an_index_on_expressions_are_found() {
        let sql = "CREATE UNIQUE INDEX \"u\" ON \"users\" (bx_fold(\"email\"), \"tenant\") WHERE \"x\" = 1";
        assert_eq!(quoted_fields(sql), ["email", "tenant"]);
    }
}
