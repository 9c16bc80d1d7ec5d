//! What a change of settings asks for: columns, free keys, and what cannot be set.

use super::{ALIASES, FREE, LIMITED_ROLES, MAIL, PICTURES, ROWS, Row};
use base::{Code, Detail, Error, Result};
use catalog::{Collection, Field, FieldKind};
use query::Operation;
use serde_json::{Map, Value as Json, json};

/// Told, and written by nobody.
const MADE: [(&str, &str); 7] = [
    ("id", "it names the record"),
    ("tenant_Id", "it names the tenant; ask with `tenant_id` in the address"),
    ("createdAt", "the server writes it"),
    ("updatedAt", "the server writes it"),
    (FREE, "free keys stand beside the others"),
    ("logo", "it is made of `project_url` and `email_icon_Id`"),
    ("logo_url", "it is made of `project_url` and `email_icon_Id`"),
];

/// Free keys of one record, at most, and their size as JSON.
pub(super) const FREE_MAX: usize = 200;
const FREE_BYTES_MAX: usize = 64 * 1024;
const FREE_NAME_MAX: usize = 100;

/// What a change asks for.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Asked {
    pub(super) columns: Row,
    pub(super) free: Row,
    /// Columns that were asked for by another name.
    named: Vec<(&'static str, &'static str)>,
}

impl Asked {
    /// Tells columns from free keys. What is only told may be sent along as it was told, so that
    /// settings that were read can be sent back.
    pub(super) fn read(
        mut body: Row,
        shown: &Row,
        collection: Option<&Collection>,
    ) -> Result<Self> {
        let Some(collection) = collection else {
            return Err(Error::internal("the settings have no collection"));
        };
        let (mut asked, mut wrong) = (Self::default(), Vec::new());
        for (alias, column) in ALIASES {
            let Some(value) = body.shift_remove(alias) else { continue };
            let now = shown.get(column).unwrap_or(&Json::Null);
            match body.get(column) {
                Some(other) if *other == value || value == *now => {}
                Some(other) if other != now => {
                    let why = format!("`{column}` is another name of it and says something else");
                    wrong.push(Detail::field("conflict", alias, why));
                }
                Some(_) | None => {
                    body.insert(column.to_owned(), value);
                    asked.named.push((column, alias));
                }
            }
        }
        for (name, value) in body {
            let made = MADE.iter().find(|(made, _)| {
                *made == name || collection.field(&name).is_some_and(|field| field.name == *made)
            });
            let picture = PICTURES.contains(&name.as_str());
            if made.is_some() || picture || collection.relation(&name).is_some() {
                if shown.get(&name) == Some(&value) {
                    continue;
                }
                let why = match made {
                    Some((_, why)) => (*why).to_owned(),
                    None if picture => format!("set `{name}_Id` to the key of a file"),
                    None => String::from("it is a relation of the record and no setting"),
                };
                wrong.push(Detail::field("readOnly", name, why));
            } else if let Some(field) = collection.field(&name) {
                match mistyped(field, &value) {
                    Some(why) => wrong.push(Detail::field("type", asked.asked_as(name), why)),
                    None => drop(asked.columns.insert(field.name.clone(), value)),
                }
            } else if let Some(why) = unfit(&name, collection) {
                wrong.push(Detail::field("name", name, why));
            } else {
                asked.free.insert(name, value);
            }
        }
        if wrong.is_empty() { Ok(asked) } else { Err(refused(wrong)) }
    }

    /// The write of it, on what is stored.
    pub(super) fn operation(&self, row: Option<&Row>, tenant: Option<&str>) -> Result<Operation> {
        let (mut body, mut expect) = (self.columns.clone(), Row::new());
        if !self.free.is_empty() {
            let stored = row.and_then(|row| row.get(FREE)).cloned().unwrap_or(Json::Null);
            let mut free = stored.as_object().cloned().unwrap_or_default();
            for (name, value) in &self.free {
                if value.is_null() {
                    free.shift_remove(name);
                } else {
                    free.insert(name.clone(), value.clone());
                }
            }
            let free = Json::Object(free);
            self.fits(&free)?;
            expect.insert(FREE.to_owned(), stored);
            body.insert(FREE.to_owned(), free);
        }
        let collection = ROWS.to_owned();
        Ok(match row.and_then(|row| row.get("id")).cloned() {
            Some(key) => Operation::Update { collection, key, body, expect },
            None => {
                if let Some(tenant) = tenant {
                    body.insert(String::from("tenant_Id"), json!(tenant));
                }
                Operation::Create { collection, body }
            }
        })
    }

    fn fits(&self, free: &Json) -> Result<()> {
        let count = free.as_object().map_or(0, Map::len);
        let bytes = free.to_string().len();
        let why = if count > FREE_MAX {
            format!("there would be {count} free keys; at most {FREE_MAX} are kept")
        } else if bytes > FREE_BYTES_MAX {
            format!("free keys would take {bytes} bytes; at most {FREE_BYTES_MAX} are kept")
        } else {
            return Ok(());
        };
        let names = self.free.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name);
        Err(refused(names.map(|name| Detail::field("max", name, why.as_str())).collect()))
    }

    /// The name under which a column was asked for.
    fn asked_as(&self, column: String) -> String {
        let named = self.named.iter().find(|(named, _)| *named == column);
        named.map_or(column, |(_, alias)| (*alias).to_owned())
    }

    /// A refusal by the names that were used.
    pub(super) fn as_named(&self, fault: Error) -> Error {
        let mut details = fault.detail_list().to_vec();
        for detail in &mut details {
            detail.field = detail.field.take().map(|column| self.asked_as(column));
        }
        fault.details(details)
    }
}

/// Why a column takes no such value, where the write itself would make something of it: a number is
/// text to a record, and any document is a list of roles.
fn mistyped(field: &Field, value: &Json) -> Option<&'static str> {
    match field.kind {
        FieldKind::String { .. } | FieldKind::Text if !value.is_string() && !value.is_null() => {
            Some("must be a text or null")
        }
        FieldKind::Json { .. } if field.name == LIMITED_ROLES => {
            let texts = |all: &Vec<Json>| all.iter().all(Json::is_string);
            let fits = value.is_null() || value.as_array().is_some_and(texts);
            (!fits).then_some("must be a list of roles, by their keys, or null")
        }
        _ => None,
    }
}

fn refused(wrong: Vec<Detail>) -> Error {
    let told = wrong
        .iter()
        .map(|one| format!("{}: {}", one.field.as_deref().unwrap_or_default(), one.message));
    let message = format!("Validation failed: {}", told.collect::<Vec<_>>().join(", "));
    Error::new(Code::ValidationError, message).details(wrong)
}

/// Why a free key cannot be called this. All of them are told to everybody, and one that looks like
/// mail was surely meant to be kept.
fn unfit(name: &str, collection: &Collection) -> Option<String> {
    if name.is_empty() || name.chars().count() > FREE_NAME_MAX {
        return Some(format!("a key has 1 to {FREE_NAME_MAX} characters"));
    }
    if is_free(name, collection) {
        return None;
    }
    Some(format!("there is no such setting; the ones of mail are {}", MAIL.join(", ")))
}

/// Whether a name stands for nothing of ours.
pub(super) fn is_free(name: &str, collection: &Collection) -> bool {
    collection.field(name).is_none()
        && collection.relation(name).is_none()
        && !MADE.iter().any(|(made, _)| *made == name)
        && !ALIASES.iter().any(|(alias, _)| *alias == name)
        && !name.to_ascii_lowercase().starts_with("smtp")
}
