//! Declared indexes, which are part of the stored document (`spec/data.md` 13.9).

use super::draft::Draft;
use base::{Code, Error, Result};
use catalog::{fitted, identifier, invalid};
use serde_json::{Value as Json, json};

impl Draft {
    /// Adds an index; one of the same name is left as it is.
    pub(crate) fn create_index(&mut self, collection: &str, body: &Json) -> Result<()> {
        let Some(body) = body.as_object() else {
            return Err(Error::new(Code::InvalidBody, "the body must be an index")
                .hint("for example {\"fields\": [\"email\"], \"unique\": true}"));
        };
        let fields: Vec<Json> = match body.get("fields") {
            Some(Json::Array(fields)) => fields.clone(),
            Some(Json::String(field)) => vec![json!(field)],
            _ => return Err(invalid("fields", "an index needs its `fields`")),
        };
        let words: Vec<&str> = fields.iter().filter_map(Json::as_str).collect();
        let name = match body.get("name").and_then(Json::as_str).filter(|name| !name.is_empty()) {
            Some(name) => name.to_owned(),
            None => fitted(&format!("{collection}_{}_idx", words.join("_"))),
        };
        identifier("index name", &name, "name")?;
        let document = self.document(collection)?;
        let mut index = body.clone();
        index.insert("name".into(), json!(name));
        index.insert("fields".into(), Json::Array(fields));
        let known = document.get("indexes").and_then(Json::as_array).cloned().unwrap_or_default();
        if known.iter().any(|other| other.get("name").and_then(Json::as_str) == Some(&name)) {
            return Ok(());
        }
        let mut indexes = known;
        indexes.push(Json::Object(index));
        self.update(collection, &json!({ "indexes": indexes }))
    }

    /// Ends an index.
    pub(crate) fn delete_index(&mut self, collection: &str, name: &str) -> Result<()> {
        let document = self.document(collection)?;
        let known = document.get("indexes").and_then(Json::as_array).cloned().unwrap_or_default();
        let kept: Vec<&Json> = known
            .iter()
            .filter(|index| index.get("name").and_then(Json::as_str) != Some(name))
            .collect();
        if kept.len() == known.len() {
            return Err(Error::new(
                Code::NotFound,
                format!("`{collection}` has no index `{name}`"),
            )
            .at("name"));
        }
        let own =
            catalog::system_document(collection).and_then(|own| own.get("indexes")?.as_array());
        if own
            .into_iter()
            .flatten()
            .any(|index| index.get("name").and_then(Json::as_str) == Some(name))
        {
            return Err(Error::new(
                Code::Forbidden,
                format!("index `{name}` belongs to a system collection"),
            ));
        }
        let indexes = json!({ "indexes": kept });
        self.update(collection, &indexes)
    }
}
