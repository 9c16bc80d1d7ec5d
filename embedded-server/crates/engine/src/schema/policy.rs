//! Stored permissions follow renames: a policy that named a field keeps meaning that field.

use super::stored::statement;
use base::{Result, Value};
use catalog::{Catalog, Collection};
use serde_json::{Map, Value as Json};
use sql::{Dialect, Statement};
use std::collections::HashMap;
use std::sync::Arc;
use store::Store;

/// The columns of a permission that hold names: a list of paths, two filters, and a body.
const COLUMNS: [&str; 5] =
    ["fields", "conditions", "relConditions", "defaultValues", "checkConditions"];

/// New names by collection (as it was called) and old name.
pub(super) struct Renames<'a> {
    pub(super) old: &'a Catalog,
    pub(super) names: HashMap<String, HashMap<String, String>>,
}

/// The statements that rewrite permissions for the names that changed between two catalogs.
pub(crate) async fn follow(store: &Store, old: &Catalog, next: &Catalog) -> Result<Vec<Statement>> {
    let renames = Renames::between(old, next);
    if renames.names.is_empty() {
        return Ok(Vec::new());
    }
    let text = match store.dialect() {
        Dialect::Sqlite => {
            r#"SELECT "id", "collection", "fields", "conditions", "relConditions", "defaultValues", "checkConditions" FROM "baasix_Permission""#
        }
        Dialect::Postgres => {
            r#"SELECT "id"::text, "collection", "fields"::text, "conditions"::text, "relConditions"::text, "defaultValues"::text, "checkConditions"::text FROM "baasix_Permission""#
        }
    };
    let mut statements = Vec::new();
    for row in store.rows(&Statement { text: Arc::from(text), binds: Vec::new() }).await? {
        let [Value::Text(id), Value::Text(collection), columns @ ..] = row.as_slice() else {
            continue;
        };
        for (column, stored) in COLUMNS.iter().zip(columns) {
            // What is no JSON was never a policy; it denies before and after.
            let Some(before) =
                stored.as_text().and_then(|text| serde_json::from_str::<Json>(text).ok())
            else {
                continue;
            };
            let after = match *column {
                "fields" => renames.paths(&before, collection),
                _ => renames.filter(&before, collection, collection),
            };
            if after != before {
                let was = stored.as_text().unwrap_or_default();
                let text = canonical(&after);
                let place = ("baasix_Permission", *column, id.as_str());
                statements.extend(replaced(store.dialect(), place, was, &text));
            }
        }
    }
    Ok(statements)
}

/// A document as it is stored.
pub(super) fn canonical(document: &Json) -> String {
    query::canonical_json(document).unwrap_or_else(|_| document.to_string())
}

/// Writes a document of ours anew, where it is still the one that was read: who may do what is
/// never taken back to what it was before somebody narrowed it. If it is another one by now, the
/// second statement gives the version of the catalog out twice, and the change is refused for it.
pub(super) fn replaced(
    dialect: Dialect,
    (table, column, id): (&str, &str, &str),
    was: &str,
    text: &str,
) -> [Statement; 2] {
    let (id, was, text) = (Value::text(id), Value::text(was), Value::text(text));
    [
        statement(
            dialect,
            &format!(
                r#"UPDATE "{table}" SET "{column}" = ?2 WHERE "id" = ?1 AND "{column}" IS ?3"#
            ),
            &format!(
                r#"UPDATE "{table}" SET "{column}" = $2::text::jsonb WHERE "id" = $1::text::uuid AND "{column}" = $3::text::jsonb"#
            ),
            vec![id.clone(), text.clone(), was],
        ),
        statement(
            dialect,
            &format!(
                r#"INSERT INTO "_meta" ("key", "value") SELECT "key", "value" FROM "_meta" WHERE "key" = 'catalog_version' AND NOT EXISTS (SELECT 1 FROM "{table}" WHERE "id" = ?1 AND "{column}" IS ?2)"#
            ),
            &format!(
                r#"INSERT INTO "_meta" ("key", "value") SELECT "key", "value" FROM "_meta" WHERE "key" = 'catalog_version' AND NOT EXISTS (SELECT 1 FROM "{table}" WHERE "id" = $1::text::uuid AND "{column}" = $2::text::jsonb)"#
            ),
            vec![id, text],
        ),
    ]
}

/// The stable id of the field that declares a relation.
fn declaring_id<'a>(collection: &'a Collection, declared_by: &str) -> Option<&'a str> {
    collection.document["fields"].get(declared_by)?.get("fieldId")?.as_str()
}

impl<'a> Renames<'a> {
    pub(super) fn between(old: &'a Catalog, next: &Catalog) -> Self {
        let mut names: HashMap<String, HashMap<String, String>> = HashMap::new();
        for was in old.collections.values() {
            let Some(is) = next.collections.values().find(|is| is.schema_id() == was.schema_id())
            else {
                continue;
            };
            let fields = was.fields.values().filter_map(|field| {
                let now = is.field_by_id(&field.id)?;
                Some((field.name.clone(), now.name.clone()))
            });
            let relations = was.relations.values().filter_map(|relation| {
                let id = declaring_id(was, &relation.declared_by)?;
                let now = is
                    .relations
                    .values()
                    .find(|now| declaring_id(is, &now.declared_by) == Some(id))?;
                Some((relation.name.clone(), now.name.clone()))
            });
            let changed: HashMap<String, String> =
                fields.chain(relations).filter(|(before, after)| before != after).collect();
            if !changed.is_empty() {
                names.insert(was.name.clone(), changed);
            }
        }
        Self { old, names }
    }

    /// A dotted path with today's names, and the collection it leads to if it ends at a relation.
    pub(super) fn path(&self, path: &str, collection: &str) -> (String, Option<String>) {
        let bare = path.trim_matches('$').trim_start_matches('-');
        let mut at = Some(collection.to_owned());
        let parts: Vec<String> = bare
            .split('.')
            .map(|part| {
                let Some(here) = at.take() else { return part.to_owned() };
                at = self
                    .old
                    .get(&here)
                    .and_then(|here| here.relation(part))
                    .map(|relation| relation.target.clone());
                let renamed = self.names.get(&here).and_then(|names| names.get(part));
                renamed.cloned().unwrap_or_else(|| part.to_owned())
            })
            .collect();
        (path.replacen(bare, &parts.join("."), 1), at)
    }

    pub(super) fn paths(&self, list: &Json, collection: &str) -> Json {
        match list {
            Json::Array(list) => {
                Json::Array(list.iter().map(|path| self.paths(path, collection)).collect())
            }
            Json::String(path) => Json::String(self.path(path, collection).0),
            other => other.clone(),
        }
    }

    /// A filter (or a body) of `collection` inside a permission of `root`.
    fn filter(&self, filter: &Json, collection: &str, root: &str) -> Json {
        match filter {
            Json::Array(list) => {
                Json::Array(list.iter().map(|part| self.filter(part, collection, root)).collect())
            }
            Json::Object(object) => {
                let mut rewritten = Map::new();
                for (key, value) in object {
                    if matches!(key.to_ascii_uppercase().as_str(), "AND" | "OR" | "NOT") {
                        rewritten.insert(key.clone(), self.filter(value, collection, root));
                        continue;
                    }
                    let (name, far) = self.path(key, collection);
                    let value = match far {
                        Some(far) => self.filter(value, &far, root),
                        None => self.operand(value, root),
                    };
                    rewritten.insert(name, value);
                }
                Json::Object(rewritten)
            }
            other => self.operand(other, root),
        }
    }

    /// The right side of a test: columns and the caller's own fields are named there too.
    fn operand(&self, value: &Json, root: &str) -> Json {
        match value {
            Json::Array(list) => {
                Json::Array(list.iter().map(|part| self.operand(part, root)).collect())
            }
            Json::Object(object) => Json::Object(
                object
                    .iter()
                    .map(|(key, value)| (key.clone(), self.operand(value, root)))
                    .collect(),
            ),
            Json::String(text) => {
                for (start, end, collection) in [
                    ("$COL(", ")", root),
                    ("$CURRENT_USER.", "", "baasix_User"),
                    ("$CURRENT_ROLE.", "", "baasix_Role"),
                ] {
                    let inner = text.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
                    if let Some(inner) = inner {
                        return Json::String(format!(
                            "{start}{}{end}",
                            self.path(inner, collection).0
                        ));
                    }
                }
                value.clone()
            }
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Renames;
    use catalog::{Catalog, complete, normalize};
    use indexmap::IndexMap;
    use serde_json::{Value as Json, json};

    fn catalog(title: &str, author: &str) -> Catalog {
        let mut documents: IndexMap<String, Json> = IndexMap::new();
        let mut id = 0;
        let mut ids = || {
            id += 1;
            format!("i{id}")
        };
        for (name, schema) in [
            (
                "posts",
                json!({"schemaId": "p", "fields": {title: {"type": "String", "fieldId": "t"},
                author: {"relType": "BelongsTo", "target": "authors", "foreignKey": "a_id", "fieldId": "a"}}}),
            ),
            (
                "authors",
                json!({"schemaId": "a", "fields": {"name": {"type": "String"},
                "posts": {"relType": "HasMany", "target": "posts", "foreignKey": "a_id"}}}),
            ),
        ] {
            documents.insert(name.into(), normalize(name, &schema, None, &mut ids).unwrap());
        }
        complete(&mut documents, &mut ids).unwrap();
        Catalog::build(documents, 1, sql::kind_of).unwrap()
    }

    #[test]
    fn every_place_that_names_a_renamed_field_is_rewritten() {
        let (old, next) = (catalog("title", "author"), catalog("headline", "writer"));
        let renames = Renames::between(&old, &next);
        assert_eq!(
            renames.paths(&json!(["*", "title", "-title", "author.name", "title2"]), "posts"),
            json!(["*", "headline", "-headline", "writer.name", "title2"])
        );
        assert_eq!(
            renames.paths(&json!(["posts.title", "title"]), "authors"),
            json!(["posts.headline", "title"])
        );
        let filter = json!({"AND": [{"title": {"eq": "title"}}, {"author": {"name": {"eq": "x"}, "posts.title": "$COL(title)"}}]});
        assert_eq!(
            renames.filter(&filter, "posts", "posts"),
            json!({"AND": [{"headline": {"eq": "title"}}, {"writer": {"name": {"eq": "x"}, "posts.headline": "$COL(headline)"}}]})
        );
    }
}
