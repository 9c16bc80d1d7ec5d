//! What cells mean for the collection they go to.

use super::job::{Format, ImportAsk, RowFault};
use super::rejects::OWN;
use super::rows::{Row, RowCells};
use base::{Code, Detail, Error};
use catalog::{Collection, FieldKind, RelationKind};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// What cells mean for the collection they go to.
pub(super) struct Cells {
    mapping: IndexMap<String, Option<String>>,
    collection: Option<Arc<Collection>>,
    null_text: Option<String>,
    comma_decimals: bool,
}

impl Cells {
    pub(super) fn new(ask: &ImportAsk, collection: Option<&Arc<Collection>>) -> Self {
        Self {
            mapping: ask.mapping.clone(),
            collection: collection.cloned(),
            null_text: ask.null_text.clone(),
            // Files that separate by semicolon do so because the comma is the decimal sign.
            comma_decimals: ask.format == Format::Csv && ask.delimiter == b';',
        }
    }

    /// Whether the names of the columns that rejects have of our making mean nothing else here.
    pub(super) fn may_be_ours(&self) -> bool {
        OWN.iter().all(|own| {
            self.kind(own).is_none() && self.mapping.get(*own).is_none_or(Option::is_none)
        })
    }

    /// The body that a row asks to be created.
    pub(super) fn body(&self, row: &Row) -> std::result::Result<Map<String, Json>, Vec<RowFault>> {
        let mut body = Map::new();
        let whole = |why: String, text: Option<String>| {
            Err(vec![fault(row.line, None, None, text, why, Code::ImportFailed)])
        };
        if let Some(why) = &row.flaw {
            return whole(why.clone(), None);
        }
        match &row.cells {
            RowCells::Texts(texts) => {
                if texts.len() != row.names.len() {
                    let message =
                        format!("{} cells where the header has {}", texts.len(), row.names.len());
                    return whole(message, None);
                }
                for (at, (name, text)) in row.names.iter().zip(texts).enumerate() {
                    let Some(field) = self.field(name) else { continue };
                    if !field.is_empty() {
                        body.insert(field.to_owned(), self.value(field, text));
                    } else if !text.trim().is_empty() {
                        let what = format!("the header has no name for column {}", at + 1);
                        return whole(what, Some(text.clone()));
                    }
                }
            }
            RowCells::Object(object) => {
                for (name, value) in object {
                    if let Some(field) = self.field(name) {
                        let null = self
                            .null_text
                            .as_deref()
                            .is_some_and(|word| value.as_str() == Some(word));
                        let value = if null { Json::Null } else { value.clone() };
                        if body.insert(field.to_owned(), value).is_some() {
                            let what = format!("two keys of this row go to `{field}`");
                            let (column, field) = (Some(name.clone()), Some(field.to_owned()));
                            let code = Code::ImportFailed;
                            return Err(vec![fault(row.line, column, field, None, what, code)]);
                        }
                    }
                }
            }
            RowCells::Broken { text, why } => {
                return whole(why.clone(), Some(text.clone()));
            }
        }
        if let Some(collection) = &self.collection {
            // Who has a word for NULL tells it apart from a text that is empty.
            without_empty(collection, &mut body, self.null_text.is_some());
        }
        Ok(body)
    }

    fn kind(&self, field: &str) -> Option<&FieldKind> {
        let field = self.collection.as_ref()?.fields.get(field)?;
        Some(&field.kind)
    }

    fn field<'a>(&'a self, column: &'a str) -> Option<&'a str> {
        match self.mapping.get(column) {
            Some(field) => field.as_deref(),
            None => Some(column),
        }
    }

    /// A CSV cell as JSON; the word for NULL is null everywhere.
    fn value(&self, field: &str, text: &str) -> Json {
        if self.null_text.as_deref() == Some(text) {
            return Json::Null;
        }
        let kind = self.kind(field);
        if !kind.is_some_and(FieldKind::is_text) && text.trim().is_empty() {
            return Json::String(String::new());
        }
        if kind.is_some_and(FieldKind::is_number) {
            let trimmed = text.trim();
            if self.comma_decimals && !trimmed.contains('.') && trimmed.matches(',').count() == 1 {
                return Json::String(trimmed.replace(',', "."));
            }
            return Json::String(trimmed.to_owned());
        }
        // What is no field may be a relation, whose records are documents.
        if kind.is_none_or(FieldKind::is_json)
            && text.starts_with(['{', '['])
            && let Ok(json) = serde_json::from_str(text)
        {
            return json;
        }
        Json::String(text.to_owned())
    }

    /// A refusal in the words of the file: line, column and the text that stands there.
    pub(super) fn addressed(&self, row: &Row, error: &Error) -> Vec<RowFault> {
        let details = error.detail_list();
        if details.is_empty() {
            return vec![fault(
                row.line,
                None,
                None,
                None,
                error.message().to_owned(),
                error.code(),
            )];
        }
        let one = |detail: &Detail| {
            let field = detail.field.as_deref();
            let (column, value) = field.map(|field| self.place(row, field)).unwrap_or_default();
            let message = match &detail.nearest {
                Some(near) => format!("{}; did you mean `{near}`?", detail.message),
                None => detail.message.clone(),
            };
            fault(row.line, column, field.map(str::to_owned), value, message, error.code())
        };
        details.iter().map(one).collect()
    }

    /// The column that a field came from, and what stands there. A field of a related record stands
    /// within the cell of its relation, and a relation may be named in place of its key's field.
    fn place(&self, row: &Row, field: &str) -> (Option<String>, Option<String>) {
        let column = |field: &str| {
            row.names().find(|name| self.field(name) == Some(field)).map(str::to_owned)
        };
        if let Some(column) = column(field) {
            let value = row.text(&column);
            return (Some(column), value);
        }
        let relation = self.collection.as_ref().and_then(|collection| {
            collection.relations.values().find(|relation| match &relation.kind {
                RelationKind::ToOne { column, .. } => column == field,
                _ => false,
            })
        });
        if let Some(column) = relation.and_then(|relation| column(&relation.name)) {
            let value = row.text(&column);
            return (Some(column), value);
        }
        let mut at = field.len();
        while let Some(dot) = field[..at].rfind('.') {
            at = dot;
            let Some(column) = column(&field[..at]) else { continue };
            let text = row.text(&column);
            let whole: Option<Json> =
                text.as_deref().and_then(|one| serde_json::from_str(one).ok());
            let path = format!("/{}", field[at + 1..].replace('.', "/"));
            let inner = whole.as_ref().and_then(|whole| whole.pointer(&path)).map(text_of);
            return (Some(column), inner.or(text));
        }
        (None, None)
    }
}

/// An empty value of a file is null. Where a field takes none it is as if it were not there: the
/// field's default is for it; so it is for relations to many. `keeps_texts` leaves them empty where
/// text is kept.
pub fn without_empty(collection: &Collection, body: &mut Map<String, Json>, keeps_texts: bool) {
    body.retain(|name, value| {
        if value.as_str() != Some("") {
            return true;
        }
        let Some(field) = collection.called(name) else {
            *value = Json::Null;
            let relation = collection.relations.get(name);
            return relation.is_none_or(|one| matches!(one.kind, RelationKind::ToOne { .. }));
        };
        let kind = &field.kind;
        let is_text = kind.is_text() && !matches!(kind, FieldKind::Enum { .. } | FieldKind::Suid);
        if keeps_texts && is_text {
            return true;
        }
        *value = Json::Null;
        field.nullable
    });
}

pub(super) fn text_of(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

fn fault(
    line: u64,
    column: Option<String>,
    field: Option<String>,
    value: Option<String>,
    message: String,
    code: Code,
) -> RowFault {
    // A cell may be a megabyte; a reader needs its beginning.
    let value = value.map(|text| text.chars().take(200).collect());
    RowFault { line, column, field, value, message, code: code.as_str().to_owned() }
}
