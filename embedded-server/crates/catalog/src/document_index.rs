//! The indexes of a document: named when it is stored, checked when it is read.

use crate::check::{self, invalid};
use crate::words::INDEX_TYPES;
use crate::{Collection, FieldKind, Index};
use base::{Result, nearest};
use serde_json::{Map, Value as Json, json};

/// Every stored index has a name.
pub(crate) fn name_indexes(collection: &str, document: &mut Map<String, Json>) -> Result<()> {
    let Some(indexes) = document.get_mut("indexes") else { return Ok(()) };
    if indexes.is_null() {
        *indexes = json!([]);
    }
    let Json::Array(indexes) = indexes else {
        return Err(invalid("schema.indexes", "`indexes` must be a list"));
    };
    for (at, index) in indexes.iter_mut().enumerate() {
        let Json::Object(index) = index else {
            return Err(invalid(format!("indexes.{at}"), "an index must be an object")
                .hint("for example {\"fields\": [\"email\"], \"unique\": true}"));
        };
        if let Some(Json::String(field)) = index.get("fields") {
            let list = json!([field]);
            index.insert("fields".into(), list);
        }
        if !index.get("name").is_some_and(Json::is_string) {
            let fields: Vec<&str> = index
                .get("fields")
                .and_then(Json::as_array)
                .map(|fields| fields.iter().filter_map(Json::as_str).collect())
                .unwrap_or_default();
            let name = check::fitted(&format!("{collection}_{}_idx", fields.join("_")));
            index.shift_insert(0, String::from("name"), Json::String(name));
        }
    }
    Ok(())
}

/// The indexes that a stored document declares.
pub(crate) fn parse_indexes(
    collection: &Collection,
    top: &Map<String, Json>,
) -> Result<Vec<Index>> {
    let mut indexes: Vec<Index> = Vec::new();
    for (at, index) in top.get("indexes").and_then(Json::as_array).into_iter().flatten().enumerate()
    {
        let at = format!("indexes.{at}");
        let listed =
            index.get("fields").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut fields = Vec::new();
        for field in listed {
            let wanted = field.as_str().unwrap_or_default();
            let Some(found) = collection.field(wanted) else {
                let error = invalid(
                    format!("{at}.fields"),
                    format!(
                        "the index names `{wanted}`, which `{}` does not have",
                        collection.name
                    ),
                );
                return Err(match nearest(wanted, collection.fields.keys().map(String::as_str)) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error,
                });
            };
            fields.push(found.name.clone());
        }
        if fields.is_empty() {
            return Err(invalid(format!("{at}.fields"), "an index needs at least one field"));
        }
        let name = index.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
        check::identifier("index name", &name, &format!("{at}.name"))?;
        if indexes.iter().any(|other| other.name.eq_ignore_ascii_case(&name)) {
            return Err(invalid(format!("{at}.name"), format!("two indexes are named `{name}`")));
        }
        let unique = index.get("unique").and_then(Json::as_bool).unwrap_or(false);
        let method = index.get("type").or_else(|| index.get("method")).and_then(Json::as_str);
        let method = method.map(str::to_ascii_lowercase).filter(|method| method != "btree");
        index_method(collection, &fields, unique, method.as_deref(), &at)?;
        indexes.push(Index {
            name,
            fields,
            unique,
            nulls_not_distinct: index
                .get("nullsNotDistinct")
                .and_then(Json::as_bool)
                .unwrap_or(false),
            method,
        });
    }
    Ok(indexes)
}

/// What an index method can do on our columns, whatever the store: the same document works on
/// both.
fn index_method(
    collection: &Collection,
    fields: &[String],
    unique: bool,
    method: Option<&str>,
    at: &str,
) -> Result<()> {
    let at = format!("{at}.type");
    match method {
        None => Ok(()),
        Some("hash") if fields.len() == 1 && !unique => Ok(()),
        Some("hash") => Err(invalid(at, "a hash index covers one field and cannot be unique")),
        Some("gin") if unique => Err(invalid(at, "a gin index cannot be unique")),
        Some("gin") if fields.iter().all(|field| collection.fields[field].kind.is_json()) => Ok(()),
        Some("gin") => Err(invalid(at, "a gin index covers JSON and array fields only")
            .hint("for searching words in texts the type is `fulltext`")),
        Some("gist") if unique => Err(invalid(at, "a gist index cannot be unique")),
        Some("gist") => match fields {
            [field] if matches!(collection.fields[field].kind, FieldKind::Geo(_)) => Ok(()),
            _ => Err(invalid(at, "a gist index covers one geometry field")),
        },
        Some("fulltext") if unique => Err(invalid(at, "a fulltext index cannot be unique")),
        Some("fulltext") => {
            let unsearched = |name: &&String| {
                let kind = &collection.fields[*name].kind;
                !kind.is_text() && *kind != FieldKind::Uuid
            };
            fields.iter().find(unsearched).map_or(Ok(()), |name| {
                let kind = collection.fields[name].kind.name();
                let why = format!(
                    "a fulltext index covers fields that are searched, and `{name}` is {kind}"
                );
                Err(invalid(at, why).hint("text fields and UUIDs are searched"))
            })
        }
        Some(other) => Err(invalid(at, format!("index type `{other}` is not available"))
            .hint(format!("index types: {}", INDEX_TYPES.join(", ")))),
    }
}
