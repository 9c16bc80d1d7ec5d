//! Documents out and in (`spec/data.md` 13.8).

use super::Changed;
use super::draft::Draft;
use super::history::Signed;
use base::{Clock, Code, Detail, Error, Result};
use catalog::{Catalog, Collection};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use store::Store;

/// What an import did, by name.
pub struct ImportedSchemas {
    /// Collections that are new.
    pub created: Vec<String>,
    /// Collections that were changed.
    pub updated: Vec<String>,
    /// Collections that were as asked already.
    pub unchanged: Vec<String>,
}

/// What an import would do, by name.
pub struct ComparedSchemas {
    /// Collections that would be new, with their documents.
    pub new: Vec<(String, Json)>,
    /// Collections that would change, with the keys of what differs.
    pub modified: Vec<(String, Vec<String>)>,
    /// Collections that the list does not name. An import leaves them.
    pub deleted: Vec<String>,
    /// Collections that are as asked already.
    pub unchanged: Vec<String>,
}

/// Every collection, sorted by name.
pub(super) fn export(catalog: &Catalog) -> Vec<Arc<Collection>> {
    let mut all: Vec<Arc<Collection>> = catalog.collections.values().cloned().collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// The entries of an import: `{schemas: [...]}`, the list alone, or an export file.
fn entries(body: &Json) -> Result<Vec<(&str, &Json, &[Json])>> {
    let list = [Some(body), body.get("schemas"), body.get("data")]
        .into_iter()
        .flatten()
        .find_map(Json::as_array);
    let Some(list) = list else {
        return Err(Error::new(Code::InvalidBody, "the list of schemas is missing")
            .at("schemas")
            .hint("send {\"schemas\": [{\"collectionName\": \"products\", \"schema\": {…}}]}"));
    };
    list.iter()
        .enumerate()
        .map(|(at, entry)| {
            let name = entry.get("collectionName").and_then(Json::as_str);
            let relations =
                entry.get("relationships").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
            match (name, entry.get("schema")) {
                (Some(name), Some(schema)) => Ok((name, schema, relations)),
                _ => Err(Error::new(
                    Code::InvalidBody,
                    "each entry needs `collectionName` and `schema`",
                )
                .at(format!("schemas.{at}"))),
            }
        })
        .collect()
}

/// A document without what differs between projects: ids, and the marks of generated fields.
fn essence(document: &Json) -> Json {
    match document {
        Json::Object(object) => Json::Object(
            object
                .iter()
                .filter(|(key, _)| {
                    !matches!(key.as_str(), "fieldId" | "schemaId" | "SystemGenerated")
                })
                .map(|(key, value)| (key.clone(), essence(value)))
                .collect::<Map<_, _>>(),
        ),
        Json::Array(list) => Json::Array(list.iter().map(essence).collect()),
        other => other.clone(),
    }
}

struct Sorted {
    draft: Draft,
    created: Vec<String>,
    updated: Vec<String>,
    unchanged: Vec<String>,
}

fn sorted(catalog: &Catalog, body: &Json) -> Result<Sorted> {
    let mut sorted = Sorted {
        draft: Draft::of(catalog),
        created: Vec::new(),
        updated: Vec::new(),
        unchanged: Vec::new(),
    };
    let mut faults = Vec::new();
    let entries = entries(body)?;
    for (name, schema, _) in &entries {
        let known = catalog.get(name);
        let taken = match known {
            Some(_) => sorted.draft.update(name, &without_foreign_ids(schema)),
            None => sorted.draft.create(name, schema),
        };
        match (taken, known) {
            (Err(error), _) => faults.push(finding(name, &error)),
            (Ok(()), None) => sorted.created.push((*name).to_owned()),
            (Ok(()), Some(old)) => {
                let same = essence(&old.document) == essence(&sorted.draft.documents[*name]);
                if same {
                    sorted.draft.documents.insert((*name).to_owned(), Json::clone(&old.document));
                    sorted.unchanged.push((*name).to_owned());
                } else {
                    sorted.updated.push((*name).to_owned());
                }
            }
        }
    }
    for (name, _, relations) in entries {
        for relation in relations {
            if let Err(error) = sorted.draft.create_relationship(name, relation) {
                faults.push(finding(name, &error));
            }
        }
    }
    if faults.is_empty() {
        return Ok(sorted);
    }
    Err(Error::new(
        Code::SchemaInvalid,
        format!("{} of the schemas cannot be taken; nothing was changed", faults.len()),
    )
    .details(faults))
}

/// Fields of a known collection are recognised by their names: ids of another project say
/// nothing here.
fn without_foreign_ids(schema: &Json) -> Json {
    let mut schema = schema.clone();
    let fields = schema.get_mut("fields").and_then(Json::as_object_mut).into_iter().flatten();
    for (_, field) in fields {
        if let Some(field) = field.as_object_mut() {
            field.shift_remove("fieldId");
        }
    }
    schema
}

fn finding(name: &str, error: &Error) -> Detail {
    Detail::field(error.code().as_str(), name, error.message())
}

/// What an import would do.
pub(super) fn preview(catalog: &Catalog, body: &Json) -> Result<ComparedSchemas> {
    let Sorted { mut draft, created, updated, unchanged } = sorted(catalog, body)?;
    let known = |name: &String| [&updated, &unchanged].iter().any(|list| list.contains(name));
    let deleted = catalog.collections.keys().filter(|name| !known(name)).cloned().collect();
    let mut document = |name: &String| draft.documents.shift_remove(name).unwrap_or_default();
    let modified = updated
        .iter()
        .map(|name| {
            let before = catalog.get(name).map(|old| essence(&old.document)).unwrap_or_default();
            (name.clone(), differences(&before, &essence(&document(name))))
        })
        .collect();
    let new = created.into_iter().map(|name| {
        let document = document(&name);
        (name, document)
    });
    Ok(ComparedSchemas { new: new.collect(), modified, deleted, unchanged })
}

/// The keys under which two documents differ; of fields, each by its name.
fn differences(before: &Json, after: &Json) -> Vec<String> {
    let keys = |json: &Json| -> Vec<String> {
        json.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
    };
    let differ = |before: &Json, after: &Json| -> Vec<String> {
        let mut all = keys(after);
        all.extend(keys(before).into_iter().filter(|key| after.get(key).is_none()));
        all.retain(|key| before.get(key) != after.get(key));
        all
    };
    let mut found = Vec::new();
    for key in differ(before, after) {
        match (key.as_str(), before.get("fields"), after.get("fields")) {
            ("fields", Some(before), Some(after)) => found
                .extend(differ(before, after).into_iter().map(|field| format!("fields.{field}"))),
            _ => found.push(key),
        }
    }
    found
}

/// Takes the documents. None is ended.
pub(super) async fn import(
    store: &Store,
    clock: &Clock,
    catalog: &Catalog,
    body: &Json,
    signed: Signed,
) -> Result<(Changed, ImportedSchemas)> {
    let Sorted { mut draft, created, updated, unchanged } = sorted(catalog, body)?;
    draft.signed = Some(signed);
    let changed = draft.commit(store, clock).await?;
    Ok((changed, ImportedSchemas { created, updated, unchanged }))
}
