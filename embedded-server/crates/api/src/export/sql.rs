//! Records as statements, in the words of the database that the project lives in.

use base::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::{Collection, FieldKind};
use engine::AnswerColumn;
use serde_json::{Map, Value as Json};
use std::collections::HashSet;

/// Writes rows as `INSERT` statements.
pub(super) struct Statements {
    /// `INSERT INTO "posts" ("id", "title") VALUES (`.
    head: String,
    columns: Vec<Column>,
    postgres: bool,
}

struct Column {
    /// Key in the answer.
    key: String,
    name: String,
    form: Form,
}

/// What the answer's value of a column is in a statement.
#[derive(Clone, Copy)]
enum Form {
    /// A constant of its own kind.
    Plain,
    /// Digits that must not become a float on their way.
    Digits,
    /// The text of a document.
    Document,
    /// Bytes.
    Bytes,
}

impl Statements {
    /// For the columns of the records themselves. Computed ones are left out: nobody can write them.
    pub(super) fn of(collection: &Collection, columns: &[AnswerColumn], store: &str) -> Self {
        let column = |column: &AnswerColumn| {
            let name = column.field.as_ref()?;
            let key = column.path.first()?.clone();
            let field = collection.fields.get(name)?;
            let kind = &field.kind;
            let form = match kind {
                // What a table of another maker computes is said nowhere else.
                _ if field.read_only && collection.adopted => return None,
                _ if field.computed.is_some() => return None,
                FieldKind::Binary => Form::Bytes,
                FieldKind::Decimal { .. } => Form::Digits,
                kind if kind.is_json() => Form::Document,
                _ => Form::Plain,
            };
            Some(Column { key, name: name.clone(), form })
        };
        // One field may stand in the answer under several keys; a statement names it once.
        let mut taken = HashSet::new();
        let columns: Vec<Column> = columns
            .iter()
            .filter_map(column)
            .filter(|column| taken.insert(column.name.clone()))
            .collect();
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        let head =
            format!("INSERT INTO {} ({}) VALUES (", quoted(&collection.name), names.join(", "));
        Self { head, columns, postgres: store == "postgres" }
    }

    /// Whether there is nothing that could be written.
    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// One row.
    pub(super) fn statement(&self, row: &Map<String, Json>) -> Result<String> {
        let mut values = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let json = row.get(&column.key).unwrap_or(&Json::Null);
            values.push(self.constant(json, column.form)?);
        }
        Ok(format!("{}{});\n", self.head, values.join(", ")))
    }

    fn constant(&self, json: &Json, form: Form) -> Result<String> {
        Ok(match (json, form) {
            (Json::Null, _) => String::from("NULL"),
            (json, Form::Document) => literal(&json.to_string()),
            (Json::String(text), Form::Bytes) => {
                let bytes = STANDARD.decode(text).map_err(|fault| {
                    Error::internal("exported bytes are not base64").caused_by(fault)
                })?;
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                if self.postgres { format!("'\\x{hex}'") } else { format!("X'{hex}'") }
            }
            (Json::Bool(truth), _) => String::from(if *truth { "TRUE" } else { "FALSE" }),
            (Json::Number(number), Form::Digits) => literal(&number.to_string()),
            (Json::Number(number), _) => number.to_string(),
            (Json::String(text), _) => literal(text),
            (Json::Array(_) | Json::Object(_), _) => literal(&json.to_string()),
        })
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text constant. Backslashes stand for themselves in both databases.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
